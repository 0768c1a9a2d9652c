"""The mutants of decision tables and definitions: every cell, row, default, hit policy and day, every expression."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from rules import feel
from rules.feel import tree as t
from rules.feel.table import DecisionTable, HitPolicy, TableRow
from rules.functions import Definition, Table
from rules.load import RuleBook
from rules.mutation.expressions import changes
from rules.mutation.model import Ids, Mutant
from rules.mutation.places import Places
from rules.mutation.positions import Scope
from rules.mutation.text import written_node
from rules.mutation.visible import Unseen, moved, seen_during, seen_on, unseen_day, unseen_period
from rules.typed_functions import TypedDefinition, TypedTable

Key = tuple[str | int, ...]
_IN_ROW_ORDER: Final = {HitPolicy.FIRST, HitPolicy.RULE_ORDER}
_ANY_VALUE = t.UnaryTests((), negated=False)
# Only where the answer can differ: U, A and P agree on every table without overlaps of different outputs.
_POLICIES: Final[Mapping[str, tuple[str, ...]]] = {
    "F": ("U",), "P": ("F",), "R": ("O",), "O": ("R",), "C+": ("C<", "C>", "C#"), "C<": ("C>",), "C>": ("C<",),
    "C#": ("C+",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Owner:
    """A table or definition under mutation: its id, its edition, and where its parts stand."""

    entry: Table | Definition
    edition: str
    ids: Ids
    places: Places
    never: Unseen | None

    def mutant(
        self, key: Key, kind: str, texts: tuple[str, str], new: TypedTable | TypedDefinition, old: Any,
        *, at: t.Node | None = None, unseen: Unseen | None = None,
    ) -> Mutant:  # fmt: skip
        place = self.places.at(self.entry, key, at.line if at else 1, at.column if at else 1)
        return Mutant(
            id=self.ids.give(self.entry.id, self.edition, *map(str, key), kind, *texts),
            owner=self.entry.id,
            kind=kind,
            file=place.file,
            line=place.line,
            column=place.column,
            original=texts[0],
            changed=texts[1],
            function=(old, new),
            unseen=self.never or unseen,
        )


def definition_mutants(typed: TypedDefinition, scope: Scope, places: Places) -> Iterator[Mutant]:
    """Yield every mutant of a definition's expression."""
    owner = _Owner(typed.definition, "", Ids(), places, None)
    inner = {**scope, **dict(zip(typed.type.names, typed.type.parameters, strict=True))}
    for kind, spot, new, mutated in changes(typed.body, inner):
        if _types(mutated, inner):
            texts = (written_node(spot.node), written_node(new))
            yield owner.mutant(("expression",), kind, texts, replace(typed, body=mutated), typed, at=spot.node)


def table_mutants(typed: TypedTable, book: RuleBook, scope: Scope, places: Places) -> Iterator[Mutant]:
    """Yield every mutant of one edition of a table."""
    table, core = typed.table, typed.core
    never = None if seen_during(book, table.in_force) else unseen_period(table.in_force)
    owner = _Owner(table, table.in_force.from_.isoformat(), Ids(), places, never)
    inner = {**scope, **{column.name: column.type for column in core.inputs}}
    for key, kind, texts, changed, node in _core_mutants(core, inner):
        yield owner.mutant(key, kind, texts, replace(typed, core=changed), typed, at=node)
    others = [one.table.in_force for one in book.functions.tables if one.table.id == table.id and one is not typed]
    for period, day in moved(table.in_force):
        if any(other.holds_on(day) for other in others):
            continue
        changed_table = replace(typed, table=table.model_copy(update={"in_force": period}))
        texts = (str(table.in_force), str(period))
        unseen = None if seen_on(book, day) else unseen_day(day)
        yield owner.mutant(("in_force",), "in_force", texts, changed_table, typed, unseen=unseen)


_Change = tuple[Key, str, tuple[str, str], DecisionTable, t.Node | None]


def _core_mutants(core: DecisionTable, scope: Scope) -> Iterator[_Change]:
    for index, row in enumerate(core.rows):
        for place, cell in enumerate(row.when):
            column = {**scope, "?": core.inputs[place].type}
            for node, new, mutated in _cells(cell, column):
                when = (*row.when[:place], mutated, *row.when[place + 1 :])
                changed = _with_row(core, index, replace(row, when=when))
                yield ("rows", index, "when", place), "cell", (written_node(node), written_node(new)), changed, node
        for place, result in enumerate(row.then):
            for _, spot, new, whole in changes(result, scope):
                then = (*row.then[:place], whole, *row.then[place + 1 :])
                texts = (written_node(spot.node), written_node(new))
                changed = _with_row(core, index, replace(row, then=then))
                yield ("rows", index, "then", place), "cell", texts, changed, spot.node
        if len(core.rows) > 1:
            rows = (*core.rows[:index], *core.rows[index + 1 :])
            yield ("rows", index), "row", (_row(row), "—"), replace(core, rows=rows), None
    yield from _swapped(core)
    for place, value in enumerate(core.default or ()):
        for _, spot, new, whole in changes(value, scope):
            default = (*(core.default or ())[:place], whole, *(core.default or ())[place + 1 :])
            texts = (written_node(spot.node), written_node(new))
            yield ("default", place), "cell", texts, replace(core, default=default), spot.node
    for policy in _POLICIES.get(core.hit_policy.value, ()):
        texts = (core.hit_policy.value, policy)
        yield ("hit_policy",), "hit_policy", texts, replace(core, hit_policy=HitPolicy(policy)), None


def _swapped(core: DecisionTable) -> Iterator[_Change]:
    """Yield the table with two neighbouring rows in the other order, where the order of rows is told or decides."""
    if core.hit_policy not in _IN_ROW_ORDER:
        return
    for index, (row, after) in enumerate(pairwise(core.rows)):
        if row.then == after.then:
            continue  # whichever of the two comes first, it says the same
        rows = (*core.rows[:index], after, row, *core.rows[index + 2 :])
        texts = (f"{_row(row)}; {_row(after)}", f"{_row(after)}; {_row(row)}")
        yield ("rows", index), "order", texts, replace(core, rows=rows), None


def _cells(cell: t.UnaryTests, scope: Scope) -> Iterator[tuple[t.Node, t.Node, t.UnaryTests]]:
    """Yield (node, what stands there instead, whole cell) for a cell of an input."""
    if not cell.tests:
        return
    yield cell, _ANY_VALUE, _ANY_VALUE
    if len(cell.tests) > 1:
        for index in range(len(cell.tests)):
            fewer = replace(cell, tests=(*cell.tests[:index], *cell.tests[index + 1 :]))
            yield cell, fewer, fewer
    for _, spot, new, whole in changes(cell, scope, condition=False):
        if isinstance(whole, t.UnaryTests) and _types(whole, scope):
            yield spot.node, new, whole


def _with_row(core: DecisionTable, index: int, row: TableRow) -> DecisionTable:
    return replace(core, rows=(*core.rows[:index], row, *core.rows[index + 1 :]))


def _row(row: TableRow) -> str:
    return f"{' | '.join(map(written_node, row.when))} → {' | '.join(map(written_node, row.then))}"


def _types(root: t.Node, scope: Scope) -> bool:
    try:
        feel.infer(root, scope)
    except feel.FeelError:
        return False
    return True
