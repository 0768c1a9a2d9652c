import dataclasses
from datetime import date
from types import SimpleNamespace

import pytest

from engine.cases import moment, run_case, run_cases
from engine.facts import decision_day
from rules.case_files import Answer, Case, base, case_files

DAY = date(2026, 11, 20)


@pytest.fixture
def case():
    application, evidence = base("llc")
    return Case("C03", "the base", DAY, application, evidence, "satisfied", "approved", None)


def test_a_moment_lies_on_its_day():
    assert decision_day(moment(DAY)) == DAY


def test_a_case_that_holds_has_no_differences(case, book):
    result = run_case(case, book)
    assert result.differences == ()
    assert result.decision is not None


def test_every_difference_is_told(case, book):
    wrong = dataclasses.replace(case, result="violated", outcome="fix", places=("/x",))
    told = run_case(wrong, book).differences
    assert len(told) == 3
    assert "satisfied, expected violated" in told[0]
    assert "approved (no cause), expected fix" in told[1]
    assert "/x" in told[2]


def test_a_case_about_a_rule_that_is_not_in_the_set_fails(case, book):
    assert "not in the rule set" in run_case(dataclasses.replace(case, rule="Z99"), book).differences[0]


def test_a_case_that_the_form_refuses_fails(case, book):
    application = {**case.application, "employees": "eight"}
    result = run_case(dataclasses.replace(case, application=application), book)
    assert result.decision is None
    assert "/employees" in result.differences[0]


def test_a_failed_answer_reaches_the_engine(case, book):
    answers = [
        Answer(one.verifier, one.subject, None, "stale") if one.verifier == "name_registry" else one
        for one in case.evidence
    ]
    result = run_case(dataclasses.replace(case, evidence=tuple(answers), outcome="referred"), book)
    assert result.differences == ()


def test_files_are_run_in_order(case, book):
    files = [SimpleNamespace(cases=(case, case)), SimpleNamespace(cases=(dataclasses.replace(case, rule="Z99"),))]
    assert [bool(result.differences) for result in run_cases(files, book)] == [False, False, True]


def test_every_case_beside_the_rules_holds(book):
    failed = {
        f"{result.case.rule}: {result.case.name}": result.differences
        for result in run_cases(case_files(), book)
        if result.differences
    }
    assert failed == {}
