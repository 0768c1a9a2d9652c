"""The rows of a case and the only statements that change them. Each function is one piece of work for the writer.

A worker holds a case by its epoch: claiming adds one, and every later write names it. A write that finds another epoch
changes nothing and raises `FenceError`, so a worker that slept through its lease cannot undo what another did.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, insert, select, update

from casework.errors import FenceError, KeyReusedError
from casework.tables import APPROVED, CLOSED, OPEN, REFERRED, application


@dataclass(frozen=True, slots=True)
class Case:
    """A row of `application`; times in microseconds UTC."""

    id: str
    client: str
    idempotency_key: str
    body_fingerprint: str
    body: bytes
    item: str | None
    state: str
    outcome: str | None
    problems: str | None
    received_at: int
    due_at: int
    epoch: int
    lease_until: int
    attempts: int


_BY_KEY = select(application).where(
    application.c.client == bindparam("client"), application.c.idempotency_key == bindparam("key")
)
_BY_ID = select(application).where(application.c.id == bindparam("id"))
_INSERT = insert(application)
_FENCED = update(application).where(
    application.c.id == bindparam("_id"), application.c.epoch == bindparam("_epoch"), application.c.state == OPEN
)


def find(connection: Connection, case_id: str) -> Case | None:
    """Return the case with this id."""
    row = connection.execute(_BY_ID, {"id": case_id}).one_or_none()
    return None if row is None else Case(*row)


def receive(connection: Connection, case: Case) -> tuple[Case, bool]:
    """Keep a new submission, or find the one that came before with the same key. Returns (case, it is new).

    Raises `KeyReusedError` when the key came before with another body.
    """
    row = connection.execute(_BY_KEY, {"client": case.client, "key": case.idempotency_key}).one_or_none()
    if row is not None:
        earlier = Case(*row)
        if earlier.body_fingerprint != case.body_fingerprint:
            message = "this Idempotency-Key came before with another body; use a new key for a new application"
            raise KeyReusedError(message)
        return earlier, False
    connection.execute(_INSERT, {name: getattr(case, name) for name in Case.__slots__})
    return case, True


def claim(connection: Connection, now: int, lease: int, limit: int) -> list[Case]:
    """Take up to `limit` cases that are due and that nobody holds; each is ours until `now + lease`."""
    due = (
        select(application.c.id)
        .where(
            application.c.state.in_((OPEN, APPROVED)), application.c.due_at <= now, application.c.lease_until <= now
        )
        .order_by(application.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(application)
        .where(application.c.id.in_(due))
        .values(epoch=application.c.epoch + 1, lease_until=now + lease)
        .returning(*application.c)
    )
    return [Case(*row) for row in connection.execute(statement)]


_ANY_DUE = (
    select(application.c.id)
    .where(
        application.c.state.in_((OPEN, APPROVED)),
        application.c.due_at <= bindparam("now"),
        application.c.lease_until <= bindparam("now"),
    )
    .limit(1)
)


def any_due(reader: Engine, now: int) -> bool:
    """Tell whether some case is due and free, without taking it."""
    with reader.connect() as connection:
        return connection.execute(_ANY_DUE, {"now": now}).one_or_none() is not None


def take(connection: Connection, case_id: str, state: str, now: int, lease: int) -> Case | None:
    """Take one named case that is in `state` and free; None when it is not."""
    statement = (
        update(application)
        .where(application.c.id == case_id, application.c.state == state, application.c.lease_until <= now)
        .values(epoch=application.c.epoch + 1, lease_until=now + lease)
        .returning(*application.c)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else Case(*row)


def release_leases(connection: Connection) -> None:
    """Free every lease: called once at start, when the one process that could hold any has just begun."""
    connection.execute(
        update(application).where(application.c.lease_until > 0).values(lease_until=0, epoch=application.c.epoch + 1)
    )


def settle(connection: Connection, case: Case, state: str, outcome: str | None, **columns: Any) -> None:
    """Move an open case on. Raises `FenceError` when it is no longer ours."""
    values = {"state": state, "outcome": outcome, **columns}
    changed = connection.execute(
        _FENCED.values({name: bindparam(f"v_{name}") for name in values}),
        {"_id": case.id, "_epoch": case.epoch, **{f"v_{name}": value for name, value in values.items()}},
    ).rowcount
    if changed != 1:
        message = f"case {case.id} is no longer held by epoch {case.epoch}"
        raise FenceError(message)


def close(connection: Connection, case_id: str, from_state: str) -> None:
    """Move an approved or referred case to its end. Raises `FenceError` when it was not in that state."""
    changed = connection.execute(
        update(application)
        .where(and_(application.c.id == case_id, application.c.state == from_state))
        .values(state=CLOSED, lease_until=0)
    ).rowcount
    if changed != 1:
        message = f"case {case_id} is not {from_state}"
        raise FenceError(message)


def unreadable(connection: Connection, case: Case, problems: dict[str, Any]) -> None:
    """Close a submission that cannot be read as an application, with everything that is wrong with it."""
    settle(connection, case, CLOSED, "unreadable", problems=json.dumps(problems, ensure_ascii=False), lease_until=0)


__all__ = [
    "APPROVED", "CLOSED", "OPEN", "REFERRED", "Case", "any_due", "claim", "close", "find", "receive", "release_leases", "settle",
    "take", "unreadable",
]  # fmt: skip
