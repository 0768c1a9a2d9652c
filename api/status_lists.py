"""The status lists as they are published: signed anew when an entry changes or the signature is old, with an index of all.

`iat` does not go back with a clock that is a little behind, and goes up with every change, so that a checker who keeps the
newest list keeps the right one. What lies more than the leeway ahead of now came of a clock that was wrong: it counts no more,
for nobody believes a list from the future. A list is small and the same for everybody: whoever fetches it says nothing of whom it checks.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, func, select

from casework.issuing import STATUS_LIST_SIZE
from casework.tables import status_act, status_entry, status_list
from licence_qr.keys import Signer, base64url
from licence_qr.status_list import LEEWAY, LIFETIME, TTL, StatusList, sign_list
from licence_qr.trust import STATUS_TYP

FRESH = 300  # seconds a signed list is served again before it is signed anew
_ENTRIES = select(status_entry.c.position, status_entry.c.value).where(
    status_entry.c.list == bindparam("list"), status_entry.c.value != 0
)
_NUMBERS = select(status_list.c.number).order_by(status_list.c.number)
_LAST_ACT = select(func.max(status_act.c.at))


@dataclass(frozen=True, slots=True)
class Published:
    """A signed list (or index) as it is served: the token, its time of signing in seconds, and its entity tag."""

    token: str
    issued_at: int
    content: bytes

    @property
    def etag(self) -> str:
        """The entity tag (RFC 9110 8.8.3): strong, of the very bytes."""
        return f'"{hashlib.sha256(self.token.encode()).hexdigest()[:32]}"'


@dataclass(slots=True)
class StatusLists:
    """All lists of one service. `host` is the issuer, `now` the clock, `reader` opens read-only connections."""

    reader: Engine
    signer: Signer
    host: str
    now: Callable[[], datetime]
    _served: dict[int, Published] = field(default_factory=dict)
    _stale: set[int] = field(default_factory=set)
    _index: tuple[tuple[str, ...], dict[str, Any]] | None = None  # the lists that it is of, and the index

    def changed(self, number: int | None = None) -> None:
        """Say that an entry changed, of one list or of any: what is served next is signed anew."""
        self._stale |= set(self._served) if number is None else {number}

    def get(self, number: int) -> Published | None:
        """Return a list, or None when there is none with that number; list 0 is there from the beginning."""
        now, kept = int(self.now().timestamp()), self._served.get(number)
        if kept is not None and kept.issued_at > now + LEEWAY:
            kept = None
        if kept is not None and number not in self._stale and now - kept.issued_at < FRESH:
            return kept
        with self.reader.connect() as connection:
            if number not in {0, *connection.execute(_NUMBERS).scalars()}:
                return None
            entries = connection.execute(_ENTRIES, {"list": number}).all()
            last = (connection.execute(_LAST_ACT).scalar() or 0) // 1_000_000
        statuses = StatusList(STATUS_LIST_SIZE)
        for position, value in entries:
            statuses.set(position, value)
        content = statuses.encode().encode()
        before = 0 if kept is None else kept.issued_at + (content != kept.content)
        issued_at = max(now, before, last if last <= now + LEEWAY else 0)
        token = sign_list(statuses, uri=self.uri(number), iss=self.host, iat=issued_at, signer=self.signer)
        self._stale.discard(number)
        made = self._served[number] = Published(token, issued_at, content)
        return made

    def uri(self, number: int) -> str:
        """Return the address of a list, as it stands in licences."""
        return f"{self.host}/status/{number}"

    def index(self) -> dict[str, Any]:
        """Return the index of all lists: `status_lists` (Token Status List, section 9), what each is, and it all signed."""
        with self.reader.connect() as connection:
            numbers = sorted({0, *connection.execute(_NUMBERS).scalars()})
        listed = [(number, found) for number in numbers if (found := self.get(number)) is not None]
        told_of = tuple(found.token for _, found in listed)
        if self._index is not None and self._index[0] == told_of:
            return self._index[1]  # nothing changed and nothing is old: a module signs once, not for every caller
        lists = [
            {
                "uri": self.uri(number),
                "size": STATUS_LIST_SIZE,
                "issued_at": found.issued_at,
                "expires_at": found.issued_at + LIFETIME,
                "ttl": TTL,
                "sha256": hashlib.sha256(found.token.encode()).hexdigest(),
            }
            for number, found in listed
        ]
        uris = [one["uri"] for one in lists]
        issued_at = max(found.issued_at for _, found in listed)
        claims = {"iss": self.host, "sub": f"{self.host}/status", "iat": issued_at, "exp": issued_at + LIFETIME,
                  "status_lists": uris, "lists": lists}  # fmt: skip
        made = {"status_lists": uris, "lists": lists, "signed": self._signed(claims)}
        self._index = (told_of, made)
        return made

    def _signed(self, claims: dict[str, Any]) -> str:
        """Sign the index with the key of the lists; it has no `status_list`, so no reader takes it for one."""
        header = {"alg": "ES256", "kid": self.signer.kid, "typ": STATUS_TYP}
        message = ".".join(base64url(json.dumps(one, separators=(",", ":")).encode()) for one in (header, claims))
        return f"{message}.{base64url(self.signer.sign(message.encode()))}"
