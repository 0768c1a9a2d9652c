"""The address tree of 安丘市: its real towns, and made villages, roads and house numbers.

A code has 18 digits: nine of the town, three of the village, two of the road, four of the house; a village as a whole
ends in six zeros. It is made after the pattern of the statistical codes, not by the national rule for address codes.
"""

from random import Random

from verifiers.name_terms import divisions
from verifiers.registries.model import Address
from verifiers.registries.words import ROADS, VILLAGE_FIRST, VILLAGE_SECOND

NUMBERS_A_ROAD = 20
PLACES_A_VILLAGE = len(ROADS) * NUMBERS_A_ROAD + 1  # its numbered places, and the village as a whole
VILLAGES_A_TOWN = len(VILLAGE_FIRST) * len(VILLAGE_SECOND)
CROWD = 60  # entities at a crowded place
_CLASSES = (
    ("residential",) * 45
    + ("commercial",) * 30
    + ("office",) * 9
    + ("industrial",) * 8
    + ("public",) * 4
    + ("farmland",) * 4
)


def towns() -> list[tuple[str, str]]:
    """Return code and name of the towns and streets of 安丘市."""
    return [(d.code, d.name) for d in divisions() if d.level == 3 and d.code.startswith("370784")]


def address_count() -> int:
    """Return how many places the library holds."""
    return len(towns()) * VILLAGES_A_TOWN * PLACES_A_VILLAGE


def make_address(index: int, chance: Random) -> Address:
    """Return a place; each 61st is a whole village without a number. Raises `IndexError` beyond `address_count`."""
    if not 0 <= index < address_count():
        raise IndexError(f"address {index} does not exist; there are {address_count()}")
    village, house = divmod(index, PLACES_A_VILLAGE)
    town, local = divmod(village, VILLAGES_A_TOWN)
    code, town_name = towns()[town]
    name = VILLAGE_FIRST[local // len(VILLAGE_SECOND)] + VILLAGE_SECOND[local % len(VILLAGE_SECOND)]
    village_name = name + ("社区" if town_name.endswith("街道") else "村")
    kind = chance.choice(_CLASSES) if house else "public"
    parts: tuple[str, ...] = ("山东省", "潍坊市", "安丘市", town_name, village_name)
    road, number = 0, 0
    if house:
        road, number = (house - 1) // NUMBERS_A_ROAD + 1, (house - 1) % NUMBERS_A_ROAD + 1
        parts = (*parts, ROADS[road - 1], f"{number}号")
    entities = chance.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 3))
    return Address(
        index=index,
        code=f"{code}{200 + local:03}{road:02}{number:04}",
        parts=parts,
        kind=kind,
        division="370784",
        entities=CROWD if chance.random() < 0.005 else entities,
        restricted=chance.random() < 0.02,
        flagged_uncontactable=chance.random() < 0.01,
    )
