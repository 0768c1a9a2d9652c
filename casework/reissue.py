"""A further version of a licence that stands: new content or a new key, the same business, the same serial.

In one transaction: the current version is read; a new place is drawn in its own status list; the claims are built from the
application and the rule set of its decision, or from the newest statement of a pass, with the permits of today; identifier with version
+ 1 (GB/T 36904), signed with the key of today and read back; its digest becomes a leaf that names the leaf it replaces;
then the rows: the old version is kept in `licence_past`, its own place says for good that a newer version exists. A
suspension goes over to the new version: a new code is no way out of it. What was revoked has no further version.

A permit has one place in the status list for as long as it is held: the new version names the place that the old one
named. So whoever suspends a permit does it once, for the paper on the wall and for the new code alike.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, insert, select, union_all, update

from audit.record import licence_record
from casework import cases
from casework.errors import ReissueError
from casework.issuing import STATUS_LIST_SIZE, content_of, require_readable
from casework.parts import Parts
from casework.ports import micros
from casework.tables import licence, licence_past, status_entry, status_list
from licence_qr import strict_json
from licence_qr.claims import STATUS_PATH, Issuance, LogPosition, Permit
from licence_qr.errors import IdentifierError
from licence_qr.identifiers import LicenceIdentifier, parse_identifier
from licence_qr.issue import issue as sign
from licence_qr.issue import prepare
from licence_qr.status_list import Status
from licence_qr.token import parts_of
from licence_qr.transport import MOST_JSON

log = structlog.get_logger()
LICENCE_PLACE = "licence"  # `status_entry.subject` of the licence itself; others are keys of permits
_REASON = re.compile(r"[a-z][a-z_]{2,39}", re.ASCII)
KEY_COMPROMISED = (
    "key_compromised"  # the reason of the registry's own act: it has room and versions that no other act may use
)
MOST_BY_ACTS = 900  # of 999 versions (GB/T 36904); the rest are for keys
_CURRENT = select(licence).where(licence.c.application_id == bindparam("case"))
_PLACES = select(status_entry.c.position, status_entry.c.subject).where(
    status_entry.c.list == bindparam("list"), status_entry.c.position.in_(bindparam("positions", expanding=True))
)
_VERSIONS = union_all(
    select(licence.c.jti).where(licence.c.application_id == bindparam("case")),
    select(licence_past.c.jti).where(licence_past.c.application_id == bindparam("case")),
)
_OF_PERMITS = select(status_entry.c.position, status_entry.c.subject).where(
    status_entry.c.jti.in_(_VERSIONS), status_entry.c.subject != LICENCE_PLACE
)
_VALUE = select(status_entry.c.value).where(
    status_entry.c.list == bindparam("list"), status_entry.c.position == bindparam("position")
)
_USED = select(status_list.c.used).where(status_list.c.number == bindparam("list"))


@dataclass(frozen=True, slots=True)
class HeldPermit:
    """A permit that the new version shows, and the key under which its status is kept (`status_entry.subject`)."""

    permit: Permit
    key: str


@dataclass(frozen=True, slots=True)
class Reissued:
    """The new version: identifier, token, its leaf, and the identifier it replaces.

    `status_list` is the number of its list, `places` the position of each permit in it, by key.
    """

    jti: str
    token: str
    log_index: int
    replaces: str
    status_list: int
    places: Mapping[str, int]


def reissue(
    parts: Parts,
    connection: Connection,
    application_id: str,
    reason: str,
    *,
    permits: Sequence[HeldPermit] | None = None,
    stands_on: int | None = None,
) -> Reissued:
    """Issue the next version of the licence of an application, with `permits` or, when None, those it has.

    To be called inside a piece of work for the writer; nothing is told before that is committed. A permit whose key has no
    place yet gets one. `stands_on` is the leaf of a newer statement that the version stands on (a pass that changed); when
    None it is the leaf of the version before. Raises `ReissueError` (no licence, a reason that is no code, a list that is full, permits that must
    be given because the code shows them in short form, no version left), `LintError` or `NoRulesError`.
    """
    if not _REASON.fullmatch(reason):
        raise ReissueError(f"the reason {reason!r} is no code such as key_compromised: small letters and _, 3 to 40")
    case = cases.find(connection, application_id)
    old = connection.execute(_CURRENT, {"case": application_id}).one_or_none()
    if case is None or old is None:
        raise ReissueError(f"application {application_id} has no licence; only an issued licence has a next version")
    claims = claims_of(old.token)
    number, own = _place_of(claims)
    standing = Status(connection.execute(_VALUE, {"list": number, "position": own}).scalar_one())
    if standing not in (Status.VALID, Status.SUSPENDED):
        raise ReissueError(f"the licence of application {application_id} is {standing.name}; that is final")
    known = _known_places(connection, application_id)
    held = permits_of(claims, known) if permits is None else tuple(permits)
    places = {one.key: known.get(one.key, -1) for one in held}
    if len(places) != len(held):
        raise ReissueError(f"application {application_id}: two permits with one key; every permit has its own")
    now = parts.ports.now()
    lacking = [key for key, place in places.items() if place < 0]
    of_keys = reason == KEY_COMPROMISED
    identifier = _next_identifier(old.jti, of_keys=of_keys)
    position, *drawn = draw_places(parts, connection, number, 1 + len(lacking), of_keys=of_keys)
    fresh = dict(zip(lacking, drawn, strict=True))
    places |= fresh
    established = date.fromisoformat(claims["licence"]["established_on"])
    subject = content_of(parts, connection, case, old.uscc, established)
    subject = replace(subject, permits=tuple(one.permit for one in held))
    ground = old.decision_log_index if stands_on is None else stands_on
    issuance = Issuance(
        iss=parts.host,
        identifier=identifier,
        issued_at=now,
        status_list=number,
        status_index=position,
        log=LogPosition(parts.log.origin, ground),
        permit_indexes=tuple(places[one.key] for one in held),
    )
    made = sign(prepare(subject, issuance, kid=parts.signer.kid), parts.signer)
    require_readable(made)
    leaf = licence_record(
        jti=made.jti,
        uscc=old.uscc,
        jws=made.jws,
        decision_index=ground,
        issued_at=now,
        replaces=(old.log_index, reason),
    ).leaf
    index = parts.log.append(connection, [leaf], now)[0]
    _keep_past(connection, old, reason, micros(now))
    row = {
        "jti": made.jti,
        "token": made.jws,
        "issued_at": micros(now),
        "log_index": index,
        "decision_log_index": ground,
    }
    connection.execute(update(licence).where(licence.c.application_id == application_id).values(**row))
    old_place = (status_entry.c.list == number) & (status_entry.c.position == own)
    connection.execute(update(status_entry).where(old_place).values(value=int(Status.REPLACED)))
    values = {position: standing}
    _keep_places(connection, number, made.jti, {LICENCE_PLACE: position, **fresh}, values)
    return Reissued(made.jti, made.jws, index, old.jti, number, places)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token that we signed and kept."""
    claims: dict[str, Any] = strict_json.read(parts_of(token).payload, limit=4 * MOST_JSON, reason="claims")
    return claims


