"""A running service as the routes see it: the flow, the loop, and the questions that are answered from rows and files."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Protocol, Self

from sqlalchemy import Connection, bindparam, select

from api.auth import TokenReader
from api.explanation import explain
from api.holder_downloads import HolderDownloads
from api.public_log import PublicLog
from api.settings import Settings
from api.sheets import Sheets
from api.status_lists import StatusLists
from audit.authorities import Authority
from audit.inputs import Inputs
from casework import cases, item_switches, permits, releasing, statuses, views
from casework.claim_loop import ClaimLoop
from casework.errors import NoRulesError, UnknownCaseError
from casework.flow import Flow
from casework.ports import micros
from casework.referrals import Ruling
from casework.statuses import Actor, Wanted
from casework.tables import decision
from casework.views import decision_document
from engine.decide import decide
from licence_qr.issue import Licence
from licence_qr.lint import PAGE_PATH
from licence_qr.release import ReleasedPicture, release
from licence_qr.token import parts_of
from licence_qr.transport import encode
from licence_qr.trust import TrustList
from licence_qr.verify import authentic_claims
from verifiers.catalogue import BY_KEY
from verifiers.client import Ask
from verifiers.keys import SourceKeys
from verifiers.model import Evidence

PICTURES_KEPT = 512
IMPERSONAL = frozenset({"name_registry", "address_library"})  # these are asked about a name and a place
STALLED_US = 10_000_000  # the claim loop turns several times a second; ten seconds of silence is a fault
_INPUTS = select(decision.c.inputs, decision.c.book_digest).where(decision.c.id == bindparam("decision"))


class Sources(Ask, Protocol):
    """The way to the data sources, open between start and stop: `verifiers.client.SourceClient` or what stands in for it."""

    async def __aenter__(self) -> Self:
        """Open it."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""


