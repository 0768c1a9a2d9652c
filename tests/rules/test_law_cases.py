"""Every case beside the rules, decided on the whole path by both evaluators: the law's own acceptance test."""

import datetime as dt
from functools import cache
from pathlib import Path

import pytest

from engine.cases import evidence_of, moment, run_case
from engine.decide import decide
from engine.facts import decision_day
from engine.intake import read_application
from engine.model import Outcome, Result
from rules.case_files import CASES, NOT_CASES, CaseFile, base, case_files, patched
from rules.digest import canonical
from rules.load import load_rule_book

RULE_IDS = sorted(path.stem for path in CASES.glob("*.yaml") if path.name not in NOT_CASES)
DAY = dt.date(2026, 11, 20)


@cache
def cases_by_rule() -> dict[str, CaseFile]:
    return {file.rule: file for file in case_files()}


@pytest.mark.parametrize("rule", RULE_IDS)
def test_the_rule_says_what_its_cases_expect(rule: str) -> None:
    book = load_rule_book()
    failures = {
        case.name: result.differences
        for case in cases_by_rule()[rule].cases
        if (result := run_case(case, book)).differences
    }
    assert failures == {}


@pytest.mark.parametrize("kind", ["individual", "sole_proprietorship", "llc"])
def test_a_base_application_is_approved_with_every_rule_answered(kind: str) -> None:
    document, answers = base(kind)
    at = moment(DAY)
    assert decision_day(at) == DAY
    rule_set = load_rule_book().rule_set(document["item"], DAY)
    decision = decide(read_application(canonical(document), rule_set.form), evidence_of(answers, at), rule_set, at)
    assert decision.outcome is Outcome.APPROVED
    assert {finding.result for finding in decision.findings} <= {Result.SATISFIED, Result.NOT_APPLICABLE}
    assert len(decision.findings) == len(rule_set.rules)


# Only these may do without an answer: persons in no role that a rule holds against the register of earlier registrations.
EXEMPT = {
    ("individual", "earlier_registrations", "/people/1"),  # a mere liaison
    ("sole_proprietorship", "earlier_registrations", "/people/1"),  # an entrusted person in charge
    ("sole_proprietorship", "earlier_registrations", "/people/2"),
    ("llc", "earlier_registrations", "/people/3"),
}


@pytest.mark.parametrize("kind", ["individual", "sole_proprietorship", "llc"])
def test_without_one_of_its_answers_a_base_application_is_never_approved(kind: str) -> None:
    document, answers = base(kind)
    at = moment(DAY)
    rule_set = load_rule_book().rule_set(document["item"], DAY)
    application = read_application(canonical(document), rule_set.form)
    evidence = evidence_of(answers, at)
    exempt = set()
    for index, one in enumerate(evidence):
        decision = decide(application, evidence[:index] + evidence[index + 1 :], rule_set, at)
        if decision.outcome is Outcome.APPROVED:
            exempt.add((kind, one.verifier, one.subject))
        else:
            assert not any(finding.result is Result.VIOLATED for finding in decision.findings), (
                one.verifier,
                one.subject,
            )
    assert exempt == {one for one in EXEMPT if one[0] == kind}


def test_a_patch_over_a_list_changes_one_element_appends_and_removes() -> None:
    start = {"list": [{"a": 1, "b": 1}, {"a": 2}]}
    assert patched(start, {"list": {"1": {"a": 3}}}) == {"list": [{"a": 1, "b": 1}, {"a": 3}]}
    assert patched(start, {"list": {"0": {"b": None}, "2": {"a": 9}}}) == {"list": [{"a": 1}, {"a": 2}, {"a": 9}]}
    assert patched(start, {"list": {"0": None}}) == {"list": [{"a": 2}]}
    assert patched(start, {"list": []}) == {"list": []}
    assert start == {"list": [{"a": 1, "b": 1}, {"a": 2}]}
    with pytest.raises(ValueError, match="element 5 cannot be patched"):
        patched(start, {"list": {"5": {}}})


def test_a_case_file_with_an_unknown_key_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "S05.yaml").write_text(
        "rule: S05\ncases:\n  - {name: x, on: 2026-11-20, base: llc, expcet: {rule: satisfied}}\n"
    )
    with pytest.raises(Exception, match=r"cases/S05.yaml:3"):
        list(case_files(tmp_path))
