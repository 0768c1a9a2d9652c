"""Permits and status beside issuing: one writer, all or nothing, and the files in order whatever fails in between."""

import asyncio

import pytest
from sqlalchemy import update

from audit.authorities import Authorities
from casework import permits, statuses
from casework.errors import NotOursError, PermitError, StatusError
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


MARKET, REGISTRY = Actor("clerk", "market-370784"), Actor("officer-7")


async def act(service, case, what, permit=None, reason=WHY, *, actor=REGISTRY, after=None):
    parts = service.flow.parts
    return await parts.writer.write(statuses.act(parts, case["id"], Wanted(what, reason, permit, after), actor))


def told(service, case):
    return permits.told(service.flow.parts, case["id"])


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
        act(service, case, "revoke", 1, actor=MARKET),
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
    await act(service, case, "revoke", 1, actor=MARKET)
    for what in ("suspend", "restore", "revoke"):
        with pytest.raises(StatusError, match="final"):
            await act(service, case, what, 1, reason="另外一个足够长的理由", actor=MARKET)
    upon = told(service, case)["permits"][0]["statement"]
    with pytest.raises(PermitError, match="final"):
        await endorse(service, county, case, "JY2", act="change", of=1, after=upon)
    added = await endorse(service, county, case, "JY2")  # a new permit may follow
    assert added["permit"]["n"] == 2
    found = permits.told(service.flow.parts, case["id"])
    assert [(one["n"], one["status"]) for one in found["permits"]] == [(1, "invalid"), (2, "valid")]


async def test_each_side_lifts_its_own_suspension_and_the_authority_alone_revokes(county, service):
    case = await submit(service, "individual/05-bakery")
    await endorse(service, county, case)
    await act(service, case, "suspend", 1, actor=MARKET)
    with pytest.raises(StatusError, match="by market-370784, who alone lifts that"):
        await act(service, case, "restore", 1)
    assert (await act(service, case, "suspend", 1))["status"] == "suspended"  # both sides now
    assert (await act(service, case, "restore", 1, actor=MARKET))["status"] == "suspended"
    with pytest.raises(StatusError, match="by the registry, who alone lifts that"):
        await act(service, case, "restore", 1, reason="许可机关认为可以恢复", actor=MARKET)
    with pytest.raises(NotOursError) as refused:
        await act(service, case, "revoke", 1)
    assert (str(refused.value), refused.value.permit) == ("market-370784", True)
    assert (await act(service, case, "restore", 1))["status"] == "valid"
    changes = told(service, case)["changes_of_status"]
    assert [(one["by"], one["status"]) for one in changes] == [
        ("market-370784", "suspended"), ("registry", "suspended"), ("market-370784", "suspended"), ("registry", "valid"),
    ]  # fmt: skip


async def test_a_restoration_that_was_sent_again_lifts_no_later_suspension(county, service):
    case = await submit(service, "individual/05-bakery")
    await endorse(service, county, case)
    first = await act(service, case, "suspend", 1, actor=MARKET)
    lifted = {"actor": MARKET, "reason": "整改完毕，恢复该许可", "after": first["log_index"]}
    restored = await act(service, case, "restore", 1, **lifted)
    assert await act(service, case, "restore", 1, **lifted) == restored  # the answer was lost: told again
    await act(service, case, "suspend", 1, actor=MARKET, reason="复查又不合格，再次暂停", after=restored["log_index"])
    with pytest.raises(StatusError, match="changed meanwhile"):
        await act(service, case, "restore", 1, **lifted)
    assert told(service, case)["permits"][0]["status"] == "suspended"


async def test_a_word_that_was_held_up_undoes_nothing_newer(county, service, world):
    case = await submit(service, "individual/05-bakery")
    added = await endorse(service, county, case)
    upon = {"act": "change", "of": 1, "after": added["permit"]["statement"]}
    early = int(world.clock.at.timestamp())
    world.clock.move(seconds=60)
    newer = await endorse(service, county, case, "JY2", **upon)
    with pytest.raises(PermitError) as refused:
        await endorse(service, county, case, "JY9", **upon, iat=early)
    pointer, _, chinese, english = refused.value.problems[0]
    assert pointer == "/statement/after"
    assert "read it and sign anew" in english
    assert "重新签署" in chinese
    assert newer["permit"]["statement"] in english
    with pytest.raises(PermitError, match="with act change"):
        await endorse(service, county, case, "JY9", act="change", of=1)
    await act(service, case, "revoke", 1, actor=MARKET)
    for number in ("JY1", "JY2"):  # both were on this licence, and its permit was revoked since
        with pytest.raises(PermitError) as refused:
            await endorse(service, county, case, number)
        assert [problem[0] for problem in refused.value.problems] == ["/statement/iat"]
    world.clock.move(seconds=1)
    assert (await endorse(service, county, case, "JY2"))["permit"]["n"] == 2


async def test_what_is_over_is_not_endorsed(county, service):
    case = await submit(service, "individual/05-bakery")
    over = {
        "type": "食品经营许可证",
        "number": "JY1",
        "valid_from": "2000-01-01",
        "valid_to": "2026-11-21",
        "scope": ["F522902"],
    }
    with pytest.raises(PermitError) as refused:
        await endorse(service, county, case, permit=over)
    assert refused.value.problems[0][:2] == ("/statement/permit/valid_to", "2026-11-21")
    today = await endorse(service, county, case, permit={**over, "valid_to": "2026-11-22"})
    assert today["permit"]["valid_to"] == "2026-11-22"


async def test_a_service_without_a_list_has_no_authorities(world):
    service = world.open()
    assert service.flow.parts.authorities == Authorities({})
    await service.stop()
