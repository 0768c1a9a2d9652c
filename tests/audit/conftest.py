"""What the tests of the log share: a public test key, a log on a real file, a clock they move, and a full check."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, event, select

from audit import tables
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.log import Log
from audit.merkle import Frontier, leaf_hash
from audit.note import NoteSigner
from audit.publish import Publication, recover
from audit.tiles import split_entries, tile_root, tiles_of

ORIGIN = "log.test.invalid/anqiu"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class LogWorld:
    """A log on disk as a sequencer has it: database file, published checkpoint, key and clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signer = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
        self.at = START
        self.engine = self.open_engine()
        tables.metadata.create_all(self.engine)
        self.log = Log(ORIGIN, self.signer)
        self.publication = self.open_publication()

    def open_engine(self) -> Engine:
        engine = create_engine(f"sqlite:///{self.folder / 'log.db'}")

        @event.listens_for(engine, "connect")
        def _settings(connection, _record) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        return engine

    def open_publication(self) -> Publication:
        return Publication(self.folder / "checkpoint", ORIGIN, [self.signer.key])

    def tick(self, seconds: float = 1) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at

    def commit(self, leaves: list[bytes]) -> tuple[list[int], bytes]:
        """Append and seal in one transaction."""
        at = self.tick()
        with self.engine.begin() as connection:
            indexes = self.log.append(connection, leaves, at)
            return indexes, self.log.seal(connection, at)

    def append(self, *leaves: bytes) -> list[int]:
        """Append, seal, commit, publish."""
        indexes, note = self.commit(list(leaves))
        self.publication.publish(note)
        return indexes

    def restart(self) -> Checkpoint:
        """What a new process does: fresh connections, fresh objects, recovery."""
        self.engine.dispose()
        self.engine = self.open_engine()
        self.log = Log(ORIGIN, self.signer)
        self.publication = self.open_publication()
        return recover(self.log, self.engine, self.publication, self.tick())

    def reverify(self) -> list[bytes]:
        """Re-derive everything from the leaves alone; return the leaves."""
        with self.engine.connect() as connection:
            return _reverify(self, connection)


def _reverify(world: LogWorld, connection: Connection) -> list[bytes]:
    head = world.log.head(connection)
    assert head is not None
    rows = connection.execute(select(tables.leaf).order_by(tables.leaf.c.leaf_index)).all()
    assert [row.leaf_index for row in rows] == list(range(head.size))
    leaves = [row.leaf for row in rows]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert [row.hash for row in rows] == hashes
    roots = [Frontier().root()]
    tree = Frontier()
    for hashed in hashes:
        tree.append(hashed)
        roots.append(tree.root())
    assert (head.root, head.frontier.hashes) == (roots[-1], tree.hashes)
    derived: dict[tuple[int, int], list[bytes]] = {}
    for level, number, width in tiles_of(head.size):
        below = hashes if level == 0 else [tile_root(derived[level - 1, n]) for n in range(number * 256 + width)]
        derived[level, number] = below[number * 256 : number * 256 + width]
        assert world.log.tile(connection, level, number, width) == b"".join(derived[level, number])
        if level == 0:
            bundle = world.log.bundle(connection, number, width)
            assert split_entries(bundle) == leaves[number * 256 : number * 256 + width]
    stored = connection.execute(select(tables.tile.c.level, tables.tile.c.number)).all()
    assert {tuple(row) for row in stored} == {key for key, value in derived.items() if len(value) == 256}
    for row in connection.execute(select(tables.checkpoint)).all():  # every one ever signed is a prefix of the log
        signed = open_checkpoint(row.note, ORIGIN, [world.signer.key])
        assert (signed.size, signed.root) == (row.size, roots[row.size])
    published = world.publication.read()
    if published is not None:
        assert published.root == roots[published.size]
    return leaves


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LogWorld]:
    """A log that was just created and whose empty checkpoint is published."""
    made = LogWorld(tmp_path)
    recover(made.log, made.engine, made.publication, made.at)
    yield made
    with suppress(Exception):
        made.engine.dispose()
