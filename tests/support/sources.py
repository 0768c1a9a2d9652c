"""The county's data sources inside the test's own process: the real tables, signatures and faults, without the HTTP between."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from engine.application import content_digest, roles
from verifiers.catalogue import BY_KEY
from verifiers.client import SourceAnswerError, SourceUnavailableError, as_text
from verifiers.keys import SourceKeys
from verifiers.registries import County
from verifiers.registries.answers import Answers
from verifiers.registries.database import connect
from verifiers.registries.faults import Fault, Setting
from verifiers.registries.service import Service, _questions
from verifiers.registries.signing import SourceSigners

GARBAGE = b"<html>\xff\x00 502 eyJhbGciOi.\n"


class InProcessSources:
    """Stands where `verifiers.client.SourceClient` stands. `database` is a county made by `open_database`.

    `fault("court", "down")` switches a source; `confirm` is what citizens do on their phones; `asked` counts requests.
    """

    def __init__(self, database: Path, clock: Callable[[], datetime], county: County | None = None) -> None:
        self.signers = SourceSigners.samples(BY_KEY)
        self.keys = SourceKeys.from_document(self.signers.public_document())
        self.asked: list[str] = []
        self._connection = connect(database)
        self._service = Service(Answers(self._connection, clock), self.signers, county or County())

    def pin(self, path: Path) -> None:
        """Write the public keys to the file that a service pins."""
        path.write_text(json.dumps(self.signers.public_document()))

    def fault(self, source: str, fault: str, **particulars: Any) -> None:
        self._service.faults.settings[source] = Setting.read({"fault": fault, **particulars})

    def heal(self) -> None:
        self._service.faults.settings.clear()

    def confirm(self, document: dict[str, Any], refs: Iterable[str] | None = None) -> None:
        """Let the persons `refs` (everybody with a role) confirm this content; the unknown and the dead cannot."""
        held, digest = roles(document), content_digest(document)
        for person in document["people"]:
            ref = person["ref"]
            if ref in held and (refs is None or ref in set(refs)):
                known = self._connection.execute(
                    "SELECT 1 FROM people WHERE id_number = ? AND id_type = ? AND name = ? AND alive",
                    (person["id_number"], person["id_type"], person["name"]),
                ).fetchone()
                if known is not None:
                    self._connection.execute(
                        "INSERT OR REPLACE INTO confirmations VALUES (?,?,?,?,?)",
                        (person["id_number"], person["id_type"], digest, json.dumps(list(held[ref]), ensure_ascii=False),
                         self._service.answers.clock().isoformat()),
                    )  # fmt: skip

    async def post(self, source: str, body: bytes) -> str:
        """Answer as the HTTP service would; the errors are those of the HTTP client."""
        self.asked.append(source)
        setting = self._service.faults.next_for(source)
        if setting.fault is Fault.SLOW:
            await asyncio.sleep(setting.ms / 1000)
        if setting.fault is Fault.DOWN:
            raise SourceUnavailableError("answered with status 503")
        if setting.fault is Fault.GARBAGE:
            return as_text(GARBAGE)
        if source not in BY_KEY:
            raise SourceAnswerError("answered with status 404")
        payload = self._service._payload(source, _questions(body), setting.fault)
        return self.signers.sign(source, payload, by_stranger=setting.fault is Fault.WRONG_SIGNATURE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        self._connection.close()
