"""Step 5: the decision, its leaf and its consequences in one transaction; and what waiting means."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select

from audit.decision_leaf import Circumstances, decision_record
from audit.inputs import Inputs
from audit.record import rule_set_record
from casework import cases, claims
from casework.cases import Case
from casework.errors import RulesMovedError
from casework.item_switches import InForce, in_force, read
from casework.parts import Parts
from casework.ports import micros, moment
from casework.referrals import deadline
from casework.rule_books import Live
from casework.tables import APPROVED, CLOSED, OPEN, REFERRED, referral, rule_set_use
from casework.tables import decision as decision_table
from casework.views import decision_document
from engine.application import Application
from engine.errors import IntakeError
from engine.model import Decision, Outcome
from rules.errors import ItemError, ItemNotInForceError
from rules.typed import RuleSet
from verifiers.model import Evidence

_ANNOUNCED = select(rule_set_use.c.digest).where(
    rule_set_use.c.digest == bindparam("set"),
    rule_set_use.c.item == bindparam("item_code"),
    rule_set_use.c.book == bindparam("of_book"),
)
# Where a decision leaves its case. A waiting case stays open; routed and fix are answers, so the case is closed.
_STATE_AFTER = {
    Outcome.APPROVED: APPROVED,
    Outcome.FIX: CLOSED,
    Outcome.ROUTED: CLOSED,
    Outcome.REFERRED: REFERRED,
    Outcome.WAITING: OPEN,
}


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rests on beside application and evidence: one release, its rule set, the facts of the case.

    `stopped` is why the item was stopped when the decision was made, None if it was not.
    """

    live: Live
    rule_set: RuleSet
    facts: Mapping[str, Any]
    stopped: str | None

    def in_force(self) -> InForce:
        """Return what must still be in force when the decision is recorded."""
        return InForce(self.live.sequence, self.stopped)


def basis(parts: Parts, live: Live, application: Application, rule_set: RuleSet, case_id: str) -> Basis:
    """Return what a decision rests on beside application and evidence, as it is at this moment."""
    state = read(parts.reader, application.item)
    facts = {**claims.own_names(parts.reader, application, case_id), **state.facts()}
    return Basis(live, rule_set, facts, state.stopped)


def record(
    parts: Parts,
    case: Case,
    application: Application,
    evidence: tuple[Evidence, ...],
    decision: Decision,
    basis: Basis,
) -> Callable[[Connection], Outcome]:
    """Return the work that makes a decision exist; its result is the outcome of the case.

    That is the outcome of the decision, but for a case that has waited too long: it goes to a person. The work raises
    `ContentTakenError` or `NameTakenError` when another case was faster, and `RulesMovedError` when a release or a switch
    of the item was: so the log never holds a decision on other rules than those live at its leaf.

    The expensive parts (canonical bytes, commitments, the applicant's view) are made here, outside the transaction.
    """
    rule_set, facts = basis.rule_set, basis.facts
    decision_id = parts.ports.new_id()
    circumstances = Circumstances(
        application_id=case.id,
        received_at=moment(case.received_at),
        engine_version=parts.engine_version,
        lock_digest=parts.lock_digest,
        source_keys_digest=parts.source_keys_digest,
    )
    inputs = Inputs(
        raw=case.body,
        evidence=evidence,
        at=decision.at,
        item=decision.item,
        day=decision.decided_on,
        rule_set_digest=rule_set.digest,
        salt=parts.ports.salt(),
        circumstances=circumstances,
        case=facts,
    )
    leaf = decision_record(decision, application, evidence, circumstances, inputs.salt, facts).leaf
    view = json.dumps(decision_document(decision, decision_id, rule_set), ensure_ascii=False, separators=(",", ":"))
    stored_inputs = inputs.to_bytes()
    gives_up = decision.outcome is Outcome.WAITING and _waited_too_long(parts, case)
    state = REFERRED if gives_up else _STATE_AFTER[decision.outcome]
    outcome = Outcome.REFERRED if gives_up else decision.outcome
    grounds = [finding.rule for finding in decision.findings if finding.effect in ("bar", "refer", "wait")]

    def work(connection: Connection) -> Outcome:
        now = parts.ports.now()
        if in_force(connection, decision.item) != basis.in_force():
            message = f"rules or switch of item {decision.item} changed while case {case.id} was decided"
            raise RulesMovedError(message)
        if state == OPEN:
            columns = {"due_at": micros(now) + pause(parts, case), "attempts": case.attempts + 1, "lease_until": 0}
        else:
            # An approved case keeps its lease: the same worker issues next; after a crash the lease runs out.
            columns = {} if state == APPROVED else {"lease_until": 0}
        cases.settle(connection, case, state, outcome, item=decision.item, **columns)
        if state == APPROVED:
            claims.claim(connection, application, case.id, micros(now), facts)
        elif state in (REFERRED, OPEN):
            claims.claim_content(connection, application, case.id)
        else:
            claims.give_back(connection, case.id)
        announced = _announcement(parts, connection, basis)
        index = parts.log.append(connection, [*announced, leaf], now)[-1]
        connection.execute(
            insert(decision_table),
            {
                "id": decision_id,
                "application_id": case.id,
                "final": state != OPEN,
                "outcome": str(decision.outcome),
                "decided_at": micros(decision.at),
                "log_index": index,
                "rule_set_digest": rule_set.digest,
                "view": view,
                "inputs": stored_inputs,
                "book_digest": basis.live.book.digest,
            },
        )
        if state == REFERRED:
            due = deadline(moment(case.received_at), rule_set.item, basis.live.book.calendar)
            connection.execute(
                insert(referral),
                {
                    "application_id": case.id,
                    "opened_at": micros(now),
                    "due_at": micros(due.at),
                    "due_provisional": due.provisional,
                    "grounds": json.dumps(grounds),
                    "closed": False,
                },
            )
        return outcome

    return work


