"""Terms of values: members, arithmetic, ranges, contexts and lists."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.feel import tree as t
from rules.proof import days
from rules.proof.encode_lists import mapped_path
from rules.proof.encode_operators import added, scaled
from rules.proof.symbols import (
    FALSE,
    TRUE,
    Outside,
    SDate,
    SList,
    SMonths,
    SNanos,
    SNull,
    SNum,
    SRange,
    SRecord,
    Sym,
)

if TYPE_CHECKING:
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


def path(encoder: "Encoder", node: t.Path, env: Env) -> Sym:
    """Return the term of a member. Raises `Outside`."""
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


def arithmetic(encoder: "Encoder", node: t.Arithmetic, env: Env) -> Sym:
    """Return the term of a calculation. Raises `Outside`."""
    left, right = encoder.encode(node.left, env), encoder.encode(node.right, env)
    if isinstance(left, SNull) or isinstance(right, SNull):
        return SNull(TRUE)
    if node.op in {"+", "-"}:
        return added(encoder, node, left, right)
    return scaled(encoder, node, left, right)


def negate(encoder: "Encoder", node: t.Negate, env: Env) -> Sym:
    """Return the term of a negative. Raises `Outside`."""
    operand = encoder.encode(node.operand, env)
    if isinstance(operand, SNum | SMonths | SNanos):
        return type(operand)(operand.null, -operand.value)
    raise Outside("the negative of this value has no term")


def unary_test(encoder: "Encoder", node: t.UnaryTest, env: Env) -> Sym:
    """Return the values that one test lets through, as a range; with a bound that is null nobody can say which."""
    end = encoder.encode(node.operand, env)
    if node.op in {"=", "!="}:
        return SRange(FALSE, end, end, low_closed=True, high_closed=True, op=node.op)
    closed = len(node.op) == 2
    if node.op.startswith("<"):
        return SRange(FALSE, None, end, low_closed=False, high_closed=closed)
    return SRange(FALSE, end, None, low_closed=closed, high_closed=False)


def interval(encoder: "Encoder", node: t.RangeNode, env: Env) -> Sym:
    """Return the term of a range."""
    low, high = encoder.encode(node.low, env), encoder.encode(node.high, env)
    return SRange(FALSE, low, high, node.low_closed, node.high_closed)


def context(encoder: "Encoder", node: t.ContextNode, env: Env) -> Sym:
    """Return the term of a context; each entry sees those before it."""
    made: dict[str, Sym] = {}
    for entry in node.entries:
        made[entry.key] = encoder.encode(entry.value, {**env, **made})
    return SRecord(FALSE, tuple(made), made.__getitem__)


def list_of(encoder: "Encoder", node: t.ListNode, env: Env) -> Sym:
    """Return the term of a list."""
    return SList(FALSE, tuple((TRUE, encoder.encode(item, env)) for item in node.items))
