"""What must hold after any load, or its figures mean nothing: nothing accepted was lost, nothing was decided twice.

Read from the store itself and from an export that our own auditor verifies, after the service has stopped.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.exporting import write_export
from api.settings import Settings
from audit.export_reader import Export
from audit.verify import verify
from benchmarks.load import Step
from casework import database

_COUNTS = {
    "cases": "SELECT count(*) FROM application",
    "keys": "SELECT count(DISTINCT idempotency_key) FROM application",
    "waiting": "SELECT count(*) FROM application WHERE state = 'open'",
    "unfinished": "SELECT count(*) FROM application WHERE state = 'approved'",
    "decisions": "SELECT count(*) FROM decision WHERE final",
    "decided_cases": "SELECT count(DISTINCT application_id) FROM decision WHERE final",
    "approvals": "SELECT count(*) FROM decision WHERE final AND outcome = 'approved'",
    "licences": "SELECT count(*) FROM licence",
    "licence_codes": "SELECT count(DISTINCT uscc) FROM licence",
    "licence_identifiers": "SELECT count(DISTINCT jti) FROM licence",
}


def check(settings: Settings, steps: Sequence[Step], folder: Path) -> dict[str, Any]:
    """Return what was counted and every invariant that does not hold."""
    engine = database.open_engine(settings.database, read_only=True)
    with engine.connect() as connection:
        counted = {name: connection.execute(text(query)).scalar_one() for name, query in _COUNTS.items()}
        broken = [found for step in steps for found in _keys(connection, step)]
    engine.dispose()
    for left, right in (
        ("cases", "keys"),
        ("decisions", "decided_cases"),
        ("approvals", "licences"),
        ("licences", "licence_codes"),
        ("licences", "licence_identifiers"),
    ):
        if counted[left] != counted[right]:
            broken.append(f"{counted[left]} {left}, {counted[right]} {right}")
    if counted["cases"] != counted["decisions"] + counted["waiting"]:
        broken.append(f"{counted['cases']} cases, {counted['decisions']} decided and {counted['waiting']} waiting")
    written = write_export(settings, folder, with_inputs=False)
    found = verify(Export(folder))
    broken += [str(one) for one in found.faults]
    return {**counted, "log_size": written["size"], "log_root": written["root"], "broken": broken, "ok": not broken}


def _keys(connection: Any, step: Step) -> list[str]:
    """Hold the rows under a step's keys against what its sender was told."""
    query = text("SELECT count(*) FROM application WHERE idempotency_key LIKE :prefix")
    rows = connection.execute(query, {"prefix": f"{step.prefix}-%"}).scalar_one()
    told = sum(count for status, count in step.found["statuses"].items() if str(status) in {"201", "202"})
    sent = step.found["sent"]
    return [] if told <= rows <= sent else [f"{step.prefix}: {told} accepted, {rows} rows, {sent} sent"]
