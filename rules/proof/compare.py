"""Two versions of a rule compared by meaning: an application that one finds clear and the other does not, or a proof.

    compare(old, new, old_base, new_base, near=facts) -> Comparison

`old` and `new` are `TypedRule`s (null for a rule that is not in that book), each with the `Base` of its rule set
(`terms.base_of(rule_set, day, SpaceRules.shipped())`): parameters, tables and definitions may differ. `near` are facts of a
real case; a witness then keeps as many of them as z3's optimiser finds it can. `old_clear` is an application that OLD finds
clear and NEW does not, `new_clear` the other way round: each a `Witness` (facts, and both results as the real evaluators say),
`Proved`, or `Undecided`. Both evaluators confirm every witness; one that they do not confirm is `Undecided` with its reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from rules.proof.encode import Encoder
from rules.proof.pin import values_from
from rules.proof.rule_checks import counted_lists
from rules.proof.solve import WORK, constant_is, result_by_both
from rules.proof.symbols import TRUE, Term, negated
from rules.proof.terms import Base, Outcome, axioms_of, encoded, of_kinds, outcome_of
from rules.proof.witness import as_json, facts_of, only
from rules.typed import TypedRule


@dataclass(frozen=True, slots=True)
class Witness:
    """An application on which the two differ; `facts` is all of it, `shown` the part that the rules read, as JSON."""

    facts: Mapping[str, Any]
    shown: Mapping[str, Any]
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Proved:
    """There is no such application; `scope` says how far that reaches."""

    scope: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nobody can say, and why."""

    reason: str


Found = Witness | Proved | Undecided


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both directions of a change."""

    old_clear: Found
    new_clear: Found


def compare(
    old: TypedRule | None,
    new: TypedRule | None,
    old_base: Base,
    new_base: Base,
    *,
    near: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare two versions of a rule. Raises `ValueError` when there is neither, or the facts have other types."""
    if old is None and new is None:
        raise ValueError("there is no rule to compare: give the old version, the new one or both")
    if old_base.schema.records != new_base.schema.records:
        raise ValueError(
            "the two books have different facts (facts.yaml): compare them first, then rules over equal facts"
        )
    return Comparison(
        _direction(old, new, old_base, new_base, near, old_is_clear=True),
        _direction(old, new, old_base, new_base, near, old_is_clear=False),
    )


def _direction(  # the two sides, and which way
    old: TypedRule | None, new: TypedRule | None, old_base: Base, new_base: Base, near: Mapping[str, Any] | None, *, old_is_clear: bool
) -> Found:  # fmt: skip
    rules = [rule for rule in (old, new) if rule is not None]
    read = frozenset().union(*(rule.paths for rule in rules))
    answer: Found = Undecided("nothing was asked")
    larger: dict[str, int] = {}
    for rule, base in ((old, old_base), (new, new_base)):
        if rule is not None:
            larger |= {
                name: max(most, larger.get(name, 0))
                for name, most in counted_lists(base, (rule.applies, rule.holds)).items()
            }
    for entries in (None, larger) if larger else (None,):

        def terms(encoder: Encoder, entries: Mapping[str, int] | None = entries) -> tuple[Term, Term, list[Term]]:
            before, after = _clear(encoder, old, old_base), _clear(encoder, new, new_base)
            kinds = sorted({kind for rule in rules for kind in rule.rule.entities})
            axioms = axioms_of(new_base, encoder, read, direct=entries is not None)
            return before, after, [of_kinds(encoder, kinds), *axioms.values()]

        (before, after, given), encoder = encoded(new_base, terms, entries=entries)
        goal = [before, negated(after)] if old_is_clear else [negated(before), after]
        answer = _answer(encoder, [*given, *goal], (old, new, old_base, new_base), near, read)
        if not isinstance(answer, Proved):
            return answer
    return answer


def _clear(encoder: Encoder, rule: TypedRule | None, base: Base) -> Term:
    if rule is None:
        return TRUE
    own = Encoder(encoder.space, base.parameters, base.functions)
    outcome: Outcome = outcome_of(own, rule)
    encoder.outside.update(own.outside)
    return outcome.clear


Sides = tuple[TypedRule | None, TypedRule | None, Base, Base]


def _answer(
    encoder: Encoder, given: list[Term], sides: Sides, near: Mapping[str, Any] | None, read: Iterable[tuple[str, ...]]
) -> Found:
    solver = z3.Solver()
    solver.set("rlimit", WORK)
    solver.add(*given, *encoder.space.constraints)
    verdict = solver.check()
    if verdict == z3.unsat:
        return Proved(encoder.space.reach())
    if verdict != z3.sat:
        return Undecided("the question takes more work than the limit allows")
    model = solver.model()
    model = _nearest(solver, model, encoder, near) if near else model
    facts = facts_of(encoder.space, model)
    results = [
        "clear" if rule is None else result_by_both(base, rule.applies, rule.holds, facts)
        for rule, base in ((sides[0], sides[2]), (sides[1], sides[3]))
    ]
    if (results[0] == "clear") == (results[1] == "clear"):
        return Undecided(f"the evaluators do not confirm the witness: both {results[0]}, {results[1]}")
    return Witness(facts, as_json(only(facts, read)), results[0], results[1])


def _nearest(solver: Any, model: Any, encoder: Encoder, near: Mapping[str, Any]) -> Any:
    """Keep the facts of a real case one after the other, wherever the difference survives: a model close to the case."""
    for name, value in sorted(
        values_from(encoder.space, near).items(), key=lambda entry: (entry[0].count("["), entry[0])
    ):
        wish = constant_is(encoder.space, name, value)
        if not z3.is_true(model.eval(wish)):
            if solver.check(wish) != z3.sat:
                continue
            model = solver.model()
        solver.add(wish)
    return model


__all__ = ["Comparison", "Found", "Proved", "Undecided", "Witness", "compare"]