def _announcement(parts: Parts, connection: Connection, basis: Basis) -> list[bytes]:
    """Return the leaf that announces a rule set, the first time that a decision runs on it as a part of its book.

    Rules are never used in secret: the leaf ties the set to a book that a release leaf before it names.
    """
    rule_set, book = basis.rule_set, basis.live.book.digest
    named = {"set": rule_set.digest, "item_code": rule_set.item.code, "of_book": book}
    if connection.execute(_ANNOUNCED, named).scalar() is not None:
        return []
    now = parts.ports.now()
    used = {"digest": rule_set.digest, "item": rule_set.item.code, "book": book, "first_used_at": micros(now)}
    connection.execute(insert(rule_set_use), used)
    return [rule_set_record(rule_set.identity, book, now).leaf]


async def still_waiting(parts: Parts, case: Case, decision: Decision) -> bool:
    """Put a case that waits again, for the same sources as before, back in the queue without another leaf.

    Returns False when this waiting must be recorded: the first one, one for other reasons, or the last one.
    """
    if _waited_too_long(parts, case):
        return False
    silent = sorted({source for finding in decision.findings for source in finding.unanswered})
    with parts.reader.connect() as connection:
        told = connection.execute(
            select(decision_table.c.view)
            .where(decision_table.c.application_id == case.id)
            .order_by(decision_table.c.log_index.desc())
            .limit(1)
        ).scalar()
    if told is None or json.loads(told)["waiting_for"] != silent:
        return False
    due = micros(parts.ports.now()) + pause(parts, case)
    await parts.writer.write(partial(cases.postpone, case=case, due_at=due))
    return True


def intake_problems(error: IntakeError | ItemError) -> dict[str, Any]:
    """Return what is kept of a submission that is no application: the kind of problem and every fault."""
    if isinstance(error, ItemError):
        kind = "item-not-in-force" if isinstance(error, ItemNotInForceError) else "item-not-published"
        why = {"zh": f"事项 {error.code[:40]!r} 未公布或当日未实施", "en": str(error)[:300]}
        return {"kind": kind, "errors": [{"pointer": "/item", "value": error.code[:40], "why": why}]}
    errors = [
        {
            "pointer": found.pointer,
            **({} if found.value is None else {"value": found.value}),  # nothing was sent there
            "why": found.why.model_dump(),
            "mend": found.mend.model_dump(),
        }
        for found in error.problems
    ]
    return {"kind": "form-invalid" if error.readable else "not-json", "errors": errors}


def twin_problem(reader: Engine, case: Case, holder: str) -> dict[str, Any]:
    """Return what is kept of a submission whose very content another case has; only its own client learns which."""
    with reader.connect() as connection:
        earlier = cases.find(connection, holder)
    own = earlier is not None and earlier.client == case.client
    why = {
        "zh": "内容完全相同的申请正在办理或者已经获准；每次确认只办理一份申请。",
        "en": "An application with the very same content is pending or approved; one confirmation serves one application.",
    }
    mend = {
        "zh": f"请查看申请 /v1/applications/{holder}。" if own else "如确需另行申请，请由本人重新确认新的内容。",
        "en": f"See /v1/applications/{holder}."
        if own
        else "For another application, let the persons confirm new content.",
    }
    return {"kind": "duplicate", "errors": [{"pointer": "", "why": why, "mend": mend}]}


def _waited_too_long(parts: Parts, case: Case) -> bool:
    return micros(parts.ports.now()) - case.received_at > parts.limits.waiting_us


def pause(parts: Parts, case: Case) -> int:
    """Return the microseconds to the next try: doubling, bounded, and spread so that waiting cases do not come back at once."""
    limits = parts.limits
    longest = min(limits.retry_first_us << min(case.attempts, 20), limits.retry_most_us)
    return longest // 2 + parts.ports.below(longest // 2 + 1)
