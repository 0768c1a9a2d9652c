"""The portal's part of the demonstration: what a county's website and its citizens' phones would send, over HTTP."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from api.demo.processes import DemoError
from engine.application import content_digest, roles

BACK_WITHIN = 30.0  # seconds until a waiting case must be finished after its source is back


@dataclass(frozen=True, slots=True)
class Example:
    """One file of `examples/` with its story."""

    file: str
    title: dict[str, str]
    outcome: str
    rules: tuple[str, ...]
    confirmations: tuple[str, ...]
    down: str | None
    ruling: dict[str, Any] | None
    body: bytes

    @classmethod
    def read(cls, folder: Path, entry: dict[str, Any]) -> Self:
        """Read the application of an index entry."""
        return cls(
            entry["file"], entry["title"], entry["outcome"], tuple(entry["rules"]), tuple(entry["confirmations"]),
            entry.get("down"), entry.get("ruling"), (folder / entry["file"]).read_bytes(),
        )  # fmt: skip


@dataclass(slots=True)
class Told:
    """What came of one example: the first answer, how long it took, and the case as it stands in the end."""

    example: Example
    first_status: int
    first_outcome: str
    milliseconds: int
    case: dict[str, Any]


class Portal:
    """A client of service and registries. Use as an asynchronous context."""

    def __init__(self, service: str, registries: str, tokens: dict[str, str]) -> None:
        self._service = service
        self._registries = registries
        self._tokens = tokens
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def tell_story(self, example: Example) -> Told:
        """Let the persons confirm on their phones, submit, and note the answer; a source is down while the story says so."""
        document = json.loads(example.body)
        await self._confirm(document, example.confirmations)
        if example.down:
            await self._fault(example.down, "down")
        headers = {**self._as("portal"), "Content-Type": "application/json", "Idempotency-Key": example.file}
        began = time.perf_counter()
        status, case = await self._send("POST", "/v1/applications", headers, example.body)
        elapsed = round((time.perf_counter() - began) * 1000)
        if example.down:
            await self._fault(example.down, "none")
        if status not in (201, 202):
            message = f"{example.file}: answered {status}: {json.dumps(case, ensure_ascii=False)[:500]}"
            raise DemoError(message)
        return Told(example, status, case["outcome"], elapsed, case)

    async def finish(self, told: Told) -> None:
        """Wait for a case whose source was down, and let an officer rule where the story has one."""
        until = time.monotonic() + BACK_WITHIN
        while told.case["state"] in ("open", "approved") and time.monotonic() < until:
            await asyncio.sleep(0.1)
            told.case = await self.case(told.case["id"])
        if told.example.ruling and told.case["state"] == "referred":
            body = json.dumps(told.example.ruling).encode()
            path = f"/v1/referrals/{told.case['id']}/ruling"
            headers = {**self._as("officer"), "Content-Type": "application/json"}
            status, answer = await self._send("POST", path, headers, body)
            if status != 201:
                message = f"{told.example.file}: the ruling was answered {status}: {answer}"
                raise DemoError(message)
            told.case = await self.case(told.case["id"])

    async def case(self, case_id: str) -> dict[str, Any]:
        """Return a case as it stands."""
        _, case = await self._send("GET", f"/v1/applications/{case_id}", self._as("portal"))
        return case

    async def act(self, method: str, path: str, role: str, body: bytes) -> dict[str, Any]:
        """Do what an authority or an officer does, and return the answer. Raises `DemoError` when it is refused."""
        headers = {**self._as(role), "Content-Type": "application/json"}
        status, answer = await self._send(method, path, headers, body)
        if status not in (200, 201):
            message = f"{method} {path} as {role} was answered {status}: {json.dumps(answer, ensure_ascii=False)[:500]}"
            raise DemoError(message)
        return answer

    async def fetch(self, path: str, role: str = "portal") -> bytes:
        """Return a file of the service."""
        assert self._session is not None
        async with self._session.get(f"{self._service}{path}", headers=self._as(role)) as reply:
            if reply.status != 200:
                message = f"{path} was answered {reply.status}: {(await reply.text())[:300]}"
                raise DemoError(message)
            return await reply.read()

    async def tell_all(self, examples: list[Example], tick: Callable[[], None]) -> list[Told]:
        """Tell every story, one after the other."""
        told = []
        for example in examples:
            told.append(await self.tell_story(example))
            tick()
        return told

    async def _confirm(self, document: dict[str, Any], refs: tuple[str, ...]) -> None:
        """Do what citizens do on their phones; someone whom the register does not know cannot, and that is the story."""
        assert self._session is not None
        held, digest = roles(document), content_digest(document)
        for person in document["people"]:
            if person["ref"] in refs:
                body = {
                    "id_number": person["id_number"],
                    "id_type": person["id_type"],
                    "name": person["name"],
                    "content_digest": digest,
                    "roles": list(held[person["ref"]]),
                }
                async with self._session.post(f"{self._registries}/v1/real_name/confirmations", json=body) as reply:
                    await reply.read()

    async def _fault(self, source: str, fault: str) -> None:
        assert self._session is not None
        async with self._session.post(f"{self._registries}/faults/{source}", json={"fault": fault}) as reply:
            reply.raise_for_status()

    def _as(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens[role]}"}

    async def _send(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, dict[str, Any]]:
        assert self._session is not None
        async with self._session.request(method, f"{self._service}{path}", headers=headers, data=body) as reply:
            answer: dict[str, Any] = json.loads(await reply.read())
            return reply.status, answer
