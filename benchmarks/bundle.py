"""How long it takes to take up a rule release: signatures, place, every file's digest, unpacking, loading and typing.

The book is the shipped one with some of its rules written twice under other ids, so that it has at least 150.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.local_signers import signed
from audit.note import NoteSigner
from audit.release_manifest import FIRST, GATE, ROLES, Manifest, Report
from audit.rule_release import SIGNERS_SCHEMA, Signers, open_bundle, open_release, require_next
from benchmarks.spread import Spread
from rules.bundle import digest_of, pack, read_folder, write_folder
from rules.load import load

RULES, TARGET_MS = 150, 1000.0
REGISTRY = "benchmark.invalid/log"


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Return milliseconds by stage, the middle of several runs, each in a folder of its own."""
    files, rules = _larger()
    people = [NoteSigner(role, Ed25519PrivateKey.generate()) for role in ROLES]
    listed = [{"name": one.key.name, "role": one.key.name, "key": one.key.to_text()} for one in people]
    signers = Signers.from_document({"schema": SIGNERS_SCHEMA, "signers": listed})
    bundle = pack(files)
    with tempfile.TemporaryDirectory() as folder:
        write_folder(files, Path(folder))
        book = load(Path(folder)).digest
    compared: dict[str, int | str] = {"against": FIRST, "book": book, "compared": 0, "flips": 0}
    gate = {name: Report(digest="0" * 64, ok=True, figures=compared if name == "backtest" else {}) for name in GATE}
    manifest = Manifest(
        registry=REGISTRY, sequence=1, previous=None, kind="release", book=book, bundle=digest_of(bundle),
        files={path: digest_of(content) for path, content in files.items()}, made_at="2026-11-22T02:00:00.000000Z",
        gate=gate, skipped={}, signer_roles=list(ROLES),
    )  # fmt: skip
    note = signed(manifest, people)
    runs = [_once(note, bundle, signers, book) for _ in range(2 if quick else 7)]
    stages = {name: Spread(tuple(run[name] for run in runs)).to_json() for name in runs[0]}
    return {"rules": rules, "files": len(files), "bytes": len(bundle), "ms": stages}


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the figures for people."""
    yield f"RULE RELEASE, load and verify a bundle of {found['rules']} rules (target {TARGET_MS:.0f} ms)"
    yield f"{found['files']} files, {found['bytes']} bytes"
    for name, row in found["ms"].items():
        yield f"  {name:10} {row['median']:8.1f} ms  ({row['least']:.1f} to {row['greatest']:.1f})"


def _once(note: bytes, bundle: bytes, signers: Signers, book: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        release = open_release(note, signers, REGISTRY)
        require_next(release.manifest, None)
        files = open_bundle(release.manifest, bundle)
        verified = time.perf_counter()
        write_folder(files, Path(folder))
        loaded = load(Path(folder))
        done = time.perf_counter()
    if loaded.digest != book:
        raise RuntimeError(f"the bundle gave the book {loaded.digest}, and {book} was packed")
    return {"verify": (verified - began) * 1e3, "load": (done - verified) * 1e3, "together": (done - began) * 1e3}


def _larger() -> tuple[dict[str, bytes], int]:
    files = dict(read_folder())
    count = sum(len(_IDS.findall(content)) for path, content in files.items() if path.startswith("law/"))
    for path in sorted(path for path in files if path.startswith("law/")):
        if count >= RULES:
            break
        files[path.replace(".yaml", "_again.yaml")] = _IDS.sub(rb"\g<1>Q\g<2>", files[path])
        count += len(_IDS.findall(files[path]))
    return files, count


_IDS = re.compile(rb"(?m)^(- id: )([A-Z]{1,2}[0-9]{2}[a-z]?)$")


def main() -> None:
    """Print the figures."""
    print("\n".join(lines(measure())))


if __name__ == "__main__":
    main()
