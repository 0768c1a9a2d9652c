"""A pass of more permits than its code can list: each keeps its one place in the status list, listed or not."""

import hashlib

import pytest

from casework import permits
from casework.reissue import claims_of
from casework.statuses import Actor
from casework.tables import licence, licence_past, status_entry
from licence_qr.status_list import Status
from tests.casework.house import rows
from tests.casework.pass_steps import act, endorse, newest_on, register
from tests.support.authorities import offices, pin

MANY = 14


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found


async def change(service, county, made, number, name):
    parts, by = service.flow.parts, county["health-370784"]
    permit = {"type": "公共场所卫生许可证", "number": name, "valid_from": "2026-11-22", "scope": ["1"]}
    compact = by.state(aud=parts.host, sub=made["pass"]["uscc"], iat=int(parts.ports.now().timestamp()), act="change", of=number,
                       after=newest_on(service, made["pass"]["id"], number), permit=permit)  # fmt: skip
    statement = permits.read_statement(parts, parts.authorities, parts.authorities.of_client(by.client), compact)
    return await parts.writer.write(permits.endorse(parts, made["pass"]["id"], statement, compact, number))


def long_number(number):
    """Return a number that no dictionary makes short."""
    return "卫" + hashlib.sha256(bytes([number])).hexdigest()[:40].upper()


def places(service):
    found = {}
    for row in rows(service, status_entry.select()):
        if row.subject != "licence":
            found.setdefault(row.subject, []).append((row.position, Status(row.value)))
    return found


async def test_a_permit_that_the_code_leaves_out_keeps_its_place(county, service):
    made = await register(service, county)
    for number in range(1, MANY + 1):
        told = await endorse(service, county, made, number=long_number(number))
    shown = claims_of(told["licence"]["token"])
    assert shown["permits_total"] == MANY > len(shown["permits"])
    assert "permits_digest" in shown
    before = places(service)
    assert {key: len(found) for key, found in before.items()} == {f"permit:{n}": 1 for n in range(1, MANY + 1)}

    # One that is listed changes; the last, which is not listed, is suspended; one more comes: nobody gets a second place.
    await change(service, county, made, 2, long_number(99))
    health = Actor("clerk", "health-370784")
    assert (await act(service, made, "suspend", health, permit=MANY))["status"] == "suspended"
    told = await endorse(service, county, made, number="N-last")
    after = places(service)
    assert {key: found[0][0] for key, found in after.items() if key in before} == {
        key: found[0][0] for key, found in before.items()
    }
    assert {key: len(found) for key, found in after.items()} == {f"permit:{n}": 1 for n in range(1, MANY + 2)}
    assert [key for key, found in after.items() if found[0][1] is not Status.VALID] == [f"permit:{MANY}"]
    status = {one["n"]: one["status"] for one in permits.told(service.flow.parts, made["pass"]["id"])["permits"]}
    assert status == {n: "suspended" if n == MANY else "valid" for n in range(1, MANY + 2)}
    assert (await act(service, made, "revoke", health, permit=MANY))["status"] == "invalid"
    told = await endorse(service, county, made, number="N-after")
    assert claims_of(told["licence"]["token"])["permits_total"] == MANY + 1
    assert len(rows(service, licence.select())) + len(rows(service, licence_past.select())) == 1 + MANY + 3