def permits_of(claims: Mapping[str, Any], known: Mapping[str, int]) -> tuple[HeldPermit, ...]:
    """Return the permits that a licence shows as held. Raises `ReissueError` where it shows them in short form only."""
    keys = {place: key for key, place in known.items()}
    held = []
    for entry in claims["permits"]:
        if not entry["held"]:
            continue
        if "authority" not in entry or "valid_from" not in entry or "permits_digest" in claims:
            raise ReissueError(f"licence {claims['jti']} shows its permits in short form; take them from the register")
        until = entry.get("valid_to")
        permit = Permit(
            entry["type"],
            entry["authority"],
            entry["number"],
            date.fromisoformat(entry["valid_from"]),
            None if until is None else date.fromisoformat(until),
            entry.get("id"),
            tuple(entry.get("scope", ())),
        )
        held.append(HeldPermit(permit, keys.get(entry["status_idx"], f"permit:{entry['number']}")))
    return tuple(held)


def _place_of(claims: Mapping[str, Any]) -> tuple[int, int]:
    named = claims["status"]["status_list"]
    return int(str(named["uri"]).removeprefix(claims["iss"] + STATUS_PATH)), int(named["idx"])


def _known_places(connection: Connection, application_id: str) -> dict[str, int]:
    """Return the place of every permit that this licence ever showed, by key.

    From the rows and not from the claims: a code in short form leaves permits out, and they keep their places all the same.
    """
    return {row.subject: row.position for row in connection.execute(_OF_PERMITS, {"case": application_id})}


def _next_identifier(jti: str, *, of_keys: bool) -> LicenceIdentifier:
    """Return the identifier of the next version. Raises `ReissueError` when the versions of this kind of act are used up."""
    before = parse_identifier(jti)
    if before.version >= MOST_BY_ACTS and not of_keys:
        raise ReissueError(
            f"the licence is at version {before.version}; from {MOST_BY_ACTS} on versions are kept for the registry's keys"
        )
    try:
        return before.next_version()
    except IdentifierError as error:
        raise ReissueError(str(error)) from error


def draw_places(parts: Parts, connection: Connection, number: int, count: int, *, of_keys: bool = False) -> list[int]:
    """Take random free places of the list, as a first version does; the count of used places goes up.

    `of_keys`: the registry issues anew because of its own key, and may use what no other act may (`casework.parts.Room`).
    """
    used, most = connection.execute(_USED, {"list": number}).scalar_one(), parts.room.acts
    if used + count > (parts.room.keys if of_keys else most):
        raise ReissueError(f"status list {number} has given out {used} places; it takes no further versions")
    if used < parts.room.alarm <= used + count:
        log.critical("status_list.filling", list=number, used=used + count, acts_may_use=most)
    connection.execute(update(status_list).where(status_list.c.number == number).values(used=used + count))
    drawn: list[int] = []
    while len(drawn) < count:
        position = parts.ports.below(STATUS_LIST_SIZE)
        if position not in drawn and not connection.execute(_PLACES, {"list": number, "positions": [position]}).all():
            drawn.append(position)
    return drawn


def _keep_past(connection: Connection, old: Row[Any], reason: str, now: int) -> None:
    names = ("jti", "application_id", "token", "issued_at", "decision_log_index", "log_index")
    row = {name: getattr(old, name) for name in names}
    connection.execute(insert(licence_past).values(**row, replaced_at=now, reason=reason))


def _keep_places(
    connection: Connection, number: int, jti: str, places: Mapping[str, int], values: Mapping[int, Status]
) -> None:
    for subject, position in places.items():
        value = int(values.get(position, Status.VALID))
        row = {"list": number, "position": position, "value": value, "jti": jti, "subject": subject}
        connection.execute(insert(status_entry).values(**row))
