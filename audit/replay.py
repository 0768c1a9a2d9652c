"""Decide again from stored inputs alone, and compare with the record byte for byte.

Steps, each the name of the stage that a difference is told under:

1. `rule set`: the record names the rule set that is given;
2. `application`: intake reads the stored bytes against the form of that rule set, and they are those committed to;
3. `evidence`: every stored question is one that this application raises, and every stored answer is attested anew with
   the pinned keys of its source;
4. `decision`: the engine decides, at the stored clock reading;
5. `record`: the record is built anew and compared.

No socket, no clock, no random number. Software and lock file are named in the record and taken from it, so that a later
version of the engine can be held against what an earlier one decided.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit.canonical import canonical
from audit.commitment import commit
from audit.decision_leaf import decision_record
from audit.errors import AuditError
from audit.inputs import Inputs
from audit.record import Record
from engine.application import Application, subjects
from engine.decide import decide
from engine.errors import IntakeError
from engine.intake import read_application
from engine.model import Decision
from rules.typed import RuleSet
from verifiers.catalogue import attest_again, questions
from verifiers.keys import SourceKeys
from verifiers.model import Evidence

Deciding = Callable[..., Decision]  # as engine.decide.decide

# Where in the record a difference shows which stage has diverged; the first stage that has one is the one to look at.
_STAGE_OF_MEMBER = {
    "item": "rule set",
    "rule_set": "rule set",
    "submission": "application",
    "application": "application",
    "source_keys": "evidence",
    "evidence": "evidence",
    "case": "decision",
    "at": "decision",
    "decided_on": "decision",
    "findings": "decision",
    "disagreements": "decision",
    "outcome": "decision",
}
STAGES = ("rule set", "application", "evidence", "decision", "record")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first point at which a replay leaves the record: stage, JSON pointer into the record, and both values."""

    stage: str
    pointer: str
    recorded: Any
    replayed: Any

    def __str__(self) -> str:
        return f"{self.stage}: at {self.pointer or '/'} the record has {self.recorded!r}, the replay {self.replayed!r}"


class _DivergedError(Exception):
    """Ends a replay at its first difference."""

    def __init__(self, stage: str, pointer: str, recorded: Any, replayed: Any) -> None:
        self.difference = Difference(stage, pointer, recorded, replayed)
        super().__init__(str(self.difference))


def replay(
    inputs: Inputs, record: Record, rule_set: RuleSet, keys: SourceKeys, *, deciding: Deciding = decide
) -> Difference | None:
    """Return None when the inputs give exactly this record, else the first difference in the order of the stages."""
    recorded = record.content
    if rule_set.digest != recorded.get("rule_set"):  # (1)
        return Difference("rule set", "/rule_set", recorded.get("rule_set"), rule_set.digest)
    try:
        application = _read_again(inputs, rule_set, recorded)  # (2)
        evidence = _attested_again(inputs, application, keys)  # (3)
        try:  # (4)
            facts = {"case": inputs.case} if inputs.case else {}
            decision = deciding(application, evidence, rule_set, inputs.at, **facts)
        except Exception as error:  # whatever stops the engine here did not stop it when it decided
            problem = f"{type(error).__name__}: {error}"
            raise _DivergedError("decision", "/outcome", recorded.get("outcome"), problem) from error
        try:  # (5)
            rebuilt = decision_record(decision, application, evidence, inputs.circumstances, inputs.salt, inputs.case)
        except AuditError as error:
            raise _DivergedError("record", "", "a record", f"{type(error).__name__}: {error}") from error
    except _DivergedError as diverged:
        return diverged.difference
    return compare(record, rebuilt)


def _read_again(inputs: Inputs, rule_set: RuleSet, recorded: Mapping[str, Any]) -> Application:
    """Step 2."""
    try:
        application = read_application(inputs.raw, rule_set.form)
    except IntakeError as error:
        problem = f"not an application: {error}"
        raise _DivergedError("application", "/application", "an application", problem) from error
    committed = commit(inputs.salt, "/submission", application.raw_digest)
    if committed != recorded.get("submission"):
        raise _DivergedError("application", "/submission", recorded.get("submission"), committed)
    return application


def _attested_again(inputs: Inputs, application: Application, keys: SourceKeys) -> list[Evidence]:
    """Step 3."""
    raised = {(one.verifier, one.subject, one.digest) for one in questions(subjects(application))}
    for place, stored in enumerate(inputs.evidence):
        if (stored.verifier, stored.subject, stored.request_digest) not in raised:
            asked = f"a question to {stored.verifier} about {stored.subject}"
            never = "a question that this application never raises"
            raise _DivergedError("evidence", f"/evidence/{place}/request", asked, never)
    return [attest_again(stored, keys) for stored in inputs.evidence]


def compare(recorded: Record, replayed: Record) -> Difference | None:
    """Return None for equal bytes, else the first difference in the order of the stages."""
    if recorded.leaf == replayed.leaf:
        return None
    found = [
        Difference(_STAGE_OF_MEMBER.get(pointer.split("/")[1], "record"), pointer, one, other)
        for pointer, one, other in _differences(recorded.content, replayed.content, "")
    ]
    return min(found, key=lambda one: STAGES.index(one.stage), default=Difference("record", "", "bytes", "other bytes"))


def _differences(one: Any, other: Any, pointer: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the places where two record values differ, in canonical order."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            if name not in one or name not in other:
                yield f"{pointer}/{name}", one.get(name, "(absent)"), other.get(name, "(absent)")
            else:
                yield from _differences(one[name], other[name], f"{pointer}/{name}")
    elif isinstance(one, list) and isinstance(other, list):
        for place, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from _differences(left, right, f"{pointer}/{place}")
        if len(one) != len(other):
            yield pointer, f"{len(one)} entries", f"{len(other)} entries"
    elif canonical(one) != canonical(other):  # 1 and true are equal in Python and are not in a record
        yield pointer, one, other
