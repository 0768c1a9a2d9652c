"""The log in a database: append, seal, prove, publish, and what stops it."""

import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateTable

from audit import log as log_module
from audit import tables
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import (
    ClockError,
    ForkError,
    LeafTooLongError,
    LostRaceError,
    MalformedError,
    NotInLogError,
    RolledBackError,
    SignatureError,
)
from audit.log import Log
from audit.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from audit.note import NoteSigner
from audit.proof import verify_proof
from audit.publish import Publication, recover


def _leaves(count: int, start: int = 0) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(start, start + count)]


@pytest.mark.parametrize("sizes", [[1], [3, 5], [255, 1, 1], [256], [700, 1, 68], [100] * 6])
def test_batches_of_any_size_give_one_contiguous_log(world, sizes):
    indexes: list[int] = []
    for size in sizes:
        indexes += world.append(*_leaves(size, len(indexes)))
    assert indexes == list(range(sum(sizes)))
    assert world.reverify() == _leaves(sum(sizes))
    assert world.publication.read().size == sum(sizes)


def test_a_log_over_65536_leaves_has_a_full_tile_of_level_1(world):
    for start in range(0, 66_000, 6_000):
        world.append(*_leaves(6_000, start))
    assert len(world.reverify()) == 66_000
    with world.engine.connect() as connection:
        assert len(world.log.tile(connection, 1, 0)) == 256 * 32
        root = world.log.head(connection).root
        for index in (0, 65_535, 65_536, 65_999):
            proof = world.log.inclusion_proof(connection, index, 66_000)
            verify_inclusion(index, 66_000, leaf_hash(_leaves(1, index)[0]), proof, root)
        proof = world.log.consistency_proof(connection, 65_537, 66_000)
        verify_consistency(65_537, 66_000, world.log.root(connection, 65_537), root, proof)


def test_every_leaf_has_an_offline_proof_under_the_latest_checkpoint(world):
    world.append(*_leaves(300))
    with world.engine.connect() as connection:
        for index in (0, 255, 256, 299):
            proof = world.log.proof(connection, index).to_bytes()
            found, checkpoint = verify_proof(proof, _leaves(1, index)[0], world.log.origin, [world.signer.key])
            assert (found, checkpoint.size) == (index, 300)


def test_old_sizes_are_provable_against_new_ones(world):
    for size in (1, 10, 250, 100):
        world.append(*_leaves(size))
    with world.engine.connect() as connection:
        roots = {size: world.log.root(connection, size) for size in (0, 1, 11, 261, 361)}
        assert roots[11] == root_of([leaf_hash(leaf) for leaf in world.log.leaves(connection, 0, 11)])
        for old in (1, 11, 261):
            verify_consistency(old, 361, roots[old], roots[361], world.log.consistency_proof(connection, old, 361))


def test_nothing_counts_before_the_commit(world):
    with world.engine.connect() as connection:
        transaction = connection.begin()
        assert world.log.append(connection, [b"a"], world.tick()) == [0]
        transaction.rollback()
    assert world.reverify() == []
    assert world.append(b"b") == [0]


def test_an_empty_append_changes_nothing(world):
    assert world.append() == []
    assert world.reverify() == []


def test_what_is_not_in_the_log_is_said_so(world):
    world.append(*_leaves(3))
    with world.engine.begin() as connection:
        for ask in (
            lambda: world.log.leaf(connection, 3),
            lambda: world.log.leaf(connection, -1),
            lambda: world.log.bundle(connection, 0, 4),
            lambda: world.log.tile(connection, 0, 0, 4),
            lambda: world.log.tile(connection, 0, 1, 1),
            lambda: world.log.tile(connection, 5, 0, 1),
            lambda: world.log.proof(connection, 3),
            lambda: Log("other.invalid/log", world.signer).append(connection, [b"a"], world.tick()),
        ):
            with pytest.raises(NotInLogError):
                ask()
        world.log.append(connection, [b"unsealed"], world.tick())
        with pytest.raises(NotInLogError, match="covers 3"):
            world.log.proof(connection, 3)


