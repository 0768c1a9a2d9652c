"""Where the time goes, function by function: cProfile over approvals in process, the loop's thread and the writer's.

cProfile makes small functions look dearer than they are; use it to find places, and the steps' figures to weigh them.
"""

import asyncio
import cProfile
import io
import pstats
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.in_process import WARM_UP, Process, opened
from casework.writer import Writer

ROOT = str(Path(__file__).parent.parent) + "/"
MOST = 25
# CPU time of the thread: with two threads and one interpreter lock, wall time would charge one with the other's work.
_CLOCK = (time.thread_time_ns, 1e-9)


def profile(folder: Path, registries: Path, *, quick: bool) -> str:
    """Return two tables, the loop's thread and the writer's, by the functions' own time."""
    count = 100 if quick else 400
    with _writer_profiled() as writer, opened(folder, registries, codes=count * 2 + 100) as process:
        asyncio.run(process.approve_many(WARM_UP, 1))
        loop = cProfile.Profile(*_CLOCK)
        loop.enable()
        asyncio.run(_run(process, count))
        loop.disable()
    tables = [("the loop's thread", loop), *((f"the writer's thread ({name})", one) for name, one in writer.items())]
    return "\n".join(f"{title}, {count} approvals\n{_table(one)}" for title, one in tables)


async def _run(process: Process, count: int) -> None:
    await process.approve_many(count, 8)


@contextmanager
def _writer_profiled() -> Iterator[dict[str, cProfile.Profile]]:
    """Profile what the writer's thread runs; a profile sees only the thread that started it."""
    found: dict[str, cProfile.Profile] = {}
    original = Writer._run  # noqa: SLF001 (the thread's main function is the only place to start a profile in it)

    def run(self: Writer) -> None:
        profile_ = found[threading.current_thread().name] = cProfile.Profile(*_CLOCK)
        profile_.runcall(original, self)

    Writer._run = run  # type: ignore[method-assign]  # noqa: SLF001 (put back below)
    try:
        yield found
    finally:
        Writer._run = original  # type: ignore[method-assign]  # noqa: SLF001 (as it was)


def _table(profile_: cProfile.Profile) -> str:
    text = io.StringIO()
    pstats.Stats(profile_, stream=text).sort_stats("tottime").print_stats(MOST)
    return text.getvalue().replace(ROOT, "")
