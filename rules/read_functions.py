"""From parsed YAML to typed tables and definitions: names, types, dates, cycles; every problem with its line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rules import feel
from rules.call_order import Placed, call_order, mentioned
from rules.errors import Problem
from rules.fact_schema import FactSchema
from rules.feel.builtin_names import BUILTIN_NAMES
from rules.feel.parse import parse_type
from rules.feel.table import Clause, DecisionTable, Row, TableError, TableReadError, read_table
from rules.feel.tree import Node
from rules.feel.types import ANY, NULL, ContextType, FunctionType, Type
from rules.functions import Definition, Table
from rules.typed_functions import (
    CALENDAR,
    KINDS,
    Functions,
    Reference,
    TypedDefinition,
    TypedTable,
    calls_in,
    reads_of,
)
from rules.unknown_days import swallowed
from rules.working_days import TYPES
from rules.yaml_source import Source

Path = tuple[str | int, ...]
RESERVED = frozenset({*KINDS, "parameters", "item", "partial", "true", "false", "null"})


@dataclass(slots=True)
class _Book:
    """What is known while functions are read one after another."""

    facts: FactSchema
    parameters: Type
    problems: list[Problem]
    types: dict[str, dict[str, Type]]
    functions: Functions = field(default_factory=Functions)

    @property
    def scope(self) -> dict[str, Type]:
        return {"parameters": self.parameters, **TYPES, **{kind: ContextType(self.types[kind]) for kind in KINDS}}

    def report(self, placed: Placed, key: Path, error: feel.FeelError) -> None:
        """Note an error of the language at its place in the file."""
        source, path, _ = placed
        advice = f" ({error.suggestion})" if error.suggestion else ""
        message = f"{'.'.join(map(str, key))}: {error.message}{advice}"
        self.problems.append(
            source.problem((*path, *key), message, line=max(error.line, 1), column=max(error.column, 1))
        )


def read_functions(
    tables: Sequence[tuple[Source, Path, Table]],
    definitions: Sequence[tuple[Source, Path, Definition]],
    facts: FactSchema,
    parameters: Type,
    problems: list[Problem],
) -> Functions:
    """Type all tables and definitions; what has a problem is left out and reported."""
    types: dict[str, dict[str, Type]] = {
        "tables": {table.id: ANY for _, _, table in tables},
        "definitions": {definition.id: ANY for _, _, definition in definitions},
    }
    book = _Book(facts, parameters, problems, types)
    _check_editions(tables, problems)
    _check_unique(definitions, problems)
    by_reference: dict[Reference, list[Placed]] = {}
    for placed in tables:
        by_reference.setdefault(("tables", placed[2].id), []).append(placed)
    for other in definitions:
        by_reference.setdefault(("definitions", other[2].id), []).append(other)
    calls = {
        reference: {inner for _, _, entry in found for inner in mentioned(entry)} & by_reference.keys()
        for reference, found in by_reference.items()
    }
    for reference in call_order(calls, by_reference, problems):
        for placed in by_reference[reference]:
            _read_one(book, placed, frozenset(calls[reference]))
    return Functions(
        tuple(sorted(book.functions.tables, key=lambda typed: (typed.table.id, typed.table.in_force.from_))),
        tuple(sorted(book.functions.definitions, key=lambda typed: typed.definition.id)),
        {kind: ContextType(types[kind]) for kind in KINDS},
        book.functions.reads,
    )


def _read_one(book: _Book, placed: Placed, calls: frozenset[Reference]) -> None:
    entry = placed[2]
    if isinstance(entry, Table):
        table = _table(book, placed, entry)
        if table is not None:
            nodes = [node for row in table.rows for node in (*row.when, *row.then)] + list(table.default or ())
            if any(found[0] == CALENDAR for node in nodes for _, found in calls_in(node)):
                source, path, _ = placed
                message = "a table cannot ask for working days; ask in the rule, and give the table what it needs"
                book.problems.append(source.problem((*path, "rows"), message))
                return
            _join(book, ("tables", entry.id), table.type, tuple(one.name for one in table.inputs), nodes, placed,
                  every_argument=True)  # fmt: skip
            known = book.functions
            typed = TypedTable(entry, table, calls)
            book.functions = Functions((*known.tables, typed), known.definitions, known.types, known.reads)
        return
    typed_definition = _definition(book, placed, entry, calls)
    if typed_definition is not None:
        names = tuple(parameter.name for parameter in entry.parameters)
        _join(book, ("definitions", entry.id), typed_definition.type, names, [typed_definition.body], placed)
        known = book.functions
        book.functions = Functions(known.tables, (*known.definitions, typed_definition), known.types, known.reads)


def _join(
    book: _Book, reference: Reference, type_: FunctionType, names: tuple[str, ...], nodes: Iterable[Node],
    placed: Placed, *, every_argument: bool = False,
) -> None:  # fmt: skip
    """Make a function known to those that follow: its type, and what it reads."""
    kind, name = reference
    known = book.types[kind][name]
    if known not in (ANY, type_):
        source, path, _ = placed
        message = f"{name!r} is {type_} here and {known} in its other edition; editions take and give the same"
        book.problems.append(source.problem((*path, "inputs"), message))
    book.types[kind][name] = type_
    found = reads_of(names, nodes, book.functions)
    before = book.functions.reads.get(reference)
    if every_argument:
        found = type(found)(found.below | {(index, ()) for index in range(len(names))}, found.outside, found.counted)
    if before is not None:
        found = type(found)(before.below | found.below, before.outside | found.outside, before.counted | found.counted)
    old = book.functions
    types = {kind: ContextType(book.types[kind]) for kind in KINDS}
    book.functions = Functions(old.tables, old.definitions, types, {**old.reads, reference: found})


def _table(book: _Book, placed: Placed, table: Table) -> DecisionTable | None:
    source, path, _ = placed
    taken = [(index, column.name) for index, column in enumerate(table.inputs) if column.name in _TAKEN]
    for index, name in taken:
        book.problems.append(source.problem((*path, "inputs", index, "name"), _taken_name(name)))
    if taken:
        return None
    try:
        return read_table(
            table.id,
            table.hit_policy,
            inputs=[Clause(column.name, column.type, column.values) for column in table.inputs],
            outputs=[Clause(column.name, column.type, column.values) for column in table.outputs],
            rows=[Row(row.when, row.then) for row in table.rows],
            default=table.default,
            scope=book.scope,
        )
    except TableReadError as errors:
        for error in errors.errors:
            book.report(placed, _place(error), error)
    except feel.FeelError as error:
        book.report(placed, (), error)
    return None


def _place(error: TableError) -> Path:
    """Return where in the entry an error of a table stands."""
    place: list[str | int] = [error.part]
    if error.part == "rows" and error.row:
        place += [error.row - 1, *([error.side] if error.side else [])]
    if error.position >= 0:
        place.append(error.position)
        if error.part in {"inputs", "outputs"}:
            place.append(error.side or "values" if error.line else "type")
    return tuple(place)


def _definition(
    book: _Book, placed: Placed, definition: Definition, calls: frozenset[Reference]
) -> TypedDefinition | None:
    source, path, _ = placed
    before = len(book.problems)
    types: dict[str, Type] = {}
    for index, parameter in enumerate(definition.parameters):
        if parameter.name in _TAKEN:
            book.problems.append(source.problem((*path, "parameters", index, "name"), _taken_name(parameter.name)))
        types[parameter.name] = _type(book, placed, ("parameters", index, "type"), parameter.type)
    declared = None if definition.type is None else _type(book, placed, ("type",), definition.type)
    scope = {**book.scope, **types}
    try:
        body = feel.parse(definition.expression, frozenset(scope))
        found = feel.infer(body, scope)
    except feel.FeelError as error:
        book.report(placed, ("expression",), error)
        return None
    if declared is not None and found not in (declared, NULL):
        message = f"expression is of type {found}, not {declared} as `type` says"
        book.problems.append(source.problem((*path, "expression"), message))
    for call, message in swallowed(body, book.functions):
        place = source.problem((*path, "expression"), f"expression: {message}", line=call.line, column=call.column)
        book.problems.append(place)
    if len(book.problems) > before:
        return None
    calls |= {reference for _, reference in calls_in(body) if reference[0] == CALENDAR}
    result = FunctionType(tuple(types.values()), declared or found, tuple(types))
    return TypedDefinition(definition, body, result, calls)


_TAKEN = RESERVED | BUILTIN_NAMES


def _taken_name(name: str) -> str:
    return f"the name {name!r} has a meaning already; choose another"


def _type(book: _Book, placed: Placed, key: Path, text: str) -> Type:
    """Read a type as FEEL writes it; records of facts.yaml are types too."""
    try:
        return parse_type(text, book.facts.record_types)
    except feel.FeelError as error:
        book.report(placed, key, error)
        return ANY


def _check_unique(found: Sequence[tuple[Source, Path, Definition]], problems: list[Problem]) -> None:
    seen: dict[str, str] = {}
    for source, path, definition in found:
        if definition.id in seen:
            message = f"the definition {definition.id!r} stands twice; it is also in {seen[definition.id]}"
            problems.append(source.problem((*path, "id"), message))
        seen[definition.id] = source.file


def _check_editions(found: Sequence[tuple[Source, Path, Table]], problems: list[Problem]) -> None:
    """Two editions of one table may follow each other; they may not be in force on the same day."""
    by_id: dict[str, list[tuple[Source, Path, Table]]] = {}
    for placed in found:
        by_id.setdefault(placed[2].id, []).append(placed)
    for name, editions in by_id.items():
        editions.sort(key=lambda placed: placed[2].in_force.from_)
        for (_, _, older), (source, path, newer) in pairwise(editions):
            if older.in_force.to is None or older.in_force.to >= newer.in_force.from_:
                message = (
                    f"the table {name!r} has two editions in force on {newer.in_force.from_}; "
                    "close the older one with `to`"
                )
                problems.append(source.problem((*path, "in_force"), message))
