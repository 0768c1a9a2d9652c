"""From a typed FEEL expression to z3 terms, with FEEL's three values: the term and the condition that it is null.

What has no exact term becomes a free symbol, the same one for equal subexpressions, and is noted in `outside`: proofs
over it stay sound, since the symbol may take any value; a witness over it may be no witness, and is told as undecided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import z3

from rules.feel import tree as t
from rules.feel import types
from rules.feel.errors import FeelError
from rules.feel.infer import infer
from rules.feel.interpret import interpret
from rules.feel.temporal import DaysTime, YearsMonths, day_number
from rules.proof import days
from rules.proof.encode_calls import call_term
from rules.proof.encode_lists import filtered, looped, mapped_path, quantified
from rules.proof.encode_operators import added, compared, contained, scaled
from rules.proof.space import Space, type_of
from rules.proof.symbols import (
    FALSE,
    TRUE,
    Outside,
    SBool,
    SDate,
    SList,
    SMonths,
    SNanos,
    SNull,
    SNum,
    SRange,
    SRecord,
    SStr,
    Sym,
    both,
    chosen,
    either,
    known,
    merged,
    negated,
)
from rules.working_days import NAMES, TYPES

Env = Mapping[str, Sym]
Applied = Callable[["Encoder", list[Sym], t.Call], Sym]


@dataclass(slots=True)
class Encoder:
    """Encodes over the symbols of `space`. `functions` are tables and definitions by their full name.

    `forced` replaces the value of single nodes (by identity), to ask what a condition changes; `seen` keeps the values
    that watched nodes took, one for each entry of a list they were asked for.
    """

    space: Space
    parameters: Mapping[str, Any]
    functions: Mapping[str, Applied] = field(default_factory=dict)
    forced: dict[int, bool] = field(default_factory=dict)
    watched: frozenset[int] = frozenset()
    seen: dict[int, list[SBool]] = field(default_factory=dict)
    outside: dict[t.Node, str] = field(default_factory=dict)
    inexact: dict[t.Node, str] = field(default_factory=dict)

    def encode(self, node: t.Node, env: Env | None = None) -> Sym:
        """Return the term of `node`. Raises `Outside` only where not even a free symbol fits."""
        env = env if env is not None else {}
        if id(node) in self.forced:
            return known(self.forced[id(node)])
        try:
            value = _RULES[type(node)](self, node, env)
        except Outside as limit:
            value = self._free(node, env, limit.reason)
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

    def constant(self, value: Any) -> Sym:  # noqa: PLR0911 (one for each kind of value)
        """Return the term of a known FEEL value. Raises `Outside`."""
        if value is None:
            return SNull(TRUE)
        if isinstance(value, bool):
            return known(value)
        if isinstance(value, int | Decimal):
            whole = value == int(value)
            return SNum(FALSE, z3.IntVal(int(value)) if whole else z3.RealVal(str(value)))
        if isinstance(value, str):
            return self.space.literal(value)
        if isinstance(value, YearsMonths):
            return SMonths(FALSE, z3.IntVal(value.months))
        if isinstance(value, DaysTime):
            return SNanos(FALSE, z3.IntVal(value.nanos))
        if isinstance(value, list | tuple):
            return SList(FALSE, tuple((TRUE, self.constant(item)) for item in value))
        if isinstance(value, Mapping):
            return SRecord(FALSE, tuple(value), lambda name: self.constant(value[name]))
        if type(value).__name__ in {"date", "FarDate"}:
            return days.known_day(day_number(value), FALSE)
        raise Outside(f"a known {type(value).__name__} has no term")

    def _free(self, node: t.Node, env: Env, reason: str) -> Sym:
        """Return a symbol that may be anything of the node's type, and note it. Raises `Outside` for a list."""
        try:
            declared = infer(node, {**self.space.schema.scope, **TYPES, "parameters": types.ANY,
                                    **{name: type_of(value) for name, value in env.items()}})  # fmt: skip
        except FeelError:
            declared = types.ANY
        used = sorted({part.name for part in t.walk(node) if isinstance(part, t.Name) and part.name in env})
        place = f"outside {node!r} {[id(env[name]) for name in used]}"
        makers: Mapping[types.Type, Callable[[Any], Sym]] = {
            types.BOOLEAN: lambda null: SBool(null, z3.Bool(place)),
            types.NUMBER: lambda null: SNum(null, z3.Real(place)),
            types.STRING: lambda null: SStr(null, z3.String(place)),
            types.DATE: lambda null: SDate(null, lambda: z3.Int(place)),
        }
        if declared not in makers:
            raise Outside(reason)
        self.outside.setdefault(node, reason)
        return makers[declared](z3.Bool(f"{place}?"))


