"""The life of an application, on one screen. Read this first, beside `docs/approval-cycle.md`.

1 receive · 2 intake · 3 gather · 4 decide · 5 record · 6 issue · 7 release · 8 notify, always in this order; the reason for
each place stands in the document. `submit` runs a new submission through all eight; `advance` takes up a case that is
already received, whether after a crash, when a silent source may be back, or when an officer approved it (`rule`).
"""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from casework import cases, claims, issuing, recording, referrals, setbacks
from casework.cases import Case, Submission
from casework.errors import (
    ContentTakenError,
    FenceError,
    InFlightError,
    KeyReusedError,
    NameTakenError,
    OverloadedError,
    RulesMovedError,
)
from casework.parts import Parts
from casework.ports import failpoint, micros
from casework.recording import Basis
from casework.referrals import Ruling
from casework.rule_books import Live
from casework.tables import APPROVED
from engine.application import Application
from engine.decide import decide
from engine.errors import IntakeError
from engine.intake import application_in, item_code, read_document
from engine.model import Decision, Outcome
from rules.errors import ItemError
from rules.typed import RuleSet
from verifiers.model import Evidence

log = structlog.get_logger()
TRIES = 3  # to decide a case under which rules or names move; after that it waits, and sources have their rest


class Flow:
    """Runs applications through their eight steps with the parts it is given."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.ports = parts.ports
        self._under_way: set[str] = set()
        # Beyond this many at once each only waits for the others, and a source's deadline would run while it waits.
        self._turns = asyncio.Semaphore(parts.limits.at_once)

    async def submit(self, submission: Submission) -> str:
        """Receive a submission and bring it as far as it goes now; return the id of its case.

        Raises `KeyReusedError`, `InFlightError`, `StoreUnavailableError`, and `OverloadedError` or `NoRulesError` before
        anything is kept. The same key and body find the same case.
        """
        self.parts.books.live()  # without rules nothing is accepted
        if len(self._under_way) >= self.parts.limits.most_under_way:
            message = "too many applications are being decided at this moment; send again in a moment"
            raise OverloadedError(message)
        case, is_new = await self.receive(submission)
        if is_new:
            await self.advance(case)
        elif case.id in self._under_way and (case.outcome is None or case.state == APPROVED):
            message = "this application is being decided at this moment; ask again shortly"
            raise InFlightError(message)
        return case.id

    async def receive(self, submission: Submission) -> tuple[Case, bool]:
        """Step 1: keep the bytes. After this line the application cannot be lost."""
        now = micros(self.ports.now())
        case = cases.received(submission, self.ports.new_id(), now, self.parts.limits.lease_us)
        failpoint("receive:before")
        # Marked before the write, so that a twin of this request that arrives meanwhile sees it under way.
        self._under_way.add(case.id)
        try:
            kept, is_new = await self.parts.writer.write(partial(cases.receive, case=case))
        except BaseException:
            self._under_way.discard(case.id)
            raise
        if not is_new:
            self._under_way.discard(case.id)
            if kept.body_fingerprint != case.body_fingerprint:
                message = "this Idempotency-Key came before with another body; use a new key for a new application"
                raise KeyReusedError(message)
        failpoint("receive:after")
        return kept, is_new

    async def advance(self, case: Case) -> None:
        """Bring a case that this worker holds as far as it goes: steps 2 to 8, or 6 and 7 for an approved one.

        Never raises for what goes wrong: the case is already accepted, so it is put off and taken up again later. What
        another worker did meanwhile stands.
        """
        self._under_way.add(case.id)
        try:
            if case.state == APPROVED:
                await self.issue(case, *issuing.read_again(self.parts, case))
            else:
                async with self._turns:
                    await self._decide_until_settled(case)
        except FenceError as fenced:
            log.warning("case.fenced", case=case.id, reason=str(fenced))
        except Exception as error:  # noqa: BLE001 (whatever it was, the case must be tried again and the alarm raised)
            await setbacks.put_off(self.parts, case, error)
        finally:
            self._under_way.discard(case.id)

    async def rule(self, case_id: str, officer: str, made: Ruling) -> dict[str, Any]:
        """Write an officer's ruling on a referred case and return its document; an approval issues the licence at once.

        Raises `NotReferredError`, `StoreUnavailableError`.
        """
        document = await self.parts.writer.write(referrals.rule(self.parts, case_id, officer, made))
        self.parts.measures.ruling(made.verdict)
        if made.verdict == "approve":
            case = await setbacks.take_or_leave(self.parts, case_id, APPROVED)
            if case is not None:
                await self.advance(case)
        return document

    async def _decide_until_settled(self, case: Case) -> None:
        """Take steps 2 to 8, anew when a name, a release or a switch moved under them; give up after a few tries."""
        for left in reversed(range(TRIES)):
            try:
                await self._decide_and_issue(case)
            except (NameTakenError, RulesMovedError):
                await (
                    self.follow_releases()
                )  # another approval, a release, a switch or midnight was faster; it counts now
                if not left:
                    raise
            else:
                return

    async def _decide_and_issue(self, case: Case) -> None:
        live = self.parts.books.live()  # one snapshot: intake, gathering, decision and record are of one book
        read = await self.intake(case, live)
        if read is None:
            return
        application, rule_set = read
        holder = claims.holder_of_content(self.parts.reader, application, case.id)
        if holder is not None:
            await setbacks.close_twin(self.parts, case, holder)
            return
        evidence = await self.gather(application, rule_set)
        now = self.ports.now()  # the one moment of the decision: of its day, of what is asked of it, of its record
        if live.book.rule_set(application.item, self.parts.today(now)).digest != rule_set.digest:
            message = f"midnight passed while sources were asked for case {case.id}, and other law holds today"
            raise RulesMovedError(message)
        basis = recording.basis(self.parts, live, application, rule_set, case.id)
        decision = self.decide(application, evidence, basis, now)
        if decision.outcome is Outcome.WAITING and await recording.still_waiting(self.parts, case, decision):
            return
        try:
            outcome = await self.record(case, application, evidence, decision, basis)
        except ContentTakenError as taken:
            await setbacks.close_twin(self.parts, case, str(taken))
            return
        try:
            if outcome is Outcome.APPROVED:
                await self.issue(case, application, rule_set)
        finally:  # the decision is made, whatever becomes of the licence
            self.notify(case, outcome)

    async def follow_releases(self) -> None:
        """Take up a release that this process does not know yet: another process, or a command, made it live."""
        if self.parts.books.moved():
            await asyncio.to_thread(self.parts.books.refresh)

    async def intake(self, case: Case, live: Live) -> tuple[Application, RuleSet] | None:
        """Step 2: bytes to a typed application and the rule set of the day; None closes the case with all problems."""
        failpoint("intake:before")
        try:
            read = self.read(case.body, live)
        except (IntakeError, ItemError) as error:
            await setbacks.close_unreadable(self.parts, case, error)
            read = None
        failpoint("intake:after")
        return read

    def read(self, body: bytes, live: Live) -> tuple[Application, RuleSet]:
        """Read an application with the form of its item today. Raises `IntakeError` or `ItemError`."""
        document = read_document(body)
        rule_set = live.book.rule_set(item_code(document), self.parts.today(self.ports.now()))
        return application_in(document, body, rule_set.form), rule_set

    async def gather(self, application: Application, rule_set: RuleSet) -> tuple[Evidence, ...]:
        """Step 3: ask every source the rule set reads, all at once, under one deadline."""
        failpoint("gather:before")
        evidence = await self.parts.gatherer.gather(application, rule_set.sources)
        failpoint("gather:after")
        return evidence

    def decide(self, application: Application, evidence: tuple[Evidence, ...], basis: Basis, now: datetime) -> Decision:
        """Step 4: the pure decision; an evaluator that differs raises the alarm, the decision is a referral."""
        failpoint("decide:before")
        decision = decide(application, evidence, basis.rule_set, now, basis.facts)
        for difference in decision.disagreements:
            self.parts.measures.disagreement()
            log.critical("evaluators.disagree", rule=difference.rule, rule_set=basis.rule_set.digest)
        failpoint("decide:after")
        return decision

    async def record(
        self,
        case: Case,
        application: Application,
        evidence: tuple[Evidence, ...],
        decision: Decision,
        basis: Basis,
    ) -> Outcome:
        """Step 5: decision, leaf and checkpoint in one transaction. Returns the outcome of the case."""
        failpoint("record:before")
        work = recording.record(self.parts, case, application, evidence, decision, basis)
        outcome = await self.parts.writer.write(work)
        failpoint("record:after")
        return outcome

    async def issue(self, case: Case, application: Application, rule_set: RuleSet) -> None:
        """Step 6: prepare, lint, sign and log the licence, in one transaction; then step 7."""
        failpoint("issue:before")
        await self.parts.writer.write(issuing.issue_licence(self.parts, case, application, rule_set))
        failpoint("issue:after")
        self.release(case)

    def release(self, case: Case) -> None:
        """Step 7: `issue` verified the token and its QR form inside its transaction; pictures follow on request."""
        failpoint("release:before")
        self.parts.measures.licence()
        log.info("licence.released", case=case.id)
        failpoint("release:after")

    def notify(self, case: Case, outcome: Outcome) -> None:
        """Step 8: count and log without a personal word; the answer itself is read from the rows."""
        failpoint("notify:before")
        self.parts.measures.outcome(outcome)
        log.info("case.decided", case=case.id, outcome=str(outcome))
        failpoint("notify:after")


__all__ = ["Flow", "Submission"]
