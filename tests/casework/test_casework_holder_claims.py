"""What the holder of a pass downloads: no private field, every permit in full, as the version was signed."""

from hashlib import sha512

import pytest

from api.number_answers import answer_for
from casework.errors import UnknownCaseError
from casework.holder_claims import holder_claims
from casework.statuses import Actor
from licence_qr.page.by_number import number_page
from tests.casework.house import submit
from tests.casework.pass_steps import act, change, endorse, register, shown
from tests.support.authorities import offices, pin


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found


async def test_a_pass_is_downloaded_by_its_authority_without_private_fields(county, service):
    made = await register(service, county)
    case_id, client = made["pass"]["id"], county["civil-370784"].client
    found = holder_claims(service.flow.parts, case_id, client)
    assert (found.claims, found.private, found.permits) == (shown(made), {}, [])
    await endorse(service, county, made)
    changed = await change(service, county, case_id, changed={"premises": "山东省安丘市青云山路14号"})
    found = holder_claims(service.flow.parts, case_id, client)
    assert found.claims == shown(changed)
    assert [one["number"] for one in found.permits] == ["N1"]
    for stranger in ("portal", county["health-370784"].client):
        with pytest.raises(UnknownCaseError):
            holder_claims(service.flow.parts, case_id, stranger)


async def test_a_pass_in_short_form_has_its_permits_in_full(county, service):
    made = await register(service, county)
    case_id, client = made["pass"]["id"], county["civil-370784"].client
    numbers = ["PDY" + sha512(bytes([number])).hexdigest()[:56].upper() for number in range(17)]
    for number in numbers:
        last = await endorse(service, county, made, number=number)
    printed = shown(last)
    assert len(printed["permits"]) < printed["permits_total"] == 17
    found = holder_claims(service.flow.parts, case_id, client)
    assert found.claims == printed
    assert [one["number"] for one in found.permits] == numbers
    uscc, health = made["pass"]["uscc"], Actor("officer-7", "health-370784")
    for number in (16, 17, 2):
        await act(service, made, "suspend", health, number)
    await act(service, made, "restore", health, 16)
    service.statuses.changed()
    told = await answer_for(service, uscc)
    assert [one["number"] for one in told.claims["permits"]] == numbers, "the register tells what the code leaves out"
    assert {numbers[place] for place, one in enumerate(told.permits) if one.reason != "held"} == {
        numbers[1],
        numbers[16],
    }
    assert told.barred == 2
    page = number_page(uscc, told, "zh").decode()
    assert page.count('<li class="permit ') == 17
    assert "有 2 项许可目前不可用" in page
    assert "另有" not in page

    changed = await change(service, county, case_id, changed={"name": "安丘市青云养老院"})
    printed = shown(changed)
    assert [one["number"] for one in printed["permits"]][:3] == [numbers[1], numbers[16], numbers[0]]
    assert len(printed["permits"]) < 17
    found = holder_claims(service.flow.parts, case_id, client)
    assert (found.claims, len(found.permits)) == (printed, 17)
    await act(service, made, "restore", health, 2)
    assert holder_claims(service.flow.parts, case_id, client).permits == found.permits, "as it was when it was signed"
    service.statuses.changed()
    old = await answer_for(service, last["licence"]["identifier"])
    assert old.headline.reason == "replaced"
    left = 17 - len(old.permits)
    assert f"另有 {left} 项许可，登记簿现在不能给出" in number_page(uscc, old, "zh").decode()


async def test_before_there_is_a_licence_there_is_nothing_to_download(service):
    referred = await submit(service, "individual/13-wants-a-person")
    assert referred["state"] == "referred"
    assert holder_claims(service.flow.parts, referred["id"], "portal") is None
    with pytest.raises(UnknownCaseError):
        holder_claims(service.flow.parts, "0" * 36, "portal")
