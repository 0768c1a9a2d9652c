"""Unified social credit codes: drawn once, in order, never given back; an empty pool delays a licence and no decision."""

import pytest
from sqlalchemy import select

from api.service import Service
from casework import credit_codes
from casework.tables import licence
from licence_qr.errors import LicenceError
from licence_qr.uscc import synthetic_block
from tests.casework.house import World, rows, settle, submit, view


def block(pool: str, first: int, end: int) -> list[str]:
    return list(synthetic_block(pool, "370784", first, end))


async def test_each_licence_has_its_own_code_of_its_pool(service: Service):
    for number in range(5):
        await submit(service, "llc/01-software", f"company-{number}")
        await submit(service, "individual/01-grocery", f"shop-{number}")
    codes = [row.uscc for row in rows(service, select(licence).order_by(licence.c.log_index))]
    assert codes[0::2] == block("91", 0, 5)
    assert codes[1::2] == block("92", 0, 5)


async def test_an_empty_pool_keeps_the_decision_and_a_later_allotment_issues(make_world):
    world: World = make_world(codes=1)
    service = world.open()
    await submit(service, "llc/01-software", "first")
    case = await submit(service, "llc/01-software", "second")
    assert (case["state"], case["outcome"]) == ("approved", "approved")
    assert "licence" not in case
    assert case["retry_after"] >= 1
    assert (await submit(service, "individual/01-grocery", "shop"))["outcome"] == "approved"  # the other pool has one
    for _ in range(3):  # the licence is tried again, later and later, and costs no leaf
        world.clock.move(seconds=300)
        await settle(service)
    with service.flow.parts.reader.connect() as connection:
        assert credit_codes.left(connection) == {}
    assert view(service, case["id"])["decision"] == case["decision"]
    assert await submit(service, "llc/01-software", "second") == view(service, case["id"])  # the twin: the same answer
    world.allot(service, 3)
    world.clock.move(seconds=300)
    await settle(service)
    assert view(service, case["id"])["licence"]["uscc"] == block("91", 1, 2)[0]
    await service.stop()


async def test_after_an_allotment_and_a_restart_the_licence_comes_at_once(make_world):
    world: World = make_world(codes=0)
    service = world.open()
    case = await submit(service, "llc/01-software")
    for _ in range(8):
        world.clock.move(seconds=300)
        await settle(service)
    await service.stop()
    world.codes = 5
    service = world.open()
    await settle(service)
    assert view(service, case["id"])["state"] == "closed"
    await service.stop()


async def test_an_allotment_loaded_twice_adds_nothing_and_a_bad_code_stops_it_whole(service: Service, world: World):
    writer = service.flow.parts.writer
    await submit(service, "llc/01-software")
    sixty = block("91", 0, 60)
    assert await writer.write(lambda connection: credit_codes.load(connection, [*sixty, *sixty])) == 20
    bad = sixty[-1][:-1] + ("0" if sixty[-1][-1] != "0" else "1")
    more = block("91", 60, 62)
    with pytest.raises(LicenceError):
        await writer.write(lambda connection: credit_codes.load(connection, [more[0], bad, more[1]]))
    with service.flow.parts.reader.connect() as connection:
        assert credit_codes.left(connection) == {"91": 59, "92": 40}  # the used one does not come back