def as_boolean(value: Sym) -> SBool:
    """Return a condition; what is no boolean counts as null, as `and` and `or` take it."""
    return value if isinstance(value, SBool) else SBool(TRUE, FALSE)


def _folded(encoder: Encoder, node: t.Node, env: Env) -> Sym | None:
    """Return the value of an expression without facts: FEEL itself computes it."""
    names = {part.name for part in t.walk(node) if isinstance(part, t.Name)}
    if names & (set(env) | set(encoder.space.schema.scope) | {"?", "item", "tables", "definitions"} | NAMES):
        return None
    loops = {
        binding.name for part in t.walk(node) if isinstance(part, t.Some | t.Every | t.For) for binding in part.bindings
    }
    if loops or any(isinstance(part, t.Filter | t.FunctionNode) for part in t.walk(node)):
        return None
    return encoder.constant(interpret(node, {"parameters": encoder.parameters}))


def _and(encoder: Encoder, node: t.And, env: Env) -> Sym:
    left, right = encoder.condition(node.left, env), encoder.condition(node.right, env)
    false = either(left.false, right.false)
    true = both(left.true, right.true)
    return SBool(negated(either(true, false)), true)


def _or(encoder: Encoder, node: t.Or, env: Env) -> Sym:
    left, right = encoder.condition(node.left, env), encoder.condition(node.right, env)
    true = either(left.true, right.true)
    false = both(left.false, right.false)
    return SBool(negated(either(true, false)), true)


def _if(encoder: Encoder, node: t.If, env: Env) -> Sym:
    condition = encoder.condition(node.condition, env)
    then, otherwise = encoder.encode(node.then, env), encoder.encode(node.otherwise, env)
    return merged(condition.true, then, otherwise, encoder.space.one_sort)


def _path(encoder: Encoder, node: t.Path, env: Env) -> Sym:
    owner = encoder.encode(node.source, env)
    if isinstance(owner, SList):
        return mapped_path(owner, node.name)
    if isinstance(owner, SRecord):
        return owner.member(node.name)
    if isinstance(owner, SDate) and node.name in {"year", "month", "day"}:
        position = ("year", "month", "day").index(node.name)
        return SNum(owner.null, days.parts(owner.value())[position])
    if isinstance(owner, SNull):
        return owner
    raise Outside(f"the member {node.name} of this value has no term")


def _arithmetic(encoder: Encoder, node: t.Arithmetic, env: Env) -> Sym:
    left, right = encoder.encode(node.left, env), encoder.encode(node.right, env)
    if isinstance(left, SNull) or isinstance(right, SNull):
        return SNull(TRUE)
    if node.op in {"+", "-"}:
        return added(encoder, node, left, right)
    return scaled(encoder, node, left, right)


def _negate(encoder: Encoder, node: t.Negate, env: Env) -> Sym:
    operand = encoder.encode(node.operand, env)
    if isinstance(operand, SNum | SMonths | SNanos):
        return type(operand)(operand.null, -operand.value)
    raise Outside("the negative of this value has no term")


def _between(encoder: Encoder, node: t.Between, env: Env) -> Sym:
    value = encoder.encode(node.value, env)
    low = compared(encoder, "<=", encoder.encode(node.low, env), value)
    high = compared(encoder, "<=", value, encoder.encode(node.high, env))
    false, true = either(low.false, high.false), both(low.true, high.true)
    return SBool(negated(either(true, false)), true)


