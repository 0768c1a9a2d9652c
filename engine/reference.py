"""The second evaluator: it walks the text of every rule by its own code and draws its own conclusion.

It shares the facts and the parsed rules with the network, and nothing else: expressions are walked by
`rules.feel.interpret` instead of compiled closures, conditions are whole instead of atoms, and the outcome is found
by looking for each kind of ground in turn instead of chaining. It also finds what the network cannot say: where a
rule is broken, and what was observed there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.disclosure import sensitive
from engine.model import Finding, Outcome, Place, Result
from engine.observed import observed
from rules import feel
from rules.feel.tree import Filter, Name, Node, Path
from rules.model import Text
from rules.template import Template
from rules.typed import RuleSet, TypedRule, TypedTexts, Witness

MAX_PLACES = 200  # of one rule; above what the forms can hold, so that one notice names every defect


@dataclass(frozen=True, slots=True)
class ReferenceAnswer:
    """A finding for every rule, sorted by rule id, and the outcome that follows from them."""

    findings: tuple[Finding, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ReferenceRules:
    """The rules of a rule set in the order of their ids, with the findings that hold no places made once."""

    rules: tuple[TypedRule, ...]
    quiet: Mapping[tuple[str, Result], Finding]

    def answer(self, scope: Mapping[str, Any], silent: frozenset[str], failing: frozenset[str]) -> ReferenceAnswer:
        """Evaluate every rule on the facts; the run never stops at the first defect (一次性告知).

        `silent` are the sources that gave no answer yet, `failing` those without a usable answer for some subject.
        """
        findings: list[Finding] = []
        for rule in self.rules:
            result = _result(rule, scope)
            if result in {Result.SATISFIED, Result.NOT_APPLICABLE}:
                findings.append(self.quiet[rule.rule.id, result])
            else:
                findings.append(_finding(rule, result, scope, silent, failing))
        return ReferenceAnswer(tuple(findings), _outcome(findings))


def reference_rules(rule_set: RuleSet) -> ReferenceRules:
    """Prepare the rules of a rule set."""
    rules = tuple(sorted(rule_set.rules, key=lambda rule: rule.rule.id))
    quiet = {
        (rule.rule.id, result): Finding(
            rule.rule.id,
            rule.rule.in_force.from_,
            result,
            "none",
            rule.rule.title,
            rule.rule.basis,
            sensitive=sensitive(rule),
        )
        for rule in rules
        for result in (Result.SATISFIED, Result.NOT_APPLICABLE)
    }
    return ReferenceRules(rules, quiet)


def _walk(node: Node, scope: Mapping[str, Any]) -> Any:
    try:
        return feel.interpret(node, scope)
    except feel.FeelError:
        return None  # beyond a limit of the language: nobody can say


def _result(rule: TypedRule, scope: Mapping[str, Any]) -> Result:
    applies = _walk(rule.applies, scope)
    if applies is False:
        return Result.NOT_APPLICABLE
    if applies is not True:
        return Result.UNDETERMINED
    holds = _walk(rule.holds, scope)
    if holds is True:
        return Result.SATISFIED
    return Result.VIOLATED if holds is False else Result.UNDETERMINED


def _outcome(findings: Sequence[Finding]) -> Outcome:
    effects = {finding.effect for finding in findings}
    if "route" in effects:
        return Outcome.ROUTED
    if "refer" in effects or "bar" in effects:
        return Outcome.REFERRED
    if "wait" in effects:
        return Outcome.WAITING
    if "fix" in effects:
        return Outcome.FIX
    # Nothing stands against it; approval still asks that every rule is satisfied, out of place, or merely informs.
    stated = all(finding.effect in {"none", "inform"} for finding in findings)
    return Outcome.APPROVED if stated and findings else Outcome.REFERRED


def _finding(
    rule: TypedRule, result: Result, scope: Mapping[str, Any], silent: frozenset[str], failing: frozenset[str]
) -> Finding:
    own = rule.rule
    unanswered: tuple[str, ...] = ()
    effect: str = own.on_violation
    if result is Result.UNDETERMINED:
        unanswered = tuple(sorted(rule.sources & failing))
        if own.on_violation != "inform":
            effect = "wait" if any(source in silent for source in rule.sources) else "refer"
    places = tuple(_places(rule, result, scope))
    return Finding(
        own.id, own.in_force.from_, result, effect, own.title, own.basis, places, unanswered, sensitive(rule)
    )


def _places(rule: TypedRule, result: Result, scope: Mapping[str, Any]) -> Iterator[Place]:
    witness = rule.witness
    found = False
    if witness is not None:
        wanted = witness.broken_when if result is Result.VIOLATED else None
        loop = _loop_path(witness.elements)
        for element in _elements(witness, scope):
            inside = {**scope, witness.variable: element}
            if _walk(witness.body, inside) is wanted:
                yield _place(rule, result, inside, observed(rule.paths, scope, loop, element))
                found = True
    if not found:
        seen = observed(rule.paths, scope)
        if witness is None:
            yield _place(rule, result, scope, seen)
        else:
            # The whole list is in question, not one element of it: the place is the list.
            loop = _loop_path(witness.elements)
            yield _place(rule, result, scope, seen, at="/" + "/".join(loop) if loop else "")


def _elements(witness: Witness, scope: Mapping[str, Any]) -> Iterable[Any]:
    elements = _walk(witness.elements, scope)
    if elements is None:
        return ()
    return elements[:MAX_PLACES] if isinstance(elements, list) else (elements,)


def _loop_path(node: Node) -> tuple[str, ...] | None:
    """Return the path of the list that a loop runs over; filters on the way do not change where it is."""
    steps: list[str] = []
    while True:
        if isinstance(node, Filter):
            node = node.source
        elif isinstance(node, Path):
            steps.append(node.name)
            node = node.source
        elif isinstance(node, Name):
            return (node.name, *reversed(steps))
        else:
            return None


def _place(
    rule: TypedRule, result: Result, scope: Mapping[str, Any], seen: dict[str, Any], *, at: str | None = None
) -> Place:
    pointer = rule.at.fill(scope, _walk) if at is None else at
    if result is Result.VIOLATED:
        return Place(pointer, seen, _filled(rule.notice, scope), _filled(rule.remedy, scope))
    title = rule.rule.title
    notice = Text(zh=f"尚不能核实：{title.zh}", en=f"Not established yet: {title.en}")
    remedy = Text(
        zh="您无需补充材料，登记机关正在核实。", en="You need not supply anything; the registry is establishing it."
    )
    return Place(pointer, seen, notice, remedy)


def _filled(texts: TypedTexts, scope: Mapping[str, Any]) -> Text:
    return Text(zh=_sentence(texts.zh, scope), en=_sentence(texts.en, scope))


def _sentence(template: Template, scope: Mapping[str, Any]) -> str:
    return template.fill(scope, _walk) or "—"
