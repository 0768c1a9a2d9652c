"""The name library (名称库): who already bears this name, who gave it up lately, and whether it is reserved.

Asked: the full name, the division of the registry, the applicants' document numbers (an investment relation lifts the
bar) and the reservation number. 企业名称登记管理规定 15, 17, 18.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from verifiers.model import Subjects
from verifiers.source import Claim, Day, ShortText, Source


class NameMatch(Claim):
    """A name on record and how it stands to the one applied for."""

    full: ShortText
    uscc: ShortText | None
    status: Literal["registered", "reserved", "revoked", "cancelled", "changed", "rescinded"]
    since: Day | None
    invested_by_applicant: bool
    transferred_to_applicant: bool


class Reservation(Claim):
    """The reservation that the applicant named."""

    number: ShortText
    holder_is_applicant: bool
    expires_on: Day


Matches = Annotated[list[NameMatch], Field(max_length=50)]


class NameRecord(Claim):
    """What the library holds; which of it bars the name is for the rules to say."""

    same: Matches
    recently_given_up: Matches
    full_name_of_another: Matches
    similar: Matches
    reservation: Reservation | None

    def contradiction(self) -> str | None:
        """Say so where a name is both borne and given up, or was given up on no day (名 17)."""
        if any(match.status in {"cancelled", "changed", "rescinded"} for match in self.same):
            return "a name given up is listed as still borne"
        if any(match.status not in {"cancelled", "changed", "rescinded"} for match in self.recently_given_up):
            return "a name still borne is listed as given up"
        if any(match.since is None for match in self.recently_given_up):
            return "a name was given up on no day"
        return None


def questions(subjects: Subjects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the one question, or none where no name was chosen (个体工商户 may do without)."""
    if subjects.name is not None:
        yield (
            subjects.name.key,
            {
                "full": subjects.name.full,
                "registry_division": subjects.name.registry_division,
                "applicant_ids": sorted(subjects.name.applicant_ids),
                "reservation_number": subjects.name.reservation_number,
            },
        )


def name_identity(body: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what names the subject: the full name, and the registry in whose area it is to be unique."""
    return {"full": body["full"], "registry_division": body["registry_division"]}


VERIFIER = Source(
    key="name_registry",
    title_zh="企业名称库",
    title_en="name registry",
    claim=NameRecord,
    stale_after=timedelta(minutes=10),  # two applicants may choose one name in the same minute
    questions=questions,
    identity=name_identity,
)
