"""The one writer: a thread that commits what many requests want written, together.

Each piece of work is a function of a connection. The thread takes all that wait (at most `GROUP`), runs them in one
transaction, seals the log once, commits once, publishes the checkpoint, and only then answers: so whatever a caller was
told is on disk and under a published checkpoint. If one piece fails, the group is undone and run again one by one, so
that a neighbour's error reaches only its own caller. Pieces touch nothing but the connection, hence may run twice.

A checkpoint that could not be published is published before anything else is written, and tried again each second. A
log that must stop (a fork, a damaged publication) stops the writer: it then refuses all work until a person has looked.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, InternalError, OperationalError

from audit.checkpoint import Checkpoint
from audit.errors import LogStoppedError, LostRaceError
from audit.log import Log
from casework.errors import StoreUnavailableError, place_of

GROUP = 64
PUBLISH_AGAIN = 1.0  # seconds between two tries to publish, while nobody writes
Work = Callable[[Connection], Any]
Piece = tuple[Work, Future[Any]]
Result = TypeVar("Result")
log = structlog.get_logger()


def sealing(log_: Log, now: Callable[[], datetime]) -> Callable[[Connection], bytes | None]:
    """Return what seals the log at the end of a transaction: the new checkpoint, or None when no leaf came."""

    def seal(connection: Connection) -> bytes | None:
        head = log_.head(connection)
        return None if head is None or head.checkpoint is not None else log_.seal(connection, now())

    return seal


class Writer:
    """Runs pieces of work in order, in groups. `seal` is called once in each transaction, `publish` after its commit.

    `published` is the size of the published log, to begin with as given: what has a higher index is not told yet.
    """

    def __init__(
        self,
        engine: Engine,
        seal: Callable[[Connection], bytes | None],
        publish: Callable[[bytes], Checkpoint],
        published: int = 0,
    ) -> None:
        self.published = published
        self._engine = engine
        self._seal = seal
        self._publish = publish
        self._unpublished: bytes | None = None
        self._stopped: Exception | None = None
        self._waiting: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def fault(self) -> str | None:
        """Return why nothing is written at the moment, or None; a stopped log stays stopped until a restart."""
        if self._stopped is not None:
            return f"log stopped: {type(self._stopped).__name__}"
        return None if self._unpublished is None else "checkpoint not published"

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction; return its result once it is durable. Raises what `work` raises.

        `StoreUnavailableError` (disk full, I/O error, a clock that went back, a stopped log) says that nothing may be
        relied upon: ask again, under the same key.
        """
        return await asyncio.wrap_future(self._put(work))

    def write_now(self, work: Callable[[Connection], Result]) -> Result:
        """Do the same from a thread that may block (start-up, commands)."""
        return self._put(work).result()

    def close(self) -> None:
        """Finish what waits, then stop and close the database; later work is refused."""
        with self._gate:
            first, self._closed = not self._closed, True
            if first:
                self._waiting.put(None)
        self._thread.join()

    def _put(self, work: Callable[[Connection], Result]) -> Future[Result]:
        future: Future[Result] = Future()
        with self._gate:  # nothing comes after the None of `close`, so nobody waits for a thread that has ended
            if self._closed:
                message = "the service is stopping; send the same request again in a moment"
                raise StoreUnavailableError(message)
            self._waiting.put((work, future))
        return future

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (group := self._next_group()) is not None:
                if self._ready(group):
                    self._commit(connection, group)
        self._engine.dispose()

    def _next_group(self) -> list[Piece] | None:
        """Wait for work and take all there is; None ends the thread, an empty group only publishes again."""
        try:
            first = self._waiting.get(timeout=PUBLISH_AGAIN if self._unpublished is not None else None)
        except queue.Empty:
            return []
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._waiting.put(None)  # this group still counts
                break
            group.append(following)
        # A caller that went away before its work began is dropped; one that goes later changes nothing.
        return [piece for piece in group if piece[1].set_running_or_notify_cancel()]

    def _ready(self, group: list[Piece]) -> bool:
        """Publish what is committed and not yet published; refuse the group when that fails or the log has stopped."""
        error = self._publish_waiting()
        if error is None:
            return bool(group)
        _refuse(group, error)
        return False

    def _commit(self, connection: Connection, group: list[Piece]) -> None:
        try:
            with connection.begin():
                results = [work(connection) for work, _ in group]
                checkpoint = self._seal(connection)
        except Exception as error:  # noqa: BLE001 (every error belongs to a caller, who gets it here)
            if len(group) == 1:
                _refuse(group, _for_caller(error))
                return
            for piece in group:
                if self._ready([piece]):
                    self._commit(connection, [piece])
            return
        self._unpublished = checkpoint or self._unpublished
        unpublished = self._publish_waiting()
        if unpublished is not None:
            # Committed, but nobody outside can see the checkpoint yet: not answered, and never run again. The caller
            # asks again with the same key and finds the row once the checkpoint is out.
            _refuse(group, unpublished)
            return
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)

    def _publish_waiting(self) -> Exception | None:
        """Publish the checkpoint that waits for it; return what prevented it, now or at the time when the log stopped."""
        if self._stopped is None and self._unpublished is not None:
            try:
                self.published = self._publish(self._unpublished).size
                self._unpublished = None
            except OSError as error:
                return _unavailable(error)
            except Exception as error:  # noqa: BLE001 (a thread that dies silently would leave every caller waiting)
                log.critical("log.stopped", reason=type(error).__name__, place=place_of(error))
                self._stopped = error
        return None if self._stopped is None else _unavailable(self._stopped)


def _refuse(group: list[Piece], error: Exception) -> None:
    for _, future in group:
        future.set_exception(error)


def _for_caller(error: Exception) -> Exception:
    """Return the error as callers know it. What a piece of work raises itself passes unchanged."""
    store = isinstance(error, OperationalError | InternalError | OSError) or type(error) is DatabaseError
    return _unavailable(error) if store or isinstance(error, LogStoppedError | LostRaceError) else error


def _unavailable(error: Exception) -> StoreUnavailableError:
    log.error("store.unavailable", reason=type(getattr(error, "orig", error)).__name__)
    wrapped = StoreUnavailableError("the store cannot write at the moment; send the same request again later")
    wrapped.__cause__ = error
    return wrapped
