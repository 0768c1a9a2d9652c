"""Symbolic FEEL values: z3 terms, each with the condition under which it is null.

| FEEL | term |
|---|---|
| boolean | Bool |
| number | Int where the fact is whole, else Real: exact rationals, not 34 digits |
| string | Int (a number for each different text) or String, where text functions look inside it |
| date | Int, days since 1970-01-01 |
| durations | Int, months or nanoseconds |
| list | entries, each with the condition under which it is there; their order is that of the list |
| context | its members, made when first asked for |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

Term = Any
"""A z3 expression; z3 ships no types."""
TRUE, FALSE = z3.BoolVal(val=True), z3.BoolVal(val=False)


class Outside(Exception):  # noqa: N818 (not an error of the rule: a limit of the prover, always caught and named)
    """A construct that has no exact term here; `reason` is told to the reader."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sym:
    """Any symbolic value; where `null` is true, whatever else it holds means nothing."""

    null: Term


@dataclass(frozen=True, slots=True)
class SNull(Sym):
    """The literal null, of every type."""


@dataclass(frozen=True, slots=True)
class SValue(Sym):
    """A value that is one term: a boolean, a number or a duration."""

    value: Term


@dataclass(frozen=True, slots=True)
class SBool(SValue):
    """True or false."""

    @property
    def true(self) -> Term:
        """Hold where the value is true: not null, not false."""
        return both(negated(self.null), self.value)

    @property
    def false(self) -> Term:
        """Hold where the value is false: not null, not true."""
        return both(negated(self.null), negated(self.value))


@dataclass(frozen=True, slots=True)
class SNum(SValue):
    """A number."""


@dataclass(frozen=True, slots=True)
class SStr(Sym):
    """A string. `leaves` are the facts its number stands for; empty for a String term. `text` is known for literals."""

    value: Term
    leaves: frozenset[tuple[str, ...]] = frozenset()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class SDate(Sym):
    """A day. Where months were added to an unknown day, `base` is that day and `months` how many: see days.py."""

    value: Callable[[], Term]
    base: Term | None = None
    months: int = 0


@dataclass(frozen=True, slots=True)
class SMonths(SValue):
    """A duration of years and months, in months."""


@dataclass(frozen=True, slots=True)
class SNanos(SValue):
    """A duration of days and time, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class SRange(Sym):
    """The values between two ends; None for an end that a unary test left open."""

    low: Sym | None
    high: Sym | None
    low_closed: bool
    high_closed: bool
    op: str = ".."


@dataclass(frozen=True, slots=True)
class SRecord(Sym):
    """A context. `member(name)` gives a part; a part of a null context is null."""

    names: Sequence[str]
    get: Callable[[str], Sym] = field(repr=False)

    def member(self, name: str) -> Sym:
        """Return a member, null where the whole is null. Raises `Outside` for one that is not there."""
        if name not in self.names:
            raise Outside(f"the context has no {name}")
        found = self.get(name)
        return found if is_false(self.null) else with_null(found, self.null)


@dataclass(frozen=True, slots=True)
class SList(Sym):
    """A list: `entries` are (is there, value)."""

    entries: tuple[tuple[Term, Sym], ...]


_TRUE_AT, _FALSE_AT = TRUE.ast.value, FALSE.ast.value


def is_true(term: Term) -> bool:
    """Tell whether a term is the constant true: z3 keeps one object for equal terms, so its address tells."""
    return bool(term.ast.value == _TRUE_AT)


def is_false(term: Term) -> bool:
    """Tell whether a term is the constant false."""
    return bool(term.ast.value == _FALSE_AT)


def negated(term: Term) -> Term:
    """Return `not term`, simplified at the constants."""
    if is_true(term):
        return FALSE
    if is_false(term):
        return TRUE
    return z3.Not(term)


def both(*terms: Term) -> Term:
    """Return the conjunction, simplified at the constants."""
    kept = [term for term in terms if not is_true(term)]
    if any(is_false(term) for term in kept):
        return FALSE
    return TRUE if not kept else kept[0] if len(kept) == 1 else z3.And(kept)


def either(*terms: Term) -> Term:
    """Return the disjunction, simplified at the constants."""
    kept = [term for term in terms if not is_false(term)]
    if any(is_true(term) for term in kept):
        return TRUE
    return FALSE if not kept else kept[0] if len(kept) == 1 else z3.Or(kept)


def chosen(condition: Term, one: Term, other: Term) -> Term:
    """Return `condition ? one : other`, simplified at the constants."""
    if is_true(condition) or one is other:
        return one
    return other if is_false(condition) else z3.If(condition, one, other)


def known(value: bool | Term) -> SBool:  # noqa: FBT001 (the value is what is meant)
    """Return a boolean that is never null."""
    return SBool(FALSE, z3.BoolVal(value) if isinstance(value, bool) else value)


def with_null(value: Sym, null: Term) -> Sym:  # noqa: PLR0911 (one for each kind of value)
    """Return the value, null also where `null` holds."""
    joined = either(value.null, null)
    match value:
        case SValue(_, term):
            return type(value)(joined, term)
        case SStr(_, term, leaves, text):
            return SStr(joined, term, leaves, text)
        case SDate(_, term, base, months):
            return SDate(joined, term, base, months)
        case SRecord(_, names, get):
            return SRecord(joined, names, get)
        case SList(_, entries):
            return SList(joined, entries)
        case SRange(_, low, high, low_closed, high_closed, op):
            return SRange(joined, low, high, low_closed, high_closed, op)
    return SNull(joined)


def merged(condition: Term, one: Sym, other: Sym, same_sort: Callable[[SStr, SStr], tuple[Term, Term]]) -> Sym:  # noqa: PLR0911 (one for each kind of value)
    """Return `condition ? one : other` for two values of one type. Raises `Outside` where the types differ."""
    if isinstance(one, SNull):
        return with_null(other, either(condition, both(negated(condition), other.null)))
    if isinstance(other, SNull):
        return with_null(one, negated(condition))
    if type(one) is not type(other):
        raise Outside("the two branches are of different types")
    null = chosen(condition, one.null, other.null)
    match one, other:
        case SStr(), SStr():
            first, second = same_sort(one, other)
            return SStr(null, chosen(condition, first, second), one.leaves | other.leaves)
        case SDate(), SDate():
            first_day, second_day = one.value, other.value
            return SDate(null, lambda: chosen(condition, first_day(), second_day()))
        case SValue(), SValue():
            return type(one)(null, chosen(condition, one.value, other.value))
        case SList(), SList():
            kept = tuple((both(condition, there), value) for there, value in one.entries)
            rest = tuple((both(negated(condition), there), value) for there, value in other.entries)
            return SList(null, kept + rest)
        case SRecord(), SRecord():
            first_get, second_get = one.get, other.get
            return SRecord(
                null, one.names, lambda name: merged(condition, first_get(name), second_get(name), same_sort)
            )
    raise Outside("the two branches cannot be joined")


Members = Mapping[str, Sym]
