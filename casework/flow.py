"""The life of an application, on one screen. Read this first, beside `docs/approval-cycle.md`.

1 receive · 2 intake · 3 gather · 4 decide · 5 record · 6 issue · 7 release · 8 notify, always in this order; the reason for
each place stands in the document. `submit` runs a new submission through all eight; `advance` takes up a case that is
already received, whether after a crash, when a silent source may be back, or when an officer approved it.
"""

import hashlib
from dataclasses import dataclass
from functools import partial

import structlog

from casework import cases, issuing, recording
from casework.cases import Case
from casework.errors import FenceError, InFlightError, PoolEmptyError
from casework.parts import Parts
from casework.ports import failpoint, micros
from engine.application import Application
from engine.decide import decide
from engine.errors import IntakeError
from engine.intake import application_in, item_code, read_document
from engine.model import Decision, Outcome
from rules.errors import ItemError
from rules.typed import RuleSet
from verifiers.model import Evidence

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Submission:
    """What arrived: who sent it, under which key, and the bytes as they came."""

    client: str
    idempotency_key: str
    body: bytes


class Flow:
    """Runs applications through their eight steps with the parts it is given."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.ports = parts.ports
        self._under_way: set[str] = set()

    async def submit(self, submission: Submission) -> str:
        """Receive a submission and bring it as far as it goes now; return the id of its case.

        Raises `KeyReusedError`, `InFlightError`, `StoreUnavailableError`. The same key and body find the same case.
        """
        case, is_new = await self.receive(submission)
        if not is_new:
            if case.id in self._under_way:
                message = "this application is being decided at this moment; ask again shortly"
                raise InFlightError(message)
            return case.id
        await self.advance(case)
        return case.id

    async def receive(self, submission: Submission) -> tuple[Case, bool]:
        """Step 1: keep the bytes. After this line the application cannot be lost."""
        now = micros(self.ports.now())
        case = Case(
            id=self.ports.new_id(),
            client=submission.client,
            idempotency_key=submission.idempotency_key,
            body_fingerprint=hashlib.sha256(submission.body).hexdigest(),
            body=submission.body,
            item=None,
            state=cases.OPEN,
            outcome=None,
            problems=None,
            received_at=now,
            due_at=now,
            epoch=1,
            lease_until=now + self.parts.limits.lease_us,
            attempts=0,
        )
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
        failpoint("receive:after")
        return kept, is_new

    async def advance(self, case: Case) -> None:
        """Steps 2 to 8 for a case that this worker holds. What another worker did meanwhile stands."""
        self._under_way.add(case.id)
        try:
            if case.state == cases.APPROVED:
                await self.issue(case)
            else:
                await self._decide_and_issue(case)
        except FenceError as fenced:
            log.warning("case.fenced", case=case.id, reason=str(fenced))
        except PoolEmptyError as empty:
            # The decision stands; the licence follows once codes are allotted. The lease runs out and the loop tries again.
            log.critical("codes.exhausted", case=case.id, reason=str(empty))
        finally:
            self._under_way.discard(case.id)

    async def _decide_and_issue(self, case: Case) -> None:
        read = await self.intake(case)
        if read is None:
            return
        application, rule_set = read
        evidence = await self.gather(application, rule_set)
        decision = self.decide(application, evidence, rule_set)
        if decision.outcome is Outcome.WAITING and await recording.still_waiting(self.parts, case, decision):
            return
        await self.record(case, application, evidence, decision, rule_set)
        if decision.outcome is Outcome.APPROVED:
            await self.issue(case, application)
        self.notify(case, decision)

    async def intake(self, case: Case) -> tuple[Application, RuleSet] | None:
        """Step 2: bytes to a typed application and the rule set of the day; None closes the case with all problems."""
        try:
            return self.read(case.body)
        except (IntakeError, ItemError) as error:
            failpoint("intake:before")
            problems = recording.intake_problems(error)
            await self.parts.writer.write(partial(cases.unreadable, case=case, problems=problems))
            failpoint("intake:after")
            self.parts.measures.outcome("unreadable")
            return None

    def read(self, body: bytes) -> tuple[Application, RuleSet]:
        """Read an application with the form of its item today. Raises `IntakeError` or `ItemError`."""
        document = read_document(body)
        rule_set = self.parts.book.rule_set(item_code(document), self.parts.today(self.ports.now()))
        return application_in(document, body, rule_set.form), rule_set

    async def gather(self, application: Application, rule_set: RuleSet) -> tuple[Evidence, ...]:
        """Step 3: ask every source the rule set reads, all at once, under one deadline."""
        failpoint("gather:before")
        evidence = await self.parts.gatherer.gather(application, rule_set.sources)
        failpoint("gather:after")
        return evidence

    def decide(self, application: Application, evidence: tuple[Evidence, ...], rule_set: RuleSet) -> Decision:
        """Step 4: the pure decision; an evaluator that differs raises the alarm, the decision is a referral."""
        failpoint("decide:before")
        decision = decide(application, evidence, rule_set, self.ports.now())
        for difference in decision.disagreements:
            self.parts.measures.disagreement()
            log.critical("evaluators.disagree", rule=difference.rule, rule_set=rule_set.digest)
        failpoint("decide:after")
        return decision

    async def record(
        self,
        case: Case,
        application: Application,
        evidence: tuple[Evidence, ...],
        decision: Decision,
        rule_set: RuleSet,
    ) -> None:
        """Step 5: decision, leaf and checkpoint in one transaction."""
        failpoint("record:before")
        work = recording.record(self.parts, case, application, evidence, decision, rule_set)
        await self.parts.writer.write(work)
        failpoint("record:after")

    async def issue(self, case: Case, application: Application | None = None) -> None:
        """Steps 6 and 7: prepare, lint, sign and log the licence; read its QR form back before it counts as released."""
        failpoint("issue:before")
        await self.parts.writer.write(issuing.issue_licence(self.parts, case.id, application))
        failpoint("issue:after")
        self.release(case)

    def release(self, case: Case) -> None:
        """Step 7: `issue` verified the token and its QR form inside its transaction; pictures follow on request."""
        failpoint("release:before")
        self.parts.measures.licence()
        log.info("licence.released", case=case.id)
        failpoint("release:after")

    def notify(self, case: Case, decision: Decision) -> None:
        """Step 8: count and log without a personal word; the answer itself is read from the rows."""
        failpoint("notify:before")
        self.parts.measures.outcome(decision.outcome)
        log.info("case.decided", case=case.id, outcome=decision.outcome, item=decision.item)
        failpoint("notify:after")
