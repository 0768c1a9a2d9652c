"""Take a rule release into use: verified whole, then row, bundle and leaf in one transaction; and what is told of releases."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from audit.note import read_signatures
from audit.record import ReleaseFacts, release_record
from audit.release_errors import ReleaseError
from audit.release_manifest import Manifest
from audit.rule_release import Release, open_release, require_next
from casework.errors import NoRulesError
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
    release, book = await asyncio.to_thread(verified, parts, note, bundle)
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
        require_next(
            release.manifest, None if live is None else (live.sequence, live.manifest_digest), packaged=packaged
        )
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
        require_next(manifest, None if live is None else (live.sequence, live.manifest_digest), packaged=True)
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
    named = {f"rule {rule.rule.id} {rule.rule.in_force.from_}": content_digest(rule.rule) for rule in book.rules}
    named |= {f"parameter {one.id}": content_digest(one) for one in book.parameters}
    return named | {f"item {one.code} {one.in_force.from_}": content_digest(one) for one in book.items}


def listed(reader: Engine, published: int) -> list[dict[str, Any]]:
    """Return what is told of all releases, newest first; only those whose leaf is under the published checkpoint."""
    statement = (
        select(rule_release).where(rule_release.c.log_index < published).order_by(rule_release.c.sequence.desc())
    )
    with reader.connect() as connection:
        rows = connection.execute(statement).all()
    return [_row(row, live=place == 0) for place, row in enumerate(rows)]


def told(reader: Engine, sequence: int, published: int) -> dict[str, Any]:
    """Return one release with manifest and signatures. Raises `LookupError` when there is none (published)."""
    for place, one in enumerate(_rows_down_to(reader, sequence, published)):
        if one.sequence == sequence:
            text, signatures = read_signatures(one.note)
            signed = [{"name": name, "key": blob[:4].hex()} for name, blob in signatures]
            return {
                **_row(one, live=place == 0),
                "manifest": text.decode(),
                "note": one.note.decode(),
                "signed_by": signed,
            }
    raise LookupError(sequence)


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


def _rows_down_to(reader: Engine, sequence: int, published: int) -> list[Any]:
    statement = (
        select(rule_release)
        .where(rule_release.c.sequence >= sequence, rule_release.c.log_index < published)
        .order_by(rule_release.c.sequence.desc())
    )
    with reader.connect() as connection:
        return list(connection.execute(statement).all())


def _row(row: Any, *, live: bool) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "live": live,
        "manifest_digest": row.manifest_digest,
        "book": row.book_digest,
        "bundle": row.bundle_digest,
        "activated_at": _iso(moment(row.activated_at)),
        "log_index": row.log_index,
        "links": {"release": f"/v1/rule-releases/{row.sequence}", "bundle": f"/v1/rule-releases/{row.sequence}/bundle"},
    }


def _iso(at: datetime) -> str:
    return at.isoformat()


__all__ = ["activate", "bundle_of", "changes", "listed", "publish", "told", "verified"]
