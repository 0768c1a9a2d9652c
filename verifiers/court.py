"""The courts' lists: dishonest judgment debtors, capacity, sentences, bankruptcies, suits over registration materials.

Asked: kind and number of the document; a name adds nothing to the look-up. 公司法 178, 条例 12, 细则 19.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

from verifiers.model import Subjects
from verifiers.source import Claim, Day, Source, person_identity


class CourtRecord(Claim):
    """What the lists hold of a person; whether it bars anything is for the rules to say."""

    dishonest: bool
    dishonest_for_debt: bool
    capacity: Literal["full", "limited", "none"]
    economic_crime_until: Day | None
    economic_crime_serving: bool
    probation_ended_on: Day | None
    political_rights_restored_on: Day | None
    political_rights_deprived: bool
    bankruptcy_liable_on: Day | None
    pending_suit_on_materials: bool

    def contradiction(self) -> str | None:
        """Say so where somebody is listed for a debt, yet not listed."""
        if self.dishonest_for_debt and not self.dishonest:
            return "listed for a debt, yet not listed"
        return None


def questions(subjects: Subjects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield one question a person."""
    for person in subjects.people:
        yield person.key, {"id_type": person.id_type, "id_number": person.id_number}


VERIFIER = Source(
    key="court",
    title_zh="人民法院信息",
    title_en="court lists",
    claim=CourtRecord,
    stale_after=timedelta(hours=48),  # the lists are passed on each night, and a night may fail once
    questions=questions,
    identity=person_identity,
)
