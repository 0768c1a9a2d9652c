"""The latest checkpoint outside the database, and the start-up check against it.

A database can lose its tail (a flipped bit in a write-ahead log, a restored backup, a lagging replica), and a log that
goes on from there signs a second history. So every checkpoint is written to a file elsewhere before anyone is answered,
and no sequencer starts unless its database extends what that file says.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import ForkError, MalformedError, NotInLogError, ProofError, RolledBackError
from audit.log import Head, Log
from audit.merkle import verify_consistency
from audit.note import NoteKey


class Publication:
    """The file with the latest published checkpoint. It should lie on another disk, best at another body."""

    def __init__(self, path: Path, origin: str, known: Sequence[NoteKey]) -> None:
        self.path = path
        self.origin = origin
        self.known = tuple(known)
        self._verified: tuple[bytes, Checkpoint] | None = None  # what this object last read or wrote, to verify it once

    def read(self) -> Checkpoint | None:
        """Return the published checkpoint, verified, or None when nothing was ever published.

        Raises MalformedError or SignatureError: a damaged file must be looked at, never written over.
        """
        try:
            note = self.path.read_bytes()
        except FileNotFoundError:
            return None
        if self._verified is None or self._verified[0] != note:
            self._verified = note, open_checkpoint(note, self.origin, self.known)
        return self._verified[1]

    def publish(self, note: bytes) -> Checkpoint:
        """Make `note` the published checkpoint, durable when this returns, and return what is now published.

        One that is older than what is published changes nothing: two sequencers may finish in either order. Call it
        only after the transaction that sealed the checkpoint is committed. Raises ForkError when the published
        checkpoint has the same size and another root, OSError when the disk refuses.
        """
        new = open_checkpoint(note, self.origin, self.known)
        with self._alone():
            published = self.read()
            if published is not None and published.size >= new.size:
                if published.size == new.size and published.root != new.root:
                    raise ForkError(
                        f"two checkpoints of size {new.size} with different roots: {self.path} has the other"
                    )
                return published
            temporary = self.path.with_name(f".{self.path.name}.new")
            with temporary.open("wb") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            _sync_folder(self.path.parent)
        self._verified = note, new
        return new

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes of this machine out while the file is compared and replaced."""
        with self.path.with_name(f".{self.path.name}.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, also by a kill
            yield


def recover(log: Log, engine: Engine, publication: Publication, at: datetime) -> Checkpoint:
    """Create the log or hold it against the published checkpoint, seal and publish what is not yet, return the head.

    Call it before the first append of a sequencer; it is also the whole recovery after a crash. Steps:

    1. read what was published; 2. a database that holds less refuses to start; 3. the stored tiles must give the head's
    root, and that tree must extend the published one; 4. leaves that were committed and not sealed are sealed; 5. after
    the commit the checkpoint is published. Raises LogStoppedError (RolledBackError, ForkError, ClockError): a person
    must look. The log then has to go on under a new origin, or from a database that holds all that was published.
    """
    published = publication.read()  # (1)
    with engine.begin() as connection:
        head = log.head(connection)
        if head is None and (published is None or published.size == 0):
            log.create(connection, at)
            head = log.head(connection)
        size = 0 if head is None else head.size
        if published is None and size:
            raise RolledBackError(
                f"the log has {size} leaves and {publication.path} is gone; put the last published checkpoint back"
            )
        if head is None or (published is not None and published.size > size):  # (2)
            was = 0 if published is None else published.size
            raise RolledBackError(f"{was} leaves were published and the database holds {size}: it lost its tail")
        _require_extension(log, connection, head, published)  # (3)
        note = log.seal(connection, at)  # (4)
    return publication.publish(note)  # (5)


def _require_extension(log: Log, connection: Connection, head: Head, published: Checkpoint | None) -> None:
    """Raise ForkError unless the stored tiles give the head's root and extend the published tree."""
    try:
        rebuilt = log.root(connection, head.size)
        if published is not None and published.size:
            path = log.consistency_proof(connection, published.size, head.size)
            verify_consistency(published.size, head.size, published.root, rebuilt, path)
    except (ProofError, MalformedError, NotInLogError) as error:
        raise ForkError(f"the database's log does not extend the published checkpoint: {error}") from error
    if rebuilt != head.root:
        raise ForkError("the stored tiles do not give the stored root: the database is damaged")


def _sync_folder(folder: Path) -> None:
    """Make the replaced name itself durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
