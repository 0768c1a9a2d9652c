"""Suspend, restore or revoke a licence or one of its permits; by the registry, or by the authority whose permit it is.

A pass as a whole is its civil-affairs authority's: the registry carries it and cannot judge a 民办非企业单位, so that no role
of the registry suspends, restores or revokes it. What the registry answers for is its own signature: when its key is
stolen, the drill issues the pass anew like every licence.

One transaction: the entry of the status list, the leaf, the row. The very same paper then answers differently, for its code
names a place in the list and the list is signed anew at once (`api.status_lists`). A suspension can be lifted, a revocation
cannot: it is final. A reason is always stated; the leaf commits to it and to who acted, for both may name persons.
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
from casework.tables import licence, licence_past, permit_act, status_act, status_entry
from licence_qr.status_list import Status

MIN_REASON, MAX_REASON = 10, 500  # characters, as for the stop of an item
ACTS = ("suspend", "restore", "revoke")
LICENCE_PLACE = "licence"  # `status_entry.subject` of the licence itself
_FROM = {"suspend": (Status.VALID,), "restore": (Status.SUSPENDED,), "revoke": (Status.VALID, Status.SUSPENDED)}
_TO = {"suspend": Status.SUSPENDED, "restore": Status.VALID, "revoke": Status.INVALID}
_WORDS = {
    Status.VALID: ("有效", "valid"),
    Status.SUSPENDED: ("已暂停", "suspended"),
    Status.INVALID: ("已撤销", "revoked"),
}
_HELD = select(licence).where(licence.c.application_id == bindparam("case"))
_OF_CODE = select(licence.c.application_id).where(licence.c.uscc == bindparam("code"))
_OWN_PLACE = select(status_entry).where(
    status_entry.c.jti == bindparam("of_jti"), status_entry.c.subject == LICENCE_PLACE
)
_NEWEST = (
    select(status_act)
    .where(
        status_act.c.application_id == bindparam("case"), status_act.c.permit.is_not_distinct_from(bindparam("number"))
    )
    .order_by(status_act.c.log_index.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `subject` of the token, and the code of the authority it speaks for, None for the registry itself."""

    subject: str
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done and why; `permit` is the number of a permit, None for the licence itself."""

    act: str
    reason: str
    permit: int | None = None


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
    problems: list[tuple[str, str, str, str]] = [
        (
            f"/{name}",
            str(document[name])[:60],
            "没有这一项；只填 act 与 reason",
            "there is no such member; send act and reason",
        )
        for name in document
        if name not in ("act", "reason")
    ]
    act, reason = document.get("act"), document.get("reason")
    if act not in ACTS:
        listed = "、".join(ACTS)
        problems.append(("/act", str(act)[:60], f"须为 {listed} 之一", f"must be one of {', '.join(ACTS)}"))
    if not isinstance(reason, str) or not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        english = f"state the reason in {MIN_REASON} to {MAX_REASON} characters; it is kept and committed to in the log"
        problems.append(("/reason", str(reason)[:60], f"须写明理由，{MIN_REASON} 至 {MAX_REASON} 字", english))
    if problems:
        raise StatusError(problems)
    return Wanted(str(act), str(reason).strip(), permit)


def act(parts: Parts, case_id: str, wanted: Wanted, actor: Actor) -> Callable[[Connection], dict[str, Any]]:
    """Return the work that changes a status; its result is what is told.

    The same act by the same person for the same reason is told again without another leaf (the answer was lost on the way).
    Raises `UnknownCaseError` (no such licence or permit), `NotTheirsError` (another authority's permit or pass, or
    the licence itself), `NotOursError` (the registry, and it is a pass), `StatusError` (not from this state).
    """

    def work(connection: Connection) -> dict[str, Any]:
        held = connection.execute(_HELD, {"case": case_id}).one_or_none()
        if held is None:
            raise UnknownCaseError(case_id)
        own = connection.execute(_OWN_PLACE, {"of_jti": held.jti}).one()
        entry = own if wanted.permit is None else _permit_entry(connection, case_id, wanted.permit)
        _require_theirs(connection, case_id, wanted.permit, actor)
        newest = connection.execute(_NEWEST, {"case": case_id, "number": wanted.permit}).one_or_none()
        if entry.value not in _FROM[wanted.act]:
            same = (wanted.act, wanted.reason, actor.subject, actor.authority)
            if newest is not None and (newest.act, newest.reason, newest.officer, newest.authority) == same:
                return _told(newest, entry.value)
            raise StatusError([_impossible(wanted.act, Status(entry.value))])
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
        _set(connection, place, _TO[wanted.act])
        if wanted.permit is None and wanted.act == "revoke":
            _revoke_past(connection, case_id)
        return _told(connection.execute(_NEWEST, {"case": case_id, "number": wanted.permit}).one(), _TO[wanted.act])

    return work


def history(connection: Connection, case_id: str, published: int) -> list[dict[str, Any]]:
    """Return every change of status of a licence and its permits that is under the published checkpoint, oldest first."""
    asked = select(status_act).where(status_act.c.application_id == case_id, status_act.c.log_index < published)
    return [_told(row, _TO[row.act]) for row in connection.execute(asked.order_by(status_act.c.log_index))]


def value_of(connection: Connection, jti: str) -> Status:
    """Return the status of the version of a licence that has this identifier."""
    return Status(connection.execute(_OWN_PLACE, {"of_jti": jti}).one().value)


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


def _require_theirs(connection: Connection, case_id: str, number: int | None, actor: Actor) -> None:
    """Raise `NotTheirsError` or `NotOursError` unless it is the actor's: the registry's own, or the authority's that granted it."""
    if number is None:
        carried = certificates.stated(connection, case_id)
        whose = None if carried is None else carried.authority
        if whose is not None and actor.authority is None:
            raise NotOursError(whose)
    elif actor.authority is None:
        return
    else:
        asked = select(permit_act.c.authority).where(
            permit_act.c.application_id == case_id, permit_act.c.permit == number
        )
        whose = connection.execute(asked.limit(1)).scalar()
    if whose != actor.authority:
        raise NotTheirsError(str(actor.authority))


def _impossible(act: str, now: Status) -> tuple[str, str, str, str]:
    chinese, english = _WORDS.get(now, ("已换发", "replaced"))
    final = now is Status.INVALID
    tail_zh = "，撤销不可恢复" if final else "；暂停的才能恢复，未暂停的才能暂停"
    tail_en = ", which is final" if final else "; what is suspended can be restored, what is not can be suspended"
    return "/act", act, f"当前状态为{chinese}{tail_zh}", f"it is {english} now{tail_en}"


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
