"""The leaf of a rule release: found in the log of a database, and held against the release that it is for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from audit import tables
from audit.errors import AuditError
from audit.record import read_record
from audit.release_errors import ReleaseError
from audit.rule_release import Release
from rules.bundle import digest_of

FIRST_BYTES = b'{"activated_at":'  # of a release leaf and no other: canonical JSON has its members in order
_BEGINS = func.substr(tables.leaf.c.leaf, 1, len(FIRST_BYTES)) == FIRST_BYTES
NEWEST_RELEASE = select(tables.leaf.c.leaf_index).where(_BEGINS).order_by(tables.leaf.c.leaf_index.desc()).limit(1)


def newest_release(connection: Connection) -> int | None:
    """Return the place of the newest release leaf, None when there is none; reads the log from its end."""
    found: int | None = connection.execute(NEWEST_RELEASE).scalar()
    return found


def require_logged(connection: Connection, release: Release, index: int, activated_at: str) -> None:
    """Raise `ReleaseError` (`not-logged`) unless leaf `index` of the log is the one of this release and this moment."""
    held: bytes | None = connection.execute(
        select(tables.leaf.c.leaf).where(tables.leaf.c.leaf_index == index)
    ).scalar()
    if held is None:
        raise ReleaseError("not-logged", f"release {release.manifest.sequence}: the log has no leaf {index}")
    try:
        content = read_record(held).content
    except AuditError as error:
        raise ReleaseError("not-logged", f"leaf {index}: {error}") from error
    if content["kind"] != "release" or content["activated_at"] != activated_at:
        raise ReleaseError(
            "not-logged", f"leaf {index} is of another kind or moment than release {release.manifest.sequence}"
        )
    for name, said, signed in differences(content, release):
        message = (
            f"leaf {index} says {name} {said!r}, and release {release.manifest.sequence} in the database {signed!r}"
        )
        raise ReleaseError("not-logged", message)


def differences(content: Mapping[str, Any], release: Release) -> list[tuple[str, Any, Any]]:
    """Return (member, in the leaf, in the release) of each member in which a leaf and the signed note differ."""
    stated = release.manifest
    signed = {
        "note": digest_of(release.note),
        "manifest": stated.digest,
        "sequence": stated.sequence,
        "previous": stated.previous,
        "book": stated.book,
        "bundle": stated.bundle,
        "release": stated.kind,
        "restores": stated.restores,
    }
    return [(name, content[name], value) for name, value in signed.items() if content[name] != value]
