"""What is told of a bad parameter or a bad member, in each language by itself; and every way to name a licence."""

import re

import pytest

from api.parameter_faults import PATTERNS, parameter_fault

CASE = "01900000-0000-7000-8000-000000000000"
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z]+")
BAD = {
    "a pattern": (f"/v1/licences/{CASE}x", "licence"),
    "an id": ("/v1/applications/1", "case_id"),
    "an enumeration": (f"/v1/licences/{CASE}/sheet.pdf?edition=big", "edition"),
    "a number too small": (f"/v1/licences/{CASE}/sheet.svg?page=0", "page"),
    "a number too large": ("/v1/register?limit=201", "limit"),
    "no number": ("/v1/register?limit=many", "limit"),
    "a text too long": ("/v/number?code=" + "9" * 130, "code"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_parameter_says_in_each_language_what_is_wanted_and_how_it_is_mended(name, client, portal):
    path, parameter = BAD[name]
    told = {}
    for language in ("zh-CN", "en"):
        answered = client.get(path, headers={**portal, "Accept-Language": language})
        assert (answered.status_code, answered.json()["type"]) == (422, "/problems/request-invalid"), answered.text
        told[language] = answered.json()["errors"][0]
    assert told["zh-CN"]["parameter"] == told["en"]["parameter"] == parameter
    for member in ("why", "mend"):
        assert told["en"][member].isascii()
        assert not ENGLISH_SENTENCE.search(told["zh-CN"][member]), told["zh-CN"][member]
        assert "^" not in told["en"][member]  # in words, not as a regular expression


def test_every_pattern_of_a_parameter_is_put_into_words(openapi):
    asked = {
        one["schema"].get("pattern")
        for operations in openapi["paths"].values()
        for operation in operations.values()
        for one in operation.get("parameters", ())
    }
    options = {"^[\\x21-\\x7e]{1,255}$"}  # stands in `anyOf`: it may be left out
    assert asked - {None} | options == set(PATTERNS)


def test_a_parameter_that_is_missing_has_no_value():
    told = parameter_fault({"type": "missing", "loc": ("query", "code"), "input": None})
    assert set(told) == {"parameter", "in", "why", "mend"}


def test_absent_members_have_no_value_and_numbers_stay_numbers(tell, client, running):
    case = tell("individual/01-grocery").json()
    by = running.bearer("supervisor", client="bureau")
    place = f"/v1/licences/{case['id']}/status"
    faults = client.post(place, json={"reason": 7}, headers=by).json()["errors"]
    assert "value" not in next(one for one in faults if one["pointer"] == "/act")
    assert next(one for one in faults if one["pointer"] == "/reason")["value"] == 7
    faults = client.post(f"/v1/items/{case['item']}/stop", json={}, headers=by).json()["errors"]
    assert [one["pointer"] for one in faults] == ["/reason"]
    assert "value" not in faults[0]
    copies = client.get(f"/v1/licences/{case['id']}/sheet.pdf?copies=3", headers=running.bearer("portal"))
    assert copies.json()["errors"][0]["value"] == 3


def test_a_public_path_that_is_not_there_does_not_speak_of_ones_own_applications(client, portal):
    for path in ("/v2", "/v/nothing.mjs", "/status/77", "/problems/no-such", "/v1/rule-releases/999"):
        answered = client.get(path, headers={"Accept-Language": "en"})
        assert (answered.status_code, "own" in answered.json()["detail"]) == (404, False), path
    for path in (f"/v1/applications/{CASE}", f"/v1/licences/{CASE}", "/v1/licences/91370784MA00000000/permits"):
        answered = client.get(path, headers={**portal, "Accept-Language": "en"})
        assert answered.status_code == 404
    assert "own applications" in client.get(f"/v1/licences/{CASE}", headers={**portal, "Accept-Language": "en"}).text


def test_every_route_of_a_licence_takes_its_id_and_its_credit_code(tell, client, portal, running, openapi):
    case = tell("individual/01-grocery").json()
    names = (case["id"], case["licence"]["uscc"])
    of_licences = [
        path
        for path, operations in openapi["paths"].items()
        if path.startswith("/v1/licences/") and "get" in operations
    ]
    assert {"/v1/licences/{licence}", "/v1/licences/{licence}.png", "/v1/licences/{licence}.svg"} <= set(of_licences)
    for path in of_licences:
        by_id, by_code = (client.get(path.replace("{licence}", one), headers=portal) for one in names)
        assert (by_id.status_code, by_code.status_code) == (200, 200), path
        assert by_id.content[:200] == by_code.content[:200] or "pdf" in path, path
    stranger = running.bearer("portal", client="portal-b")
    for path in ("", ".svg", ".png"):
        assert client.get(f"/v1/licences/{names[1]}{path}", headers=stranger).status_code == 404
