"""One rule on one application's facts, by compiled closures alone: result, effect and places, without its sentences.

Measuring cases asks this many thousand times, of changed rules too; a test holds it to `engine.decide` on every case.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.model import Outcome, Result
from engine.places import MAX_PLACES
from rules import feel
from rules.feel.tree import Filter, Name, Node, Path
from rules.template import Template
from rules.typed import TypedRule

Scope = Mapping[str, Any]
Closure = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Judge:
    """A rule ready to be asked; compile it once with `judge_of`."""

    rule: TypedRule
    applies: Closure
    holds: Closure

    def result(self, scope: Scope) -> Result:
        """Return what becomes of the rule."""
        return result_of(self.applies, self.holds, scope)

    def effect(self, result: Result, silent: frozenset[str]) -> str:
        """Return what a result does to the outcome: fix, refer, bar, route, inform, wait or none."""
        own = self.rule.rule.on_violation
        if result is Result.VIOLATED:
            return own
        if result is Result.UNDETERMINED:
            return own if own == "inform" else "wait" if self.rule.sources & silent else "refer"
        return "none"

    def places(self, result: Result, scope: Scope) -> list[str]:
        """Return the JSON pointers at which the rule is violated or undetermined, sorted."""
        if result in {Result.SATISFIED, Result.NOT_APPLICABLE}:
            return []
        witness = self.rule.witness
        if witness is None:
            return [_filled(self.rule.at, scope)]
        wanted = witness.broken_when if result is Result.VIOLATED else None
        body = feel.compile_node(witness.body)
        elements = safely(feel.compile_node(witness.elements), scope)
        listed = elements[:MAX_PLACES] if isinstance(elements, list) else () if elements is None else (elements,)
        inside = ({**scope, witness.variable: element} for element in listed)
        found = [_filled(self.rule.at, inner) for inner in inside if safely(body, inner) is wanted]
        return sorted(found) or [_list_place(witness.elements)]


def judge_of(rule: TypedRule) -> Judge:
    """Compile a rule."""
    return Judge(rule, feel.compile_node(rule.applies), feel.compile_node(rule.holds))


def result_of(applies: Closure, holds: Closure, scope: Scope) -> Result:
    """Return the result of two conditions on the facts."""
    asked = safely(applies, scope)
    if asked is not True:
        return Result.NOT_APPLICABLE if asked is False else Result.UNDETERMINED
    held = safely(holds, scope)
    if held is True:
        return Result.SATISFIED
    return Result.VIOLATED if held is False else Result.UNDETERMINED


def outcome_of(effects: Iterable[str]) -> Outcome:
    """Return the outcome that follows from the effects of all rules of a set."""
    found = set(effects)
    for effect, outcome in (
        ("route", Outcome.ROUTED), ("refer", Outcome.REFERRED), ("bar", Outcome.REFERRED),
        ("wait", Outcome.WAITING), ("fix", Outcome.FIX),
    ):  # fmt: skip
        if effect in found:
            return outcome
    return Outcome.APPROVED if found else Outcome.REFERRED


def safely(closure: Closure, scope: Scope) -> Any:
    """Return a closure's value; beyond a limit of the language nobody can say."""
    try:
        return closure(scope)
    except feel.FeelDepthError:
        raise
    except feel.FeelError:
        return None


def _filled(template: Template, scope: Scope) -> str:
    return template.fill(scope, lambda node, inner: safely(feel.compile_node(node), inner))


def _list_place(node: Node) -> str:
    steps: list[str] = []
    while isinstance(node, Filter | Path):
        steps += [node.name] if isinstance(node, Path) else []
        node = node.source
    return "/" + "/".join((node.name, *reversed(steps))) if isinstance(node, Name) else ""
