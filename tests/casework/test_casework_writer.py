"""The one writer: what it answers is on disk and published; what fails reaches its own caller and nobody else."""

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError

from api.service import Service
from audit.errors import ClockError, ForkError
from casework.errors import StoreUnavailableError
from casework.tables import application, status_list
from tests.casework.house import World, rows, settle, submit, view


def put(number: int):
    """A piece of work that leaves a mark."""

    def work(connection):
        connection.execute(insert(status_list).values(number=number, used=0))
        return number

    return work


def marks(service: Service) -> list[int]:
    return sorted(row.number for row in rows(service, select(status_list)))


@pytest.fixture
def held(service: Service):
    """Hold the writer in a first piece of work until released, so that what comes meanwhile makes one group."""
    writer, entered, go_on = service.flow.parts.writer, threading.Event(), threading.Event()

    def wait(_connection):
        entered.set()
        go_on.wait(10)

    first = writer._put(wait)
    entered.wait(10)
    yield go_on
    go_on.set()
    first.result(10)


@pytest.fixture
def cleared(service: Service):
    """Take the marks away again: they are no licences."""
    yield
    service.flow.parts.writer.write_now(lambda connection: connection.execute(status_list.delete()))


async def test_what_waits_is_committed_together(service: Service, held, cleared, monkeypatch):
    writer, seals = service.flow.parts.writer, []
    monkeypatch.setattr(writer, "_seal", lambda _: seals.append(1))
    waiting = [asyncio.create_task(writer.write(put(number))) for number in range(1, 101)]
    await asyncio.sleep(0)
    held.set()
    assert await asyncio.gather(*waiting) == list(range(1, 101))
    assert len(seals) == 3  # what held it, then 64, then 36


async def test_one_bad_piece_does_not_hurt_its_neighbours(service: Service, held, cleared):
    writer = service.flow.parts.writer

    def bad(connection):
        connection.execute(insert(status_list).values(number=99, used=0))
        raise KeyError("mine alone")

    waiting = [asyncio.create_task(writer.write(work)) for work in (put(1), bad, put(2))]
    await asyncio.sleep(0)
    held.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[0] == 1
    assert repr(answers[1]) == "KeyError('mine alone')"
    assert answers[2] == 2
    assert marks(service) == [1, 2]  # and nothing of the bad one


