"""A whole service in a folder, with everything outside it in the test's hands: clock, ids, chance, sources.

What lies outside the process (folder, clock, sources) is the `World`; it outlives the `Service` that `open` builds on it,
so that closing or abandoning one service and opening another is what a restart is.
"""

import fcntl
import json
import random
import shutil
import sqlite3
import threading
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import pytest

from api import local_issuer
from api.service import Service
from api.settings import Settings
from api.wire import build
from casework import credit_codes, views
from casework.flow import Submission
from casework.ports import Ports
from engine.application import content_digest, roles
from examples.vary import vary
from licence_qr.uscc import synthetic_block
from tests.support import store_template
from tests.support.county import made_county
from verifiers.catalogue import BY_KEY
from verifiers.client import SourceUnavailableError, as_text
from verifiers.registries import County
from verifiers.registries.answers import Answers
from verifiers.registries.database import connect
from verifiers.registries.faults import Fault, Setting
from verifiers.registries.service import Service as Registries
from verifiers.registries.service import _questions
from verifiers.registries.signing import SourceSigners

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
INDEX: list[dict[str, Any]] = json.loads((EXAMPLES / "index.json").read_bytes())
VARIANTS = 10_000
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIGNERS = SourceSigners.samples(BY_KEY)


def example(name: str) -> bytes:
    """Return an example application as a portal sends it; `name` is its file without `.json`."""
    return (EXAMPLES / f"{name}.json").read_bytes()


