"""From changed facts back to a whole application: each fact is written where it came from, and what hangs on it follows.

A fact that the applicant wrote has a place in the form; one that a source attested stands in that source's answer about
that subject; some derived facts can be turned back (an age into a birth date in the identity number, a mark of a scope
item into a catalogue code that has it). What follows by itself is in `consistent.py`.

Nothing is believed: whoever asks for a lift runs the result through intake and both evaluators.
"""

import copy
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from engine.difference.consistent import born, grown, made_consistent
from engine.difference.specimens import Specimen
from rules.case_files import Answer
from rules.difference.places import Step, split, steps_of
from rules.typed import RuleSet

Document = dict[str, Any]
MAX_ENTRIES = 200
_SOURCES = {"population": "population", "real_name": "real_name", "court": "court", "history": "earlier_registrations"}
_WRITTEN = {  # by record: members that stand in the form under the same name
    "people": {"name", "nationality", "id_type", "id_number", "id_valid_to", "supports_self", "barred_office"},
    "shareholders": {"subscribed_fen", "method", "due_on", "valuation", "guardian_acts"},
    "officers": {"post", "term_years", "appointed_by"},
    "family_members": {"relation"},
    "contact": {"phone", "postcode", "email"},
    "term": {"kind", "until"},
    "agent": {"valid_from", "valid_to", "agency_name", "is_intermediary", "agent_status_disclosed", "powers"},
    "legal_representative": {"post"},
    "beneficial_owner": {"exemption_claimed"},
    "entity": {"form", "name"},
}
_WHOLE = {"premises", "declarations"}  # every member stands in the form
_MARKS = ("pre_approval", "post_permit", "legal_person_only", "prohibited", "special_consultation", "online", "known",
          "minimum_capital_fen", "industry_code")  # fmt: skip


class NoPlaceError(Exception):
    """A changed fact that cannot be written into an application; the message names it."""


def lifted(specimen: Specimen, changes: Mapping[str, Any], rule_set: RuleSet, day: date) -> Specimen:
    """Return the specimen with the changed symbols written into form and answers. Raises `NoPlaceError`."""
    writer = _Writer(copy.deepcopy(dict(specimen.document)), _answers(specimen), rule_set, day)
    order = {"#": 0, "@": 1, "?": 2, "": 3}
    for symbol in sorted(changes, key=lambda one: (order[split(one)[1]], one)):
        place, mark = split(symbol)
        if not mark and changes.get(f"{place}?") is True:
            continue
        writer.write(steps_of(place), mark, _json(changes[symbol]), place)
    made_consistent(writer.document, specimen.document)
    answers = tuple(Answer(*key, value, failure) for key, (value, failure) in writer.answers.items())
    return Specimen(f"{specimen.name}, changed", writer.document, answers, day)


def _answers(specimen: Specimen) -> dict[tuple[str, str], tuple[Any, str | None]]:
    return {(one.verifier, one.subject): (copy.deepcopy(one.value), one.failure) for one in specimen.answers}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    return value


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


