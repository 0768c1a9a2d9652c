"""What follows from a change in an application: articles, sums, added persons with their answers, identity numbers, digests.

Only what agreed before is made to agree again, so a witness that is about a contradiction keeps it.
"""

import copy
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from engine.application import address_parts, content_digest
from verifiers.resident_id import born_on, check_character, full_years

Document = dict[str, Any]
Answers = dict[tuple[str, str], tuple[Any, str | None]]
_SPARE_NUMBERS = range(100, 1000)


def made_consistent(document: Document, before: Mapping[str, Any]) -> None:
    """Bring sums, articles and signed digests up to date, where they agreed in the application `before`."""
    _sums(document, before)
    _articles(document, before)
    old, new = content_digest(before), content_digest(document)
    for signature in document["signatures"]:
        if signature["content_digest"] == old:
            signature["content_digest"] = new


def _sums(document: Document, before: Mapping[str, Any]) -> None:
    shareholders = document.get("shareholders")
    if not shareholders or before.get("registered_capital_fen") != _total(before):
        return
    if document["registered_capital_fen"] == before["registered_capital_fen"]:
        document["registered_capital_fen"] = _total(document)
    elif _total(document) == _total(before):
        # The capital was changed and the subscriptions were not: the first takes the difference, if it can.
        rest = document["registered_capital_fen"] - _total(document) + shareholders[0]["subscribed_fen"]
        if rest > 0:
            shareholders[0]["subscribed_fen"] = rest


def _total(document: Mapping[str, Any]) -> int:
    return sum(entry["subscribed_fen"] for entry in document.get("shareholders") or ())


def _written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the articles would say if they repeated the form."""
    premises = document["premises"]
    landmark = "" if premises.get("number") else premises.get("landmark") or ""
    members = ("person", "subscribed_fen", "method", "due_on")
    return {
        "company_name": document["entity"].get("name"),
        "address": "".join(address_parts(premises)) + landmark,
        "scope_text": "；".join(item["text"] for item in document["scope"]["items"]),
        "registered_capital_fen": document.get("registered_capital_fen"),
        "shareholders": [{name: entry[name] for name in members} for entry in document.get("shareholders") or ()],
    }


def _articles(document: Document, before: Mapping[str, Any]) -> None:
    if not document.get("articles") or not before.get("articles"):
        return
    values, earlier = document["articles"]["values"], before["articles"]["values"]
    meant, was_meant = _written(document), _written(before)
    for name, value in meant.items():
        if values.get(name) == earlier.get(name) == was_meant[name] and value is not None:
            values[name] = copy.deepcopy(value)


def grown(document: Document, answers: Answers, member: str, length: int) -> None:
    """Bring a list of persons with a role to `length` entries; each new entry is a new person like the last one."""
    entries = document.get(member)
    if not entries:
        return
    for entry in entries[length:]:
        _without(document, entry["person"], member)
    del entries[length:]
    while len(entries) < length:
        ref = _another_person(document, answers, entries[-1]["person"])
        entries.append({**copy.deepcopy(entries[-1]), "person": ref})
        if member == "shareholders":
            _share(entries[0], entries[-1])
            likeness = [one for one in document["signatures"] if one["person"] == entries[-2]["person"]]
            document["signatures"] += [{**one, "person": ref} for one in likeness]


def _share(first: Document, added: Document) -> None:
    """Let a new shareholder take a little from the first, so that the capital stays what it was."""
    added["subscribed_fen"] = min(added["subscribed_fen"], first["subscribed_fen"] // 100)
    first["subscribed_fen"] -= added["subscribed_fen"]


def _without(document: Document, ref: str, member: str) -> None:
    """Take back what a person signed as shareholder when the entry goes; a person without any role stays an error."""
    if member == "shareholders" and document.get("articles"):
        document["signatures"] = [one for one in document["signatures"] if one["person"] != ref]


def _another_person(document: Document, answers: Answers, like: str) -> str:
    people = document["people"]
    index = next(place for place, person in enumerate(people) if person["ref"] == like)
    made = copy.deepcopy(people[index])
    refs = {person["ref"] for person in people}
    made["ref"] = next(f"p{number}" for number in range(len(people) + 1, 10_000) if f"p{number}" not in refs)
    made["id_number"] = _spare(people, made["id_number"])
    if "mobile" in made:
        made["mobile"] = f"139{len(people) + 1:08d}"
    people.append(made)
    for (verifier, subject), answer in list(answers.items()):
        if subject == f"/people/{index}":
            answers[verifier, f"/people/{len(people) - 1}"] = copy.deepcopy(answer)
    return str(made["ref"])


def _spare(people: list[Document], number: str) -> str:
    """Return a well-formed number of the same division and day that nobody in the list has."""
    taken = {person["id_number"] for person in people}
    if born_on(number) is None:
        return next(one for one in (f"{number[:-3]}{order}" for order in _SPARE_NUMBERS) if one not in taken)
    bodies = (f"{number[:14]}{order}" for order in _SPARE_NUMBERS)
    return next(one for one in (_checked(body) for body in bodies) if one not in taken)


def born(people: list[Document], index: int, value: Any, day: date) -> bool:
    """Write a birth date, or the youngest one of an age in years, into an identity number; tell whether it could be."""
    number = people[index]["id_number"]
    if born_on(number) is None:
        return False
    if not isinstance(value, date):
        years = int(value)
        if years > day.year - 1000:
            return False
        start = date(day.year - years, day.month, min(day.day, 28))
        value = next((one for one in (start + timedelta(days=shift) for shift in (4, 3, 2, 1, 0, -1, -2))
                      if full_years(one, day) == years), None)  # fmt: skip
        if value is None:
            return False
    body = f"{number[:6]}{value:%Y%m%d}{number[14:17]}"
    people[index]["id_number"] = _checked(body)
    return True


def _checked(body: str) -> str:
    return body + check_character(f"{body}0")  # it wants a number of full length, whatever its last character
