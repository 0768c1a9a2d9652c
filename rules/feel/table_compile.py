"""Decision tables as closures: cells, hit policy and default are prepared once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rules.feel.compile import compile_node
from rules.feel.conform import FAILED, coerce
from rules.feel.errors import collecting
from rules.feel.limits import metered, spend
from rules.feel.table_answers import Failure, told
from rules.feel.table_model import Answer, Answering, Column, DecisionTable, TableError, TableRow
from rules.feel.table_policy import HitPolicy
from rules.feel.table_settle import SETTLERS, Outputs, Scope, wrapper
from rules.feel.tree import Node, NullLiteral
from rules.feel.values import kind


def compile_table(table: DecisionTable) -> Answering:
    """Return a function from input values, and the scope of other names, to the `Answer` of the table."""
    judges = [_judge(table, row) for row in table.rows]
    take = _taker(table)
    names = [column.name for column in table.inputs]
    results = [_results(table, row) for row in table.rows]
    settle = SETTLERS[table.hit_policy](table, results)
    otherwise = _default(table)
    stops = table.hit_policy is HitPolicy.FIRST

    def answer(values: Sequence[Any], scope: Scope) -> Answer:
        matched: list[int] = []
        undecided: list[int] = []
        with collecting() as problems:
            try:
                taken = take(values, scope)
                inner = {**scope, **dict(zip(names, taken, strict=True))}
                spend(len(judges) * (len(names) + 1), "a decision table")
                for place, judge in enumerate(judges):
                    found = judge(taken, inner)
                    if found is False:
                        continue
                    (matched if found else undecided).append(place)
                    if stops:
                        break
                if not matched and not undecided:
                    return Answer(otherwise(inner), defaulted=True)
                value = settle(matched, undecided, inner)
            except Failure as failure:
                error = told(failure.error, problems)
                return Answer(None, _numbers(matched), _numbers(undecided), error=error)
        return Answer(value, _numbers(matched), _numbers(undecided))

    run: Answering = metered(answer)
    return run


def _numbers(places: Iterable[int]) -> tuple[int, ...]:
    return tuple(place + 1 for place in places)


def _taker(table: DecisionTable) -> Callable[[Sequence[Any], Scope], list[Any]]:
    """Return a function that takes all inputs."""
    takers = [_one_taker(table, column, at) for at, column in enumerate(table.inputs)]

    def take(values: Sequence[Any], scope: Scope) -> list[Any]:
        if len(values) != len(takers):
            raise Failure.count(table)
        return [one(value, scope) for one, value in zip(takers, values, strict=True)]

    return take


def _one_taker(table: DecisionTable, column: Column, position: int) -> Callable[[Any, Scope], Any]:
    """Return a function that takes one input as its column wants it."""
    allowed = compile_node(column.values) if column.values is not None else None
    place: dict[str, Any] = {"clause": column.name, "position": position}

    def take(value: Any, scope: Scope) -> Any:
        taken = coerce(value, column.type)
        if taken is FAILED:
            raise Failure(TableError(f"this is {kind(value)}, not {column.type}", table.name, "inputs", **place))
        if allowed is None or (taken is None and not column.takes_null):
            return taken
        if allowed({**scope, "?": taken}) is not True:
            raise Failure.not_allowed(table, column, taken, "inputs", place)
        return taken

    return take


def _judge(table: DecisionTable, row: TableRow) -> Callable[[Sequence[Any], dict[str, Any]], bool | None]:
    """Return a function that tells whether a row matches: false as soon as one cell fails, null where one is unknown."""
    cells = [
        (place, compile_node(cell), table.inputs[place].takes_null) for place, cell in enumerate(row.when) if cell.tests
    ]

    def judge(values: Sequence[Any], scope: dict[str, Any]) -> bool | None:
        verdict: bool | None = True
        for place, cell, takes_null in cells:
            value = values[place]
            if value is None and not takes_null:
                verdict = None
                continue
            scope["?"] = value
            found = cell(scope)
            if found is True:
                continue
            if found is False or value is None:
                return False
            verdict = None
        return verdict

    return judge


def _results(table: DecisionTable, row: TableRow) -> Outputs:
    place = {"row": row.number, "side": "then"}
    return _checked(table, row.then, "rows", place)


def _checked(table: DecisionTable, nodes: Sequence[Node], part: str, place: Mapping[str, Any]) -> Outputs:
    """Return a function that evaluates one row of results and checks each against its column."""
    checks = [compile_node(column.values) if column.values is not None else None for column in table.outputs]
    cells = [(compile_node(node), isinstance(node, NullLiteral)) for node in nodes]

    def outputs(scope: Scope) -> list[Any]:
        made = []
        for position, (column, (cell, says_null), check) in enumerate(zip(table.outputs, cells, checks, strict=True)):
            here = {**place, "clause": column.name, "position": position}
            value = coerce(cell(scope), column.type)
            if value is FAILED:
                raise Failure(TableError(f"the result is not {column.type}", table.name, part, **here))
            if value is None and not says_null:
                raise Failure.null_result(table, part, here)
            if check is not None and check({**scope, "?": value}) is not True:
                raise Failure.not_allowed(table, column, value, part, here)
            made.append(value)
        return made

    return outputs


def _default(table: DecisionTable) -> Outputs | Callable[[Scope], Any]:
    if table.default is None:
        if table.hit_policy is HitPolicy.COUNT:
            return lambda _scope: 0

        def none(_scope: Scope) -> Any:
            raise Failure(TableError("no row matches, and there is no default", table.name, "rows"))

        return none
    if not table.default:
        return lambda _scope: []
    if table.hit_policy.is_aggregation:
        return compile_node(table.default[0])
    outputs = _checked(table, table.default, "default", {})
    wrap = wrapper(table)
    if table.hit_policy.is_list:
        return lambda scope: [wrap(outputs(scope))]
    return lambda scope: wrap(outputs(scope))
