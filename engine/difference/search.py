"""The two sets side by side on whole applications: what each decides, and whether one rule alone makes the difference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.difference.model import Direction, Flip, Witness
from engine.difference.patch import patch_lines
from engine.difference.specimens import Prepared, Specimen, effects_of, rules_outcome, side, swapped_outcome
from engine.model import Decision, Outcome
from rules.difference.meaning import Pair

APPROVED = Outcome.APPROVED.value


@dataclass(frozen=True, slots=True)
class Both:
    """Two rule sets of one item, ready to decide."""

    old: Prepared
    new: Prepared
    alike_beside: bool  # form, item, catalogue and facts are the same: only rules can make a difference

    def approving(self, direction: Direction) -> Prepared:
        """Return the set that approves in this direction (for `outcome` the old one)."""
        return self.new if direction == "laxer" else self.old

    def rule_differs(self, rule: str, specimen: Specimen, day: date) -> bool:
        """Tell whether a rule has another effect on this application."""
        old, new = self.old.read(specimen, day), self.new.read(specimen, day)
        if old is None or new is None:
            return False
        return self.old.effect(rule, old.facts, old.silent) != self.new.effect(rule, new.facts, new.silent)

    def decided(self, specimen: Specimen, day: date) -> tuple[Decision | None, Decision | None]:
        """Decide by both sets, each with both evaluators."""
        return self.old.decide(specimen, day), self.new.decide(specimen, day)

    def goes(self, direction: Direction, rule: str, specimen: Specimen, day: date) -> bool:
        """Tell whether the whole decision goes this way, and would not if this rule alone were as in the other set."""
        old, new = self.decided(specimen, day)
        if old is None or new is None or old.disagreements or new.disagreements:
            return False
        before, after = rules_outcome(old), rules_outcome(new)
        of_old, of_new = effects_of(old), effects_of(new)
        if direction == "stricter":
            return before == APPROVED and swapped_outcome(of_old, rule, of_new.get(rule)) != APPROVED
        if direction == "laxer":
            return after == APPROVED and swapped_outcome(of_new, rule, of_old.get(rule)) != APPROVED
        apart = APPROVED not in {before, after} and before != after
        return apart and swapped_outcome(of_old, rule, of_new.get(rule)) != before

    def witness(self, specimen: Specimen, day: date, bases: Iterable[Specimen]) -> Witness:
        """Return a whole application as a witness, told as a change of the base of its item."""
        old, new = self.decided(specimen, day)
        start = next((one for one in bases if one.item == specimen.item), None)
        return Witness(
            item=specimen.item,
            on=day,
            made_from=specimen.name if start is None else start.name,
            patch=() if start is None else patch_lines(start, specimen),
            old=side(old),
            new=side(new),
            application=specimen.document,
            evidence=tuple(_evidence(specimen)),
            case=None if specimen.on is None or specimen.name.endswith(", changed") else specimen.name,
        )


def _evidence(specimen: Specimen) -> Iterator[Mapping[str, Any]]:
    for one in specimen.answers:
        answer: dict[str, Any] = {"verifier": one.verifier, "subject": one.subject}
        yield answer | ({"failure": one.failure} if one.failure else {"value": one.value})


def flip(both: Both, pairs: Iterable[Pair], specimen: Specimen, day: date, *, these_alone: bool = False) -> Flip | None:
    """Return how the two sets decide an application differently, or None.

    Both sets decide it, also where no rule of `pairs` has another effect: the pairs come from a comparison of texts,
    and this answer must not rest on that. With `these_alone` only differences that rules of `pairs` make count.
    """
    if both.old.rule_set.digest == both.new.rule_set.digest and both.alike_beside:
        return None
    differing = tuple(pair.rule for pair in pairs if both.rule_differs(pair.rule, specimen, day))
    if these_alone and not differing and both.alike_beside:
        return None
    old, new = both.decided(specimen, day)
    before, after = side(old), side(new)
    if before.outcome == after.outcome:
        return None
    return Flip(specimen.name, specimen.item, day, before, after, differing)
