"""Three-valued logic, comparison and loops, by the standard's tables, through both evaluators."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.feel import YearsMonths, parse_unary_tests
from rules.feel import compile_node as compiled
from rules.feel import interpret as interpreted

T, F, N = True, False, None


@pytest.mark.parametrize("left", [T, F, N, 1])
@pytest.mark.parametrize("right", [T, F, N, "x"])
def test_and_and_or_tables(both: Any, left: Any, right: Any) -> None:
    scope = {"l": left, "r": right}
    known = [value if isinstance(value, bool) else None for value in (left, right)]
    wanted_and = False if F in known else (None if N in known else True)
    wanted_or = True if T in known else (None if N in known else False)
    assert both("l and r", scope) is wanted_and
    assert both("l or r", scope) is wanted_or


@pytest.mark.parametrize(("value", "wanted"), [(T, F), (F, T), (N, N), (1, N)])
def test_not_table(both: Any, value: Any, wanted: Any) -> None:
    assert both("not(v)", {"v": value}) is wanted


COMPARISONS = {
    "null = null": True,
    "null != null": False,
    "null = 1": False,
    "1 != null": True,
    "null < 1": None,
    "1 >= null": None,
    '1 = "1"': None,
    "true = 1": None,
    "true < false": None,
    "[1, 2] = [1, 2]": True,
    "[1] = 1": None,
    "[1, 2] < [1, 3]": None,
    "{a: 1} = {a: 1.0}": True,
    "{a: 1} = {b: 1}": False,
    '"b" > "a"': True,
    "1.0 = 1": True,
    "0.1 + 0.2 = 0.3": True,
    'date("2026-01-31") < date("2026-02-01")': True,
    'date("2026-01-31") = date and time("2026-01-31T00:00:00")': None,
    'duration("P1Y") = duration("P12M")': True,
    'duration("P1Y") > duration("P365D")': None,
    'time("10:00:00Z") = time("11:00:00+01:00")': True,
    'time("10:00:00") < time("11:00:00Z")': None,
    "5 between 1 and 5": True,
    "0 between 1 and null": False,
    "5 between 1 and null": None,
    "5 in (1, 5)": True,
    "5 in (< 3, > 4)": True,
    "5 in (1..5)": False,
    "5 in ]1..5]": True,
    "5 in [1, 2, [4..6]]": True,
    "5 in []": False,
    "null in (1, null)": True,
    "5 in (null, 1)": False,
    '"a" in [1..2]': None,
    "5 in (? > 3)": True,
    "[1, 2] in ([1, 2], [3])": True,
    "null between 1 and 2": None,
}


@pytest.mark.parametrize(("source", "wanted"), COMPARISONS.items())
def test_comparison(both: Any, source: str, wanted: Any) -> None:
    assert both(source) is wanted


LOOPS = {
    "every x in [1, 2] satisfies x > 0": True,
    "every x in [1, -2] satisfies x > 0": False,
    "every x in [1, null] satisfies x > 0": None,
    "every x in [null, -1] satisfies x > 0": False,
    "every x in [] satisfies false": True,
    "every x in null satisfies true": None,
    "some x in [1, 2] satisfies x > 1": True,
    "some x in [1, null] satisfies x > 1": None,
    "some x in [null, 2] satisfies x > 1": True,
    "some x in [] satisfies true": False,
    "some x in 5 satisfies x = 5": True,
    "every x in [1, 2], y in [3, 4] satisfies x < y": True,
    "some x in [1, 2], y in [x + 5] satisfies y = 7": True,
    "every x in [[1], [2, -3]] satisfies every y in x satisfies y > 0": False,
    "count([1, 2, 3][item > 1]) = 2": True,
    "count([{a: 1}, {a: 2}, {}][a > 1]) = 1": True,
    "[{a: 1}, {b: 2}].a = [1, null]": True,
    "[1, 2, 3][-1] = 3": True,
    "[][1] = null": True,
    "[1, 2][i] = 2": True,
    "(for x in [1, 2], y in [10, 20] return x + y) = [11, 21, 12, 22]": True,
    "(for x in 3..1 return x) = [3, 2, 1]": True,
    "(for x in 1..5 return if x < 3 then x else partial[-1] + partial[-2]) = [1, 2, 3, 5, 8]": True,
    '(for d in @"2026-02-27"..@"2026-03-01" return d.day) = [27, 28, 1]': True,
    "(for x in null return x) = null": True,
    "if null then 1 = 1 else 1 = 2": False,
    "{a: 1, b: a + 1}.b = 2": True,
    "{f: function(x, y: number) x - y, r: f(5, 3), s: f(y: 5, x: 3)}.r = 2": True,
    '(function(x: number) x)("a") = null': True,
    "(function(x) x)(1, 2) = null": True,
    "sort([3, 1, 2], function(a, b) a > b) = [3, 2, 1]": True,
    "{f: for i in 1..3 return function() i, r: [f[1](), f[3]()]}.r = [1, 3]": True,
    '{date: function(x) x, r: date("a")}.r = "a"': True,
}


@pytest.mark.parametrize(("source", "wanted"), LOOPS.items())
def test_loops_and_filters(both: Any, source: str, wanted: Any) -> None:
    assert both(source, {"i": Decimal(2)}) is wanted


def test_where_only_the_second_element_is_bad(both: Any) -> None:
    shareholders = [{"due_on": date(2028, 1, 1)}, {"due_on": date(2032, 1, 1)}]
    scope = {"shareholders": shareholders, "decided_on": date(2026, 11, 20)}
    source = 'every s in shareholders satisfies s.due_on <= decided_on + duration("P5Y")'
    assert both(source, scope) is False
    assert both(source, scope | {"shareholders": shareholders[:1]}) is True
    assert both(source, scope | {"shareholders": [*shareholders[:1], {"due_on": None}]}) is None


def test_paths_on_null_are_null_without_a_problem(problems: Any) -> None:
    assert problems("a.b.c = 1", {"a": None}) == []


def test_a_missing_record_leaves_the_answer_open(both: Any) -> None:
    assert both("address.exists and not(address.restricted)", {"address": None}) is None


def test_ints_and_decimals_are_both_numbers(both: Any) -> None:
    assert both("a = 5 and a + 1 = 6 and a in [1..5] and [1, 2, 3, 4, 5][a] = 5", {"a": 5}) is True
    assert both("a = 1", {"a": True}) is None, "true is no number, though Python thinks so"


def test_a_float_is_no_value(both: Any) -> None:
    assert both("a = 0.5", {"a": 0.5}) is None
    assert both("a + 1", {"a": 0.5}) is None


def test_an_input_hides_no_builtin_function(both: Any) -> None:
    assert both("count(count) = 2", {"count": [1, 2]}) is True


def test_cells(both: Any) -> None:
    for text, value, wanted in (
        ("-", None, True),
        ("< 5, [10..20]", 12, True),
        ("not(1, 2)", 2, False),
        ("not(1, 2)", 3, True),
        ('"a", "b"', "c", False),
        ("? > 3 and ? < 5", 4, True),
    ):
        node = parse_unary_tests(text)
        assert compiled(node)({"?": value}) is wanted
        assert interpreted(node, {"?": value}) is wanted


PROBLEMS = {
    '1 + "a"': "number",
    "1 / 0": "DivisionByZero",
    "nowhere": "nowhere",
    '@"soon"': "soon",
    "[1, 2][3]": "position 3",
    '"a".b': "b",
    "1(2)": "called",
    "10 ** 10000": "Overflow",
    '@"2026-01-01T00:00:00Z" - @"2026-01-01T00:00:00"': "time zone",
    "{a: 1, a: 2}": "twice",
    "1 instance of shareholder": "shareholder",
    'substring("a", 5)': "outside",
    "function(x) external {java: 1}": "other languages",
}


@pytest.mark.parametrize(("source", "word"), PROBLEMS.items())
def test_what_is_null_says_why(both: Any, problems: Any, source: str, word: str) -> None:
    assert both(source) is None
    assert any(word in message for message in problems(source)), problems(source)


def test_months_are_added_by_the_calendar(both: Any) -> None:
    assert both('date("2024-01-31") + duration("P1M")') == date(2024, 2, 29)
    assert both('date("2024-02-29") + duration("P1Y")') == date(2025, 2, 28)
    assert both('years and months duration(date("2024-02-29"), date("2026-02-28"))') == YearsMonths(23)
