"""Whether the law a rule rests on was checked recently and is in force on the day of decision.

Three things make a basis stale on a day; each keeps a decision that rests on it from being an approval:

- `unchecked`: the rule, or a table that it calls, was last checked longer ago than the parameter
  `citation_check_valid_for` allows. The last day counts: checked on 2026-11-22, valid for a year, good until 2027-11-22.
  A check after the day of decision is no fault (an earlier decision, made again), but one after the day on which the book
  is checked or released is (`checked_ahead`): it would put freshness off for as long as anybody writes;
- `not in force`: the edition that is cited is not in force on that day by the register of cited law;
- `not on file`: the register does not hold the edition or the article at all.

Parameters, definitions and items have no check of their own: who checks a rule checks what it reads. Their bases count, those
of the item for every application.

An article whose text could not be read has no digest and a reason instead; it can be out of force or out of date like any
other, but nobody can notice that its wording changed. `miaopi rules check` counts such articles.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rules.feel.temporal import DaysTime, FarDate, OutOfRangeError, YearsMonths, add_duration
from rules.model import LegalBasis
from rules.register import Register

PARAMETER = "citation_check_valid_for"
ITEM = ""  # where the law of the item itself stands among the rules
Reason = Literal["unchecked", "not in force", "not on file"]


@dataclass(frozen=True, slots=True)
class StaleBasis:
    """One reason why a rule cannot be relied on that day."""

    rule: str
    reason: Reason
    basis: LegalBasis
    last_checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Relied:
    """What one rule rests on: its bases with those of what it calls and of the parameters it reads, and its checks.

    `checks` are the day of the rule's last check and of every table's that it calls, each with what was checked.
    """

    rule: str
    bases: tuple[LegalBasis, ...]
    checks: tuple[tuple[date, tuple[LegalBasis, ...]], ...]
    by_law: bool = (
        False  # whether it applies at all is decided by law too: `applies_when` reads parameters or functions
    )


@dataclass(frozen=True, slots=True)
class LawOnFile:
    """What a rule set knows of its law: the register, what each rule and the item rest on, how long a check is good for.

    `ages` is False where checks count as made that very day: to see what a book decides on a day years ahead.
    """

    register: Register
    relied: tuple[Relied, ...]
    valid_for: Any
    item: tuple[LegalBasis, ...] = ()
    ages: bool = True

    def stale(self, day: date) -> Mapping[str, tuple[StaleBasis, ...]]:
        """Return by rule what is stale on `day`; rules that can be relied on have no entry. That of the item is under ""."""
        every = (*self.relied, Relied(ITEM, self.item, ()))
        found = {relied.rule: tuple(self._stale(relied, day)) for relied in every}
        return {rule: reasons for rule, reasons in found.items() if reasons}

    def _stale(self, relied: Relied, day: date) -> Iterator[StaleBasis]:
        for checked, bases in relied.checks if self.ages else ():
            if not _good_on(checked, self.valid_for, day):
                yield from (StaleBasis(relied.rule, "unchecked", basis, checked) for basis in bases)
        for basis in relied.bases:
            if self.register.why_not(basis) is not None:
                yield StaleBasis(relied.rule, "not on file", basis)
                continue
            edition = self.register.edition(basis)
            if edition is not None and not edition.in_force.holds_on(day):
                yield StaleBasis(relied.rule, "not in force", basis)


def _good_on(checked: date, valid_for: Any, day: date) -> bool:
    """Tell whether a check of that day is still good; without a known length of validity none is."""
    if not isinstance(valid_for, YearsMonths | DaysTime):
        return False
    try:
        until = add_duration(checked, valid_for)
    except OutOfRangeError:
        return False
    return isinstance(until, FarDate) or (isinstance(until, date) and day <= until)


def checked_ahead(checks: Iterable[tuple[str, date]], day: date) -> list[str]:
    """Say which last checks, by name, lie after `day`, the day of whoever checks or releases the book."""
    return [
        f"{name}: last_checked_on {on} is after {day}; write the day on which it was really checked"
        for name, on in checks
        if on > day
    ]


def distinct(bases: Iterable[LegalBasis]) -> tuple[LegalBasis, ...]:
    """Return bases in their order, each once."""
    kept: list[LegalBasis] = []
    for basis in bases:
        if basis not in kept:
            kept.append(basis)
    return tuple(kept)
