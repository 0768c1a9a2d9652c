"""Permits and status beside issuing: one writer, all or nothing, and the files in order whatever fails in between."""

import asyncio

import pytest
from sqlalchemy import update

from audit.authorities import Authorities
from casework import permits, statuses
from casework.errors import PermitError, StatusError
from casework.statuses import Actor, Wanted
from casework.tables import licence, permit_act, status_entry, status_list
from licence_qr.status_list import Status
from tests.casework.house import rows, submit
from tests.support.authorities import offices, pin

WHY = "现场检查发现卫生条件不合格"


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found["market-370784"]


async def endorse(service, office, case, number="JY1", **changed):
    parts = service.flow.parts
    authority = parts.authorities.of_client(office.client)
    permit = {"type": "食品经营许可证", "number": number, "valid_from": "2026-11-22", "scope": ["F522902"]}
    made = {"aud": parts.host, "sub": case["licence"]["uscc"], "iat": int(parts.ports.now().timestamp()), "act": "add"}
    compact = office.state(**{**made, "permit": permit, **changed})
    statement = permits.read_statement(parts, parts.authorities, authority, compact)
    of = changed.get("of")
    return await parts.writer.write(permits.endorse(parts, case["id"], statement, compact, of))


async def act(service, case, what, permit=None, reason=WHY):
    parts = service.flow.parts
    return await parts.writer.write(statuses.act(parts, case["id"], Wanted(what, reason, permit), Actor("officer-7")))


async def test_a_licence_that_has_no_room_left_keeps_its_version_and_no_leaf(county, service):
    case = await submit(service, "individual/05-bakery")
    full = update(status_list).values(used=100_000)
    service.flow.parts.writer.write_now(lambda connection: connection.execute(full))
    with pytest.raises(PermitError, match="100000 places"):
        await endorse(service, county, case)
    service.flow.parts.writer.write_now(lambda connection: connection.execute(update(status_list).values(used=1)))
    assert rows(service, permit_act.select()) == []
    assert rows(service, licence.select())[0].jti == case["licence"]["identifier"]


async def test_a_permit_that_the_lint_refuses_leaves_nothing(county, service):
    case = await submit(service, "individual/05-bakery")
    with pytest.raises(PermitError) as refused:  # a telephone number has no place on a licence
        await endorse(service, county, case, permit={"type": "食品经营许可证", "number": "JY1", "valid_from": "2026-11-22",
                                                     "scope": ["F522902"], "identifier": "1.2.3"}, sub="x" * 18)  # fmt: skip
    assert refused.value.problems[0][0] == "/statement/sub"
    assert rows(service, permit_act.select()) == []


async def test_acts_and_applications_at_once_each_happen_once(county, service):
    case = await submit(service, "individual/05-bakery")
    await endorse(service, county, case)
    at_once = [
        submit(service, "llc/01-software", key="one"),
        endorse(service, county, case, "JY2"),
        act(service, case, "suspend", 1),
        act(service, case, "suspend", 1),
        submit(service, "individual/02-family", key="two"),
        endorse(service, county, case, "JY3"),
        act(service, case, "revoke", 1),
    ]
    done = await asyncio.gather(*at_once, return_exceptions=True)
    assert [type(one) for one in done if isinstance(one, Exception)] == []
    assert done[2] == done[3]
    values = {
        row.subject: row.value for row in rows(service, status_entry.select()) if row.subject.startswith("permit")
    }
    assert values == {"permit:1": Status.INVALID, "permit:2": Status.VALID, "permit:3": Status.VALID}
    assert sorted(done[n]["permit"]["n"] for n in (1, 5)) == [2, 3]


async def test_a_revoked_permit_is_final_and_is_not_carried_further(county, service):
    case = await submit(service, "individual/05-bakery")
    await endorse(service, county, case, "JY1")
    await act(service, case, "revoke", 1)
    for what in ("suspend", "restore", "revoke"):
        with pytest.raises(StatusError, match="final"):
            await act(service, case, what, 1, reason="另外一个足够长的理由")
    with pytest.raises(PermitError, match="final"):
        await endorse(service, county, case, "JY2", act="change", of=1)
    told = await endorse(service, county, case, "JY2")  # a new permit may follow
    assert told["permit"]["n"] == 2
    found = permits.told(service.flow.parts, case["id"])
    assert [(one["n"], one["status"]) for one in found["permits"]] == [(1, "invalid"), (2, "valid")]


async def test_a_service_without_a_list_has_no_authorities(world):
    service = world.open()
    assert service.flow.parts.authorities == Authorities({})
    await service.stop()
