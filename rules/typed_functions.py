"""Tables and definitions with their expressions parsed and typed, and what a rule reads through a call of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from rules import feel
from rules.feel.table import DecisionTable
from rules.feel.tree import BooleanLiteral, Call, Filter, ListNode, Name, Node, Path, walk
from rules.feel.types import FunctionType
from rules.functions import Definition, Table
from rules.working_days import NAMES, TYPES

KINDS = ("tables", "definitions")
CALENDAR = "calendar"  # the kind of a function that asks the calendar of working days
Reference = tuple[str, str]  # ("tables", "board_of_supervisors"), ("calendar", "add working days")


@dataclass(frozen=True, slots=True)
class Reads:
    """What a function reads: steps below each of its arguments, and paths that begin outside (of `parameters`).

    `counted` are the steps that it counts with `count()`, which a missing answer must not reach.
    """

    below: frozenset[tuple[int, tuple[str, ...]]] = frozenset()
    outside: frozenset[tuple[str, ...]] = frozenset()
    counted: frozenset[tuple[int, tuple[str, ...]]] = frozenset()


@dataclass(frozen=True, slots=True)
class TypedTable:
    """One edition of a table, ready to compile; `calls` are the functions that its cells call themselves."""

    table: Table
    core: DecisionTable
    calls: frozenset[Reference] = frozenset()


@dataclass(frozen=True, slots=True)
class TypedDefinition:
    """A definition, ready to compile."""

    definition: Definition
    body: Node
    type: FunctionType
    calls: frozenset[Reference] = frozenset()


@dataclass(frozen=True, slots=True)
class Functions:
    """All functions of a book by id: editions of tables, definitions, and what each reads.

    `types` is the scope that they add to expressions: the contexts `tables` and `definitions`.
    """

    tables: tuple[TypedTable, ...] = ()
    definitions: tuple[TypedDefinition, ...] = ()
    types: Mapping[str, feel.Type] = field(default_factory=dict)
    reads: Mapping[Reference, Reads] = field(default_factory=dict)

    def called(self, *nodes: Node) -> frozenset[Reference]:
        """Return every function that expressions call, through other functions too."""
        pending = [reference for node in nodes for _, reference in calls_in(node)]
        found: set[Reference] = set()
        while pending:
            reference = pending.pop()
            if reference in found:
                continue
            found.add(reference)
            pending.extend(self._calls_of(reference))
        return frozenset(found)

    def _calls_of(self, reference: Reference) -> Iterator[Reference]:
        kind, name = reference
        if kind == "tables":
            for table in self.tables:
                if table.table.id == name:
                    yield from table.calls
        else:
            for definition in self.definitions:
                if definition.definition.id == name:
                    yield from definition.calls

    def asks_calendar(self, node: Node) -> bool:
        """Tell whether an expression asks the calendar of working days, through definitions too."""
        return any(kind == CALENDAR for kind, _ in self.called(node))

    def _declared(self, reference: Reference) -> feel.Type | None:
        kind, name = reference
        if kind == CALENDAR:
            return TYPES[name]
        context = self.types.get(kind)
        return context.fields.get(name) if isinstance(context, feel.ContextType) else None

    def read_through(self, node: Node) -> Node:
        """Return an expression over facts alone that reads what `node` reads: each call gives way to what it reads.

        The result is for `feel.paths` and for looking at; it means nothing.
        """

        def change(found: Node) -> Node:
            reference = reference_of(found)
            if reference is None or not isinstance(found, Call):
                return found
            args = _in_order(found, self._declared(reference))
            reads = self.reads.get(reference, Reads())
            read = [stepped(args[index], steps) for index, steps in sorted(reads.below) if index < len(args)]
            read += [stepped(Name(path[0]), path[1:]) for path in sorted(reads.outside)]
            read += [
                Call(Name("count"), (stepped(args[index], steps),), line=found.line, column=found.column)
                for index, steps in sorted(reads.counted)
                if index < len(args)
            ]
            return ListNode((*args, *read), line=found.line, column=found.column)

        return rebuilt(node, change)


NO_FUNCTIONS = Functions()


def reference_of(node: Node) -> Reference | None:
    """Return the function of the book that a call or a mention `tables.x` names.

    >>> reference_of(feel.parse('tables.fees("a")', ["tables"]))
    ('tables', 'fees')
    """
    named = node.function if isinstance(node, Call) else node
    if isinstance(named, Path) and isinstance(named.source, Name) and named.source.name in KINDS:
        return named.source.name, named.name
    if isinstance(named, Name) and named.name in NAMES:
        return CALENDAR, named.name
    return None


def calls_in(node: Node) -> Iterator[tuple[Node, Reference]]:
    """Yield every mention of a function of the book, with its node; a call is a mention."""
    for found in walk(node):
        reference = None if isinstance(found, Call) else reference_of(found)
        if reference is not None:
            yield found, reference


def stepped(node: Node, steps: Iterable[str]) -> Node:
    """Return the node that reads `steps` below `node`; `*` stands for the elements of a list."""
    for step in steps:
        node = Filter(node, BooleanLiteral(value=True)) if step == "*" else Path(node, step)
    return node


def _in_order(call: Call, declared: feel.Type | None) -> tuple[Node, ...]:
    if not call.named:
        return call.args
    given = {argument.name: argument.value for argument in call.named}
    names = declared.names if isinstance(declared, FunctionType) else ()
    return tuple(given[wanted] for wanted in names if wanted in given)


def rebuilt(node: Node, change: Any) -> Node:
    """Return a copy of a tree in which every node is what `change` makes of it, children first."""
    parts: dict[str, Any] = {}
    for spec in fields(node):
        value = getattr(node, spec.name)
        if isinstance(value, Node):
            parts[spec.name] = rebuilt(value, change)
        elif isinstance(value, tuple) and any(isinstance(part, Node) for part in value):
            parts[spec.name] = tuple(rebuilt(part, change) if isinstance(part, Node) else part for part in value)
    changed: Node = change(replace(node, **parts) if parts else node)
    return changed


def reads_of(names: tuple[str, ...], nodes: Iterable[Node], functions: Functions) -> Reads:
    """Return what expressions over the arguments `names` read, through the functions known so far too."""
    places = {name: index for index, name in enumerate(names)}
    below: set[tuple[int, tuple[str, ...]]] = set()
    outside: set[tuple[str, ...]] = set()
    counted: set[tuple[int, tuple[str, ...]]] = set()
    for node in nodes:
        plain = functions.read_through(node)
        for path in feel.paths(plain):
            if path[0] in places:
                below.add((places[path[0]], path[1:]))
            elif path[0] == "parameters":
                outside.add(path)
        for call in walk(plain):
            if isinstance(call, Call) and call.function == Name("count"):
                for path in feel.paths(call):
                    if path[0] in places:
                        counted.add((places[path[0]], path[1:]))
    return Reads(frozenset(below), frozenset(outside), frozenset(counted))
