"""What is told of a case: built once when it is decided, read back from the rows ever after.

So the same question always gets the same answer, and nothing here can differ from what was committed. Decisions, rulings
and licences are told only once their leaf is under the published checkpoint.
"""

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, bindparam, select

from casework.parts import Parts
from casework.ports import micros, moment
from casework.tables import (
    APPROVED,
    OPEN,
    REFERRED,
    STATED,
    application,
    decision,
    licence,
    licence_past,
    referral,
    ruling,
)
from casework.versions import published_version, versions_behind
from engine.disclosure import disclosed
from engine.explain import findings_json, notice
from engine.model import Decision, Outcome
from rules.typed import RuleSet

_CASE = select(application).where(application.c.id == bindparam("case"))
_DECISIONS = (
    select(decision)
    .where(decision.c.application_id == bindparam("case"), decision.c.log_index < bindparam("published"))
    .order_by(decision.c.log_index.desc())
)
_DECISION = (
    select(decision, application.c.client)
    .join(application)
    .where(decision.c.id == bindparam("decision"), decision.c.log_index < bindparam("published"))
)
_RULING = select(ruling).where(
    ruling.c.application_id == bindparam("case"), ruling.c.log_index < bindparam("published")
)
_REFERRAL = select(referral).where(referral.c.application_id == bindparam("case"))


def decision_document(made: Decision, decision_id: str, rule_set: RuleSet) -> dict[str, Any]:
    """Return everything that an applicant is told of a decision, in both languages.

    Facts about people who have not confirmed are kept back (`engine.disclosure`), and with them everything that would
    tell that there are such facts.
    """
    told, withheld = disclosed(made, rule_set)
    results = Counter(str(finding.result) for finding in told.findings)
    silent = sorted({source for finding in made.findings for source in finding.unanswered})
    return {
        "id": decision_id,
        "item": {"code": rule_set.item.code, "name": rule_set.item.name.model_dump()},
        "outcome": str(made.outcome),
        "decided_at": made.at.isoformat(),
        "decided_on": made.decided_on.isoformat(),
        "rule_set": made.rule_set_digest,
        "waiting_for": silent if made.outcome is Outcome.WAITING else [],
        "notice": notice(told, rule_set.item.organ).to_json(),
        "findings": [found for found in findings_json(told, public=False) if found["places"]],
        "counts": {} if withheld else dict(sorted(results.items())),
        "links": {part: f"/v1/decisions/{decision_id}/{part}" for part in ("explanation", "record", "proof")},
    }


def case_view(parts: Parts, case_id: str) -> dict[str, Any]:
    """Return a case as it stands. Raises `LookupError` when there is none; use `find_case_view` for an id from outside."""
    view = find_case_view(parts, case_id)
    if view is None:
        raise LookupError(case_id)
    return view


