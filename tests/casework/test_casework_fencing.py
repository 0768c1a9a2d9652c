"""Who holds a case: a lease, an epoch, and unique rows below them."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from api.service import Service
from casework import cases, issuing
from casework.claim_loop import ClaimLoop
from casework.errors import FenceError
from casework.tables import application, decision, licence
from tests.casework.house import World, rows, settle, submit, view


async def claimed(service: Service, world: World, *, lease: int = 10_000_000) -> cases.Case:
    now = int(world.clock().timestamp() * 1_000_000)
    (case,) = await service.flow.parts.writer.write(partial(cases.claim, now=now, lease=lease, limit=16))
    return case


async def waiting(service: Service, world: World) -> str:
    world.sources.set("court", "down")
    case = await submit(service, "individual/01-grocery")
    world.sources.set("court")
    world.clock.move(seconds=60)
    return case["id"]


async def test_a_worker_that_slept_through_its_lease_changes_nothing(service: Service, world: World):
    case_id = await waiting(service, world)
    sleeper = await claimed(service, world)
    world.clock.move(seconds=11)
    other = await claimed(service, world)
    assert (sleeper.id, other.epoch) == (other.id, sleeper.epoch + 1)
    await service.flow.advance(sleeper)  # decides, and is refused when it writes
    assert view(service, case_id)["outcome"] == "waiting"
    for write in (
        partial(cases.settle, case=sleeper, state="closed", outcome="fix"),
        partial(cases.postpone, case=sleeper, due_at=0),
        partial(cases.unreadable, case=sleeper, problems={}),
        partial(cases.close, case=sleeper),
    ):
        with pytest.raises(FenceError):
            await service.flow.parts.writer.write(write)
    await service.flow.advance(other)
    assert view(service, case_id)["outcome"] == "approved"
    await service.flow.advance(sleeper)
    await service.flow.advance(other)
    assert len(rows(service, select(licence))) == 1


async def test_nobody_else_gets_what_is_held(service: Service, world: World):
    await waiting(service, world)
    await claimed(service, world)
    now = int(world.clock().timestamp() * 1_000_000)
    assert await service.flow.parts.writer.write(partial(cases.claim, now=now, lease=1, limit=16)) == []
    assert not cases.any_due(service.flow.parts.reader, now)


async def test_two_workers_share_the_work_and_decide_each_case_once(service: Service, world: World):
    world.sources.set("court", "down")
    told = [await submit(service, "individual/01-grocery", f"key-{number}") for number in range(12)]
    world.sources.set("court")
    world.clock.move(seconds=60)
    workers = ClaimLoop(service.flow, limit=3), ClaimLoop(service.flow, limit=3)
    while sum(await asyncio.gather(*(worker.round() for worker in workers))):
        pass
    assert {view(service, case["id"])["outcome"] for case in told} == {"approved"}
    finals = [row for row in rows(service, select(decision)) if row.final]
    assert len(finals) == len(told)


async def test_the_longest_due_are_taken_first(service: Service, world: World):
    world.sources.set("court", "down")
    told = []
    for number in range(5):
        told.append((await submit(service, "individual/01-grocery", f"key-{number}"))["id"])
        world.clock.move(seconds=5)
    now = int(world.clock().timestamp() * 1_000_000)
    taken = await service.flow.parts.writer.write(partial(cases.claim, now=now, lease=1, limit=3))
    assert [case.id for case in taken] == told[:3]
    world.clock.move(seconds=60)


async def test_the_database_refuses_a_second_final_decision(service: Service):
    case = await submit(service, "individual/01-grocery")
    (row,) = rows(service, select(decision).where(decision.c.application_id == case["id"]))

    def again(connection):
        connection.execute(insert(decision).values({**row._mapping, "id": "another", "log_index": 10**6}))

    with pytest.raises(IntegrityError, match="decision") as told:
        await service.flow.parts.writer.write(again)
    assert "马" not in str(told.value)
    assert str(row.view)[:40] not in str(told.value)  # the text of an error quotes no application


async def test_the_database_refuses_a_second_licence(service: Service):
    await submit(service, "individual/01-grocery")
    (row,) = rows(service, select(licence))
    for change in ({"application_id": "x"}, {"jti": "x"}, {"uscc": "x"}, {"serial": "x"}):
        same = {**row._mapping, "log_index": 10**6, **dict.fromkeys(("jti", "uscc", "serial"), "y"), **change}

        def again(connection, same=same):
            connection.execute(insert(licence).values(same))

        with pytest.raises(IntegrityError):
            await service.flow.parts.writer.write(again)


async def test_no_licence_for_what_is_not_approved(service: Service):
    """Neither the state alone nor a claim upon it leads to a licence: there must be an approving decision or ruling."""
    case_id = (await submit(service, "individual/06-several-defects"))["id"]
    with service.flow.parts.reader.connect() as connection:
        kept = cases.find(connection, case_id)
    read = issuing.read_again(service.flow.parts, kept)
    with pytest.raises(FenceError, match="not approved"):
        await service.flow.parts.writer.write(issuing.issue_licence(service.flow.parts, kept, *read))

    def forced(connection):
        connection.execute(update(application).where(application.c.id == case_id).values(state="approved"))
        issuing.issue_licence(service.flow.parts, replace(kept, state="approved"), *read)(connection)

    with pytest.raises(FenceError, match="approving"):
        await service.flow.parts.writer.write(forced)
    assert rows(service, select(licence)) == []


async def test_a_worker_that_slept_through_its_lease_issues_nothing(service: Service, world: World, monkeypatch):
    """The same for step 6: what it prepared is dropped, the licence of the other stands, and is counted once."""
    with monkeypatch.context() as patched:
        patched.setattr("casework.flow.Flow.issue", lambda *_: asyncio.sleep(0))
        case_id = (await submit(service, "individual/01-grocery"))["id"]
    world.clock.move(seconds=60)
    sleeper = await claimed(service, world)
    world.clock.move(seconds=11)
    other = await claimed(service, world)
    await service.flow.advance(sleeper)
    assert "licence" not in view(service, case_id)
    await service.flow.advance(other)
    assert "licence" in view(service, case_id)
    await service.flow.advance(sleeper)
    assert service.flow.parts.measures.registry.get_sample_value("miaopi_licences_total") == 1


async def test_a_restart_frees_what_the_dead_process_held(world: World):
    first = world.open()
    await waiting(first, world)
    held = await claimed(first, world, lease=10**12)
    await first.stop()
    second = world.open()
    await settle(second)
    assert view(second, held.id)["outcome"] == "approved"


def test_leases_are_longer_than_gathering_can_take(make_world):
    world = make_world(deadline=10)
    service = world.open()
    assert service.flow.parts.limits.lease_us > 2 * 10_000_000
