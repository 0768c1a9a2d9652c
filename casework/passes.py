"""The pass of a 民办非企业单位: its civil-affairs authority states the certificate, the registry carries it, others endorse on it.

1. the statement (a JWS by the authority's own key) is opened and held to its right to register (`audit.certificate`),
   before anything is written; the caller must be that authority;
2. in one transaction: a row beside the applications (closed from the start: nothing is decided here), the leaf of kind
   `pass`, then the licence, whose leaf stands on that one, or its next version when the certificate changed;
3. the row keeps the statement whole: the evidence that the authority, and not the registry, registered the organisation.

The registry refuses what cannot be true: a second pass for a code, a change by another authority or made upon another statement
than the newest, another holder or day of establishment, an item of the scope gone that a permit names, a pass that is revoked.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from audit.authorities import Authority
from audit.certificate import CertificateStatement, lost_codes, open_certificate
from audit.pass_record import PassAct, pass_record
from audit.record import licence_record
from audit.signed_statement import StatementError
from casework import act_quota, certificates, statuses
from casework.cases import Case
from casework.certificates import Stated
from casework.errors import NotTheirsError, PassError, ReissueError, UnknownCaseError
from casework.issuing import first_issuance, keep_first, require_readable
from casework.parts import Parts
from casework.permits import held_permits, standing_codes
from casework.ports import micros, moment
from casework.reissue import reissue
from casework.statement_checks import (
    Problem,
    at_arrival,
    at_statement,
    caller_and_age,
    overtaken,
    refused_by_lint,
    unprintable,
)
from casework.tables import CLOSED, STATED, application, licence, pass_act
from casework.versions import published_version
from licence_qr.issue import issue, prepare
from licence_qr.lint import LintError

REASON = "pass_changed"
Work = Callable[[Connection], dict[str, Any]]
_HELD = select(licence).where(licence.c.application_id == bindparam("case"))
_OF_CODE = select(licence).where(licence.c.uscc == bindparam("code"))
_SAME = select(pass_act).where(
    pass_act.c.authority == bindparam("authority"), pass_act.c.statement_id == bindparam("statement")
)
_NEWEST = (
    select(pass_act)
    .where(pass_act.c.application_id == bindparam("case"), pass_act.c.log_index < bindparam("published"))
    .order_by(pass_act.c.log_index.desc())
    .limit(1)
)


def read_statement(parts: Parts, authority: Authority, compact: str) -> CertificateStatement:
    """Return the statement of an authority that is calling. Raises `PassError` with everything that is wrong."""
    try:
        found = open_certificate(compact, parts.authorities, parts.host)
    except StatementError as error:
        raise PassError(at_statement(error.problems)) from None
    said = found.certificate
    at = "/statement/certificate"
    names = ("name", "representative", "supervising_authority", "premises")
    shown = {f"{at}/{name}": getattr(said, name) for name in names}
    shown |= {f"{at}/scope/{place}/text": item.text for place, item in enumerate(said.scope)}
    problems = caller_and_age(parts, found, authority) + unprintable(shown)
    if problems:
        raise PassError(problems)
    return found


def register(parts: Parts, statement: CertificateStatement, compact: str, client: str) -> Work:
    """Return the work that makes a pass; its result is what is told. `client` is the program that sent the statement.

    The same statement sent again is told again without another pass. Raises `PassError`.
    """

    def work(connection: Connection) -> dict[str, Any]:
        if (again := _told_before(connection, statement, compact)) is not None:
            return again
        _require_act(statement, "add")
        if (taken := connection.execute(_OF_CODE, {"code": statement.holder}).one_or_none()) is not None:
            english = f"this code has its pass already; change it with PUT /v1/passes/{taken.uscc}"
            raise PassError(
                [("/statement/sub", statement.holder, "该统一社会信用代码已有通行证，请用 PUT 变更", english)]
            )
        now = _now_for(parts, statement)
        case = _row(parts.ports.new_id(), statement, compact, client, micros(now))
        connection.execute(insert(application), {name: getattr(case, name) for name in Case.__slots__})
        ground = _state(parts, connection, case.id, now, statement, compact)
        kept = certificates.stated(connection, case.id)
        assert kept is not None  # written by the line before
        subject = certificates.subject_of(kept, statement.holder)
        issuance = first_issuance(parts, connection, kept.registry.uscc, now, ground, kept.type_code)
        try:
            made = issue(prepare(subject, issuance, kid=parts.signer.kid), parts.signer)
        except LintError as error:
            raise PassError(refused_by_lint(error)) from error
        require_readable(made)
        record = licence_record(jti=made.jti, uscc=statement.holder, jws=made.jws, decision_index=ground, issued_at=now)
        keep_first(connection, case.id, made, issuance, parts.log.append(connection, [record.leaf], now)[0])
        return _told(connection, case.id)

    return work


def change(parts: Parts, case_id: str, statement: CertificateStatement, compact: str) -> Work:
    """Return the work that replaces the certificate of a pass by what its authority states now: the next version.

    The same statement sent again is told again. Raises `UnknownCaseError` (no such pass), `NotTheirsError`, `PassError`.
    """

    def work(connection: Connection) -> dict[str, Any]:
        before = certificates.stated(connection, case_id)
        if before is None:
            raise UnknownCaseError(case_id)
        if before.authority != statement.authority.code:
            raise NotTheirsError(statement.authority.code)
        if (again := _told_before(connection, statement, compact, case_id)) is not None:
            return again
        held = connection.execute(_HELD, {"case": case_id}).one()
        _require_act(statement, "change")
        _require_same(statement, before, held.uscc, standing_codes(connection, case_id))
        now = _now_for(parts, statement)
        act_quota.require(connection, case_id, statement.authority.code, now, PassError)
        ground = _state(parts, connection, case_id, now, statement, compact, (held.log_index, before.type_code))
        try:
            permits = held_permits(connection, case_id)
            reissue(parts, connection, case_id, REASON, permits=permits, stands_on=ground)
        except LintError as error:
            raise PassError(refused_by_lint(error)) from error
        except ReissueError as error:
            raise PassError([("/statement", statement.id, "该通行证不能再换发新版", str(error))]) from error
        return _told(connection, case_id)

    return work


def told(parts: Parts, case_id: str) -> dict[str, Any] | None:
    """Return a pass as it stands under the published checkpoint, or None when that holds none."""
    published = parts.writer.published
    with parts.reader.connect() as connection:
        if (
            published_version(connection, case_id, published) is None
            or certificates.stated(connection, case_id) is None
        ):
            return None
        return _told(connection, case_id, published)


def _now_for(parts: Parts, statement: CertificateStatement) -> datetime:
    """Return the time of the leaf. Raises `PassError` when the statement may not be taken up at it."""
    now = parts.ports.now()
    if late := at_arrival(statement, int(now.timestamp())):
        raise PassError(late)
    return now


def _require_act(statement: CertificateStatement, wanted: str) -> None:
    if statement.act != wanted:
        english = "POST /v1/passes takes an `add`, PUT /v1/passes/{id} takes a `change`"
        raise PassError([("/statement/act", statement.act, "设立用 POST，变更用 PUT", english)])


def _require_same(
    statement: CertificateStatement, before: Stated, code: str, permits: Mapping[int, Sequence[str]]
) -> None:
    """Hold a change against what a change cannot touch, and against coming too late: an older word never undoes a newer.

    `permits` are the codes that the permits which stand name, by number.
    """
    problems: list[Problem] = overtaken(statement, before.statement)
    if statement.holder != code:
        english = f"it is about another holder; the code of this pass is {code}"
        problems.append(("/statement/sub", statement.holder, "持证主体与该通行证不一致", english))
    if statement.made_at < before.made_at:
        english = "a later statement of this pass was taken up already; sign a new one"
        problems.append(("/statement/iat", str(statement.made_at), "晚于本声明签署的声明已经采用，请重新签署", english))
    founded = before.certificate.established_on
    if statement.certificate.established_on != founded:
        english = f"an organisation was established once, this one on {founded}"
        value = str(statement.certificate.established_on)
        problems.append(("/statement/certificate/established_on", value, "成立日期不得变更", english))
    for number, item in lost_codes(before.certificate, statement.certificate, permits):
        english = f"permit {number} is for item {item!r}, which this takes away or words anew; its authority changes or revokes it first"
        chinese = f"第 {number} 项许可依据业务范围第 {item} 项，本变更将其删除或改写；请先由许可机关变更或撤销该许可"
        problems.append(("/statement/certificate/scope", item, chinese, english))
    if problems:
        raise PassError(problems)


def _row(case_id: str, statement: CertificateStatement, compact: str, client: str, now: int) -> Case:
    """Return the row beside the applications. Its key holds a blank, which no client's own key can: the two never meet."""
    body = compact.encode("ascii")
    key = f"pass {statement.authority.code} {statement.id}"
    return Case(
        case_id, client, key, hashlib.sha256(body).hexdigest(), body, None, CLOSED, STATED, None, now, now, 0, 0, 0
    )