def test_a_proof_is_under_the_note_that_was_published_and_not_the_newest_stored(world):
    world.append(*_leaves(3))
    published = world.publication.path.read_bytes()
    world.commit([b"stored and sealed, not yet published"])
    with world.engine.connect() as connection:
        for proof in (
            world.log.proof_under(connection, 1, published),
            world.log.proof(connection, 1, note=published),
            world.log.proof(connection, 1, size=3),
        ):
            assert proof.checkpoint == published
            leaf = world.log.leaf(connection, 1)
            assert verify_proof(proof.to_bytes(), leaf, world.log.origin, [world.signer.key])[1].size == 3
        assert world.log.proof(connection, 1).checkpoint != published
        with pytest.raises(NotInLogError, match="covers 3"):
            world.log.proof_under(connection, 3, published)
        with pytest.raises(NotInLogError, match="none was signed"):
            world.log.proof(connection, 0, size=2)


def test_no_proof_is_made_under_a_note_of_another_history_or_key(world):
    world.append(*_leaves(3))
    other = Checkpoint(world.log.origin, 3, bytes(32)).sign(world.signer)
    stranger = NoteSigner(world.log.origin, Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
    with world.engine.connect() as connection:
        with pytest.raises(ForkError, match="another history"):
            world.log.proof_under(connection, 1, other)
        with pytest.raises(SignatureError):
            world.log.proof_under(connection, 1, Checkpoint(world.log.origin, 3, bytes(32)).sign(stranger))


def test_a_leaf_too_long_stops_the_whole_batch(world):
    with pytest.raises(LeafTooLongError):
        world.append(b"small", b"x" * 65_536)
    assert world.reverify() == []


def test_the_clock_may_stand_still_and_never_go_back(world):
    world.append(b"a")
    before = world.at
    with world.engine.begin() as connection:
        world.log.append(connection, [b"b"], before)
        world.log.seal(connection, before)
    with world.engine.begin() as connection:
        for act in (world.log.append, lambda *args: world.log.seal(args[0], args[2])):
            with pytest.raises(ClockError, match="stop"):
                act(connection, [b"c"], before - timedelta(microseconds=1))
    assert world.reverify() == [b"a", b"b"]


def test_a_checkpoint_later_than_the_last_append_also_holds_the_clock(world):
    with world.engine.begin() as connection:
        world.log.append(connection, [b"a"], world.tick())
    later = world.tick(60)
    with world.engine.begin() as connection:
        note = world.log.seal(connection, later)
        assert world.log.seal(connection, world.tick()) == note  # the same size is signed once
    with world.engine.begin() as connection, pytest.raises(ClockError):
        world.log.append(connection, [b"b"], later - timedelta(seconds=30))


# Two sequencers: with the compare-and-swap one of them loses; a copy without it forks, and the check sees that.


def test_of_two_sequencers_one_loses_the_race_and_nothing_of_it_stays(world):
    world.append(b"a")
    second = Log(world.log.origin, world.signer)
    with world.engine.begin() as connection:
        stale = second.head(connection)
    world.append(b"b")
    second._require_head = lambda _connection: stale  # it read the head before the other one committed
    with world.engine.connect() as connection, connection.begin() as transaction:
        with pytest.raises(LostRaceError, match="size 1"):
            second.append(connection, [b"c"], world.tick())
        transaction.rollback()
    assert world.reverify() == [b"a", b"b"]


def test_without_the_compare_and_swap_the_full_check_refuses_the_log(world, monkeypatch):
    world.append(b"a")
    with world.engine.begin() as connection:
        stale = world.log.head(connection)
    world.append(b"b")
    without = update(tables.head).where(tables.head.c.epoch >= 0)
    monkeypatch.setattr("audit.log._MOVE_HEAD", without)
    second = Log(world.log.origin, world.signer)
    second._require_head = lambda _connection: stale
    with world.engine.begin() as connection:
        connection.execute(delete(tables.leaf).where(tables.leaf.c.leaf_index == 1))  # it writes over the leaf
        connection.execute(delete(tables.checkpoint).where(tables.checkpoint.c.size == 2))
        moved = {"size": 2, "log": world.log.origin, "expected": 0, "at": 0}
        frontier = stale.frontier
        frontier.append(leaf_hash(b"c"))
        connection.execute(without, {**moved, "root": frontier.root(), "frontier": frontier.to_bytes()})
        connection.execute(insert(tables.leaf), {"leaf_index": 1, "leaf": b"c", "hash": leaf_hash(b"c")})
    with pytest.raises(AssertionError):
        world.reverify()  # counts and root look right; the published checkpoint tells
    with pytest.raises(ForkError):
        world.restart()


# Publication and the start-up check.


def test_the_published_checkpoint_only_moves_forward(world):
    _, first = world.commit([b"a"])
    _, second = world.commit([b"b"])
    assert world.publication.publish(second).size == 2
    assert world.publication.publish(first).size == 2  # it finished later, and is older
    assert world.open_publication().read().size == 2


def test_two_roots_of_one_size_are_a_fork(world, tmp_path):
    world.append(b"a")
    other = type(world)(tmp_path / "other") if (tmp_path / "other").mkdir() is None else None
    recover(other.log, other.engine, other.publication, other.at)
    _, note = other.commit([b"another history"])
    other.engine.dispose()
    with pytest.raises(ForkError, match="size 1"):
        world.publication.publish(note)


def test_a_note_of_another_key_or_log_is_never_published(world):
    stranger = NoteSigner(world.log.origin, Ed25519PrivateKey.generate())
    with world.engine.begin() as connection:
        head = world.log.head(connection)
    checkpoint = open_checkpoint(world.publication.path.read_bytes(), world.log.origin, [world.signer.key])
    assert head.size == checkpoint.size
    with pytest.raises(SignatureError):
        world.publication.publish(checkpoint.sign(stranger))
    elsewhere = Publication(world.folder / "other", "other.invalid/log", [world.signer.key])
    with pytest.raises(MalformedError):
        elsewhere.publish(checkpoint.sign(world.signer))


def test_start_seals_and_publishes_what_a_crash_left_unsealed(world):
    world.append(b"a")
    with world.engine.begin() as connection:
        world.log.append(connection, [b"b"], world.tick())
    assert world.restart().size == 2
    assert world.reverify() == [b"a", b"b"]
    assert world.append(b"c") == [2]


def test_start_publishes_what_was_sealed_and_not_published(world):
    world.commit([b"a"])
    assert world.publication.read().size == 0
    assert world.restart().size == 1


def test_a_database_that_lost_its_tail_does_not_start(world):
    backup = world.folder / "backup"
    world.append(b"a")
    world.engine.dispose()
    backup.write_bytes((world.folder / "log.db").read_bytes())
    world.append(b"b")
    world.engine.dispose()
    for path in world.folder.glob("log.db*"):
        path.unlink()
    (world.folder / "log.db").write_bytes(backup.read_bytes())
    with pytest.raises(RolledBackError, match="2 leaves were published and the database holds 1"):
        world.restart()


def test_an_empty_database_beside_a_published_log_does_not_start(world):
    world.append(b"a")
    world.engine.dispose()
    for path in world.folder.glob("log.db*"):
        path.unlink()
    world.engine = world.open_engine()
    tables.metadata.create_all(world.engine)
    with pytest.raises(RolledBackError, match="holds 0"):
        world.restart()


def test_a_missing_or_damaged_published_checkpoint_stops_the_start(world):
    world.append(b"a")
    note = world.publication.path.read_bytes()
    world.publication.path.unlink()
    with pytest.raises(RolledBackError, match="put the last published checkpoint back"):
        world.restart()
    world.publication.path.write_bytes(note[:-4])
    with pytest.raises(MalformedError):
        world.restart()
    world.publication.path.write_bytes(note)
    assert world.restart().size == 1


@pytest.mark.parametrize("damage", ["hash", "root", "tile", "lost leaf", "lost tile"])
def test_a_damaged_database_does_not_start(world, damage):
    world.append(*_leaves(300))
    statements = {
        "hash": update(tables.leaf).where(tables.leaf.c.leaf_index == 299).values(hash=bytes(32)),
        "root": update(tables.head).values(root=bytes(32)),
        "tile": update(tables.tile).values(root=bytes(32)),
        "lost leaf": delete(tables.leaf).where(tables.leaf.c.leaf_index == 299),
        "lost tile": delete(tables.tile),
    }
    with world.engine.begin() as connection:
        connection.execute(statements[damage])
    with pytest.raises((ForkError, MalformedError)):
        world.restart()


def test_a_clock_behind_the_log_stops_the_start(world):
    world.append(b"a")
    world.at -= timedelta(hours=1)
    with pytest.raises(ClockError):
        world.restart()


def test_times_are_stored_to_the_microsecond(world):
    world.tick(0.123456)
    world.append(b"a")
    with world.engine.connect() as connection:
        stored = connection.execute(select(tables.head.c.at)).scalar_one()
    assert tables.moment_of(stored) == world.at


def test_a_flipped_bit_in_the_write_ahead_log_is_found_or_harmless(world):
    """SQLite drops every commit after a damaged frame without a word; the published checkpoint tells."""
    for number in range(6):
        world.append(*_leaves(2, number * 2))
    files = {path.name: path.read_bytes() for path in world.folder.glob("log.db*") if not path.name.endswith("-shm")}
    published = world.publication.path.read_bytes()
    wal = files["log.db-wal"]
    outcomes = set()
    for place in range(24, len(wal), len(wal) // 40):
        copy = type(world).__new__(type(world))
        copy.__dict__.update(world.__dict__, folder=world.folder / f"flipped-{place}")
        copy.folder.mkdir()
        for name, content in files.items():
            (copy.folder / name).write_bytes(content)
        (copy.folder / "log.db-wal").write_bytes(wal[:place] + bytes([wal[place] ^ 4]) + wal[place + 1 :])
        (copy.folder / "checkpoint").write_bytes(published)
        copy.engine = copy.open_engine()
        try:
            assert copy.restart().size == 12
            assert copy.reverify() == _leaves(12)
            outcomes.add("harmless")
        except (RolledBackError, OperationalError):  # the tail, or even the tables, are gone
            outcomes.add("found")
        copy.engine.dispose()
    assert "found" in outcomes


def test_two_sequencers_at_once_lose_races_and_never_a_leaf(world):
    """Each thread keeps only what its commit returned; a lost race or a busy database is tried again."""
    kept: dict[int, bytes] = {}

    def run(name: str) -> None:
        engine = world.open_engine()
        log = Log(world.log.origin, world.signer)
        publication = world.open_publication()
        for number in range(25):
            leaf = f"{name}{number}".encode()
            while True:
                try:
                    with engine.begin() as connection:
                        (index,) = log.append(connection, [leaf], world.at)
                        note = log.seal(connection, world.at)
                except (LostRaceError, OperationalError):
                    continue
                publication.publish(note)
                kept[index] = leaf
                break
        engine.dispose()

    threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    leaves = world.reverify()
    assert len(leaves) == 50
    assert dict(enumerate(leaves)) == kept
    assert world.publication.read().size == 50


def test_tables_and_statements_are_written_for_postgresql_too():
    dialect = postgresql.dialect()
    for table in (tables.leaf, tables.tile, tables.head, tables.checkpoint):
        written = str(CreateTable(table).compile(dialect=dialect))
        assert "SERIAL" not in written
        assert "BYTEA" in written
    for statement in (log_module._HEAD, log_module._MOVE_HEAD, log_module._LAST_CHECKPOINT):
        assert "log_" in str(statement.compile(dialect=dialect))
