"""Run the cases beside the rules: each is a small change to a complete application, and what one rule must say of it.

The whole path runs, from bytes through intake to the decision by both evaluators, so a case that the form would never
let through is a failure too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from engine.decide import compiled, decide, sources_without_answer
from engine.errors import IntakeError
from engine.facts import SHANGHAI, facts
from engine.intake import read_application
from engine.model import Decision, Finding
from rules.callables import compiled_functions
from rules.case_files import Answer, Case, CaseFile
from rules.load import RuleBook
from rules.typed import RuleSet
from verifiers.model import Evidence, Failure

_MORNING = time(10, 0)


ABSENT = "absent"  # expected of a rule that is not asked of this kind of entity, or not on this day


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case with the decision made on it and every difference from what it expects; none means that it passed."""

    case: Case
    decision: Decision | None
    differences: tuple[str, ...]
    facts: "CaseFacts | None" = None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a case puts before the rules: the facts with the parameters of the day, and the sources that are silent."""

    scope: Mapping[str, Any]
    silent: frozenset[str]
    rule_set: RuleSet


def moment(day: date) -> datetime:
    """Return ten in the morning of a day in Asia/Shanghai, as UTC: the clock reading of a case."""
    return datetime.combine(day, _MORNING, SHANGHAI).astimezone(UTC)


def evidence_of(answers: Iterable[Answer], at: datetime) -> tuple[Evidence, ...]:
    """Return the answers of a case as evidence received at `at`; nothing is signed, because nothing was sent."""
    return tuple(
        Evidence(
            verifier=answer.verifier,
            subject=answer.subject,
            request={},
            request_digest="0" * 64,
            asked_at=at,
            answered_at=at,
            response=None,
            key_id=None,
            as_of=None if answer.failure else at,
            value=None if answer.failure else answer.value,
            failure=Failure(answer.failure) if answer.failure else None,
        )
        for answer in answers
    )


def run_case(case: Case, book: RuleBook) -> CaseResult:
    """Decide one case and compare. Raises `ItemError` for an item that is not in force on its day."""
    rule_set = book.rule_set(case.application["item"], case.on)
    at = moment(case.on)
    try:
        application = read_application(json.dumps(case.application, ensure_ascii=False).encode(), rule_set.form)
    except IntakeError as error:
        return CaseResult(case, None, (f"the form does not let it through: {error}",))
    evidence = evidence_of(case.evidence, at)
    decision = decide(application, evidence, rule_set, at)
    named = {"parameters": rule_set.parameters, **compiled(rule_set).compiled_functions}
    scope = {**facts(application, evidence, rule_set, at), **named}
    silent, _ = sources_without_answer(rule_set, evidence)
    return CaseResult(case, decision, tuple(_differences(case, decision)), CaseFacts(scope, silent, rule_set))


def of_the_book(rule_set: RuleSet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an expression may name beside the facts: the parameters, and the functions that read them."""
    functions = compiled_functions(parameters, rule_set.tables, rule_set.definitions, rule_set.calendar)
    return {"parameters": parameters, **functions}


def run_cases(files: Iterable[CaseFile], book: RuleBook) -> Iterator[CaseResult]:
    """Decide all cases, in the order of the files."""
    for file in files:
        for case in file.cases:
            yield run_case(case, book)


def _differences(case: Case, decision: Decision) -> Iterator[str]:
    for disagreement in decision.disagreements:
        yield (
            f"the evaluators disagree on {disagreement.rule or 'the outcome'}: "
            f"network {disagreement.network}, reference {disagreement.reference}"
        )
    finding = next((found for found in decision.findings if found.rule == case.rule), None)
    if (finding is None) is (case.result == ABSENT):
        yield from _compared(case, decision, finding)
    elif finding is not None:
        yield f"rule {case.rule} is {finding.result.value}, expected {ABSENT}: not asked of {case.application['item']} on {case.on}"
    else:
        yield f"rule {case.rule} is not in the rule set of {case.application['item']} on {case.on}"


def _compared(case: Case, decision: Decision, finding: Finding | None) -> Iterator[str]:
    if finding is not None and finding.result.value != case.result:
        yield f"rule {case.rule} is {finding.result.value}, expected {case.result}"
    if finding is not None and case.effect is not None and finding.effect != case.effect:
        yield f"the effect is {finding.effect}, expected {case.effect}"
    if case.outcome is not None and decision.outcome.value != case.outcome:
        causes = ", ".join(
            f"{found.rule} {found.effect}" for found in decision.findings if found.effect not in {"none", "inform"}
        )
        yield f"the outcome is {decision.outcome.value} ({causes or 'no cause'}), expected {case.outcome}"
    if finding is not None and case.places is not None:
        places = sorted(place.at for place in finding.places)
        if places != sorted(case.places):
            yield f"the places are {places}, expected {sorted(case.places)}"
