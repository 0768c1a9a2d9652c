"""Backtest: what a candidate rule book would have made of the decisions at hand, beside what the book before it makes.

Both books decide the same applications on the same evidence at the same moment, by the same engine; nothing is asked of
anybody and nothing is logged. Where the books differ from a day on that is later than a decision, both decide it once more as of
that day (with the evidence as old as it was), or a change that is not in force yet would show nothing. Such a day may be years
ahead, so there the checks of cited law count as made that very day: freshness would keep back every approval of both books.

Why an item was stopped when a decision was made is left out: a stop is no rule, and it would hide what the rules changed.

A change of outcome is a flip; its kind, such as `approved-to-referred`, is what a named role acknowledges before a release.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from audit.inputs import Inputs
from engine.cases import moment
from engine.decide import decide
from engine.difference.chosen_days import days_that_matter
from engine.errors import IntakeError
from engine.facts import decision_day
from engine.holds import ITEM_STOPPED
from engine.intake import read_application
from rules.digest import content_digest
from rules.errors import ItemError
from rules.load import RuleBook
from rules.model import Period
from verifiers.catalogue import attest_again
from verifiers.keys import SourceKeys
from verifiers.model import Evidence

Progress = Callable[[int, int], None]
NO_FORM, NO_ITEM = "unreadable", "not-in-force"  # beside the outcomes: the form does not take it; no such item that day
MAX_DAYS = 24  # days on which everything is decided again; beyond it the backtest says which it left out


@dataclass(frozen=True, slots=True)
class Recorded:
    """One application to decide again: `name` is a decision id, `leaf 12` or the name of a case (`of_case_file`)."""

    name: str
    item: str
    at: datetime
    raw: bytes
    evidence: tuple[Evidence, ...]
    case: Mapping[str, Any] = field(default_factory=dict)
    of_case_file: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one book makes of it: outcome, and the rules that made it (id and effect)."""

    outcome: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """An application that the two books decide differently on a day."""

    name: str
    on: date
    before: Verdict
    after: Verdict

    @property
    def kind(self) -> str:
        """The kind of change, as it is acknowledged."""
        return f"{self.before.outcome}-to-{self.after.outcome}"

    def to_json(self) -> dict[str, Any]:
        """Return it as the report has it; `lost` and `gained` are the rules that speak under one book alone."""
        before, after = set(self.before.rules), set(self.after.rules)
        return {
            "decision": self.name,
            "on": self.on.isoformat(),
            "kind": self.kind,
            "before": self.before.outcome,
            "after": self.after.outcome,
            "gained": sorted(after - before),
            "lost": sorted(before - after),
        }


@dataclass(slots=True)
class Backtest:
    """What was compared and what came of it. `reasons_changed` had the same outcome for other reasons.

    `days_left_out` are later days, beyond `MAX_DAYS`, on which nothing was compared; a release with any is refused.
    """

    compared: int = 0
    days: tuple[date, ...] = ()
    days_left_out: tuple[date, ...] = ()
    flips: list[Flip] = field(default_factory=list)
    reasons_changed: list[Flip] = field(default_factory=list)

    def kinds(self) -> dict[str, int]:
        """Return how many flips there are of each kind, approvals lost and gained first."""
        counted = Counter(flip.kind for flip in self.flips)
        return dict(sorted(counted.items(), key=lambda one: (_rank(one[0]), one[0])))

    def to_json(self) -> dict[str, Any]:
        """Return the whole report."""
        return {
            "compared": self.compared,
            "days": [day.isoformat() for day in self.days],
            "days_left_out": [day.isoformat() for day in self.days_left_out],
            "flips": self.kinds(),
            "listed": [
                flip.to_json() for flip in sorted(self.flips, key=lambda one: (_rank(one.kind), one.name, one.on))
            ],
            "reasons_changed": [flip.to_json() for flip in self.reasons_changed],
        }


def _rank(kind: str) -> int:
    return 0 if kind.startswith("approved-to-") else 1 if kind.endswith("-to-approved") else 2


def recorded_decision(name: str, inputs: Inputs, keys: SourceKeys) -> Recorded:
    """Return a recorded decision, its signed answers attested anew with the pinned keys, and without a stop of its item."""
    evidence = tuple(attest_again(one, keys) for one in inputs.evidence)
    case = {fact: value for fact, value in inputs.case.items() if fact != ITEM_STOPPED}
    return Recorded(name, inputs.item, inputs.at, inputs.raw, evidence, case)


