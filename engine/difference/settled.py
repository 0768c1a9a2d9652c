"""What needs no search: directions that the form of a change rules out, and several answers told as one."""

from collections.abc import Sequence
from dataclasses import replace

from engine.difference.model import Answer, Direction
from rules.difference.meaning import Pair
from rules.difference.question import OUTCOMES

_WEIGHT = ("facts", "undecided", "covered", "proved")  # from what proves least


def impossible(pair: Pair, direction: Direction) -> str:
    """Say why a change cannot go a way, where its form alone shows it; empty where it must be looked at."""
    old = None if pair.old is None else pair.old.rule.on_violation
    new = None if pair.new is None else pair.new.rule.on_violation
    stands_old, stands_new = old not in {None, "inform"}, new not in {None, "inform"}
    needs = {"stricter": stands_new, "laxer": stands_old, "outcome": stands_old and stands_new}
    if not needs[direction]:
        side = {"stricter": "NEW", "laxer": "OLD", "outcome": "one of the two"}[direction]
        return f"the rule never stands against approval in {side}"
    if direction == "outcome" and {OUTCOMES[str(old)], OUTCOMES[str(new)]} == {"referred"}:
        return "both editions send it to an officer, broken or open (where every source has answered)"
    if pair.kind == "changed" and set(pair.aspects) <= {"effect", "place"}:
        if direction == "outcome":
            return (
                "" if OUTCOMES[str(old)] != OUTCOMES[str(new)] else "the conditions are the same, and so is the outcome"
            )
        if stands_old and stands_new:
            return "the conditions are the same"
    return ""


def joined(direction: Direction, answers: Sequence[Answer]) -> Answer:
    """Return one answer for all kinds of entity: the one that proves least, with the scopes of all."""
    if not answers:
        return Answer(direction, "undecided", why="no application of that item is at hand to begin from")
    least = min(answers, key=lambda one: _WEIGHT.index(one.verdict))
    rules = tuple(sorted({rule for one in answers for rule in one.rules}))
    scope = tuple(dict.fromkeys(part for one in answers for part in one.scope))
    return replace(least, rules=rules, scope=scope)
