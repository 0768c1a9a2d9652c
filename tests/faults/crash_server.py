"""Lives that end by kill -9: `python -m tests.faults.crash_server COUNTY` reads one task a line and runs it in a fork.

What takes long (imports, rule book, compiled rules) is done once; each task is then a process of its own, on real files,
with the sources in it. A task is `{"folder": …, "crash_at": "record:after:2", "batch": "…"}`; the answer is how it ended.
"""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from casework import referrals
from engine.decide import compiled
from rules.load import load_rule_book
from tests.casework.house import NOW, World, submit
from tests.faults.act_stories import STORIES
from verifiers import gather

# What happens in one life: the first alone and to its end, the others together; one waits, one is ruled on.
FIRST = ("llc/01-software", "approved")
TOGETHER = (
    ("individual/01-grocery", "approved"),
    ("individual/06-several-defects", "fix"),
    ("individual/11-many-shops", "approved"),  # by an officer
    ("individual/14-court-down", "approved"),  # once the court answers
    ("sole_proprietorship/01-advertising", "approved"),
)
APPROVAL = {
    "verdict": "approve",
    "reasons": {"zh": "已电话核实本人意愿，情况属实。", "en": "Reached by telephone; it is true."},
}


async def live(world: World, batch: str) -> None:
    """Submit everything, write down what was answered, rule on what is referred, wait until all is done."""
    service = world.open()
    await service.start()
    answered = os.open(world.settings.home / "answered", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def send(name: str) -> None:
        case = await submit(service, name, f"{batch}-{name}")
        code = case.get("licence", {}).get("uscc")
        os.write(answered, json.dumps([f"{batch}-{name}", case["id"], case["outcome"], code]).encode() + b"\n")

    await send(FIRST[0])
    world.sources.set("court", "down")
    held = asyncio.create_task(send("individual/14-court-down"))
    await held
    world.sources.set("court")
    world.clock.move(seconds=60)
    await asyncio.gather(*(send(name) for name, _ in TOGETHER))
    for waiting in referrals.queue(service.flow.parts.reader):
        await service.rule(waiting["application_id"], "officer-7", referrals.read_ruling(APPROVAL))
    for _ in range(100):  # the loop takes up what waited
        if not await service.loop.round():
            break
    await service.stop()


def world_in(folder: Path, county: Path) -> World:
    """Return the world around a folder that may have seen lives before: its clock and its ids go on."""
    folder.mkdir(exist_ok=True)
    lives = folder / "lives"
    before = int(lives.read_text()) if lives.exists() else 0
    lives.write_text(str(before + 1))
    world = World(folder, county, codes=400, seed=before)
    world.clock.at = NOW + timedelta(hours=before)
    world.made = before * 1_000_000
    return world


def run(task: dict[str, Any], county: Path) -> int:
    """Run one task in a fork and return the number of the signal it died of, or 0."""
    child = os.fork()
    if child == 0:
        os.environ["MIAOPI_CRASH_AT"] = task["crash_at"]
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 (the log of a life that is about to end)
        world, story = world_in(Path(task["folder"]), county), STORIES.get(task["batch"])
        asyncio.run(live(world, task["batch"]) if story is None else story(world, task["crash_at"]))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        raise SystemExit(f"the life of {task} failed by itself with status {os.WEXITSTATUS(status)}")
    return 0


def main() -> None:
    county = Path(sys.argv[1])
    gather.PAUSES = (0.001, 0.001)  # type: ignore[assignment]  # module-level value that the tests shorten
    book = load_rule_book()
    for item in book.items:
        if item.in_force.holds_on(NOW.date()):
            compiled(book.rule_set(item.code, NOW.date()))
    for line in sys.stdin:
        sys.stdout.write(f"{run(json.loads(line), county)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
