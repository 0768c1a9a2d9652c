"""Databases as a first start leaves them, made once in a process and copied: tables in place, and codes to give out.

To migrate an empty file takes longer than most tests do with it. What a start does with an old or an empty file is tested on
such files (`tests/casework/test_casework_database.py`, `tests/api/test_api_start.py`).
"""

import tempfile
from functools import cache
from pathlib import Path

from casework import credit_codes, database
from licence_qr.uscc import ENTERPRISE, INDIVIDUAL, synthetic_block


@cache
def stocked(count: int) -> bytes:
    """Return the file of a migrated database with the first `count` codes of each pool, in its newest revision."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        engine = database.open_engine(path)
        database.migrate(engine)
        if count:
            with engine.begin() as connection:
                for pool in (ENTERPRISE, INDIVIDUAL):
                    credit_codes.load(connection, synthetic_block(pool, "370784", 0, count))
        engine.dispose()  # the last connection takes the write-ahead log into the file
        return path.read_bytes()


def put(path: Path, count: int = 0) -> None:
    """Write such a database to `path`, unless one is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stocked(count))
