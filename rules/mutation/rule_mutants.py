"""The mutants of one rule: its two conditions, its effect, the kinds of entity it binds, and its days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, get_args

from rules import feel
from rules.errors import Problem
from rules.feel import tree as t
from rules.load import RuleBook
from rules.model import ENTITY_KINDS, Effect, Rule
from rules.mutation.expressions import changes
from rules.mutation.model import Ids, Mutant, edition
from rules.mutation.places import Places
from rules.mutation.positions import Scope
from rules.mutation.text import written_node
from rules.mutation.visible import Unseen, moved, seen_during, seen_on, unseen_day, unseen_period
from rules.typed import TypedRule, witness_of

CONDITIONS = ("applies_when", "holds_when")
Texts = tuple[str, str]  # as it stands, and changed


@dataclass(slots=True)
class Tally:
    """How many mutants the types refused: the book would not load with them."""

    discarded: int = 0


def rule_mutants(typed: TypedRule, book: RuleBook, scope: Scope, places: Places, tally: Tally) -> Iterator[Mutant]:
    """Yield every mutant of one edition of a rule."""
    rule = typed.rule
    never = None if seen_during(book, rule.in_force, rule.entities) else unseen_period(rule.in_force)
    maker = _Maker(typed, Ids(), never)
    for key in CONDITIONS:
        root = typed.applies if key == "applies_when" else typed.holds
        for kind, spot, new, mutated in changes(root, scope):
            changed = _retyped(typed, key, mutated, book)
            if changed is None or not _is_condition(mutated, scope):
                tally.discarded += 1
                continue
            place = places.at(rule, (key,), spot.node.line, spot.node.column)
            texts = (written_node(spot.node), written_node(new))
            unseen = _never_below_zero(spot.node, new)
            yield maker.make((key, kind), place, texts, changed, unseen, {"spot": spot, "new": new})
    for kind, texts, new_rule, unseen in _members(rule, book):
        place = places.at(rule, ("on_violation" if kind == "effect" else kind,))
        yield maker.make((kind,), place, texts, replace(typed, rule=new_rule), unseen, {})


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the mutants of one edition; `never` is the reason when nothing is decided while it is in force."""

    typed: TypedRule
    ids: Ids
    never: Unseen | None

    def make(
        self, what: tuple[str, ...], place: Problem, texts: Texts, changed: TypedRule, unseen: Unseen | None,
        hint: Mapping[str, Any],
    ) -> Mutant:  # fmt: skip
        """Return one mutant; the last of `what` is its kind."""
        rule = self.typed.rule
        return Mutant(
            id=self.ids.give(rule.id, edition(rule), *what, *texts),
            owner=rule.id,
            kind=what[-1],
            file=place.file,
            line=place.line,
            column=place.column,
            original=texts[0],
            changed=texts[1],
            rule=changed,
            of=self.typed,
            hint=hint,
            unseen=self.never or unseen,
        )


def _is_condition(root: t.Node, scope: Scope) -> bool:
    try:
        return feel.infer(root, scope) in (feel.BOOLEAN, feel.NULL)
    except feel.FeelError:
        return False


def _never_below_zero(node: t.Node, new: t.Node) -> Unseen | None:
    """Tell `x = 0` and `x <= 0` alike, and `x > 0` and `x != 0`, where `x` is a number of the fact schema or a count.

    Every number there is a count, an amount, a length or an age; the forms and `engine.facts` let none be below zero.
    """
    if not isinstance(node, t.Compare) or not isinstance(new, t.Compare) or node.left != new.left:
        return None
    plain = isinstance(node.left, t.Path | t.Name) or (
        isinstance(node.left, t.Call) and node.left.function == t.Name("count")
    )
    zero = node.right == new.right == t.NumberLiteral(Decimal(0))
    if plain and zero and (node.op, new.op) in {("=", "<="), (">", "!=")}:
        return (
            "事实中的数（个数、金额、长度、年龄）不会小于零",
            "no number among the facts (counts, amounts, lengths, ages) is below zero",
        )
    return None


def _retyped(typed: TypedRule, key: str, root: t.Node, book: RuleBook) -> TypedRule | None:
    """Return the rule with another condition, or None where the loader would refuse it."""
    through = book.functions.read_through if typed.functions else _as_it_is
    plain = through(root)
    if _counts_evidence(plain, book):
        return None
    applies, holds = (root, typed.holds) if key == "applies_when" else (typed.applies, root)
    read = feel.paths(through(applies)) | feel.paths(through(holds))
    sources = {book.facts.source_of(fact) for fact in read}
    return replace(
        typed,
        applies=applies,
        holds=holds,
        witness=witness_of(holds),
        paths=read,
        sources=frozenset(name for name in sources if name is not None),
        functions=book.functions.called(applies, holds) if typed.functions else typed.functions,
    )


def _as_it_is(node: t.Node) -> t.Node:
    return node


def _counts_evidence(root: t.Node, book: RuleBook) -> bool:
    """Tell whether `count` is asked of what a source answers, which the loader refuses."""
    return any(
        isinstance(call, t.Call)
        and call.function == t.Name("count")
        and any(book.facts.source_of(path) for path in feel.paths(call))
        for call in t.walk(root)
    )


def _members(rule: Rule, book: RuleBook) -> Iterator[tuple[str, Texts, Rule, Unseen | None]]:
    """Yield (kind, original and changed text, changed rule, why unseen) for what stands beside the conditions."""
    for effect in get_args(Effect):
        if effect != rule.on_violation:
            yield "effect", (rule.on_violation, effect), _with(rule, on_violation=effect), None
    for entity in ENTITY_KINDS:
        kept = tuple(kind for kind in ENTITY_KINDS if (kind in rule.entities) != (kind == entity))
        if kept:
            unseen = None if seen_during(book, rule.in_force, (entity,)) else unseen_period(rule.in_force)
            yield "entities", (_list(rule.entities), _list(kept)), _with(rule, entities=kept), unseen
    editions = [other.rule.in_force for other in book.rules if other.rule.id == rule.id and other.rule != rule]
    for period, day in moved(rule.in_force):
        if any(other.holds_on(day) for other in editions):
            continue  # two editions on one day: the book would not load
        changed = _with(rule, in_force=period)
        yield (
            "in_force",
            (_days(rule), _days(changed)),
            changed,
            None if seen_on(book, day, rule.entities) else unseen_day(day),
        )


def _with(rule: Rule, **changed: object) -> Rule:
    return rule.model_copy(update=changed)


def _list(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"


def _days(rule: Rule) -> str:
    period = rule.in_force
    return f"{{from: {period.from_}{f', to: {period.to}' if period.to else ''}}}"
