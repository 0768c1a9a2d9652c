"""The rule books of a service: the live one, and by digest every one that was ever released.

A case takes one snapshot (`live`) and keeps it from intake to record; a licence is issued under the book of its decision
(`rule_set_of`), whatever was released since. Every book comes out of a release in the database, whose signatures, place
and content are verified when it is taken up, at start as well as while running. What does not verify is never live: the
service then decides nothing until a person has looked.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, func, select

from audit.errors import AuditError
from audit.plain import moment_text
from audit.release_errors import ReleaseError
from audit.release_leaf import NEWEST_RELEASE, newest_release, require_logged
from audit.release_manifest import Manifest, require_gate
from audit.rule_release import Release, Signers, open_bundle, open_release
from casework.book_folders import book_of_files
from casework.errors import NoRulesError
from casework.ports import moment
from casework.release_fault import Fault, fault_of
from casework.tables import rule_bundle, rule_release
from engine.errors import EngineLimitError
from rules.errors import ItemError, RuleBookError
from rules.load import RuleBook, load, load_rule_book
from rules.typed import RuleSet

log = structlog.get_logger()
BOOKS_KEPT = 8  # in memory, beside the live one; some 10 MB each with what is compiled of it
_NEWEST = select(func.max(rule_release.c.sequence))
_ROWS = select(rule_release, rule_bundle.c.content).join(rule_bundle)
_LOGGED = NEWEST_RELEASE.scalar_subquery().label("newest_leaf")
_NEWEST_ROW = _ROWS.add_columns(_LOGGED).order_by(rule_release.c.sequence.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Live:
    """The live release and its book, as one value: what a case holds on to."""

    sequence: int
    manifest_digest: str
    book: RuleBook


class RuleBooks:
    """Verified books. `prepare` readies a book (compiles its sets) before it becomes live; `kept` holds their folders.

    `packaged` says whether a release that went through no gate may be live: only where nobody's signers are pinned.
    """

    def __init__(
        self,
        reader: Engine,
        signers: Signers,
        registry: str,
        kept: Path,
        prepare: Callable[[RuleBook], None],
        *,
        packaged: bool = False,
    ) -> None:
        self.signers = signers
        self.registry = registry
        self._reader = reader
        self._kept = kept
        self.prepare = prepare
        self.packaged = packaged
        self.clock: Callable[[], float] = time.monotonic
        self._live: Live | None = None
        self._fault: Fault | None = None
        self._books: OrderedDict[str, RuleBook] = OrderedDict()
        self._lock = Lock()  # held for a moment only: the event loop waits for it
        self._taking_up = Lock()

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
        """Return which release is in the database and was not taken up, and why, or None."""
        return None if self._fault is None else str(self._fault)

    def moved(self) -> bool:
        """Tell whether there is a release to take up: a newer one, or one whose obstacle may have passed."""
        fault = self._fault
        if fault is not None and fault.again is not None:
            return self.clock() >= fault.again
        known = fault.sequence if fault is not None else self.sequence()
        with self._reader.connect() as connection:
            return (connection.execute(_NEWEST).scalar() or 0) != known

    def refresh(self) -> None:
        """Take up the newest release of the database; may take a second. What does not verify stops decisions."""
        with self._taking_up, self._reader.connect() as connection:
            row = connection.execute(_NEWEST_ROW).one_or_none()
            try:
                live = self._newest(connection, row)
            except Exception as error:  # noqa: BLE001 (whatever it was, such a release must not decide)
                fault = fault_of(0 if row is None else row.sequence, error, self._fault, self.clock())
                self._fault = fault
                log.critical("rules.release_refused", sequence=fault.sequence, reason=fault.why)
                return
            self._fault = None
        if live is not None:
            self.adopt(live)

    def _newest(self, connection: Connection, row: Any) -> Live | None:
        """Return the live release that the newest row is, ready to decide; None when there is none yet.

        It is the newest of the log as well: a row that was taken out, or never logged, would change the rules unseen.
        """
        if row is not None and self._live is not None and row.manifest_digest == self._live.manifest_digest:
            live: Live | None = self._live
        elif row is None:
            live = None
        else:
            release, book = self._verified(connection, row)
            require_gate(release.manifest, packaged=self.packaged)
            self._prepared(book)
            live = Live(release.manifest.sequence, release.manifest.digest, book)
        logged = newest_release(connection) if row is None else row.newest_leaf
        if logged != (None if row is None else row.log_index):
            held = "no release" if row is None else f"release {row.sequence} as the newest, of leaf {row.log_index}"
            raise ReleaseError("not-logged", f"the newest release of the log is leaf {logged}; the database has {held}")
        return live

    def _prepared(self, book: RuleBook) -> None:
        try:
            self.prepare(book)
        except EngineLimitError as error:
            raise ReleaseError("book-broken", f"the engine cannot run these rules: {error}") from error

    def adopt(self, live: Live) -> None:
        """Make a verified, readied release the live one, unless a newer one is already."""
        with self._lock:
            self._remember(live.book)
            if self._live is None or live.sequence > self._live.sequence:
                self._live, self._fault = live, None
                log.info("rules.live", sequence=live.sequence, book=live.book.digest)

    def items(self) -> frozenset[str]:
        """Return the codes of all items of the books at hand, also while nothing may be decided: what can be stopped."""
        with self._lock:
            books = [*self._books.values(), *([self._live.book] if self._live else [])]
        return frozenset(item.code for book in books or [load_rule_book()] for item in book.items)

    def open_book(self, manifest: Manifest, bundle: bytes) -> RuleBook:
        """Return the book of a signed manifest from its bundle, each file held to its digest.

        Raises `ReleaseError`; `OSError` when its files cannot be written.
        """
        return book_of_files(manifest.book, manifest.bundle, open_bundle(manifest, bundle), self._kept)

    def get(self, digest: str) -> RuleBook:
        """Return a released book by its digest, verified when it is first asked for. Raises `NoRulesError`."""
        with self._lock:
            if digest in self._books:
                self._books.move_to_end(digest)
                return self._books[digest]
        asked = _ROWS.where(rule_release.c.book_digest == digest).order_by(rule_release.c.sequence.desc()).limit(1)
        try:
            with self._reader.connect() as connection:
                row = connection.execute(asked).one_or_none()
                book = self._kept_before(digest) if row is None else self._verified(connection, row)[1]
        except (AuditError, RuleBookError, OSError) as error:
            message = f"the rule book {digest} does not verify: {error}"
            raise NoRulesError(message) from error
        with self._lock:
            self._remember(book)
        return book

    def _remember(self, book: RuleBook) -> None:
        self._books[book.digest] = book
        self._books.move_to_end(book.digest)
        while len(self._books) > BOOKS_KEPT:
            self._books.popitem(last=False)

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

    def _verified(self, connection: Connection, row: Any) -> tuple[Release, RuleBook]:
        """Return a release and its book: signatures at the moment of its activation, its row, its leaf, every file."""
        activated_at = moment_text(moment(row.activated_at))
        release = open_release(row.note, self.signers, self.registry, at=activated_at)
        stated = release.manifest
        if (row.sequence, row.manifest_digest, row.book_digest) != (stated.sequence, stated.digest, stated.book):
            raise ReleaseError("replayed", f"row {row.sequence} holds the manifest of release {stated.sequence}")
        require_logged(connection, release, row.log_index, activated_at)
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
        kept = sorted(path.name for path in self._kept.glob("[0-9a-f]" * 64)) if self._kept.exists() else []
        return list(dict.fromkeys([*found, load_rule_book().digest, *kept]))
