"""One key, one case: whoever sends again gets the same answer, and never a second decision."""

import asyncio

import pytest
from sqlalchemy import func, select

from api.service import Service
from casework.errors import InFlightError, KeyReusedError
from casework.flow import Submission
from casework.tables import application, decision
from tests.casework.house import World, example, rows, settle, submit, view


async def test_the_same_key_and_body_find_the_same_case_and_answer(service: Service):
    first = await submit(service, "llc/01-software", "key")
    assert await submit(service, "llc/01-software", "key") == first
    assert rows(service, select(func.count()).select_from(application)) == [(1,)]


async def test_another_body_under_the_key_is_refused_and_changes_nothing(service: Service):
    first = await submit(service, "llc/01-software", "key")
    with pytest.raises(KeyReusedError):
        await submit(service, "llc/02-one-person", "key")
    with pytest.raises(KeyReusedError):  # not even by a blank: the answer belongs to these bytes
        await service.flow.submit(Submission("portal", "key", example("llc/01-software") + b" "))
    assert view(service, first["id"]) == first


async def test_keys_belong_to_their_client(service: Service):
    first = await submit(service, "llc/01-software", "key", client="one")
    second = await submit(service, "llc/02-one-person", "key", client="two")
    assert first["id"] != second["id"]


async def test_a_twin_in_flight_is_told_to_wait(service: Service, world: World):
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_source: str) -> None:
        asked.set()
        await go_on.wait()

    world.sources.before = hold
    first = asyncio.create_task(submit(service, "llc/01-software", "key"))
    await asked.wait()
    with pytest.raises(InFlightError):
        await submit(service, "llc/01-software", "key")
    with pytest.raises(KeyReusedError):
        await submit(service, "llc/02-one-person", "key")
    go_on.set()
    assert (await first)["outcome"] == "approved"


async def test_a_twin_of_a_waiting_case_gets_its_answer_though_it_is_being_asked_again(service: Service, world: World):
    world.sources.set("court", "down")
    first = await submit(service, "individual/01-grocery", "key")
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_source: str) -> None:
        asked.set()
        await go_on.wait()

    world.sources.before = hold
    world.clock.move(seconds=60)
    again = asyncio.create_task(service.loop.round())
    await asked.wait()
    told = await submit(service, "individual/01-grocery", "key")
    assert (told["id"], told["outcome"], told["retry_after"]) == (first["id"], "waiting", 1)
    go_on.set()
    await again


async def test_thirty_two_twins_at_once_make_one_row(service: Service):
    answers = await asyncio.gather(
        *(submit(service, "individual/01-grocery", "key") for _ in range(32)), return_exceptions=True
    )
    told = [answer for answer in answers if isinstance(answer, dict)]
    assert told
    assert {type(answer) for answer in answers} <= {dict, InFlightError}
    assert {answer["id"] for answer in told} == {told[0]["id"]}
    assert rows(service, select(func.count()).select_from(application)) == [(1,)]
    assert rows(service, select(func.count()).select_from(decision)) == [(1,)]


async def test_a_caller_that_goes_away_loses_nothing(service: Service, world: World):
    """A portal that hangs up while its application is decided finds it decided when it asks again."""
    asked = asyncio.Event()

    async def hold(_source: str) -> None:
        asked.set()
        await asyncio.sleep(60)

    world.sources.before = hold
    caller = asyncio.create_task(submit(service, "individual/01-grocery", "key"))
    await asked.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    world.sources.before = None
    assert (await submit(service, "individual/01-grocery", "key"))["state"] == "open"
    world.clock.move(seconds=20)  # the lease of the one who went away
    await settle(service)
    assert (await submit(service, "individual/01-grocery", "key"))["outcome"] == "approved"