@dataclass(slots=True)
class Service:
    """Everything behind the routes. `start` and `stop` belong to the lifespan of the HTTP application."""

    settings: Settings
    flow: Flow
    loop: ClaimLoop
    tokens: TokenReader
    trust: TrustList
    statuses: StatusLists
    public_log: PublicLog
    downloads: HolderDownloads
    sheets: Sheets
    source_keys: SourceKeys
    client: Sources
    held: IO[bytes]  # the one-process lock; dies with the process
    _pictures: OrderedDict[str, ReleasedPicture] = field(default_factory=OrderedDict)

    async def start(self) -> None:
        """Open connections to the sources and begin to poll; what a crash left open is taken up at once."""
        await self.client.__aenter__()
        self.loop.beat = micros(self.flow.ports.now())  # a loop that never ends its first round is a fault too
        self.loop.start()

    async def stop(self) -> None:
        """Stop polling, finish what is being written, close."""
        await self.loop.stop()
        await self.client.__aexit__(None, None, None)
        self.flow.parts.reader.dispose()  # before the writer, whose last act is to fold the write-ahead log into the file
        await asyncio.to_thread(self.flow.parts.writer.close)
        self.held.close()

    async def precheck(self, raw: bytes) -> dict[str, Any]:
        """Decide without a case: the same steps 2 to 4, nothing stored. Raises `IntakeError` or `ItemError`.

        Sources are asked about people only once everybody has confirmed this very application: otherwise a precheck, which
        leaves no trace, would tell anybody's debts and sentences by its outcome alone (个人信息保护法 6, 28).
        """
        application, rule_set = self.flow.read(raw, self.flow.parts.books.live())
        gather = self.flow.parts.gatherer.gather
        confirmations = await gather(application, rule_set.sources & {"real_name"})
        others = rule_set.sources - {"real_name"} if all_confirmed(confirmations) else rule_set.sources & IMPERSONAL
        evidence = in_order((*confirmations, *await gather(application, others)))
        stopped = item_switches.read(self.flow.parts.reader, application.item).facts()
        made = decide(application, evidence, rule_set, self.flow.ports.now(), stopped)
        view = decision_document(made, "precheck", rule_set)
        return {name: value for name, value in view.items() if name not in ("id", "links")}

    async def rule(self, case_id: str, officer: str, made: Ruling) -> dict[str, Any]:
        """Write an officer's ruling; an approval issues the licence at once."""
        return await self.flow.rule(case_id, officer, made)

    async def publish_rules(self, note: bytes, bundle: bytes, by: str) -> dict[str, Any]:
        """Verify a rule release and make it live. Raises `ReleaseError`."""
        return await releasing.publish(self.flow.parts, note, bundle, by)

    async def switch_item(self, item: str, officer: str, reason: str, *, stopped: bool) -> dict[str, Any]:
        """Stop or resume an item; it holds for the next decision, also for one that is under way."""
        work = item_switches.switch(self.flow.parts, item, stopped=stopped, reason=reason, officer=officer)
        return await self.flow.parts.writer.write(work)

    def licence_id(self, given: str) -> str | None:
        """Return the id of the licence that an id or a credit code names, or None."""
        return statuses.licence_id(self.flow.parts.reader, given)

    async def change_status(self, licence: str, wanted: Wanted, actor: Actor) -> dict[str, Any]:
        """Suspend, restore or revoke a licence or permit; the lists say so from the next answer on."""
        case_id = self._known(licence)
        try:
            return await self.flow.parts.writer.write(statuses.act(self.flow.parts, case_id, wanted, actor))
        finally:
            self.statuses.changed()  # after a 503 too: it may be committed, and only its checkpoint is not out yet

    async def endorse(self, licence: str, authority: Authority, compact: str, of: int | None) -> dict[str, Any]:
        """Add or change a permit by its authority's statement; the new code is drawn, read back and verified."""
        parts, case_id = self.flow.parts, self._known(licence)
        statement = permits.read_statement(parts, parts.authorities, authority, compact)
        return await self.carry(permits.endorse(parts, case_id, statement, compact, of))

    async def carry(self, work: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
        """Write what an authority stated; the new code is drawn, read back and verified before anybody is told."""
        try:
            told = await self.flow.parts.writer.write(work)
        finally:
            self.statuses.changed()  # as above
        await self.picture(told["licence"]["token"])
        return told

    def _known(self, licence: str) -> str:
        case_id = self.licence_id(licence)
        if case_id is None:
            raise UnknownCaseError(licence)
        return case_id

    def explain(self, decision_id: str, view: dict[str, Any], *, whole: bool) -> dict[str, Any]:
        """Explain a decision rule by rule from its stored inputs and the rule set it ran on."""
        with self.flow.parts.reader.connect() as connection:
            stored = connection.execute(_INPUTS, {"decision": decision_id}).one()
        inputs = Inputs.from_bytes(stored.inputs)
        books = self.flow.parts.books
        try:
            rule_set = books.rule_set_of(stored.book_digest, inputs.item, inputs.day, inputs.rule_set_digest)
        except NoRulesError:  # said in the answer: the explanation then shows what is kept
            rule_set = None
        return explain(view, inputs, rule_set, self.source_keys, whole=whole)

    def application_document(self, case_id: str) -> dict[str, Any]:
        """Return an application as it was sent, for the officer who rules on it."""
        with self.flow.parts.reader.connect() as connection:
            case = cases.find(connection, case_id)
        if case is None:
            raise UnknownCaseError(case_id)
        document: dict[str, Any] = json.loads(case.body)
        return document

    def licence_token(self, case_id: str) -> str | None:
        """Return the signed licence of a case, or None while there is none to be told."""
        return views.licence_token(self.flow.parts, case_id)

    async def picture(self, token: str) -> ReleasedPicture:
        """Return the pictures of a licence: drawn once, read back and verified, then kept."""
        kept = self._pictures.get(token)
        if kept is None:
            kept = await asyncio.to_thread(self._draw, token)
            self._pictures[token] = kept
            while len(self._pictures) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        else:
            self._pictures.move_to_end(token)  # what is asked for stays
        return kept

    def _draw(self, token: str) -> ReleasedPicture:
        parts = parts_of(token)
        made = Licence(parts, encode(parts), authentic_claims(parts, self.trust))
        return release(made, self.trust, page=self.settings.host + PAGE_PATH)

    def jwks(self) -> dict[str, Any]:
        """Return the published keys."""
        return self.trust.to_jwks()

    def status_list(self, number: int) -> str | None:
        """Return a signed status list, or None when there is no such list."""
        found = self.statuses.get(number)
        return None if found is None else found.token

    def faults(self) -> list[str]:
        """Return why applications cannot be accepted now; empty when they can."""
        found: list[str] = []
        try:
            with self.flow.parts.reader.connect() as connection:
                connection.execute(select(1)).scalar_one()
        except Exception as error:  # noqa: BLE001 (whatever the store says, the answer is the same)
            found.append(f"store: {type(error).__name__}")
        without_rules = self.flow.parts.books.fault()
        if without_rules is not None:
            found.append(f"rules: {without_rules}")
        unwritable = self.flow.parts.writer.fault()
        if unwritable is not None:
            found.append(unwritable)
        issuers = dict.fromkeys(key.iss for key in self.trust if key.revoked_at is None)
        if len(issuers) > 1:  # some licences name an address that is not ours
            found.append(
                f"issuers: keys are published under {', '.join(issuers)}; see docs/operations.md (The public address)"
            )
        if micros(self.flow.ports.now()) - self.loop.beat > STALLED_US:
            found.append("claim loop: stalled")
        return found


def all_confirmed(confirmations: Sequence[Evidence]) -> bool:
    """Tell whether every person is known to have confirmed the final content and the right roles."""
    wanted = ("confirmed", "content_matches", "roles_match")
    return bool(confirmations) and all(
        one.value is not None and all(one.value[name] for name in wanted) for one in confirmations
    )


def in_order(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence of several gatherings in the order of one: by source as the catalogue has them."""
    place = {key: number for number, key in enumerate(BY_KEY)}
    return tuple(sorted(evidence, key=lambda one: place[one.verifier]))
