"""Comparison, membership and arithmetic as terms (DMN 1.5, tables 49 to 59)."""

from typing import TYPE_CHECKING

import z3

from rules.feel.temporal import DAY
from rules.feel.tree import Arithmetic
from rules.proof import days
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
    SValue,
    Sym,
    Term,
    both,
    chosen,
    either,
    is_true,
    negated,
)

if TYPE_CHECKING:
    from rules.proof.encode import Encoder


def same(encoder: "Encoder", left: Sym, right: Sym) -> SBool:
    """Answer `left = right`: null is equal to null alone, values of different types are neither equal nor unequal."""
    if isinstance(left, SNull) or isinstance(right, SNull):
        return SBool(FALSE, both(left.null, right.null))
    some_null = either(left.null, right.null)
    if type(left) is not type(right):
        return SBool(negated(some_null), both(left.null, right.null))
    equal = _equal(encoder, left, right)
    return SBool(FALSE, either(both(left.null, right.null), both(negated(some_null), equal)))


def _equal(encoder: "Encoder", left: Sym, right: Sym) -> Term:  # noqa: PLR0911 (one for each kind of value)
    """Return equality of two values of one type that are not null."""
    match left, right:
        case SStr(), SStr():
            if left.text is not None and right.text is not None:
                return z3.BoolVal(left.text == right.text)
            first, second = encoder.space.one_sort(left, right)
            return first == second
        case SDate(), SDate():
            return days.compared("=", left, right)
        case SValue(), SValue():
            return left.value == right.value
        case SRecord(), SRecord() if set(left.names) == set(right.names):
            return both(*(same(encoder, left.get(name), right.get(name)).true for name in left.names))
        case SRecord(), SRecord():
            return FALSE
        case SList(), SList():
            return _equal_lists(encoder, left, right)
    raise Outside("the equality of these values has no term")


def _equal_lists(encoder: "Encoder", left: SList, right: SList) -> Term:
    """Return equality of lists whose entries stand at fixed positions: each is there only if the one before is."""
    if not (_is_prefix(left) and _is_prefix(right)):
        raise Outside("the equality of filtered lists has no term")
    terms = []
    for index in range(max(len(left.entries), len(right.entries))):
        first = left.entries[index] if index < len(left.entries) else None
        second = right.entries[index] if index < len(right.entries) else None
        if first is None or second is None:
            terms.append(negated((first or second)[0]))  # type: ignore[index]  # one of the two is there
            continue
        alike = same(encoder, first[1], second[1]).true
        terms += [first[0] == second[0], either(negated(first[0]), alike)]
    return both(*terms)


def _is_prefix(value: SList) -> bool:
    """Tell whether an entry can only be there with all before it: constants, and lists of the facts."""
    return all(is_true(there) or z3.is_gt(there) for there, _ in value.entries)


def compared(encoder: "Encoder", op: str, left: Sym, right: Sym) -> SBool:
    """Answer `left op right`."""
    if op in {"=", "!="}:
        answer = same(encoder, left, right)
        return answer if op == "=" else SBool(answer.null, negated(answer.value))
    if isinstance(left, SNull) or isinstance(right, SNull) or type(left) is not type(right):
        return SBool(TRUE, FALSE)
    null = either(left.null, right.null)
    match left, right:
        case SDate(), SDate():
            return SBool(null, days.compared(op, left, right))
        case SValue(), SValue() if not isinstance(left, SBool):
            return SBool(null, _ordered(op, left.value, right.value))
        case SStr(), SStr():
            return SBool(null, _ordered(op, encoder.space.as_text(left), encoder.space.as_text(right)))
    raise Outside("the order of these values has no term")


def _ordered(op: str, left: Term, right: Term) -> Term:
    if op == "<":
        return left < right
    if op == "<=":
        return left <= right
    return left > right if op == ">" else left >= right


def contained(encoder: "Encoder", value: Sym, test: Sym) -> SBool:
    """Answer `value in test` for an evaluated test."""
    if isinstance(test, SList):
        if isinstance(value, SList):
            raise Outside("whether a list is in a list has no term")
        answers = [(there, contained(encoder, value, item)) for there, item in test.entries]
        true = either(*(both(there, answer.true) for there, answer in answers))
        null = either(*(both(there, answer.null) for there, answer in answers))
        within = SBool(both(negated(true), null), true)
        by_null = same(encoder, value, SNull(TRUE))  # a list that is null is compared as null
        return SBool(chosen(test.null, by_null.null, within.null), chosen(test.null, by_null.value, within.value))
    if not isinstance(test, SRange):
        return same(encoder, value, test)
    if test.op in {"=", "!="}:
        assert test.low is not None
        return compared(encoder, test.op, value, test.low)
    answers_of_ends = []
    if test.low is not None:
        answers_of_ends.append(compared(encoder, ">=" if test.low_closed else ">", value, test.low))
    if test.high is not None:
        answers_of_ends.append(compared(encoder, "<=" if test.high_closed else "<", value, test.high))
    false = either(*(answer.false for answer in answers_of_ends))
    true = both(*(answer.true for answer in answers_of_ends))
    by_null = same(encoder, value, SNull(TRUE))
    null = negated(either(true, false))
    return SBool(chosen(test.null, by_null.null, null), chosen(test.null, by_null.value, true))


def added(encoder: "Encoder", node: Arithmetic, left: Sym, right: Sym) -> Sym:
    """Answer `left + right` or `left - right`."""
    sign = 1 if node.op == "+" else -1
    null = either(left.null, right.null)
    if sign == 1 and isinstance(right, SDate) and not isinstance(left, SDate):
        left, right = right, left
    match left, right:
        case SValue(), SValue() if type(left) is type(right) and not isinstance(left, SBool):
            return type(left)(null, left.value + sign * right.value)
        case SStr(), SStr() if sign == 1:
            return SStr(null, z3.Concat(encoder.space.as_text(left), encoder.space.as_text(right)))
        case SDate(), SMonths(_, months) if z3.is_int_value(months):
            moved = days.plus_months(left, sign * months.as_long())
            return SDate(null, moved.value, moved.base, moved.months)
        case SDate(), SNanos(_, nanos):
            moved = days.plus_days(left, sign * nanos / DAY)
            return SDate(null, moved.value)
        case SDate(), SDate() if sign == -1:
            return SNanos(null, (left.value() - right.value()) * DAY)
    raise Outside(f"{node.op} of these values has no term")


def scaled(encoder: "Encoder", node: Arithmetic, left: Sym, right: Sym) -> Sym:
    """Answer `left * right` or `left / right` of numbers."""
    if not (isinstance(left, SNum) and isinstance(right, SNum)):
        raise Outside(f"{node.op} of these values has no term")
    null = either(left.null, right.null)
    if node.op == "*":
        return SNum(null, left.value * right.value)
    if node.op != "/":
        raise Outside("powers have no term")
    encoder.inexact.setdefault(node, "a quotient is exact here, and rounded to 34 digits when a decision is made")
    divisor = z3.ToReal(right.value) if z3.is_int(right.value) else right.value
    dividend = z3.ToReal(left.value) if z3.is_int(left.value) else left.value
    if z3.is_int_value(right.value) and right.value.as_long() != 0:
        return SNum(null, dividend / divisor)
    return SNum(either(null, divisor == 0), dividend / divisor)
