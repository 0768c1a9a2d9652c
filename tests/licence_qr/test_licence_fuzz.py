"""A sample of `make fuzz`: the whole run, its size, seed and spread stand in docs/licence.md 13."""

import json

import pytest

from tests.licence_qr.cases import reasons
from tests.licence_qr.fuzz_layers import SURROUNDINGS, TEXTS
from tests.licence_qr.fuzz_verifiers import Difference, Tally, drawn, run, specified, written
from tests.licence_qr.verdicts import HERE, NODE, answers

needs_node = pytest.mark.skipif(
    NODE is None, reason="node is not installed; the page's verifier cannot be asked outside a browser"
)


@needs_node
def test_all_verifiers_agree_on_a_sample_of_the_mutations():
    tally = Tally()
    assert [found.told for found in run(20261122, 1000, tally)] == []
    assert tally.count == 1000
    assert set(tally.layers) == {layer.__name__ for layer in (*TEXTS, *SURROUNDINGS)}
    assert len(tally.reasons) > 25, tally.missing()


def test_the_same_seed_gives_the_same_cases_and_every_case_is_json():
    first, again = (list(drawn(5, 450)) for _ in range(2))
    assert [len(batch) for batch in first] == [400, 50]
    assert json.loads(json.dumps(first)) == json.loads(json.dumps(again))
    assert first[0] != next(drawn(6, 400))


def test_every_reason_code_of_the_specification_is_looked_for():
    assert len(specified()) > 30
    assert {"authentic", "dictionary", "unlogged", "status_value", "permit_not_yet"} <= specified()
    assert Tally().missing() == specified()


def test_a_verifier_that_falls_over_or_differs_is_told(monkeypatch, tmp_path):
    def falls(case):
        raise RecursionError(case["text"][:9])

    monkeypatch.setitem(HERE, "client", falls)
    case = {"text": "你好", "at": 0, "oldest_status": None, "jwks": {"keys": []}, "lists": {}}
    told = answers(case)
    assert told["client"] == {"raised": "RecursionError('你好')"}
    path = written(Difference("link_text", case, told), 7, tmp_path)
    found = json.loads(path.read_text("utf-8"))
    assert {name: found[name] for name in case} == case
    assert (found["seed"], found["told"]["python"]["authentic"]) == (7, reasons(told["python"])["authentic"])
