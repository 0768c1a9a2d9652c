"""The decisions at hand for a backtest: of a home's database, of an auditor's export, and of the case files of a book."""

import json
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from api.settings import Settings
from audit.backtest import Recorded, recorded_decision
from audit.export_reader import Export
from audit.inputs import Inputs
from casework import database
from casework.tables import decision
from engine.cases import evidence_of, moment
from rules.case_files import case_files
from verifiers.keys import SourceKeys


def of_home(home: Path) -> Iterator[Recorded]:
    """Yield every decision that a home recorded, in the order of the log. Raises `RuntimeError` when there is none to read."""
    settings = Settings(home=home)
    if not settings.database.exists():
        message = f"{settings.database} does not exist; give the --home of a service, or --export FOLDER"
        raise RuntimeError(message)
    keys = SourceKeys.load(settings.source_keys_file())
    engine = database.open_engine(settings.database, read_only=True)
    try:
        with engine.connect() as connection:
            for row in connection.execute(select(decision.c.id, decision.c.inputs).order_by(decision.c.log_index)):
                yield recorded_decision(row.id, Inputs.from_bytes(row.inputs), keys)
    finally:
        engine.dispose()


def of_export(folder: Path) -> Iterator[Recorded]:
    """Yield every decision of an export. Raises `AuditError`, also when the private inputs were withheld."""
    export = Export(folder)
    if "inputs" in export.withheld:
        message = f"{folder} is an export without private inputs; nothing can be decided again from it"
        raise RuntimeError(message)
    keys = export.source_keys()
    for index, record in export.records():
        if record.kind == "decision":
            yield recorded_decision(f"leaf {index}", export.inputs(index), keys)


def of_cases(folder: Path) -> Iterator[Recorded]:
    """Yield the cases beside the rules in `folder`, each on its own day. Raises `RuleBookError`."""
    for file in case_files(folder / "cases"):
        for case in file.cases:
            at = moment(case.on)
            raw = json.dumps(case.application, ensure_ascii=False).encode()
            evidence = evidence_of(case.evidence, at)
            yield Recorded(f"{case.rule}: {case.name}", case.application["item"], at, raw, evidence, of_case_file=True)
