"""What the registry says of every licence that a compromised key signed: whether it was in the log before the theft.

A stolen key signs like the owner. What the thief cannot do is put a licence into the append-only log of a time that has
passed. So when a key is listed as compromised, the list of keys pins, by its SHA-256, one document with the digests of all
licences that this key signed and that stand in the log, those from before the time of compromise apart from the rest:

    before      genuine beyond doubt: it goes on to the next step of verification
    after       the registry logged it, but the thief had the key by then: cannot say, it was issued anew since
    neither     the registry never logged it, so the registry did not sign it: not valid
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from licence_qr import strict_json
from licence_qr.errors import CodeError, KeyFileError
from licence_qr.keys import base64url

LARGEST = 32_000_000  # bytes: some 690,000 licences of one key; the page and the client have the same limit
ROTATE_FROM = 500_000  # licences of one key: time for another one, while a document on them all would be read
VERSION = 1


class Standing(StrEnum):
    """Where a licence of a compromised key stands in the log."""

    BEFORE = "before"
    AFTER = "after"
    UNLOGGED = "unlogged"


def token_digest(compact: bytes | str) -> str:
    """Return the base64url SHA-256 of a compact JWS: how logged licences are named here."""
    return base64url(hashlib.sha256(compact.encode("ascii") if isinstance(compact, str) else compact).digest())


@dataclass(frozen=True, slots=True)
class Logged:
    """The licences of one compromised key that stand in the log, as digests; `revoked_at` is in seconds."""

    kid: str
    revoked_at: int
    before: frozenset[str]
    after: frozenset[str]

    @classmethod
    def of(cls, kid: str, revoked_at: int, tokens: Iterable[tuple[str, int]]) -> Self:
        """Sort tokens (compact JWS and the second it was logged) by the time of compromise."""
        before: set[str] = set()
        after: set[str] = set()
        for compact, logged_at in tokens:
            (before if logged_at < revoked_at else after).add(token_digest(compact))
        return cls(kid, revoked_at, frozenset(before), frozenset(after))

    def standing(self, compact: bytes | str) -> Standing:
        """Return where a licence of this key stands."""
        digest = token_digest(compact)
        if digest in self.after:  # also when it stands in both: the doubt counts
            return Standing.AFTER
        return Standing.BEFORE if digest in self.before else Standing.UNLOGGED

    def to_bytes(self) -> bytes:
        """Return the published document, in its one spelling; `require_readable` says whether anybody reads it."""
        return strict_json.write(
            {
                "v": VERSION,
                "kid": self.kid,
                "revoked_at": self.revoked_at,
                "before": sorted(self.before),
                "after": sorted(self.after),
            }
        )

    def require_readable(self) -> None:
        """Raise KeyFileError when the document is larger than verifiers read: published, it would say nothing."""
        size = len(self.to_bytes())
        if size > LARGEST:
            many = len(self.before) + len(self.after)
            raise KeyFileError(
                f"the document on the {many} licences of the key {self.kid} has {size} bytes, verifiers read at most "
                f"{LARGEST}: it would be worth nothing. List the key without it, see docs/keys.md 6, and rotate sooner "
                f"from now on (`miaopi keys list` warns from {ROTATE_FROM} licences on). 名单文件过大，验证端不读；"
                "请按 docs/keys.md 第6节不附名单公布，并在签发达到提示数量前轮换密钥"
            )

    @property
    def sha256(self) -> str:
        """The digest that the list of keys pins (`logged_sha256`)."""
        return base64url(hashlib.sha256(self.to_bytes()).digest())

    @classmethod
    def from_bytes(cls, source: bytes) -> Self:
        """Read a published document. Raises KeyFileError."""
        try:
            found: Any = strict_json.read(source, limit=LARGEST, reason="format")
            version, kid, since, lists = (
                found["v"],
                found["kid"],
                found["revoked_at"],
                [found["before"], found["after"]],
            )
        except (CodeError, KeyError, TypeError) as error:
            raise KeyFileError(f"the list of logged licences cannot be read: {error}") from None
        if type(version) is not int or version != VERSION:
            raise KeyFileError(f"the list of logged licences has version {version!r}; this program reads {VERSION}")
        if not isinstance(kid, str) or type(since) is not int or not all(isinstance(one, list) for one in lists):
            raise KeyFileError("the list of logged licences needs a text `kid`, a time `revoked_at` and two lists")
        if not all(isinstance(digest, str) for one in lists for digest in one):
            raise KeyFileError("the list of logged licences holds what is no digest")
        return cls(kid, since, frozenset(lists[0]), frozenset(lists[1]))
