"""The encoder says what the evaluators say: on random expressions, and on the facts of every case of the book."""

from datetime import date
from decimal import Decimal

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.difference.places import UNKNOWN, symbol_value
from rules.fact_schema import FactSchema
from rules.feel import BOOLEAN, DATE, NUMBER, STRING, ContextType, ListType, interpret, parse
from rules.feel.values import from_python
from rules.proof.changes import constants_in, equals
from rules.proof.encode import Encoder
from rules.proof.space import PromoteError, Space
from rules.proof.space_rules import SpaceRules

ROW = ContextType({"n": NUMBER, "k": STRING, "on": DATE}, "row")
SCHEMA = FactSchema(
    {"a": NUMBER, "b": NUMBER, "s": STRING, "u": STRING, "d": DATE, "e": DATE, "p": BOOLEAN, "rows": ListType(ROW), "r": ROW},
    {"facts": {"a": "number?", "b": "number?", "s": "string?", "u": "string", "d": "date?", "e": "date", "p": "boolean?",
               "rows": "list<row>", "r": "row?"},
     "row": {"n": "number?", "k": "string?", "on": "date?"}},
    {},
)  # fmt: skip
DAY = date(2026, 11, 22)
numbers = st.integers(-3, 3).map(Decimal)
texts = st.sampled_from(["", "a", "ab", "b", "有限公司"])
days = st.dates(date(2023, 1, 28), date(2024, 3, 31))


def optional(values):
    return st.none() | values


rows = st.fixed_dictionaries({"n": optional(numbers), "k": optional(texts), "on": optional(days)})
facts = st.fixed_dictionaries(
    {"a": optional(numbers), "b": optional(numbers), "s": optional(texts), "u": texts, "d": optional(days), "e": days,
     "p": optional(st.booleans()), "rows": st.lists(rows, max_size=2), "r": optional(rows)}
)  # fmt: skip


@st.composite
def conditions(draw, depth=3, *, inside=False):  # noqa: PLR0911 (one for each kind of condition)
    number = [
        "a",
        "b",
        "1",
        "r.n",
        "a + b",
        "a - 2",
        "count(rows)",
        "sum(rows.n)",
        "min(rows.n)",
        "-b",
        "a * 2",
        "a / 2",
    ]
    text = ["s", "u", '"ab"', "r.k", "s + u", "substring(s, 1, 1)", "substring(u, 2)"]
    day = ["d", "e", "r.on", 'd + duration("P1M")', 'e - duration("P1Y")', 'e + duration("P2D")', '@"2024-02-29"']
    if inside:
        number, text, day = [*number, "x.n"], [*text, "x.k"], [*day, "x.on", 'x.on + duration("P13M")']
    kind = draw(st.sampled_from(["number", "text", "day", "plain", "join", "join", "loop", "set"]))
    if depth == 0 and kind in {"join", "loop"}:
        kind = "number"
    pick = lambda choices: draw(st.sampled_from(choices))  # noqa: E731
    op = pick(["=", "!=", "<", "<=", ">", ">="])
    if kind == "number":
        return f"{pick(number)} {op} {pick([*number, 'null'] if op in ('=', '!=') else number)}"
    if kind == "text":
        if draw(st.booleans()):
            return f"{pick(['contains', 'starts with', 'ends with'])}({pick(text)}, {pick(text)})"
        return f"{pick(text)} {pick(['=', '!='])} {pick([*text, 'null'])}"
    if kind == "day":
        return f"{pick(day)} {op} {pick(day)}"
    if kind == "plain":
        return pick(
            [
                "p",
                "r = null",
                "d != null",
                "true",
                "null",
                "list contains(rows.n, a)",
                "list contains(rows.k, s)",
                "string length(u) > 1",
            ]
        )
    if kind == "set":
        return pick(["a in [0..2]", "a in (1, 2)", "a in > 1", 'd in [e..@"2024-02-29"]', "a between b and 2", 's in ("a", u)',
                     "count(distinct values(rows.k)) = count(rows)", "count(rows[n > 0]) = 1", "rows[1].n > 0", "rows[-1].k = s",
                     "all(for y in rows return y.n > 0)", "sum(for y in rows return y.n * 2) > 2", "max(rows.n) = a"])  # fmt: skip
    if kind == "loop":
        body = draw(conditions(depth=depth - 1, inside=True))
        return f"({pick(['some', 'every'])} x in rows satisfies ({body}))"
    left, right = draw(conditions(depth=depth - 1, inside=inside)), draw(conditions(depth=depth - 1, inside=inside))
    shape = pick(
        [
            "({0}) and ({1})",
            "({0}) or ({1})",
            "not({0})",
            "if ({0}) then ({1}) else ({0})",
            "if ({0}) then null else ({1})",
        ]
    )
    return shape.format(left, right)


def value_by_z3(node, values):
    leaves = frozenset()
    while True:
        space = Space(SCHEMA, DAY, SpaceRules(entries={"default": 2}), leaves)
        encoder = Encoder(space, {})
        try:
            found = encoder.condition(node)
            break
        except PromoteError as error:
            leaves |= error.leaves
    assert not encoder.outside
    solver = z3.Solver()
    solver.add(*space.constraints)
    for term in constants_in([found.null, found.value, *space.constraints]):
        value = symbol_value(values, str(term))
        if value is not UNKNOWN and value is not None:
            solver.add(equals(space, term, value))
    assert solver.check() == z3.sat, "the facts lie outside the space"
    verdicts = []
    for term in (found.null, found.true, found.false):
        solver.push()
        solver.add(z3.Not(term))
        verdicts.append(solver.check() == z3.unsat)
        solver.pop()
    assert sum(verdicts) == 1, "the facts leave the answer open"
    return (None, True, False)[verdicts.index(True)]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(conditions(), facts)
def test_random_conditions_mean_the_same(source, values):
    node = parse(source)
    values = from_python(values)
    expected = interpret(node, values)
    assert value_by_z3(node, values) == (expected if isinstance(expected, bool) else None), source


@pytest.mark.parametrize("source", ["a in (> b)", "a in (<= b, 1)", "not(a in (>= b))", "d in (< d)", "a in [b..2]", "a in (null, 1)",
                                    "a in (if p then (> 0) else null)", "a in [(> b), (= 1)]"])  # fmt: skip
@pytest.mark.parametrize("a", [None, 1])
@pytest.mark.parametrize("b", [None, 0, 2])
def test_a_bound_that_is_null_decides_nothing(source, a, b):
    row = {"n": None, "k": None, "on": None}
    values = {"a": a, "b": b, "s": None, "u": "a", "d": None, "e": DAY, "p": None, "rows": [], "r": row}
    node, values = parse(source), from_python(values)
    assert value_by_z3(node, values) == interpret(node, values), source
