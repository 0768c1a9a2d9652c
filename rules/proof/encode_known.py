"""Terms of what is known without any fact: constants, parameters, and expressions that FEEL itself computes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import z3

from rules.feel import tree as t
from rules.feel.interpret import interpret
from rules.feel.temporal import DaysTime, YearsMonths, day_number
from rules.proof import days
from rules.proof.symbols import FALSE, TRUE, Outside, SList, SMonths, SNanos, SNull, SNum, SRecord, Sym, known
from rules.working_days import NAMES

if TYPE_CHECKING:
    from rules.proof.encode import Encoder

Env = Mapping[str, Sym]


def known_term(encoder: "Encoder", value: Any) -> Sym:  # noqa: PLR0911 (one for each kind of value)
    """Return the term of a known FEEL value. Raises `Outside`."""
    if value is None:
        return SNull(TRUE)
    if isinstance(value, bool):
        return known(value)
    if isinstance(value, int | Decimal):
        whole = value == int(value)
        return SNum(FALSE, z3.IntVal(int(value)) if whole else z3.RealVal(str(value)))
    if isinstance(value, str):
        return encoder.space.literal(value)
    if isinstance(value, YearsMonths):
        return SMonths(FALSE, z3.IntVal(value.months))
    if isinstance(value, DaysTime):
        return SNanos(FALSE, z3.IntVal(value.nanos))
    if isinstance(value, list | tuple):
        return SList(FALSE, tuple((TRUE, known_term(encoder, item)) for item in value))
    if isinstance(value, Mapping):
        return SRecord(FALSE, tuple(value), lambda name: known_term(encoder, value[name]))
    if type(value).__name__ in {"date", "FarDate"}:
        return days.known_day(day_number(value), FALSE)
    raise Outside(f"a known {type(value).__name__} has no term")


def folded(encoder: "Encoder", node: t.Node, env: Env) -> Sym | None:
    """Return the value of an expression without facts: FEEL itself computes it."""
    names = {part.name for part in t.walk(node) if isinstance(part, t.Name)}
    if names & (set(env) | set(encoder.space.schema.scope) | {"?", "item", "tables", "definitions"} | NAMES):
        return None
    loops = {
        binding.name for part in t.walk(node) if isinstance(part, t.Some | t.Every | t.For) for binding in part.bindings
    }
    if loops or any(isinstance(part, t.Filter | t.FunctionNode) for part in t.walk(node)):
        return None
    return known_term(encoder, interpret(node, {"parameters": encoder.parameters}))
