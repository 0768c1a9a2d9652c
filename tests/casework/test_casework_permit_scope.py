"""What a permit covers, from the codes that its authority states to positions on the licence, in every version."""

import json

import pytest

from casework import holder_claims, permits, reissue
from casework.permit_scope import positions, printed_codes
from licence_qr.claims import items_of
from tests.casework.house import example, submit
from tests.casework.pass_steps import change, endorse, register, shown
from tests.support.authorities import CARE_HOME, offices, pin


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found


def covered(claims):
    items = items_of(claims["licence"])
    return {one["number"]: [items[place] for place in one["scope"]] for one in claims["permits"] if one["held"]}


async def state(service, office, case, number, codes):
    parts = service.flow.parts
    permit = {"type": "食品经营许可证", "number": number, "valid_from": "2026-11-22", "scope": codes}
    made = {"aud": parts.host, "sub": case["licence"]["uscc"], "iat": int(parts.ports.now().timestamp()), "act": "add"}
    compact = office.state(**made, permit=permit)
    statement = permits.read_statement(parts, parts.authorities, parts.authorities.of_client(office.client), compact)
    return await parts.writer.write(permits.endorse(parts, case["id"], statement, compact, None))


async def test_codes_become_the_places_of_their_items_on_the_licence(county, service):
    case = await submit(service, "individual/05-bakery")
    given = json.loads(example("individual/05-bakery"))["scope"]["items"]
    texts = {one["code"]: one["text"] for one in given}
    codes = [one["code"] for one in given]
    await state(service, county["market-370784"], case, "JY1", codes[:1])
    told = await state(service, county["market-370784"], case, "JY2", codes[::-1])
    claims = shown(told)
    assert covered(claims) == {"JY1": [texts[codes[0]]], "JY2": items_of(claims["licence"])}
    assert claims["permits"][1]["scope"] == list(range(len(codes))), "rising, however they were stated"

    def again(connection):
        made = reissue.reissue(service.flow.parts, connection, case["id"], "key_compromised")
        return {"licence": {"token": made.token}}

    kept = await service.flow.parts.writer.write(again)
    assert covered(shown(kept)) == covered(claims), "a new key changes nothing of it"
    full = holder_claims.holder_claims(service.flow.parts, case["id"], "portal")
    assert [one.get("scope") for one in full.permits][:2] == [[codes.index(codes[0])], list(range(len(codes)))]


async def test_a_certificate_in_another_order_moves_the_places_and_not_the_items(county, service):
    made = await register(service, county)
    await endorse(service, county, made, scope="1", number="N1")
    before = shown(await endorse(service, county, made, scope="2", number="N2"))
    first, second = (item["text"] for item in CARE_HOME["scope"])
    assert covered(before) == {"N1": [first], "N2": [second]}
    turned = {"scope": [{"code": "3", "text": "文艺活动"}, *CARE_HOME["scope"][::-1]]}
    after = shown(await change(service, county, made["pass"]["id"], changed=turned))
    assert covered(after) == covered(before)
    assert [one["scope"] for one in after["permits"]] == [[2], [1]]


async def test_general_items_come_first_whatever_the_application_says(service):
    case = await submit(service, "individual/05-bakery")
    with service.flow.parts.reader.connect() as connection:
        codes = printed_codes(connection, case["id"])
    given = json.loads(example("individual/05-bakery"))["scope"]["items"]
    general = [one["code"] for one in given if one["kind"] == "general"]
    assert list(codes) == general + [one["code"] for one in given if one["kind"] != "general"]
    assert positions([codes[-1], "unknown"], codes) == (len(codes) - 1,)
