"""An inclusion proof as one file that anyone checks offline: leaf index, audit path, checkpoint.

    c2sp.org/tlog-proof@v1
    index 73894
    base64 hash, from the leaf's sibling to the root's child, one a line

    the checkpoint, a signed note, verbatim

Source: c2sp.org/tlog-proof v1. The optional `extra` line is carried and never trusted. Files end in `.tlog-proof`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.base64_strict import decode, encode
from audit.checkpoint import Checkpoint, open_checkpoint, parse_decimal
from audit.errors import MalformedError
from audit.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from audit.note import MAX_NOTE, NoteKey

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class LogProof:
    """Where a leaf stands, the path from it to the root, and the signed checkpoint with that root."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """Return the text form."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {encode(self.extra)}")
        lines += [f"index {self.index}", *(encode(one) for one in self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def from_bytes(cls, text: bytes) -> "LogProof":
        """Read the text form. Raises MalformedError; what it returns is not yet verified."""
        head, blank, checkpoint = text.partition(b"\n\n")
        if not blank or len(text) > MAX_NOTE:
            raise MalformedError("a log proof is a head, a blank line and a checkpoint")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise MalformedError("the head of a log proof is ASCII") from error
        if lines.pop(0) != HEADER:
            raise MalformedError(f"a log proof begins with the line {HEADER}")
        extra = decode(lines.pop(0)[6:], "the extra line") if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise MalformedError("a log proof has its line `index N` second (or third, after `extra`)")
        index = parse_decimal(lines.pop(0)[6:], "the index")
        path = tuple(decode(line, "a hash of the proof") for line in lines)
        if len(path) > 63 or any(len(one) != HASH_SIZE for one in path):
            raise MalformedError(f"a log proof holds at most 63 hashes of {HASH_SIZE} bytes")
        return cls(index, path, checkpoint, extra)


def verify_proof(proof: bytes, leaf: bytes, origin: str, known: Sequence[NoteKey]) -> tuple[int, Checkpoint]:
    """Return the index of `leaf` and the checkpoint it is under, once every step holds.

    1. the proof has its format; 2. a known key signed the checkpoint of this log; 3. the path leads from the leaf to
    the checkpoint's root. Raises MalformedError, SignatureError or ProofError, each naming what failed.
    """
    parsed = LogProof.from_bytes(proof)
    checkpoint = open_checkpoint(parsed.checkpoint, origin, known)
    verify_inclusion(parsed.index, checkpoint.size, leaf_hash(leaf), parsed.path, checkpoint.root)
    return parsed.index, checkpoint