def _one_holds(encoder: Encoder, value: Sym, tests: tuple[t.Node, ...], env: Env) -> SBool:
    answers = []
    for test in tests:
        mentions = any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(test))
        tested = encoder.encode(test, {**env, "?": value} if mentions else env)
        answers.append(tested if mentions and isinstance(tested, SBool) else contained(encoder, value, tested))
    true = either(*(answer.true for answer in answers))
    null = both(negated(true), either(*(answer.null for answer in answers)))
    return SBool(null, true)


def _unary_tests(encoder: Encoder, node: t.UnaryTests, env: Env) -> Sym:
    if not node.tests:
        return known(value=True)
    found = _one_holds(encoder, env["?"], node.tests, env)
    return SBool(found.null, negated(found.value)) if node.negated else found


def _unary_test(encoder: Encoder, node: t.UnaryTest, env: Env) -> Sym:
    end = encoder.encode(node.operand, env)
    if node.op in {"=", "!="}:
        return SRange(FALSE, end, end, low_closed=True, high_closed=True, op=node.op)
    closed = len(node.op) == 2
    if node.op.startswith("<"):
        return SRange(end.null, None, end, low_closed=False, high_closed=closed)
    return SRange(end.null, end, None, low_closed=closed, high_closed=False)


def _range(encoder: Encoder, node: t.RangeNode, env: Env) -> Sym:
    low, high = encoder.encode(node.low, env), encoder.encode(node.high, env)
    return SRange(FALSE, low, high, node.low_closed, node.high_closed)


def _context(encoder: Encoder, node: t.ContextNode, env: Env) -> Sym:
    made: dict[str, Sym] = {}
    for entry in node.entries:
        made[entry.key] = encoder.encode(entry.value, {**env, **made})
    return SRecord(FALSE, tuple(made), made.__getitem__)


def _list(encoder: Encoder, node: t.ListNode, env: Env) -> Sym:
    return SList(FALSE, tuple((TRUE, encoder.encode(item, env)) for item in node.items))


def _compare(encoder: Encoder, node: t.Compare, env: Env) -> Sym:
    return compared(encoder, node.op, encoder.encode(node.left, env), encoder.encode(node.right, env))


def _literal(encoder: Encoder, node: t.Node, _env: Env) -> Sym:
    return encoder.constant(interpret(node, {}))


def _call(encoder: Encoder, node: t.Call, env: Env) -> Sym:
    folded = _folded(encoder, node, env)
    return folded if folded is not None else call_term(encoder, node, env)


def _outside(_encoder: Encoder, node: t.Node, _env: Env) -> Sym:
    raise Outside(f"{type(node).__name__} has no term")


_RULES: Mapping[type[t.Node], Callable[[Encoder, Any, Env], Sym]] = {
    t.NullLiteral: _literal,
    t.BooleanLiteral: _literal,
    t.NumberLiteral: _literal,
    t.StringLiteral: _literal,
    t.TemporalLiteral: _literal,
    t.Name: lambda encoder, node, env: encoder.name_of(node.name, env),
    t.Path: _path,
    t.Filter: filtered,
    t.And: _and,
    t.Or: _or,
    t.Compare: _compare,
    t.Between: _between,
    t.In: lambda encoder, node, env: _one_holds(encoder, encoder.encode(node.value, env), node.tests, env),
    t.UnaryTest: _unary_test,
    t.UnaryTests: _unary_tests,
    t.Arithmetic: _arithmetic,
    t.Negate: _negate,
    t.If: _if,
    t.For: looped,
    t.Some: quantified,
    t.Every: quantified,
    t.ListNode: _list,
    t.ContextNode: _context,
    t.RangeNode: _range,
    t.Call: _call,
    t.InstanceOf: _outside,
    t.FunctionNode: _outside,
}

__all__ = ["Encoder", "Env", "as_boolean", "chosen"]
