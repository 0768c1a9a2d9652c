"""The log in the database: append leaves, seal the head into a checkpoint, prove.

All of it works inside a transaction that the caller opens and commits, so that a decision and its leaf become durable
together. The order in one transaction, and why:

1. read the head; 2. refuse a clock that went back; 3. compute the new frontier and root; 4. move the head by
compare-and-swap: whoever loses stops here, before a row of it is written; 5. insert leaves and tiles; 6. seal: sign
the checkpoint and keep it. Only after the commit may the checkpoint be published (`audit.publish`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from audit import tables
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import ClockError, ForkError, LostRaceError, MalformedError, NotInLogError, ProofError
from audit.merkle import EMPTY_ROOT, Frontier, consistency_proof, inclusion_proof, leaf_hash, verify_inclusion
from audit.note import NoteSigner
from audit.proof import LogProof
from audit.tables import microseconds, moment_of
from audit.tiles import WIDTH, join_entries, require_leaf_length, split_hashes, subtree_from_tiles, tile_root

_HEAD = (
    select(tables.head, tables.checkpoint.c.note, tables.checkpoint.c.at.label("sealed_at"))
    .outerjoin(tables.checkpoint, tables.checkpoint.c.size == tables.head.c.size)
    .where(tables.head.c.origin == bindparam("log"))
)
_MOVE_HEAD = (
    update(tables.head)
    .where(tables.head.c.origin == bindparam("log"), tables.head.c.epoch == bindparam("expected"))
    .values(epoch=tables.head.c.epoch + 1)
)
_CHECKPOINT_OF = select(tables.checkpoint.c.note).where(tables.checkpoint.c.size == bindparam("wanted"))
_LAST_CHECKPOINT = select(tables.checkpoint.c.note).order_by(tables.checkpoint.c.size.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the log: what is in it, and the checkpoint of exactly this size once it is sealed."""

    size: int
    root: bytes
    frontier: Frontier
    epoch: int
    at: datetime
    checkpoint: bytes | None


