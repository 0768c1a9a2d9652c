"""The database: settings that durability depends on, the schema, and one process at a time."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import OperationalError

from audit.tables import metadata
from casework import database, tables
from tests.casework.house import World
from verifiers.keys import SourceKeysError


@pytest.fixture
def engine(tmp_path: Path):
    opened = database.open_engine(tmp_path / "a.sqlite")
    yield opened
    opened.dispose()


def test_the_migrations_give_the_tables_of_the_code(engine):
    database.migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_difference_would_be_seen(engine):
    database.migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE licence DROP COLUMN token"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) != []


def test_a_second_migration_changes_nothing(engine):
    database.migrate(engine)
    written = []
    event.listen(engine, "before_cursor_execute", lambda *given: written.append(given[2]))
    database.migrate(engine)
    assert not [one for one in written if one.split()[0] not in ("SELECT", "PRAGMA", "BEGIN")]


def test_a_migration_that_is_cut_off_leaves_nothing(engine, monkeypatch):
    """All tables or none: a start after a kill in the middle begins again."""
    create = op.create_table

    def cut(name, *given, **named):
        if name == "licence":
            raise KeyboardInterrupt
        return create(name, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(op, "create_table", cut)
        with pytest.raises(KeyboardInterrupt):
            database.migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'application'")).scalar() == 0
    database.migrate(engine)


def test_what_is_acknowledged_survives_a_power_cut(engine):
    """synchronous=FULL, WAL, foreign keys on: asked of the connection itself, on the writer's and the readers' side."""
    with engine.connect() as connection:
        settings = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in
                    ("synchronous", "journal_mode", "foreign_keys")]  # fmt: skip
    assert settings == [2, "wal", 1]


def test_a_database_that_does_not_take_the_setting_is_refused(tmp_path, monkeypatch):
    class Deaf(sqlite3.Connection):
        def execute(self, statement, *given):
            return super().execute("SELECT 1" if "synchronous=" in statement else statement, *given)

    connect = sqlite3.connect
    monkeypatch.setattr(database.sqlite3, "connect", lambda *given, **named: _normal(connect, Deaf, *given, **named))
    engine = database.open_engine(tmp_path / "a.sqlite")
    with pytest.raises(RuntimeError, match="synchronous=FULL"), engine.connect():
        pass


def _normal(connect, kind, *given, **named):
    opened = connect(*given, factory=kind, **named)
    super(kind, opened).execute("PRAGMA synchronous=NORMAL")
    return opened


def test_readers_cannot_write_and_several_read_at_once(engine, tmp_path):
    database.migrate(engine)
    reader = database.open_engine(tmp_path / "a.sqlite", read_only=True)
    with pytest.raises(OperationalError, match="readonly"), reader.begin() as connection:
        connection.execute(insert(tables.status_list).values(number=1, used=0))
    with reader.connect() as one, reader.connect() as other:
        assert one.execute(select(tables.status_list)).all() == other.execute(select(tables.status_list)).all() == []
    reader.dispose()


@pytest.mark.parametrize("folder", ["plain", "with blank", "question?mark=1", "per%20cent", "hash#tag", "中文"])
def test_any_folder_name_will_do(tmp_path, folder):
    path = tmp_path / folder / "a.sqlite"
    path.parent.mkdir()
    engine = database.open_engine(path)
    database.migrate(engine)
    reader = database.open_engine(path, read_only=True)
    with reader.connect() as connection:
        connection.execute(select(tables.application))
    assert path.exists()
    assert [child.name for child in tmp_path.iterdir()] == [folder]
    engine.dispose()
    reader.dispose()


def test_two_processes_cannot_share_a_store(world: World):
    service = world.open()
    with pytest.raises(RuntimeError, match="in use by another miaopi process"):
        database.lock(world.settings.database)
    program = "import sys, pathlib; from casework import database; database.lock(pathlib.Path(sys.argv[1]))"
    other = subprocess.run(
        [sys.executable, "-c", program, str(world.settings.database)], capture_output=True, text=True, check=False
    )
    assert other.returncode == 1
    assert "in use by another miaopi process" in other.stderr
    service.held.close()
    database.lock(world.settings.database).close()  # the lock goes with its holder


async def test_after_a_stop_the_store_is_one_file(world: World):
    """So that a copy of that file is a whole backup."""
    service = world.open()
    await service.stop()
    store = world.settings.database
    assert [file.name for file in store.parent.glob(store.name + "-*")] == []


def test_a_start_that_fails_leaves_the_store_free(world: World):
    """A missing file of pinned keys is a clear error; when it is there, the next start in the same process succeeds."""
    keys = world.settings.source_keys_file()
    kept = keys.read_bytes()
    keys.unlink()
    with pytest.raises(SourceKeysError):
        world.open()
    keys.write_bytes(kept)
    world.open()
