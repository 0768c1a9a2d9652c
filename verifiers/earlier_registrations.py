"""Earlier registrations of a person: revoked licences, false registrations, listings, businesses held now.

Asked: kind and number of the document. 公司法 178(1)(4), 条例 12, 40, 细则 71, 企业信息公示暂行条例 17.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from verifiers.model import Subjects
from verifiers.source import Claim, Count, Day, Source, person_identity


class HistoryRecord(Claim):
    """What the registries hold of a person; null where there is no such event."""

    revoked_as_representative_on: Day | None
    false_registration_on: Day | None
    seriously_illegal_on: Day | None
    individual_businesses: Count
    registered_last_30_days: Count


def questions(subjects: Subjects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield one question a person."""
    for person in subjects.people:
        yield person.key, {"id_type": person.id_type, "id_number": person.id_number}


VERIFIER = Source(
    key="earlier_registrations",
    title_zh="既往登记信息",
    title_en="earlier registrations",
    claim=HistoryRecord,
    stale_after=timedelta(hours=24),  # the national system is filled each night
    questions=questions,
    identity=person_identity,
)
