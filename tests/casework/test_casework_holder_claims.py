"""What the holder of a pass downloads: no private field, every permit in full, as the version was signed."""

from hashlib import sha512

import pytest

from casework.errors import UnknownCaseError
from casework.holder_claims import holder_claims
from tests.casework.house import submit
from tests.casework.test_casework_passes import change, endorse, register, shown
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
    changed = await change(service, county, case_id, changed={"name": "安丘市青云养老院"})
    found = holder_claims(service.flow.parts, case_id, client)
    assert (found.claims, len(found.permits)) == (shown(changed), 17)


async def test_before_there_is_a_licence_there_is_nothing_to_download(service):
    referred = await submit(service, "individual/13-wants-a-person")
    assert referred["state"] == "referred"
    assert holder_claims(service.flow.parts, referred["id"], "portal") is None
    with pytest.raises(UnknownCaseError):
        holder_claims(service.flow.parts, "0" * 36, "portal")
