"""What a running service is made of; built once at the composition root (`api/wire.py`)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from audit.authorities import Authorities
from audit.log import Log
from casework.measures import Measures
from casework.ports import Ports
from casework.rule_books import RuleBooks
from casework.writer import Writer
from engine.application import Application
from licence_qr.keys import Signer
from rules.load import RuleBook
from verifiers.model import Evidence

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Limits:
    """Times, all in microseconds. The lease is longer than gathering can take, or a live worker would lose its case."""

    lease_us: int = 15_000_000
    retry_first_us: int = 1_000_000  # after the first silence of a source; doubles with each try
    retry_most_us: int = 300_000_000
    waiting_us: int = 24 * 3_600_000_000  # a case that waited this long goes to a person
    at_once: int = 16  # cases that are gathered and decided at the same time
    most_under_way: int = 256  # beyond this, new applications are answered 503 and not accepted


@dataclass(frozen=True, slots=True)
class Room:
    """How many of the 131,072 places of a status list each kind of act may use up (places given out so far, all together).

    A list takes 8,192 first versions. Acts of authorities on these licences go up to 98,304: on the average eleven more
    places a licence, where a permit takes two (its own and that of the new version) and a change one. The rest up to 122,880
    is kept for the registry's own keys: 24,576 places, three times every licence of a full list issued anew after a theft. The
    last 8,192 are never given out: decoys, and a free place is then found in sixteen tries.
    """

    first: int = 8_192
    acts: int = 98_304
    keys: int = 122_880

    @property
    def alarm(self) -> int:
        """Three quarters of what acts may use: somebody looks before authorities are refused."""
        return self.acts * 3 // 4


class Gatherer(Protocol):
    """Step 3: all sources of an application, in parallel, under one deadline."""

    async def gather(self, application: Application, sources: frozenset[str]) -> tuple[Evidence, ...]:
        """Return the evidence of these sources in a fixed order; never raises for what a source does."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one service. `reader` opens read-only connections; every write goes through `writer`."""

    books: RuleBooks
    gatherer: Gatherer
    writer: Writer
    reader: Engine
    log: Log
    signer: Signer
    ports: Ports
    measures: Measures
    limits: Limits
    host: str  # public address of the service, e.g. https://miaopi.example.org
    lock_digest: str
    source_keys_digest: str
    engine_version: str
    authorities: Authorities = field(default_factory=lambda: Authorities({}))  # who may endorse permits

    room: Room = field(default_factory=Room)  # in status lists

    @property
    def book(self) -> RuleBook:
        """The live book, for what is no case (catalogue pages); a case takes `books.live()` once and keeps it."""
        return self.books.live().book

    def today(self, now: datetime) -> date:
        """Return the day in Asia/Shanghai: the day that decides which law holds (公司法 33, 条例 21)."""
        return now.astimezone(SHANGHAI).date()
