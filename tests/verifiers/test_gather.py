"""Asking all sources at once: what comes in time is kept, what does not is recorded, nothing is raised."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.verifiers.made_answers import NOW
from verifiers.breaker import Breakers
from verifiers.catalogue import BY_KEY, VERIFIERS, attest_again, questions
from verifiers.client import SourceAnswerError, SourceUnavailableError, request_body
from verifiers.failure import Failure
from verifiers.gather import ATTEMPTS, gather
from verifiers.model import Query, Subjects


class MadeSources:
    """Sources as functions; `behaviour` maps a source to what it does instead of answering rightly."""

    def __init__(self, subjects: Subjects, answer: Callable[..., str]) -> None:
        self.answers = {verifier.key: answer(verifier.queries(subjects)) for verifier in VERIFIERS}
        self.behaviour: dict[str, Callable[[int], Any]] = {}
        self.asked: dict[str, int] = {}
        self.bodies: dict[str, bytes] = {}
        self.cancelled: list[str] = []

    async def post(self, source: str, body: bytes) -> str:
        count = self.asked[source] = self.asked.get(source, 0) + 1
        self.bodies[source] = body
        try:
            if source in self.behaviour:
                done = self.behaviour[source](count)
                if asyncio.iscoroutine(done):
                    done = await done
                if done is not None:
                    return done
        except asyncio.CancelledError:
            self.cancelled.append(source)
            raise
        return self.answers[source]


@pytest.fixture
def sources(subjects: Subjects, answer) -> MadeSources:
    return MadeSources(subjects, answer)


def down(_: int) -> None:
    raise SourceUnavailableError("answered with status 503")


async def hang(_: int) -> None:
    await asyncio.Event().wait()


def hanging(count: int):
    return hang(count)


@pytest.fixture
def ask(sources: MadeSources, subjects: Subjects, keys):
    async def run(**options: Any):
        options = {"clock": lambda: NOW, "deadline": timedelta(milliseconds=150), "jitter": lambda: 0.0, **options}
        return await gather(options.pop("queries", questions(subjects)), client=sources, keys=keys, **options)

    return run


async def test_all_sources_answer_and_the_order_is_fixed(ask, sources: MadeSources, subjects: Subjects) -> None:
    async def late(_: int) -> None:
        await asyncio.sleep(0.02)

    sources.behaviour["population"] = late
    evidence = await ask()
    asked = questions(subjects)
    assert [(piece.verifier, piece.subject) for piece in evidence] == [(q.verifier, q.subject) for q in asked]
    assert [piece.verifier for piece in evidence] == sorted(
        (q.verifier for q in asked), key=[v.key for v in VERIFIERS].index
    )
    assert all(piece.failure is None and piece.attempts == 1 for piece in evidence)
    assert [piece.request_digest for piece in evidence] == [query.digest for query in asked]
    assert sources.asked == dict.fromkeys(BY_KEY, 1)


async def test_evidence_is_whole_and_can_be_made_again(ask, sources: MadeSources, keys) -> None:
    for piece in await ask():
        assert piece.response == sources.answers[piece.verifier]
        assert attest_again(piece, keys) == piece


async def test_one_request_holds_all_questions_to_a_source(ask, sources: MadeSources, subjects: Subjects) -> None:
    await ask()
    requests = json.loads(sources.bodies["court"])["requests"]
    assert [entry["body"]["id_number"] for entry in requests] == [person.id_number for person in subjects.people]


def test_the_same_question_is_asked_once() -> None:
    one = Query("court", "/people/0", {"id_type": "resident_id", "id_number": "1"})
    same = Query("court", "/people/1", {"id_type": "resident_id", "id_number": "1"})
    assert len(json.loads(request_body([one, same]))["requests"]) == 1


async def test_what_came_in_time_is_kept_though_others_hang(ask, sources: MadeSources) -> None:
    sources.behaviour["court"] = hanging
    started = time.monotonic()
    evidence = await ask()
    assert time.monotonic() - started < 1
    failed = [piece for piece in evidence if piece.failure]
    assert {piece.verifier for piece in failed} == {"court"}
    assert len(failed) == 2
    assert {(piece.failure, piece.detail, piece.response) for piece in failed} == {
        (Failure.UNAVAILABLE, "no answer within 0.15 s", None)
    }
    assert sources.cancelled == ["court"]
    assert len(asyncio.all_tasks()) == 1  # nothing is left running


async def test_all_hang_and_the_deadline_is_one_for_all(ask, sources: MadeSources) -> None:
    sources.behaviour = dict.fromkeys(BY_KEY, hanging)
    started = time.monotonic()
    evidence = await ask()
    assert time.monotonic() - started < 1
    assert {piece.failure for piece in evidence} == {Failure.UNAVAILABLE}


async def test_a_source_that_recovers_is_asked_again(ask, sources: MadeSources) -> None:
    sources.behaviour["court"] = lambda count: down(count) if count < 3 else None
    evidence = await ask(deadline=timedelta(seconds=2))
    assert all(piece.failure is None for piece in evidence)
    assert {piece.attempts for piece in evidence if piece.verifier == "court"} == {3}
    assert {piece.attempts for piece in evidence if piece.verifier != "court"} == {1}


async def test_a_source_that_stays_down_is_asked_a_few_times_only(ask, sources: MadeSources) -> None:
    sources.behaviour["court"] = down
    evidence = await ask(deadline=timedelta(seconds=2))
    failed = [piece for piece in evidence if piece.verifier == "court"]
    assert sources.asked["court"] == ATTEMPTS
    assert {(p.failure, p.attempts, p.detail) for p in failed} == {
        (Failure.UNAVAILABLE, ATTEMPTS, "answered with status 503")
    }


async def test_pauses_are_drawn_from_the_given_chance(ask, sources: MadeSources, monkeypatch) -> None:
    slept, really = [], asyncio.sleep

    async def sleep(seconds: float, result: Any = None) -> Any:
        slept.append(round(seconds, 6))
        return await really(0, result)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    sources.behaviour["court"] = down
    await ask(jitter=lambda: 0.5, deadline=timedelta(seconds=2))
    assert [pause for pause in slept if pause] == [0.075] * (ATTEMPTS - 1)


async def test_an_answer_that_is_none_is_not_asked_for_again(ask, sources: MadeSources) -> None:
    def refuse(_: int) -> None:
        raise SourceAnswerError("answered with more than 65536 bytes")

    sources.behaviour["court"] = refuse
    evidence = await ask()
    failed = [piece for piece in evidence if piece.failure]
    assert {(piece.verifier, piece.failure) for piece in failed} == {("court", Failure.UNREADABLE)}
    assert sources.asked["court"] == 1


async def test_garbage_is_kept_as_it_came(ask, sources: MadeSources) -> None:
    sources.behaviour["court"] = lambda _: "<html>"
    failed = [piece for piece in await ask() if piece.failure]
    assert {(piece.verifier, piece.failure, piece.response) for piece in failed} == {
        ("court", Failure.UNREADABLE, "<html>")
    }


async def test_only_what_is_asked_again_is_asked(ask, sources: MadeSources, subjects: Subjects) -> None:
    evidence = await ask(queries=BY_KEY["court"].queries(subjects)[1:])
    assert [(piece.verifier, piece.subject) for piece in evidence] == [("court", "/people/1")]
    assert sources.asked == {"court": 1}
    assert await ask(queries=()) == ()


async def test_a_question_to_nobody_is_our_own_mistake(ask) -> None:
    with pytest.raises(KeyError, match="tax"):
        await ask(queries=(Query("tax", "/people/0", {}),))


async def test_a_cancelled_gathering_cancels_its_requests(ask, sources: MadeSources) -> None:
    sources.behaviour = dict.fromkeys(BY_KEY, hanging)
    task = asyncio.create_task(ask(deadline=timedelta(seconds=60)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(sources.cancelled) == sorted(BY_KEY)


# The breaker.


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def test_a_source_that_keeps_failing_is_left_alone_and_tried_again(ask, sources: MadeSources) -> None:
    clock, breakers = Clock(), Breakers(threshold=2, rest=timedelta(seconds=5))
    sources.behaviour["court"] = hanging
    for _ in range(2):
        await ask(clock=clock, breakers=breakers, deadline=timedelta(milliseconds=30))
    assert sources.asked["court"] == 2
    assert breakers.resting(clock.now) == ("court",)

    started = time.monotonic()
    resting = await ask(clock=clock, breakers=breakers, deadline=timedelta(seconds=30))
    assert time.monotonic() - started < 5  # it no longer costs the deadline
    left_alone = [piece for piece in resting if piece.verifier == "court"]
    assert {(p.failure, p.attempts, p.response) for p in left_alone} == {(Failure.UNAVAILABLE, 0, None)}
    assert all(piece.failure is None for piece in resting if piece.verifier != "court")
    assert sources.asked["court"] == 2

    clock.now += timedelta(seconds=4)  # answers signed at NOW still count
    clock.now += timedelta(seconds=1)
    del sources.behaviour["court"]
    assert all(piece.failure is None for piece in await ask(clock=clock, breakers=breakers))
    assert breakers.resting(clock.now) == ()


def test_after_the_rest_one_gathering_tries_and_the_others_wait() -> None:
    breakers = Breakers(threshold=1, rest=timedelta(seconds=5))
    breakers.failed("court", NOW)
    assert not breakers.may_ask("court", NOW + timedelta(seconds=4))
    later = NOW + timedelta(seconds=5)
    assert breakers.may_ask("court", later)
    assert not breakers.may_ask("court", later)
    assert breakers.may_ask("population", later)
    breakers.failed("court", later)
    assert not breakers.may_ask("court", later + timedelta(seconds=1))
    breakers.answered("court")
    assert breakers.may_ask("court", later)


def test_failures_count_only_in_a_row() -> None:
    breakers = Breakers(threshold=2)
    for _ in range(5):
        breakers.failed("court", NOW)
        breakers.answered("court")
    assert breakers.may_ask("court", NOW)
