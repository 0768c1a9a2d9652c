"""Open the database: connection settings that durability depends on, checked and not assumed."""

import fcntl
import sqlite3
from pathlib import Path
from typing import IO, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(path: Path, *, read_only: bool = False) -> Engine:
    """Open a SQLite database: WAL, synchronous=FULL, foreign keys on. The writer has one connection, readers a few.

    Transactions begin by our own `BEGIN IMMEDIATE` (the writer) or not at all (readers), because the driver's implicit
    ones start as readers and fail at once with BUSY when they turn to writing.
    """
    url = path.absolute().as_uri() + ("?mode=ro" if read_only else "")  # as_uri escapes ?, # and % in folder names
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            url, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0, cached_statements=256
        ),
        poolclass=QueuePool if read_only else StaticPool,
        hide_parameters=True,  # an error's text must not quote an application
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            if read_only and pragma.startswith("journal_mode"):
                continue
            connection.execute(f"PRAGMA {pragma}")
        if connection.execute("PRAGMA synchronous").fetchone()[0] != 2:  # 2 is FULL: an acknowledged commit survives
            message = "SQLite did not accept synchronous=FULL; an acknowledged application could be lost in a power cut"
            raise RuntimeError(message)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision (Alembic); a no-op when it is there already."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def lock(path: Path) -> IO[bytes]:
    """Take the one-process lock beside the database; two writing processes would starve each other.

    Raises `RuntimeError` when another process holds it. The lock dies with the process, also by kill -9.
    """
    held = path.with_suffix(path.suffix + ".lock").open("wb")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        message = f"{path} is in use by another miaopi process; stop that one, or give this one another --database"
        raise RuntimeError(message) from error
    return held
