"""The county's sources without sockets: the same tables, keys and signatures as `miaopi registries`, called directly.

Every answer is signed anew, as it is in life: an answer used twice would find our reader's cache and flatter us. What
answering costs is the sources' and not ours, so it is counted apart.
"""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from benchmarks.applications import Example
from verifiers.catalogue import BY_KEY
from verifiers.keys import SourceKeys
from verifiers.registries.answers import Answers
from verifiers.registries.county import SEED, County
from verifiers.registries.database import open_database
from verifiers.registries.signing import PINNED, SourceSigners
from verifiers.source import subject_digest


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the day around which the county's events lie."""
    return now().date()


class LocalSources:
    """An `Ask` over the county's tables in this process. `spent_ns` is the CPU time that the answers cost."""

    def __init__(self, folder: Path) -> None:
        self._database = open_database(folder / "county.sqlite", County(SEED, today()))
        self._answers = Answers(self._database, now)
        self._signers = SourceSigners.kept_in(folder / "keys", BY_KEY)
        self.keys = SourceKeys.load(folder / "keys" / PINNED)
        self.spent_ns = 0

    async def __aenter__(self) -> Self:
        """Do nothing; a client over sockets opens its connections here."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing; see `close`."""

    def close(self) -> None:
        """Close the tables."""
        self._database.close()

    def confirm(self, *examples: Example) -> None:
        """Keep what the people of these examples confirmed."""
        rows = [
            (body["id_number"], body["id_type"], body["content_digest"], json.dumps(body["roles"]), str(now()))
            for example in examples
            for body in example.confirmed()
        ]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO confirmations VALUES (?,?,?,?,?)", rows)
        self._database.execute("COMMIT")

    async def post(self, source: str, body: bytes) -> str:
        """Return a signed answer to the questions of one application."""
        began = time.thread_time_ns()
        answers = []
        for entry in json.loads(body)["requests"]:
            identity, claim = self._answers.answer(source, entry["body"])
            answers.append(
                {
                    "request_digest": entry["request_digest"],
                    "subject_digest": subject_digest(identity),
                    "claim": claim,
                }
            )
        at = int(now().timestamp())
        signed = self._signers.sign(source, {"iss": source, "iat": at, "as_of": at, "answers": answers})
        self.spent_ns += time.thread_time_ns() - began
        return signed
