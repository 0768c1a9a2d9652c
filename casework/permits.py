"""Permits on a licence (加印): an authority adds or changes one of its own, and the pass is issued anew with all of them.

1. the authority's statement (a JWS by its own key) is opened and held to its scope (`audit.statement`), before anything
   is written; the caller must be that authority;
2. in one transaction: the licence as it stands, a place in its status list for a new permit, the permit's leaf, then the next
   version of the licence (`reissue`), whose leaf says why; the old paper's place turns to "a newer version exists";
3. the row keeps the statement whole: the evidence that the authority, and not the registry, granted the permit.

The registry decides nothing here. It refuses what cannot be true: another holder, scope items that the licence does not
have, a permit that is revoked, an authority that is not the permit's own, a change made upon another statement than the newest.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from audit.authorities import Authorities, Authority
from audit.record import PermitAct, permit_record
from audit.statement import StatedPermit, Statement, StatementError, open_statement
from casework import act_quota, statuses
from casework.errors import PermitError, ReissueError, UnknownCaseError
from casework.parts import Parts
from casework.permit_checks import number_of, require_possible, standing_scopes, status_of
from casework.permit_order import in_order, suspended_permits
from casework.permit_scope import positions, printed_codes
from casework.ports import micros, moment
from casework.reissue import HeldPermit, Reissued, draw_places, reissue
from casework.statement_checks import at_arrival, at_statement, caller_and_age, refused_by_lint, unprintable
from casework.statuses import permit_key
from casework.tables import licence, permit_act, status_entry
from casework.versions import published_version
from licence_qr.claims import Permit
from licence_qr.lint import LintError
from licence_qr.status_list import Status

MOST = 40  # permits on one licence, as its closed shape has it
_HELD = select(licence).where(licence.c.application_id == bindparam("case"))
_ACTS = select(permit_act).where(permit_act.c.application_id == bindparam("case")).order_by(permit_act.c.log_index)
_SAME = select(permit_act).where(
    permit_act.c.authority == bindparam("code"), permit_act.c.statement_id == bindparam("statement")
)


def read_statement(parts: Parts, authorities: Authorities, authority: Authority, compact: str) -> Statement:
    """Return the statement of an authority that is calling. Raises `PermitError` with everything that is wrong."""
    try:
        found = open_statement(compact, authorities, parts.host)
    except StatementError as error:
        raise PermitError(at_statement(error.problems)) from None
    stated = found.permit
    shown = {"/statement/permit/type": stated.type, "/statement/permit/number": stated.number}
    problems = caller_and_age(parts, found, authority) + unprintable(shown)
    if problems:
        raise PermitError(problems)
    return found


def endorse(
    parts: Parts, case_id: str, statement: Statement, compact: str, of: int | None
) -> Callable[[Connection], dict[str, Any]]:
    """Return the work that adds a permit, or changes number `of`; its result is what is told.

    The same statement sent again is told again without another leaf or version. Raises `UnknownCaseError`,
    `NotTheirsError`, `PermitError`, and `LintError` for a pass that must not be signed.
    """

    def work(connection: Connection) -> dict[str, Any]:
        held = connection.execute(_HELD, {"case": case_id}).one_or_none()
        if held is None:
            raise UnknownCaseError(case_id)
        code = statement.authority.code
        before = connection.execute(_SAME, {"code": code, "statement": statement.id}).one_or_none()
        if before is not None:
            return _again(connection, case_id, before, compact)
        acts = connection.execute(_ACTS, {"case": case_id}).all()
        number = number_of(acts, statement, of)
        standing = statuses.value_of(connection, held.jti)
        require_possible(connection, case_id, held, acts, statement, number, standing)
        now = parts.ports.now()
        if late := at_arrival(statement, int(now.timestamp())):
            raise PermitError(late)
        act_quota.require(connection, case_id, code, now, PermitError, adds=statement.act == "add")
        place = _place_for(parts, connection, case_id, held, number, statement)
        stated = statement.permit.model_dump(mode="json", exclude_none=True)
        name = statement.authority.name.zh
        act = PermitAct(statement.act, number, held.log_index, code, name, place, compact, stated, now)
        index = parts.log.append(connection, [permit_record(act).leaf], now)[0]
        row = {
            "log_index": index, "application_id": case_id, "permit": number, "act": statement.act, "authority": code,
            "authority_name": name, "statement_id": statement.id, "statement": compact, "stated": json.dumps(stated, ensure_ascii=False),
            "at": micros(now),
        }  # fmt: skip
        connection.execute(insert(permit_act).values(**row))
        reason = "permit_added" if statement.act == "add" else "permit_changed"
        made = _next_version(parts, connection, case_id, reason, statement)
        added = connection.execute(_SAME, {"code": code, "statement": statement.id}).one()
        return {"permit": _told(connection, added), "licence": _version(made)}

    return work


def _place_for(
    parts: Parts, connection: Connection, case_id: str, held: Any, number: int, statement: Statement
) -> tuple[int, int]:
    """Return the permit's own place in the list of its licence; a new permit gets one, which the next version then names."""
    found = connection.execute(statuses.permit_entries(case_id, number)).one_or_none()
    if found is not None:
        return found.list, found.position
    own = statuses.own_place(connection, held.jti)
    try:
        position = draw_places(parts, connection, own.list, 1)[0]
    except ReissueError as error:
        raise _no_version(statement, error) from error
    row = {
        "list": own.list,
        "position": position,
        "value": int(Status.VALID),
        "jti": held.jti,
        "subject": permit_key(number),
    }
    connection.execute(insert(status_entry).values(**row))
    return own.list, position


