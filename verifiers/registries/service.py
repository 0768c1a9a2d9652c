"""The HTTP face of the sources.

`POST /v1/{source}` takes `{"requests": [{"request_digest": hex, "body": {...}}, ...]}`, the questions of one
application, and returns one signed answer to all (`application/jose`). `POST /v1/real_name/confirmations` is what a
citizen's phone does. `GET /keys` shows the public keys (they are pinned from a file, never from here). `GET` and
`POST /faults/{source}`, on loopback and only if switched on, make a source misbehave. Logs hold source, count and
time, never who was asked about.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from verifiers.catalogue import BY_KEY
from verifiers.registries.answers import Answers, QuestionError, text, texts
from verifiers.registries.county import County
from verifiers.registries.database import open_database
from verifiers.registries.faults import Fault, Faults, Setting, opposite
from verifiers.registries.signing import SourceSigners
from verifiers.source import subject_digest
from verifiers.strict_json import read_json

LARGEST_REQUEST = 256 * 1024
MOST_QUESTIONS = 200
STALE_BY = timedelta(days=400)

_LOG = logging.getLogger("miaopi.registries")
_HEX = re.compile(r"[0-9a-f]{64}")


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class Service:
    """The sources behind one address: tables, keys, faults and a clock."""

    def __init__(self, answers: Answers, signers: SourceSigners, county: County) -> None:
        self.answers = answers
        self.signers = signers
        self.county = county
        self.faults = Faults()

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Answer the questions of one application to one source."""
        source = request.match_info["source"]
        if source not in BY_KEY:
            return _problem(404, f"there is no source {source[:40]!r}; there are {', '.join(BY_KEY)}")
        setting = self.faults.next_for(source)
        _LOG.info("asked %s, fault %s", source, setting.fault)
        if setting.fault is Fault.SLOW:
            await asyncio.sleep(setting.ms / 1000)
        if setting.fault is Fault.DOWN:
            return self._down(request, setting)
        if setting.fault is Fault.GARBAGE:
            return web.Response(body=b"<html>\xff\x00 502 eyJhbGciOi.\n", content_type="application/jose")
        try:
            questions = _questions(await request.read())
            payload = self._payload(source, questions, setting.fault)
        except QuestionError as error:
            return _problem(400, str(error))
        answer = self.signers.sign(source, payload, by_stranger=setting.fault is Fault.WRONG_SIGNATURE)
        return web.Response(text=answer, content_type="application/jose")

    def _down(self, request: web.Request, setting: Setting) -> web.StreamResponse:
        if setting.refuse and request.transport is not None:
            request.transport.abort()
        return _problem(503, "out of service")

    def _payload(self, source: str, questions: list[tuple[str, dict[str, Any]]], fault: Fault) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        for request_digest, body in questions:
            asked = self._another(source, body) if fault is Fault.OTHER_PERSON else body
            identity, claim = self.answers.answer(source, asked)
            answer = {"request_digest": request_digest, "subject_digest": subject_digest(identity), "claim": claim}
            answers.append(answer)
            if fault is Fault.CONTRADICTING:
                answers.append({**answer, "claim": opposite(claim)})
        issued_at = self.answers.clock()
        as_of = issued_at - STALE_BY if fault is Fault.STALE else issued_at
        return {"iss": source, "iat": int(issued_at.timestamp()), "as_of": int(as_of.timestamp()), "answers": answers}

    def _another(self, source: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the question as it would be about somebody or something else."""
        if source == "name_registry":
            return {**body, "full": self.county.business_name(4711).full}
        if source == "address_library":
            place = self.county.address(4711)
            return {**body, "code": place.code, "parts": list(place.parts)}
        person = next(p for p in map(self.county.person, (4711, 4712)) if p.id_number != body.get("id_number"))
        return {**body, "id_type": person.id_type, "id_number": person.id_number}

    async def confirm(self, request: web.Request) -> web.Response:
        """Keep what a person confirmed on their phone: the digest of the content, and the roles."""
        try:
            document = _document(await request.read())
            number, name = text(document, "id_number", 40), text(document, "name")
            digest, roles = text(document, "content_digest", 64), texts(document, "roles")
            id_type = text({"id_type": "resident_id", **document}, "id_type", 40)
        except QuestionError as error:
            return _problem(400, str(error))
        if _HEX.fullmatch(digest) is None:
            return _problem(400, "content_digest is not 64 hexadecimal digits")
        known = self.answers.database.execute(
            "SELECT 1 FROM people WHERE id_number = ? AND id_type = ? AND name = ? AND alive", (number, id_type, name)
        ).fetchone()
        if known is None:
            return _problem(422, "no living person of that name and number is on record; nobody can confirm for them")
        self.answers.database.execute(
            "INSERT OR REPLACE INTO confirmations VALUES (?,?,?,?,?)",
            (number, id_type, digest, json.dumps(roles, ensure_ascii=False), self.answers.clock().isoformat()),
        )
        return web.json_response({"confirmed": True}, status=201)

    async def keys(self, _: web.Request) -> web.Response:
        """Show the public keys."""
        return web.json_response(self.signers.public_document())

    async def health(self, _: web.Request) -> web.Response:
        """Say that the service is up, and from what its county was made."""
        return web.json_response({"status": "ok", "seed": self.county.seed, "anchor": self.county.anchor.isoformat()})

    async def show_faults(self, request: web.Request) -> web.Response:
        """Show how a source misbehaves at the moment."""
        return web.json_response(self.faults.settings.get(request.match_info["source"], Setting()).document())

    async def set_fault(self, request: web.Request) -> web.Response:
        """Make a source misbehave, or behave again."""
        source = request.match_info["source"]
        if source not in BY_KEY:
            return _problem(404, f"there is no source {source[:40]!r}; there are {', '.join(BY_KEY)}")
        try:
            setting = Setting.read(_document(await request.read()))
        except ValueError as error:
            return _problem(400, str(error))
        self.faults.settings[source] = setting
        return web.json_response(setting.document())


def _problem(status: int, detail: str) -> web.Response:
    return web.json_response(
        {"type": "about:blank", "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
    )


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = read_json(raw)
    except ValueError as error:
        raise QuestionError(f"the body cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise QuestionError("the body is not an object")
    return document


def _questions(raw: bytes) -> list[tuple[str, dict[str, Any]]]:
    listed = _document(raw).get("requests")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_QUESTIONS:
        raise QuestionError(f"requests is not a list of 1 to {MOST_QUESTIONS}")
    questions = []
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("body"), dict):
            raise QuestionError("a request is not an object with a body")
        digest = text(entry, "request_digest", 64)
        if _HEX.fullmatch(digest) is None:
            raise QuestionError("request_digest is not 64 hexadecimal digits")
        questions.append((digest, entry["body"]))
    return questions


@web.middleware
async def _loopback_only(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Refuse the fault switch to anybody who is not on this machine."""
    if request.path.startswith("/faults/") and request.remote not in {"127.0.0.1", "::1"}:
        return _problem(403, "the fault switch answers on loopback only")
    response: web.StreamResponse = await handler(request)
    return response


def create_app(
    database: Path,
    signers: SourceSigners,
    *,
    county: County | None = None,
    clock: Callable[[], datetime] = now,
    faults: bool = True,
) -> web.Application:
    """Return the application; it opens the database, making it first where needed, and closes it at the end."""
    county = county or County()
    connection = open_database(database, county)
    service = Service(Answers(connection, clock), signers, county)
    app = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[_loopback_only])
    app.router.add_post("/v1/real_name/confirmations", service.confirm)
    app.router.add_post("/v1/{source}", service.ask)
    app.router.add_get("/keys", service.keys)
    app.router.add_get("/healthz", service.health)
    if faults:
        app.router.add_get("/faults/{source}", service.show_faults)
        app.router.add_post("/faults/{source}", service.set_fault)

    async def close(_: web.Application) -> None:
        connection.close()

    app.on_cleanup.append(close)
    return app
