"""A set of rules as terms over one space of facts, ready for questions; the promotion of texts is settled here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any, TypeVar

import z3

from rules.callables import compiled_functions, interpreted_functions
from rules.fact_schema import FactSchema
from rules.feel import parse, paths
from rules.feel.paths import FactPath
from rules.feel.tree import Node
from rules.proof.encode import Encoder
from rules.proof.encode_calls import computed, inlined
from rules.proof.space import PromoteError, Space
from rules.proof.space_rules import SpaceRules
from rules.proof.symbols import SBool, SRecord, SStr, Term, both, either, negated
from rules.proof.tables import table_term
from rules.typed import RuleSet, TypedRule
from rules.typed_functions import TypedDefinition, TypedTable
from rules.working_days import NOTHING_PUBLISHED, Calendar, working_day_functions

T = TypeVar("T")
_texts: set[tuple[str, ...]] = set()  # facts that texts are looked into: found once, good for every later encoding


@cache
def _axiom(source: str, names: tuple[str, ...]) -> Node:
    return parse(source, names=names)


def axiom_nodes(given: SpaceRules, names: tuple[str, ...]) -> dict[str, Node]:
    """Return the parsed axioms of a space by id, each parsed once in a run."""
    return {name: _axiom(source, names) for name, source in given.axioms.items()}


@dataclass(frozen=True)
class Base:
    """What all questions about a book share: its schema, the day, parameters, tables, definitions, and the space."""

    schema: FactSchema
    day: date
    parameters: Mapping[str, Any]
    given: SpaceRules
    tables: tuple[TypedTable, ...] = ()
    definitions: tuple[TypedDefinition, ...] = ()
    calendar: Calendar = NOTHING_PUBLISHED

    @cached_property
    def functions(self) -> dict[str, Any]:
        """Return the tables, definitions and working-day functions as functions of the encoder."""
        made: dict[str, Any] = {
            name: computed(one) for name, one in working_day_functions(self.calendar).functions.items()
        }
        made |= {f"tables.{table.table.id}": table_term(table.core) for table in self.tables}
        return made | {
            f"definitions.{one.definition.id}": inlined(tuple(one.type.names), one.body) for one in self.definitions
        }

    @cached_property
    def axioms(self) -> dict[str, Node]:
        """Return the axioms of the space, by id."""
        return axiom_nodes(self.given, tuple(self.schema.scope))

    @cached_property
    def axiom_leaves(self) -> dict[str, set[FactPath]]:
        """Return what each axiom reads."""
        return {name: _leaves(self.schema, paths(node, tuple(self.schema.scope))) for name, node in self.axioms.items()}

    @cached_property
    def interpreted(self) -> dict[str, Any]:
        """Return the names besides facts that the reference evaluator needs."""
        return {"parameters": self.parameters, **interpreted_functions(*self._parts)}

    @cached_property
    def compiled(self) -> dict[str, Any]:
        """Return the names besides facts that the compiled expressions need."""
        return {"parameters": self.parameters, **compiled_functions(*self._parts)}

    @property
    def _parts(self) -> tuple[Any, ...]:
        return self.parameters, self.tables, self.definitions, self.calendar


def base_of(rule_set: RuleSet, day: date, given: SpaceRules) -> Base:
    """Return what questions about a rule set share."""
    return Base(
        rule_set.facts, day, rule_set.parameters, given, rule_set.tables, rule_set.definitions, rule_set.calendar
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The three results of a rule as terms: exactly one holds."""

    applies: SBool
    holds: SBool

    @property
    def clear(self) -> Term:
        """Hold where the rule does not stand against approval: it is satisfied or does not apply."""
        return either(self.applies.false, both(self.applies.true, self.holds.true))

    @property
    def violated(self) -> Term:
        """Hold where the rule applies and is broken."""
        return both(self.applies.true, self.holds.false)

    @property
    def undetermined(self) -> Term:
        """Hold where nobody can say."""
        return negated(either(self.clear, self.violated))


def encoded(base: Base, make: Callable[[Encoder], T], *, entries: Mapping[str, int] | None = None) -> tuple[T, Encoder]:
    """Run `make` over a new encoder, again whenever a text turns out to be looked into."""
    while True:
        space = Space(base.schema, base.day, base.given, frozenset(_texts), entries)
        encoder = Encoder(space, base.parameters, base.functions)
        try:
            return make(encoder), encoder
        except PromoteError as found:
            if not found.leaves - _texts:
                raise
            _texts.update(found.leaves)


def outcome_of(encoder: Encoder, rule: TypedRule) -> Outcome:
    """Return the terms of a rule."""
    return Outcome(encoder.condition(rule.applies), encoder.condition(rule.holds))


def of_kinds(encoder: Encoder, kinds: Iterable[str]) -> Term:
    """Say that the application is of one of these kinds; true in a book without kinds."""
    if "entity" not in encoder.space.schema.scope:
        return z3.BoolVal(val=True)
    entity = encoder.space.fact("entity")
    assert isinstance(entity, SRecord)
    kind = entity.member("kind")
    assert isinstance(kind, SStr)
    return either(
        *(z3.And(*[a == b for a, b in [encoder.space.one_sort(kind, encoder.space.literal(name))]]) for name in kinds)
    )


def axioms_of(base: Base, encoder: Encoder, read: Iterable[FactPath], *, direct: bool = False) -> dict[str, Term]:
    """Return the axioms that share a fact with what is read by their ids; unless `direct`, through other axioms too."""
    parsed, leaves = base.axioms, base.axiom_leaves
    touched = _leaves(base.schema, read)
    used: dict[str, Node] = {}
    while True:
        more = {name for name in parsed if name not in used and _meet(leaves[name], touched)}
        if not more:
            break
        for name in sorted(more):
            used[name] = parsed[name]
            touched |= set() if direct else leaves[name]
    return {name: encoder.condition(node).true for name, node in used.items()}


def _leaves(schema: FactSchema, read: Iterable[FactPath]) -> set[FactPath]:
    """Return paths with every record that stands for a person (or another linked record) as that record."""
    found: set[FactPath] = set()
    for path in read:
        record, rest = "facts", list(path)
        shown: list[str] = []
        while rest:
            name = rest.pop(0)
            if name == "*":
                continue
            shown.append(name)
            declared = str(schema.records.get(record, {}).get(name, ""))
            record = declared.removesuffix("?").removeprefix("list<").removesuffix(">")
            if record == "person":
                shown = ["person"]
        found.add(tuple(shown))
    return found


def _meet(one: set[FactPath], other: set[FactPath]) -> bool:
    return any(a[: len(b)] == b or b[: len(a)] == a for a in one if a != ("person",) for b in other if b != ("person",))


def members_read(schema: FactSchema, read: Iterable[FactPath]) -> frozenset[FactPath]:
    """Return (record, member) for every step of the paths: ("facts", "people"), ("person", "age") and so on."""
    found: set[FactPath] = set()
    for path in read:
        record = "facts"
        for name in path:
            if name == "*" or name not in schema.records.get(record, {}):
                continue
            found.add((record, name))
            record = str(schema.records[record][name]).removesuffix("?").removeprefix("list<").removesuffix(">")
    return frozenset(found)


def settle_texts(base: Base, nodes: Iterable[Node]) -> None:
    """Find out which facts texts are looked into, one expression at a time, before many are encoded together."""
    for node in nodes:
        encoded(base, lambda encoder, node=node: encoder.condition(node))  # type: ignore[misc]  # bound at once
