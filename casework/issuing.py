"""Step 6: from an approved case to a signed, logged licence, in one transaction.

Order inside: the log index of the decision is read, a credit code is taken from the pool, claims are built and linted, the
token is signed and its QR form read back, its digest becomes a leaf, and only then are the rows written. If anything
fails, the transaction is undone whole: no code is used up, no leaf stays, no licence exists.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from audit.record import licence_record
from casework import cases, certificates
from casework.cases import Case
from casework.errors import FenceError, PoolEmptyError
from casework.parts import Parts
from casework.ports import micros, moment
from casework.tables import (
    APPROVED,
    credit_code,
    decision,
    licence,
    ruling,
    status_entry,
    status_list,
)
from engine.application import Application
from engine.intake import read_application
from licence_qr.claims import Issuance, LicenceSubject, LogPosition, Registry, ScopeItem
from licence_qr.identifiers import BUSINESS_LICENCE, licence_identifier, serial_for
from licence_qr.issue import Licence, prepare
from licence_qr.issue import issue as sign
from licence_qr.post_permits import post_permit_of
from licence_qr.transport import decode
from licence_qr.uscc import ENTERPRISE, INDIVIDUAL
from rules.typed import RuleSet

STATUS_LIST_SIZE = 131_072  # 2^17 entries of 2 bits: small enough for a phone, large enough for a crowd
_FINAL = select(decision).where(decision.c.application_id == bindparam("case"), decision.c.final.is_(True))
_RULING = select(ruling.c.log_index).where(ruling.c.application_id == bindparam("case"), ruling.c.verdict == "approve")
_CURRENT_LIST = select(status_list).order_by(status_list.c.number.desc()).limit(1)
_TAKEN = select(status_entry.c.jti).where(
    status_entry.c.list == bindparam("list"), status_entry.c.position == bindparam("position")
)
_FREE_CODE = (
    select(credit_code.c.code)
    .where(credit_code.c.pool == bindparam("from_pool"), credit_code.c.application_id.is_(None))
    .order_by(credit_code.c.code)
    .limit(1)
    .scalar_subquery()
)
_TAKE_CODE = (
    update(credit_code)
    .where(credit_code.c.code == _FREE_CODE, credit_code.c.application_id.is_(None))
    .values(application_id=bindparam("for_case"))
    .returning(credit_code.c.code)
)
_LAST_SERIAL = (
    select(licence.c.serial)
    .where(licence.c.serial >= bindparam("first"), licence.c.serial <= bindparam("last"))
    .order_by(licence.c.serial.desc())
    .limit(1)
)
_NEW_LIST = insert(status_list)
_USE_LIST = update(status_list).where(status_list.c.number == bindparam("of_list")).values(used=bindparam("now_used"))
_NEW_LICENCE = insert(licence)
_NEW_STATUS = insert(status_entry)


def read_again(parts: Parts, case: Case) -> tuple[Application, RuleSet]:
    """Return the application of a decided case, and the rule set it was decided on, out of the book of its decision.

    Whatever was released since, and after any restart. Raises `NoRulesError` when that book cannot be had or does not
    verify: then no licence is issued.
    """
    with parts.reader.connect() as connection:
        decided = connection.execute(_FINAL, {"case": case.id}).one()
    day = parts.today(moment(decided.decided_at))
    rule_set = parts.books.rule_set_of(decided.book_digest, str(case.item), day, decided.rule_set_digest)
    return read_application(case.body, rule_set.form), rule_set


def issue_licence(parts: Parts, case: Case, application: Application, rule_set: RuleSet) -> Callable[[Connection], str]:
    """Return the work that issues the licence of an approved case that we hold; its result is the token.

    `rule_set` is the one the case was decided on; the day of establishment is the day of issue (公司法 33). Raises
    `PoolEmptyError` (the decision stands, the case stays approved), `FenceError` (the case is not approved, not ours, or
    has its licence), `LintError` (the licence would break the rules for licences).
    """

    def work(connection: Connection) -> str:
        kept = cases.find(connection, case.id)
        if kept is None or kept.state != APPROVED or kept.epoch != case.epoch:
            message = f"case {case.id} is not approved, or no longer held by epoch {case.epoch}; no licence is issued"
            raise FenceError(message)
        now = parts.ports.now()
        decided = _log_index(connection, case.id)
        code = _take_code(connection, INDIVIDUAL if application.kind == "individual" else ENTERPRISE, case.id)
        subject = subject_of(application.document, rule_set, code, parts.today(now))
        issuance = first_issuance(parts, connection, rule_set.item.organ.uscc, now, decided)
        made = sign(prepare(subject, issuance, kid=parts.signer.kid), parts.signer)
        require_readable(made)
        leaf = licence_record(jti=made.jti, uscc=code, jws=made.jws, decision_index=decided, issued_at=now).leaf
        index = parts.log.append(connection, [leaf], now)[0]
        keep_first(connection, case.id, made, issuance, index)
        cases.close(connection, case)
        return made.jws

    return work


def list_exists(connection: Connection, number: int) -> bool:
    """Tell whether a status list with this number was begun."""
    return connection.execute(select(status_list.c.used).where(status_list.c.number == number)).scalar() is not None


def fullest_list(reader: Engine) -> int:
    """Return how many places are given out in the fullest status list, 0 when there is none."""
    with reader.connect() as connection:
        return int(connection.execute(select(func.max(status_list.c.used))).scalar() or 0)


def content_of(parts: Parts, connection: Connection, case: Case, code: str, established: date) -> LicenceSubject:
    """Return what the licence of a case shows, without permits: as its application has it, or the certificate of a pass.

    Raises `NoRulesError` when the book of the decision cannot be had.
    """
    of_pass = certificates.stated(connection, case.id)
    if of_pass is not None:
        return certificates.subject_of(of_pass, code)
    application, rule_set = read_again(parts, case)
    return subject_of(application.document, rule_set, code, established)


def subject_of(document: Mapping[str, Any], rule_set: RuleSet, code: str, day: date) -> LicenceSubject:
    """Return the licence items (实施细则 23) of an application; nothing private is among them."""
    people = {person["ref"]: person for person in document["people"]}
    holder = document.get("operator") or document.get("investor") or document["legal_representative"]
    item = rule_set.item
    contribution = document.get("contribution") or {}
    term = document.get("term") or {"kind": "long"}
    return LicenceSubject(
        kind=item.entity,
        form=document["entity"]["form"],
        uscc=code,
        name=document["entity"].get("name"),
        person=people[holder["person"]]["name"],
        capital_fen=document.get("registered_capital_fen", contribution.get("amount_fen")),
        premises=premises_text(document["premises"]),
        scope=tuple(_scope_item(entry, rule_set) for entry in document["scope"]["items"]),
        established_on=day,
        registry=Registry(item.organ.name.zh, item.organ.uscc, item.organ.division),
        term_until=date.fromisoformat(term["until"]) if term["kind"] == "until" else None,
    )


def premises_text(premises: Mapping[str, Any]) -> str:
    """Return the place of business as one line, from its parts in order."""
    if (network := premises.get("network")) is not None:
        return f"{network['platform_name']} {network['url']}"
    parts = ("province", "city", "county", "town", "village", "road", "number", "landmark")
    return "".join(str(premises[part]) for part in parts if premises.get(part))


def _scope_item(entry: Mapping[str, Any], rule_set: RuleSet) -> ScopeItem:
    known = rule_set.scope_catalogue.get(entry["code"], {})
    permit = post_permit_of(entry["code"], entry["text"]) if known.get("post_permit") else None
    return ScopeItem(entry["text"], entry["kind"], permit)


def _log_index(connection: Connection, case_id: str) -> int:
    """Return the log index of what approved the case: the officer's ruling if there is one, else the decision.

    Raises `FenceError` when neither approves: the state of a case alone leads to no licence.
    """
    ruled: int | None = connection.execute(_RULING, {"case": case_id}).scalar()
    if ruled is not None:
        return ruled
    decided = connection.execute(_FINAL, {"case": case_id}).one_or_none()
    if decided is None or decided.outcome != "approved":
        message = f"case {case_id} has neither an approving decision nor an approving ruling; no licence is issued"
        raise FenceError(message)
    return int(decided.log_index)


def _take_code(connection: Connection, pool: str, case_id: str) -> str:
    taken = connection.execute(_TAKE_CODE, {"from_pool": pool, "for_case": case_id}).scalar()
    if taken is None:
        message = f"no unified social credit code beginning {pool} is left; load a new allotment (miaopi codes load)"
        raise PoolEmptyError(message)
    return str(taken)


def first_issuance(
    parts: Parts, connection: Connection, organ: str, now: datetime, decided: int, type_code: str = BUSINESS_LICENCE
) -> Issuance:
    """Return identifier (version 001), places and time of a new licence by the organ with this credit code.

    `decided` is the leaf that it stands on, `type_code` the type of document (GB/T 36904).
    """
    day = parts.today(now)
    of_day = {"first": serial_for(day, 1), "last": serial_for(day, 99_999_999)}
    last = connection.execute(_LAST_SERIAL, of_day).scalar()
    number = 1 if last is None else int(str(last)[8:]) + 1
    identifier = licence_identifier(organ, serial_for(day, number), type_code=type_code)
    status_list, position = _free_status(parts, connection)
    return Issuance(
        iss=parts.host,
        identifier=identifier,
        issued_at=now,
        status_list=status_list,
        status_index=position,
        log=LogPosition(parts.log.origin, decided),
    )


def _free_status(parts: Parts, connection: Connection) -> tuple[int, int]:
    """Choose a random free place, so that an index says nothing of who or when; `parts.room` says when a list is full."""
    row = connection.execute(_CURRENT_LIST).one_or_none()
    number, used = (0, 0) if row is None else (row.number, row.used)
    if row is not None and used >= parts.room.first:
        number, used, row = number + 1, 0, None
    if row is None:
        connection.execute(_NEW_LIST, {"number": number, "used": 1})
    else:
        connection.execute(_USE_LIST, {"of_list": number, "now_used": used + 1})
    while True:
        position = parts.ports.below(STATUS_LIST_SIZE)
        if connection.execute(_TAKEN, {"list": number, "position": position}).one_or_none() is None:
            return number, position


def require_readable(made: Licence) -> None:
    """Carry the token into its QR form and back; what a scanner would read is what was signed."""
    if decode(made.digits) != made.parts:
        message = f"licence {made.jti} cannot be read back from its QR form; it is not issued"
        raise RuntimeError(message)


def keep_first(connection: Connection, case_id: str, made: Licence, issuance: Issuance, index: int) -> None:
    """Write the rows of a first version, whose leaf is `index`: the licence, and its place in the status list."""
    connection.execute(
        _NEW_LICENCE,
        {
            "application_id": case_id,
            "jti": made.jti,
            "uscc": made.claims["sub"],
            "serial": issuance.identifier.serial,
            "token": made.jws,
            "issued_at": micros(issuance.issued_at),
            "decision_log_index": issuance.log.index,
            "log_index": index,
        },
    )
    place = {"list": issuance.status_list, "position": issuance.status_index, "value": 0}
    connection.execute(_NEW_STATUS, {**place, "jti": made.jti, "subject": "licence"})
