"""Facts that a source attested, written into that source's answer about that subject."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.difference.no_place import NoPlaceError
from rules.difference.places import Step

Answers = dict[tuple[str, str], tuple[Any, str | None]]
SINGLE = {"name_record": ("name_registry", "/entity/name"), "address": ("address_library", "/premises")}
_MATCH: Mapping[str, Any] = {
    "uscc": None, "status": "registered", "since": None, "invested_by_applicant": False,
    "transferred_to_applicant": False,
}  # fmt: skip


def resize_answer(answers: Answers, steps: tuple[Step, ...], length: int, place: str, full_name: str | None) -> None:
    """Set the length of a list that a source answered; new entries are filled by what else changed. Raises `NoPlaceError`."""
    if steps[0] not in {"name_record", "address"} or len(steps) != 2:
        raise NoPlaceError(f"the length of {place}")
    key = SINGLE[str(steps[0])]
    value, _ = answers.get(key, (None, None))
    if value is None:
        raise NoPlaceError(f"{place}, of which the source says nothing")
    entries = value[steps[1]]
    del entries[length:]
    while len(entries) < length:
        entries.append({**_MATCH, "full": full_name or "示例"})


def write_answer(answers: Answers, key: tuple[str, str], rest: list[Step], value: Any, place: str) -> None:
    """Write one changed fact into the answer of a source, or make the source silent. Raises `NoPlaceError`."""
    if not rest:
        if value is None:
            answers[key] = (None, "unreadable")
        return
    found, failure = answers.get(key, (None, None))
    if failure is not None or found is None:
        raise NoPlaceError(f"{place}, of which the source says nothing")
    owner = found
    for step in rest[:-1]:
        if owner[step] is None:
            raise NoPlaceError(place)
        owner = owner[step]
    owner[rest[-1]] = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
