"""Decision tables as terms (DMN 1.5, 8.2.8): when each row matches, and what the table answers by its hit policy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import z3

from rules.feel import interpret
from rules.feel.table import DecisionTable, HitPolicy
from rules.feel.tree import Call, Name, Node, NullLiteral, UnaryTests, walk
from rules.proof.encode_operators import same
from rules.proof.symbols import (
    FALSE,
    TRUE,
    Outside,
    SBool,
    SNull,
    SNum,
    SRecord,
    Sym,
    Term,
    both,
    either,
    is_false,
    known,
    merged,
    negated,
    with_null,
)

if TYPE_CHECKING:
    from rules.feel.table import Column
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


@dataclass(frozen=True, slots=True)
class RowTerms:
    """One row over some inputs: its match in three values, and its outputs; `fails` where an output is no answer."""

    number: int
    match: SBool
    outputs: tuple[Sym, ...]
    fails: Term


@dataclass(frozen=True, slots=True)
class TableTerms:
    """A table over some inputs: `allowed` where every input is among the values that its column allows."""

    allowed: Term
    rows: tuple[RowTerms, ...]
    env: Env


def table_terms(encoder: "Encoder", table: DecisionTable, inputs: Sequence[Sym]) -> TableTerms:
    """Return the terms of every row for given inputs."""
    env = dict(zip((column.name for column in table.inputs), inputs, strict=True))
    allowed = both(*(_allowed(encoder, column, env[column.name], input_=True) for column in table.inputs))
    rows = []
    for row in table.rows:
        cells = [_cell(encoder, column, test, env) for column, test in zip(table.inputs, row.when, strict=True)]
        false = either(*(cell.false for cell in cells))
        true = both(*(cell.true for cell in cells))
        outputs, fails = _outputs(encoder, table, row.then, env)
        rows.append(RowTerms(row.number, SBool(negated(either(true, false)), true), outputs, fails))
    return TableTerms(allowed, tuple(rows), env)


def _allowed(encoder: "Encoder", column: "Column", value: Sym, *, input_: bool) -> Term:
    if column.values is None:
        return TRUE
    inside = encoder.condition(column.values, {"?": value}).true
    return either(inside, value.null) if input_ and not column.takes_null else inside


def _cell(encoder: "Encoder", column: "Column", test: UnaryTests, env: Env) -> SBool:
    if not test.tests:
        return known(value=True)
    value = env[column.name]
    found = encoder.condition(test, {**env, "?": value})
    if is_false(value.null):
        return found
    if column.takes_null:
        # A null input either matches or does not: `interpret(...) is True`.
        return SBool(both(found.null, negated(value.null)), found.true)
    return SBool(either(found.null, value.null), found.value)


def _outputs(encoder: "Encoder", table: DecisionTable, cells: Sequence[Node], env: Env) -> tuple[tuple[Sym, ...], Term]:
    made = tuple(encoder.encode(cell, env) for cell in cells)
    fails = []
    for column, cell, value in zip(table.outputs, cells, made, strict=True):
        if not isinstance(cell, NullLiteral):
            fails.append(value.null)
        fails.append(negated(_allowed(encoder, column, value, input_=False)))
    return made, either(*fails)


def table_term(table: DecisionTable) -> Callable[["Encoder", list[Sym], Call], Sym]:
    """Return the table as a function of the encoder."""

    def apply(encoder: "Encoder", args: list[Sym], _node: Call) -> Sym:
        if len(args) != len(table.inputs):
            return SNull(TRUE)
        terms = table_terms(encoder, table, args)
        value, fails = _answer(encoder, table, terms)
        return with_null(value, either(negated(terms.allowed), fails))

    apply.parameters = tuple(column.name for column in table.inputs)  # type: ignore[attr-defined]  # for named arguments
    return apply


def _answer(encoder: "Encoder", table: DecisionTable, terms: TableTerms) -> tuple[Sym, Term]:
    policy = table.hit_policy
    none = both(*(row.match.false for row in terms.rows))
    if policy is HitPolicy.COUNT:
        total = z3.Sum([z3.If(row.match.true, 1, 0) for row in terms.rows])
        return SNum(FALSE, total), either(*(row.match.null for row in terms.rows))
    if policy is HitPolicy.FIRST:
        value, fails = _first(encoder, table, terms)
    elif policy is HitPolicy.UNIQUE:
        value, fails = _unique(encoder, table, terms)
    elif policy in (HitPolicy.ANY, HitPolicy.PRIORITY):
        value, fails = _tolerant(encoder, table, terms)
    else:
        raise Outside(f"the answer of a table of policy {policy.value} has no term")
    default, without = _default(encoder, table, terms)
    joined = merged(none, default, value, encoder.space.one_sort)
    return joined, either(both(none, without), both(negated(none), fails))


def _default(encoder: "Encoder", table: DecisionTable, terms: TableTerms) -> tuple[Sym, Term]:
    if table.default is None:
        return SNull(TRUE), TRUE
    outputs, fails = _outputs(encoder, table, table.default, terms.env)
    return _one(table, outputs), fails


def _one(table: DecisionTable, outputs: Sequence[Sym]) -> Sym:
    if len(outputs) == 1:
        return outputs[0]
    named = {column.name: value for column, value in zip(table.outputs, outputs, strict=True)}
    return SRecord(FALSE, tuple(named), named.__getitem__)


def _chain(encoder: "Encoder", table: DecisionTable, cases: Sequence[tuple[Term, RowTerms]]) -> tuple[Sym, Term]:
    """Return the outputs of the first row whose condition holds, and whether they fail."""
    value: Sym = SNull(TRUE)
    fails: Term = TRUE
    for condition, row in reversed(cases):
        value = merged(condition, _one(table, row.outputs), value, encoder.space.one_sort)
        fails = either(both(condition, row.fails), both(negated(condition), fails))
    return value, fails


def _first(encoder: "Encoder", table: DecisionTable, terms: TableTerms) -> tuple[Sym, Term]:
    value, fails = _chain(encoder, table, [(row.match.true, row) for row in terms.rows])
    open_first = reduce(
        lambda later, row: either(row.match.null, both(row.match.false, later)), reversed(terms.rows), FALSE
    )
    return value, either(fails, open_first)


def _unique(encoder: "Encoder", table: DecisionTable, terms: TableTerms) -> tuple[Sym, Term]:
    value, fails = _chain(encoder, table, [(row.match.true, row) for row in terms.rows])
    several = z3.Sum([z3.If(row.match.true, 1, 0) for row in terms.rows]) > 1
    return value, either(fails, several, *(row.match.null for row in terms.rows))


def _tolerant(encoder: "Encoder", table: DecisionTable, terms: TableTerms) -> tuple[Sym, Term]:
    """Answer A and P: the best matching row, unless another that matches or is open speaks against it."""
    ranks = {row.number: 0 for row in terms.rows}
    if table.hit_policy is HitPolicy.PRIORITY:
        ranks = {row.number: _rank(encoder, table, row.number) for row in terms.rows}
    ordered = sorted(terms.rows, key=lambda row: (ranks[row.number], row.number))
    rivals = []
    for index, row in enumerate(ordered):
        earlier = [both(negated(other.match.true)) for other in ordered[:index]]
        is_chosen = both(row.match.true, *earlier)
        for other in ordered:
            if other is row or ranks[other.number] > ranks[row.number]:
                continue
            stands = negated(other.match.false)
            if ranks[other.number] == ranks[row.number]:
                alike = both(*(same(encoder, a, b).true for a, b in zip(row.outputs, other.outputs, strict=True)))
                stands = both(stands, either(other.fails, negated(alike)))
            rivals.append(both(is_chosen, stands))
        rivals += [both(is_chosen, other.match.true, other.fails) for other in ordered]
    value, fails = _chain(encoder, table, [(row.match.true, row) for row in ordered])
    hit = either(*(row.match.true for row in terms.rows))
    return value, either(negated(hit), fails, *rivals)


def _rank(encoder: "Encoder", table: DecisionTable, number: int) -> Any:
    """Return the place of a row's outputs among the allowed values. Raises `Outside` where it depends on the inputs."""
    row = table.rows[number - 1]
    inputs = {column.name for column in table.inputs}
    places = []
    for column, cell in zip(table.outputs, row.then, strict=True):
        if any(isinstance(part, Name) and part.name in inputs for part in walk(cell)) or column.values is None:
            raise Outside("a priority that depends on the inputs has no term")
        value = interpret(cell, {"parameters": encoder.parameters})
        tests = [UnaryTests((test,), negated=False) for test in column.values.tests]
        hits = [place for place, test in enumerate(tests) if interpret(test, {"?": value}) is True]
        places.append(hits[0] if hits else len(tests))
    return tuple(places)
