"""Signed notes: a text, a blank line, and one line for each signature. Ed25519 only (type byte 01).

    the text, which ends with a newline

    — key name base64(4 bytes key id || signature)

Signatures by unknown keys are ignored, so that a log may add keys and witnesses; a known key's signature that does not
verify condemns the whole note; what does not follow the format is refused before any key is looked at.

Source: c2sp.org/signed-note v1.0.0; the text form of a public key ("vkey") as golang.org/x/mod/sumdb/note defines it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.base64_strict import decode, encode
from audit.errors import MalformedError, SignatureError

ED25519 = b"\x01"
MAX_NOTE = 1_000_000  # bytes; a note holds a checkpoint and signatures, a post-quantum one being about 5 kB
MAX_SIGNATURES = 64  # the standard asks for at least 16

_NAME = re.compile(r"[^\s+]+")  # \s is every Unicode space
_VKEY = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_SIGNATURE_LINE = re.compile(r"\u2014 (?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/=]+)")


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the four bytes that, with the name, point at a key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


@lru_cache(maxsize=64)  # decoding a point costs as much as half a verification
def _loaded(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key that notes are checked with."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise MalformedError(f"{self.name!r} cannot be a key name: it must be without spaces and plus signs")
        try:
            _loaded(self.public_key)
        except ValueError as error:
            raise MalformedError(f"the key of {self.name} is not 32 bytes of Ed25519") from error

    @property
    def id(self) -> bytes:
        """The four bytes that stand before a signature by this key."""
        return key_id(self.name, self.public_key)

    def to_text(self) -> str:
        """Return `name+key id in hex+base64(01 || key)`."""
        return f"{self.name}+{self.id.hex()}+{encode(ED25519 + self.public_key)}"

    @classmethod
    def from_text(cls, text: str) -> "NoteKey":
        """Read what `to_text` writes. Raises MalformedError, also when the key id belongs to another key."""
        match = _VKEY.fullmatch(text)
        if not match:
            raise MalformedError("a log key is written name+8 hex digits+Base64; this is not")
        encoded = decode(match["key"], "the log key")
        if encoded[:1] != ED25519 or len(encoded) != 33:
            raise MalformedError("the log key is not an Ed25519 key (type byte 01, then 32 bytes)")
        key = cls(match["name"], encoded[1:])
        if key.id.hex() != match["id"]:
            raise MalformedError(f"the key id of {key.name} should be {key.id.hex()}, and {match['id']} is written")
        return key

    def is_signed_by(self, text: bytes, signature: bytes) -> bool:
        """Tell whether `signature` is this key's over `text`."""
        try:
            _loaded(self.public_key).verify(signature, text)
        except InvalidSignature:
            return False
        return True


class NoteSigner:
    """A private key with its name. The key itself never leaves this object."""

    __slots__ = ("_private_key", "key")

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self.key = NoteKey(name, private_key.public_key().public_bytes_raw())
        self._private_key = private_key

    def sign(self, text: bytes) -> bytes:
        """Return the signed note over `text`, which must end with a newline."""
        _require_text(text)
        return text + b"\n" + signature_line(self.key.name, self.key.id, self._private_key.sign(text))


def signature_line(name: str, identifier: bytes, signature: bytes) -> bytes:
    """Return one signature line, newline included."""
    return f"\u2014 {name} {encode(identifier + signature)}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was opened: its text, and the names of the known keys that signed it."""

    text: bytes
    signed_by: tuple[str, ...]


def open_note(note: bytes, known: Sequence[NoteKey]) -> Note:
    """Return the text of a note that at least one known key signed.

    Raises MalformedError for anything outside the format and SignatureError when a known key's signature is wrong or
    there is none.
    """
    text, lines = read_signatures(note)
    keys = {(key.name, key.id): key for key in known}
    signed_by: list[str] = []
    for name, blob in lines:
        key = keys.get((name, blob[:4]))
        if key is None:
            continue
        if not key.is_signed_by(text, blob[4:]):
            raise SignatureError(f"the signature of {key.name} does not belong to this text")
        if key.name not in signed_by:
            signed_by.append(key.name)
    if not signed_by:
        names = ", ".join(key.name for key in known) or "no key at all"
        raise SignatureError(f"no known key signed this note (known: {names})")
    return Note(text, tuple(signed_by))


def read_signatures(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Return the text of a note and its signature lines as (name, key id || signature); nothing is verified.

    Raises MalformedError for anything outside the format.
    """
    text, lines = _split(note)
    read: list[tuple[str, bytes]] = []
    for line in lines:
        match = _SIGNATURE_LINE.fullmatch(line)
        if not match:
            raise MalformedError(f"{line[:80]!r} is not a signature line: em dash, name and Base64, one space between")
        blob = decode(match["blob"], f"the signature of {match['name']}")
        if len(blob) < 5:
            raise MalformedError(f"the signature of {match['name']} is too short to hold a key id")
        read.append((match["name"], blob))
    return text, read


def _split(note: bytes) -> tuple[bytes, list[str]]:
    """Cut a note at its last blank line into text and signature lines."""
    if len(note) > MAX_NOTE:
        raise MalformedError(f"a note of {len(note)} bytes is over the limit of {MAX_NOTE}")
    try:
        decoded = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("a note must be UTF-8") from error
    if any(character < " " and character != "\n" for character in decoded):
        raise MalformedError("a note holds no control character but the newline")
    end_of_text = decoded.rfind("\n\n")
    if end_of_text < 1 or not decoded.endswith("\n"):
        raise MalformedError("a note is a text, a blank line and signature lines, each ended by a newline")
    lines = decoded[end_of_text + 2 : -1].split("\n")
    if not 1 <= len(lines) <= MAX_SIGNATURES or not lines[0]:
        raise MalformedError(f"a note has 1 to {MAX_SIGNATURES} signature lines after its last blank line")
    return decoded[: end_of_text + 1].encode(), lines


def _require_text(text: bytes) -> None:
    decoded = text.decode("utf-8", errors="replace")
    if not decoded.endswith("\n") or any(one < " " and one != "\n" for one in decoded) or "\ufffd" in decoded:
        raise MalformedError("a note's text is UTF-8 without control characters and ends with a newline")
