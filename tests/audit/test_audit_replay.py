"""Replay: equal bytes for what happened, and the right stage named for what was changed."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from audit.canonical import canonical
from audit.decision_leaf import decision_record
from audit.errors import MalformedError
from audit.inputs import Inputs
from audit.record import Record, read_record
from audit.replay import STAGES, compare, replay
from engine.decide import decide
from engine.model import Outcome
from rules.case_files import Answer
from verifiers.catalogue import attest_again
from verifiers.keys import SourceKeys
from verifiers.model import Failure


def _replay(office, case, /, **changed):
    inputs = Inputs.from_bytes(replace(case.inputs, **changed).to_bytes())
    rule_set = office.book.rule_set(inputs.item, inputs.day)
    return replay(inputs, read_record(case.record.leaf), rule_set, office.keys)


@pytest.mark.parametrize("name", ["llc", "individual", "sole_proprietorship"])
def test_an_approval_replays_byte_for_byte(office, name):
    case = office.case(name)
    assert case.decision.outcome is Outcome.APPROVED
    assert _replay(office, case) is None


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"patch": {"shareholders": {"1": {"due_on": "2033-01-01"}}}}, Outcome.FIX),
        ({"silent": ("court",)}, Outcome.WAITING),
        ({"silent": ("population", "address_library")}, Outcome.WAITING),
        ({"patch": {"declarations": {"wants_human": True}}}, Outcome.REFERRED),
    ],
)
def test_every_other_outcome_replays_too(office, changes, outcome):
    case = office.case("llc", **changes)
    assert case.decision.outcome is outcome
    assert _replay(office, case) is None


def test_evidence_that_failed_is_attested_to_the_same_failure(office):
    case = office.case()
    bent = [
        replace(one, response=one.response[:-4] + "AAAA") if one.verifier == "court" else one for one in case.evidence
    ]
    again = [attest_again(one, office.keys) for one in bent]
    assert {one.failure for one in again if one.verifier == "court"} == {Failure.UNTRUSTED}
    rebuilt = _rebuilt(office, case, again)
    assert (
        replay(
            rebuilt.inputs, rebuilt.record, office.book.rule_set(rebuilt.inputs.item, rebuilt.inputs.day), office.keys
        )
        is None
    )


def _rebuilt(office, case, evidence):
    rule_set = office.book.rule_set(case.inputs.item, case.inputs.day)
    decision = decide(case.application, evidence, rule_set, case.inputs.at, case.inputs.case)
    stated = case.inputs.circumstances
    record = decision_record(decision, case.application, evidence, stated, case.inputs.salt, case.inputs.case)
    return replace(case, record=record, inputs=replace(case.inputs, evidence=tuple(evidence)))


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        (lambda case: {"salt": bytes(32)}, "application"),
        (lambda case: {"raw": case.raw.replace(b"13900000002", b"13900000009")}, "application"),
        (lambda case: {"raw": case.raw[:-2]}, "application"),
        (lambda case: {"raw": case.raw + b" "}, "application"),
        (lambda case: {"at": case.inputs.at + timedelta(microseconds=1)}, "decision"),
        (lambda case: {"evidence": case.evidence[:-1]}, "evidence"),
        (lambda case: {"evidence": case.evidence[::-1]}, "evidence"),
        (lambda case: {"case": {"attempt": 2}}, "decision"),
        (lambda case: {"case": {}}, "decision"),
        (lambda case: {"circumstances": replace(case.inputs.circumstances, engine_version="9")}, "record"),
        (lambda case: {"circumstances": replace(case.inputs.circumstances, application_id="B")}, "record"),
        (lambda case: {"circumstances": replace(case.inputs.circumstances, source_keys_digest="")}, "evidence"),
    ],
)
def test_what_was_changed_in_the_inputs_is_named_by_its_stage(office, change, stage):
    case = office.case()
    found = _replay(office, case, **change(case))
    assert found is not None
    assert found.stage == stage
    assert stage in str(found)
    assert stage in STAGES


def test_only_the_second_answer_is_changed(office):
    case = office.case()
    second = next(
        place for place, one in enumerate(case.evidence) if one.subject == "/people/1" and one.verifier == "court"
    )
    evidence = list(case.evidence)
    evidence[second] = replace(evidence[second], asked_at=evidence[second].asked_at - timedelta(seconds=1))
    found = _replay(office, case, evidence=tuple(evidence))
    assert (found.stage, found.pointer) == ("evidence", f"/evidence/{second}/asked_at")


def test_an_answer_to_a_question_nobody_asked_is_named(office):
    case = office.case()
    other = replace(case.evidence[1], request={**case.evidence[1].request, "name": "another person"})
    found = _replay(office, case, evidence=(case.evidence[0], other, *case.evidence[2:]))
    assert found.stage == "evidence"
    assert "never raises" in found.replayed


def test_an_unknown_source_is_a_difference_and_no_crash(office):
    case = office.case()
    evidence = (replace(case.evidence[0], verifier="astrology"), *case.evidence[1:])
    assert _replay(office, case, evidence=evidence).stage == "evidence"


def test_another_rule_set_is_named_first(office):
    case = office.case()
    other = office.book.rule_set(office.case("individual").inputs.item, case.inputs.day)
    assert replay(case.inputs, case.record, other, office.keys).stage == "rule set"


def test_pinned_keys_that_do_not_know_the_source_change_the_evidence(office):
    case = office.case()
    document = {name: keys for name, keys in office.keys_document.items() if name != "court"}
    rule_set = office.book.rule_set(case.inputs.item, case.inputs.day)
    found = replay(case.inputs, case.record, rule_set, SourceKeys.from_document(document))
    assert found.stage == "evidence"


def test_an_engine_that_says_otherwise_is_caught_at_the_decision(office):
    case = office.case()
    rule_set = office.book.rule_set(case.inputs.item, case.inputs.day)

    def later(*_asked, **_facts):
        return replace(case.decision, findings=case.decision.findings[::-1])

    found = replay(case.inputs, case.record, rule_set, office.keys, deciding=later)
    assert found.stage == "decision"
    assert found.pointer.startswith("/findings/0")

    def broken(*_asked, **_facts):
        raise ZeroDivisionError

    found = replay(case.inputs, case.record, rule_set, office.keys, deciding=broken)
    assert (found.stage, found.replayed) == ("decision", "ZeroDivisionError: ")


def test_a_record_edited_in_any_member_differs(office):
    case = office.case()
    for name, value in case.record.content.items():
        if name in {"kind", "v"}:
            continue  # then it is no record at all
        edited = {**case.record.content, name: [value]}
        found = compare(Record(canonical(edited)), case.record)
        assert found.pointer.startswith(f"/{name}")


def test_replay_reads_no_clock_and_opens_no_socket(office, monkeypatch):
    case = office.case()

    def refuse(*_args, **_named):
        raise AssertionError("replay reached outside")

    for target in ("socket.socket", "random.random", "os.urandom", "secrets.token_bytes", "time.time", "uuid.uuid4"):
        monkeypatch.setattr(target, refuse)
    assert _replay(office, case) is None


# Inputs: lossless, and one spelling.


def test_inputs_read_back_without_loss(office):
    case = office.case("llc", silent=("court",), answers=[Answer("population", "/people/1", None, "unavailable")])
    raw = case.inputs.to_bytes()
    read = Inputs.from_bytes(raw)
    assert read.to_bytes() == raw
    assert read.digest == case.inputs.digest
    assert (read.raw, read.at, read.salt, read.circumstances) == (
        case.raw, case.inputs.at, case.inputs.salt, case.inputs.circumstances,
    )  # fmt: skip
    assert [one.response for one in read.evidence] == [one.response for one in case.evidence]
    assert raw.count(case.evidence[0].response.encode()) == 1  # four people, one answer, kept once


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(schema="miaopi/inputs/2"),
        lambda content: content.update(more=1),
        lambda content: content.pop("salt"),
        lambda content: content.update(salt="*"),
        lambda content: content.update(at="2026-11-20 02:00"),
        lambda content: content.update(day="20-11-2026"),
        lambda content: content["responses"].append("nobody's"),
        lambda content: content["evidence"][1].update(response=99),
        lambda content: content["evidence"][1].update(response=-1),
        lambda content: content["evidence"][1].update(request=None),
        lambda content: content["evidence"][1].update(failure="tired"),
        lambda content: content["evidence"].append(None),
        lambda content: content.update(evidence=1),
    ],
)
def test_inputs_of_another_form_are_refused(office, change):
    content = json.loads(office.case().inputs.to_bytes())
    change(content)
    with pytest.raises(MalformedError):
        Inputs.from_bytes(canonical(content))
