"""The fault matrix: every write point of append, seal, commit and publish, failed and failed-but-persisted.

After each fault the process is gone: new connections, recovery, then the whole log is re-derived from its leaves, the
caller finds out by reading (an error from COMMIT is not a no), appends again what is missing, and goes on.
"""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

POINTS = ("move head", "insert leaf", "insert tile", "insert checkpoint", "commit",
          "write file", "sync file", "rename", "sync folder")  # fmt: skip
SQL = {
    "move head": "UPDATE log_head",
    "insert leaf": "INSERT INTO log_leaf",
    "insert tile": "INSERT INTO log_tile",
    "insert checkpoint": "INSERT INTO log_checkpoint",
}
AFTER_COMMIT = POINTS.index("commit") + 1


class PowerCutError(Exception):
    """The process ends here."""


@contextmanager
def _sql_fault(engine, beginning: str, *, persisted: bool):
    when = "after_cursor_execute" if persisted else "before_cursor_execute"

    def fail(_connection, _cursor, statement, *_rest):
        if statement.startswith(beginning):
            raise PowerCutError

    event.listen(engine, when, fail)
    yield
    event.remove(engine, when, fail)


@contextmanager
def _commit_fault(engine, *, persisted: bool):
    original = engine.dialect.do_commit

    def fail(connection):
        if persisted:
            original(connection)
        raise PowerCutError

    engine.dialect.do_commit = fail
    yield
    engine.dialect.do_commit = original


def _failing_sync(nth: int, *, persisted: bool):
    seen = []

    def sync(descriptor, real=os.fsync):
        seen.append(descriptor)
        if len(seen) != nth:
            real(descriptor)
            return
        if persisted:
            real(descriptor)
        raise PowerCutError

    return sync


def _failing_open(*, persisted: bool):
    def open_(path, mode="r", *rest, real=Path.open, **named):
        if not path.name.endswith(".new"):
            return real(path, mode, *rest, **named)
        if persisted:
            with real(path, mode) as file:
                file.write(b"half a ch")
        raise PowerCutError

    return open_


def _failing_replace(*, persisted: bool):
    def replace(path, target, real=Path.replace):
        if persisted:
            real(path, target)
        raise PowerCutError

    return replace


@contextmanager
def _file_fault(monkeypatch, point: str, *, persisted: bool):
    with monkeypatch.context() as patch:
        if point == "write file":
            patch.setattr(Path, "open", _failing_open(persisted=persisted))
        elif point == "rename":
            patch.setattr(Path, "replace", _failing_replace(persisted=persisted))
        else:
            patch.setattr("audit.publish.os.fsync", _failing_sync(1 + (point == "sync folder"), persisted=persisted))
        yield


@contextmanager
def _fault(world, monkeypatch, point: str, *, persisted: bool):
    if point in SQL:
        inner = _sql_fault(world.engine, SQL[point], persisted=persisted)
    elif point == "commit":
        inner = _commit_fault(world.engine, persisted=persisted)
    else:
        inner = _file_fault(monkeypatch, point, persisted=persisted)
    with inner:
        yield


@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed-but-persisted"])
@pytest.mark.parametrize("point", POINTS)
def test_a_fault_at_any_write_point_loses_nothing_and_forks_nothing(world, monkeypatch, point, persisted):
    before = [f"before {number}".encode() for number in range(250)]
    batch = [f"batch {number}".encode() for number in range(20)]  # fills the first tile on its way
    world.append(*before)
    with _fault(world, monkeypatch, point, persisted=persisted), pytest.raises(PowerCutError):
        world.append(*batch)

    recovered = world.restart()
    leaves = world.reverify()
    durable = POINTS.index(point) >= AFTER_COMMIT or (point == "commit" and persisted)
    assert leaves == before + (batch if durable else [])
    assert recovered.size == len(leaves) == world.publication.read().size

    if leaves[-1:] != batch[-1:]:  # the caller re-reads by key, and only then appends again
        assert world.append(*batch) == list(range(250, 270))
    assert world.append(b"after") == [270]
    assert world.reverify() == [*before, *batch, b"after"]
    assert world.restart().size == 271


@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed-but-persisted"])
@pytest.mark.parametrize("point", ["insert checkpoint", "commit", "write file", "sync file", "rename", "sync folder"])
def test_a_fault_during_recovery_is_recovered_from(world, monkeypatch, point, persisted):
    world.append(b"a")
    with world.engine.begin() as connection:
        world.log.append(connection, [b"b"], world.tick())
    world.engine.dispose()
    world.engine = world.open_engine()
    monkeypatch.setattr(type(world), "open_engine", lambda one: one.engine)
    with _fault(world, monkeypatch, point, persisted=persisted), pytest.raises(PowerCutError):
        world.restart()
    assert world.restart().size == 2
    assert world.reverify() == [b"a", b"b"]


def test_every_write_point_of_the_code_is_in_the_matrix(world):
    seen: set[str] = set()

    @event.listens_for(world.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("SELECT", "PRAGMA")):
            seen.add(statement.split(" SET ")[0].split(" (")[0])

    world.append(*(f"{number}".encode() for number in range(257)))
    assert seen == set(SQL.values())
