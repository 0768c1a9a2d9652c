"""Bodies that two readers might read differently, names that hide something, numbers that cannot be."""

import json
from copy import deepcopy

import pytest

from casework.tables import application

STRICT = {
    "nothing": b"",
    "white space": b" \n ",
    "a member twice": b'{"item": "1", "item": "2"}',
    "a member twice, far down": b'{"item": "1", "people": [{"a": {"b": 1, "b": 2}}]}',
    "half a surrogate pair": b'{"item": "\\ud800"}',
    "half a pair as a name": b'{"\\udc00": 1}',
    "NaN": b'{"item": NaN}',
    "Infinity": b'{"item": -Infinity}',
    "a fraction": b'{"item": 1.5}',
    "an exponent": b'{"item": 1e5}',
    "an integer too large": b'{"item": 9007199254740993}',
    "a huge integer": b'{"item": ' + b"9" * 5000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"item": "1"}',
    "UTF-16": '{"item": "1"}'.encode("utf-16"),
    "GB 18030": '{"item": "个体"}'.encode("gb18030"),
    "an overlong byte": b'{"item": "\xc0\xaf"}',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    "too deep by one": b"[" * 17 + b"]" * 17,
    "two documents": b"{}{}",
    "a comma too many": b'{"item": "1",}',
    "a comment": b'{"item": "1"} // x',
    "single quotes": b"{'item': '1'}",
    "a control character": b'{"item": "\x01"}',
    "a null byte": b'{"item": "1"}\x00',
}


@pytest.mark.parametrize("name", STRICT)
def test_what_is_not_strict_json_is_400_with_its_place_and_is_kept(name, submit, client, portal, running):
    before = running.rows(application)
    answered = submit(STRICT[name], **{"Accept-Language": "en"})
    told = answered.json()
    assert (answered.status_code, told["type"]) == (400, "/problems/not-json"), told
    assert len(told["errors"]) == 1
    assert {"pointer", "why", "mend"} <= set(told["errors"][0])
    assert running.rows(application) == before + 1  # accepted is kept, whatever it was
    assert client.get(told["application"], headers=portal).json()["state"] == "unreadable"


@pytest.mark.parametrize("value", ["null", "true", "0", '"x"', "[]", "[[]]", '{"item": null}', '{"item": ["x"]}', "{}"])
def test_json_that_is_no_application_is_422(value, submit):
    answered = submit(value.encode())
    assert (answered.status_code, answered.json()["type"]) == (422, "/problems/form-invalid")


@pytest.mark.parametrize(
    "code", ["", "x", "0" * 14, "00013112700401 ", "../../etc/passwd", "\u202e", "x" * 5000, "00013112700401\n"]
)
def test_an_item_that_was_never_published_is_404_and_its_code_is_cut(code, submit):
    answered = submit(json.dumps({"item": code}).encode())
    told = answered.json()
    assert (answered.status_code, told["type"]) == (404, "/problems/item-not-published")
    assert told["errors"][0]["pointer"] == "/item"
    assert len(answered.content) < 2500


HIDDEN = {
    "right-to-left override": "安丘市\u202e司公限有件软",
    "zero-width space": "安丘市明\u200b达软件有限公司",
    "zero-width joiner": "安丘市明\u200d达软件有限公司",
    "byte order mark": "\ufeff安丘市明达软件有限公司",
    "not normal form C": "安丘市Cafe\u0301软件有限公司",
    "compatibility ideograph": "安丘市\uf900达软件有限公司",
    "Kangxi radical": "安丘市\u2f00达软件有限公司",
    "private use": "安丘市\ue000达软件有限公司",
    "tag character": "安丘市明达软件有限公司\U000e0041",
    "line separator": "安丘市明达\u2028软件有限公司",
    "Hangul filler": "安丘市明达\u3164软件有限公司",
    "escape": "安丘市明达\u001b[31m软件有限公司",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_name_that_hides_something_is_refused_with_the_code_point(name, submit, document):
    sent = document("llc/01-software")
    sent["entity"]["name"] = HIDDEN[name]
    answered = submit(json.dumps(sent).encode(), **{"Accept-Language": "en"})
    assert answered.status_code == 422
    errors = [error for error in answered.json()["errors"] if error["pointer"] == "/entity/name"]
    assert errors, answered.json()
    assert any("U+" in error["why"] or "normal form" in error["why"] or "written" in error["why"] for error in errors)


def test_a_name_hidden_in_the_second_person_only_is_found_there(submit, document):
    sent = document("llc/01-software")
    sent["people"][1]["name"] += "\u202c"
    told = submit(json.dumps(sent).encode()).json()
    assert "/people/1/name" in {error["pointer"] for error in told["errors"]}
    assert "/people/0/name" not in {error["pointer"] for error in told["errors"]}


# A number that cannot be is a finding, not a fault of the form: the applicant reads it in the notice beside the others.
NUMBERS = {
    "wrong check character": lambda number: number[:17] + ("0" if number[17] != "0" else "1"),
    "born in the future": lambda number: _checked(number[:6] + "20990101" + number[14:17]),
    "born on a day that never was": lambda number: _checked(number[:6] + "19900230" + number[14:17]),
}


def _checked(seventeen):
    """GB 11643: the check character of an ID number."""
    return (
        seventeen + "10X98765432"[sum(int(digit) * (2 ** (17 - place)) for place, digit in enumerate(seventeen)) % 11]
    )


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("person", [0, 1])
def test_an_id_number_that_cannot_be_is_never_approved_and_points_at_the_person(name, person, submit, document, signed):
    sent = deepcopy(document("llc/01-software"))
    sent["people"][person]["id_number"] = NUMBERS[name](sent["people"][person]["id_number"])
    case = submit(signed(sent)).json()
    assert case["outcome"] in ("fix", "referred"), case
    found = {finding["rule"]: finding for finding in case["decision"]["findings"]}
    assert [place["at"] for place in found["S09"]["places"]] == [f"/people/{person}/id_number"]
    assert "licence" not in case


def test_fields_named_like_the_engines_own_are_told_as_unknown(submit, document):
    sent = document()
    sent["sid"] = sent["id"] = sent["$s"] = 1
    told = submit(json.dumps(sent).encode())
    assert told.status_code == 422
    assert {"/sid", "/id", "/$s"} <= {error["pointer"] for error in told.json()["errors"]}


@pytest.mark.parametrize("length", [70_000, 200_000])
def test_a_string_of_many_thousand_characters_is_told_short(length, submit, document):
    sent = document("llc/01-software")
    sent["entity"]["name"] = "安" * length
    answered = (
        submit(json.dumps(sent, ensure_ascii=False).encode())
        if length * 3 < 262_144
        else submit(json.dumps(sent).encode())
    )
    assert answered.status_code in (413, 422)
    assert len(answered.content) < 5_000


def test_charset_and_upper_case_media_type_are_accepted(client, portal, stories):
    raw = json.dumps(stories["individual/01-grocery"]["document"]).encode()
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
        assert client.post("/v1/prechecks", content=raw, headers={**portal, "Content-Type": kind}).status_code == 200
