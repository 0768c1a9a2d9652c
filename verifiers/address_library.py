"""The standard address library (标准地址库): does the place exist, what is it, who is already there.

Asked: the standard address code where the applicant gave one, and the parts of the address. 条例 11, 鲁住 4-6.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from verifiers.canonical import digest
from verifiers.model import Subjects
from verifiers.source import Claim, Count, Source

AddressClass = Literal["residential", "commercial", "office", "industrial", "public", "farmland"]


class AddressRecord(Claim):
    """What the library holds of the place; class and division are null exactly when it knows no such place."""

    exists: bool
    class_: AddressClass | None = Field(alias="class")
    division_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None
    restricted: bool
    entities: Count
    flagged_uncontactable: bool

    def contradiction(self) -> str | None:
        """Say so where a place exists and is not described, or is described and does not exist."""
        if self.exists != (self.class_ is not None and self.division_code is not None):
            return "exists and is not described, or the other way round"
        if not self.exists and (self.restricted or self.entities or self.flagged_uncontactable):
            return "does not exist, yet described"
        return None


def questions(subjects: Subjects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the one question, or none where the place is not a physical one."""
    if subjects.address is not None:
        yield subjects.address.key, {"code": subjects.address.code, "parts": list(subjects.address.parts)}


def address_identity(body: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what names the place: its code where given, and its written form."""
    return {"code": body["code"], "parts": digest({"parts": body["parts"]})}


VERIFIER = Source(
    key="address_library",
    title_zh="标准地址库",
    title_en="standard address library",
    claim=AddressRecord,
    stale_after=timedelta(hours=24),  # the number of entities at a place changes daily
    questions=questions,
    identity=address_identity,
)
