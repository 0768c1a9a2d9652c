"""Facts about the scope of business written into the form: items, their marks by way of another item, prior approvals."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.difference.no_place import NoPlaceError
from rules.difference.places import Step

Document = dict[str, Any]
_MARKS = ("pre_approval", "post_permit", "legal_person_only", "prohibited", "special_consultation", "online", "known",
          "minimum_capital_fen", "industry_code")  # fmt: skip


def resize_scope(document: Document, catalogue: Mapping[str, Any], length: int) -> None:
    """Set the number of items; new ones are the first of the catalogue that are not there yet."""
    items = document["scope"]["items"]
    del items[length:]
    for code, entry in catalogue.items():
        if len(items) < length and all(code != item["code"] for item in items):
            items.append(_made(code, entry))


def write_scope_item(
    document: Document, catalogue: Mapping[str, Any], index: int, rest: list[Step], value: Any, place: str, day: date
) -> None:
    """Write one changed fact of a scope item. Raises `NoPlaceError`."""
    item = document["scope"]["items"][index]
    if rest == ["at"]:
        return
    if rest in (["code"], ["text"], ["kind"]):
        item[str(rest[0])] = value
        return
    if rest[:1] == ["approval"]:
        _approval(item, rest[1:], value, place, day)
        return
    mark = str(rest[0])
    if mark not in _MARKS:
        raise NoPlaceError(place)
    current = catalogue.get(item["code"], {})
    alike = sorted(
        (entry for entry in catalogue.values() if entry.get(mark) == value),
        key=lambda entry: sum(entry.get(other) != current.get(other) for other in _MARKS),
    )
    if not alike:
        raise NoPlaceError(f"{place}: no expression of the catalogue has {mark} = {value}")
    was_main = document["scope"]["main"] == item["code"]
    item.update(_made(alike[0]["code"], alike[0]))
    if was_main:
        document["scope"] |= {"main": item["code"], "main_industry_code": alike[0]["industry_code"]}


def _approval(item: dict[str, Any], rest: list[Step], value: Any, place: str, day: date) -> None:
    if not rest:
        if value is None:
            item.pop("approval", None)
        return
    approval = item.setdefault("approval", {"number": "2026-1", "authority": "示例机关", "issued_on": day.isoformat()})
    if len(rest) != 1:
        raise NoPlaceError(place)
    if value is None:
        approval.pop(str(rest[0]), None)
    else:
        approval[str(rest[0])] = value.isoformat() if isinstance(value, date) else value


def _made(code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    text = entry["text"]
    return {"code": code, "text": text["zh"] if isinstance(text, Mapping) else text, "kind": entry["kind"]}
