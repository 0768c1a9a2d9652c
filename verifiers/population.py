"""The population register (公安人口库): is there such a person, under this name, alive, with a document in validity.

Asked: name, kind and number of the document; nothing else about the person. 条例 15, 民法典 13, 居民身份证法.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from verifiers.model import Subjects
from verifiers.source import Claim, Source, person_identity


class PopulationRecord(Claim):
    """What the register says; all three marks are false for a number it does not hold."""

    found: bool
    name_matches: bool
    alive: bool
    id_valid: bool

    def contradiction(self) -> str | None:
        """Say so where a person who is not on record has marks."""
        if not self.found and (self.name_matches or self.alive or self.id_valid):
            return "not found, yet described"
        return None


def questions(subjects: Subjects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield one question a person."""
    for person in subjects.people:
        yield person.key, {"name": person.name, "id_type": person.id_type, "id_number": person.id_number}


VERIFIER = Source(
    key="population",
    title_zh="人口库",
    title_en="population register",
    claim=PopulationRecord,
    stale_after=timedelta(hours=24),  # deaths and lost documents are reported daily
    questions=questions,
    identity=person_identity,
)
