"""The rule books of a service: the live one, and by digest every one that was ever released.

A case takes one snapshot (`live`) and keeps it from intake to record; a licence is issued under the book of its decision
(`rule_set_of`), whatever was released since. Every book comes out of a release in the database, whose signatures, place
and content are verified when it is taken up, at start as well as while running. What does not verify is never live: the
service then decides nothing until a person has looked.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Engine, func, select

from audit.errors import AuditError
from audit.release_errors import ReleaseError
from audit.release_manifest import Manifest
from audit.rule_release import Release, Signers, open_bundle, open_release, require_files
from casework.errors import NoRulesError
from casework.tables import rule_bundle, rule_release
from rules.bundle import digest_of, read_folder, write_folder
from rules.errors import ItemError, RuleBookError
from rules.load import RuleBook, load, load_rule_book
from rules.typed import RuleSet

log = structlog.get_logger()
_NEWEST = select(func.max(rule_release.c.sequence))
_ROWS = select(rule_release, rule_bundle.c.content).join(rule_bundle)


@dataclass(frozen=True, slots=True)
class Live:
    """The live release and its book, as one value: what a case holds on to."""

    sequence: int
    manifest_digest: str
    book: RuleBook


class RuleBooks:
    """Verified books. `prepare` readies a book (compiles its sets) before it becomes live; `kept` holds their folders."""

    def __init__(
        self,
        reader: Engine,
        signers: Signers,
        registry: str,
        kept: Path,
        prepare: Callable[[RuleBook], None],
    ) -> None:
        self.signers = signers
        self.registry = registry
        self._reader = reader
        self._kept = kept
        self.prepare = prepare
        self._live: Live | None = None
        self._fault: tuple[int, str] | None = None
        self._books: dict[str, RuleBook] = {}
        self._lock = Lock()

    def live(self) -> Live:
        """Return the live release. Raises `NoRulesError` when there is none or the newest does not verify."""
        refused = self.refused()
        if refused is not None:
            raise NoRulesError(refused)
        if self._live is None:
            message = (
                "no rule release is live: prepare and sign one (`miaopi rules release prepare`, `sign`), then publish it "
                "(`miaopi rules release publish`, or POST /v1/rule-releases); see docs/rule-releases.md"
            )
            raise NoRulesError(message)
        return self._live

    def sequence(self) -> int:
        """Return the number of the release that this process decides by; 0 before the first."""
        return 0 if self._live is None else self._live.sequence

    def fault(self) -> str | None:
        """Return why nothing can be decided, or None."""
        try:
            self.live()
        except NoRulesError as error:
            return str(error)
        return None

    def refused(self) -> str | None:
        """Return which release is in the database and does not verify, and why, or None."""
        return None if self._fault is None else f"rule release {self._fault[0]} does not verify: {self._fault[1]}"

    def moved(self) -> bool:
        """Tell whether the database has a newer release than this process decides by; one short question."""
        known = self._fault[0] if self._fault is not None else self.sequence()
        with self._reader.connect() as connection:
            return (connection.execute(_NEWEST).scalar() or 0) != known

    def refresh(self) -> None:
        """Take up the newest release of the database; may take a second. A release that does not verify stops decisions."""
        with self._lock, self._reader.connect() as connection:
            row = connection.execute(_ROWS.order_by(rule_release.c.sequence.desc()).limit(1)).one_or_none()
        if row is None or (self._live is not None and row.manifest_digest == self._live.manifest_digest):
            self._fault = None  # what did not verify is gone
            return
        try:
            release, book = self._verified(row)
            self.prepare(book)
        except Exception as error:  # noqa: BLE001 (whatever it was, such a release must not decide)
            reason = error.reason if isinstance(error, ReleaseError) else type(error).__name__
            self._fault = (row.sequence, f"{reason}: {error}" if isinstance(error, AuditError) else reason)
            log.critical("rules.release_refused", sequence=row.sequence, reason=reason)
            return
        self.adopt(Live(release.manifest.sequence, release.manifest.digest, book))

    def adopt(self, live: Live) -> None:
        """Make a verified, readied release the live one, unless a newer one is already."""
        with self._lock:
            self._books[live.book.digest] = live.book
            if self._live is None or live.sequence > self._live.sequence:
                self._live, self._fault = live, None
                log.info("rules.live", sequence=live.sequence, book=live.book.digest)

    def open_book(self, manifest: Manifest, bundle: bytes) -> RuleBook:
        """Return the book of a signed manifest from its bundle, each file held to its digest. Raises `ReleaseError`."""
        files = open_bundle(manifest, bundle)
        try:
            book = _loaded(manifest.book, manifest.bundle, self._kept, _Files(files))
        except RuleBookError as error:
            first = error.problems[0] if error.problems else error
            raise ReleaseError("book-broken", f"the rules do not load: {first}") from error
        if book.digest != manifest.book:
            raise ReleaseError("other-book", f"the files give the book {book.digest}, and {manifest.book} was signed")
        return book

    def get(self, digest: str) -> RuleBook:
        """Return a released book by its digest, verified when it is first asked for. Raises `NoRulesError`."""
        known = self._books.get(digest)
        if known is not None:
            return known
        asked = _ROWS.where(rule_release.c.book_digest == digest).order_by(rule_release.c.sequence.desc()).limit(1)
        with self._reader.connect() as connection:
            row = connection.execute(asked).one_or_none()
        try:
            book = self._kept_before(digest) if row is None else self._verified(row)[1]
        except (AuditError, RuleBookError, OSError) as error:
            message = f"the rule book {digest} does not verify: {error}"
            raise NoRulesError(message) from error
        self._books[digest] = book
        return book

    def rule_set_of(self, book_digest: str | None, item: str, day: date, rule_set_digest: str) -> RuleSet:
        """Return the very rule set that a decision was made on. Raises `NoRulesError`: no licence without it.

        `book_digest` is None for decisions from before releases: then whichever book gives the set.
        """
        for digest in [book_digest] if book_digest is not None else self._all():
            try:
                chosen = self.get(digest).rule_set(item, day)
            except ItemError:
                continue
            if chosen.digest == rule_set_digest:
                return chosen
        message = f"no released rule book gives the rule set {rule_set_digest} of item {item} on {day}"
        raise NoRulesError(message)

    def _verified(self, row: Any) -> tuple[Release, RuleBook]:
        release = open_release(row.note, self.signers, self.registry)
        stated = release.manifest
        if (row.sequence, row.manifest_digest, row.book_digest) != (stated.sequence, stated.digest, stated.book):
            raise ReleaseError("replayed", f"row {row.sequence} holds the manifest of release {stated.sequence}")
        return release, self.open_book(stated, row.content)

    def _kept_before(self, digest: str) -> RuleBook:
        """Return a book that this service ran on before releases: its content is its name."""
        packaged = load_rule_book()
        if packaged.digest == digest:
            return packaged
        book = load(self._kept / digest, archived=True)
        if book.digest != digest:
            raise ReleaseError("other-book", f"{self._kept / digest} now gives the rule book {book.digest}")
        return book

    def _all(self) -> list[str]:
        with self._reader.connect() as connection:
            released = connection.execute(
                select(rule_release.c.book_digest).order_by(rule_release.c.sequence.desc())
            ).scalars()
            found = list(dict.fromkeys(released))
        kept = sorted(path.name for path in self._kept.glob("[!.]*")) if self._kept.exists() else []
        return list(dict.fromkeys([*found, load_rule_book().digest, *kept]))


@dataclass(frozen=True, eq=False)
class _Files:
    """Files of a bundle that were verified; not part of the key under which their book is kept."""

    content: Mapping[str, bytes]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Files)

    def __hash__(self) -> int:
        return 0


@lru_cache(
    maxsize=16
)  # a book takes a third of a second to load; one content is one book, for all services of a process
def _loaded(book_digest: str, bundle_digest: str, kept: Path, files: _Files) -> RuleBook:
    if book_digest == load_rule_book().digest and bundle_digest == _packaged_bundle():
        return load_rule_book()
    return load(unpacked(files.content, kept / book_digest))


@lru_cache(maxsize=1)
def _packaged_bundle() -> str:
    from rules.bundle import pack  # noqa: PLC0415 (used once)

    return digest_of(pack(read_folder()))


def unpacked(files: Mapping[str, bytes], folder: Path) -> Path:
    """Have these files, and no others, in `folder` and return it; what is there and differs is replaced whole.

    The folder appears whole or not at all, so that a process that dies here keeps no half of a book.
    """
    if folder.exists():
        try:
            if read_folder(folder) == files:
                return folder
        except OSError:
            log.warning("rules.folder_incomplete", folder=folder.name)
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=folder.parent))
        folder.rename(old / folder.name)
        shutil.rmtree(old)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as working:
        made = Path(working) / "book"
        write_folder(files, made)
        made.rename(folder)
    return folder


__all__ = ["Live", "RuleBooks", "require_files", "unpacked"]
