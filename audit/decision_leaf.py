"""The record of a decision: what the rules made of an application in plain words, everything personal committed to.

| member | plain | committed |
|---|---|---|
| `submission`, `application` | number of fields | digest of the bytes received; the root over all fields |
| `evidence[]` | verifier, subject pointer, times, source key, failure | request, response, value with remarks |
| `findings[]` | rule, version, result, effect, basis, pointers | what was seen, what the applicant is told |
| `findings[]`, sensitive | rule, version, basis | all else, the result included, whatever it is |
| `case` | - | facts of the case that decided, where there are any |
| the rest | outcome, item, rule set, engine, times | - |

Where a leaf would be over 65,535 bytes, first the places of its findings and then its evidence are held by one commitment
each, with their number; the private inputs give them back by replay.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from audit.canonical import canonical
from audit.commitment import FieldTree, Salts
from audit.errors import LeafTooLongError
from audit.plain import moment_text, plain
from audit.record import VERSION, Record, basis_of
from audit.tiles import MAX_LEAF
from engine.application import Application
from engine.model import Decision, Finding, Place
from rules.model import LegalBasis
from verifiers.model import Evidence

MOST_CLEAR = 20_000  # findings kept ready; a rule with its version and result is one

Committing = Callable[[str, Any], str]


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
    case: Mapping[str, Any] | None = None,
) -> Record:
    """Return the record of one decision. The same arguments give the same bytes, on any machine and for ever.

    `case` are the facts of the case that decided beside the evidence; where there are any, the record commits to them.

    `salt` is 32 random bytes that belong to this record alone. Raises MalformedError for a value that no record can
    hold and LeafTooLongError when not even the shortened form fits.
    """
    salts = Salts(salt)

    def committing(pointer: str, value: Any) -> str:
        return salts.commitment(pointer, value).hex()

    fields = FieldTree(salt, application.document, "/application")
    common = {
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
        "disagreements": [
            {"rule": one.rule, "seen": committing(f"/disagreements/{place}", [one.network, one.reference])}
            for place, one in enumerate(decision.disagreements)
        ],
        "outcome": decision.outcome.value,
    }
    if case:
        common["case"] = committing("/case", plain(case))
    members = {name: canonical(value) for name, value in common.items()}
    # One answer speaks of several subjects, so its digest is wanted several times.
    digests = {one.response: _digest(one.response) for one in evidence}
    asked = [_evidence(one, f"/evidence/{place}", digests, committing) for place, one in enumerate(evidence)]
    members["evidence"] = canonical(asked)
    members["findings"] = _findings(decision.findings, committing, shortened=False)
    leaf = _joined(members)
    if len(leaf) > MAX_LEAF:
        members["findings"] = _findings(decision.findings, committing, shortened=True)
        leaf = _joined(members)
    if len(leaf) > MAX_LEAF:
        members["evidence"] = canonical({"count": len(asked), "content": committing("/evidence", asked)})
        leaf = _joined(members)
    if len(leaf) > MAX_LEAF:
        raise LeafTooLongError(
            f"the record of {circumstances.application_id} has {len(leaf)} bytes with all bulky parts held by digest; "
            f"the limit is {MAX_LEAF}: {len(decision.findings)} findings are too many for one leaf"
        )
    return Record(leaf)


def _joined(members: Mapping[str, bytes]) -> bytes:
    """Return the canonical object of members that are canonical already; their names are ASCII."""
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), members[name]) for name in sorted(members)) + b"}"


def _digest(response: str | None) -> str | None:
    return None if response is None else hashlib.sha256(response.encode()).hexdigest()


def _evidence(
    one: Evidence, pointer: str, digests: Mapping[str | None, str | None], committing: Committing
) -> dict[str, Any]:
    return {
        "verifier": one.verifier,
        "subject": one.subject,
        "request": committing(f"{pointer}/request", one.request_digest),
        "response": committing(f"{pointer}/response", digests[one.response]),
        "content": committing(f"{pointer}/content", {"value": plain(one.value), "detail": one.detail}),
        "as_of": None if one.as_of is None else moment_text(one.as_of),
        "asked_at": moment_text(one.asked_at),
        "answered_at": moment_text(one.answered_at),
        "key": one.key_id,
        "failure": None if one.failure is None else one.failure.value,
        "attempts": one.attempts,
    }


def _findings(findings: Sequence[Finding], committing: Committing, *, shortened: bool) -> bytes:
    listed = [
        _finding(one, f"/findings/{place}", committing, shortened=shortened) for place, one in enumerate(findings)
    ]
    return b"[" + b",".join(listed) + b"]"


def _finding(one: Finding, pointer: str, committing: Committing, *, shortened: bool) -> bytes:
    if one.sensitive:
        return _hidden(one, pointer, committing)
    return _with_places(one, pointer, committing, shortened=shortened) if one.places else _clear(one)


def _hidden(one: Finding, pointer: str, committing: Committing) -> bytes:
    """Return a sensitive finding: it looks the same whatever its result, or else the leaf would tell of a person."""
    said = {
        "result": one.result.value,
        "effect": one.effect,
        "unanswered": list(one.unanswered),
        "required": plain(one.required),
        "places": [{"at": place.at, "observed": plain(place.observed), **_told(place)} for place in one.places],
    }
    # Basis, from and rule are the same in every decision, and come before `said` and `sensitive` in canonical order.
    return b'%s,"said":"%s","sensitive":true}' % (_shown(one), committing(f"{pointer}/said", said).encode())


_shown_before: dict[tuple[str, date], tuple[tuple[LegalBasis, ...], bytes]] = {}


def _shown(one: Finding) -> bytes:
    known = _shown_before.get((one.rule, one.rule_from))
    if known is None or known[0] != one.basis:
        basis = [basis_of(basis) for basis in one.basis]
        written = canonical({"basis": basis, "from": one.rule_from.isoformat(), "rule": one.rule})
        known = _shown_before[one.rule, one.rule_from] = one.basis, written[:-1]
    return known[1]


_known: dict[tuple[Any, ...], tuple[tuple[LegalBasis, ...], bytes]] = {}


def _clear(one: Finding) -> bytes:
    """Return the bytes of a finding without places: the same in every decision, and most findings of each.

    The basis is compared rather than hashed: it is the very same tuple while one rule set is in use.
    """
    key = (one.rule, one.rule_from, one.result, one.effect, one.unanswered)
    known = _known.get(key)
    if known is None or known[0] != one.basis:
        if len(_known) >= MOST_CLEAR:
            _known.clear()
        known = _known[key] = one.basis, canonical(_plain_part(one))
    return known[1]


def _plain_part(one: Finding) -> dict[str, Any]:
    part = {
        "rule": one.rule,
        "from": one.rule_from.isoformat(),
        "result": one.result.value,
        "effect": one.effect,
        "basis": [basis_of(basis) for basis in one.basis],
    }
    return {**part, "unanswered": list(one.unanswered)} if one.unanswered else part


def _with_places(one: Finding, pointer: str, committing: Committing, *, shortened: bool) -> bytes:
    places: Any = [_place(place, f"{pointer}/places/{number}", committing) for number, place in enumerate(one.places)]
    if shortened:
        places = {"count": len(places), "content": committing(f"{pointer}/places", places)}
    required = committing(f"{pointer}/required", plain(one.required))
    return canonical({**_plain_part(one), "required": required, "places": places})


def _place(one: Place, pointer: str, committing: Committing) -> dict[str, Any]:
    return {
        "at": one.at,
        "observed": committing(f"{pointer}/observed", plain(one.observed)),
        "told": committing(f"{pointer}/told", _told(one)),
    }


def _told(one: Place) -> dict[str, Any]:
    return {"notice": plain(one.notice), "remedy": plain(one.remedy)}
