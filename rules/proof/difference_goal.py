"""When the two editions of a rule differ as a question wants, as one term over one space of facts."""

from rules.difference.meaning import Pair
from rules.difference.question import OUTCOMES, Question
from rules.proof.encode import Encoder
from rules.proof.symbols import FALSE, Term, both, either, negated
from rules.proof.terms import Outcome, base_of, outcome_of
from rules.typed import TypedRule

REFERRED = "referred"


def goal_term(question: Question, encoder: Encoder) -> Term:
    """Return the condition under which the two editions of the rule differ as wanted, over one space of facts."""
    approving, other = question.approving, question.old if question.direction == "laxer" else question.new
    second = Encoder(
        encoder.space, other.parameters, base_of(other, question.day, encoder.space.given).functions,
        outside=encoder.outside, inexact=encoder.inexact,
    )  # fmt: skip
    of_old, of_new = (second, encoder) if approving is question.new else (encoder, second)
    old = None if question.pair.old is None else outcome_of(of_old, question.pair.old)
    new = None if question.pair.new is None else outcome_of(of_new, question.pair.new)
    stands_old, stands_new = _stands(question.pair.old, old), _stands(question.pair.new, new)
    if question.direction == "stricter":
        return both(negated(stands_old), stands_new)
    if question.direction == "laxer":
        return both(stands_old, negated(stands_new))
    return both(stands_old, stands_new, _other_effect(question.pair, old, new))


def _stands(rule: TypedRule | None, outcome: Outcome | None) -> Term:
    """Return when a rule stands against approval: it is broken or open, and does more than inform."""
    if rule is None or outcome is None or rule.rule.on_violation == "inform":
        return FALSE
    return negated(outcome.clear)


def clear_term(encoder: Encoder, rule: TypedRule) -> Term:
    """Return when a rule does not stand against approval."""
    return negated(_stands(rule, outcome_of(encoder, rule)))


def _other_effect(pair: Pair, old: Outcome | None, new: Outcome | None) -> Term:
    if old is None or new is None or pair.old is None or pair.new is None:
        return FALSE
    of_old, of_new = (OUTCOMES[rule.rule.on_violation] for rule in (pair.old, pair.new))
    # Where every source has answered, what stays open goes to an officer.
    ways = [(old.violated, of_old, new.violated, of_new), (old.violated, of_old, new.undetermined, REFERRED),
            (old.undetermined, REFERRED, new.violated, of_new)]  # fmt: skip
    return either(*(both(first, second) for first, one, second, other in ways if one != other))
