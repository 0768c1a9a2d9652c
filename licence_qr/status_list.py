"""Token Status List (draft-ietf-oauth-status-list): two bits a licence or permit, the whole list in one signed file.

A checker fetches the list of a whole county, so nobody learns whom it checked. Index `i` of a two-bit list lies in
byte `i // 4`, at bit `2 * (i % 4)` counted from the lowest. The list is zlib-compressed and signed with a key of its
own, `typ` statuslist+jwt: a list must never pass for a licence, nor a licence for a list.
"""

import hashlib
import hmac
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from licence_qr import strict_json
from licence_qr.errors import CodeError, StatusListError
from licence_qr.keys import Signer, base64url
from licence_qr.shape import EARLIEST, LATEST
from licence_qr.token import authenticate, decoded, find_key, parts_of
from licence_qr.transport import Parts
from licence_qr.trust import STATUS_TYP, TrustList

LIFETIME, TTL = 86_400, 3600  # seconds that a list may be relied on, and until it should be fetched again
LEEWAY = 120  # seconds a clock may be behind
LONGEST = 7 * 86_400  # seconds a list may claim to be good: one of a key that has ended must not outlive it for years
MOST_BYTES = 4 * 2**20  # of a list once inflated: 2^24 entries of two bits


class Status(IntEnum):
    """Values of a two-bit list (section 7.1 of the draft), which leaves 3 to applications.

    Ours: REPLACED says that a newer version of this licence was issued, so the old paper is genuine and no longer current.
    """

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    REPLACED = 3


