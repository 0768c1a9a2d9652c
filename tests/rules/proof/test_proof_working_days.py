"""Working days in proofs: computed where the day is known, free and named where it is not."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import make_rule, make_set

from rules.difference.meaning import Pair
from rules.difference.question import Question
from rules.proof.difference import ask
from rules.working_days import read_calendar

DAY = date(2026, 9, 30)
NEAR = {"term": {"kind": "fixed", "until": date(2026, 12, 31)}}
OUTSIDE = "add working days has a term only for days and counts that are known"


def asked(old: str, new: str, direction: str):
    one, other = make_rule("T01", old), make_rule("T01", new)
    pair = Pair("T01", "changed", one, other, ("condition",), {})
    old, new = (replace(make_set(rule), calendar=read_calendar()) for rule in (one, other))
    return ask(Question(old, new, pair, DAY, direction, NEAR))


@pytest.mark.parametrize("direction", ["stricter", "laxer"])
def test_working_days_from_the_day_of_decision_are_computed(direction) -> None:
    counted, written = "term.until >= add working days(decided_on, 3)", 'term.until >= @"2026-10-10"'
    assert asked(counted, written, direction).verdict == "unsat"


def test_one_day_later_is_another_rule() -> None:
    found = asked("term.until >= add working days(decided_on, 3)", 'term.until >= @"2026-10-12"', "stricter")
    assert (found.verdict, found.changes["term.until"]) == ("sat", date(2026, 10, 11))


@pytest.mark.parametrize("direction", ["stricter", "laxer"])
def test_working_days_from_a_day_that_is_not_known_are_named_as_outside(direction) -> None:
    found = asked("add working days(term.until, 1) > decided_on", "term.until > decided_on", direction)
    assert found.verdict != "unsat"
    assert [part.partition(": Call: ")[2] for part in found.outside] == [OUTSIDE]
