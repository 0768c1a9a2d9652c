"""The rows of a case and the only statements that change them. Each function is one piece of work for the writer.

A worker holds a case by its epoch: claiming adds one, and every later write names it. A write that finds another epoch
changes nothing and raises `FenceError`, so a worker that slept through its lease cannot undo what another did.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Engine, Update, and_, bindparam, insert, select, update

from casework.errors import FenceError
from casework.tables import APPROVED, CLOSED, OPEN, application


@dataclass(frozen=True, slots=True)
class Submission:
    """What arrived: who sent it, under which key, and the bytes as they came."""

    client: str
    idempotency_key: str
    body: bytes


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


def received(submission: Submission, case_id: str, now: int, lease: int) -> Case:
    """Return the case that a submission becomes, held by whoever received it; times in microseconds."""
    return Case(
        id=case_id,
        client=submission.client,
        idempotency_key=submission.idempotency_key,
        body_fingerprint=hashlib.sha256(submission.body).hexdigest(),
        body=submission.body,
        item=None,
        state=OPEN,
        outcome=None,
        problems=None,
        received_at=now,
        due_at=now,
        epoch=1,
        lease_until=now + lease,
        attempts=0,
    )


_BY_KEY = select(application).where(
    application.c.client == bindparam("client"), application.c.idempotency_key == bindparam("key")
)
_BY_ID = select(application).where(application.c.id == bindparam("id"))
_INSERT = insert(application)


def find(connection: Connection, case_id: str) -> Case | None:
    """Return the case with this id."""
    row = connection.execute(_BY_ID, {"id": case_id}).one_or_none()
    return None if row is None else Case(*row)


def receive(connection: Connection, case: Case) -> tuple[Case, bool]:
    """Keep a new submission, or find the one that came before with the same key. Returns (case, it is new).

    The one found may have another body: the caller compares. Nothing is raised for that here, because an error would
    undo the transaction that other requests share.
    """
    row = connection.execute(_BY_KEY, {"client": case.client, "key": case.idempotency_key}).one_or_none()
    if row is not None:
        return Case(*row), False
    connection.execute(_INSERT, {name: getattr(case, name) for name in Case.__slots__})
    return case, True


def _due(now: int | BindParameter[int]) -> ColumnElement[bool]:
    """Return what makes a case a worker's to take: it needs something, now, and nobody holds it."""
    return and_(
        application.c.state.in_((OPEN, APPROVED)), application.c.due_at <= now, application.c.lease_until <= now
    )


_ANY_DUE = select(application.c.id).where(_due(bindparam("now"))).limit(1)


def any_due(reader: Engine, now: int) -> bool:
    """Tell whether some case is due and free, without taking it."""
    with reader.connect() as connection:
        return connection.execute(_ANY_DUE, {"now": now}).one_or_none() is not None


def claim(connection: Connection, now: int, lease: int, limit: int) -> list[Case]:
    """Take up to `limit` cases that are due and that nobody holds, longest due first; each is ours until `now + lease`."""
    due = (
        select(application.c.id)
        .where(_due(now))
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
    return sorted((Case(*row) for row in connection.execute(statement)), key=lambda case: case.due_at)


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
    """Free every lease: called once at start, when the one process that could hold any has just begun.

    Approved cases are due again at once: what kept their licence back (an empty pool) may have been mended meanwhile.
    """
    connection.execute(
        update(application).where(application.c.lease_until > 0).values(lease_until=0, epoch=application.c.epoch + 1)
    )
    connection.execute(
        update(application).where(application.c.state == APPROVED).values(due_at=application.c.received_at)
    )


def settle(connection: Connection, case: Case, state: str, outcome: str | None, **columns: Any) -> None:
    """Move an open case on. Raises `FenceError` when it is no longer open or no longer ours."""
    _change(connection, case, (OPEN,), state=state, outcome=outcome, **columns)


def close(connection: Connection, case: Case) -> None:
    """Move an approved case to its end, now that it has its licence. Raises `FenceError` when it is no longer ours."""
    _change(connection, case, (APPROVED,), state=CLOSED, lease_until=0)


def postpone(connection: Connection, case: Case, due_at: int) -> None:
    """Give a case back, to be taken up again at `due_at`. Raises `FenceError` when it is no longer ours."""
    _change(connection, case, (OPEN, APPROVED), due_at=due_at, attempts=case.attempts + 1, lease_until=0)


def unreadable(connection: Connection, case: Case, problems: dict[str, Any]) -> None:
    """Close a submission that cannot be read as an application, with everything that is wrong with it."""
    settle(connection, case, CLOSED, "unreadable", problems=json.dumps(problems, ensure_ascii=False), lease_until=0)


def _change(connection: Connection, case: Case, states: tuple[str, ...], **columns: Any) -> None:
    """Write to a case that we hold: the one statement that every worker's write goes through."""
    statement = _fenced(states, tuple(sorted(columns)))
    named = {f"new_{name}": value for name, value in columns.items()}
    if connection.execute(statement, {"held_id": case.id, "held_epoch": case.epoch, **named}).rowcount != 1:
        message = f"case {case.id} is no longer {' or '.join(states)} and held by epoch {case.epoch}"
        raise FenceError(message)


@cache
def _fenced(states: tuple[str, ...], names: tuple[str, ...]) -> Update:
    """Return the statement for these columns, built once: building one costs more than running it."""
    held = and_(
        application.c.id == bindparam("held_id"),
        application.c.epoch == bindparam("held_epoch"),
        application.c.state.in_(states),
    )
    return update(application).where(held).values({name: bindparam(f"new_{name}") for name in names})
