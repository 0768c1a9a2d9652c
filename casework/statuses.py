"""Suspend, restore or revoke a licence or one of its permits; by the registry, or by the authority whose permit it is.

A pass as a whole is its civil-affairs authority's: the registry carries it and cannot judge a 民办非企业单位, so that no role
of the registry suspends, restores or revokes it. What the registry answers for is its own signature: when its key is
stolen, the drill issues the pass anew like every licence.

One transaction: the entry of the status list, the leaf, the row. The very same paper then answers differently, for its code
names a place in the list and the list is signed anew at once (`api.status_lists`). A suspension can be lifted, a revocation
cannot: it is final. A reason is always stated; the leaf commits to it and to who acted, for both may name persons.

A permit has two sides that may suspend it, its authority and the registry. Each lifts its own suspension alone; the permit is
valid when neither suspends it, and its authority alone revokes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy import insert as insert_into

from audit.record import StatusAct, status_record
from casework import certificates
from casework.errors import NotOursError, NotTheirsError, StatusError, UnknownCaseError
from casework.parts import Parts
from casework.ports import micros, moment
from casework.sent_values import shown
from casework.status_rules import problem, suspended_by, value_after
from casework.tables import licence, licence_past, permit_act, status_act, status_entry
from licence_qr.status_list import Status

MIN_REASON, MAX_REASON = 10, 500  # characters, as for the stop of an item
ACTS = ("suspend", "restore", "revoke")
LICENCE_PLACE = "licence"  # `status_entry.subject` of the licence itself
_HELD = select(licence).where(licence.c.application_id == bindparam("case"))
_OF_CODE = select(licence.c.application_id).where(licence.c.uscc == bindparam("code"))
_OWN_PLACE = select(status_entry).where(
    status_entry.c.jti == bindparam("of_jti"), status_entry.c.subject == LICENCE_PLACE
)
_ACTS = select(status_act).where(status_act.c.application_id == bindparam("case")).order_by(status_act.c.log_index)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `subject` of the token, and the code of the authority it speaks for, None for the registry itself."""

    subject: str
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done and why; `permit` is the number of a permit, None for the licence itself.

    `after` is the leaf of the newest change of its status that the actor has read; given, the act is refused once there is a
    newer one, so that a restoration which was sent again by mistake lifts no later suspension.
    """

    act: str
    reason: str
    permit: int | None = None
    after: int | None = None


def permit_key(number: int) -> str:
    """Return under which key the status of a permit is kept (`status_entry.subject`)."""
    return f"permit:{number}"


def licence_id(reader: Engine, given: str) -> str | None:
    """Return the id of the licence that an id or a credit code names, or None. Who scanned a code knows the latter."""
    if len(given) == 36:
        return given
    with reader.connect() as connection:
        return connection.execute(_OF_CODE, {"code": given}).scalar()


def read_wanted(document: Mapping[str, Any], permit: int | None) -> Wanted:
    """Return an act as it was sent. Raises `StatusError` naming every field, its value and what is wanted."""
    problems: list[tuple[str, Any, str, str]] = [
        (
            f"/{name}",
            shown(document[name]),
            "没有这一项；只填 act、reason 与 after",
            "there is no such member; send act and reason, and `after` if you like",
        )
        for name in document
        if name not in ("act", "reason", "after")
    ]
    act, reason, after = document.get("act"), document.get("reason"), document.get("after")
    if "after" in document and (type(after) is not int or not 0 <= after < 2**53):
        english = "must be the log_index of the newest change of status that you have read; or leave it out"
        problems.append(("/after", str(after)[:60], "须为所读到的最近一次状态变更的 log_index，或不填", english))
    if act not in ACTS:
        listed = "、".join(ACTS)
        problems.append(("/act", shown(act), f"须为 {listed} 之一", f"must be one of {', '.join(ACTS)}"))
    if not isinstance(reason, str) or not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        english = f"state the reason in {MIN_REASON} to {MAX_REASON} characters; it is kept and committed to in the log"
        problems.append(("/reason", shown(reason), f"须写明理由，{MIN_REASON} 至 {MAX_REASON} 字", english))
    if problems:
        raise StatusError(problems)
    return Wanted(str(act), str(reason).strip(), permit, after)


def act(parts: Parts, case_id: str, wanted: Wanted, actor: Actor) -> Callable[[Connection], dict[str, Any]]:
    """Return the work that changes a status; its result is what is told.

    The same act by the same person for the same reason is told again without another leaf (the answer was lost on the way).
    Raises `UnknownCaseError` (no such licence or permit), `NotTheirsError` (another authority's permit or pass, or
    the licence itself), `NotOursError` (the registry, and it is a pass, or a permit to be revoked), `StatusError` (not from
    this state, or changed since it was read).
    """

    def work(connection: Connection) -> dict[str, Any]:
        held = connection.execute(_HELD, {"case": case_id}).one_or_none()
        if held is None:
            raise UnknownCaseError(case_id)
        entry = (
            own_place(connection, held.jti)
            if wanted.permit is None
            else _permit_entry(connection, case_id, wanted.permit)
        )
        _require_theirs(connection, case_id, wanted, actor)
        before = [row for row in acts_of(connection, case_id) if row.permit == wanted.permit]
        sides = suspended_by(before)
        newest = before[-1].log_index if before else None
        if (
            fault := problem(wanted.act, actor.authority, wanted.after, newest, sides, Status(entry.value))
        ) is not None:
            same = (wanted.act, wanted.reason, actor.subject, actor.authority)
            own = [row for row in before if row.authority == actor.authority][-1:]
            if own and (own[0].act, own[0].reason, own[0].officer, own[0].authority) == same:
                return _told(own[0], Status(entry.value))
            raise StatusError([fault])
        now, salt, place = parts.ports.now(), parts.ports.salt(), (entry.list, entry.position)
        made = StatusAct(
            wanted.act, held.log_index, wanted.permit, place, actor.authority, actor.subject, wanted.reason, now
        )
        index = parts.log.append(connection, [status_record(made, salt).leaf], now)[0]
        row = {
            "log_index": index, "application_id": case_id, "permit": wanted.permit, "act": wanted.act,
            "reason": wanted.reason, "officer": actor.subject, "authority": actor.authority, "at": micros(now), "salt": salt,
        }  # fmt: skip
        connection.execute(insert_into(status_act).values(**row))
        value = value_after(wanted.act, actor.authority, sides)
        _set(connection, place, value)
        if wanted.permit is None and wanted.act == "revoke":
            _revoke_past(connection, case_id)
        return _told(acts_of(connection, case_id)[-1], value)

    return work


def history(connection: Connection, case_id: str, published: int) -> list[dict[str, Any]]:
    """Return every change of status of a licence and its permits that is under the published checkpoint, oldest first."""
    sides: dict[int | None, set[str | None]] = {}
    values = [
        (row, value_after(row.act, row.authority, sides.setdefault(row.permit, set())))
        for row in acts_of(connection, case_id)
    ]
    return [_told(row, value) for row, value in values if row.log_index < published]


def acts_of(connection: Connection, case_id: str) -> list[Any]:
    """Return every change of status of a licence and its permits, oldest first."""
    return list(connection.execute(_ACTS, {"case": case_id}))


def own_place(connection: Connection, jti: str) -> Any:
    """Return the entry of the version of a licence that has this identifier."""
    return connection.execute(_OWN_PLACE, {"of_jti": jti}).one()


def value_of(connection: Connection, jti: str) -> Status:
    """Return the status of the version of a licence that has this identifier."""
    return Status(own_place(connection, jti).value)


def permit_entries(case_id: str, number: int) -> Any:
    """Return what finds the entry of a permit: one place in the list of its licence for as long as it is held."""
    now = select(licence.c.jti).where(licence.c.application_id == case_id)
    past = select(licence_past.c.jti).where(licence_past.c.application_id == case_id)
    return select(status_entry).where(
        status_entry.c.subject == permit_key(number), status_entry.c.jti.in_(now.union_all(past))
    )


def _permit_entry(connection: Connection, case_id: str, number: int) -> Any:
    found = connection.execute(permit_entries(case_id, number)).one_or_none()
    if found is None:
        raise UnknownCaseError(f"{case_id}/permits/{number}")
    return found


def _require_theirs(connection: Connection, case_id: str, wanted: Wanted, actor: Actor) -> None:
    """Raise `NotTheirsError` or `NotOursError` unless it is the actor's: the registry's own, or the authority's that granted it.

    The registry may suspend a permit, for it answers for the paper; taking a permit away is its authority's alone.
    """
    if wanted.permit is None:
        carried = certificates.stated(connection, case_id)
        whose = None if carried is None else carried.authority
        if whose is not None and actor.authority is None:
            raise NotOursError(whose)
    else:
        asked = select(permit_act.c.authority).where(
            permit_act.c.application_id == case_id, permit_act.c.permit == wanted.permit
        )
        whose = connection.execute(asked.limit(1)).scalar()
        if actor.authority is None and wanted.act == "revoke":
            raise NotOursError(str(whose), permit=True)
        if actor.authority is None:
            return
    if whose != actor.authority:
        raise NotTheirsError(str(actor.authority))


def _set(connection: Connection, place: tuple[int, int], value: Status) -> None:
    where = (status_entry.c.list == place[0]) & (status_entry.c.position == place[1])
    connection.execute(update(status_entry).where(where).values(value=int(value)))


def _revoke_past(connection: Connection, case_id: str) -> None:
    """Revoke the older papers too: `a newer version exists` would promise what is not there any more."""
    past = select(licence_past.c.jti).where(licence_past.c.application_id == case_id)
    where = status_entry.c.jti.in_(past) & (status_entry.c.subject == LICENCE_PLACE)
    connection.execute(update(status_entry).where(where).values(value=int(Status.INVALID)))


def _told(row: Any, value: int) -> dict[str, Any]:
    return {
        "permit": row.permit,
        "act": row.act,
        "status": Status(value).name.lower(),
        "reason": row.reason,
        "by": row.authority or "registry",
        "since": moment(row.at).isoformat(),
        "log_index": row.log_index,
    }
