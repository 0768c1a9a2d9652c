"""The nouns of a decision. All are frozen values; `decide` makes them and everything later only reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from rules.model import Effect, LegalBasis, Text


class Outcome(StrEnum):
    """What the engine may say. It has no word for refusal; the first that holds, in this order, is the outcome."""

    ROUTED = "routed"
    REFERRED = "referred"
    WAITING = "waiting"
    FIX = "fix"
    APPROVED = "approved"


class Result(StrEnum):
    """What became of one rule on one application."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Place:
    """One spot where a rule is violated or undetermined.

    `at` is a JSON pointer into the application; `observed` maps fact paths to the JSON values seen there (dates as ISO
    text, numbers as integers or decimal text); `notice` and `remedy` are ready sentences.
    """

    at: str
    observed: Mapping[str, Any]
    notice: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one rule. Findings of a decision are sorted by rule id.

    `effect` is what the result does to the outcome: the rule's own effect when violated, `wait` or `refer` when
    undetermined, `none` otherwise. `unanswered` lists the sources whose silence or failure left it undetermined. `sensitive` is set when
    the rule reads what a court, a register of the past or a public office says of a person (`engine.disclosure.sensitive`).
    """

    rule: str
    rule_from: date
    result: Result
    effect: str  # fix | refer | bar | route | inform | wait | none
    required: Text
    basis: tuple[LegalBasis, ...]
    places: tuple[Place, ...] = ()
    unanswered: tuple[str, ...] = ()
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The two evaluators differ on a rule or on the outcome; the decision is then a referral and an alarm is raised."""

    rule: str | None
    network: str
    reference: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What `decide` returns: an outcome and every finding behind it."""

    outcome: Outcome
    item: str
    rule_set_digest: str
    at: datetime  # the clock reading given to decide, UTC
    decided_on: date  # the same moment's day in Asia/Shanghai
    findings: tuple[Finding, ...]
    disagreements: tuple[Disagreement, ...] = ()

    def violated(self, *effects: Effect) -> tuple[Finding, ...]:
        """Return the violated findings with one of these effects, in order."""
        return tuple(f for f in self.findings if f.result is Result.VIOLATED and f.effect in effects)
