"""Take a rule release into use: verified whole, then row, bundle and leaf in one transaction; and what is told of releases."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select

from audit.errors import AuditError
from audit.note import read_signatures
from audit.record import ReleaseFacts, release_record
from audit.release_errors import ReleaseError
from audit.release_leaf import newest_release
from audit.release_manifest import Manifest, read_manifest
from audit.release_time import require_timely
from audit.rule_release import Release, open_release, require_next
from casework.errors import NoRulesError, StoreUnavailableError
from casework.parts import Parts
from casework.ports import micros, moment
from casework.rule_books import Live
from casework.tables import rule_bundle, rule_release
from rules.bundle import digest_of
from rules.digest import content_digest
from rules.load import RuleBook

_NEWEST = select(rule_release).order_by(rule_release.c.sequence.desc()).limit(1)


async def publish(parts: Parts, note: bytes, bundle: bytes, by: str) -> dict[str, Any]:
    """Verify a release, make it live and return what is told of it; the very release that is live is told again.

    Raises `ReleaseError`, `StoreUnavailableError`.
    """
    try:
        release, book = await asyncio.to_thread(verified, parts, note, bundle)
    except OSError as error:  # its files could not be kept; nothing is known against the release
        message = f"the rules of the release cannot be written: {error}"
        raise StoreUnavailableError(message) from error
    row: int = await parts.writer.write(activate(parts, release, bundle, book, by))
    if row == release.manifest.sequence:
        parts.books.adopt(Live(release.manifest.sequence, release.manifest.digest, book))
    return told(parts.reader, row, parts.writer.published)


def verified(parts: Parts, note: bytes, bundle: bytes, *, packaged: bool = False) -> tuple[Release, RuleBook]:
    """Return a release and its loaded, compiled book. Raises `ReleaseError` for anything that is not proven."""
    release = open_release(note, parts.books.signers, parts.books.registry)
    with parts.reader.connect() as connection:
        live = connection.execute(_NEWEST).one_or_none()
    if live is None or live.manifest_digest != release.manifest.digest:
        _require_follows(parts, release, live, packaged=packaged)
    book = parts.books.open_book(release.manifest, bundle)
    try:
        parts.books.prepare(book)
    except Exception as error:  # whatever stops the engine here would stop every decision
        raise ReleaseError(
            "book-broken", f"the engine cannot run these rules: {type(error).__name__}: {error}"
        ) from error
    return release, book


def activate(parts: Parts, release: Release, bundle: bytes, book: RuleBook, by: str) -> Callable[[Connection], int]:
    """Return the work that makes a verified release the live one; its result is its sequence.

    The place is checked again inside: two officers may publish at once, and one of them is second.
    """
    manifest = release.manifest

    def work(connection: Connection) -> int:
        now = parts.ports.now()
        live = connection.execute(_NEWEST).one_or_none()
        if live is not None and live.manifest_digest == manifest.digest:
            return manifest.sequence  # sent again: the answer was lost on the way
        _require_follows(parts, release, live, packaged=True)
        if newest_release(connection) != (None if live is None else live.log_index):
            message = (
                "the newest release of the log is not the newest of the database; put the database back from the backup"
            )
            raise ReleaseError("not-logged", message)
        if manifest.restores is not None:
            _require_restored(connection, manifest)
        leaf = release_record(_facts(release, _book_before(parts, live), book), now).leaf
        index = parts.log.append(connection, [leaf], now)[0]
        if (
            connection.execute(select(rule_bundle.c.digest).where(rule_bundle.c.digest == manifest.bundle)).scalar()
            is None
        ):
            connection.execute(insert(rule_bundle).values(digest=manifest.bundle, content=bundle))
        connection.execute(
            insert(rule_release).values(
                sequence=manifest.sequence, manifest_digest=manifest.digest, note=release.note, book_digest=manifest.book,
                bundle_digest=manifest.bundle, activated_at=micros(now), activated_by=by, log_index=index,
            )
        )  # fmt: skip
        return manifest.sequence

    return work


def _require_follows(parts: Parts, release: Release, live: Any, *, packaged: bool) -> None:
    """Raise `ReleaseError` unless a release may be taken into use now, after the one in the row `live`."""
    require_next(release.manifest, None if live is None else (live.sequence, live.manifest_digest), packaged=packaged)
    require_timely(release, parts.books.signers, parts.ports.now(), _made_at(live))


def _made_at(live: Any) -> str | None:
    try:
        return None if live is None else read_manifest(read_signatures(live.note)[0]).made_at
    except AuditError:  # what is live does not verify; this release mends that
        return None


def _require_restored(connection: Connection, manifest: Manifest) -> None:
    restored = connection.execute(
        select(rule_release.c.book_digest, rule_release.c.bundle_digest).where(
            rule_release.c.sequence == manifest.restores
        )
    ).one_or_none()
    if restored is None or (restored.book_digest, restored.bundle_digest) != (manifest.book, manifest.bundle):
        told_of = "there was no such release" if restored is None else f"that was the book {restored.book_digest}"
        message = f"restores release {manifest.restores} with the book {manifest.book}; {told_of}"
        raise ReleaseError("unknown-book", message)


def _book_before(parts: Parts, live: Any) -> RuleBook | None:
    if live is None:
        return None
    try:
        return parts.books.get(live.book_digest)
    except NoRulesError:  # what is live does not verify; this release mends that
        return None


def _facts(release: Release, before: RuleBook | None, book: RuleBook) -> ReleaseFacts:
    stated = release.manifest
    return ReleaseFacts(
        sequence=stated.sequence, previous=stated.previous, kind=stated.kind, restores=stated.restores,
        manifest=stated.digest, note=digest_of(release.note), book=stated.book, bundle=stated.bundle,
        changes={} if before is None else changes(before, book),
    )  # fmt: skip


def changes(before: RuleBook, after: RuleBook) -> Mapping[str, list[str]]:
    """Return the names of rules, parameters and items that were added, changed or removed, in order."""
    old, new = _named(before), _named(after)
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "removed": sorted(old.keys() - new.keys()),
    }


def _named(book: RuleBook) -> dict[str, str]:
    """Return the digest of each part of a book by its name: every part that a decision can depend on."""
    parts: dict[str, Any] = {f"rule {rule.rule.id} {rule.rule.in_force.from_}": rule.rule for rule in book.rules}
    parts |= {f"parameter {one.id}": one for one in book.parameters}
    parts |= {f"item {one.code} {one.in_force.from_}": one for one in book.items}
    tables = [one.table for one in book.functions.tables]
    parts |= {f"table {one.id} {one.in_force.from_}": one for one in tables}
    parts |= {f"definition {one.definition.id}": one.definition for one in book.functions.definitions}
    parts |= {f"calendar {year}": content for year, content in book.calendar.source.items()}
    editions = () if book.register is None else book.register.editions
    parts |= {f"law {one.law} {one.version}": one for one in editions}
    parts |= {f"form {name}": content for name, content in book.forms.items()}
    parts |= {f"code list {name}": content for name, content in book.code_lists.items()}
    parts |= {"facts": book.facts_source, "scope catalogue": book.scope_source}
    return {name: content_digest(part) for name, part in parts.items()}


def listed(reader: Engine, published: int, *, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return what is told of releases, newest first: at most `limit`, those before release `before` if it is given.

    Only those whose leaf is under the published checkpoint.
    """
    statement = _told(published).order_by(rule_release.c.sequence.desc()).limit(limit)
    if before is not None:
        statement = statement.where(rule_release.c.sequence < before)
    with reader.connect() as connection:
        return [_row(row) for row in connection.execute(statement)]


