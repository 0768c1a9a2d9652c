"""The made county: every person, name and place as a pure function of a seed and an index.

No name, number or address stands for anybody: each person's given name begins with 示 (示例, sample), and each
identity number has an order number from 800 to 999. The towns of 安丘市 370784 are the real ones; villages, roads and
numbers are made. Days of events lie around `anchor`, births do not depend on it.

>>> County().person(0).name[1]
'示'
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from verifiers.registries.addresses import CROWD, address_count, make_address
from verifiers.registries.codes import person_number, social_credit_code
from verifiers.registries.model import Address, Person, RegisteredName
from verifiers.registries.properties import EACH, PROPERTIES
from verifiers.registries.words import (
    COMPANIES,
    FIRST,
    FREE,
    GIVEN,
    MARK,
    REGISTRIES,
    SECOND,
    SHOPS,
    SURNAMES,
    THIRD,
)

T = TypeVar("T")
SEED = 370784
ANCHOR = date(2026, 11, 20)
PLAIN_PEOPLE = 5000  # nothing is held against these; index 0 to 4999
YOUNG_PEOPLE = 40  # one born each half year from 2003 on
NAMES = 20_000

_FIRST_BIRTH = date(1942, 1, 1)
_BIRTH_DAYS = 24_000  # to September 2007: plain people are of age
_STATUSES = (  # of a hundred names: (status, upper bound)
    ("registered", 86),
    ("reserved", 88),
    ("revoked", 91),
    ("cancelled", 94),
    ("changed", 96),
    ("rescinded", 98),
    ("registered", 100),
)


@dataclass(frozen=True, slots=True)
class County:
    """The county that belongs to a seed; `anchor` is the day around which events lie."""

    seed: int = SEED
    anchor: date = ANCHOR

    def _chance(self, kind: str, index: int) -> Random:
        return Random(f"{self.seed}/{kind}/{index}")  # noqa: S311 - made people need repeatability, not secrecy

    @property
    def people_count(self) -> int:
        """How many people the register holds."""
        return PLAIN_PEOPLE + YOUNG_PEOPLE + EACH * len(PROPERTIES)

    def person(self, index: int) -> Person:
        """Return a person; 0 to 4999 have nothing held against them. Raises `IndexError` beyond `people_count`."""
        if not 0 <= index < self.people_count:
            raise IndexError(f"person {index} does not exist; there are {self.people_count}")
        chance = self._chance("person", index)
        name = chance.choice(SURNAMES) + MARK + chance.choice(GIVEN)
        order = 900 + index % 100
        held = None
        if index < PLAIN_PEOPLE:  # all births differ, so no two numbers can be equal
            born = _FIRST_BIRTH + timedelta(days=(index * 7919 + self.seed) % _BIRTH_DAYS)
        elif index < PLAIN_PEOPLE + YOUNG_PEOPLE:
            half_years = index - PLAIN_PEOPLE
            born, order = date(2003 + half_years // 2, 2 + 6 * (half_years % 2), 14), 800 + half_years
        else:
            position = index - PLAIN_PEOPLE - YOUNG_PEOPLE
            held = list(PROPERTIES)[position // EACH]
            born, order = date(1960 + position % 40, 1 + position % 12, 1 + position % 28), 800 + position % 100
        division = "370722" if born.year < 1994 else "370784"  # 安丘县 became 安丘市 in 1994
        id_type, number = person_number(PROPERTIES[held].id_type if held else "resident_id", division, born, order)
        return Person(index, name, id_type, number, born, held)

    def people(self) -> Iterator[Person]:
        """Yield everybody, in order."""
        return (self.person(index) for index in range(self.people_count))

    def with_property(self, name: str, index: int = 0) -> Person:
        """Return one of the people with that property (0 to 7). Raises `KeyError` that lists the properties."""
        if name not in PROPERTIES:
            raise KeyError(f"no property {name!r}; there are {', '.join(PROPERTIES)}")
        position = list(PROPERTIES).index(name) * EACH + index % EACH
        return self.person(PLAIN_PEOPLE + YOUNG_PEOPLE + position)

    def aged(self, years: int, on: date) -> Person:
        """Return a young person of that many full years on that day. Raises `KeyError` outside 4 to 22 in 2026."""
        for index in range(PLAIN_PEOPLE, PLAIN_PEOPLE + YOUNG_PEOPLE):
            person = self.person(index)
            born = person.born_on
            if on.year - born.year - ((on.month, on.day) < (born.month, born.day)) == years:
                return person
        raise KeyError(f"nobody among the young people is {years} on {on}")

    def stranger(self, index: int) -> Person:
        """Return a person with a well-formed number whom no register holds."""
        chance = self._chance("stranger", index)
        born = date(1970 + index % 30, 1 + index % 12, 1 + index % 28)
        _, number = person_number("resident_id", "370702", born, 900 + index % 100)
        return Person(-1, chance.choice(SURNAMES) + MARK + chance.choice(GIVEN), "resident_id", number, born)

    def business_name(self, index: int) -> RegisteredName:
        """Return a name on record. Raises `IndexError` beyond 20,000."""
        if not 0 <= index < NAMES:
            raise IndexError(f"name {index} does not exist; there are {NAMES}")
        chance = self._chance("name", index)
        status = next(status for status, bound in _STATUSES if index % 100 < bound)
        combination = (index * 10_007 + self.seed) % (len(FIRST) * len(SECOND) * 30)  # each (字号, industry) once
        first, rest = divmod(combination, len(SECOND) * 30)
        second, kind = divmod(rest, 30)
        trade_name = FIRST[first] + SECOND[second] + (chance.choice(THIRD) if index >= 14_000 else "")
        industry, form, _ = (COMPANIES + SHOPS)[kind]
        if index % 100 == 99:  # a name without an industry, as of businesses across industries
            trade_name, industry, form = (
                FIRST[first] + SECOND[second] + THIRD[index // 100 % len(THIRD)],
                "",
                "有限公司",
            )
        written, registry = self._registry(index // 100 + index)
        full = f"{written}{trade_name}{industry}{form}"
        if index % 10 == 3 and written == "安丘市":
            full = f"{trade_name}（安丘）{industry}{form}"
        given_up = status in {"cancelled", "changed", "rescinded"}
        recent = timedelta(days=chance.randrange(20, 330)), timedelta(days=chance.randrange(400, 3000))
        holder = chance.randrange(PLAIN_PEOPLE)
        return RegisteredName(
            index=index,
            full=full,
            trade_name=trade_name,
            industry=industry,
            registry=registry,
            status=status,
            since=self.anchor - (recent[index // 100 % 2] if given_up else recent[1]),
            uscc=None if status == "reserved" else social_credit_code("1" if "公司" in form else "2", registry, index),
            investors=(holder, (holder + 1) % PLAIN_PEOPLE),
            transferred_to=(holder + 2) % PLAIN_PEOPLE
            if status in {"cancelled", "changed"} and index % 3 == 0
            else None,
            reservation=f"MB{self.seed % 10**6:06}{index:06}" if status == "reserved" else None,
            expires_on=self.anchor + timedelta(days=30 if index % 100 == 86 else -5) if status == "reserved" else None,
        )

    @staticmethod
    def _registry(index: int) -> tuple[str, str]:
        position = index * 37 % 100
        for written, registry, share in REGISTRIES:
            if position < share:
                return written, registry
            position -= share
        raise AssertionError("the shares of REGISTRIES add up to 100")  # pragma: no cover

    def names(self) -> Iterator[RegisteredName]:
        """Yield all names on record, in order."""
        return (self.business_name(index) for index in range(NAMES))

    def name_with_status(self, status: str, index: int = 0, *, registry: str = "370784") -> RegisteredName:
        """Return one of the names with that status at that registry. Raises `IndexError` when there are fewer."""
        return _nth((n for n in self.names() if n.status == status and n.registry == registry and n.industry), index)

    @staticmethod
    def free_trade_name(index: int) -> str:
        """Return a 字号 that no name on record bears, nor sounds like; there are 288."""
        return FREE[index // len(SECOND) % len(FREE)] + SECOND[index % len(SECOND)]

    def free_business_name(self, index: int, *, company: bool) -> tuple[str, str]:
        """Return a free name in 安丘市 and the GB/T 4754 code of a main business that fits it."""
        industry, form, code = (COMPANIES if company else SHOPS)[index % 15]
        return f"安丘市{self.free_trade_name(index)}{industry}{form}", code

    def address(self, index: int) -> Address:
        """Return a place; each 61st is a whole village without a number. Raises `IndexError` beyond the last."""
        return make_address(index, self._chance("address", index))

    def addresses(self) -> Iterator[Address]:
        """Yield the whole address tree, in order."""
        return (self.address(index) for index in range(address_count()))

    def free_address(self, kind: str, index: int = 0) -> Address:
        """Return a numbered place of that class where nobody is registered and nothing is held against it."""
        free = (
            a
            for a in self.addresses()
            if a.kind == kind and len(a.parts) == 7 and not (a.entities or a.restricted or a.flagged_uncontactable)
        )
        return _nth(free, index)

    def troubled_address(self, trouble: str, index: int = 0) -> Address:
        """Return a commercial place that is `restricted`, `flagged_uncontactable` or `crowded` (60 entities)."""
        if trouble not in {"restricted", "flagged_uncontactable", "crowded"}:
            raise KeyError(f"no trouble {trouble!r}; there are restricted, flagged_uncontactable, crowded")
        found = (
            a
            for a in self.addresses()
            if a.kind == "commercial" and (a.entities == CROWD if trouble == "crowded" else getattr(a, trouble))
        )
        return _nth(found, index)


def _nth(found: Iterator[T], index: int) -> T:
    for position, one in enumerate(found):
        if position == index:
            return one
    raise IndexError(f"there are fewer than {index + 1} of that kind")
