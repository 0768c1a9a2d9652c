"""From facts to the values of a space's constants: the other way from `witness.facts_of`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rules.feel.temporal import day_number
from rules.proof.space import Space


def values_from(space: Space, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every constant that the space has made, as far as the facts tell.

    A list longer than the space tries is cut: its length is then left out.
    """
    found: dict[str, Any] = {}
    linked = space.given.linked
    people = facts.get(linked[1]) if linked else None
    for name in space.made:
        if not name.endswith("@") and name in facts and name != "decided_on":
            _take(
                space, str(space.schema.records["facts"][name]), ("facts", name), name, facts[name], found, people or []
            )
    return {key: value for key, value in found.items() if key.rstrip("?#@") in space.places}


def _take(
    space: Space, declared: str, leaf: tuple[str, ...], place: str, value: Any, found: dict[str, Any], people: list[Any]
) -> None:
    inner = declared.removesuffix("?")
    found[f"{place}?"] = value is None
    if value is None:
        return
    if inner.startswith("list<"):
        _take_list(space, inner[5:-1], leaf, place, value, found, people)
    elif inner in space.schema.records:
        linked = space.given.linked
        if linked and inner == linked[0] and not place.startswith(f"{linked[1]}["):
            places = [index for index, person in enumerate(people) if person == value]
            found.update({f"{place}@": places[0]} if places else {})
            return
        for member, kind in space.schema.records[inner].items():
            _take(space, str(kind), (inner, member), f"{place}.{member}", value.get(member), found, people)
    else:
        found[place] = _plain(space, leaf, value)


def _take_list(
    space: Space,
    element: str,
    leaf: tuple[str, ...],
    place: str,
    value: list[Any],
    found: dict[str, Any],
    people: list[Any],
) -> None:
    bound = space.bound(f"{leaf[0]}.{leaf[1]}" if leaf[0] != "facts" else leaf[1], place)
    if len(value) <= bound:
        found[f"{place}#"] = len(value)
    for index, item in enumerate(value[:bound]):
        _take(space, element, (*leaf, "*"), f"{place}[{index + 1}]", item, found, people)


def _plain(space: Space, leaf: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, str):
        return value if leaf in space.texts else space.code(value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return int(value) if space.given.least is not None and value == int(value) else value
    return day_number(value)
