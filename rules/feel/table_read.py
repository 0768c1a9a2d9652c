"""From the source texts of a decision table to a typed `DecisionTable`; every fault is found, with its place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from rules.feel import tree as t
from rules.feel.errors import FeelError, FeelTypeError, did_you_mean
from rules.feel.infer import infer
from rules.feel.infer_calls import may_be
from rules.feel.interpret import interpret
from rules.feel.limits import MAX_CELLS
from rules.feel.parse import parse, parse_type, parse_unary_tests
from rules.feel.table_model import Clause, Column, DecisionTable, Row, TableError, TableReadError, TableRow
from rules.feel.table_policy import HitPolicy
from rules.feel.types import ANY, NUMBER, Type, member_names

Found = TypeVar("Found")
_LITERALS = (t.BooleanLiteral, t.NumberLiteral, t.StringLiteral, t.TemporalLiteral, t.NullLiteral)


def read_table(
    name: str,
    hit_policy: str,
    inputs: Sequence[Clause],
    outputs: Sequence[Clause],
    rows: Sequence[Row],
    default: Sequence[str] | None = None,
    *,
    scope: Mapping[str, Type] | None = None,
) -> DecisionTable:
    """Return the table; `scope` has the types of the names that cells may use beside the inputs.

    Raises: TableReadError with every fault: of syntax, of types, of counts, of names, and of values that are not allowed.
    """
    reader = _Reader(name, dict(scope or {}))
    policy = reader.policy(hit_policy)
    reader.shape(inputs, outputs, rows)
    read_inputs = reader.columns("inputs", inputs)
    for column in read_inputs:
        reader.scope[column.name] = column.type
    reader.names = member_names(reader.scope)
    read_outputs = reader.columns("outputs", outputs)
    reader.suits(policy, read_outputs)
    read_rows = [reader.row(number, row, read_inputs, read_outputs) for number, row in enumerate(rows, 1)]
    read_default = None if default is None else reader.default(policy, default, read_outputs)
    if reader.errors:
        raise TableReadError(reader.errors)
    return DecisionTable(
        name,
        policy,
        tuple(_with_null(column, place, read_rows) for place, column in enumerate(read_inputs)),
        tuple(read_outputs),
        tuple(read_rows),
        read_default,
    )


def _mentions_null(tests: t.UnaryTests) -> bool:
    return any(isinstance(part, t.NullLiteral) for part in t.walk(tests))


def _with_null(column: Column, place: int, rows: Iterable[TableRow]) -> Column:
    tests = [column.values] if column.values is not None else [row.when[place] for row in rows]
    takes_null = any(_mentions_null(test) for test in tests)
    return Column(column.name, column.type, column.values, column.values_source, takes_null)


class _Reader:
    """Collects faults on the way, so that an author sees all of them at once."""

    def __init__(self, table: str, scope: dict[str, Type]) -> None:
        self.table = table
        self.scope = scope
        self.names: frozenset[str] = member_names(scope)
        self.errors: list[TableError] = []

    def fault(self, message: str, part: str, **place: Any) -> None:
        self.errors.append(TableError(message, self.table, part, **place))

    def attempt(self, run: Callable[[], Found], part: str, **place: Any) -> Found | None:
        """Run a step, and note the fault it raises."""
        try:
            return run()
        except FeelError as error:
            self.fault(error.message, part, cause=error, **place)
            return None

    def policy(self, written: str) -> HitPolicy:
        try:
            return HitPolicy(written)
        except ValueError:
            known = ", ".join(policy.value for policy in HitPolicy)
            self.fault(f'there is no hit policy "{written}"; there are {known}', "hit_policy")
            return HitPolicy.UNIQUE

    def shape(self, inputs: Sequence[Clause], outputs: Sequence[Clause], rows: Sequence[Row]) -> None:
        """Check counts and names."""
        for part, clauses in (("inputs", inputs), ("outputs", outputs)):
            seen: set[str] = set()
            for position, clause in enumerate(clauses):
                if clause.name in seen:
                    self.fault("this name stands twice", part, clause=clause.name, position=position)
                seen.add(clause.name)
            if not clauses:
                self.fault(f"a table needs at least one of its {part}", part)
        if not rows:
            self.fault("a table needs at least one row", "rows")
        cells = len(rows) * (len(inputs) + len(outputs))
        if cells > MAX_CELLS:
            self.fault(f"{cells:,} cells are more than {MAX_CELLS:,}; split the table", "rows")
            raise TableReadError(self.errors)

    def columns(self, part: str, clauses: Sequence[Clause]) -> list[Column]:
        return [self.column(part, position, clause) for position, clause in enumerate(clauses)]

    def column(self, part: str, position: int, clause: Clause) -> Column:
        place: dict[str, Any] = {"clause": clause.name, "position": position}
        name = self.attempt(lambda: parse(clause.name), part, **place)
        if name is not None and name != t.Name(clause.name):
            self.fault(f'"{clause.name}" is no name', part, **place)
        declared = self.attempt(lambda: parse_type(clause.type), part, **place) or ANY
        values = None
        if clause.values is not None:
            source = clause.values
            values = self.attempt(lambda: self.tests(source, declared), part, **place)
            if values is not None and (values.negated or not values.tests):
                self.fault("allowed values are a list of values and ranges", part, **place)
        return Column(clause.name, declared, values, clause.values or "")

    def tests(self, source: str, declared: Type) -> t.UnaryTests:
        """Return unary tests for a value of a type.

        Raises: FeelError.
        """
        tests = parse_unary_tests(source, self.names)
        infer(tests, {**self.scope, "?": declared})
        return tests

    def expression(self, source: str, declared: Type) -> t.Node:
        """Return an expression of a type.

        Raises: FeelError.
        """
        node = parse(source, self.names)
        found = infer(node, self.scope)
        if not may_be(found, declared):
            message = f"this is {found}, and the column is {declared}"
            raise FeelTypeError(message, node.line, node.column)
        return node

    def suits(self, policy: HitPolicy, outputs: Sequence[Column]) -> None:
        """Check what a hit policy asks of the outputs."""
        if policy.has_priorities and not any(output.values for output in outputs):
            self.fault(f"{policy.value} needs the values of an output, in the order of their priority", "outputs")
        if not policy.is_aggregation or not outputs:
            return
        if len(outputs) > 1:
            self.fault(f"{policy.value} needs a single output", "outputs", position=1, clause=outputs[1].name)
        if policy is not HitPolicy.COUNT and outputs[0].type not in {NUMBER, ANY}:
            message = f"{policy.value} needs numbers, and this is {outputs[0].type}"
            self.fault(message, "outputs", clause=outputs[0].name, position=0)

    def row(self, number: int, row: Row, inputs: Sequence[Column], outputs: Sequence[Column]) -> TableRow:
        for side, cells, columns in (("when", row.when, inputs), ("then", row.then, outputs)):
            if len(cells) != len(columns):
                kind = "tests" if side == "when" else "results"
                message = f"{len(cells)} {kind} for {len(columns)} {'inputs' if side == 'when' else 'outputs'}"
                self.fault(message, "rows", row=number, side=side)
        when = [self.when(number, at, *pair) for at, pair in enumerate(zip(row.when, inputs, strict=False))]
        then = [self.then(number, at, *pair) for at, pair in enumerate(zip(row.then, outputs, strict=False))]
        return TableRow(number, tuple(filter(None, when)), tuple(filter(None, then)))

    def when(self, number: int, position: int, source: str, column: Column) -> t.UnaryTests | None:
        place: dict[str, Any] = {"row": number, "side": "when", "clause": column.name, "position": position}
        tests = self.attempt(lambda: self.tests(source, column.type), "rows", **place)
        for test in tests.tests if tests else ():
            self.attempt(lambda test=test: _check_allowed(test, column), "rows", **place)  # type: ignore[misc]  # mypy types no lambda defaults
        return tests

    def then(self, number: int, position: int, source: str, column: Column) -> t.Node | None:
        place: dict[str, Any] = {"row": number, "side": "then", "clause": column.name, "position": position}
        node = self.attempt(lambda: self.expression(source, column.type), "rows", **place)
        if node is not None:
            self.attempt(lambda: _check_allowed(node, column), "rows", **place)
        return node

    def default(self, policy: HitPolicy, default: Sequence[str], outputs: Sequence[Column]) -> tuple[t.Node, ...]:
        if not default and policy.is_list:
            return ()
        columns = [Column("", NUMBER, None)] if policy.is_aggregation else outputs
        if len(default) != len(columns):
            self.fault(f"{len(default)} default values for {len(columns)} outputs", "default")
        made = []
        for position, (source, column) in enumerate(zip(default, columns, strict=False)):
            place: dict[str, Any] = {"clause": column.name, "position": position}
            node = self.attempt(lambda s=source, c=column: self.expression(s, c.type), "default", **place)  # type: ignore[misc]  # as above
            if node is not None:
                self.attempt(lambda n=node, c=column: _check_allowed(n, c), "default", **place)  # type: ignore[misc]  # as above
                made.append(node)
        return tuple(made)


def _check_allowed(node: t.Node, column: Column) -> None:
    """Refuse a literal that is not among the allowed values of its column.

    Raises: FeelTypeError.
    """
    bare = node.operand if isinstance(node, t.Negate) else node
    if column.values is None or not isinstance(bare, _LITERALS):
        return
    if interpret(column.values, {"?": interpret(node, {})}) is False:
        known = [test.value for test in column.values.tests if isinstance(test, t.StringLiteral)]
        hint = did_you_mean(node.value, known) if isinstance(node, t.StringLiteral) else None
        message = f"this is not one of the allowed values {column.values_source}"
        raise FeelTypeError(message, node.line, node.column, hint)
