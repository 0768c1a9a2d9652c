"""Under more load than can be answered the service says so before it accepts, and decides a few cases at a time."""

import asyncio
import dataclasses

import pytest
from sqlalchemy import func, select

from casework.errors import OverloadedError
from casework.tables import application
from tests.casework.house import World, rows, submit


async def test_beyond_the_limit_nothing_is_accepted(world: World):
    service = world.open()
    flow = service.flow
    flow.parts = dataclasses.replace(flow.parts, limits=dataclasses.replace(flow.parts.limits, most_under_way=2))
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_source: str) -> None:
        asked.set()
        await go_on.wait()

    world.sources.before = hold
    running = [asyncio.create_task(submit(service, "individual/03-no-name", f"k{number}")) for number in range(2)]
    await asked.wait()
    with pytest.raises(OverloadedError):
        await submit(service, "individual/03-no-name", "one too many")
    go_on.set()
    assert [case["outcome"] for case in await asyncio.gather(*running)] == ["approved", "approved"]
    assert rows(service, select(func.count()).select_from(application)) == [(2,)]


async def test_only_so_many_are_asked_about_at_the_same_time(world: World):
    service = world.open()
    at_once = service.flow.parts.limits.at_once
    together, most = 0, 0

    async def count(source: str) -> None:
        nonlocal together, most
        if source == "court":
            together += 1
            most = max(most, together)
            await asyncio.sleep(0)
            together -= 1

    world.sources.before = count
    told = await asyncio.gather(
        *(submit(service, "individual/03-no-name", f"k{number}") for number in range(at_once + 8))
    )
    assert {case["outcome"] for case in told} == {"approved"}
    assert 1 < most <= at_once
