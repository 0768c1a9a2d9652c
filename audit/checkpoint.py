"""Checkpoints: what a log commits to at one moment, as the text of a signed note.

Three lines: origin, tree size in decimal, root in Base64. Extension lines are refused: no monitor could audit them.

Source: c2sp.org/tlog-checkpoint v1.0.0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.base64_strict import decode, encode
from audit.errors import MalformedError
from audit.merkle import EMPTY_ROOT, HASH_SIZE
from audit.note import NoteKey, NoteSigner, open_note

MAX_SIZE = 2**63 - 1  # what a database column of 64 bits holds
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_decimal(text: str, what: str) -> int:
    """Read a count written in ASCII digits without leading zeros. Raises MalformedError naming `what`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise MalformedError(f"{what} is written {text[:40]!r}; it must be decimal digits without leading zeros")
    return int(text)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One tree head: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or any(character < " " for character in self.origin):
            raise MalformedError("a checkpoint's origin is one line of text, and not empty")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise MalformedError("a checkpoint has a size from 0 to 2^63-1 and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedError("the root of an empty log is the hash of nothing; this checkpoint has another")

    def to_text(self) -> bytes:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n".encode()

    @classmethod
    def from_text(cls, text: bytes) -> "Checkpoint":
        """Read the three lines. Raises MalformedError for fewer, more, or any other spelling of the same values."""
        lines = text.decode("utf-8").split("\n")
        if len(lines) != 4 or lines[3]:
            raise MalformedError("a checkpoint is three lines: origin, size and root; extension lines are not accepted")
        return cls(lines[0], parse_decimal(lines[1], "the tree size"), decode(lines[2], "the root"))

    def sign(self, signer: NoteSigner) -> bytes:
        """Return the checkpoint as a note signed by the log's key."""
        return signer.sign(self.to_text())


def open_checkpoint(note: bytes, origin: str, known: Sequence[NoteKey]) -> Checkpoint:
    """Return the checkpoint in a note, once a known key's signature and the origin are verified.

    Raises MalformedError or SignatureError.
    """
    checkpoint = Checkpoint.from_text(open_note(note, known).text)
    if checkpoint.origin != origin:
        raise MalformedError(f"the checkpoint is of the log {checkpoint.origin!r}, and {origin!r} is wanted")
    return checkpoint
