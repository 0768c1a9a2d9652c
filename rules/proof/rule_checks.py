"""Questions about one rule: whether it can apply, be kept and be broken, and whether each of its conditions matters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rules.feel import paths
from rules.feel.tree import (
    And,
    BooleanLiteral,
    Call,
    Every,
    If,
    Name,
    Node,
    NullLiteral,
    NumberLiteral,
    Or,
    Path,
    Some,
    walk,
)
from rules.proof.encode import Encoder
from rules.proof.results import OutsidePart, Result, Verdict
from rules.proof.solve import Answer, Questions, replaced, result_by_both, value_by_both
from rules.proof.symbols import Term, both, either, negated
from rules.proof.terms import Base, Outcome, axioms_of, encoded, members_read, of_kinds, outcome_of
from rules.proof.witness import as_json, only
from rules.typed import TypedRule


@dataclass(frozen=True, slots=True)
class RuleAnswers:
    """All results about one rule, and what in it lies outside the provable part."""

    results: tuple[Result, ...]
    outside: tuple[OutsidePart, ...]


def atoms(node: Node) -> Iterator[Node]:
    """Yield the conditions that `and`, `or`, `not`, `if` and loops join: the smallest that are true or false."""
    match node:
        case And(left, right) | Or(left, right):
            yield from atoms(left)
            yield from atoms(right)
        case Call(Name("not"), (operand,), ()):
            yield from atoms(operand)
        case If(condition, then, otherwise):
            for part in (condition, then, otherwise):
                yield from atoms(part)
        case Every(_, body) | Some(_, body):
            yield from atoms(body)
        case BooleanLiteral() | NullLiteral():
            return
        case _:
            yield node


class _RuleQuestions:
    """The terms of one rule with at most `entries` in each list, and its solver."""

    def __init__(self, base: Base, rule: TypedRule, entries: Mapping[str, int] | None) -> None:
        self.base, self.rule, self.entries = base, rule, entries
        self.atoms = (*atoms(rule.applies), *atoms(rule.holds))
        parts, self.encoder = encoded(base, self._terms, entries=entries)
        self.outcome, self.forced, self.given, self.atom_values = parts
        self.questions = Questions(self.encoder, self.given)

    def _terms(
        self, encoder: Encoder
    ) -> tuple[Outcome, dict[tuple[int, bool], Outcome], list[Term], list[dict[bool, Term]]]:
        encoder.watched = frozenset(id(atom) for atom in self.atoms)
        outcome = outcome_of(encoder, self.rule)
        seen = [list(encoder.seen.get(id(atom), ())) for atom in self.atoms]
        values = [
            {True: either(*(one.true for one in met)), False: either(*(one.false for one in met))} for met in seen
        ]
        encoder.watched = frozenset()
        forced: dict[tuple[int, bool], Outcome] = {}
        for index, atom in enumerate(self.atoms):
            for value in (True, False):
                encoder.forced = {id(atom): value}
                forced[index, value] = outcome_of(encoder, self.rule)
        encoder.forced = {}
        axioms = axioms_of(self.base, encoder, self.rule.paths, direct=self.entries is not None)
        return outcome, forced, [of_kinds(encoder, self.rule.rule.entities), *axioms.values()], values


def check_rule(base: Base, rule: TypedRule) -> RuleAnswers:
    """Answer every question about one rule."""
    small = _RuleQuestions(base, rule, None)
    large: list[_RuleQuestions] = []
    more = counted_lists(base, (rule.applies, rule.holds))

    def asked(index: int | None, goal: str) -> tuple[Answer, _RuleQuestions]:
        answer, used = _ask(small, index, goal), small
        if answer.verdict == "unsat" and more:  # a limit such as 50 needs more entries than are tried at first
            if not large:
                large.append(_RuleQuestions(base, rule, more))
            answer, used = _ask(large[0], index, goal), large[0]
        return answer, used

    results = []
    for goal in ("applies", "not_applies", "holds", "broken"):
        if (goal == "not_applies" and rule.applies == BooleanLiteral(value=True)) or (
            goal == "holds" and rule.holds == BooleanLiteral(value=False)
        ):
            continue
        answer, used = asked(None, goal)
        results.append(_result(used, answer, goal, None))
    for index in range(len(small.atoms)):
        for goal in ("true", "false"):
            answer, used = asked(index, goal)
            results.append(_result(used, answer, goal, index))
    outside = {**small.encoder.outside, **(large[0].encoder.outside if large else {})}
    parts = tuple(OutsidePart(rule.rule.id, source_of(rule, node), reason) for node, reason in outside.items())
    return RuleAnswers(tuple(results), parts)


def counted_lists(base: Base, nodes: Sequence[Node]) -> dict[str, int]:
    """Return how many entries the lists that are counted need, so that limits can be reached; empty for none."""
    limits: set[int] = set()
    lists: set[str] = set()
    for part in (part for node in nodes for part in walk(node)):
        value: Any = None
        match part:
            case NumberLiteral(number):
                value = number
            case Path(Name("parameters"), name):
                value = base.parameters.get(name)
            case Call(Name("count"), (counted,), ()):
                lists |= {".".join(path) for path in paths(counted) if "*" not in path}
                lists |= {path[0] for path in paths(counted) if "*" in path[1:2]}
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and value <= base.given.counted:
            limits.add(int(value) + 1)
    most = max(limits, default=0)
    linked = base.given.linked
    read = members_read(base.schema, (path for node in nodes for path in paths(node)))
    if lists and linked and any(record == linked[0] for record, _ in read):
        lists.add(linked[1])  # as many different people as there are entries
    return dict.fromkeys(sorted(lists), most) if lists and most > max(base.given.entries.values()) else {}


def _ask(of: _RuleQuestions, index: int | None, goal: str) -> Answer:
    outcome = of.outcome
    if index is None:
        goals = {
            "applies": (outcome.applies.true,),
            "not_applies": (outcome.applies.false,),
            "holds": (outcome.applies.true, outcome.holds.true),
            "broken": (outcome.violated,),
        }
        return of.questions.ask(*goals[goal])
    wanted = goal == "true"
    other = of.forced[index, not wanted]
    changed = either(
        both(outcome.clear, negated(other.clear)),
        both(outcome.violated, negated(other.violated)),
        both(outcome.undetermined, negated(other.undetermined)),
    )
    flips = either(both(outcome.clear, negated(other.clear)), both(negated(outcome.clear), other.clear))
    return of.questions.ask(changed, of.atom_values[index][wanted], prefer=(flips,))


_TEXTS = {
    "applies": ("规则在某些申请上适用", "the rule applies to some application", "规则永远不适用", "the rule never applies"),
    "not_applies": ("适用条件有时不成立", "there are applications it does not apply to", "适用条件永远成立", "applies_when is always true"),
    "holds": ("规则能够被满足", "the rule can be satisfied", "规则永远不能满足", "no application can satisfy the rule"),
    "broken": ("规则能够被违反", "the rule can be violated", "规则永远不会被违反", "no application can violate the rule"),
    "true": ("条件成立时起作用", "the condition matters when it is true", "条件成立永远不起作用", "the condition never matters when it is true"),
    "false": ("条件不成立时起作用", "the condition matters when it is false", "条件不成立永远不起作用", "the condition never matters when it is false"),
}  # fmt: skip


def _result(of: _RuleQuestions, answer: Answer, goal: str, index: int | None) -> Result:
    rule = of.rule
    check = "rule" if index is None else "condition"
    name = f"{check}:{rule.rule.id}:{goal}" if index is None else f"{check}:{rule.rule.id}:{index + 1}:{goal}"
    zh, en, none_zh, none_en = _TEXTS[goal]
    suffix = "" if index is None else f": {source_of(rule, of.atoms[index])}"
    if answer.verdict == "unsat":
        bound = of.encoder.space.reach()
        return Result(
            name, check, rule.rule.id, "proved", ok=False, zh=none_zh + suffix, en=none_en + suffix, scope=bound
        )
    if answer.facts is None:
        return Result(
            name,
            check,
            rule.rule.id,
            "undecided",
            ok=False,
            zh=f"未能判定：{zh}{suffix}",
            en=f"undecided: {en}{suffix}",
        )
    shown = as_json(only(answer.facts, rule.paths))
    problem = _unconfirmed(of, answer, goal, index)
    if problem is None:
        return Result(name, check, rule.rule.id, "witness", ok=True, zh=zh + suffix, en=en + suffix, facts=shown)
    verdict: Verdict = "undecided" if of.encoder.outside else "not_confirmed"
    return Result(name, check, rule.rule.id, verdict, ok=False, zh=f"见证未经求值器确认：{zh}{suffix}",
                  en=f"the witness is not confirmed ({problem}): {en}{suffix}", facts=shown)  # fmt: skip


def _unconfirmed(of: _RuleQuestions, answer: Answer, goal: str, index: int | None) -> str | None:
    """Return why the real evaluators do not confirm a witness; null where they do."""
    assert answer.facts is not None
    rule, base, facts = of.rule, of.base, answer.facts
    try:
        applies = value_by_both(base, rule.applies, facts)
        found = result_by_both(base, rule.applies, rule.holds, facts)
        if index is not None:
            target, value = id(of.atoms[index]), goal == "false"
            changed = [replaced(node, target, value) for node in (rule.applies, rule.holds)]
            other = result_by_both(base, changed[0], changed[1], facts)
            return None if other != found else f"it stays {found}"
    except ValueError as error:
        return str(error)
    wanted = {
        "applies": applies is True,
        "not_applies": applies is False,
        "holds": applies is True and found == "clear",
        "broken": found == "violated",
    }
    return None if wanted[goal] else f"applies is {applies}, the rule is {found}"


def source_of(rule: TypedRule, node: Node) -> str:
    """Return the text of an expression of a rule, as its author wrote it."""
    for text, root in ((rule.rule.applies_when, rule.applies), (rule.rule.holds_when, rule.holds)):
        if any(part is node for part in walk(root)):
            return " ".join(text[node.start : node.end].split())
    return repr(node)[:120]
