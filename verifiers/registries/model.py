"""What the made county consists of: people, names on record, places."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """A made person; `property` names what is held against them, if anything (`properties.PROPERTIES`)."""

    index: int
    name: str
    id_type: str
    id_number: str
    born_on: date
    property: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredName:
    """A name on record; `investors` are indices of people, `reservation` is the number of a reserved one."""

    index: int
    full: str
    trade_name: str
    industry: str
    registry: str
    status: str
    since: date
    uscc: str | None
    investors: tuple[int, ...]
    transferred_to: int | None
    reservation: str | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Address:
    """A place of the library; `parts` are province, city, county, town, village and, mostly, road, number."""

    index: int
    code: str
    parts: tuple[str, ...]
    kind: str  # the class of `rules/facts.yaml`
    division: str
    entities: int
    restricted: bool
    flagged_uncontactable: bool

    @property
    def text(self) -> str:
        """The address in one line."""
        return "".join(self.parts)
