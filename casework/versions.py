"""Which version of a licence may be told: the newest one whose leaf is under the published checkpoint.

A newer one may be committed while its checkpoint cannot be published (a full disk). The version before it is then told on:
it is on walls, and a genuine licence never vanishes because a disk is full.
"""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, union_all

from casework.tables import licence, licence_past

NAMES = ("application_id", "jti", "uscc", "token", "issued_at", "decision_log_index", "log_index")
_PAST = {**{name: licence_past.c[name] for name in NAMES if name != "uscc"}, "uscc": licence.c.uscc}
EVERY = union_all(
    select(*(licence.c[name] for name in NAMES)),
    select(*(_PAST[name] for name in NAMES)).join(licence, licence.c.application_id == licence_past.c.application_id),
).subquery()
_NEWEST = (
    select(EVERY)
    .where(EVERY.c.application_id == bindparam("case"), EVERY.c.log_index < bindparam("published"))
    .order_by(EVERY.c.log_index.desc())
    .limit(1)
)
_NEXT = (
    select(EVERY)
    .where(EVERY.c.application_id == bindparam("case"), EVERY.c.log_index > bindparam("after"))
    .order_by(EVERY.c.log_index)
    .limit(1)
)
_UNPUBLISHED = select(licence.c.application_id).where(licence.c.log_index >= bindparam("published"))


def published_version(connection: Connection, case_id: str, published: int) -> Row[Any] | None:
    """Return the newest version of a licence that may be told, with the columns `NAMES`, or None when there is none."""
    return connection.execute(_NEWEST, {"case": case_id, "published": published}).one_or_none()


def next_version(connection: Connection, case_id: str, after: int) -> Row[Any]:
    """Return the version of a licence that replaced the one with the leaf `after`; there must be one."""
    return connection.execute(_NEXT, {"case": case_id, "after": after}).one()


def versions_behind(connection: Connection, published: int) -> list[Row[Any]]:
    """Return, for each licence whose current version may not be told yet, the version that is told instead of it."""
    found = []
    for case_id in connection.execute(_UNPUBLISHED, {"published": published}).scalars().all():
        row = published_version(connection, case_id, published)
        if row is not None:
            found.append(row)
    return found
