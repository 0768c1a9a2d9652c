"""Hostile and enormous input: an error with its place, or null, in a short time; never a hang or a crash."""

import sys
import threading
from typing import Any

import pytest

from rules.feel import ANY, FeelLimitError, FeelSyntaxError, FeelTypeError, compile_node, infer, interpret, lower, parse

TOO_DEEP = {
    "brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "lists that never close": "[" * 10_000,
    "minus signs": "-" * 10_000 + "1",
    "a sum of 20,000": "1+" * 20_000 + "1",
    "10,000 ands": "a and " * 10_000 + "b",
    "nested ifs": "if a then " * 3_000 + "1" + " else 1" * 3_000,
    "nested contexts": "{a:" * 5_000,
    "a path of 10,000": "a" + ".a" * 10_000,
    "filters": "a" + "[1]" * 10_000,
    "100 kB": '"' + "x" * 100_000 + '"',
    "functions": "function() " * 4_000 + "1",
}


@pytest.mark.parametrize("source", TOO_DEEP.values(), ids=TOO_DEEP.keys())
def test_is_refused_when_it_is_read(source: str) -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        parse(source)
    assert raised.value.line == 1
    assert raised.value.column >= 1


ENDLESS = {
    "a count to a thousand million": "for i in 1..1000000000 return i",
    "a test of a thousand million": "every i in 1..1000000000 satisfies i > 0",
    "loops in loops": "for i in 1..10000, j in 1..10000 return 0",
    "loops in filters": "(for i in 1..10000 return i)[count(for j in 1..10000 return j) > 0]",
    "partial results": "for i in 1..10000 return count(partial)",
    "a list that doubles": "for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])",
    "a list of itself twice": "for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]",
    "text of a list of itself": "string(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])",
    "a string that doubles": 'for i in 1..60 return if i = 1 then "a" else partial[-1] + partial[-1]',
    "a function that calls itself": "{f: function(g, n) g(g, n), r: f(f, 1)}.r",
    "two calls in each": "{f: function(g, n) if n = 0 then 0 else g(g, n - 1) + g(g, n - 1), r: f(f, 40)}.r",
    "a sort of many": "sort(for i in 1..50000 return i, function(a, b) a > b)",
    "equal lists of lists": (
        "{a: for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]],"
        " b: for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]], r: a = b}.r"
    ),
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS.keys())
def test_ends_with_a_limit(source: str) -> None:
    node = parse(source)
    with pytest.raises(FeelLimitError):
        compile_node(node)({})
    with pytest.raises(FeelLimitError):
        interpret(node, {})


MANY = list(range(20_000))
# Each of these would take hours without the charge for what functions are given, and for long bodies.
HEAVY: dict[str, tuple[str, dict[str, Any]]] = {
    "a search in each turn": ("count(for i in xs return list contains(xs, i))", {"xs": MANY}),
    "positions in each turn": ("count(for i in xs return index of(xs, -1))", {"xs": MANY}),
    "a sum in each turn": ("count(for i in xs return sum(xs))", {"xs": MANY}),
    "the greatest in each turn": ("count(for i in xs return max(xs))", {"xs": MANY}),
    "a list of tests in each turn": ("count(for i in 1..199000 return -i in xs)", {"xs": MANY}),
    "a type of a list in each turn": ("count(for i in 1..199000 return xs instance of list<number>)", {"xs": MANY}),
    "a path through a list in each turn": ("count(for i in 1..199000 return xs.a)", {"xs": [{"a": 1}] * 20_000}),
    "copies of a context": ('for i in 1..199000 return context put(c, "z", i)', {"c": {f"a{n}": n for n in MANY}}),
    "merged contexts": ("for i in 1..199000 return context merge([c, c])", {"c": {f"a{n}": n for n in MANY}}),
    "text after text": ('for i in 1..199000 return s + "x"', {"s": "x" * 900_000}),
    "text in upper case": ("for i in 1..199000 return upper case(s)", {"s": "x" * 60_000}),
    "parts of text": ("for i in 1..199000 return substring(s, 2)", {"s": "x" * 900_000}),
    "joined text": ('string join(for i in 1..100000 return s, ",")', {"s": "x" * 900_000}),
    "appended lists": ("for i in 1..199000 return append(xs, 1)", {"xs": MANY}),
    "patterns in each turn": ('count(for i in 1..199000 return matches(s, "x+y"))', {"s": "x" * 2_000}),
    "logarithms": ("count(for i in 1..60000 return log(2.5))", {}),
    "exponentials": ("count(for i in 1..60000 return exp(i / 1000))", {}),
    "powers": ("count(for i in 1..60000 return 2 ** 2.5)", {}),
    "long pieces put into text": ('replace(s, "a", t)', {"s": "a" * 2_000, "t": "b" * 20_000}),
    "longer pieces put into text": ('replace(s, "a", t)', {"s": "a" * 1_000_000, "t": "b" * 1_000_000}),
    "empty groups put into text": ('replace(s, "a", t)', {"s": "a" * 10_000, "t": "$1" * 400_000}),
    "a long body": (f"for i in 1..199000 return [{'a, ' * 10_000}a]", {"a": 1}),
    "a long function": (f"{{f: function(n) [{'n, ' * 10_000}n], r: for i in 1..199000 return f(i)}}.r", {}),
    "distinct lists": ("distinct values(for i in xs return [i])", {"xs": MANY}),
}


@pytest.mark.parametrize(("source", "scope"), HEAVY.values(), ids=HEAVY.keys())
def test_heavy_work_ends_with_a_limit(source: str, scope: dict[str, Any]) -> None:
    node = parse(source, scope)
    infer(node, dict.fromkeys(scope, ANY))
    with pytest.raises(FeelLimitError):
        compile_node(node)(scope)
    with pytest.raises(FeelLimitError):
        interpret(node, scope)


# Patterns that backtrack without end, each with a text on which it does.
CATASTROPHES = [
    ("(a*)*b", "a" * 40),
    ("(a|a)+b", "a" * 40),
    ("(a|aa)+$", "a" * 40 + "!"),
    ("(a+){10}b", "a" * 40),
    ("([a-z]+)+1", "a" * 40),
    ("(?:a?){40}b", "a" * 40),
    ("a?" * 40 + "a" * 40, "a" * 40),
    ("(a|a)" * 40 + "b", "a" * 40),
    ("(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)b", "a" * 5_000),
    ("((a{1,50}){1,50}){1,50}b", "a" * 5_000),
    ("(\\P{L}|1)+x", "1" * 40),
    ("a{1000000000}{1000000000}", "a"),
    ("(" * 500, "a"),
    ("x" * 1_001, "a"),
    ("([a-z]+)\\1c", "ab" * 1_500),
]


@pytest.mark.parametrize(("pattern", "text"), CATASTROPHES)
def test_a_pattern_that_could_run_for_ages_is_null(both: Any, pattern: str, text: str) -> None:
    scope = {"t": text, "p": pattern}
    for source in ("matches(t, p)", 'replace(t, p, "")', "split(t, p)"):
        assert both(source, scope) is None


def test_a_set_with_a_negated_class_has_one_way_to_match(both: Any) -> None:
    assert both("matches(t, p)", {"t": "1" * 5_000, "p": "[\\P{L}1]+x"}) is False


def test_common_patterns_are_within_the_limit(both: Any) -> None:
    for pattern in ("^[0-9A-Z]{18}$", "^1[3-9][0-9]{9}$", ".*(市|县|区).*(路|街)[0-9]+号$", "^(省)?(市)?(县)?.*公司$"):
        assert both("matches(t, p)", {"t": "山东省潍坊市安丘市人民路100号", "p": pattern}) in {True, False}


def test_a_space_does_not_hide_a_repeat_inside_a_repeat(both: Any) -> None:
    assert both("matches(t, p, f)", {"t": "a" * 40, "p": "(a+) *b", "f": "x"}) is None


def test_what_takes_many_steps_is_left_to_the_walker_that_counts_them() -> None:
    for source in ("count(for x in xs return x ** 2.5)", "count(for x in xs return 2 ** 2.5)"):
        node, scope = parse(source, {"xs"}), {"xs": list(range(6_000))}
        assert lower([node], {})(scope) == [None]
        with pytest.raises(FeelLimitError):
            interpret(node, scope)


def test_the_limit_is_for_one_evaluation() -> None:
    node = parse("count(for i in 1..100000 return i)")
    run = compile_node(node)
    for _ in range(3):
        assert run({}) == 100_000
        assert interpret(node, {}) == 100_000


NULLS = [
    "10 ** 100000",
    "0 ** 0",
    "(0 - 8) ** 0.5",
    "1 / 0",
    "1e6144 * 10",
    "sqrt(-1)",
    'date("9999-99-99")',
    'date("999999999-12-31") + duration("P1D")',
    'duration("P1D") * 1e6000',
    'duration("P999999999999999999999D")',
    'substring("abc", 1e6000)',
    "[1, 2][1e6000]",
    "for i in 1..1e6000 return i",
    "date(1e6000, 1, 1)",
    "time(1, 2, 1e6000)",
    "modulo(1, 0)",
    "floor(5, 1e6000)",
    'week of year(date("999999999-12-31"))',
    'matches("' + "a" * 5_000 + '", "a*a*a*b")',
    "decimal(1 / 3, 1e9)",
    "9.99 ** 999999999999999999",
    "exp(100000)",
    'number("1e999999999999")',
    'date(-999999999, 1, 1) - duration("P1D")',
    'date(999999999, 12, 31) + duration("P1Y")',
]


@pytest.mark.parametrize("source", NULLS)
def test_is_null(both: Any, source: str) -> None:
    assert both(source) is None


def test_numbers_keep_34_digits(both: Any) -> None:
    assert str(both("1 / 3")) == "0." + "3" * 34
    assert both("9999999999999999999999999999999999 + 1 = 10 ** 34") is True


def test_deep_values_from_outside_are_refused_and_not_fatal() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    scope = {"a": deep, "b": [[deep]]}
    for source in ("a = b", "every x in [1] satisfies a = b", "a in (b, 1)", "list contains([a], b)", "string(a)"):
        node = parse(source)
        with pytest.raises(FeelLimitError):
            compile_node(node)(scope)
        with pytest.raises(FeelLimitError):
            interpret(node, scope)


def test_the_deepest_expression_is_evaluated_far_from_pythons_limit() -> None:
    source = "not(" * 99 + "true" + ")" * 99
    node = parse(source)
    frames = len(_frames())
    assert frames + 500 < sys.getrecursionlimit(), "the test itself runs too deep to tell"
    assert compile_node(node)({}) is False
    assert interpret(node, {}) is False


def _frames() -> list[Any]:
    found, frame = [], sys._getframe()
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def test_threads_do_not_share_an_allowance() -> None:
    node = parse("count(for i in 1..50000 return i)")
    run, answers = compile_node(node), []
    threads = [threading.Thread(target=lambda: answers.append(run({}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [50_000] * 8


def test_names_that_shadow_functions_hide_nothing_in_calls(both: Any) -> None:
    scope = {"count": [1, 2], "date": 5, "not": True, "sum": "x"}
    assert both("count(count) + date", scope) == 7
    assert both('date("2026-01-01") = @"2026-01-01" and not(not)', scope) is False
    assert both("{sum: function(a) 7, r: sum(1)}.r", {}) == 7


def test_bad_input_in_types_is_refused_with_its_place() -> None:
    for source in ('1 +\n date("2026-02-30")', "1 +\n today()", '1 +\n @"2026-13-01"', "1 +\n nothing"):
        with pytest.raises(FeelTypeError) as raised:
            infer(parse(source), {})
        assert raised.value.line == 2


def test_decimals_beyond_34_digits_are_refused_with_their_place() -> None:
    for source in (
        "1 + 12345678901234567890123456789012345",
        "1 + 0.12345678901234567890123456789012345",
        "1 + 1e7000",
    ):
        with pytest.raises(FeelSyntaxError) as raised:
            parse(source)
        assert raised.value.column == 5
