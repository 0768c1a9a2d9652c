"""What the figures were measured on: a figure without its machine, disk and versions says nothing."""

import importlib.metadata
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LIBRARIES = (
    "aiohttp", "cryptography", "durable-rules", "fastapi", "httptools", "jsonschema", "pyjwt", "sqlalchemy", "uvicorn",
    "uvloop", "zen-engine",
)  # fmt: skip
SYNCS = 200
TURNS = 25
UNSTEADY = 0.25
BUSY = 0.5  # load a core before the run above which the figures are somebody else's too


@dataclass(frozen=True, slots=True)
class Machine:
    """Processor, interpreter, libraries, the disk's cost of a commit in microseconds, and the load before the run."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    sqlite: str
    libraries: dict[str, str]
    fdatasync_us: float
    load_before: float
    unsteady: float  # how far one fixed piece of work lies apart in CPU time: a shared host shows here, not in the load

    @property
    def busy(self) -> bool:
        """Whether other work ran when we began."""
        return self.load_before > BUSY * self.cores

    def to_json(self) -> dict[str, Any]:
        """Return all members."""
        return {**asdict(self), "busy": self.busy}

    def lines(self) -> list[str]:
        """Return what a reader needs to know before the tables."""
        versions = ", ".join(f"{name} {version}" for name, version in self.libraries.items())
        told = [
            f"{self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB, {self.system}",
            f"Python {self.python}, SQLite {self.sqlite}, {versions}",
            (
                f"fdatasync {self.fdatasync_us:.0f} us (median of {SYNCS}); load before the run {self.load_before:.2f}, "
                f"fixed work within {self.unsteady:.0%}"
            ),
        ]
        if self.busy:
            told.append(f"WARNING: other work was running (load {self.load_before:.2f}); the figures are too high")
        if self.unsteady > UNSTEADY:
            told.append(
                f"WARNING: the same work took up to {self.unsteady:.0%} more CPU time: a shared or throttled host"
            )
        if self.fdatasync_us < 200:
            told.append("note: commits cost next to nothing on this disk; a cloud volume takes 500-2000 us each")
        return told


def look(folder: Path) -> Machine:
    """Look at this machine; `folder` lies on the disk that the stores will use."""
    import sqlite3  # noqa: PLC0415 (only for its version)

    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=sys.version.split()[0],
        sqlite=sqlite3.sqlite_version,
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
        fdatasync_us=_fdatasync(folder),
        load_before=os.getloadavg()[0],
        unsteady=_unsteady(),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _unsteady() -> float:
    """Time one fixed piece of work again and again; return how much longer than the fastest the ninth of ten took."""
    took: list[float] = []
    for _ in range(TURNS):
        began = time.thread_time()
        sum(number * number for number in range(200_000))
        took.append(time.thread_time() - began)
    return sorted(took)[TURNS * 9 // 10] / min(took) - 1


def _fdatasync(folder: Path) -> float:
    """Append 4 KiB and wait for the disk, many times: what each group commit waits for."""
    probe = folder / "fdatasync.probe"
    took: list[float] = []
    with probe.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(b"\0" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    probe.unlink()
    return statistics.median(took) * 1e6
