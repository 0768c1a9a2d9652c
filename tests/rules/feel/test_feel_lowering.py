"""Lowered expressions mean what the walker says they mean; where they cannot, the walker answers."""

import keyword
import re
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import feel
from rules.feel import compile_logic, lower_calls, lower_nodes, lowering
from rules.feel import tree as t
from rules.feel.compile import compile_node
from rules.feel.limits import MAX_STEPS

SCOPE = {
    "a": True, "b": False, "n": None, "one": 1, "two": Decimal("2.50"), "text": "abc", "day": date(2026, 11, 20),
    "months": feel.YearsMonths(13), "ints": [3, 1, 2, None, Decimal("2.50")], "words": ["x", "y", None, 7], "empty": [],
    "people": [
        {"name": "甲", "age": 17, "roles": ["x"], "court": None, "born": date(2009, 1, 2)},
        {"name": "乙", "age": 70, "roles": [], "court": {"until": date(2020, 1, 1)}, "born": None},
        {"name": None, "age": Decimal(18), "roles": ["x", "y"], "court": {}, "born": date(1990, 5, 6)},
    ],
    "owner": {"name": "丙", "people": [{"age": 1}, {"age": None}]}, "odd": {1: 2}, "moment": feel.read_time("10:00:00"),
}  # fmt: skip
LIMITS = {"limit": 18, "list": ["x", "z"], "term": feel.YearsMonths(60), "flag": True}
ATOMS = [
    "a", "b", "n", "one", "two", "text", "day", "months", "missing", "null", "true", "false", "1", "2.5", '"abc"', '"x"',
    '@"2026-11-20"', '@"nonsense"', '@"P1Y"', "moment", "owner.name", "owner.people", "owner.people.age", "people.age", "ints",
    "words", "empty", "people[1]", "parameters.limit", "parameters.list", "parameters.term", "parameters.flag", "parameters.none",
    "p.age", "p.court.until", "p.roles", "p.name", "q.age", "r", "p", "text.year", "day.year", "months.months",
]  # fmt: skip
LISTS = [
    "people",
    "ints",
    "words",
    "empty",
    "owner.people",
    "p.roles",
    "n",
    "one",
    "parameters.list",
    "[1..3]",
    "people[item.age > 17]",
]


def names(expression):
    return feel.parse(expression, frozenset())


def same(one, other):
    return type(one) is type(other) and one == other if isinstance(one, bool | type(None)) else one == other


expressions = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "and", "or"]), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        ),
        inner.map("not({})".format),
        inner.map("count({})".format),
        st.tuples(inner, inner).map(lambda parts: "list contains({}, {})".format(*parts)),
        st.tuples(st.sampled_from(["starts with", "ends with", "contains"]), inner, inner).map(
            lambda parts: "{}({}, {})".format(*parts)
        ),
        inner.map("distinct values({})".format),
        st.tuples(inner, inner, inner).map(lambda parts: "if {} then {} else {}".format(*parts)),
        st.tuples(st.sampled_from(["some", "every"]), st.sampled_from("pqr"), st.sampled_from(LISTS), inner).map(
            lambda parts: "({} {} in {} satisfies {})".format(*parts)
        ),
        st.tuples(st.sampled_from("pqr"), st.sampled_from(LISTS), inner).map(
            lambda parts: "(for {} in {} return {})".format(*parts)
        ),
        st.tuples(st.sampled_from(LISTS), st.sampled_from(["age", "item.age", "item", "q.age"]), inner).map(
            lambda parts: "{}[{} > ({})]".format(*parts)
        ),
        st.tuples(inner, inner, inner).map(lambda parts: "({}) between ({}) and ({})".format(*parts)),
    ),
    max_leaves=7,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(expressions, min_size=1, max_size=4))
def test_whatever_is_lowered_together_has_the_value_that_the_walker_gives(texts):
    nodes = [names(text) for text in texts]
    scope = {**SCOPE, "parameters": LIMITS}
    found = feel.lower(nodes, {"parameters": LIMITS})(scope)
    for text, node, value in zip(texts, nodes, found, strict=True):
        expected = lowering._walked(node, scope)
        assert same(value, expected), (text, value, expected)


@pytest.mark.parametrize(
    "text",
    [
        "every p in people satisfies p.age >= parameters.limit or p.court = null",
        "every p in people satisfies not(some r in p.roles satisfies list contains(parameters.list, r)) or p.age > 1",
        "every p in people satisfies (every q in people satisfies q.age = p.age or q.name != p.name)",
        "every p in people satisfies count(people[item.name = p.name]) = 1",
        "(some p in people satisfies p.age > 60) and (every p in people satisfies (some q in people satisfies q.age > 60))",
        "every p in people satisfies p.born = null or day > p.born + parameters.term",
        "count(distinct values(for p in people return p.age)) = count(people)",
        'ends with(text, "bc") and not(contains(text, "q"))',
        "if owner.name = null then null else owner.name = substring(text, 1, 2)",
    ],
)
def test_what_rules_are_made_of_is_lowered_and_not_walked(text, monkeypatch):
    node, scope = names(text), {**SCOPE, "parameters": LIMITS}
    expected = feel.interpret(node, scope)
    monkeypatch.setattr(lowering, "interpret", lambda *_given: pytest.fail("this was walked"))
    assert feel.lower([node], {"parameters": LIMITS})(scope) == [expected]


