"""Bytes that are no application: one clear answer with everything that is wrong, the same for ever, and nothing lost."""

import json

import pytest
from sqlalchemy import func, select

from api.service import Service
from casework.flow import Submission
from casework.tables import application, decision
from tests.casework.house import example, rows, view
from tests.casework.invariants import finished

GOOD = json.loads(example("llc/01-software"))


def changed(pointer: str, value) -> bytes:
    document = json.loads(example("llc/01-software"))
    *way, last = pointer.strip("/").split("/")
    at = document
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


CASES = {
    "nothing": (b"", "not-json", None),
    "no JSON": (b"\x00\xff\xfe", "not-json", None),
    "cut off": (example("llc/01-software")[:-9], "not-json", None),
    "a member twice": (b'{"item": "00013112700401", "item": "00013112800001"}', "not-json", None),
    "a lone surrogate": (b'{"item": "\\ud800"}', "not-json", None),
    "nested deeply": (b"[" * 100_000, "not-json", None),
    "a number without end": (b'{"item": 1e999}', "not-json", None),
    "a megabyte of digits": (b'{"item": ' + b"9" * 1_000_000 + b"}", "not-json", None),
    "a list": (b"[]", "form-invalid", "/item"),
    "no item": (b"{}", "form-invalid", "/item"),
    "another item": (b'{"item": "no such thing"}', "item-not-published", "/item"),
    "an item of many lines": (json.dumps({"item": "x\n" * 500}).encode(), "item-not-published", "/item"),
    "an item of next year": (b'{"item": "370784-ZRXZ-02"}', "item-not-in-force", "/item"),
    "an unknown member": (changed("/entity/colour", "red"), "form-invalid", "/entity/colour"),
    "a wrong type": (changed("/registered_capital_fen", "1000000"), "form-invalid", "/registered_capital_fen"),
    "a fraction": (changed("/registered_capital_fen", 0.1), "not-json", "/registered_capital_fen"),
    "the second person's name": (changed("/people/1/name", 7), "form-invalid", "/people/1/name"),
    "a name with a hidden character": (changed("/entity/name", "安丘市\u202e某某软件有限公司"), "form-invalid", "/entity/name"),
    "a role for nobody": (changed("/shareholders/1/person", "p99"), "form-invalid", "/shareholders/1/person"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_it_is_kept_and_answered_with_what_is_wrong(service: Service, name: str):
    body, kind, pointer = CASES[name]
    case_id = await service.flow.submit(Submission("portal", "key", body))
    case = view(service, case_id)
    assert (case["state"], case["outcome"], case["problem"]) == ("unreadable", "unreadable", kind)
    assert case["errors"]
    for error in case["errors"]:
        assert error["why"]["zh"]
        assert error["why"]["en"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in case["errors"]]
    assert await service.flow.submit(Submission("portal", "key", body)) == case_id
    assert view(service, case_id) == case
    assert len(json.dumps(case)) < 20_000  # an answer, not an echo
    assert rows(service, select(func.count()).select_from(decision)) == [(0,)]  # no decision on what cannot be read
    kept = rows(service, select(application.c.body))
    assert kept == [(body,)]
    finished(service)


async def test_an_id_number_is_masked_in_the_answer(service: Service):
    number = GOOD["people"][0]["id_number"]
    case_id = await service.flow.submit(Submission("portal", "key", changed("/people/0/id_number", number * 9)))
    assert [error["pointer"] for error in view(service, case_id)["errors"]] == ["/people/0/id_number"]
    assert number not in json.dumps(view(service, case_id)["errors"])


@pytest.mark.parametrize("number", ["370784199001010010", "370784209901010019", "370784199002300013"])
async def test_an_id_number_that_cannot_be_is_told_by_rule(service: Service, number: str):
    """A wrong check character, a birth in the future, a day that does not exist: the form is right, the fact is not."""
    case_id = await service.flow.submit(Submission("portal", "key", changed("/people/1/id_number", number)))
    case = view(service, case_id)
    assert case["outcome"] in ("fix", "referred")  # a person of unknown age may also be one for a person to look at
    places = [place["at"] for finding in case["decision"]["findings"] for place in finding["places"]]
    assert "/people/1/id_number" in places