def find_case_view(parts: Parts, case_id: str) -> dict[str, Any] | None:
    """Return a case as it stands, or None. `retry_after` (seconds) is there while the case goes on without anybody."""
    published = parts.writer.published  # read before the rows: what is told is under it
    with parts.reader.connect() as connection:
        row = connection.execute(_CASE, {"case": case_id}).one_or_none()
        if row is None:
            return None
        view: dict[str, Any] = {
            "id": row.id,
            "client": row.client,
            "state": row.state,
            "outcome": row.outcome,
            "received_at": moment(row.received_at).isoformat(),
            "item": row.item,
        }
        if row.problems is not None:
            kept = json.loads(row.problems)
            return {**view, "state": "unreadable", "problem": kept["kind"], "errors": kept["errors"]}
        decided = connection.execute(_DECISIONS, {"case": case_id, "published": published}).first()
        followed = _consequences(connection, case_id, published)
        # A pass was stated by its authority and decided by nobody here: it has a licence and no decision.
        carried = row.outcome == STATED and "licence" in followed
        if decided is None and row.state != OPEN and not carried:
            # Decided, but the leaf is not under a published checkpoint yet: nothing is told before it is.
            return {**view, "state": OPEN, "outcome": None, "retry_after": 1}
        if decided is not None:
            view["decision"] = {**json.loads(decided.view), "log_index": decided.log_index}
        view |= followed
        if "referral" in view and "decision" in view:
            # As far as the submitter is told them; the officers' queue has them all.
            found = view["decision"]["findings"]
            view["referral"]["grounds"] = [one["rule"] for one in found if one["effect"] in ("bar", "refer", "wait")]
        if row.outcome == "refused" and "ruling" not in view:
            view |= {"state": REFERRED, "outcome": "referred"}  # ruled, and the ruling is not published yet
        if row.outcome == "approved" and "licence" not in view:
            view["state"] = APPROVED  # signed perhaps, and not yet under the published checkpoint
        if view["state"] in (OPEN, APPROVED):
            view["retry_after"] = max(1, -((micros(parts.ports.now()) - row.due_at) // 1_000_000))
        return view


def _consequences(connection: Connection, case_id: str, published: int) -> dict[str, Any]:
    """Return what followed from a decision: the referral, the ruling, the licence."""
    found: dict[str, Any] = {}
    waiting = connection.execute(_REFERRAL, {"case": case_id}).one_or_none()
    if waiting is not None:
        found["referral"] = {
            "referred_at": moment(waiting.opened_at).isoformat(),
            "due_at": moment(waiting.due_at).isoformat(),
            "due_provisional": waiting.due_provisional,
            "grounds": [],
            "closed": waiting.closed,
        }
    ruled = connection.execute(_RULING, {"case": case_id, "published": published}).one_or_none()
    if ruled is not None:
        found["ruling"] = {**json.loads(ruled.document), "log_index": ruled.log_index}
    issued = published_version(connection, case_id, published)
    if issued is not None:
        found["licence"] = {
            "identifier": issued.jti,
            "uscc": issued.uscc,
            "issued_at": moment(issued.issued_at).isoformat(),
            "token": issued.token,
            "log_index": issued.log_index,
            "links": {kind: f"/v1/licences/{case_id}{kind}" for kind in ("", ".svg", ".png")},
        }
    return found


def licence_token(parts: Parts, case_id: str) -> str | None:
    """Return the signed licence of a case, or None while there is none to be told."""
    published = parts.writer.published
    with parts.reader.connect() as connection:
        found = published_version(connection, case_id, published)
    return None if found is None else str(found.token)


def token_of_version(parts: Parts, jti: str) -> str | None:
    """Return the token of one version of a licence, today's or a replaced one, or None while there is none to be told."""
    asked = [
        select(table.c.token).where(table.c.jti == jti, table.c.log_index < parts.writer.published)
        for table in (licence, licence_past)
    ]
    with parts.reader.connect() as connection:
        found: str | None = connection.execute(asked[0].union_all(asked[1])).scalar()
    return found


def decision_view(parts: Parts, decision_id: str) -> dict[str, Any] | None:
    """Return one decision with its client and its place in the log, or None; also before its leaf is published."""
    published = parts.writer.published
    with parts.reader.connect() as connection:
        row = connection.execute(_DECISION, {"decision": decision_id, "published": published}).one_or_none()
        if row is None:
            return None
        kept = json.loads(row.view)
        return {**kept, "application_id": row.application_id, "log_index": row.log_index, "client": row.client}


def register(parts: Parts, limit: int) -> list[dict[str, Any]]:
    """Return what was registered, newest first: only what the licence itself makes public."""
    published = parts.writer.published
    told = select(licence).where(licence.c.log_index < published).order_by(licence.c.log_index.desc()).limit(limit)
    with parts.reader.connect() as connection:
        rows = [*connection.execute(told), *versions_behind(connection, published)]
    newest = sorted(rows, key=lambda row: int(row.log_index), reverse=True)[:limit]
    return [
        {
            "identifier": row.jti,
            "uscc": row.uscc,
            "issued_at": moment(row.issued_at).isoformat(),
            "log_index": row.log_index,
            "decision_log_index": row.decision_log_index,
        }
        for row in newest
    ]
