"""The articles against the form: which of the seven matters are filled in, which values differ (公司法 46)."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.application import address_parts

_VALUES = "/articles/values"
_SEPARATOR = "；"  # between expressions, as on a licence (细则 23)


def articles_facts(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record `articles`, or None for an entity that has none."""
    articles = document.get("articles")
    if articles is None:
        return None
    values = articles["values"]
    return {
        "template": articles["template"],
        "filled": list(_filled(values)),
        "differences": list(_differences(values, document)),
    }


def _filled(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the matters of 公司法 46(1)(1)-(7) that are filled in; (8) may stay empty."""
    if _text(values, "company_name") and _text(values, "address"):
        yield "name_and_address"
    if _text(values, "scope_text"):
        yield "scope"
    if values.get("registered_capital_fen"):
        yield "capital"
    if values.get("shareholders"):
        yield "shareholders"  # their names
        yield "contributions"  # amount, form and date stand in each entry: the schema asks for them
    if _text(values, "organs"):
        yield "organs"
    if _text(values, "representative_rule"):
        yield "representative"


def _differences(values: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the pointers of values that differ from the form; what is not filled in is not a difference but a gap."""
    expected = {
        "company_name": document["entity"].get("name"),
        "address": _address(document["premises"]),
        "scope_text": _SEPARATOR.join(item["text"] for item in document["scope"]["items"]),
        "registered_capital_fen": document.get("registered_capital_fen"),
    }
    for member, value in expected.items():
        if values.get(member) and values[member] != value:
            yield f"{_VALUES}/{member}"
    written, form = values.get("shareholders") or [], document.get("shareholders") or []
    if written and len(written) != len(form):
        yield f"{_VALUES}/shareholders"
        return
    # Order is free, persons are not: each entry is held against the entry of the same person.
    by_person: dict[str, list[Mapping[str, Any]]] = {}
    for entry in form:
        by_person.setdefault(entry["person"], []).append(entry)
    for index, entry in enumerate(written):
        own = by_person.get(entry["person"])
        if not own:
            yield f"{_VALUES}/shareholders/{index}/person"
            continue
        other = own.pop(0)
        for member in ("subscribed_fen", "method", "due_on"):
            if entry[member] != other[member]:
                yield f"{_VALUES}/shareholders/{index}/{member}"


def _address(premises: Mapping[str, Any]) -> str:
    """Write the address in one line; where there is no house number, the landmark stands for it (鲁住 5)."""
    landmark = "" if premises.get("number") else premises.get("landmark") or ""
    return "".join(address_parts(premises)) + landmark


def _text(values: Mapping[str, Any], member: str) -> bool:
    return bool(str(values.get(member) or "").strip())
