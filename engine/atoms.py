"""A rule set's conditions, split into atoms and the boolean structure over them.

An atom is a maximal expression that is not `and`, `or` or `not`: a comparison, a quantifier over a list, a boolean
fact. Atoms are computed in Python by the closures of `rules.feel`; equal atoms of different rules are computed once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from engine.boolean import FALSE, TRUE, UNKNOWN, Atom, Both, Either, Fixed, Negated, Structure
from rules import feel
from rules.feel.limits import allowances
from rules.feel.tree import (
    And,
    Binding,
    BooleanLiteral,
    Call,
    ContextEntry,
    ListNode,
    Name,
    Node,
    NullLiteral,
    NumberLiteral,
    Or,
    Parameter,
    Path,
    StringLiteral,
    children,
)
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
        with allowances() as renew:
            for closure in self.closures:
                renew()
                try:
                    value = closure(scope)
                except feel.FeelDepthError:
                    raise  # this program's own stack ran out: that says nothing about the applicant
                except feel.FeelError:
                    value = None  # beyond a limit of the language: nobody can say, and nobody approves
                values.append(value if value is True or value is False else None)
        return values


def atom_table(rules: tuple[TypedRule, ...], parameters: Mapping[str, Any] = MappingProxyType({})) -> AtomTable:
    """Split the conditions of all rules; the values of `parameters` are compiled into the closures."""
    indexes: dict[Node, int] = {}
    structures = tuple(
        RuleStructure(rule, _structure(rule.applies, indexes), _structure(rule.holds, indexes)) for rule in rules
    )
    nodes = tuple(indexes)
    return AtomTable(nodes, tuple(feel.compile_node(_with_values(node, parameters)) for node in nodes), structures)


def _with_values(node: Node, parameters: Mapping[str, Any]) -> Node:
    """Write the values of parameters into an expression, so that the compiler sees constants."""
    if isinstance(node, Path) and node.source == _PARAMETERS:
        literal = _literal(parameters.get(node.name))
        return node if literal is None else literal
    if any(_binds_parameters(part) for part in children(node)):
        return node  # the name means something else inside
    changed: dict[str, Any] = {}
    for spec in fields(node):
        value = getattr(node, spec.name)
        if isinstance(value, Node):
            changed[spec.name] = _with_values(value, parameters)
        elif isinstance(value, tuple) and any(isinstance(part, Node) for part in value):
            changed[spec.name] = tuple(_with_values(part, parameters) for part in value)
    return replace(node, **changed) if changed else node


_PARAMETERS = Name("parameters")


def _binds_parameters(node: Node) -> bool:
    name = node.key if isinstance(node, ContextEntry) else node.name if isinstance(node, Binding | Parameter) else ""
    return name == _PARAMETERS.name


def _literal(value: Any) -> Node | None:
    if value is True or value is False:
        return BooleanLiteral(value)
    if type(value) is int or type(value) is Decimal:
        return NumberLiteral(Decimal(value)) if value >= 0 else None
    if type(value) is str:
        return StringLiteral(value)
    if isinstance(value, list | tuple) and all(type(part) is str for part in value):
        return ListNode(tuple(StringLiteral(part) for part in value))
    return None


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
