"""The one writer: a thread that commits what many requests want written, together.

Each piece of work is a function of a connection. The thread takes all that wait (at most `GROUP`), runs them in one
transaction, seals the log once, commits once, publishes the checkpoint, and only then answers: so whatever a caller was
told is on disk and under a published checkpoint. If one piece fails, the group is undone and run again one by one, so
that a neighbour's error reaches only its own caller. Pieces touch nothing but the connection, hence may run twice.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from casework.errors import StoreUnavailableError

GROUP = 64
Work = Callable[[Connection], Any]
Piece = tuple[Work, Future[Any]]
Result = TypeVar("Result")
log = structlog.get_logger()


class Writer:
    """Runs pieces of work in order, in groups. `seal` is called once in each transaction, `publish` after its commit."""

    def __init__(
        self, engine: Engine, seal: Callable[[Connection], bytes | None], publish: Callable[[bytes], None]
    ) -> None:
        self._engine = engine
        self._seal = seal
        self._publish = publish
        self._waiting: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction; return its result once it is durable. Raises what `work` raises.

        `StoreUnavailableError` says that nothing was committed (disk full, I/O error).
        """
        future: Future[Result] = Future()
        self._waiting.put((work, future))
        return await asyncio.wrap_future(future)

    def write_now(self, work: Callable[[Connection], Result]) -> Result:
        """Do the same from a thread that may block (start-up, commands)."""
        future: Future[Result] = Future()
        self._waiting.put((work, future))
        return future.result()

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (first := self._waiting.get()) is not None:
                group = [first]
                stopping = False
                while len(group) < GROUP and not stopping:
                    try:
                        following = self._waiting.get_nowait()
                    except queue.Empty:
                        break
                    if following is None:
                        stopping = True
                    else:
                        group.append(following)
                # A caller that went away before its work began is dropped; one that goes later changes nothing.
                self._commit(connection, [piece for piece in group if piece[1].set_running_or_notify_cancel()])
                if stopping:
                    return

    def _commit(self, connection: Connection, group: list[Piece]) -> None:
        if not group:
            return
        try:
            with connection.begin():
                results = [work(connection) for work, _ in group]
                checkpoint = self._seal(connection)
        except Exception as error:  # noqa: BLE001 (every error belongs to a caller, who gets it here)
            if len(group) > 1:
                for piece in group:
                    self._commit(connection, [piece])
            else:
                group[0][1].set_exception(_for_caller(error))
            return
        try:
            if checkpoint is not None:
                self._publish(checkpoint)
        except OSError as error:
            # Committed, but nobody outside can see the checkpoint yet: not answered, and never run again. The caller
            # asks again with the same key and finds the row; the next group publishes a checkpoint over it.
            for _, future in group:
                future.set_exception(_for_caller(error))
            return
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)


def _for_caller(error: Exception) -> Exception:
    if not isinstance(error, OperationalError | OSError):
        return error
    log.error("store.unavailable", reason=type(getattr(error, "orig", error)).__name__)
    wrapped = StoreUnavailableError("the store cannot write at the moment; send the same request again later")
    wrapped.__cause__ = error
    return wrapped
