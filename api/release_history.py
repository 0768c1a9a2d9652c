"""What was released so far, asked of a running service or read from the files of a home; nothing is changed by it."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from sqlalchemy import Engine, select

from api.settings import Settings
from audit.note import read_signatures
from audit.release_manifest import Manifest, read_manifest
from audit.rule_release import open_bundle
from casework import database
from casework.tables import rule_bundle, rule_release
from rules.bundle import write_folder
from rules.load import RuleBook, load

ANSWER_WITHIN = 60.0  # seconds; publishing loads and compiles a whole book


class HistoryError(Exception):
    """The history cannot be read; the message names what was asked and what to do."""


class History(Protocol):
    """The releases of one registry."""

    @property
    def registry(self) -> str:
        """The registry that releases are for."""

    def live(self) -> tuple[int, str] | None:
        """Return the live release as (sequence, manifest digest), None before the first."""

    def note(self, sequence: int) -> bytes:
        """Return the signed note of a release. Raises `HistoryError`."""

    def bundle(self, sequence: int) -> bytes:
        """Return the bundle of a release. Raises `HistoryError`."""


class OfHome:
    """The releases in a home's database."""

    def __init__(self, home: Path) -> None:
        settings = Settings(home=home)
        if not settings.database.exists():
            message = f"--home {home}: {settings.database} does not exist; give the home of a service, or --service URL"
            raise HistoryError(message)
        self.registry = settings.log_origin
        self._engine: Engine = database.open_engine(settings.database, read_only=True)

    def live(self) -> tuple[int, str] | None:
        """Return the live release."""
        newest = select(rule_release).order_by(rule_release.c.sequence.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else (row.sequence, row.manifest_digest)

    def note(self, sequence: int) -> bytes:
        """Return the signed note of a release."""
        return self._row(sequence)[0]

    def bundle(self, sequence: int) -> bytes:
        """Return the bundle of a release."""
        return self._row(sequence)[1]

    def _row(self, sequence: int) -> tuple[bytes, bytes]:
        asked = select(rule_release.c.note, rule_bundle.c.content).join(rule_bundle)
        with self._engine.connect() as connection:
            row = connection.execute(asked.where(rule_release.c.sequence == sequence)).one_or_none()
        if row is None:
            message = f"there is no release {sequence}; `miaopi rules release status` lists them"
            raise HistoryError(message)
        return row.note, row.content


class OfService:
    """The releases of a running service, over its public routes."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._listed: dict[str, Any] = json.loads(call("GET", f"{self._url}/v1/rule-releases")[1])
        self.registry: str = self._listed["registry"]

    def live(self) -> tuple[int, str] | None:
        """Return the live release."""
        listed = self._listed["releases"]
        return (listed[0]["sequence"], listed[0]["manifest_digest"]) if listed else None

    def note(self, sequence: int) -> bytes:
        """Return the signed note of a release."""
        note: str = json.loads(self._get(f"/v1/rule-releases/{sequence}"))["note"]
        return note.encode()

    def bundle(self, sequence: int) -> bytes:
        """Return the bundle of a release."""
        return self._get(f"/v1/rule-releases/{sequence}/bundle")

    def _get(self, path: str) -> bytes:
        status, body = call("GET", f"{self._url}{path}")
        if status != 200:
            message = f"{self._url}{path}: {told(body)}"
            raise HistoryError(message)
        return body


def history(service: str | None, home: Path) -> History:
    """Return the history of a service by its address, or of a home. Raises `HistoryError`."""
    return OfHome(home) if service is None else OfService(service)


def manifest_of(past: History, sequence: int) -> Manifest:
    """Return what a release says of itself; its signatures are the service's to verify, not the author's."""
    return read_manifest(read_signatures(past.note(sequence))[0])


@contextmanager
def book_of(past: History, sequence: int) -> Iterator[tuple[RuleBook, dict[str, bytes]]]:
    """Give the book of a release with its files, each held to the manifest, for as long as it is used."""
    files = open_bundle(manifest_of(past, sequence), past.bundle(sequence))
    with tempfile.TemporaryDirectory(prefix="miaopi-rules-") as folder:
        write_folder(files, Path(folder))
        yield load(Path(folder)), files


@contextmanager
def live_book(past: History) -> Iterator[tuple[tuple[int, str] | None, RuleBook | None]]:
    """Give the live release as (sequence, manifest digest) with its book, asked for once; twice None before the first."""
    live = past.live()
    if live is None:
        yield None, None
        return
    if manifest_of(past, live[0]).digest != live[1]:
        message = f"release {live[0]} has another manifest than the list of releases says; find out what changed it"
        raise HistoryError(message)
    with book_of(past, live[0]) as (book, _):
        yield live, book


def require_still_live(past: History, live: tuple[int, str] | None) -> None:
    """Raise `HistoryError` when another release went live meanwhile: `past` must be asked anew for this."""
    now = past.live()
    if now != live:
        named = "none" if live is None else f"release {live[0]}"
        message = (
            f"while the gate ran, release {now[0] if now else 'none'} went live in place of {named}; prepare again"
        )
        raise HistoryError(message)


def call(method: str, url: str, token: str = "", body: Any = None) -> tuple[int, bytes]:
    """Ask a service and return status and body. Raises `HistoryError` when there is no answer."""
    try:
        return asyncio.run(_call(method, url, token, body))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        message = f"no answer from {url} ({type(error).__name__}); start it with `miaopi serve`, or mend the address"
        raise HistoryError(message) from error


def told(body: bytes) -> str:
    """Return what a problem document says, in one line."""
    try:
        document = json.loads(body)
        faults = "; ".join(
            f"{one.get('pointer', one.get('parameter', ''))}: {one['why']}" for one in document.get("errors", ())
        )
        return f"{document['title']} ({document.get('reason', document['type'])}): {faults or document['detail']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return body[:200].decode("utf-8", errors="replace")


async def _call(method: str, url: str, token: str, body: Any) -> tuple[int, bytes]:
    headers = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {token}"} if token else {})
    timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, url, json=body, headers=headers, allow_redirects=False) as reply,
    ):
        return reply.status, await reply.read()
