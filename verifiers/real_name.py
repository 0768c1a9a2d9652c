"""Real-name confirmation (实名登记确认): did this person confirm this very application and the roles named in it.

The confirmation is given on the person's own phone, over the digest of the content that is signed. Asked: kind and
number of the document, that digest, and the roles. 条例 15, 细则 16, 文书规范 (2026).
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from verifiers.model import Subjects
from verifiers.source import Claim, Source, person_identity


class RealNameRecord(Claim):
    """What was confirmed; who refused the face check may still have been confirmed in person."""

    confirmed: bool
    content_matches: bool
    roles_match: bool
    face_consent_refused: bool

    def contradiction(self) -> str | None:
        """Say so where something matches and nothing was confirmed."""
        if not self.confirmed and (self.content_matches or self.roles_match):
            return "not confirmed, yet matching"
        return None


def questions(subjects: Subjects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield one question a person."""
    for person in subjects.people:
        yield (
            person.key,
            {
                "id_type": person.id_type,
                "id_number": person.id_number,
                "content_digest": subjects.content_digest,
                "roles": sorted(person.roles),
            },
        )


VERIFIER = Source(
    key="real_name",
    title_zh="实名登记确认",
    title_en="real-name confirmation",
    claim=RealNameRecord,
    stale_after=timedelta(minutes=10),  # a confirmation given a moment ago must already count
    questions=questions,
    identity=person_identity,
)
