"""Decision tables by the reference evaluator: one straight reading of DMN 1.5, 8.2.8, with nothing prepared.

Written apart from table_compile.py on purpose; it shares the shapes, the words of errors and the built-in functions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rules.feel.builtins import invoke
from rules.feel.conform import FAILED, coerce
from rules.feel.errors import collecting
from rules.feel.interpret import interpret
from rules.feel.interpret_operators import relate
from rules.feel.limits import metered, spend
from rules.feel.table_answers import Failure, told
from rules.feel.table_model import Answer, Column, DecisionTable, TableError, TableRow
from rules.feel.table_policy import HitPolicy
from rules.feel.tree import Node, NullLiteral, UnaryTests
from rules.feel.values import kind

Scope = Mapping[str, Any]


def interpret_table(table: DecisionTable, values: Sequence[Any], scope: Scope) -> Answer:
    """Return what the table says for the values of its inputs, in their order, in a scope of other names."""
    found: Answer = _metered_answer(table, values, scope)
    return found


def _answer(table: DecisionTable, values: Sequence[Any], scope: Scope) -> Answer:
    verdicts: dict[int, bool | None] = {}
    with collecting() as problems:
        try:
            inner = _inputs(table, values, scope)
            spend(len(table.rows) * (len(table.inputs) + 1), "a decision table")
            for row in table.rows:
                verdicts[row.number] = _matches(table, row, inner)
                if table.hit_policy is HitPolicy.FIRST and verdicts[row.number] is not False:
                    break
            possible = [verdict for verdict in verdicts.values() if verdict is not False]
            value = _by_policy(table, verdicts, inner) if possible else _otherwise(table, inner)
        except Failure as failure:
            return Answer(None, _those(verdicts, True), _those(verdicts, None), error=told(failure.error, problems))  # noqa: FBT003 a verdict
    return Answer(value, _those(verdicts, True), _those(verdicts, None), defaulted=not possible)  # noqa: FBT003 a verdict


_metered_answer = metered(_answer)


def _those(verdicts: Mapping[int, bool | None], wanted: bool | None) -> tuple[int, ...]:  # noqa: FBT001 a verdict
    return tuple(number for number, verdict in verdicts.items() if verdict is wanted)


def _inputs(table: DecisionTable, values: Sequence[Any], scope: Scope) -> dict[str, Any]:
    """Return the scope of the cells, once every input is of its type and among its allowed values."""
    if len(values) != len(table.inputs):
        raise Failure.count(table)
    inner = dict(scope)
    for position, column in enumerate(table.inputs):
        inner[column.name] = _fitting(table, column, values[position], scope, "inputs", position)
    return inner


def _fitting(
    table: DecisionTable, column: Column, value: Any, scope: Scope, part: str, position: int, row: int = 0
) -> Any:
    """Return a value as its column has it, of its type and allowed; a null input may pass as not known."""
    place: dict[str, Any] = {"clause": column.name, "position": position, "row": row, "side": "then" if row else ""}
    fitting = coerce(value, column.type)
    if fitting is FAILED:
        what = f"this is {kind(value)}, not {column.type}" if part == "inputs" else f"the result is not {column.type}"
        raise Failure(TableError(what, table.name, part, **place))
    unknown = part == "inputs" and fitting is None and not column.takes_null
    if column.values is not None and not unknown and interpret(column.values, {**scope, "?": fitting}) is not True:
        raise Failure.not_allowed(table, column, fitting, part, place)
    return fitting


def _matches(table: DecisionTable, row: TableRow, scope: Scope) -> bool | None:
    verdicts = [_cell(column, test, scope) for column, test in zip(table.inputs, row.when, strict=True)]
    if any(verdict is False for verdict in verdicts):
        return False
    return None if any(verdict is None for verdict in verdicts) else True


def _cell(column: Column, test: UnaryTests, scope: Scope) -> bool | None:
    if not test.tests:
        return True
    value = scope[column.name]
    if value is not None:
        found: bool | None = interpret(test, {**scope, "?": value})
        return found
    return interpret(test, {**scope, "?": None}) is True if column.takes_null else None


def _row_outputs(table: DecisionTable, cells: Sequence[Node], scope: Scope, part: str, row: int = 0) -> list[Any]:
    made = []
    for position, (column, cell) in enumerate(zip(table.outputs, cells, strict=True)):
        value = interpret(cell, scope)
        if value is None and not isinstance(cell, NullLiteral):
            place = {"row": row, "side": "then" if row else "", "clause": column.name, "position": position}
            raise Failure.null_result(table, part, place)
        made.append(_fitting(table, column, value, scope, part, position, row))
    return made


def _one(table: DecisionTable, outputs: Sequence[Any]) -> Any:
    if len(outputs) == 1:
        return outputs[0]
    return {column.name: value for column, value in zip(table.outputs, outputs, strict=True)}


def _otherwise(table: DecisionTable, scope: Scope) -> Any:
    policy = table.hit_policy
    if table.default is None:
        if policy is HitPolicy.COUNT:
            return 0
        raise Failure(TableError("no row matches, and there is no default", table.name, "rows"))
    if policy.is_aggregation:
        return interpret(table.default[0], scope)
    if policy.is_list and not table.default:
        return []
    value = _one(table, _row_outputs(table, table.default, scope, "default"))
    return [value] if policy.is_list else value


def _by_policy(table: DecisionTable, verdicts: Mapping[int, bool | None], scope: Scope) -> Any:
    policy = table.hit_policy
    hits = [table.rows[number - 1] for number in _those(verdicts, True)]  # noqa: FBT003 a verdict
    open_rows = [table.rows[number - 1] for number in _those(verdicts, None)]
    if policy is HitPolicy.UNIQUE and len(hits) > 1:
        raise Failure.violated(table, [row.number - 1 for row in hits], "U allows one matching row")
    tolerant = hits and policy in (HitPolicy.ANY, HitPolicy.PRIORITY)
    if open_rows and not tolerant:
        raise Failure.undecided(table, [row.number - 1 for row in open_rows])
    if policy is HitPolicy.COUNT:
        return len(hits)
    outputs = {row.number: _row_outputs(table, row.then, scope, "rows", row.number) for row in hits}
    if policy.is_aggregation:
        return _total(table, outputs)
    if policy.is_list:
        ordered = list(outputs.values())
        if policy is HitPolicy.OUTPUT_ORDER:
            ordered = sorted(ordered, key=lambda made: _ranks(table, made, scope))
        return [_one(table, made) for made in ordered]
    first = hits[0].number
    if policy is HitPolicy.PRIORITY:
        first = min(outputs, key=lambda number: _ranks(table, outputs[number], scope))
    if tolerant:
        _accept_no_rival(table, first, outputs, open_rows, scope)
    return _one(table, outputs[first])


def _accept_no_rival(
    table: DecisionTable, chosen: int, outputs: Mapping[int, list[Any]], open_rows: Sequence[TableRow], scope: Scope
) -> None:
    """Make sure that no other row, matching or undecided, speaks against the chosen one."""
    by_priority = table.hit_policy is HitPolicy.PRIORITY
    best = _ranks(table, outputs[chosen], scope) if by_priority else []
    for number, made in outputs.items():
        level = _ranks(table, made, scope) == best if by_priority else True
        if level and relate("=", made, outputs[chosen], _HERE) is not True:
            why = "these have the same priority and different results"
            why = why if by_priority else "A allows several rows of one result only"
            raise Failure.violated(table, [chosen - 1, number - 1], why)
    for row in open_rows:
        made = _row_outputs(table, row.then, scope, "rows", row.number)
        ranks = _ranks(table, made, scope) if by_priority else []
        if ranks < best or (ranks == best and relate("=", made, outputs[chosen], _HERE) is not True):
            raise Failure.undecided(table, [row.number - 1])


_HERE = NullLiteral()


def _ranks(table: DecisionTable, outputs: Sequence[Any], scope: Scope) -> list[int]:
    """Return the priority of each result, left to right: the place of the first of its column's values that it is."""
    ranks = []
    for column, value in zip(table.outputs, outputs, strict=True):
        tests = column.values.tests if column.values else ()
        inner = {**scope, "?": value}
        holding = [place for place, test in enumerate(tests) if interpret(UnaryTests((test,), negated=False), inner)]
        ranks.append(holding[0] if holding else len(tests))
    return ranks


def _total(table: DecisionTable, outputs: Mapping[int, list[Any]]) -> Any:
    for number, made in outputs.items():
        if kind(made[0]) != "number":
            raise Failure.not_a_number(table, number, made[0])
    name = {HitPolicy.SUM: "sum", HitPolicy.MIN: "min", HitPolicy.MAX: "max"}[table.hit_policy]
    return invoke(name, [[made[0] for made in outputs.values()]], _HERE)
