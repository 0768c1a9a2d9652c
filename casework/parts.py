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

    @property
    def book(self) -> RuleBook:
        """The live book, for what is no case (catalogue pages); a case takes `books.live()` once and keeps it."""
        return self.books.live().book

    def today(self, now: datetime) -> date:
        """Return the day in Asia/Shanghai: the day that decides which law holds (公司法 33, 条例 21)."""
        return now.astimezone(SHANGHAI).date()
