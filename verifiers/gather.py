"""Ask all sources at once, under one deadline, and keep whatever came of it.

Every source gets one request for all its questions, and one signature covers the answer. A request that failed is
tried again after a short random pause while time is left. What came in time is kept though other sources failed; what
did not come is evidence too, of the kind "unavailable". Nothing that a source does raises an error here.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import stamina

from verifiers.breaker import Breakers
from verifiers.catalogue import BY_KEY, VERIFIERS
from verifiers.client import Ask, SourceAnswerError, SourceUnavailableError, request_body
from verifiers.failure import Failure
from verifiers.keys import SourceKeys
from verifiers.model import Evidence, Query

DEADLINE = timedelta(seconds=2)
ATTEMPTS = 3
PAUSES = (0.03, 0.12)  # seconds, shortest and longest pause before an attempt is repeated


async def gather(
    queries: Sequence[Query],
    *,
    client: Ask,
    keys: SourceKeys,
    clock: Callable[[], datetime],
    breakers: Breakers | None = None,
    deadline: timedelta = DEADLINE,
    jitter: Callable[[], float] = random.random,
) -> tuple[Evidence, ...]:
    """Return one piece of evidence a question: by verifier in the order of the catalogue, then as the questions came.

    `clock` gives the time in UTC, `jitter` a number from 0 to 1. Raises `KeyError` for a question to an unknown
    verifier; a cancellation from outside cancels all requests and is passed on.
    """
    by_source: dict[str, list[Query]] = {}
    for query in queries:
        by_source.setdefault(BY_KEY[query.verifier].key, []).append(query)
    asking = _Asking(
        client=client, keys=keys, clock=clock, breakers=breakers or Breakers(), deadline=deadline, jitter=jitter
    )
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(asking.ask(by_source[verifier.key]))
            for verifier in VERIFIERS
            if verifier.key in by_source
        ]
    return tuple(chain.from_iterable(task.result() for task in tasks))


class _Asking:
    """One gathering: what all its requests share."""

    def __init__(
        self,
        *,
        client: Ask,
        keys: SourceKeys,
        clock: Callable[[], datetime],
        breakers: Breakers,
        deadline: timedelta,
        jitter: Callable[[], float],
    ) -> None:
        self.client = client
        self.keys = keys
        self.clock = clock
        self.breakers = breakers
        self.deadline = deadline
        self.ends = asyncio.get_running_loop().time() + deadline.total_seconds()
        self.jitter = jitter
        self.attempts: dict[str, int] = {}

    async def ask(self, queries: Sequence[Query]) -> list[Evidence]:
        """Ask one source all its questions; never raises for what it does."""
        source = queries[0].verifier
        asked_at = self.clock()
        if not self.breakers.may_ask(source, asked_at):
            self.attempts[source] = 0
            return self._nothing(queries, asked_at, Failure.UNAVAILABLE, "not asked: it failed several times just now")
        try:
            async with asyncio.timeout_at(self.ends):
                response = await self._post(source, request_body(queries))
        except TimeoutError:
            self.breakers.failed(source, self.clock())
            detail = f"no answer within {self.deadline.total_seconds():g} s"
            return self._nothing(queries, asked_at, Failure.UNAVAILABLE, detail)
        except SourceUnavailableError as error:
            self.breakers.failed(source, self.clock())
            return self._nothing(queries, asked_at, Failure.UNAVAILABLE, str(error))
        except SourceAnswerError as error:
            self.breakers.answered(source)
            return self._nothing(queries, asked_at, Failure.UNREADABLE, str(error))
        self.breakers.answered(source)
        times = {"asked_at": asked_at, "answered_at": self.clock()}
        attest, attempts = BY_KEY[source].attest, self.attempts[source]
        evidence = [attest(query, response, keys=self.keys, **times) for query in queries]
        return evidence if attempts == 1 else [replace(piece, attempts=attempts) for piece in evidence]

    async def _post(self, source: str, body: bytes) -> str:
        """Send the request; repeat it a few times while the source is unavailable."""
        self.attempts[source] = 1
        try:
            return await self.client.post(source, body)
        except SourceUnavailableError:
            await asyncio.sleep(
                self._pause()
            )  # the first attempt, nearly always enough, pays nothing for the machinery

        def pause(error: Exception) -> float | bool:
            return self._pause() if isinstance(error, SourceUnavailableError) else False

        async for attempt in stamina.retry_context(on=pause, attempts=ATTEMPTS - 1, timeout=None):
            with attempt:
                self.attempts[source] += 1
                return await self.client.post(source, body)
        raise AssertionError("stamina raises the last error itself")  # pragma: no cover

    def _pause(self) -> float:
        shortest, longest = PAUSES
        return shortest + (longest - shortest) * self.jitter()

    def _nothing(self, queries: Sequence[Query], asked_at: datetime, failure: Failure, detail: str) -> list[Evidence]:
        """Record that nothing usable arrived."""
        now, attempts = self.clock(), self.attempts[queries[0].verifier]
        return [
            Evidence(
                verifier=query.verifier,
                subject=query.subject,
                request=query.body,
                request_digest=query.digest,
                asked_at=asked_at,
                answered_at=now,
                response=None,
                key_id=None,
                as_of=None,
                value=None,
                failure=failure,
                detail=detail,
                attempts=attempts,
            )
            for query in queries
        ]
