"""Any order of submissions, silent sources, rulings, pauses and crashes keeps the promises.

Hypothesis draws what happens; a crash is a `Killed` raised at a failpoint (before or after any step), after which the
service is opened anew on the same files. A failing example is shrunk to the few events that matter.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from casework import flow, referrals
from casework.errors import InFlightError, KeyReusedError, NotReferredError, SwitchError
from casework.flow import Submission
from casework.ports import STEPS
from casework.tables import application, decision, licence
from rules.load import RuleBook, load_rule_book
from tests.casework import invariants
from tests.casework.house import World, example, rows, settle
from tests.casework.test_casework_flow import APPROVAL, REFUSAL
from tests.support.rule_releases import release_for

NAMES = ("individual/01-grocery", "individual/06-several-defects", "individual/11-many-shops", "llc/01-software",
         "individual/12-next-county")  # fmt: skip
POINTS = [f"{step}:{when}" for step in STEPS for when in ("before", "after")]
SUBMISSION = st.tuples(st.just("submit"), st.sampled_from("abcd"), st.sampled_from(NAMES))
CRASH = st.tuples(st.just("crash"), st.sampled_from(POINTS), st.integers(1, 3))
EVENT = st.one_of(
    SUBMISSION,
    st.tuples(st.just("together"), st.lists(SUBMISSION, min_size=2, max_size=5)),
    st.tuples(st.just("source"), st.sampled_from(["court", "population"]), st.sampled_from(["down", "none"])),
    st.tuples(st.just("pass"), st.sampled_from([1, 30, 400, 90_000])),
    st.tuples(st.just("round")),
    st.tuples(st.just("officer"), st.booleans()),
    st.tuples(st.just("allot"), st.integers(1, 3)),
    st.tuples(st.just("rules"), st.booleans()),
    st.tuples(st.just("switch"), st.booleans()),
    st.tuples(
        st.just("amid"),
        st.lists(SUBMISSION, min_size=1, max_size=4),
        st.sampled_from(["rules", "switch"]),
        st.booleans(),
    ),
    CRASH,
    CRASH,
)


class Killed(BaseException):
    """The process is gone: no handler of the service may see it as an error of its own."""


class Story:
    """One world, what callers were told in it, and where it is to crash next."""

    def __init__(self, folder: Path, county: Path, newer: RuleBook) -> None:
        self.newer = newer
        self.world = World(folder, county, codes=1)
        self.service = self.world.open()
        self.told: dict[tuple[str, str], str] = {}
        self.tokens: dict[str, str] = {}
        self.crash: tuple[str, int] | None = None

    def failpoint(self, name: str) -> None:
        # Another test's service may live in a thread of this process, and is not ours to kill.
        if threading.current_thread() is not threading.main_thread():
            return
        if self.crash is not None and self.crash[0] == name:
            self.crash = (name, self.crash[1] - 1) if self.crash[1] > 1 else None
            if self.crash is None:
                raise Killed

    async def happen(self, event: tuple) -> None:
        """Let one event happen; if the process dies of it, start it again."""
        running = asyncio.create_task(getattr(self, event[0])(*event[1:]))
        (answer,) = await asyncio.gather(running, return_exceptions=True)
        if isinstance(answer, Killed):
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
            self.restart()
        elif isinstance(answer, BaseException):
            raise answer
        self.check()

    def restart(self) -> None:
        self.world.close()
        self.world.codes = 0
        self.service = self.world.open()

    def check(self) -> None:
        invariants.require(self.service, self.told)
        tokens = {row.application_id: row.token for row in rows(self.service, select(licence))}
        assert self.tokens.items() <= tokens.items()  # a licence that was there is there, byte for byte
        self.tokens = tokens

    async def submit(self, key: str, name: str) -> None:
        with contextlib.suppress(KeyReusedError, InFlightError):
            case_id = await self.service.flow.submit(Submission("portal", key, example(name)))
            assert self.told.setdefault(("portal", key), case_id) == case_id

    async def together(self, submissions: list[tuple[str, str, str]]) -> None:
        await asyncio.gather(*(self.submit(key, name) for _, key, name in submissions))

    async def source(self, name: str, fault: str) -> None:
        self.world.sources.set(name, fault)

    async def pass_(self, seconds: int) -> None:
        self.world.clock.move(seconds=seconds)

    async def round(self) -> None:
        await self.service.loop.round()

    async def officer(self, approves: bool) -> None:  # noqa: FBT001 (drawn by position)
        for waiting in referrals.queue(self.service.flow.parts.reader, limit=1):
            ruling = referrals.read_ruling(APPROVAL if approves else REFUSAL)
            with contextlib.suppress(NotReferredError):
                await self.service.rule(waiting["application_id"], "officer-7", ruling)

    async def rules(self, newer: bool) -> None:  # noqa: FBT001 (drawn by position)
        """Publish the other book, or the packaged one again."""
        book = self.newer if newer else load_rule_book()
        if self.service.flow.parts.books.live().book.digest != book.digest:
            await self.service.publish_rules(*release_for(self.service, book), "releaser-1")

    async def switch(self, stopped: bool) -> None:  # noqa: FBT001 (drawn by position)
        with contextlib.suppress(SwitchError):
            await self.service.switch_item("00013112700401", "officer-7", "the law is being changed", stopped=stopped)

    async def amid(self, submissions: list[tuple[str, str, str]], act: str, value: bool) -> None:  # noqa: FBT001 (drawn)
        await asyncio.gather(self.together(submissions), getattr(self, act)(value))

    async def allot(self, count: int) -> None:
        self.world.allot(self.service, count)

    async def set_crash(self, point: str, passage: int) -> None:
        self.crash = (point, passage)

    async def end(self) -> None:
        """Stop all faults: now everything that was accepted must come to its end."""
        self.crash = None
        for source in ("court", "population"):
            self.world.sources.set(source)
        self.world.allot(self.service, 40)
        for _ in range(4):
            self.world.clock.move(seconds=400)
            await settle(self.service)
        self.check()
        invariants.finished(self.service)
        finals = {row.application_id for row in rows(self.service, select(decision)) if row.final}
        twins = {row.id for row in rows(self.service, select(application)) if row.outcome == "unreadable"}
        assert set(self.told.values()) <= finals | twins  # decided, or told that the same content was decided already


@pytest.fixture
def story(county_db: Path, monkeypatch: pytest.MonkeyPatch, newer: RuleBook) -> Callable[[str], Story]:
    monkeypatch.setattr("verifiers.gather.PAUSES", (0.0001, 0.0001))

    def begin(folder: str) -> Story:
        made = Story(Path(folder), county_db, newer)
        monkeypatch.setattr(flow, "failpoint", made.failpoint)
        return made

    return begin


@given(events=st.lists(EVENT, min_size=10, max_size=30))
@settings(
    max_examples=12, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_whatever_happens_in_whatever_order(story: Callable[[str], Story], events: list[tuple]):
    async def tell(folder: str) -> None:
        one = story(folder)
        try:
            for event in events:
                await one.happen(({"pass": "pass_", "crash": "set_crash"}.get(event[0], event[0]), *event[1:]))
            await one.end()
        finally:
            one.world.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(folder))


def test_every_kind_of_event_does_something(story: Callable[[str], Story], tmp_path: Path):
    """The drawn events are no shadow play: one story in which each of them leaves its mark."""

    async def tell() -> None:
        one = story(str(tmp_path))
        await one.happen(("source", "court", "down"))
        await one.happen(("submit", "a", "individual/01-grocery"))
        await one.happen(("source", "court", "none"))
        await one.happen(("set_crash", "record:before", 1))
        await one.happen(("pass_", 400))
        before = one.service
        await one.happen(("round",))
        assert one.service is not before  # it died and was opened again
        await one.happen(("round",))
        await one.happen(("submit", "b", "individual/11-many-shops"))
        await one.happen(("officer", True))  # approved; the one code of the pool is gone
        assert len(one.tokens) == 1
        await one.happen(("allot", 2))
        await one.happen(("pass_", 400))
        await one.happen(("round",))
        assert len(one.tokens) == 2
        await one.happen(("switch", True))
        await one.happen(("amid", [("submit", "c", "llc/01-software")], "rules", True))
        assert one.service.flow.parts.books.live().sequence == 2
        assert len(one.tokens) == 2  # stopped: it waits for a person
        await one.end()
        one.world.close()

    asyncio.run(tell())
