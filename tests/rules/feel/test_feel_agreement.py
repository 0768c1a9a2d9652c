"""Both evaluators agree, on expressions and scopes that nobody thought of."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.feel import (
    DaysTime,
    FeelLimitError,
    FeelSyntaxError,
    FeelTypeError,
    Function,
    YearsMonths,
    compile_node,
    infer,
    interpret,
    parse,
    paths,
)
from rules.feel.conform import conforms
from rules.feel.temporal import NANOS
from rules.feel.types import ANY, BOOLEAN, DATE, NUMBER, STRING, ContextType, ListType

NAMES = ("a", "b", "c", "n", "s", "flag", "day", "xs", "people", "nobody")
LEAVES = (
    "null", "true", "false", "0", "1", "2", "-3", "1.5", '""', '"a"', '"b c"', "[]", "{}", "[1, 2, 3]", '["a", null]',
    'date("2026-02-28")', '@"2024-02-29"', '@"10:00:00"', '@"10:00:00Z"', '@"2026-01-01T00:00:00"', 'duration("P1M")',
    '@"P1D"', '@"-PT1H"', "[1..3]", "(null..2]", "(< 2)", "(= 1)", "{a: 1, b: null}", "a.b", "people.age", "item", "xs[1]",
    *NAMES,
)  # fmt: skip
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "and", "or", "in")
CALLS = (
    "not({0})", "count({0})", "sum({0})", "min({0}, {1})", "string({0})", "list contains({0}, {1})", "append({0}, {1})",
    "flatten({0})", "distinct values({0})", "all({0})", "abs({0})", "is({0}, {1})", "before({0}, {1})", "-({0})",
    "date({0})", "number({0})", "reverse({0})", "substring({0}, {1})", "get value({0}, {1})", "index of({0}, {1})",
    "if {0} then {1} else {2}", "every x in {0} satisfies {1} = x", "some x in {0} satisfies x > {1}",
    "every x in {0}, y in {1} satisfies x = y", "for x in {0} return x = {1}", "for x in {0}..{1} return x",
    "({0})[{1}]", "({0})[item = {1}]", "({0})[age > {1}]", "[{0}, {1}]", "{{k: {0}, l: k}}.l", "({0}) between ({1}) and ({2})",
    "({0}) in ({1}, {2})", "({0}) in (< ({1}), >= ({2}))", "({0}) in [{1}..{2})", "({0}).year", "({0}).age", "({0}).months",
    "({0}) instance of number", "({0}) instance of list<number>", "(function(p, q) p = q)({0}, {1})",
    "sort({0}, function(p, q) p < q)", "union({0}, {1})", 'context put({{a: {0}}}, "b", {1})', "concatenate({0}, {1})",
)  # fmt: skip


def _combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.builds(lambda left, op, right: f"({left}) {op} ({right})", parts, st.sampled_from(OPERATORS), parts)
    calls = st.builds(
        lambda form, one, two, three: form.format(one, two, three), st.sampled_from(CALLS), parts, parts, parts
    )
    return binary | calls


SOURCES = st.recursive(st.sampled_from(LEAVES), _combined, max_leaves=8)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.decimals(-5, 5, places=2).map(Decimal),
    st.sampled_from(["", "a", "b c", "2026-02-28"]),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.integers(-13, 13).map(YearsMonths),
    st.integers(-30, 30).map(lambda hours: DaysTime(hours * 3600 * NANOS)),
)
PEOPLE = st.lists(st.fixed_dictionaries({"name": SCALARS, "age": SCALARS}), max_size=3)
SCOPES = st.fixed_dictionaries(
    {
        **dict.fromkeys(("a", "b", "c", "n", "s", "flag", "day"), SCALARS | st.fixed_dictionaries({"b": SCALARS})),
        "xs": st.lists(SCALARS, max_size=4),
        "people": PEOPLE,
        "nobody": st.none(),
    }
)


def _value(run: Any, *arguments: Any) -> Any:
    try:
        return run(*arguments)
    except FeelLimitError:
        return "limit"


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES, SCOPES)
def test_compiled_and_interpreted_values_are_one(source: str, scope: dict[str, Any]) -> None:
    node = parse(source, NAMES)
    compiled = _value(compile_node(node), scope)
    interpreted = _value(interpret, node, scope)
    assert _alike(compiled, interpreted), f"{source}: {compiled!r} is not {interpreted!r}"
    paths(node)


def _alike(left: Any, right: Any) -> bool:
    if type(left) in {list, tuple} and type(right) in {list, tuple}:
        return len(left) == len(right) and all(map(_alike, left, right))
    if type(left) is dict and type(right) is dict:
        return left.keys() == right.keys() and all(_alike(left[key], right[key]) for key in left)
    if isinstance(left, Function) and isinstance(right, Function):
        return left.parameters == right.parameters
    numbers = {int, Decimal}
    return left == right and (type(left) is type(right) or {type(left), type(right)} <= numbers)


TYPES = {
    "a": NUMBER,
    "b": STRING,
    "c": ContextType({"b": NUMBER}),
    "n": NUMBER,
    "s": STRING,
    "flag": BOOLEAN,
    "day": DATE,
    "xs": ListType(NUMBER),
    "people": ListType(ContextType({"name": STRING, "age": NUMBER})),
    "nobody": ANY,
}
TYPED_SCOPES = st.fixed_dictionaries(
    {
        "a": st.none() | st.integers(-5, 5),
        "b": st.none() | st.sampled_from(["", "a", "b c"]),
        "c": st.none() | st.fixed_dictionaries({"b": st.none() | st.integers(-5, 5)}),
        "n": st.none() | st.integers(-5, 5),
        "s": st.none() | st.sampled_from(["", "a", "2026-02-28"]),
        "flag": st.none() | st.booleans(),
        "day": st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        "xs": st.lists(st.none() | st.integers(-5, 5), max_size=3),
        "people": st.lists(
            st.fixed_dictionaries({"name": st.none() | st.just("a"), "age": st.none() | st.integers(0, 90)}), max_size=3
        ),
        "nobody": st.none(),
    }
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(SOURCES, TYPED_SCOPES)
def test_a_value_is_of_the_type_that_was_inferred(source: str, scope: dict[str, Any]) -> None:
    node = parse(source, TYPES)
    try:
        declared = infer(node, TYPES)
    except FeelTypeError:
        return
    value = _value(compile_node(node), scope)
    # Where an index is null, nothing tells it from a condition, and the filter keeps nothing.
    null_index = "[" in source and value == []
    assert value == "limit" or null_index or conforms(value, declared), f"{source} is {value!r}, not {declared}"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | st.text("()[]{}.,:<>=!+-*/\"@ \\ax1?\n'&", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(source: str) -> None:
    try:
        node = parse(source)
    except FeelSyntaxError as error:
        place = (error.line, error.column)
    else:
        place = (node.line, node.column)
        assert _alike(_value(compile_node(node), {}), _value(interpret, node, {}))
    assert min(place) >= 1
