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
from engine.difference.lift_answers import SINGLE, Answers, resize_answer, write_answer
from engine.difference.lift_scope import Document, resize_scope, write_scope_item
from engine.difference.no_place import NoPlaceError
from engine.difference.specimens import Specimen
from rules.case_files import Answer
from rules.difference.places import Step, split, steps_of
from rules.typed import RuleSet

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


def _answers(specimen: Specimen) -> Answers:
    return {(one.verifier, one.subject): (copy.deepcopy(one.value), one.failure) for one in specimen.answers}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    return value


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


class _Writer:
    """A document and answers under change."""

    def __init__(self, document: Document, answers: Answers, rule_set: RuleSet, day: date) -> None:
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
            resize_scope(self.document, self.rule_set.scope_catalogue, length)
            return
        resize_answer(self.answers, steps, length, place, self.document["entity"].get("name"))

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
                write_answer(self.answers, (_SOURCES[str(member)], f"/people/{index}"), rest, value, place)
            case ("people", int(index), "age", *_) | ("people", int(index), "born_on", *_):
                self._born(index, value, place)
            case ("people", int(index), "at", *_) | ("people", int(index), "ref", *_):
                return
            case ("name_record" | "address" as source, *rest):
                write_answer(self.answers, SINGLE[str(source)], rest, value, place)
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
                write_scope_item(self.document, self.rule_set.scope_catalogue, index, rest, value, place, self.day)
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