class Log:
    """One log: its origin and the key that signs its checkpoints."""

    def __init__(self, origin: str, signer: NoteSigner) -> None:
        self.origin = origin
        self.signer = signer

    def create(self, connection: Connection, at: datetime) -> None:
        """Insert the head of an empty log. Fails on a database that holds one already."""
        row = {"origin": self.origin, "size": 0, "root": EMPTY_ROOT, "frontier": b"", "epoch": 0}
        connection.execute(insert(tables.head), {**row, "at": microseconds(at)})

    def head(self, connection: Connection) -> Head | None:
        """Return the state of the log, or None when it was never created here. Raises MalformedError."""
        row = connection.execute(_HEAD, {"log": self.origin}).mappings().one_or_none()
        return None if row is None else _read_head(row)

    def append(self, connection: Connection, leaves: Sequence[bytes], at: datetime) -> list[int]:
        """Add leaves after the last and return their indexes. Nothing counts until the caller commits.

        Raises LeafTooLongError, ClockError, or LostRaceError when another sequencer moved the head since; the caller
        then rolls back and begins again.
        """
        for one in leaves:
            require_leaf_length(one)
        head = self._require_head(connection)  # (1)
        _require_forward(head, at)  # (2)
        if not leaves:
            return []
        hashes = [leaf_hash(one) for one in leaves]  # (3)
        frontier = Frontier(head.size, head.frontier.hashes)
        frontier.extend(hashes)
        moved = {"size": frontier.size, "root": frontier.root(), "frontier": frontier.to_bytes()}
        key = {"log": self.origin, "expected": head.epoch}
        result = connection.execute(_MOVE_HEAD, {**moved, "at": microseconds(at), **key})  # (4)
        if result.rowcount != 1:
            raise LostRaceError(f"another sequencer moved the log on from size {head.size}; roll back and append again")
        indexes = list(range(head.size, frontier.size))
        connection.execute(  # (5)
            insert(tables.leaf),
            [
                {"leaf_index": index, "leaf": leaf, "hash": hashed}
                for index, leaf, hashed in zip(indexes, leaves, hashes, strict=True)
            ],
        )
        _insert_full_tiles(connection, head.size, frontier.size)
        return indexes

    def seal(self, connection: Connection, at: datetime) -> bytes:
        """Sign the head as a checkpoint, keep it, and return the note (6). Sealing one size twice gives one note.

        Raises ClockError when `at` is before the last append or checkpoint.
        """
        head = self._require_head(connection)
        _require_forward(head, at)
        if head.checkpoint is not None:
            return head.checkpoint
        note = Checkpoint(self.origin, head.size, head.root).sign(self.signer)
        connection.execute(insert(tables.checkpoint), {"size": head.size, "note": note, "at": microseconds(at)})
        return note

    def checkpoint(self, connection: Connection) -> bytes | None:
        """Return the latest checkpoint that was signed, or None when there is none yet."""
        note: bytes | None = connection.execute(_LAST_CHECKPOINT).scalar()
        return note

    def leaf(self, connection: Connection, index: int) -> bytes:
        """Return one leaf. Raises NotInLogError."""
        return self.leaves(connection, index, index + 1)[0]

    def leaves(self, connection: Connection, start: int, end: int) -> list[bytes]:
        """Return the leaves [start, end) in order. Raises NotInLogError when one of them is not there."""
        return _column(connection, tables.leaf.c.leaf, start, end)

    def bundle(self, connection: Connection, number: int, width: int = WIDTH) -> bytes:
        """Return an entry bundle of `width` leaves, as it is served under `tile/entries/`. Raises NotInLogError."""
        start = number * WIDTH
        return join_entries(self.leaves(connection, start, start + width))

    def tile(self, connection: Connection, level: int, number: int, width: int = WIDTH) -> bytes:
        """Return the first `width` hashes of a tile. Raises NotInLogError when the log is not that long."""
        hashes = _tile_hashes(connection, level, number)
        if not 1 <= width <= len(hashes):
            raise NotInLogError(f"tile {level}/{number} has {len(hashes)} hashes; {width} were asked for")
        return b"".join(hashes[:width])

    def inclusion_proof(self, connection: Connection, index: int, size: int) -> list[bytes]:
        """Return the audit path of a leaf in the tree of the first `size` leaves."""
        return inclusion_proof(index, size, subtree_from_tiles(lambda *tile: _tile_hashes(connection, *tile)))

    def consistency_proof(self, connection: Connection, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `new` leaves extends the one of `old`."""
        return consistency_proof(old, new, subtree_from_tiles(lambda *tile: _tile_hashes(connection, *tile)))

    def proof(self, connection: Connection, index: int, size: int | None = None, note: bytes | None = None) -> LogProof:
        """Return the offline proof of a leaf under `note`, else the stored checkpoint of `size`, else the newest stored.

        What is stored may not be published yet: whoever answers others gives the published note. Raises NotInLogError
        when that checkpoint does not cover the leaf or was never signed.
        """
        if note is None and size is not None:
            note = connection.execute(_CHECKPOINT_OF, {"wanted": size}).scalar()
        elif note is None:
            note = self.checkpoint(connection)
        if note is None:
            raise NotInLogError(f"leaf {index} is not under a checkpoint; none was signed for it")
        return self.proof_under(connection, index, note)

    def proof_under(self, connection: Connection, index: int, note: bytes) -> LogProof:
        """Return the offline proof of a leaf under this checkpoint, which is held to our own key and to the stored tree.

        Raises NotInLogError when it does not cover the leaf, ForkError when it is of another history, MalformedError or
        SignatureError when it is no checkpoint of ours.
        """
        checkpoint = open_checkpoint(note, self.origin, [self.signer.key])
        if not 0 <= index < checkpoint.size:
            raise NotInLogError(f"leaf {index} is not under the checkpoint; it covers {checkpoint.size} leaves")
        path = self.inclusion_proof(connection, index, checkpoint.size)
        try:
            hashed = leaf_hash(self.leaf(connection, index))
            verify_inclusion(index, checkpoint.size, hashed, path, checkpoint.root)
        except ProofError as error:
            raise ForkError(
                f"the checkpoint of size {checkpoint.size} is of another history than this database: {error}"
            ) from error
        return LogProof(index, tuple(path), note)

    def root(self, connection: Connection, size: int) -> bytes:
        """Return the root of the first `size` leaves, worked out from the stored tiles and not from the head."""
        if size == 0:
            return EMPTY_ROOT
        return subtree_from_tiles(lambda *tile: _tile_hashes(connection, *tile))(0, size)

    def _require_head(self, connection: Connection) -> Head:
        head = self.head(connection)
        if head is None:
            raise NotInLogError(
                f"this database holds no log of origin {self.origin!r}; start with audit.publish.recover"
            )
        return head


def _read_head(row: RowMapping) -> Head:
    frontier = Frontier.from_bytes(row["size"], row["frontier"])
    if frontier.root() != row["root"]:
        raise MalformedError(f"the stored root of size {row['size']} is not the root of the stored frontier")
    at = row["at"] if row["sealed_at"] is None else max(row["at"], row["sealed_at"])
    return Head(row["size"], row["root"], frontier, row["epoch"], moment_of(at), row["note"])


def _require_forward(head: Head, at: datetime) -> None:
    """Stop at a clock that went back: the order of the log is the order of its times."""
    if at < head.at:
        raise ClockError(f"the clock reads {at.isoformat()}, and the log already holds {head.at.isoformat()}; stop")


def _insert_full_tiles(connection: Connection, old: int, new: int) -> None:
    """Keep every tile that became full between the sizes `old` and `new`, level by level."""
    level = 0
    while (first := old // WIDTH) < (end := new // WIDTH):
        column = tables.leaf.c.hash if level == 0 else tables.tile.c.root
        rows = []
        for number in range(first, end):
            hashes = _column(connection, column, number * WIDTH, (number + 1) * WIDTH, level - 1)
            rows.append({"level": level, "number": number, "hashes": b"".join(hashes), "root": tile_root(hashes)})
        connection.execute(insert(tables.tile), rows)
        level, old, new = level + 1, first, end


def _tile_hashes(connection: Connection, level: int, number: int) -> list[bytes]:
    """Return the hashes of a tile, as many as there are today."""
    full = select(tables.tile.c.hashes).where(tables.tile.c.level == level, tables.tile.c.number == number)
    stored: bytes | None = connection.execute(full).scalar()
    if stored is not None:
        return split_hashes(stored)
    column = tables.leaf.c.hash if level == 0 else tables.tile.c.root
    return _rows(connection, column, number * WIDTH, (number + 1) * WIDTH, level - 1)


def _column(connection: Connection, column: tables.BytesColumn, start: int, end: int, level: int = -1) -> list[bytes]:
    """Return one column of the rows [start, end). Raises NotInLogError when one is missing."""
    values = _rows(connection, column, start, end, level) if start >= 0 else []
    if len(values) != end - start or not values:
        raise NotInLogError(
            f"the log does not hold {start} to {end - 1} ({'leaf' if level < 0 else f'tile level {level}'})"
        )
    return values


def _rows(connection: Connection, column: tables.BytesColumn, start: int, end: int, level: int) -> list[bytes]:
    key = tables.leaf.c.leaf_index if column.table is tables.leaf else tables.tile.c.number
    rows = select(column).where(key >= start, key < end).order_by(key)
    if column.table is tables.tile:
        rows = rows.where(tables.tile.c.level == level)
    return list(connection.execute(rows).scalars())