async def test_who_went_away_before_the_work_began_is_dropped(service: Service, held, cleared):
    writer = service.flow.parts.writer
    gone, stays = (asyncio.create_task(writer.write(put(number))) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    held.set()
    assert await stays == 2
    assert marks(service) == [2]


async def test_who_goes_away_later_changes_nothing(service: Service, cleared):
    writer, began, go_on = service.flow.parts.writer, threading.Event(), threading.Event()

    def slow(connection):
        began.set()
        go_on.wait(10)
        return put(1)(connection)

    gone = asyncio.create_task(writer.write(slow))
    await asyncio.to_thread(began.wait, 10)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    go_on.set()
    await writer.write(put(2))
    assert marks(service) == [1, 2]


async def test_a_commit_that_fails_is_told_and_nothing_stays(service: Service, cleared):
    writer = service.flow.parts.writer

    def full(_connection):
        raise OperationalError("INSERT", {"body": "张三"}, Exception("database or disk is full"))

    with pytest.raises(StoreUnavailableError) as told:
        await writer.write(lambda connection: (put(1)(connection), full(connection)))
    assert "张三" not in str(told.value)
    assert marks(service) == []
    await writer.write(put(2))
    assert marks(service) == [2]


async def test_a_full_database_refuses_and_goes_on_when_there_is_room(service: Service, world: World):
    writer = service.flow.parts.writer

    def room(pages: int):
        return lambda connection: connection.execute(text(f"PRAGMA max_page_count={pages}"))

    told = await submit(service, "llc/01-software", "before")
    pages = rows(service, text("PRAGMA page_count"))[0][0]
    await writer.write(room(pages))
    refused, accepted = 0, {("portal", "before"): told["id"]}
    for number in range(12):
        try:
            case = await submit(service, "llc/01-software", f"key-{number}")
        except StoreUnavailableError:
            refused += 1
        else:  # received in the last free pages: accepted, though nothing more could be written about it
            accepted["portal", f"key-{number}"] = case["id"]
            assert case["state"] in ("open", "approved", "closed")
    assert refused
    kept = {(row.client, row.idempotency_key): row.id for row in rows(service, select(application))}
    assert kept == accepted  # what was refused is not there, what was accepted is
    assert view(service, told["id"]) == told  # reading goes on
    await writer.write(room(1_000_000))
    world.clock.move(minutes=10)
    await settle(service)
    for case_id in accepted.values():
        assert view(service, case_id)["outcome"] == "approved"
    assert (await submit(service, "llc/01-software", "key-11"))["outcome"] == "approved"


async def test_what_is_committed_and_not_published_is_not_told_and_not_run_again(
    service: Service, world: World, monkeypatch: pytest.MonkeyPatch
):
    writer, publish, down = service.flow.parts.writer, service.flow.parts.writer._publish, True
    before = writer.published  # the rule release

    def fail(note: bytes):
        if down:
            raise OSError(28, "No space left on device")
        return publish(note)

    monkeypatch.setattr(writer, "_publish", fail)
    monkeypatch.setattr("casework.writer.PUBLISH_AGAIN", 0.01)
    case = await submit(service, "individual/01-grocery", "key")  # received before a leaf was needed, hence accepted
    assert "licence" not in case
    for _ in range(2):  # nothing new is written on top of it, and nobody is told
        with pytest.raises(StoreUnavailableError):
            await submit(service, "individual/02-family", "other")
    assert service.public_log.publication.read().size == before
    down = False
    for _ in range(200):
        if writer.published > before:
            break
        await asyncio.sleep(0.01)
    assert service.public_log.publication.read().size == writer.published > before  # the writer tried again by itself
    world.clock.move(minutes=1)
    await settle(service)
    case = await submit(service, "individual/01-grocery", "key")
    assert (case["state"], case["outcome"]) == ("closed", "approved")


async def test_a_licence_under_no_published_checkpoint_is_not_told(service: Service, monkeypatch: pytest.MonkeyPatch):
    case = await submit(service, "individual/01-grocery")
    published = service.flow.parts.writer.published
    monkeypatch.setattr(service.flow.parts.writer, "published", case["licence"]["log_index"])
    shown = view(service, case["id"])
    assert "licence" not in shown
    assert shown["state"] == "approved"
    assert service.licence_token(case["id"]) is None
    monkeypatch.setattr(service.flow.parts.writer, "published", published)
    assert view(service, case["id"]) == case


async def test_a_fork_stops_the_writer_and_nobody_waits_for_ever(service: Service, monkeypatch: pytest.MonkeyPatch):
    def fork(_note: bytes):
        raise ForkError("two checkpoints of one size")

    with monkeypatch.context() as patched:
        patched.setattr(service.flow.parts.writer, "_publish", fork)
        case = await submit(service, "individual/01-grocery")
        assert (case["state"], case["outcome"], "decision" in case, "licence" in case) == ("open", None, False, False)
        assert "log stopped: ForkError" in service.faults()
    for _ in range(3):  # also after the fault is gone: a person must look first
        with pytest.raises(StoreUnavailableError):
            await submit(service, "individual/02-family")
    service.public_log.publication.publish(service.flow.parts.log.checkpoint(service.flow.parts.reader.connect()))
    service.flow.parts.writer.published = service.public_log.publication.read().size  # what a restart would do


async def test_a_clock_that_goes_back_is_an_error_with_a_name(service: Service, world: World):
    before = await submit(service, "individual/01-grocery", "before")
    world.clock.move(seconds=-30)
    with pytest.raises(ClockError), service.flow.parts.reader.connect() as connection:
        service.flow.parts.log.append(connection, [b"{}"], world.clock())
    case = await submit(service, "individual/02-family", "during")  # received, for that needs no leaf
    assert (case["state"], case["outcome"]) == ("open", None)
    assert view(service, before["id"]) == before
    world.clock.at += timedelta(minutes=5)
    await settle(service)
    assert view(service, case["id"])["outcome"] == "approved"


async def test_after_the_end_work_is_refused_at_once(world: World):
    service = world.open()
    await service.stop()
    with pytest.raises(StoreUnavailableError):
        await service.flow.parts.writer.write(put(1))
    service.flow.parts.writer.close()  # twice is once


async def test_what_waits_at_the_end_is_still_written(world: World):
    service = world.open()
    waiting = [asyncio.create_task(service.flow.parts.writer.write(put(number))) for number in range(1, 200)]
    await asyncio.sleep(0)
    await service.stop()
    assert await asyncio.gather(*waiting) == list(range(1, 200))
