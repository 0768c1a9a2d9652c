"""A rule set's conditions, split into atoms and the boolean structure over them.

An atom is a maximal expression that is not `and`, `or` or `not`: a comparison, a quantifier over a list, a boolean
fact. Atoms are computed in Python by the closures of `rules.feel`; equal atoms of different rules are computed once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.boolean import FALSE, TRUE, UNKNOWN, Atom, Both, Either, Fixed, Negated, Structure
from rules import feel
from rules.feel.tree import And, BooleanLiteral, Call, Name, Node, NullLiteral, Or
from rules.typed import TypedRule


@dataclass(frozen=True, slots=True)
class RuleStructure:
    """The two conditions of one rule as boolean structures."""

    rule: TypedRule
    applies: Structure
    holds: Structure


@dataclass(frozen=True, slots=True)
class AtomTable:
    """The atoms of a rule set, by index, and the structures over them."""

    nodes: tuple[Node, ...]
    closures: tuple[Callable[[Mapping[str, Any]], Any], ...]
    structures: tuple[RuleStructure, ...]

    def evaluate(self, scope: Mapping[str, Any]) -> list[bool | None]:
        """Return the value of every atom; what is neither true nor false, or cannot be computed, is unknown."""
        values: list[bool | None] = []
        for closure in self.closures:
            try:
                value = closure(scope)
            except feel.FeelError:
                value = None  # beyond a limit of the language: nobody can say, and nobody approves
            values.append(value if value is True or value is False else None)
        return values


def atom_table(rules: tuple[TypedRule, ...]) -> AtomTable:
    """Split the conditions of all rules."""
    indexes: dict[Node, int] = {}
    structures = tuple(
        RuleStructure(rule, _structure(rule.applies, indexes), _structure(rule.holds, indexes)) for rule in rules
    )
    nodes = tuple(indexes)
    return AtomTable(nodes, tuple(feel.compile_node(node) for node in nodes), structures)


def _structure(node: Node, indexes: dict[Node, int]) -> Structure:
    match node:
        case And(left, right):
            return Both(_structure(left, indexes), _structure(right, indexes))
        case Or(left, right):
            return Either(_structure(left, indexes), _structure(right, indexes))
        case BooleanLiteral(value):
            return Fixed(TRUE if value else FALSE)
        case NullLiteral():
            return Fixed(UNKNOWN)
        case Call(Name("not"), (operand,), ()):
            return Negated(_structure(operand, indexes))
        case _:
            return Atom(indexes.setdefault(node, len(indexes)))
