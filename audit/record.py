"""Leaves of the log: what the public record of a decision, a licence, an officer's act or a rule set says.

Every leaf is canonical JSON (RFC 8785) with `kind` and `v`. In a decision leaf everything that comes from or about a
person is a salted commitment (`audit.commitment`); what the rules made of it is in plain words:

| member | plain | committed |
|---|---|---|
| `submission`, `application` | number of fields | digest of the bytes received; the root over all fields |
| `evidence[]` | verifier, subject pointer, times, source key, failure | request, response, value with remarks |
| `findings[]` | rule, version, result, effect, basis, pointers | what was seen, what the applicant is told |
| the rest | outcome, item, rule set, engine, times | - |

A leaf is at most 65,535 bytes (C2SP entry bundles). Where a decision is larger, first the places of its findings and
then its evidence are held by one commitment each, with their number; `inputs` hold them whole in any case.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from audit.canonical import canonical, parse_canonical
from audit.commitment import FieldTree, commit
from audit.errors import LeafTooLongError, MalformedError
from audit.plain import moment_text, plain
from audit.tiles import MAX_LEAF
from engine.application import Application
from engine.model import Decision, Finding, Place
from rules.model import LegalBasis, Remedy, RuleSetIdentity
from verifiers.model import Evidence

VERSION = 1
KINDS = ("decision", "licence", "officer", "rule_set")

Committing = Callable[[str, Any], str]


@dataclass(frozen=True, slots=True)
class Record:
    """One leaf: its bytes, and the same as a value."""

    leaf: bytes
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Which of the four kinds of leaf it is."""
        kind: str = self.content["kind"]
        return kind


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision record states beside the decision: the case, the software, the pinned keys, the receipt."""

    application_id: str
    received_at: datetime
    engine_version: str
    lock_digest: str
    source_keys_digest: str


def decision_record(
    decision: Decision,
    application: Application,
    evidence: Sequence[Evidence],
    circumstances: Circumstances,
    salt: bytes,
) -> Record:
    """Return the record of one decision. The same arguments give the same bytes, on any machine and for ever.

    `salt` is 32 random bytes that belong to this record alone. Raises MalformedError for a value that no record can
    hold and LeafTooLongError when not even the shortened form fits.
    """

    def committing(pointer: str, value: Any) -> str:
        return commit(salt, pointer, value)

    fields = FieldTree(salt, application.document, "/application")
    content: dict[str, Any] = {
        "kind": "decision",
        "v": VERSION,
        "application_id": circumstances.application_id,
        "received_at": moment_text(circumstances.received_at),
        "submission": committing("/submission", application.raw_digest),
        "application": {"fields": fields.count, "root": fields.root},
        "item": decision.item,
        "rule_set": decision.rule_set_digest,
        "engine": {"version": circumstances.engine_version, "lock": circumstances.lock_digest},
        "source_keys": circumstances.source_keys_digest,
        "at": moment_text(decision.at),
        "decided_on": decision.decided_on.isoformat(),
        "evidence": [_evidence(one, f"/evidence/{place}", committing) for place, one in enumerate(evidence)],
        "findings": [_finding(one, f"/findings/{place}", committing) for place, one in enumerate(decision.findings)],
        "disagreements": [
            {"rule": one.rule, "seen": committing(f"/disagreements/{place}", [one.network, one.reference])}
            for place, one in enumerate(decision.disagreements)
        ],
        "outcome": decision.outcome.value,
    }
    leaf = canonical(content)
    if len(leaf) > MAX_LEAF:
        for place, finding in enumerate(content["findings"]):
            if "places" in finding:
                finding["places"] = _shortened(finding["places"], f"/findings/{place}/places", committing)
        leaf = canonical(content)
    if len(leaf) > MAX_LEAF:
        content["evidence"] = _shortened(content["evidence"], "/evidence", committing)
        leaf = canonical(content)
    if len(leaf) > MAX_LEAF:
        raise LeafTooLongError(
            f"the record of {circumstances.application_id} has {len(leaf)} bytes with all bulky parts held by digest; "
            f"the limit is {MAX_LEAF}: {len(decision.findings)} findings are too many for one leaf"
        )
    return Record(leaf, content)


def licence_record(*, jti: str, uscc: str, jws: str, decision_index: int, issued_at: datetime) -> Record:
    """Return the record of one licence. All of it is public: a licence is shown to anyone who asks.

    `jws` is the compact JWS exactly as issued; `decision_index` the leaf that approved it.
    """
    digest = hashlib.sha256(jws.encode("ascii")).hexdigest()
    return _record(
        "licence", decision=decision_index, issued_at=moment_text(issued_at), jti=jti, jws_sha256=digest, uscc=uscc
    )


@dataclass(frozen=True, slots=True)
class OfficerAct:
    """What an officer did to a referred decision: `act` is approval or refusal, `reasons` the text by language."""

    act: str
    officer: str
    decision_index: int
    reasons: Mapping[str, str]
    articles: tuple[LegalBasis, ...]
    remedies: tuple[Remedy, ...]
    at: datetime


def officer_record(act: OfficerAct, salt: bytes) -> Record:
    """Return the record of an officer's act. Its reasons may name persons, so the leaf holds a commitment to them.

    A refusal needs reasons, articles and remedies (行政许可法 38). Raises MalformedError when they are missing.
    """
    if act.act not in {"approval", "refusal"}:
        raise MalformedError(f"an officer approves or refuses; {act.act!r} is neither")
    if not act.reasons or (act.act == "refusal" and not (act.articles and act.remedies)):
        raise MalformedError(
            "an officer states reasons; a refusal also states its articles and the remedies against it"
        )
    return _record(
        "officer",
        act=act.act,
        officer=act.officer,
        decision=act.decision_index,
        reasons=commit(salt, "/reasons", plain(act.reasons)),
        articles=[_basis(one) for one in act.articles],
        remedies=[plain(one) for one in act.remedies],
        at=moment_text(act.at),
    )


def rule_set_record(identity: RuleSetIdentity, book_digest: str, published_at: datetime) -> Record:
    """Return the record of a rule set taken into use: item, first day, digest, and the book it comes from."""
    return _record(
        "rule_set",
        item=identity.item,
        day=identity.day.isoformat(),
        digest=identity.digest,
        book=book_digest,
        published_at=moment_text(published_at),
    )


def read_record(leaf: bytes) -> Record:
    """Return the record in a leaf. Raises MalformedError for anything that this module did not write."""
    content = parse_canonical(leaf, "the leaf")
    if not isinstance(content, dict) or content.get("kind") not in KINDS:
        raise MalformedError(f"the leaf is not a record of kind {', '.join(KINDS)}")
    if content.get("v") != VERSION:
        raise MalformedError(f"the record has version {content.get('v')!r}; this program reads version {VERSION}")
    return Record(leaf, content)


def _record(kind: str, **members: Any) -> Record:
    content = {"kind": kind, "v": VERSION, **members}
    leaf = canonical(content)
    if len(leaf) > MAX_LEAF:
        raise LeafTooLongError(f"the {kind} record has {len(leaf)} bytes; the limit is {MAX_LEAF}")
    return Record(leaf, content)


def _evidence(one: Evidence, pointer: str, committing: Committing) -> dict[str, Any]:
    response = None if one.response is None else hashlib.sha256(one.response.encode()).hexdigest()
    return {
        "verifier": one.verifier,
        "subject": one.subject,
        "request": committing(f"{pointer}/request", one.request_digest),
        "response": committing(f"{pointer}/response", response),
        "content": committing(f"{pointer}/content", {"value": plain(one.value), "detail": one.detail}),
        "as_of": None if one.as_of is None else moment_text(one.as_of),
        "asked_at": moment_text(one.asked_at),
        "answered_at": moment_text(one.answered_at),
        "key": one.key_id,
        "failure": None if one.failure is None else one.failure.value,
        "attempts": one.attempts,
    }


def _finding(one: Finding, pointer: str, committing: Committing) -> dict[str, Any]:
    finding: dict[str, Any] = {
        "rule": one.rule,
        "from": one.rule_from.isoformat(),
        "result": one.result.value,
        "effect": one.effect,
        "basis": [_basis(basis) for basis in one.basis],
    }
    if one.unanswered:
        finding["unanswered"] = list(one.unanswered)
    if one.places:
        finding["required"] = committing(f"{pointer}/required", plain(one.required))
        finding["places"] = [
            _place(place, f"{pointer}/places/{number}", committing) for number, place in enumerate(one.places)
        ]
    return finding


def _place(one: Place, pointer: str, committing: Committing) -> dict[str, Any]:
    told = {"notice": plain(one.notice), "remedy": plain(one.remedy)}
    return {
        "at": one.at,
        "observed": committing(f"{pointer}/observed", plain(one.observed)),
        "told": committing(f"{pointer}/told", told),
    }


def _shortened(entries: list[Any], pointer: str, committing: Committing) -> dict[str, Any]:
    return {"count": len(entries), "content": committing(pointer, entries)}


@lru_cache(maxsize=4096)  # a rule's basis is the same value in every decision
def _basis(one: LegalBasis) -> dict[str, Any]:
    return one.model_dump(exclude_none=True, exclude={"note"})