class _Writer:
    """A document and answers under change."""

    def __init__(
        self, document: Document, answers: dict[tuple[str, str], tuple[Any, str | None]], rule_set: RuleSet, day: date
    ) -> None:
        self.document = document
        self.answers = answers
        self.rule_set = rule_set
        self.day = day

    def write(self, steps: tuple[Step, ...], mark: str, value: Any, place: str) -> None:
        """Write one changed symbol. Raises `NoPlaceError`."""
        if mark == "#":
            self._length(steps, value, place)
        elif mark == "@":
            self._person(steps, value, place)
        elif mark == "?":
            if value:
                self._value(steps, None, place)
            # that something is there is written with its members
        else:
            self._value(steps, value, place)

    def _length(self, steps: tuple[Step, ...], length: int, place: str) -> None:
        if length > MAX_ENTRIES:
            raise NoPlaceError(f"{place} with {length} entries")
        if place == "people":
            return  # grows with those who need a person
        if place in {"shareholders", "officers", "family_members"}:
            grown(self.document, self.answers, place, length)
            return
        if place == "scope.items":
            items = self.document["scope"]["items"]
            del items[length:]
            for code, entry in self.rule_set.scope_catalogue.items():
                if len(items) < length and all(code != item["code"] for item in items):
                    items.append(_scope_item(code, entry))
            return
        self._resized_answer(steps, length, place)

    def _resized_answer(self, steps: tuple[Step, ...], length: int, place: str) -> None:
        """Set the length of a list that a source answered; new entries are filled by what else changed."""
        if steps[0] not in {"name_record", "address"} or len(steps) != 2:
            raise NoPlaceError(f"the length of {place}")
        key = _SINGLE[str(steps[0])]
        value, _ = self.answers.get(key, (None, None))
        if value is None:
            raise NoPlaceError(f"{place}, of which the source says nothing")
        entries = value[steps[1]]
        del entries[length:]
        while len(entries) < length:
            entries.append({**_MATCH, "full": self.document["entity"].get("name") or "示例"})

    def _person(self, steps: tuple[Step, ...], index: int, place: str) -> None:
        people = self.document["people"]
        if index >= len(people):
            raise NoPlaceError(f"{place}: a person that is not in the list")
        owner = self.document
        for step in steps[:-1]:
            if isinstance(owner, Mapping) and step not in owner:
                raise NoPlaceError(place)
            owner = owner[step]
        if steps[-1] == "person" and isinstance(owner, dict):
            owner["person"] = people[index]["ref"]
        elif len(steps) == 1 and isinstance(self.document.get(str(steps[0])), dict):
            self.document[str(steps[0])]["person"] = people[index]["ref"]
        else:
            raise NoPlaceError(place)

    def _value(self, steps: tuple[Step, ...], value: Any, place: str) -> None:  # noqa: C901, PLR0912 (a table of places)
        match steps:
            case ("people", int(index), member, *rest) if member in _SOURCES:
                self._answered((_SOURCES[str(member)], f"/people/{index}"), rest, value, place)
            case ("people", int(index), "age", *_) | ("people", int(index), "born_on", *_):
                self._born(index, value, place)
            case ("people", int(index), "at", *_) | ("people", int(index), "ref", *_):
                return
            case ("name_record" | "address" as source, *rest):
                self._answered(_SINGLE[str(source)], rest, value, place)
            case ("capital", "amount_fen"):
                self._capital(value)
            case ("capital", "source") if "contribution" in self.document:
                self.document["contribution"]["source"] = value
            case ("capital", "shareholders_sum_fen"):
                return  # the sum of what is written
            case ("employees",):
                self.document["employees"] = value
            case ("governance", "supervision"):
                self.document["supervision"] = value
            case ("articles", "template"):
                self.document["articles"]["template"] = value
            case ("name", "full"):
                self.document["entity"]["name"] = value
            case ("scope", "items", int(index), *rest):
                self._scope_item(index, rest, value, place)
            case ("signatures", int(index), "signed_on") if value is not None:
                self.document["signatures"][index]["signed_at"] = f"{_text(value)}T01:00:00Z"
            case (str(record), *rest):
                self._written(record, rest, value, place)

    def _written(self, record: str, rest: list[Step], value: Any, place: str) -> None:
        if rest == ["at"] or rest[-1:] == ["at"] or rest[-1:] == ["board_post"]:
            return  # follows from the place, or from the post
        owner = self.document.get(record)
        members = _WRITTEN.get(record, set())
        while rest and isinstance(rest[0], int) and isinstance(owner, list) and rest[0] < len(owner):
            owner, rest = owner[rest[0]], rest[1:]
        if record in _WHOLE and len(rest) == 2 and rest[0] == "network" and isinstance(owner, dict):
            owner, rest, members = owner.setdefault("network", {}), rest[1:], {str(rest[1])}
        if not isinstance(owner, dict) or len(rest) != 1 or (record not in _WHOLE and rest[0] not in members):
            raise NoPlaceError(place)
        if value is None:
            owner.pop(str(rest[0]), None)
        else:
            owner[str(rest[0])] = _text(value)

    def _answered(self, key: tuple[str, str], rest: list[Step], value: Any, place: str) -> None:
        if not rest:
            if value is None:
                self.answers[key] = (None, "unreadable")
            return
        found, failure = self.answers.get(key, (None, None))
        if failure is not None or found is None:
            raise NoPlaceError(f"{place}, of which the source says nothing")
        owner = found
        for step in rest[:-1]:
            if owner[step] is None:
                raise NoPlaceError(place)
            owner = owner[step]
        owner[rest[-1]] = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def _born(self, index: int, value: Any, place: str) -> None:
        if value is None or not born(self.document["people"], index, value, self.day):
            raise NoPlaceError(place)

    def _capital(self, value: Any) -> None:
        document = self.document
        if "registered_capital_fen" in document:
            document["registered_capital_fen"] = value
        elif "contribution" in document:
            document["contribution"]["amount_fen"] = value
        elif value is None:
            document.pop("funds_fen", None)
        else:
            document["funds_fen"] = value

    def _scope_item(self, index: int, rest: list[Step], value: Any, place: str) -> None:
        item = self.document["scope"]["items"][index]
        if rest == ["at"]:
            return
        if rest in (["code"], ["text"], ["kind"]):
            item[str(rest[0])] = value
            return
        if rest[:1] == ["approval"]:
            self._approval(item, rest[1:], value, place)
            return
        mark = str(rest[0])
        if mark not in _MARKS:
            raise NoPlaceError(place)
        current = self.rule_set.scope_catalogue.get(item["code"], {})
        alike = sorted(
            (entry for entry in self.rule_set.scope_catalogue.values() if entry.get(mark) == value),
            key=lambda entry: sum(entry.get(other) != current.get(other) for other in _MARKS),
        )
        if not alike:
            raise NoPlaceError(f"{place}: no expression of the catalogue has {mark} = {value}")
        was_main = self.document["scope"]["main"] == item["code"]
        item.update(_scope_item(alike[0]["code"], alike[0]))
        if was_main:
            self.document["scope"] |= {"main": item["code"], "main_industry_code": alike[0]["industry_code"]}

    def _approval(self, item: dict[str, Any], rest: list[Step], value: Any, place: str) -> None:
        if not rest:
            if value is None:
                item.pop("approval", None)
            return
        approval = item.setdefault(
            "approval", {"number": "2026-1", "authority": "示例机关", "issued_on": self.day.isoformat()}
        )
        if len(rest) != 1:
            raise NoPlaceError(place)
        if value is None:
            approval.pop(str(rest[0]), None)
        else:
            approval[str(rest[0])] = _text(value)


def _scope_item(code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    text = entry["text"]
    return {"code": code, "text": text["zh"] if isinstance(text, Mapping) else text, "kind": entry["kind"]}


_SINGLE = {"name_record": ("name_registry", "/entity/name"), "address": ("address_library", "/premises")}
_MATCH: Mapping[str, Any] = {
    "uscc": None, "status": "registered", "since": None, "invested_by_applicant": False,
    "transferred_to_applicant": False,
}  # fmt: skip
