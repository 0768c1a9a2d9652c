"""Room in status lists, versions, and acts of one authority: nobody uses up what others, or the registry's own keys, need."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from casework import act_quota, permits, reissue
from casework.errors import PassError, PermitError, ReissueError
from casework.issuing import fullest_list
from casework.parts import Room
from casework.reissue import KEY_COMPROMISED
from casework.tables import licence, licence_past, permit_act, status_list
from tests.casework.house import rows, submit
from tests.casework.pass_steps import change, endorse, register
from tests.support.authorities import offices, pin


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found


def again(service, case_id, reason, room):
    parts = replace(service.flow.parts, room=room)
    return parts.writer.write_now(lambda connection: reissue.reissue(parts, connection, case_id, reason))


def used(service):
    return [row.used for row in rows(service, status_list.select().order_by(status_list.c.number))]


async def test_a_list_takes_so_many_first_versions_and_then_the_next_begins(service):
    service.flow.parts = replace(service.flow.parts, room=Room(first=2, acts=4, keys=6))
    for key in ("one", "two", "three"):
        assert (await submit(service, "individual/05-bakery", key))["outcome"] == "approved"
    assert used(service) == [2, 1]
    assert fullest_list(service.flow.parts.reader) == 2
    assert b"miaopi_status_list_places 2.0" in metrics(service)


def metrics(service):
    from prometheus_client import generate_latest  # noqa: PLC0415 (here alone)

    return generate_latest(service.flow.parts.measures.registry)


async def test_acts_stop_where_the_reserve_of_the_keys_begins_and_three_drills_fit_into_it(service):
    room = Room(first=2, acts=4, keys=10)
    cases = [await submit(service, "individual/05-bakery", key) for key in ("one", "two")]
    with capture_logs() as logs:
        for case in cases:
            again(service, case["id"], "permit_added", room)
    assert [(one["event"], one["used"], one["log_level"]) for one in logs] == [("status_list.filling", 3, "critical")]
    with pytest.raises(ReissueError, match="given out 4 places"):
        again(service, cases[0]["id"], "permit_added", room)
    for _drill in range(3):
        for case in cases:
            again(service, case["id"], KEY_COMPROMISED, room)
    assert used(service) == [10]
    with pytest.raises(ReissueError, match="given out 10 places"):
        again(service, cases[1]["id"], KEY_COMPROMISED, room)


def test_the_reserve_is_three_drills_on_a_full_list():
    room = Room()
    assert room.keys - room.acts == 3 * room.first
    assert (room.acts, room.alarm, room.keys) == (98_304, 73_728, 122_880)


async def test_the_last_versions_are_for_keys(service, monkeypatch):
    case = await submit(service, "individual/05-bakery")
    monkeypatch.setattr(reissue, "MOST_BY_ACTS", 2)
    assert again(service, case["id"], "permit_added", Room()).jti.split(".")[-2] == "002"
    with pytest.raises(ReissueError, match="from 2 on versions are kept"):
        again(service, case["id"], "permit_added", Room())
    assert again(service, case["id"], KEY_COMPROMISED, Room()).jti.split(".")[-2] == "003"


def test_after_the_last_version_there_is_none_even_for_keys():
    last = str(replace(reissue.parse_identifier("1.2.156.3005.2.11100000MB0143028R001.113707847973232955.2021092000000001.001.O"), version=999))  # fmt: skip
    with pytest.raises(ReissueError, match="999 is the last"):
        reissue._next_identifier(last, of_keys=True)


async def test_one_authority_cannot_change_a_licence_without_end(county, world, service, monkeypatch):
    """The second act of one authority is one too many here; another authority still endorses, and tomorrow so does the first."""
    monkeypatch.setattr(act_quota, "MOST_A_DAY", 2)
    made = await register(service, county)
    for number in ("N1", "N2"):
        await endorse(service, county, made, number=number)
    before = rows(service, licence.select())[0].jti
    with pytest.raises(PermitError) as refused:
        await endorse(service, county, made, number="N3")
    (pointer, value, chinese, english), *_ = refused.value.problems
    assert (pointer, value) == ("", "2")
    assert "24 小时" in chinese
    assert "tomorrow" in english
    assert rows(service, licence.select())[0].jti == before
    assert len(rows(service, permit_act.select())) == 2
    await endorse(service, county, made, "食品经营许可证", office="market-370784", number="F1")
    world.clock.move(hours=25)
    await endorse(service, county, made, number="N3")
    for premises in ("新址一号楼", "新址二号楼"):
        newest = made["pass"]["statement"]
        made = await change(service, county, made["pass"]["id"], after=newest, changed={"premises": premises})
    newest = made["pass"]["statement"]
    with pytest.raises(PassError, match="24 hours"):
        await change(service, county, made["pass"]["id"], after=newest, changed={"premises": "新址三号楼"})


async def test_one_authority_cannot_take_all_permits_of_a_licence(county, service, monkeypatch):
    monkeypatch.setattr(act_quota, "MOST_HELD", 1)
    made = await register(service, county)
    await endorse(service, county, made, number="N1")
    with pytest.raises(PermitError, match="at most 1 permits on one licence"):
        await endorse(service, county, made, number="N2")
    await endorse(service, county, made, "食品经营许可证", office="market-370784", number="F1")
    assert len(rows(service, licence_past.select())) == 2
    told = permits.told(service.flow.parts, made["pass"]["id"])
    assert [one["number"] for one in told["permits"]] == ["N1", "F1"]
