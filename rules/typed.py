"""Rules with their expressions parsed and typed: what the engine compiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.fact_schema import FactSchema
from rules.feel.tree import Call, Every, Name, Node, Some
from rules.freshness import LawOnFile
from rules.model import Item, LegalBasis, Rule, RuleSetIdentity
from rules.template import Template
from rules.typed_functions import Reference, TypedDefinition, TypedTable
from rules.working_days import NOTHING_PUBLISHED, Calendar


@dataclass(frozen=True, slots=True)
class Witness:
    """The loop of a rule: its elements are the places where the rule can be broken.

    `every x in LIST satisfies BODY` is broken where BODY is false, `not(some x in LIST satisfies BODY)` where it is true.
    """

    variable: str
    elements: Node
    body: Node
    broken_when: bool


@dataclass(frozen=True, slots=True)
class TypedTexts:
    """The zh and en forms of one text."""

    zh: Template
    en: Template


@dataclass(frozen=True, slots=True)
class TypedRule:
    """A rule ready to compile. `sources` are the verifiers whose answers it reads, `paths` every fact path it reads.

    Both include what it reads through `functions`, the tables and definitions that it calls, those called by them too.
    """

    rule: Rule
    applies: Node
    holds: Node
    witness: Witness | None
    at: Template
    notice: TypedTexts
    remedy: TypedTexts
    paths: frozenset[tuple[str, ...]]
    sources: frozenset[str]
    functions: frozenset[Reference] = frozenset()
    also_cited: tuple[LegalBasis, ...] = ()
    tables: tuple[TypedTable, ...] = ()  # those called, in the editions of the rule set's day

    @property
    def bases(self) -> tuple[LegalBasis, ...]:
        """Every legal basis of the rule: its own, then those of the tables that it calls."""
        return self.rule.basis + self.also_cited if self.also_cited else self.rule.basis


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What one decision runs on. `digest` names its whole content; `day` is the law date it was chosen for.

    One object may serve many days: what depends on the day alone, such as how fresh the law on file is, is asked by day.
    `law` is null only for a book of the first schema, from before there was a register (`rules.load.load`).
    """

    item: Item
    day: date
    digest: str
    rules: tuple[TypedRule, ...]
    parameters: Mapping[str, Any]
    form: Mapping[str, Any]
    scope_catalogue: Mapping[str, Mapping[str, Any]]
    facts: FactSchema
    tables: tuple[TypedTable, ...] = ()
    definitions: tuple[TypedDefinition, ...] = ()
    law: LawOnFile | None = None
    calendar: Calendar = NOTHING_PUBLISHED  # of working days; empty where no rule of the set asks for one

    @property
    def identity(self) -> RuleSetIdentity:
        """What a record needs to name this rule set."""
        return RuleSetIdentity(item=self.item.code, day=self.day, digest=self.digest)

    @property
    def sources(self) -> frozenset[str]:
        """Every verifier that some rule of the set reads."""
        return frozenset().union(*(rule.sources for rule in self.rules))


def witness_of(node: Node) -> Witness | None:
    """Find the loop of a rule's condition, if it is one loop over one list."""
    if isinstance(node, Every) and len(node.bindings) == 1:
        binding = node.bindings[0]
        return Witness(binding.name, binding.source, node.body, broken_when=False)
    if isinstance(node, Call) and node.function == Name("not") and len(node.args) == 1:
        inner = node.args[0]
        if isinstance(inner, Some) and len(inner.bindings) == 1:
            binding = inner.bindings[0]
            return Witness(binding.name, binding.source, inner.body, broken_when=True)
    return None
