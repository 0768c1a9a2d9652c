"""Two release signers of one machine, and the packaged book as a release signed by both: development, demo and tests.

A registry pins the keys of two people instead (`MIAOPI_RELEASE_SIGNERS`), and then nothing here is ever used.
"""

import json
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import select

from api.log_key import log_key
from api.settings import Settings
from audit.note import NoteSigner, read_signatures, signature_line
from audit.plain import moment_text
from audit.release_manifest import GATE, ROLES, Manifest, read_manifest
from audit.rule_release import SIGNERS_SCHEMA, Signers
from casework import releasing
from casework.parts import Parts
from casework.tables import rule_release
from rules.bundle import digest_of, pack, read_folder
from rules.load import load_rule_book

log = structlog.get_logger()
_WHY = "the rules came with the software and went through no gate: development and demonstration only"


def signed(manifest: Manifest, signers: list[NoteSigner]) -> bytes:
    """Return the note over a manifest with these signatures."""
    text = manifest.text
    note = signers[0].sign(text)
    for signer in signers[1:]:
        note += signature_of(text, signer)
    return note


def signature_of(text: bytes, signer: NoteSigner) -> bytes:
    """Return one signature line over a note's text."""
    (name, blob) = read_signatures(signer.sign(text))[1][0]
    return signature_line(name, blob[:4], blob[4:])


def local_signers(settings: Settings) -> list[NoteSigner]:
    """Return the two signers of this home, made on first use with the list that pins them."""
    settings.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = [NoteSigner(f"local-{role}", log_key(settings.keys / f"release-{role}.pem")) for role in ROLES]
    listed = [
        {"name": signer.key.name, "role": role, "key": signer.key.to_text()}
        for role, signer in zip(ROLES, made, strict=True)
    ]
    path = settings.release_signers_file()
    if not path.exists():
        path.write_text(json.dumps({"schema": SIGNERS_SCHEMA, "signers": listed}, indent=1))
    return made


def pinned_signers(settings: Settings) -> Signers:
    """Return who may sign releases for this service. Raises `ValueError` for a list that cannot be relied upon."""
    if settings.release_signers is None:
        local_signers(settings)
    return Signers.from_file(settings.release_signers_file())


def release_packaged_book(settings: Settings, parts: Parts) -> None:
    """Make the packaged book live in a home of local signers: as release 1, or as the next when new software brought it.

    A release that somebody published stays live. Says loudly that nobody but this machine signed it.
    """
    with parts.reader.connect() as connection:
        row = connection.execute(select(rule_release).order_by(rule_release.c.sequence.desc()).limit(1)).one_or_none()
    book = load_rule_book()
    if row is not None:
        live = read_manifest(read_signatures(row.note)[0])
        if live.kind != "packaged" or live.book == book.digest:
            return
    previous = None if row is None else (row.sequence, row.manifest_digest)
    manifest, bundle = packaged_manifest(parts.books.registry, previous, parts.ports.now(), book.digest)
    note = signed(manifest, local_signers(settings))
    release, opened = releasing.verified(parts, note, bundle, packaged=True)
    parts.writer.write_now(releasing.activate(parts, release, bundle, opened, "local"))
    log.warning(
        "rules.released_by_local_signers",
        sequence=manifest.sequence,
        book=manifest.book,
        note="development only: set MIAOPI_RELEASE_SIGNERS to the list of the two people who sign 仅供开发演示",
    )


def packaged_manifest(
    registry: str, previous: tuple[int, str] | None, at: datetime, book: str, folder: Path | None = None
) -> tuple[Manifest, bytes]:
    """Return the manifest and bundle of a book that went through no gate."""
    files = read_folder() if folder is None else read_folder(folder)
    bundle = pack(files)
    manifest = Manifest(
        registry=registry,
        sequence=1 if previous is None else previous[0] + 1,
        previous=None if previous is None else previous[1],
        kind="packaged",
        book=book,
        bundle=digest_of(bundle),
        files={path: digest_of(content) for path, content in files.items()},
        made_at=moment_text(at),
        gate={},
        skipped=dict.fromkeys(GATE, _WHY),
        signer_roles=list(ROLES),
    )
    return manifest, bundle