def _no_version(statement: Statement, error: ReissueError) -> PermitError:
    return PermitError([("/statement", statement.id, "该证照不能再换发新版", str(error))])


def standing_codes(connection: Connection, case_id: str) -> dict[int, list[str]]:
    """Return, by number, the scope codes of every permit of a licence that is not revoked."""
    newest = {row.permit: row for row in connection.execute(_ACTS, {"case": case_id})}
    return standing_scopes(connection, case_id, list(newest.values()))


def held_permits(connection: Connection, case_id: str) -> tuple[HeldPermit, ...]:
    """Return the permits of a licence as the next version shows them, in the order of `permit_order`."""
    newest = {row.permit: row for row in connection.execute(_ACTS, {"case": case_id})}
    printed = printed_codes(connection, case_id) if newest else ()
    return tuple(
        HeldPermit(permit_of(newest[number], printed), permit_key(number))
        for number in in_order(newest, suspended_permits(connection, case_id))
        if status_of(connection, case_id, number) is not Status.INVALID  # a revoked permit is not carried any further
    )


def told(parts: Parts, case_id: str) -> dict[str, Any] | None:
    """Return the permits of a licence with their status and every change of status, or None when there is no licence."""
    published = parts.writer.published
    with parts.reader.connect() as connection:
        held = published_version(connection, case_id, published)
        if held is None:
            return None
        current = connection.execute(_HELD, {"case": case_id}).one()  # carries the status, also before it may be told
        newest = {row.permit: row for row in connection.execute(_ACTS, {"case": case_id}) if row.log_index < published}
        return {
            "identifier": held.jti,
            "uscc": held.uscc,
            "status": statuses.value_of(connection, current.jti).name.lower(),
            "permits": [_told(connection, row) for _, row in sorted(newest.items())],
            "changes_of_status": statuses.history(connection, case_id, published),
        }


def _next_version(parts: Parts, connection: Connection, case_id: str, reason: str, statement: Statement) -> Reissued:
    permits = held_permits(connection, case_id)
    if len(permits) > MOST:
        english = f"a licence carries at most {MOST} permits; revoke what is no longer held first"
        raise PermitError([("/statement/permit", statement.permit.number, f"一照至多 {MOST} 项许可", english)])
    try:
        return reissue(parts, connection, case_id, reason, permits=permits)
    except LintError as error:
        raise PermitError(refused_by_lint(error)) from error
    except ReissueError as error:
        raise _no_version(statement, error) from error


def permit_of(row: Any, printed: Sequence[str]) -> Permit:
    """Return a permit as a licence shows it, its authority by the name that it had when it acted.

    `printed` are the codes of the licence's scope items (`printed_codes`): what the permit covers is told by position.
    """
    read = StatedPermit.model_validate_json(row.stated)
    covered = positions(read.scope, printed)
    return Permit(read.type, row.authority_name, read.number, read.valid_from, read.valid_to, read.identifier, covered)


def _again(connection: Connection, case_id: str, before: Any, compact: str) -> dict[str, Any]:
    """Tell again what a statement did, when it is the very same."""
    if before.statement != compact or before.application_id != case_id:
        english = "a statement with this jti was used before for something else; every statement has a jti of its own"
        raise PermitError([("/statement/jti", before.statement_id, "该声明编号已用于另一声明", english)])
    now = connection.execute(_HELD, {"case": case_id}).one()
    version = {"identifier": now.jti, "token": now.token, "log_index": now.log_index}
    return {"permit": _told(connection, before), "licence": version}


def _version(made: Reissued) -> dict[str, Any]:
    return {"identifier": made.jti, "token": made.token, "log_index": made.log_index}


def _told(connection: Connection, row: Any) -> dict[str, Any]:
    stated = json.loads(row.stated)
    value = status_of(connection, row.application_id, row.permit)
    return {
        "n": row.permit,
        "status": value.name.lower(),
        "authority": {"code": row.authority, "name": row.authority_name},
        **stated,
        "statement": row.statement_id,
        "since": moment(row.at).isoformat(),
        "log_index": row.log_index,
    }
