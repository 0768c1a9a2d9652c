"""Compare two rule books by meaning: pair their rules on every day that matters, and answer each change both ways."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from engine.difference.chosen_days import days_that_matter
from engine.difference.model import DIRECTIONS, Answer, Change, Direction, Flip, Report
from engine.difference.prove import Hunt
from engine.difference.search import APPROVED, Both, flip
from engine.difference.settled import impossible, joined
from engine.difference.specimens import Prepared, Specimen, rules_outcome, set_of, signed_for, specimens_of
from rules.difference.beside import beside
from rules.difference.meaning import Pair, Words, pairs
from rules.load import RuleBook
from rules.typed import RuleSet

Place = tuple[str, date]


def differences(
    old: RuleBook,
    new: RuleBook,
    *,
    today: date,
    on: date | None = None,
    items: Sequence[str] = (),
    rules: Sequence[str] = (),
    more: Iterable[Specimen] = (),
) -> Report:
    """Return what NEW means for applications that OLD does not.

    `on` compares one day; without it `today` and every later day on which an edition begins or ends. `items` and
    `rules` restrict the comparison, by code and by id. `more` are applications at hand besides bases and cases.

    Raises `RuleBookError` for case files that cannot be read.
    """
    days = (on,) if on is not None else days_that_matter((old, new), today)
    codes = tuple(sorted({item.code for book in (old, new) for item in book.items if not items or item.code in items}))
    bases, cases = specimens_of((old, new))
    comparison = _Comparison(old, new, bases, [*cases, *more], frozenset(rules))
    apart: dict[str, None] = {}
    for code in codes:
        for day in days:
            comparison.meet(code, day, apart)
    changes = tuple(comparison.change(group) for group in comparison.groups.values())
    looked_at, flips = comparison.flips(codes, days[0])
    return Report(
        old=old.digest, new=new.digest, days=days, items=codes, changes=changes,
        words=tuple(comparison.words.values()), beside=beside(old, new), items_apart=tuple(apart),
        looked_at=looked_at, flips=flips,
    )  # fmt: skip


@dataclass(slots=True)
class _Group:
    """One change, on every item and day where it is met."""

    pair: Pair
    where: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class _Comparison:
    """Two books under comparison; everything made on the way is kept by the digests of the two sets."""

    old: RuleBook
    new: RuleBook
    bases: list[Specimen]
    others: list[Specimen]
    only: frozenset[str]
    groups: dict[str, _Group] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)
    _pairs: dict[tuple[str, str], tuple[tuple[Pair, ...], tuple[Words, ...]]] = field(default_factory=dict)
    _both: dict[tuple[str, str], Both] = field(default_factory=dict)
    _keys: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def meet(self, code: str, day: date, apart: dict[str, None]) -> None:
        """Pair the rules of one item on one day; note an item that only one of the books publishes that day."""
        sets = self._sets(code, day)
        if sets is None:
            published = [set_of(book, code, day) is not None for book in (self.old, self.new)]
            if any(published):
                apart[f"{code}: published on {day} by {'OLD' if published[0] else 'NEW'} alone"] = None
            return
        changed, words = self._paired(sets)
        for pair in changed:
            self.groups.setdefault(pair.key, _Group(pair)).where.append((code, day))
        for one in words:
            self.words.setdefault(f"{one.rule} {one.members} {one.citation}", one)

    def change(self, group: _Group) -> Change:
        """Answer one change in every direction."""
        seen = [place for place in self._places(group) if self._differs(group.pair, *place)]
        answers = tuple(self._answer(group, direction, seen) for direction in DIRECTIONS)
        pair = group.pair
        return Change(
            pair.rule, pair.kind, pair.aspects, pair.values, tuple(group.where), answers,
            tuple(specimen.name for specimen, _ in seen),
        )  # fmt: skip

    def flips(self, codes: Sequence[str], day: date) -> tuple[int, tuple[Flip, ...]]:
        """Return how many applications were looked at, and those on which the books decide differently."""
        looked_at = 0
        found: list[Flip] = []
        for specimen in (*self.bases, *self.others):
            own = specimen.on or day
            sets = self._sets(specimen.item, own) if specimen.item in codes else None
            if sets is None:
                continue
            looked_at += 1
            flipped = flip(self._prepared(sets), self._paired(sets)[0], specimen, own, these_alone=bool(self.only))
            found += [flipped] if flipped is not None else []
        return looked_at, tuple(found)

    def _sets(self, code: str, day: date) -> tuple[RuleSet, RuleSet] | None:
        old, new = set_of(self.old, code, day), set_of(self.new, code, day)
        return None if old is None or new is None else (old, new)

    def _paired(self, sets: tuple[RuleSet, RuleSet]) -> tuple[tuple[Pair, ...], tuple[Words, ...]]:
        key = (sets[0].digest, sets[1].digest)
        if key not in self._pairs:
            changed, words = pairs(*sets)
            kept = tuple(pair for pair in changed if not self.only or pair.rule in self.only)
            self._pairs[key] = kept, tuple(one for one in words if not self.only or one.rule in self.only)
        return self._pairs[key]

    def _prepared(self, sets: tuple[RuleSet, RuleSet]) -> Both:
        key = (sets[0].digest, sets[1].digest)
        if key not in self._both:
            old, new = sets
            alike = (old.form, old.item, old.scope_catalogue) == (new.form, new.item, new.scope_catalogue)
            alike = alike and self.old.facts_source == self.new.facts_source
            first = Prepared(old)
            self._both[key] = Both(first, Prepared(new, like=first if alike else None), alike)
        return self._both[key]

    def _places(self, group: _Group) -> Iterator[tuple[Specimen, date]]:
        """Yield every application at hand with the days on which this very change concerns it: first of all its own day."""
        days: dict[str, date] = {}
        key = group.pair.key
        for code, day in group.where:
            days.setdefault(code, day)
        for specimen in (*self.bases, *self.others):
            if specimen.item not in days:
                continue
            if specimen.on is not None and self._met_on(key, specimen.item, specimen.on):
                yield specimen, specimen.on
            else:
                yield specimen, days[specimen.item]

    def _met_on(self, key: str, code: str, day: date) -> bool:
        sets = self._sets(code, day)
        if sets is None:
            return False
        digests = (sets[0].digest, sets[1].digest)
        if digests not in self._keys:
            self._keys[digests] = frozenset(one.key for one in self._paired(sets)[0])
        return key in self._keys[digests]

    def _differs(self, pair: Pair, specimen: Specimen, day: date) -> bool:
        sets = self._sets(specimen.item, day)
        return sets is not None and self._prepared(sets).rule_differs(pair.rule, specimen, day)

    def _answer(self, group: _Group, direction: Direction, seen: Sequence[tuple[Specimen, date]]) -> Answer:
        reason = impossible(group.pair, direction)
        if reason:
            return Answer(direction, "proved", scope=(reason,))
        held: Answer | None = None
        for specimen, day in seen:
            both = self._prepared(self._sets(specimen.item, day))  # type: ignore[arg-type]  # seen: both publish it
            if both.goes(direction, group.pair.rule, specimen, day):
                witness = both.witness(specimen, day, self.bases)
                found = Answer(direction, "witness", witness)
                if direction == "outcome" or APPROVED in {witness.old.outcome, witness.new.outcome}:
                    return found
                held = held or found  # approved by the rules, and held back by what lies outside of them
        found = self._hunted(group, direction)
        return held if held is not None and found.verdict != "witness" else found

    def _hunted(self, group: _Group, direction: Direction) -> Answer:
        """Ask the solver for each kind of entity that the change concerns; a witness of one kind is enough."""
        answers: list[Answer] = []
        kinds: set[tuple[str, str]] = set()
        for code, day in group.where:
            sets = self._sets(code, day)
            assert sets is not None
            kind = (sets[0].item.entity, sets[1].item.entity)
            if kind in kinds:
                continue
            kinds.add(kind)
            both = self._prepared(sets)
            start = self._start(code, kind[0], day)
            read = None if start is None else both.approving(direction).read(start, day)
            if start is None or read is None:
                why = f"no application of {code} is at hand that the form lets through on {day}"
                answers.append(Answer(direction, "undecided", why=why))  # nothing is proved of what was not asked
                continue
            try:
                others = partial(self._alternates, both, direction, start, day)
                answer = Hunt(both, group.pair, direction, start, day, read, self.bases, others).run()
            except ModuleNotFoundError as error:
                return Answer(
                    direction, "undecided", why=f"{error}; the solver z3 comes with `pip install miaopi[dev]`"
                )
            if answer.verdict == "witness":
                return answer
            scope = (f"{kind[0]} on {day}", *answer.scope)
            answers.append(replace(answer, scope=scope))
        return joined(direction, answers)

    def _alternates(
        self, both: Both, direction: Direction, start: Specimen, day: date, rules: frozenset[str]
    ) -> Iterator[Specimen]:
        """Yield the cases of some rules that the approving set approves: begin there instead, where a rule is in the way."""
        approving = both.approving(direction)
        for one in self.others:
            of_rule = one.name.partition(":")[0] in rules
            if of_rule and one.item == start.item and one.on in {None, day} and one.digest != start.digest:
                decision = approving.decide(one, day)
                if decision is not None and rules_outcome(decision) == APPROVED:
                    yield one

    def _start(self, code: str, entity: str, day: date) -> Specimen | None:
        """Return a base application of an item, or one of its kind with the item's code in it."""
        for one in self.bases:
            if one.item == code:
                return one
        for one in self.bases:
            known = next((item for book in (self.old, self.new) for item in book.items if item.code == one.item), None)
            if known is not None and known.entity == entity:
                return signed_for(one, code)
        return next((one for one in self.others if one.item == code and one.on in {None, day}), None)
