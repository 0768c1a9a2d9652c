"""The second evaluator: it walks the text of every rule by its own code and draws its own conclusion.

It shares the facts and the parsed rules with the network, and nothing else: the conditions of all rules are lowered to
one Python function by `rules.feel.lowering`, with the walker `rules.feel.interpret` behind it, instead of compiled
closures; conditions are whole instead of atoms; and the outcome is found by looking for each kind of ground in turn
instead of chaining. It also finds what the network cannot say: where a rule is broken, and what was observed there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.disclosure import sensitive
from engine.model import Finding, Outcome, Result
from engine.places import Telling
from rules import feel
from rules.typed import RuleSet, TypedRule


@dataclass(frozen=True, slots=True)
class ReferenceAnswer:
    """A finding for every rule, sorted by rule id, and the outcome that follows from them."""

    findings: tuple[Finding, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ReferenceRules:
    """The rules of a rule set in the order of their ids, with the findings that hold no places made once.

    `conditions` returns the values of what decides whether each rule applies, then of what it asks for.
    """

    rules: tuple[TypedRule, ...]
    quiet: tuple[tuple[Finding, Finding], ...]  # out of place, satisfied
    conditions: Callable[[dict[str, Any]], list[Any]]
    parameters: Mapping[str, Any]
    tellings: dict[str, Telling]  # by rule id, each made when the rule first has something to say

    def answer(self, scope: dict[str, Any], silent: frozenset[str], failing: frozenset[str]) -> ReferenceAnswer:
        """Evaluate every rule on the facts; the run never stops at the first defect (一次性告知).

        `silent` are the sources that gave no answer yet, `failing` those without a usable answer for some subject.
        """
        findings: list[Finding] = []
        values = self.conditions(scope)
        count = len(self.rules)
        for rule, quiet, applies, holds in zip(self.rules, self.quiet, values[:count], values[count:], strict=True):
            if applies is False:
                findings.append(quiet[0])
            elif applies is True and holds is True:
                findings.append(quiet[1])
            else:
                violated = applies is True and holds is False
                result = Result.VIOLATED if violated else Result.UNDETERMINED
                findings.append(self._finding(rule, result, scope, silent, failing))
        return ReferenceAnswer(tuple(findings), _outcome(findings))

    def _finding(
        self,
        rule: TypedRule,
        result: Result,
        scope: dict[str, Any],
        silent: frozenset[str],
        failing: frozenset[str],
    ) -> Finding:
        own = rule.rule
        unanswered: tuple[str, ...] = ()
        effect: str = own.on_violation
        if result is Result.UNDETERMINED:
            unanswered = tuple(sorted(rule.sources & failing))
            if own.on_violation != "inform":
                effect = "wait" if any(source in silent for source in rule.sources) else "refer"
        telling = self.tellings.get(own.id)
        if telling is None:
            telling = self.tellings[own.id] = Telling(rule, self.parameters)
        places = tuple(telling.places(result, scope))
        return Finding(
            own.id, own.in_force.from_, result, effect, own.title, rule.bases, places, unanswered, sensitive(rule)
        )


def reference_rules(rule_set: RuleSet) -> ReferenceRules:
    """Prepare the rules of a rule set."""
    rules = tuple(sorted(rule_set.rules, key=lambda rule: rule.rule.id))
    nodes = [*(rule.applies for rule in rules), *(rule.holds for rule in rules)]
    conditions = feel.lower(nodes, {"parameters": rule_set.parameters})
    quiet = tuple((_quiet(rule, Result.NOT_APPLICABLE), _quiet(rule, Result.SATISFIED)) for rule in rules)
    return ReferenceRules(rules, quiet, conditions, rule_set.parameters, {})


def _quiet(rule: TypedRule, result: Result) -> Finding:
    own = rule.rule
    return Finding(own.id, own.in_force.from_, result, "none", own.title, rule.bases, sensitive=sensitive(rule))


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