def county_file(factory: pytest.TempPathFactory) -> Path:
    """Make the sources' database once for all test processes: a county in which everybody has confirmed who should."""
    made = made_county(factory)
    path = made.with_name("county.sqlite")
    with made.with_name("county.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            fresh = Path(shutil.copy(made, path.with_name("county.making")))
            connection = connect(fresh)
            for entry in INDEX:
                _confirm(connection, json.loads((EXAMPLES / entry["file"]).read_bytes()), entry["confirmations"])
            connection.execute("PRAGMA journal_mode=DELETE")  # one file, to be opened by many and written by nobody
            connection.close()
            fresh.replace(path)
    return path


def _confirm(connection: sqlite3.Connection, document: Mapping[str, Any], refs: list[str]) -> None:
    held = roles(document)
    for person in document["people"]:
        known = "SELECT 1 FROM people WHERE id_number = ? AND id_type = ? AND name = ? AND alive"
        who = (person["id_number"], person["id_type"], person["name"])
        if person["ref"] in refs and connection.execute(known, who).fetchone():  # the dead confirm nothing
            row = (person["id_number"], person["id_type"], content_digest(document),
                   json.dumps(held[person["ref"]], ensure_ascii=False), NOW.isoformat())  # fmt: skip
            connection.execute("INSERT OR REPLACE INTO confirmations VALUES (?,?,?,?,?)", row)


class Clock:
    """A clock that stands still but for a microsecond a reading, until the test moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self.at += timedelta(microseconds=1)
            return self.at

    def move(self, **by: float) -> None:
        with self._lock:
            self.at += timedelta(**by)


class Sources:
    """The sources without a socket: their own answers, signatures and faults, called instead of posted to."""

    def __init__(self, county: Path, clock: Callable[[], datetime], confirmed: Path) -> None:
        self._confirmed = confirmed  # digests of content that everybody in it has confirmed, beside the county's own
        connection = sqlite3.connect(f"{county.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        self._registries = Registries(Answers(connection, clock), SIGNERS, County())
        self.asked: list[str] = []
        self.before: Callable[[str], Any] | None = None  # an awaitable step before each answer

    def set(self, source: str, fault: str = "none") -> None:
        self._registries.faults.settings[source] = Setting(Fault(fault))

    async def post(self, source: str, body: bytes) -> str:
        self.asked.append(source)
        if self.before is not None:
            await self.before(source)
        setting = self._registries.faults.next_for(source)
        if setting.fault is Fault.DOWN:
            raise SourceUnavailableError("answered with status 503")
        if setting.fault is Fault.GARBAGE:
            return as_text(b"<html>\xff\x00 502 eyJhbGciOi.\n")
        questions = _questions(body)
        payload = self._registries._payload(source, questions, setting.fault)
        if source == "real_name" and setting.fault is Fault.NONE:
            also = self._confirmed.read_text().split() if self._confirmed.exists() else ()
            for (_, asked), answer in zip(questions, payload["answers"], strict=True):
                if asked["content_digest"] in also:
                    answer["claim"] |= {"confirmed": True, "content_matches": True, "roles_match": True}
        return SIGNERS.sign(source, payload, by_stranger=setting.fault is Fault.WRONG_SIGNATURE)

    def confirm(self, document: dict[str, Any]) -> None:
        """Do what all the people of an application do on their phones; another life of the service sees it too."""
        with self._confirmed.open("a") as file:
            file.write(content_digest(document) + "\n")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        return None


class World:
    """What is there before the service starts and after it died."""

    def __init__(self, folder: Path, county: Path, *, codes: int = 40, seed: int = 1, **settings: Any) -> None:
        self.clock = Clock()
        self.sources = Sources(county, self.clock, folder / "confirmed")
        self.random = random.Random(seed)
        self.made = 0
        local_issuer.create(folder)
        keys = folder / "source-keys.json"
        keys.write_text(json.dumps(SIGNERS.public_document()))
        self.settings = Settings(home=folder, **settings)
        store_template.put(self.settings.database)
        self.codes = codes
        self.opened: list[Service] = []

    def new_id(self) -> str:
        self.made += 1
        return f"00000000-0000-7000-8000-{self.made:012x}"

    def open(self) -> Service:
        """Start the service on the files as they are; the claim loop turns only when a test says so."""
        ports = Ports(
            now=self.clock, new_id=self.new_id, salt=lambda: self.random.randbytes(32), below=self.random.randrange
        )
        service = build(self.settings, ports, client=self.sources)
        self.opened.append(service)
        self.allot(service, self.codes)
        return service

    def close(self) -> None:
        """Close whatever a test left open."""
        for service in self.opened:
            service.flow.parts.reader.dispose()
            service.flow.parts.writer.close()
            service.held.close()

    @staticmethod
    def allot(service: Service, count: int) -> None:
        """Load the first `count` codes of each pool."""
        service.flow.parts.writer.write_now(lambda connection: credit_codes.load(connection, block(count)))


@cache
def block(count: int) -> tuple[str, ...]:
    """Return the first `count` codes of each pool."""
    return tuple(code for pool in ("91", "92") for code in synthetic_block(pool, "370784", 0, count))


async def submit(service: Service, name: str, key: str | None = None, client: str = "portal") -> dict[str, Any]:
    """Submit an example and return the case as it then stands; with a key of its own, a variant of the example."""
    body = example(name) if key is None else variant(service, name, key)
    case_id = await service.flow.submit(Submission(client, key or name, body))
    return view(service, case_id)


def variant(service: Service, name: str, key: str) -> bytes:
    """Return the variant of an example that belongs to a key, confirmed by its people."""
    made = vary(json.loads(example(name)), 1 + zlib.crc32(key.encode()) % VARIANTS)
    service.client.confirm(made)
    return json.dumps(made, ensure_ascii=False).encode()


def view(service: Service, case_id: str) -> dict[str, Any]:
    return views.case_view(service.flow.parts, case_id)


def rows(service: Service, statement: Any) -> list[Any]:
    with service.flow.parts.reader.connect() as connection:
        return list(connection.execute(statement).all())


async def settle(service: Service, rounds: int = 50) -> None:
    """Turn the claim loop until nothing is due."""
    for _ in range(rounds):
        if not await service.loop.round():
            return
    raise AssertionError("cases are still due after many rounds: some case is taken up again and again")
