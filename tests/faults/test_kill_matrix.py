"""kill -9 at each point of the life of an application: nothing accepted is lost, nothing is decided or issued twice."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import referrals
from casework.ports import STEPS
from casework.tables import application, decision, licence
from tests.casework import invariants
from tests.casework.house import World, rows, settle, submit
from tests.faults.crash_server import APPROVAL, FIRST, TOGETHER, world_in

pytestmark = pytest.mark.faults
POINTS = [f"{step}:{when}" for step in STEPS for when in ("before", "after")]
EVERYTHING = (FIRST, *TOGETHER)


async def recover(folder: Path, county: Path, batches: list[str]) -> None:
    """Start again on the files, let every caller send again, and hold what came of it against what was answered."""
    world = world_in(folder, county)
    try:
        await require_all(folder, world, batches)
    finally:
        world.close()


async def require_all(folder: Path, world: World, batches: list[str]) -> None:
    service = world.open()
    told = folder / "answered"
    answers = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
    invariants.require(service, {("portal", key): case_id for key, case_id, _, _ in answers})
    await settle(service)  # what was accepted is finished without anybody asking
    for row in rows(service, select(application)):
        assert row.state in ("closed", "referred")
    for waiting in referrals.queue(service.flow.parts.reader):
        await service.rule(waiting["application_id"], "officer-7", referrals.read_ruling(APPROVAL))
    after = {}
    for batch in batches:
        for name, outcome in EVERYTHING:  # those who got no answer send again with their key; so do the others
            case = await submit(service, name, f"{batch}-{name}")
            if case["state"] == "referred":
                await service.rule(case["id"], "officer-7", referrals.read_ruling(APPROVAL))
                case = await submit(service, name, f"{batch}-{name}")
            assert case["outcome"] == outcome, name
            after[f"{batch}-{name}"] = case
    for key, case_id, outcome, code in answers:
        assert after[key]["id"] == case_id
        assert outcome in (after[key]["outcome"], "waiting", "referred", None)
        assert code in (None, after[key].get("licence", {}).get("uscc"))  # the licence that was shown is the licence
    invariants.require(service)
    invariants.finished(service)
    count = len(batches) * len(EVERYTHING)
    assert len(rows(service, select(application))) == count
    assert len([row for row in rows(service, select(decision)) if row.final]) == count
    assert len(rows(service, select(licence))) == len(batches) * sum(o == "approved" for _, o in EVERYTHING)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, lives, county_db: Path, tmp_path: Path):
    folder = tmp_path / "home"
    ended = lives(folder, f"{point}:2")  # the second passage: one application is through, others are under way
    assert ended == signal.SIGKILL, (
        f"{point} was never reached: the failpoint is gone, or the story no longer passes it"
    )
    asyncio.run(recover(folder, county_db, ["one"]))


def test_killed_again_and_again_on_the_same_files(lives, county_db: Path, tmp_path: Path):
    """One store through a death at each point, also while it recovers from the one before."""
    folder = tmp_path / "home"
    batches = []
    for number, point in enumerate(POINTS):
        batches.append(f"batch{number}")
        assert lives(folder, f"{point}:{1 + number % 3}", batches[-1]) == signal.SIGKILL
    asyncio.run(recover(folder, county_db, batches))


def test_a_life_without_a_kill_ends_by_itself(lives, county_db: Path, tmp_path: Path):
    """What the matrix checks is the kill and not the story: without one, all is finished before the recovery."""
    folder = tmp_path / "home"
    assert lives(folder, "nowhere") == 0
    answers = [json.loads(line) for line in (folder / "answered").read_text().splitlines()]
    assert len({key for key, *_ in answers}) == len(EVERYTHING)
    asyncio.run(recover(folder, county_db, ["one"]))