def test_loops_over_one_list_are_one_loop_and_what_is_said_twice_is_computed_once(monkeypatch):
    sources = []
    monkeypatch.setattr(
        lower_nodes,
        "compile",
        lambda source, *_rest: sources.append(source) or compile(source, "", "exec"),
        raising=False,
    )
    texts = [
        "every p in people satisfies p.age > 1",
        "some x in people satisfies x.age > 1",
        "owner.name = text",
        "owner.name = n",
    ]
    feel.lower([names(text) for text in texts], {})(dict(SCOPE))
    assert sources[0].count(" for ") == 1
    assert sources[0].count("s.get(") == 4  # people, owner, text, n
    assert len(re.findall(r" > ", sources[0].replace("len(", ""))) <= 2  # the length of the list, and one comparison


@pytest.mark.parametrize(
    "poison",
    ['"); import os; os.abort(); ("', "'''", '"\\n    raise SystemExit\\n"', "{}", "\\u0000", "k1", "__import__"],
)
def test_no_text_of_an_author_enters_the_python_that_is_made(poison, monkeypatch):
    sources = []
    monkeypatch.setattr(
        lower_nodes,
        "compile",
        lambda source, *_rest: sources.append(source) or compile(source, "", "exec"),
        raising=False,
    )
    node = t.And(
        t.Compare("=", t.Path(t.Name(poison), poison), t.StringLiteral(poison)),
        t.Every((t.Binding(poison, t.Name("people")),), t.Compare("=", t.Path(t.Name(poison), poison), t.Name(poison))),
    )
    scope = {poison: {poison: poison}, "people": [{poison: 1}]}
    assert feel.lower([node], {})(scope) == [feel.interpret(node, scope)]
    allowed = re.compile(r"[a-z]+[0-9]*|[A-Z][A-Za-z]*|FAST|NOWHERE|[0-9]+")
    words = set(re.findall(r"\w+", sources[0], re.ASCII))
    assert all(allowed.fullmatch(word) for word in words)
    python = {
        "s",
        "run",
        "get",
        "type",
        "is",
        "dict",
        "list",
        "tuple",
        "len",
        "str",
        "int",
        "append",
        "part",
        "relate",
        "Beyond",
    }
    rest = {word for word in words if not keyword.iskeyword(word)} - python - {"FAST", "NOWHERE", "date", "Decimal"}
    assert all(re.fullmatch(r"[ekrv]?[0-9]+", word) for word in rest), rest


def test_the_python_that_is_made_can_reach_nothing_else():
    node = names("a")
    made = lower_nodes.Lowering({})
    made.emit(node, {})
    assert set(made.namespace["__builtins__"]) == {"type", "len", "list", "tuple", "dict", "str", "int"}


def test_a_list_beyond_the_allowance_of_steps_is_left_to_the_walker_which_counts():
    node = names("every p in ints satisfies (every q in ints satisfies p != q or p = q)")
    run = feel.lower([node, names("one = 1")], {})
    assert run({"ints": list(range(5)), "one": 1}) == [True, True]
    assert run({"ints": list(range(int(MAX_STEPS**0.5) + 1)), "one": 1}) == [None, True]


@pytest.mark.parametrize("name", ["not", "count", "list contains"])
def test_a_scope_that_gives_a_function_another_meaning_is_walked(name):
    node = names('not(count(words) = 4) or list contains(words, "x")')
    other = feel.Function(("x",), (None,), lambda _values: "mine")
    scope = {**SCOPE, name: other}
    assert feel.lower([node], {})(scope) == [feel.interpret(node, scope)]
    assert feel.lower([node], {})(dict(SCOPE)) == [True]


def test_functions_of_the_rule_set_are_called_by_place_and_by_name():
    asked = []
    double = feel.Function(("x", "y"), (None, None), lambda values: asked.append(values) or values[0] * 2 + values[1])
    scope = {"tables": {"double": double}, "x": 4}
    run = feel.lower([names("tables.double(x, 1) = 9"), names("tables.double(y: 1, x: x) = 9"), names("tables.none(x)"),
                      names("tables.double(z: 1, x: x)")], {})  # fmt: skip
    assert run(scope) == [True, True, None, None]
    assert asked[0] == asked[1] == [4, 1]


def test_a_context_that_is_no_plain_dict_is_read_as_the_walker_reads_it():
    node = names("owner.name = n")
    scope = {"owner": MappingProxyType({"name": "x"}), "n": None}
    assert feel.lower([node], {})(scope) == [feel.interpret(node, scope)]


def test_a_mistake_in_the_comparisons_of_the_closures_does_not_reach_what_is_lowered(monkeypatch):
    node, scope = names("one < text or one != two"), dict(SCOPE)
    before = feel.lower([node], {})(scope)
    monkeypatch.setattr(compile_logic, "compare", lambda *_given: False)
    assert feel.lower([node], {})(scope) == before == [True]
    assert compile_node(node)(scope) is False


def test_a_mistake_in_what_is_lowered_does_not_reach_the_closures(monkeypatch):
    node, scope = names("one < text or one != two"), dict(SCOPE)
    monkeypatch.setitem(lower_calls.NAMESPACE, "relate", lambda *_given: False)
    assert feel.lower([node], {})(scope) == [False]
    assert compile_node(node)(scope) is True
