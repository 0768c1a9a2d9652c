"""Places in the facts, as the symbols of the prover name them: `shareholders[2].due_on`, counted from 1.

Three marks stand after a place: `?` tells whether it is null, `#` how long a list is, `@` which entry of `people` (from
0) a record of a person is.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

Step = str | int
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
UNKNOWN = object()
PERSONS = "people"


def steps_of(place: str) -> tuple[Step, ...]:
    """Split a place into names and positions from 0.

    >>> steps_of("shareholders[2].due_on")
    ('shareholders', 1, 'due_on')
    """
    return tuple(name or int(position) - 1 for name, position in _STEP.findall(place))


def split(symbol: str) -> tuple[str, str]:
    """Split a symbol into its place and its mark (empty for the value itself)."""
    return (symbol[:-1], symbol[-1]) if symbol[-1:] in {"?", "#", "@"} else (symbol, "")


def value_at(facts: Mapping[str, Any], place: str) -> Any:
    """Return the fact at a place, or `UNKNOWN` where the facts do not reach so far."""
    value: Any = facts
    for step in steps_of(place):
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return UNKNOWN
            value = value[step]
        elif not isinstance(value, Mapping) or step not in value:
            return UNKNOWN
        else:
            value = value[step]
    return value


def symbol_value(facts: Mapping[str, Any], symbol: str) -> Any:
    """Return what a symbol stands for in the facts, or `UNKNOWN`."""
    place, mark = split(symbol)
    value = value_at(facts, place)
    if value is UNKNOWN:
        return UNKNOWN
    if mark == "?":
        return value is None
    if value is None:
        return UNKNOWN
    if mark == "#":
        return len(value) if isinstance(value, list) else UNKNOWN
    if mark == "@":
        refs = [person["ref"] for person in facts.get(PERSONS, ())]
        return refs.index(value["ref"]) if isinstance(value, Mapping) and value.get("ref") in refs else UNKNOWN
    return value


def with_changes(facts: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with symbols changed; what the facts do not reach is made, new entries as copies of the last.

    Persons stay shared: a change of `people[1]` is a change of every record that is that person.
    """
    changed = copy.deepcopy(dict(facts))  # keeps one object for a person wherever it stands
    ordered = sorted(changes, key=lambda symbol: ({"#": 0, "?": 1, "@": 2, "": 3}[split(symbol)[1]], symbol))
    for symbol in ordered:
        place, mark = split(symbol)
        value = changes[symbol]
        if mark == "#":
            _resize(changed, place, value)
        elif mark == "?":
            if value:
                _put(changed, place, None)
        elif mark == "@":
            people = changed.get(PERSONS, [])
            if value < len(people):
                _put(changed, place, people[value])
        elif changes.get(f"{place}?") is not True:
            _put(changed, place, value)
    return changed


def _resize(facts: dict[str, Any], place: str, length: int) -> None:
    value = value_at(facts, place)
    if not isinstance(value, list):
        _put(facts, place, [])
        value = value_at(facts, place)
    if isinstance(value, list):
        del value[length:]
        while len(value) < length:
            value.append(_another(place, value))


def _another(place: str, entries: list[Any]) -> Any:
    """Return a copy of the last entry; a copied person gets a name of their own, and shares nothing."""
    if not entries:
        return {}
    last = entries[-1]
    if not isinstance(last, dict):
        return last
    made = copy.deepcopy(last) if place == PERSONS else dict(last)
    if "at" in made:
        made["at"] = f"/{place.replace('.', '/')}/{len(entries)}"
    if place == PERSONS:
        made["ref"] = f"{last['ref']}-{len(entries)}"
    return made


def _put(facts: dict[str, Any], place: str, value: Any) -> None:
    *before, last = steps_of(place)
    owner: Any = facts
    for step in before:
        if isinstance(step, int):
            while len(owner) <= step:
                owner.append({})
            owner = owner[step]
        else:
            if owner.get(step) is None:
                owner[step] = {}
            owner = owner[step]
    if isinstance(last, int):
        while len(owner) <= last:
            owner.append({})
        owner[last] = value
    elif isinstance(owner, dict):
        owner[last] = value