def backtest(
    old: RuleBook,
    new: RuleBook,
    recorded: Iterable[Recorded],
    progress: Progress | None = None,
    *,
    today: date | None = None,
) -> Backtest:
    """Decide everything by both books and return the differences, in the order given.

    With `today`, every later day on which either book changes counts too (see `new_days`).
    """
    listed = list(recorded)
    first = min((decision_day(one.at) for one in listed), default=date.max)
    every = [day for day in new_days(old, new, today) if day > first]
    later = tuple(every[:MAX_DAYS])
    found = Backtest(days=later, days_left_out=tuple(every[MAX_DAYS:]))
    for done, one in enumerate(listed, 1):
        for again in _moments(one, later):
            found.compared += 1
            moved = again is not one
            before, after = verdict(old, again, moved=moved), verdict(new, again, moved=moved)
            flip = Flip(one.name, decision_day(again.at), before, after)
            if before.outcome != after.outcome:
                found.flips.append(flip)
            elif before.rules != after.rules:
                found.reasons_changed.append(flip)
        if progress is not None:
            progress(done, len(listed))
    return found


def verdict(book: RuleBook, recorded: Recorded, *, moved: bool = False) -> Verdict:
    """Return what a book makes of one application, by both evaluators; `moved` to another day than its own."""
    try:
        rule_set = book.rule_set(recorded.item, decision_day(recorded.at))
        application = read_application(recorded.raw, rule_set.form)
    except ItemError:
        return Verdict(NO_ITEM, ())
    except IntakeError as error:
        return Verdict(NO_FORM, tuple(sorted({f"form {found.pointer}" for found in error.problems})))
    if moved and rule_set.law is not None:
        rule_set = replace(rule_set, law=replace(rule_set.law, ages=False))
    made = decide(application, recorded.evidence, rule_set, recorded.at, recorded.case)
    rules = [f"{one.rule} {one.effect}" for one in made.findings if one.effect not in {"none", "inform"}]
    rules += [f"evaluators disagree on {one.rule or 'the outcome'}" for one in made.disagreements]
    return Verdict(made.outcome.value, tuple(rules))


def new_days(old: RuleBook, new: RuleBook, today: date | None = None) -> tuple[date, ...]:
    """Return the days on which an edition of NEW that OLD has not (or has otherwise) begins or has ended, newest last.

    With `today`, also every later day on which anything of either begins or ends, if the books differ at all: what has no
    days of its own, such as a definition, and what is in force already may first be read by a rule that begins then.
    """
    if old.digest == new.digest:
        return ()
    before, after = _dated(old), _dated(new)
    days = set() if today is None else set(days_that_matter((old, new), today)) - {today}
    for name in before.keys() | after.keys():
        if before.get(name, (None,))[0] != after.get(name, (None,))[0]:
            for _, period in (one for one in (before.get(name), after.get(name)) if one is not None):
                days.add(period.from_)
                if period.to is not None and period.to < date.max:
                    days.add(period.to + timedelta(days=1))
    return tuple(sorted(days))


def _dated(book: RuleBook) -> dict[str, tuple[str, Any]]:
    dated: dict[str, tuple[str, Any]] = {}
    for rule in book.rules:
        dated[f"rule {rule.rule.id} {rule.rule.in_force.from_}"] = content_digest(rule.rule), rule.rule.in_force
    for parameter in book.parameters:
        for value in parameter.values:
            dated[f"parameter {parameter.id} {value.in_force.from_}"] = content_digest(value), value.in_force
    for item in book.items:
        dated[f"item {item.code} {item.in_force.from_}"] = content_digest(item), item.in_force
    for table in book.functions.tables:
        dated[f"table {table.table.id} {table.table.in_force.from_}"] = (
            content_digest(table.table),
            table.table.in_force,
        )
    for edition in () if book.register is None else book.register.editions:
        dated[f"cited law {edition.law} {edition.version}"] = content_digest(edition), edition.in_force
    for year in book.calendar.years.values():
        period = Period.model_validate({"from": date(year.year, 1, 1), "to": date(year.year, 12, 31)})
        dated[f"calendar {year.year}"] = content_digest(year), period
    return dated


def _moments(one: Recorded, later: tuple[date, ...]) -> Iterator[Recorded]:
    yield one
    for day in later:
        if day > decision_day(one.at):
            at = moment(day)
            yield replace(one, at=at, evidence=tuple(_moved(piece, at - one.at) for piece in one.evidence))


def _moved(piece: Evidence, by: timedelta) -> Evidence:
    """Return evidence as old at a later moment as it was when it was given."""
    as_of = None if piece.as_of is None else piece.as_of + by
    return replace(piece, as_of=as_of, asked_at=piece.asked_at + by, answered_at=piece.answered_at + by)
