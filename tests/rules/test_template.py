"""Texts with expressions: what a notice says is what was observed, and a wrong text names its place."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.feel import FeelSyntaxError, interpret
from rules.template import parse_template, written

NAMES = frozenset({"s", "employees"})


def test_a_notice_names_the_shareholder_and_the_day() -> None:
    template = parse_template("股东{s.name}的出资日期为{s.due_on}", NAMES)
    scope = {"s": {"name": "王示安", "due_on": date(2045, 12, 31)}}
    assert template.fill(scope, interpret) == "股东王示安的出资日期为2045-12-31"


def test_what_is_unknown_is_written_as_a_dash() -> None:
    assert parse_template("{s.name}", NAMES).fill({"s": {"name": None}}, interpret) == "—"


def test_doubled_braces_are_plain_ones() -> None:
    assert parse_template("{{x}} {employees}", NAMES).fill({"employees": Decimal(3)}, interpret) == "{x} 3"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "是 yes"), (False, "否 no"), (Decimal("1E+3"), "1000"), (["a", None], "a、—"), ("x", "x")],
)
def test_values_are_written_for_people(value: object, expected: str) -> None:
    assert written(value) == expected


def test_an_open_brace_is_named_with_line_and_column() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse_template("一\n二{employees", NAMES)
    assert (caught.value.line, caught.value.column) == (2, 2)


def test_a_wrong_expression_is_placed_in_the_whole_text() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse_template("一\n二三{1 +}", NAMES)
    assert caught.value.line == 2
    assert caught.value.column >= 4


@given(st.text(st.characters(exclude_characters="{}"), max_size=60))
def test_a_text_without_expressions_is_itself(text: str) -> None:
    assert parse_template(text, NAMES).fill({}, interpret) == text
