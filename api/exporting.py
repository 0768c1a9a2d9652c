"""Write an export from the store of a service that may be running: a read-only view, nothing is locked or changed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from api.settings import Settings
from api.wire import log_key
from audit.export import Holdings, Progress, export
from audit.log import Log
from audit.note import NoteSigner
from casework import database
from casework.tables import decision, licence
from rules.load import load_rule_book

_INPUTS = select(decision.c.inputs).where(decision.c.log_index == bindparam("index"))
_LICENCE = select(licence.c.token).where(licence.c.jti == bindparam("jti"))


def write_export(
    settings: Settings, folder: Path, *, with_inputs: bool = True, progress: Progress | None = None
) -> dict[str, Any]:
    """Write the log, its proofs and what a replay needs. Raises `RuntimeError` when there is no store to read."""
    if not settings.database.exists():
        message = f"{settings.database} does not exist; run `miaopi serve` first, or give --home"
        raise RuntimeError(message)
    for needed in (settings.keys / "log.pem", settings.source_keys_file()):
        if not needed.exists():  # opening the log would make a new key, and sign with it what another has signed
            message = (
                f"{needed} does not exist; the export is signed and checked with it: give the --home of the service"
            )
            raise RuntimeError(message)
    engine = database.open_engine(settings.database, read_only=True)
    log = Log(settings.log_origin, NoteSigner(settings.log_origin, log_key(settings.keys / "log.pem")))
    # One read transaction over the whole export: a state under one checkpoint, however long it takes.
    with engine.connect() as connection, connection.begin():
        holdings = Holdings(
            source_keys=json.loads(settings.source_keys_file().read_bytes()),
            books=[load_rule_book()],
            licence=lambda jti: _one(connection, _LICENCE, {"jti": jti}),
            inputs=(lambda index: _one(connection, _INPUTS, {"index": index})) if with_inputs else None,
            at=datetime.now(UTC),
        )
        checkpoint = export(folder, log, connection, holdings, progress)
        decisions = connection.execute(
            select(func.count()).select_from(decision).where(decision.c.log_index < checkpoint.size)
        ).scalar_one()
    engine.dispose()
    return {"folder": str(folder), "size": checkpoint.size, "root": checkpoint.root.hex(), "decisions": decisions,
            "private_inputs": with_inputs}  # fmt: skip


def _one(connection: Connection, statement: Any, named: dict[str, Any]) -> Any:
    return connection.execute(statement, named).scalar_one()
