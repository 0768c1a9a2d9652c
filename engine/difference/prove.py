"""One direction of one change: find a whole application, or show that there is none, or say what kept it open.

The solver gives facts near a real application; they are written back into it and decided. Where other rules then stand
against approval, they are asked of the solver as well, and it is asked again: in the end it gives an application, or a
proof that these rules forbid every one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from engine.difference.lift import lifted
from engine.difference.model import Answer, Direction
from engine.difference.no_place import NoPlaceError
from engine.difference.search import Both
from engine.difference.specimens import Read, Specimen
from engine.rule_judge import outcome_of
from rules.difference.lists import counts
from rules.difference.meaning import Pair
from rules.difference.places import with_changes
from rules.difference.question import Answer as Solved
from rules.difference.question import Question
from rules.typed import TypedRule

MAX_ATTEMPTS = 14
MAX_OTHERS = 30
MAX_UNCONFIRMED = 3
MAX_GUESSED = 200


@dataclass(slots=True)
class Hunt:
    """The hunt for one direction near one application; `others`, `pinned` and `refused` grow as answers turn out no use."""

    both: Both
    pair: Pair
    direction: Direction
    start: Specimen
    day: date
    read: Read
    bases: Sequence[Specimen]
    alternates: Callable[[frozenset[str]], Iterator[Specimen]] = lambda _: iter(())
    others: dict[str, TypedRule] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)
    refused: list[Mapping[str, Any]] = field(default_factory=list)
    first: Mapping[str, Any] | None = None
    why: str = ""
    counted: bool = False
    unconfirmed: int = 0

    def run(self) -> Answer:
        """Return the answer of this direction for applications of this item's kind."""
        guessed = self._guessed()
        if guessed is not None:
            return guessed
        if self.first is not None:
            return self._left_open()  # it differs only where many entries are counted: the solver would not get so far
        for _ in range(MAX_ATTEMPTS):
            if self.unconfirmed >= MAX_UNCONFIRMED:
                break
            solved = self._ask()
            if solved.verdict == "undecided":
                self.why = self.why or "the solver came to no answer within its limit of work"
                break
            if solved.verdict == "unsat":
                if not self.counted and self._counts() and self.first is None:
                    self.counted = True
                    continue
                proof = self._proof(solved)
                if proof is not None:
                    return proof
                break
            found = self._tried(solved)
            if found is not None:
                return found
        return self._left_open()

    def _question(self, *, bare: bool = False) -> Question:
        return Question(
            old=self.both.old.rule_set, new=self.both.new.rule_set, pair=self.pair, day=self.day,
            direction=self.direction, near=self.read.facts, others=tuple(self.others.values()),
            refused=() if bare else tuple(self.refused), pinned=frozenset() if bare else frozenset(self.pinned),
            counted=self.counted,
        )  # fmt: skip

    def _ask(self, *, bare: bool = False) -> Solved:
        from rules.proof.difference import ask  # noqa: PLC0415 (z3 is loaded only when a proof is asked for)

        return ask(self._question(bare=bare))

    def _counts(self) -> bool:
        return counts(self._question())

    def _proof(self, solved: Solved) -> Answer | None:
        """Return the proof that there is none; what was pinned or refused for our own sake is no part of one."""
        if self.pinned or self.refused:
            solved = self._ask(bare=True)
        if solved.verdict != "unsat":
            return None
        scope = tuple(f"at most {count} entries of {name}" for name, count in sorted(solved.bounds.items()))
        scope += (solved.reach,) if solved.reach else ("for lists of any length",)
        scope += tuple(f"taken as unknown: {part}" for part in solved.outside)
        if solved.core:
            return Answer(self.direction, "covered", rules=solved.core, scope=scope)
        return Answer(self.direction, "proved", scope=scope)

    def _tried(self, solved: Solved) -> Answer | None:
        """Write an answer of the solver into the application and decide it; note what stood in the way."""
        changes = solved.changes
        facts = with_changes(self.read.facts, changes)
        if not self._confirmed(facts):
            self.refused.append(changes)
            outside = "; ".join(solved.outside)
            self.unconfirmed += 1
            self.why = f"the evaluators do not confirm what the solver found{': ' + outside if outside else ''}"
            return None
        return self._made(changes)

    def _made(self, changes: Mapping[str, Any]) -> Answer | None:
        """Write changes into the application, and into others like it, until the whole decision goes the way."""
        try:
            made = self._lifted(self.start, changes)
        except NoPlaceError as error:
            self.first = self.first or changes
            self.why = self.why or f"{error} has no place of its own in an application"
            self.pinned |= {name for name in changes if str(error).startswith(name.rstrip("?#@"))} or set(changes)
            return None
        if self._goes(made):
            return self._witness(made)
        self.first = self.first or changes
        standing = self._standing(made)
        if standing is None:
            self.why = self.why or "the form does not let such an application through"
            self.refused.append(changes)
            return None
        # The cases of the rules that stand against it hold applications that those rules do not mind.
        for start in self.alternates(frozenset(rule.rule.id for rule in standing)):
            try:
                made = self._lifted(start, changes)
            except NoPlaceError:
                continue
            if self._goes(made):
                return self._witness(made)
        self._note(standing, changes)
        return None

    def _lifted(self, start: Specimen, changes: Mapping[str, Any]) -> Specimen:
        rule_set = self.both.approving(self.direction).rule_set
        return lifted(start, changes, rule_set, self.day) if changes else start

    def _goes(self, made: Specimen) -> bool:
        return self.both.goes(self.direction, self.pair.rule, made, self.day)

    def _witness(self, made: Specimen) -> Answer:
        return Answer(self.direction, "witness", self.both.witness(made, self.day, self.bases))

    def _standing(self, made: Specimen) -> list[TypedRule] | None:
        """Return the other rules that stand against what was made, or None where the form refuses it."""
        approving = self.both.approving(self.direction)
        read = approving.read(made, self.day)
        if read is None:
            return None
        return [rule for rule in approving.standing(read.facts, read.silent) if rule.rule.id != self.pair.rule]

    def _note(self, standing: list[TypedRule], changes: Mapping[str, Any]) -> None:
        more = [rule for rule in standing if rule.rule.id not in self.others]
        if not more or len(self.others) + len(more) > MAX_OTHERS:
            self.refused.append(changes)
        if standing:
            self.why = f"also against such an application: {', '.join(sorted(rule.rule.id for rule in standing))}"
        self.others |= {rule.rule.id: rule for rule in more}

    def _confirmed(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether the real evaluators say of the rule what the solver says."""
        old, new = (
            one.effect_by_both(self.pair.rule, facts, self.read.silent) for one in (self.both.old, self.both.new)
        )
        stands_old, stands_new = (effect not in {"none", "inform"} for effect in (old, new))
        if self.direction == "outcome":
            return stands_old and stands_new and outcome_of([old]) is not outcome_of([new])
        return (stands_new and not stands_old) if self.direction == "stricter" else (stands_old and not stands_new)

    def _guessed(self) -> Answer | None:
        """Try lists as long as the limits that changed: what counts many entries is hard for a solver, and easy to try."""
        for changes in self._lengths() if self._counts() else ():
            try:
                read = self.both.approving(self.direction).read(self._lifted(self.start, changes), self.day)
            except NoPlaceError:
                continue
            found = self._made(changes) if read is not None and self._confirmed(read.facts) else None
            if found is not None:
                return found
        return None

    def _lengths(self) -> Iterator[dict[str, Any]]:
        limits = {
            int(value) + step
            for values in self.pair.values.values()
            for value in values
            if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < MAX_GUESSED
            for step in (-1, 0, 1)
        }
        for name in ("shareholders", "scope.items", "family_members", "officers"):
            present: Any = self.read.facts
            for step in name.split("."):
                present = present.get(step) if isinstance(present, dict) else None
            if present and any(path[: len(name.split("."))] == tuple(name.split(".")) for path in self._paths()):
                yield from ({f"{name}#": length} for length in sorted(limits) if length > 0 and length != len(present))

    def _paths(self) -> set[tuple[str, ...]]:
        return {path for rule in (self.pair.old, self.pair.new) if rule is not None for path in rule.paths}

    def _left_open(self) -> Answer:
        if self.first is None:
            return Answer(self.direction, "undecided", why=self.why or "no answer after many attempts")
        changed = {name: value for name, value in self.first.items() if not name.endswith(("@",))}
        return Answer(self.direction, "facts", facts=changed, rules=tuple(sorted(self.others)), why=self.why)
