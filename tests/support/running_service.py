"""A whole service in a temporary folder: real store, log, keys and tokens; sources in the same process; no sockets."""

import json
import shutil
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from sqlalchemy import Connection, Engine, Table, delete, func, select

from api import local_issuer
from api.service import Service
from api.settings import Settings
from api.wire import build
from audit.checkpoint import Checkpoint
from casework import database
from casework.ports import Ports
from casework.tables import APPROVED, OPEN, application, content_claim, name_claim
from licence_qr.keys import FileSigner
from tests.support.sources import InProcessSources
from tests.support.store_template import put
from verifiers.breaker import Breakers

EXAMPLES = Path(__file__).parents[2] / "examples"
MORNING = datetime(2026, 11, 20, 2, tzinfo=UTC)  # ten in the morning in Shanghai
CODES = 3000


@dataclass
class Clock:
    """Starts on one fixed morning and goes on at the pace of real time; `forward` jumps."""

    offset: timedelta = timedelta()
    _began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return MORNING + timedelta(seconds=time.monotonic() - self._began) + self.offset

    def forward(self, **by: float) -> None:
        self.offset += timedelta(**by)


@dataclass
class Running:
    """The parts that a test wants to reach."""

    settings: Settings
    service: Service
    sources: InProcessSources
    clock: Clock
    reader: Engine  # the test's own: the service's connection belongs to the service's thread

    def heal(self) -> None:
        """Let all sources answer again, and forget that they ever failed."""
        self.sources.heal()
        self.service.flow.parts.gatherer.breakers = Breakers()  # type: ignore[attr-defined]  # the one over HTTP is built in

    def forget(self) -> None:
        """Give back every content and name that was taken, so that the same example can be submitted again."""

        def free(connection: Connection) -> None:
            connection.execute(delete(content_claim))
            connection.execute(delete(name_claim))

        self.service.flow.parts.writer.write_now(free)

    def rows(self, table: Table) -> int:
        """Return how many rows a table has."""
        with self.reader.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def leaf(self, index: int) -> bytes:
        """Return a leaf of the log."""
        with self.reader.connect() as connection:
            return self.service.flow.parts.log.leaf(connection, index)

    def earlier_note(self, size: int) -> bytes:
        """Sign the checkpoint that the log had when it held `size` leaves."""
        log = self.service.flow.parts.log
        with self.reader.connect() as connection:
            return Checkpoint(log.origin, size, log.root(connection, size)).sign(log.signer)

    def log_size(self) -> int:
        """Return how many leaves the log has."""
        with self.reader.connect() as connection:
            head = self.service.flow.parts.log.head(connection)
        return 0 if head is None else head.size

    def settle(self, within: float = 20.0) -> None:
        """Wait until no case goes on by itself."""
        pending = select(func.count()).where(application.c.state.in_((OPEN, APPROVED)))
        until = time.monotonic() + within
        while time.monotonic() < until:
            with self.reader.connect() as connection:
                if not connection.execute(pending).scalar():
                    return
            time.sleep(0.05)
        message = f"cases are still open after {within} s"
        raise AssertionError(message)

    def token(
        self, *scopes: str, client: str = "portal-a", subject: str = "someone", header: Any = None, **claims: Any
    ) -> str:
        """Sign an access token as the pinned issuer would. A claim or header member given as None is left out."""
        pem = self.settings.keys / "issuer.pem"
        key = serialization.load_pem_private_key(pem.read_bytes(), None)
        now = int(self.clock().timestamp())
        made = {
            "iss": self.settings.token_issuer, "aud": self.settings.token_audience, "sub": subject, "client_id": client,
            "scope": " ".join(scopes), "iat": now, "exp": now + 3600, "jti": f"{now}-{subject}", **claims,
        }  # fmt: skip
        head = {"typ": "at+jwt", "kid": FileSigner.open(pem).kid, **(header or {})}
        kept = {name: value for name, value in made.items() if value is not None}
        return jwt.encode(
            kept, key, "ES256", {name: value for name, value in head.items() if value is not None or name == "typ"}
        )

    def bearer(self, *scopes: str, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*scopes, **claims)}"}


def start(home: Path, county: Path, **settings: Any) -> Running:
    """Build a service under `home` over a copy of the county's database."""
    home.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    tables = home / "county.sqlite"
    if not tables.exists():
        shutil.copy(county, tables)
    sources = InProcessSources(tables, clock)
    sources.pin(home / "source-keys.json")
    chosen = Settings(home=home, **{"retry_first": 0.2, "deadline": 0.5, **settings})
    local_issuer.create(home)
    load_codes(chosen)
    service = build(chosen, Ports(now=clock), client=sources)
    return Running(chosen, service, sources, clock, database.open_engine(chosen.database, read_only=True))


def load_codes(settings: Settings, count: int = CODES) -> None:
    """Give a new home a store with codes in it; a home that has a store keeps it."""
    put(settings.database, count)


def examples() -> list[dict[str, Any]]:
    """Return the index of `examples/`, each entry with its `document` and its bytes as `body`."""
    index = json.loads((EXAMPLES / "index.json").read_text())
    for entry in index:
        entry["body"] = (EXAMPLES / entry["file"]).read_bytes()
        entry["document"] = json.loads(entry["body"])
    return index
