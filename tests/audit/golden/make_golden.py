"""Make the golden log: 300 leaves in five batches, under a key that anybody can compute (its seed is 32 zero bytes).

Run it after a wanted change of the log's bytes, and review the difference: `python tests/audit/golden/make_golden.py`.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine

from audit import tables
from audit.log import Log
from audit.note import NoteSigner, signature_line
from audit.publish import Publication, recover
from audit.tiles import bundles_of, tile_path, tiles_of

ORIGIN = "golden.test.invalid/log"
BATCHES = (1, 6, 200, 49, 44)
PROVED = 257
# A signature by a key that nobody knows, so that readers learn to pass over what they do not know.
GREASE = signature_line("grease.test.invalid", b"\xde\xad\xbe\xef", bytes(range(70)))


def make(folder: Path) -> None:
    """Write the golden log into `folder`."""
    signer = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    log = Log(ORIGIN, signer)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as working:
        engine = create_engine(f"sqlite:///{working}/log.db")
        tables.metadata.create_all(engine)
        recover(log, engine, Publication(Path(working) / "checkpoint", ORIGIN, [signer.key]), at)
        size = 0
        for batch in BATCHES:
            at += timedelta(seconds=1)
            with engine.begin() as connection:
                log.append(
                    connection, [b"leaf %d of the golden log" % number for number in range(size, size + batch)], at
                )
                note = log.seal(connection, at)
            size += batch
        with engine.connect() as connection:
            files = {tile_path(*tile): log.tile(connection, *tile) for tile in tiles_of(size)}
            files |= {tile_path(None, *bundle): log.bundle(connection, *bundle) for bundle in bundles_of(size)}
            files[f"{PROVED}.tlog-proof"] = log.proof(connection, PROVED).to_bytes()
        engine.dispose()
    files["checkpoint"] = note + GREASE
    files["log.vkey"] = signer.key.to_text().encode() + b"\n"
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


if __name__ == "__main__":
    make(Path(__file__).parent / "log")
