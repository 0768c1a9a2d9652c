"""Hostile and enormous input: an error with its place, or null, in a short time; never a hang or a crash."""

import sys
import threading
import time
from typing import Any

import pytest

from rules.feel import FeelLimitError, FeelSyntaxError, compile_node, interpret, parse

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
    began = time.perf_counter()
    with pytest.raises(FeelLimitError):
        compile_node(node)({})
    with pytest.raises(FeelLimitError):
        interpret(node, {})
    assert time.perf_counter() - began < 20


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
    "modulo(1e6000, 3)",
    "floor(5, 1e6000)",
    'week of year(date("999999999-12-31"))',
    'matches("' + "a" * 5_000 + '", "a*a*a*b")',
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


def test_three_comparisons_are_fast() -> None:
    run = compile_node(parse('a > 5 and b = "x" and c.d <= 7'))
    scope = {"a": 6, "b": "x", "c": {"d": 7}} | {f"other{number}": number for number in range(30)}
    best = min(_seconds(run, scope) for _ in range(5))
    # The aim is 200,000 evaluations a second; a crowded machine must still do a quarter of it.
    assert 5_000 / best > 50_000


def _seconds(run: Any, scope: Any) -> float:
    began = time.perf_counter()
    for _ in range(5_000):
        run(scope)
    return time.perf_counter() - began
