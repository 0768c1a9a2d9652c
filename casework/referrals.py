"""The lane for people: referred cases wait in a queue; an officer approves with reasons or refuses by law.

Nobody but an officer refuses (收权). A refusal states the facts, the reasons, the articles and the two remedies with
their limits and channels (行政许可法 38, 72(7); 行政复议法 20, 22; 行政诉讼法 46); the document is made here so that no part
can be left out, and every ruling is a leaf of the log.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, insert, select, update

from audit.record import OfficerAct, officer_record
from casework import claims, issuing
from casework.cases import Case
from casework.errors import ContentTakenError, NameTakenError, NotReferredError, RulingError
from casework.parts import SHANGHAI, Parts
from casework.ports import micros, moment
from casework.tables import APPROVED, CLOSED, REFERRED, application, decision, referral, ruling
from rules.model import Item, LegalBasis, Text
from rules.working_days import Calendar

MIN_REASONS = 10  # characters: "不符合" alone is not a reason


_END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when an officer decides; provisional where a year on the way has no published calendar of working days yet."""

    at: datetime
    provisional: bool


def deadline(received: datetime, item: Item, calendar: Calendar) -> Deadline:
    """Return the end of the last working day that the law leaves for an application, in Asia/Shanghai.

    The statutory limit of the item counts from the day of receipt (条例 19: three working days), that day left out (民法典
    201); working days are those of the calendar of the book in force (行政许可法 82).
    """
    due = calendar.after(received.astimezone(SHANGHAI).date(), item.statutory_limit.working_days)
    return Deadline(datetime.combine(due.day, _END_OF_DAY, SHANGHAI), due.provisional)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an officer decides: verdict `approve` or `refuse`, reasons in both languages, the articles relied on."""

    verdict: str
    reasons: Text
    articles: tuple[LegalBasis, ...]


def read_ruling(document: dict[str, Any]) -> Ruling:
    """Check a ruling as sent. Raises `RulingError` with everything that is missing."""
    problems: list[tuple[str, str, str]] = []
    verdict = document.get("verdict")
    if verdict not in ("approve", "refuse"):
        problems.append(("/verdict", "须为 approve（准予）或 refuse（不予登记）", "must be approve or refuse"))
    try:
        reasons = Text.model_validate(document.get("reasons"))
    except ValidationError:
        reasons = Text(zh="—", en="—")
        problems.append(("/reasons", "须有中英文理由 {zh, en}", "reasons are needed in both languages: {zh, en}"))
    else:
        for language, sentence in (("zh", reasons.zh), ("en", reasons.en)):
            if len(sentence.strip()) < MIN_REASONS or len(sentence) > 4000:
                problems.append(
                    (f"/reasons/{language}", f"理由须为 {MIN_REASONS} 至 4000 字", f"{MIN_REASONS} to 4000 characters")
                )
    articles, faults = _articles(document.get("articles", []))
    problems.extend(faults)
    if verdict == "refuse" and not faults and not any(basis.article for basis in articles):
        problems.append(
            ("/articles", "不予登记须引用法律条文（law、version、article）", "a refusal cites the articles it rests on")
        )
    if problems:
        raise RulingError(problems)
    return Ruling(str(verdict), reasons, articles)


def _articles(sent: Any) -> tuple[tuple[LegalBasis, ...], list[tuple[str, str, str]]]:
    if not isinstance(sent, list) or len(sent) > 20:
        return (), [("/articles", "须为条文列表，至多 20 条", "must be a list of at most 20 articles")]
    read: list[LegalBasis] = []
    problems: list[tuple[str, str, str]] = []
    for index, entry in enumerate(sent):
        try:
            read.append(LegalBasis.model_validate(entry))
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                where = f"/articles/{index}/{'/'.join(map(str, fault['loc']))}".rstrip("/")
                problems.append((where, "条文格式有误", str(fault["msg"])))
    return tuple(read), problems


def queue(reader: Engine, *, limit: int = 50) -> list[dict[str, Any]]:
    """Return the cases that wait for a person, oldest first."""
    statement = (
        select(referral.c.application_id, referral.c.opened_at, referral.c.due_at, referral.c.due_provisional,
               referral.c.grounds, application.c.item, application.c.received_at)
        .join(application, application.c.id == referral.c.application_id)
        .where(referral.c.closed.is_(False))
        .order_by(referral.c.opened_at)
        .limit(limit)
    )  # fmt: skip
    with reader.connect() as connection:
        return [
            {
                "application_id": row.application_id,
                "item": row.item,
                "received_at": moment(row.received_at).isoformat(),
                "referred_at": moment(row.opened_at).isoformat(),
                "due_at": moment(row.due_at).isoformat(),
                "due_provisional": row.due_provisional,
                "grounds": json.loads(row.grounds),
            }
            for row in connection.execute(statement)
        ]


def rule(parts: Parts, case_id: str, officer: str, made: Ruling) -> Callable[[Connection], dict[str, Any]]:
    """Return the work that writes a ruling: leaf, row and state in one transaction; its result is the document.

    An officer who sends the same ruling again (the answer was lost on the way) gets the same document and no second leaf.
    Raises `NotReferredError` (inside the work) when the case does not wait for a person.
    """

    def work(connection: Connection) -> dict[str, Any]:
        now = parts.ports.now()
        case = connection.execute(select(application).where(application.c.id == case_id)).one_or_none()
        if case is None or case.state != REFERRED:
            repeated = _ruled_before(connection, case_id, officer, made)
            if repeated is not None:
                return repeated
            message = f"case {case_id} is not waiting for an officer"
            raise NotReferredError(message)
        last = connection.execute(
            select(decision).where(decision.c.application_id == case_id).order_by(decision.c.log_index.desc()).limit(1)
        ).one()
        # The item as it was on the day of the decision: an item that ended since still has its officer and its remedies.
        day = parts.today(moment(last.decided_at))
        item = parts.books.rule_set_of(last.book_digest, str(case.item), day, last.rule_set_digest).item
        document = _document(item, now, case.id, json.loads(last.view), officer, made)
        act = OfficerAct(
            act="approval" if made.verdict == "approve" else "refusal",
            officer=officer,
            decision_index=last.log_index,
            reasons=made.reasons.model_dump(),
            articles=made.articles,
            remedies=item.remedies if made.verdict == "refuse" else (),
            at=now,
        )
        salt = parts.ports.salt()
        leaf = officer_record(act, salt).leaf
        index = parts.log.append(connection, [leaf], now)[0]
        connection.execute(
            insert(ruling).values(
                application_id=case_id, officer=officer, verdict=made.verdict, ruled_at=micros(now),
                log_index=index, document=json.dumps(document, ensure_ascii=False), salt=salt,
            )
        )  # fmt: skip
        connection.execute(update(referral).where(referral.c.application_id == case_id).values(closed=True))
        approved = made.verdict == "approve"
        if approved:
            _claim(parts, connection, Case(*case), micros(now))
        else:
            claims.give_back(connection, case_id)
        moved = connection.execute(
            update(application)
            .where(application.c.id == case_id, application.c.state == REFERRED)
            .values(state=APPROVED if approved else CLOSED, outcome="approved" if approved else "refused",
                    due_at=micros(now), attempts=0, epoch=application.c.epoch + 1)
        ).rowcount  # fmt: skip
        if moved != 1:
            message = f"case {case_id} was ruled on by another officer at this moment"
            raise NotReferredError(message)
        return document

    return work


def _claim(parts: Parts, connection: Connection, case: Case, now: int) -> None:
    """Hold content and name for an approval by an officer too; nobody may approve a name twice (名 17)."""
    read, _ = issuing.read_again(parts, case)
    try:
        claims.claim(connection, read, case.id, now, {})
    except (ContentTakenError, NameTakenError) as taken:
        chinese = "本机关已核准相同的名称或者内容，不能再次准予；请不予登记并说明理由"
        english = "this registry has approved the same name or content already; refuse with reasons instead"
        raise RulingError([("/verdict", chinese, english)]) from taken


def _ruled_before(connection: Connection, case_id: str, officer: str, made: Ruling) -> dict[str, Any] | None:
    """Return the document of this very ruling by this very officer, if it was made before."""
    kept: str | None = connection.execute(select(ruling.c.document).where(ruling.c.application_id == case_id)).scalar()
    if kept is None:
        return None
    document: dict[str, Any] = json.loads(kept)
    same = {"officer": officer, **_stated(made)}
    return document if same.items() <= document.items() else None


def _stated(made: Ruling) -> dict[str, Any]:
    """Return what the officer said, as it stands in the document."""
    return {
        "verdict": made.verdict,
        "reasons": made.reasons.model_dump(),
        "articles": [basis.model_dump(exclude_none=True) for basis in made.articles],
    }


def _document(
    item: Item, now: datetime, case_id: str, view: dict[str, Any], officer: str, made: Ruling
) -> dict[str, Any]:
    refused = made.verdict == "refuse"
    title = (
        {"zh": "不予登记通知书", "en": "Notice of refusal to register"}
        if refused
        else {"zh": "准予登记决定书", "en": "Decision to register"}
    )
    document: dict[str, Any] = {
        "title": title,
        "application_id": case_id,
        "item": {"code": item.code, "name": item.name.model_dump()},
        "organ": {"name": item.organ.name.model_dump(), "uscc": item.organ.uscc, "phone": item.organ.phone},
        "ruled_at": now.isoformat(),
        "officer": officer,
        "facts": view["findings"],
        **_stated(made),
    }
    if refused:
        document["remedies"] = [remedy.model_dump(mode="json", exclude_none=True) for remedy in item.remedies]
    return document