class StatusList:
    """A list of `size` entries of `bits` bits each, all VALID at first."""

    def __init__(self, size: int, bits: int = 2, content: bytes | None = None) -> None:
        """`size` is a multiple of the entries in a byte; `content` are the bytes of an existing list."""
        if bits not in {1, 2, 4, 8} or size <= 0 or size * bits % 8 or size * bits // 8 > MOST_BYTES:
            raise StatusListError(f"{size} entries of {bits} bits: bits is 1, 2, 4 or 8, and entries fill whole bytes")
        self.bits, self.size = bits, size
        self._content = bytearray(size * bits // 8) if content is None else bytearray(content)

    def get(self, index: int) -> int:
        """Return the value at `index`; raises StatusListError outside the list (section 8.3: reject)."""
        byte, shift = self._place(index)
        return self._content[byte] >> shift & (1 << self.bits) - 1

    def set(self, index: int, value: int) -> None:
        """Set the value at `index`; raises StatusListError outside the list or beyond the bits."""
        byte, shift = self._place(index)
        if not 0 <= value < 1 << self.bits:
            raise StatusListError(f"status {value} does not fit in {self.bits} bits")
        mask = (1 << self.bits) - 1 << shift
        self._content[byte] = self._content[byte] & ~mask | value << shift

    def encode(self) -> str:
        """Return `lst`: base64url of the zlib stream at its highest level."""
        return base64url(zlib.compress(bytes(self._content), 9))

    @classmethod
    def decode(cls, lst: str, bits: int) -> "StatusList":
        """Return the list of `lst`; raises StatusListError for another alphabet, a broken stream, or a bomb."""
        try:
            expand = zlib.decompressobj()
            content = expand.decompress(decoded(lst), MOST_BYTES + 1)
        except (CodeError, zlib.error) as error:
            raise StatusListError(f"the status list cannot be read: {error}") from None
        if len(content) > MOST_BYTES or not expand.eof or expand.unused_data or not content:
            raise StatusListError(f"the status list is empty, cut short, or larger than {MOST_BYTES} bytes")
        if bits not in {1, 2, 4, 8}:
            raise StatusListError(f"a status list of {bits} bits does not exist")
        return cls(len(content) * 8 // bits, bits, content)

    def _place(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.size:
            raise StatusListError(f"index {index} is outside the list of {self.size}: no statement can be made")
        return index * self.bits // 8, index * self.bits % 8


def sign_list(status_list: StatusList, *, uri: str, iss: str, iat: int, signer: Signer) -> str:
    """Return the status list token made at `iat` (seconds): good for a day, fetched anew after an hour."""
    claims: dict[str, Any] = {"iss": iss, "sub": uri, "iat": iat, "exp": iat + LIFETIME, "ttl": TTL}
    claims["status_list"] = {"bits": status_list.bits, "lst": status_list.encode()}
    header = strict_json.write({"alg": "ES256", "kid": signer.kid, "typ": STATUS_TYP})
    unsigned = Parts(header, strict_json.write(claims), b"")
    return Parts(header, unsigned.payload, signer.sign(unsigned.signing_input)).compact


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A list that was authentic: who published it, when it was made and until when it may be relied on (seconds)."""

    iss: str
    issued_at: int
    expires_at: int
    entries: StatusList


def read_list(compact: str, *, uri: str, trust: TrustList) -> Snapshot:
    """Return the list published at `uri`; raises CodeError(status_untrusted).

    The signature is checked before anything is inflated. Whether the list is fresh is for the caller, who has a clock.
    """
    try:
        return _read(compact, uri, trust)
    except (CodeError, StatusListError, KeyError, TypeError) as error:
        raise CodeError("status_untrusted", f"the status list of {uri} is not believed: {error}") from None


def _read(compact: str, uri: str, trust: TrustList) -> Snapshot:
    parts = parts_of(compact)
    key = find_key(parts, trust)
    authenticate(parts, key, STATUS_TYP)
    claims = strict_json.read(parts.payload, limit=len(compact), reason="format")
    inner, issued_at, expires_at = claims["status_list"], claims["iat"], claims["exp"]
    if claims["sub"] != uri or claims["iss"] != key.iss:
        raise StatusListError("it is the list of another address or issuer")
    if not _is_under(uri, key.iss):
        raise StatusListError("its address is not one of its issuer")
    if type(issued_at) is not int or type(expires_at) is not int or type(inner["bits"]) is not int:
        raise StatusListError("iat, exp and bits are whole numbers")
    if not (EARLIEST <= issued_at <= LATEST and EARLIEST <= expires_at <= LATEST):
        raise StatusListError("iat and exp are seconds: an end in milliseconds would be good for ever")
    if expires_at - issued_at > LONGEST:
        raise StatusListError(f"it claims to be good for more than {LONGEST} seconds")
    if not key.covers(issued_at) or key.revoked_at is not None:
        raise StatusListError("it was signed outside the window of its key")
    return Snapshot(key.iss, issued_at, expires_at, StatusList.decode(inner["lst"], inner["bits"]))


def _is_under(uri: str, iss: str) -> bool:
    """Tell whether the host of an address is the issuer's: others, who are trusted for their own lists, must not displace it."""
    return uri.startswith(f"{iss}/") and iss.count("/") == 2


class StatusBook:
    """The lists at hand, each checked once; the newest list of an address stays, an older one never replaces it."""

    def __init__(self, trust: TrustList, *, oldest: int | None = None) -> None:
        """Begin empty; `trust` decides who may publish a list.

        `oldest` is the age in seconds beyond which the caller will not rely on a list, however long the list itself
        claims to be good; an inspector uses 86400.
        """
        self._trust, self.oldest = trust, oldest
        self._lists: dict[str, Snapshot | CodeError] = {}

    def add(self, uri: str, compact: str, *, at: int | None = None) -> None:
        """Read a list that was fetched from `uri`; a list that is not believed is kept as that.

        With the time `at` (seconds) a list from the future replaces no other and gives way to any, lest a wrong one stay.
        """
        held = self._lists.get(uri)
        try:
            found = read_list(compact, uri=uri, trust=self._trust)
        except CodeError as error:
            self._lists.setdefault(uri, error)
            return
        if not isinstance(held, Snapshot) or _is_newer(found.issued_at, held.issued_at, at):
            self._lists[uri] = found

    def get(self, uri: str) -> Snapshot | CodeError | None:
        """Return the list of `uri`, the reason it is not believed, or None when there is none."""
        return self._lists.get(uri)


def _is_newer(found: int, held: int, at: int | None) -> bool:
    if at is not None and max(found, held) > at + LEEWAY:
        return held > at + LEEWAY
    return held <= found


def spread_index(sequence: int, *, secret: bytes, size: int) -> int:
    """Return the place in a list of `size` for the `sequence`-th entry (from 0): each once, in an unguessable order.

    A counter would tell a reader of one licence how many were issued since another. This is a keyed permutation (four
    Feistel rounds of HMAC-SHA256, walked until it falls inside the list), so that a counter in the database is enough.
    """
    if not 0 <= sequence < size:
        raise StatusListError(f"entry {sequence} does not fit in a list of {size}; begin the next list")
    half = ((size - 1).bit_length() + 1) // 2
    mask, place = (1 << half) - 1, sequence
    while True:
        left, right = place >> half, place & mask
        for turn in range(4):
            digest = hmac.digest(secret, bytes((turn,)) + right.to_bytes(8, "big"), hashlib.sha256)
            left, right = right, left ^ int.from_bytes(digest[:8], "big") & mask
        place = left << half | right
        if place < size:
            return place