def _state(
    parts: Parts, connection: Connection, case_id: str, now: datetime, statement: CertificateStatement, compact: str,
    before: tuple[int, str] | None = None,
) -> int:  # fmt: skip
    """Write leaf and row of a statement; return the leaf. `before` are leaf and type code of the version that it changes."""
    code, registry = statement.authority.code, dict(statement.registry)
    leaf, kind = before or (None, statement.right.type_code)
    act = PassAct(statement.act, statement.holder, leaf, code, registry, kind, compact, now)
    index = parts.log.append(connection, [pass_record(act).leaf], now)[0]
    row = {
        "log_index": index, "application_id": case_id, "act": statement.act, "authority": code,
        "registry": json.dumps(registry, ensure_ascii=False), "type_code": kind, "statement_id": statement.id,
        "statement": compact, "made_at": statement.made_at, "at": micros(now),
        "certificate": json.dumps(statement.certificate.to_document(), ensure_ascii=False),
    }  # fmt: skip
    connection.execute(insert(pass_act).values(**row))
    return index


def _told_before(
    connection: Connection, statement: CertificateStatement, compact: str, case_id: str | None = None
) -> dict[str, Any] | None:
    """Tell again what a statement did, when it is the very same (and of that pass); None when it is new."""
    named = {"authority": statement.authority.code, "statement": statement.id}
    before = connection.execute(_SAME, named).one_or_none()
    if before is None:
        return None
    if before.statement != compact or case_id not in (None, before.application_id):
        english = "a statement with this jti was used before for something else; every statement has a jti of its own"
        raise PassError([("/statement/jti", statement.id, "该声明编号已用于另一声明", english)])
    return _told(connection, before.application_id)


def _told(connection: Connection, case_id: str, published: int = 2**62) -> dict[str, Any]:
    held = connection.execute(_HELD, {"case": case_id}).one()
    shown = published_version(connection, case_id, published)
    assert shown is not None  # it was looked for before
    row = connection.execute(_NEWEST, {"case": case_id, "published": published}).one()
    return {
        "pass": {
            "id": case_id,
            "uscc": held.uscc,
            "status": statuses.value_of(connection, held.jti).name.lower(),
            "authority": {"code": row.authority, "name": json.loads(row.registry)["name"]},
            "certificate": json.loads(row.certificate),
            "statement": row.statement_id,
            "since": moment(row.at).isoformat(),
            "log_index": row.log_index,
        },
        "licence": {"identifier": shown.jti, "token": shown.token, "log_index": shown.log_index},
    }
