"""Write the log and all that a replay needs into a folder, for an auditor who trusts neither us nor our network.

    manifest.json                 tree size, root, SHA-256 of every other file; written last
    checkpoint, log.vkey          the signed tree head and the log's public key
    tile/0/000 ..., tile/entries/000 ...   the tree and its leaves (c2sp.org/tlog-tiles)
    sources.json                  the pinned public keys of the sources (JWK sets)
    jwks.json                     the public keys that licences are signed with
    signers.json, releases/1.note ...      who may sign rule releases; the signed manifest of each release in the log
    rules/<digest>/..., rule_sets.json     whole rule books, and which of them gives which rule set
    inputs/000.json               the private inputs of the decision at that leaf; not in an export for the public
    licences/001.jws              the licence whose record is that leaf
    authorities.json, statements/002.jws   who may endorse and register; its own statement of the permit or pass at that leaf

An export is a copy of the state under one checkpoint: leaves that came later are not in it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from audit.canonical import canonical
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import ForkError, MalformedError, NotInLogError
from audit.log import Log
from audit.plain import moment_text
from audit.record import read_record
from audit.tiles import WIDTH, bundles_of, grouped, split_entries, tile_path, tiles_of
from rules.errors import ItemNotInForceError, ItemNotPublishedError
from rules.load import RuleBook, book_files, load

SCHEMA = "miaopi/export/1"
MANIFEST = "manifest.json"
LICENCE_KEYS = "jwks.json"
SIGNERS = "signers.json"
AUTHORITIES = "authorities.json"

Progress = Callable[[int, int], None]
"""Told (done, all) while something over a second runs."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the export takes from outside the log's own tables.

    `inputs(index)` gives the file `Inputs.to_bytes` wrote for the decision at that leaf; with None in its place the
    inputs are withheld. `licence(jti)` gives the compact JWS as issued, `jwks` are the public keys for them (JWKS as
    published). `books` are all rule books ever used; `at` is the moment of the export. `release(sequence)` gives the
    signed note of a rule release, `signers` the pinned list of who may sign one. `statement(index)` gives the authority's
    statement of the permit or pass at that leaf, `authorities` the pinned list of who may make one.
    """

    source_keys: Mapping[str, Any]
    books: Sequence[RuleBook]
    licence: Callable[[str], str]
    inputs: Callable[[int], bytes] | None
    at: datetime
    jwks: Mapping[str, Any]
    signers: Mapping[str, Any] | None = None
    release: Callable[[int], bytes] | None = None
    authorities: Mapping[str, Any] | None = None
    statement: Callable[[int], str] | None = None


def export(
    folder: Path,
    log: Log,
    connection: Connection,
    holdings: Holdings,
    progress: Progress | None = None,
    note: bytes | None = None,
) -> Checkpoint:
    """Write the export under one checkpoint into `folder`, which must be new or empty; return the checkpoint.

    `note` is the published checkpoint: an export under another one would show what nobody was promised yet. Without it
    the newest checkpoint that was signed is taken.

    Raises NotInLogError before the first checkpoint, ForkError when `note` is of another history, SignatureError when it
    is not ours, and MalformedError when the log is shorter than `note`, a decision's rule set is in none of the books, a
    book's files were changed since it was loaded, a private key is among the public ones, or the folder is not empty.
    """
    note, checkpoint = _begun(folder, log, connection, holdings, note)
    writing = _Writing(folder, {})
    writing.add("checkpoint", note)
    writing.add("log.vkey", log.signer.key.to_text().encode() + b"\n")
    writing.add("sources.json", canonical(holdings.source_keys))
    writing.add(LICENCE_KEYS, canonical(holdings.jwks))
    for level, number, width in tiles_of(checkpoint.size):
        writing.add(tile_path(level, number, width), log.tile(connection, level, number, width))
    if holdings.signers is not None:
        writing.add(SIGNERS, canonical(holdings.signers))
    if holdings.authorities is not None:
        writing.add(AUTHORITIES, canonical(holdings.authorities))
    chosen: dict[str, Mapping[str, str]] = {}
    needed = _Needed()
    for number, width in bundles_of(checkpoint.size):
        bundle = log.bundle(connection, number, width)
        writing.add(tile_path(None, number, width), bundle)
        for index, leaf in enumerate(split_entries(bundle), number * WIDTH):
            _add_leaf(writing, holdings, chosen, index, leaf)
            needed.enter(read_record(leaf).content)
        if progress is not None:
            progress(number * WIDTH + width, checkpoint.size)
    used = {entry["book"] for entry in chosen.values()} | needed.books
    for book in holdings.books:
        if book.digest in used:
            _add_book(writing, book)
    writing.add("rule_sets.json", canonical(chosen))
    manifest = {
        "schema": SCHEMA,
        "origin": log.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "exported_at": moment_text(holdings.at),
        "withheld": [] if holdings.inputs else ["inputs"],
        "files": writing.digests,
    }
    (folder / MANIFEST).write_bytes(canonical(manifest))
    return checkpoint


def _begun(
    folder: Path, log: Log, connection: Connection, holdings: Holdings, note: bytes | None
) -> tuple[bytes, Checkpoint]:
    """Return the checkpoint to export under, as note and read, once nothing speaks against beginning."""
    note = note or log.checkpoint(connection)
    if note is None:
        raise NotInLogError(
            "there is no checkpoint yet, so there is nothing an auditor could verify; seal the log first"
        )
    if folder.exists() and any(folder.iterdir()):
        raise MalformedError(f"{folder} is not empty; an export is written into a folder of its own")
    checkpoint = open_checkpoint(note, log.origin, [log.signer.key])
    if log.root(connection, checkpoint.size) != checkpoint.root:
        raise ForkError(f"the checkpoint of size {checkpoint.size} is of another history than this database")
    if any("d" in one for one in holdings.jwks.get("keys", ())):
        raise MalformedError("a private key (`d`) is among the public licence keys; nothing was written")
    return note, checkpoint


@dataclass(slots=True)
class _Needed:
    """The released books that decisions were made on: the live one at each decision, beside those that give its set."""

    books: set[str] = field(default_factory=set)
    _live: str | None = None

    def enter(self, content: Mapping[str, Any]) -> None:
        if content["kind"] == "release":
            self._live = content["book"]
        elif content["kind"] == "decision" and self._live is not None:
            self.books.add(self._live)


@dataclass(frozen=True, slots=True)
class _Writing:
    """The folder under way, and what stands in it so far."""

    folder: Path
    digests: dict[str, str]

    def add(self, path: str, content: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.digests[path] = hashlib.sha256(content).hexdigest()


def _add_book(writing: _Writing, book: RuleBook) -> None:
    """Copy a rule book, and load the copy: the folder may have been edited since the book in memory was read."""
    for path in book_files(book.folder):
        writing.add(f"rules/{book.digest}/{path.as_posix()}", (book.folder / path).read_bytes())
    copied = load(writing.folder / "rules" / book.digest, archived=True).digest
    if copied != book.digest:
        raise MalformedError(
            f"the files in {book.folder} now give the rule book {copied}, and {book.digest} was loaded from there. "
            "Put its files back, and publish changed rules in a folder of their own"
        )


def _add_leaf(
    writing: _Writing, holdings: Holdings, chosen: dict[str, Mapping[str, str]], index: int, leaf: bytes
) -> None:
    content = read_record(leaf).content
    if content["kind"] == "licence":
        writing.add(licence_path(index), holdings.licence(content["jti"]).encode("ascii"))
    if content["kind"] == "release" and holdings.release is not None:
        writing.add(release_path(content["sequence"]), holdings.release(content["sequence"]))
    if content["kind"] in ("permit", "pass") and holdings.statement is not None:
        writing.add(statement_path(index), holdings.statement(index).encode("ascii"))
    if content["kind"] == "decision":
        if holdings.inputs is not None:
            writing.add(inputs_path(index), holdings.inputs(index))
        if content["rule_set"] not in chosen:
            chosen[content["rule_set"]] = _choose(holdings.books, content)


def _choose(books: Sequence[RuleBook], content: Mapping[str, Any]) -> Mapping[str, str]:
    """Return which book gives the rule set of a decision."""
    for book in books:
        try:
            rule_set = book.rule_set(content["item"], datetime.fromisoformat(content["decided_on"]).date())
        except (ItemNotPublishedError, ItemNotInForceError):
            continue
        if rule_set.digest == content["rule_set"]:
            return {"book": book.digest, "item": content["item"], "day": content["decided_on"]}
    raise MalformedError(
        f"the rule set {content['rule_set']} of item {content['item']} on {content['decided_on']} is in none of the "
        f"{len(books)} rule books given; give the book that was in use that day"
    )


def inputs_path(index: int) -> str:
    """Return where the private inputs of the decision at a leaf lie."""
    return f"inputs/{grouped(index)}.json"


def release_path(sequence: int) -> str:
    """Return where the signed note of a rule release lies."""
    return f"releases/{sequence}.note"


def licence_path(index: int) -> str:
    """Return where the licence whose record is a leaf lies."""
    return f"licences/{grouped(index)}.jws"


def statement_path(index: int) -> str:
    """Return where the authority's statement of the permit or pass at a leaf lies."""
    return f"statements/{grouped(index)}.jws"
