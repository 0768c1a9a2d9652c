"""From a typed FEEL expression to z3 terms, with FEEL's three values: the term and the condition that it is null.

What has no exact term becomes a free symbol, the same one for equal subexpressions, and is noted in `outside`: proofs
over it stay sound, since the symbol may take any value; a witness over it may be no witness, and is told as undecided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.feel import tree as t
from rules.feel.interpret import interpret
from rules.proof.encode_calls import call_term
from rules.proof.encode_conditions import (
    between,
    comparison,
    conditional,
    conjunction,
    disjunction,
    membership,
    unary_tests,
)
from rules.proof.encode_free import free_symbol
from rules.proof.encode_known import folded, known_term
from rules.proof.encode_lists import filtered, looped, quantified
from rules.proof.encode_values import arithmetic, context, interval, list_of, negate, path, unary_test
from rules.proof.space import Space
from rules.proof.symbols import FALSE, TRUE, Outside, SBool, SNull, Sym, known

Env = Mapping[str, Sym]
Bound = tuple[tuple[str, int], ...]
Applied = Callable[["Encoder", list[Sym], t.Call], Sym]


@dataclass(slots=True)
class Encoder:
    """Encodes over the symbols of `space`. `functions` are tables and definitions by their full name.

    `forced` replaces the value of single nodes (by identity), to ask what a condition changes; `seen` keeps the values
    that watched nodes took, one for each entry of a list they were asked for; `held` are values told apart by identity.
    `made` remembers the term of every expression for what its names are bound to: the same condition is asked for often.
    """

    space: Space
    parameters: Mapping[str, Any]
    functions: Mapping[str, Applied] = field(default_factory=dict)
    forced: dict[int, bool] = field(default_factory=dict)
    watched: frozenset[int] = frozenset()
    seen: dict[int, list[SBool]] = field(default_factory=dict)
    outside: dict[t.Node, str] = field(default_factory=dict)
    inexact: dict[t.Node, str] = field(default_factory=dict)
    held: list[Sym] = field(default_factory=list)
    made: dict[tuple[int, Bound], tuple[Sym, t.Node, list[Sym]]] = field(default_factory=dict)
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    below: dict[int, frozenset[int]] = field(default_factory=dict)

    def encode(self, node: t.Node, env: Env | None = None) -> Sym:
        """Return the term of `node`. Raises `Outside` only where not even a free symbol fits."""
        env = env if env is not None else {}
        if id(node) in self.forced:
            return known(self.forced[id(node)])
        if self.watched or (self.forced and not self._below(node).isdisjoint(self.forced)):
            return self._encoded(node, env)
        bound = tuple((name, id(env[name])) for name in self._names(node) if name in env)
        key = (id(node), bound)
        if key not in self.made:
            # What the key tells by identity is kept, so that no other object can come to have it.
            self.made[key] = self._encoded(node, env), node, [env[name] for name, _ in bound]
        return self.made[key][0]

    def _names(self, node: t.Node) -> tuple[str, ...]:
        """Return the names in an expression: what its term can depend on besides the facts."""
        if id(node) not in self.names:
            found = {part.name for part in t.walk(node) if isinstance(part, t.Name)}
            self.names[id(node)] = tuple(sorted(found | {"?"}))  # a cell such as `< 5` tests `?` without naming it
        return self.names[id(node)]

    def _below(self, node: t.Node) -> frozenset[int]:
        """Return the identities of an expression and all its parts."""
        if id(node) not in self.below:
            self.below[id(node)] = frozenset(id(part) for part in t.walk(node))
        return self.below[id(node)]

    def _encoded(self, node: t.Node, env: Env) -> Sym:
        try:
            value = _RULES[type(node)](self, node, env)
        except Outside as limit:
            value = free_symbol(self, node, env, limit.reason)
        if id(node) in self.watched and isinstance(value, SBool | SNull):
            self.seen.setdefault(id(node), []).append(as_boolean(value))
        return value

    def condition(self, node: t.Node, env: Env | None = None) -> SBool:
        """Return the term of a condition."""
        return as_boolean(self.encode(node, env))

    def name_of(self, name: str, env: Env) -> Sym:
        """Return what a name stands for. Raises `Outside`."""
        if name in env:
            return env[name]
        if name == "parameters":
            return self.constant(self.parameters)
        if name in self.space.schema.scope:
            return self.space.fact(name)
        raise Outside(f"{name} is a function, used as a value")

    def constant(self, value: Any) -> Sym:
        """Return the term of a known FEEL value. Raises `Outside`."""
        return known_term(self, value)


def as_boolean(value: Sym) -> SBool:
    """Return a condition; what is no boolean counts as null, as `and` and `or` take it."""
    return value if isinstance(value, SBool) else SBool(TRUE, FALSE)


def _literal(encoder: Encoder, node: t.Node, _env: Env) -> Sym:
    return known_term(encoder, interpret(node, {}))


def _call(encoder: Encoder, node: t.Call, env: Env) -> Sym:
    value = folded(encoder, node, env)
    return value if value is not None else call_term(encoder, node, env)


def _outside(_encoder: Encoder, node: t.Node, _env: Env) -> Sym:
    raise Outside(f"{type(node).__name__} has no term")


_RULES: Mapping[type[t.Node], Callable[[Encoder, Any, Env], Sym]] = {
    t.NullLiteral: _literal,
    t.BooleanLiteral: _literal,
    t.NumberLiteral: _literal,
    t.StringLiteral: _literal,
    t.TemporalLiteral: _literal,
    t.Name: lambda encoder, node, env: encoder.name_of(node.name, env),
    t.Path: path,
    t.Filter: filtered,
    t.And: conjunction,
    t.Or: disjunction,
    t.Compare: comparison,
    t.Between: between,
    t.In: membership,
    t.UnaryTest: unary_test,
    t.UnaryTests: unary_tests,
    t.Arithmetic: arithmetic,
    t.Negate: negate,
    t.If: conditional,
    t.For: looped,
    t.Some: quantified,
    t.Every: quantified,
    t.ListNode: list_of,
    t.ContextNode: context,
    t.RangeNode: interval,
    t.Call: _call,
    t.InstanceOf: _outside,
    t.FunctionNode: _outside,
}
