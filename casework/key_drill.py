"""A key was stolen: what it signed, what of that is not ours, and every licence it signed issued anew under another key.

The search is made twice over: the log says what we issued; scans of what hangs on walls (a folder of pictures or texts) say
what is out there. A code that carries a good signature of the key and has no leaf was signed by somebody else.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, select

from casework import permits
from casework.errors import CaseworkError
from casework.key_acts import kid_of, tokens_of
from casework.parts import Parts
from casework.reissue import KEY_COMPROMISED, LICENCE_PLACE, Reissued, reissue
from casework.tables import licence, status_entry
from licence_qr import strict_json
from licence_qr.errors import CodeError, LicenceError
from licence_qr.keys_logged import Logged, Standing
from licence_qr.status_list import Status
from licence_qr.token import authenticate, find_key
from licence_qr.transport import MOST_JSON
from licence_qr.trust import LICENCE_TYP, TrustList
from licence_qr.verify import read_text

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Unlogged:
    """A code with a good signature of the key and no leaf: where it was found, what it claims, its SHA-256 (hex)."""

    source: str
    jti: str
    name: str
    digest: str


@dataclass(slots=True)
class Search:
    """What scans held: codes of the key that are in the log, codes of other keys, what could not be read, what is not ours."""

    logged: int = 0
    others: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list)
    unlogged: list[Unlogged] = field(default_factory=list)


@dataclass(slots=True)
class Renewal:
    """What came of issuing anew: the new versions, and the applications that are left, each with the reason."""

    made: list[Reissued] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def logged_by(reader: Engine, kid: str, since: int) -> Logged:
    """Return every licence of a key that the log holds, parted at the second of compromise."""
    return Logged.of(kid, since, tokens_of(reader, kid))


def affected_by(reader: Engine, kid: str) -> list[str]:
    """Return the applications whose licence of today was signed by a key and is not revoked, in the order of issue."""
    asked = (
        select(licence.c.application_id, licence.c.token)
        .join(status_entry, (status_entry.c.jti == licence.c.jti) & (status_entry.c.subject == LICENCE_PLACE))
        .where(status_entry.c.value.in_([int(Status.VALID), int(Status.SUSPENDED)]))
        .order_by(licence.c.log_index)
    )
    with reader.connect() as connection:
        return [row.application_id for row in connection.execute(asked) if kid_of(row.token) == kid]


def search(codes: Iterable[tuple[str, str]], kid: str, trust: TrustList, logged: Logged) -> Search:
    """Hold codes (source and text) against the log. Nothing that a code may hold raises; it is told under `unread`."""
    found = Search()
    for source, text in codes:
        try:
            parts = read_text(text.strip())
            key = find_key(parts, trust)
            if key.kid != kid:
                found.others += 1
                continue
            authenticate(parts, key, LICENCE_TYP)
            if logged.standing(parts.compact) is not Standing.UNLOGGED:
                found.logged += 1
                continue
            claims: Any = strict_json.read(parts.payload, limit=MOST_JSON, reason="claims")
            known: dict[str, Any] = claims if isinstance(claims, dict) else {}
            licensed = known.get("licence")
            named: dict[str, Any] = licensed if isinstance(licensed, dict) else {}
            digest = hashlib.sha256(parts.compact.encode("ascii")).hexdigest()
            found.unlogged.append(Unlogged(source, str(known.get("jti"))[:120], str(named.get("name"))[:200], digest))
        except CodeError as error:
            found.unread.append((source, f"{error.reason}: {error}"))
    return found


def renew(parts: Parts, applications: Sequence[str], told: Told | None = None) -> Renewal:
    """Issue the next version of each licence with the key of `parts`. One that cannot be issued does not stop the others."""
    done = Renewal()
    for number, application in enumerate(applications, 1):
        try:
            done.made.append(parts.writer.write_now(_work(parts, application)))
        except (CaseworkError, LicenceError) as error:
            done.left.append((application, str(error)))
        if told is not None:
            told(number, len(applications))
    return done


def _work(parts: Parts, application: str) -> Callable[[Connection], Reissued]:
    def work(connection: Connection) -> Reissued:
        held = permits.held_permits(connection, application)
        return reissue(parts, connection, application, KEY_COMPROMISED, permits=held)

    return work