def told(reader: Engine, sequence: int, published: int) -> dict[str, Any]:
    """Return one release with manifest and signatures. Raises `LookupError` when there is none (published)."""
    statement = _told(published).add_columns(rule_release.c.note).where(rule_release.c.sequence == sequence)
    with reader.connect() as connection:
        one = connection.execute(statement).one_or_none()
    if one is None:
        raise LookupError(sequence)
    text, signatures = read_signatures(one.note)
    signed = [{"name": name, "key": blob[:4].hex()} for name, blob in signatures]
    return {**_row(one), "manifest": text.decode(), "note": one.note.decode(), "signed_by": signed}


def _told(published: int) -> Select[Any]:
    """Return the question for what every list tells of a release; `newest` is the one that is live."""
    under = rule_release.c.log_index < published
    newest = select(func.max(rule_release.c.sequence)).where(under).scalar_subquery().label("newest")
    columns = (
        rule_release.c.sequence, rule_release.c.manifest_digest, rule_release.c.book_digest, rule_release.c.bundle_digest,
        rule_release.c.activated_at, rule_release.c.log_index, newest,
    )  # fmt: skip
    return select(*columns).where(under)


def bundle_of(reader: Engine, sequence: int, published: int) -> bytes:
    """Return the bundle of a release. Raises `LookupError`."""
    statement = (
        select(rule_bundle.c.content)
        .join(rule_release, rule_release.c.bundle_digest == rule_bundle.c.digest)
        .where(rule_release.c.sequence == sequence, rule_release.c.log_index < published)
    )
    with reader.connect() as connection:
        content: bytes | None = connection.execute(statement).scalar()
    if content is None:
        raise LookupError(sequence)
    return content


def _row(row: Any) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "live": row.sequence == row.newest,
        "manifest_digest": row.manifest_digest,
        "book": row.book_digest,
        "bundle": row.bundle_digest,
        "activated_at": moment(row.activated_at).isoformat(),
        "log_index": row.log_index,
        "links": {"release": f"/v1/rule-releases/{row.sequence}", "bundle": f"/v1/rule-releases/{row.sequence}/bundle"},
    }


__all__ = ["activate", "bundle_of", "changes", "listed", "publish", "told", "verified"]
