"""Write an export from the store of a service that may be running: a read-only view, nothing is locked or changed.

Also keeps the rule books that a service ever ran on (`HOME/books/<digest>/`): an export must carry the book of every
decision in the log, also those of rules that were changed since.
"""

import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, select, union_all

from api.log_key import log_key
from api.settings import Settings
from audit.authorities import Authorities
from audit.export import Holdings, Progress, export
from audit.log import Log
from audit.note import NoteSigner
from audit.rule_release import Signers
from casework import database
from casework.rule_books import RuleBooks
from casework.tables import decision, licence, licence_past, pass_act, permit_act, rule_release
from licence_qr.trust import TrustList
from rules.load import RuleBook, book_files, load, load_rule_book

_INPUTS = select(decision.c.inputs).where(decision.c.log_index == bindparam("index"))
_RELEASE = select(rule_release.c.note).where(rule_release.c.sequence == bindparam("sequence"))
_LICENCE = union_all(
    select(licence.c.token).where(licence.c.jti == bindparam("jti")),
    select(licence_past.c.token).where(licence_past.c.jti == bindparam("jti")),
)
_STATEMENT = union_all(
    select(permit_act.c.statement).where(permit_act.c.log_index == bindparam("index")),
    select(pass_act.c.statement).where(pass_act.c.log_index == bindparam("index")),
)
_BOOKS = "books"


def keep_book(settings: Settings, book: RuleBook) -> Path:
    """Copy the running rule book once to `HOME/books/<digest>/` and return the folder; call it at every start.

    The folder appears whole or not at all, so a service that dies here keeps no half of a book.
    """
    kept = settings.home / _BOOKS / book.digest
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=kept.parent) as working:
        copy = Path(working) / "book"
        for path in book_files(book.folder):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(book.folder / path, copy / path)
        copy.rename(kept)
    return kept


def kept_books(settings: Settings, wanted: frozenset[str] | None = None) -> list[RuleBook]:
    """Return every rule book that this service ran on before releases, and the packaged one.

    `wanted` are the digests that rows of decisions name; None for all. A folder that nothing names is nobody's concern.
    Raises `RuntimeError` for a folder that no longer gives the book it is named after, `RuleBookError` for one that does
    not load.
    """
    books = [load_rule_book()]
    folders = (settings.home / _BOOKS).glob("[0-9a-f]" * 64)
    named = (folder for folder in folders if wanted is None or folder.name in wanted)
    for folder in sorted(folder for folder in named if folder.name != books[0].digest):
        book = load(folder, archived=True)
        if book.digest != folder.name:
            message = f"{folder} now gives the rule book {book.digest}; put its files back from a backup"
            raise RuntimeError(message)
        books.append(book)
    return books


def write_export(
    settings: Settings, folder: Path, *, with_inputs: bool = True, progress: Progress | None = None
) -> dict[str, Any]:
    """Write the log, its proofs and what a replay needs. Raises `RuntimeError` when there is no store to read."""
    if not settings.database.exists():
        message = f"{settings.database} does not exist; run `miaopi serve` first, or give --home"
        raise RuntimeError(message)
    published_keys = settings.keys / "published.json"
    for needed in (settings.keys / "log.pem", published_keys, settings.source_keys_file(), settings.checkpoint):
        if not needed.exists():  # opening the log would make a new key, and sign with it what another has signed
            message = (
                f"{needed} does not exist; the export is signed and checked with it: give the --home of the service"
            )
            raise RuntimeError(message)
    # Read before the store: what is published is committed, so the store then holds all of it.
    published = settings.checkpoint.read_bytes()
    engine = database.open_engine(settings.database, read_only=True)
    log = Log(settings.log_origin, NoteSigner(settings.log_origin, log_key(settings.keys / "log.pem")))
    path = settings.release_signers_file()
    signers = Signers.from_file(path) if path.exists() else None  # a home from before releases has none
    with (
        tempfile.TemporaryDirectory(prefix="miaopi-export-") as unpacked,
        # One read transaction over the whole export: a state under one checkpoint, however long it takes.
        engine.connect() as connection,
        connection.begin(),
    ):
        released = [] if signers is None else _released(settings, engine, signers, Path(unpacked))
        holdings = Holdings(
            source_keys=json.loads(settings.source_keys_file().read_bytes()),
            books=[*released, *kept_books(settings, _wanted(connection, released))],
            signers=None if signers is None else signers.to_document(),
            release=lambda sequence: _one(connection, _RELEASE, {"sequence": sequence}),
            licence=lambda jti: _one(connection, _LICENCE, {"jti": jti}),
            authorities=Authorities.from_file(settings.authorities_file()).to_document(),
            statement=lambda index: _one(connection, _STATEMENT, {"index": index}),
            inputs=(lambda index: _one(connection, _INPUTS, {"index": index})) if with_inputs else None,
            at=datetime.now(UTC),
            jwks=TrustList.from_jwks(published_keys.read_bytes()).to_jwks(),  # past keys as well
        )
        checkpoint = export(folder, log, connection, holdings, progress, published)
        decisions = connection.execute(
            select(func.count()).select_from(decision).where(decision.c.log_index < checkpoint.size)
        ).scalar_one()
    engine.dispose()
    return {"folder": str(folder), "size": checkpoint.size, "root": checkpoint.root.hex(), "decisions": decisions,
            "private_inputs": with_inputs}  # fmt: skip


def _released(settings: Settings, engine: Engine, signers: Signers, folder: Path) -> list[RuleBook]:
    """Return every released book, each verified and unpacked into `folder`, never into that of a running service."""
    books = RuleBooks(engine, signers, settings.log_origin, folder, lambda _book: None)
    with engine.connect() as connection:
        digests = (
            connection.execute(select(rule_release.c.book_digest).order_by(rule_release.c.sequence)).scalars().all()
        )
    return [books.get(digest) for digest in dict.fromkeys(digests)]


def _wanted(connection: Connection, released: list[RuleBook]) -> frozenset[str] | None:
    """Return the books that decisions were made on and no release gave; None when some name none: then any may be needed."""
    named = set(connection.execute(select(decision.c.book_digest).distinct()).scalars())
    return None if None in named else frozenset(named - {book.digest for book in released})


def _one(connection: Connection, statement: Any, named: dict[str, Any]) -> Any:
    return connection.execute(statement, named).scalar_one()
