"""The log as the outside may see it: under the published checkpoint, and not one leaf beyond it.

The database is ahead of the publication for a moment at every decision, and for longer when the publication's disk fails.
What was shown in that time could still be lost and decided differently, so nothing of it is shown.
"""

from dataclasses import dataclass, field

from sqlalchemy import Engine

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError
from audit.log import Log
from audit.publish import Publication
from audit.tiles import WIDTH, parse_tile_path

_LEVEL_BITS = 8  # a tile holds 2^8 hashes, hence each level has 2^8 times fewer


@dataclass(slots=True)
class PublicLog:
    """Reads the log no further than the published checkpoint. Answers None for what is not (yet) under it."""

    log: Log
    reader: Engine
    publication: Publication
    _verified: tuple[bytes, Checkpoint] | None = field(default=None)

    def published(self) -> tuple[bytes, Checkpoint] | None:
        """Return the published note and what it says, or None before the first.

        Note and size are of one reading, whatever the writer publishes meanwhile. Raises MalformedError or SignatureError.
        """
        try:
            note = self.publication.path.read_bytes()
        except FileNotFoundError:
            return None
        known = self._verified
        if known is None or known[0] != note:
            known = note, open_checkpoint(note, self.publication.origin, self.publication.known)
            self._verified = known
        return known

    def size(self) -> int:
        """Return how many leaves are published."""
        found = self.published()
        return 0 if found is None else found[1].size

    def checkpoint(self) -> bytes | None:
        """Return the newest published checkpoint."""
        found = self.published()
        return None if found is None else found[0]

    def leaf(self, index: int) -> bytes | None:
        """Return a published leaf."""
        if not 0 <= index < self.size():
            return None
        with self.reader.connect() as connection:
            return self.log.leaf(connection, index)

    def proof(self, index: int) -> bytes | None:
        """Return the C2SP proof of a published leaf under the published checkpoint. Raises ForkError."""
        found = self.published()
        if found is None or not 0 <= index < found[1].size:
            return None
        with self.reader.connect() as connection:
            return self.log.proof_under(connection, index, found[0]).to_bytes()

    def tile(self, path: str) -> bytes | None:
        """Return a tile or entry bundle by its C2SP path; None too for a path that is none."""
        size = self.size()
        try:
            level, number, width = parse_tile_path(path)
            if number * WIDTH + width > size >> _LEVEL_BITS * (level or 0):
                return None
            with self.reader.connect() as connection:
                if level is None:
                    return self.log.bundle(connection, number, width)
                return self.log.tile(connection, level, number, width)
        except AuditError:
            return None
