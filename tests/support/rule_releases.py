"""Rule books that differ from the packaged one, and releases of them, signed by whom a test says."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from api.local_signers import local_signers, signed
from api.service import Service
from audit.note import NoteSigner
from audit.plain import moment_text
from audit.release_manifest import FIRST, GATE, ROLES, CheckName, Manifest, Report
from rules.bundle import digest_of, pack, read_folder, write_folder
from rules.load import RuleBook, load

LATER_DUE = ("parameters/company.yaml", "value: P5Y", "value: P3Y")


def gate_of(
    previous: str | None, book: str, names: Iterable[CheckName] = GATE, flips: int = 0
) -> dict[CheckName, Report]:
    """Return what a gate says that found nothing wrong: `book` compared with the release of manifest digest `previous`."""
    compared: dict[str, int | str] = {"against": previous or FIRST, "book": book, "compared": 1, "flips": flips}
    return {name: Report(digest="0" * 64, ok=True, figures=compared if name == "backtest" else {}) for name in names}


def changed_book(folder: Path, *changes: tuple[str, str, str]) -> RuleBook:
    """Write the packaged book with texts replaced, (file, old, new) each, into `folder` and load it."""
    files = dict(read_folder())
    for path, old, new in changes or (LATER_DUE,):
        assert old.encode() in files[path], (path, old)
        files[path] = files[path].replace(old.encode(), new.encode(), 1)
    write_folder(files, folder)
    return load(folder)


def manifest_of(
    made: RuleBook, registry: str, live: tuple[int, str] | None, at: Any, **changed: Any
) -> tuple[Manifest, bytes]:
    """Return a manifest that passed the gate, and the bundle. `changed` replaces members."""
    files = read_folder(made.folder)
    bundle = pack(files)
    members: dict[str, Any] = {
        "registry": registry,
        "sequence": 1 if live is None else live[0] + 1,
        "previous": None if live is None else live[1],
        "kind": "release",
        "book": made.digest,
        "bundle": digest_of(bundle),
        "files": {path: digest_of(content) for path, content in files.items()},
        "made_at": moment_text(at),
        "gate": gate_of(
            None if live is None else live[1], made.digest, _CHECKED.get(changed.get("kind", "release"), ())
        ),
        "skipped": {},
        "signer_roles": list(ROLES),
        **changed,
    }
    return Manifest(**members), bundle


def release_for(
    service: Service, book: RuleBook, signers: Sequence[NoteSigner] | None = None, **changed: Any
) -> tuple[bytes, bytes]:
    """Return (note, bundle) of the next release for a service, signed by its two local signers if nobody else is named."""
    books = service.flow.parts.books
    live = books.live() if books.sequence() else None
    place = None if live is None else (live.sequence, live.manifest_digest)
    manifest, bundle = manifest_of(book, books.registry, place, service.flow.ports.now(), **changed)
    return signed(manifest, list(signers or local_signers(service.settings))), bundle


def rollback_members(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest says when it puts release `told` back."""
    why = "this very book passed it when it was first released"
    return {"kind": "rollback", "restores": told["sequence"], "skipped": {"prove": why, "test": why}}


_CHECKED: Mapping[str, Sequence[CheckName]] = {"release": GATE, "rollback": ("check", "backtest")}
