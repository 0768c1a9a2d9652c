"""What each source knows: from the body of a question to the identity of the subject and the claim about it.

A claim is written from what the tables hold, never from what the question says, except where nothing is on record.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from verifiers.address_library import address_identity
from verifiers.name_registry import name_identity
from verifiers.registries.names import name_claim
from verifiers.source import person_identity

Body = Mapping[str, Any]
_SHANGHAI = timezone(timedelta(hours=8))
_COURT_DAYS = ("economic_crime_until", "probation_ended_on", "political_rights_restored_on", "bankruptcy_liable_on")
_COURT_MARKS = (
    "dishonest",
    "dishonest_for_debt",
    "economic_crime_serving",
    "political_rights_deprived",
    "pending_suit_on_materials",
)
_HISTORY_DAYS = ("revoked_as_representative_on", "false_registration_on", "seriously_illegal_on")


class QuestionError(ValueError):
    """A question that the source cannot read; the message names the member."""


def text(body: Body, member: str, longest: int = 200) -> str:
    """Return a text member of a body. Raises `QuestionError`."""
    value = body.get(member)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise QuestionError(f"{member} is not a text of 1 to {longest} characters")
    return value


def texts(body: Body, member: str) -> list[str]:
    """Return a member that is a list of texts. Raises `QuestionError`."""
    value = body.get(member)
    if not isinstance(value, list) or len(value) > 100 or any(not isinstance(part, str) for part in value):
        raise QuestionError(f"{member} is not a list of at most 100 texts")
    return value


@dataclass(frozen=True, slots=True)
class Answers:
    """The tables, read for one question at a time; `clock` gives the time in UTC."""

    database: sqlite3.Connection
    clock: Callable[[], datetime]

    def answer(self, source: str, body: Body) -> tuple[Mapping[str, str | None], dict[str, Any]]:
        """Return identity and claim. Raises `QuestionError` for a body that is not of the agreed form."""
        match source:
            case "population":
                return self._person(body), self._population(body)
            case "real_name":
                return self._person(body), self._real_name(body)
            case "court":
                return self._person(body), self._court(body)
            case "earlier_registrations":
                return self._person(body), self._history(body)
            case "name_registry":
                text(body, "full")
                text(body, "registry_division", 6)
                texts(body, "applicant_ids")
                return name_identity(body), name_claim(self.database, body, self.today())
            case "address_library":
                return self._address(body)
        raise QuestionError(f"there is no source {source}")

    def today(self) -> date:
        """Return the day in Shanghai on which the answer is given."""
        return self.clock().astimezone(_SHANGHAI).date()

    def _person(self, body: Body) -> dict[str, str | None]:
        text(body, "id_number", 40)
        text(body, "id_type", 40)
        return person_identity(body)

    def _row(self, body: Body) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.database.execute(
            "SELECT * FROM people WHERE id_number = ? AND id_type = ?", (body["id_number"], body["id_type"])
        ).fetchone()
        return row

    def _population(self, body: Body) -> dict[str, Any]:
        row, name = self._row(body), text(body, "name")
        if row is None:
            return {"found": False, "name_matches": False, "alive": False, "id_valid": False}
        marks = {"alive": bool(row["alive"]), "id_valid": bool(row["id_valid"])}
        return {"found": True, "name_matches": row["name"] == name, **marks}

    def _real_name(self, body: Body) -> dict[str, Any]:
        digest, roles = text(body, "content_digest", 64), texts(body, "roles")
        row = self._row(body)
        refused = bool(row and row["face_consent_refused"])
        confirmed = self.database.execute(
            "SELECT content_digest, roles FROM confirmations WHERE id_number = ? AND id_type = ?"
            " ORDER BY content_digest = ? DESC, confirmed_at DESC LIMIT 1",
            (body["id_number"], body["id_type"], digest),
        ).fetchone()
        if confirmed is None:
            return {"confirmed": False, "content_matches": False, "roles_match": False, "face_consent_refused": refused}
        return {
            "confirmed": True,
            "content_matches": confirmed["content_digest"] == digest,
            "roles_match": set(roles) <= set(json.loads(confirmed["roles"])),
            "face_consent_refused": refused,  # then confirmed at the counter, without the face check (细则 16)
        }

    def _entries(self, table: str, body: Body) -> dict[str, str]:
        rows = self.database.execute(
            f"SELECT kind, day FROM {table} WHERE id_number = ?",  # noqa: S608 - called with two fixed names only
            (body["id_number"],),
        )
        return {row["kind"]: row["day"] for row in rows}

    def _court(self, body: Body) -> dict[str, Any]:
        entries = self._entries("court_entries", body)
        capacity = "none" if "no_capacity" in entries else "limited" if "limited_capacity" in entries else "full"
        marks = {mark: mark in entries for mark in _COURT_MARKS}
        return {"capacity": capacity, **marks, **{day: entries.get(day) for day in _COURT_DAYS}}

    def _history(self, body: Body) -> dict[str, Any]:
        entries, row = self._entries("history_entries", body), self._row(body)
        counts = {
            count: 0 if row is None else row[count] for count in ("individual_businesses", "registered_last_30_days")
        }
        return {**{day: entries.get(day) for day in _HISTORY_DAYS}, **counts}

    def _address(self, body: Body) -> tuple[Mapping[str, str | None], dict[str, Any]]:
        written = "".join(texts(body, "parts"))
        code = None if body.get("code") is None else text(body, "code", 40)
        if code is None:
            found = self.database.execute("SELECT * FROM addresses WHERE text = ?", (written,))
        else:
            found = self.database.execute("SELECT * FROM addresses WHERE code = ?", (code,))
        row = found.fetchone()
        known = row is not None and (
            not written or row["text"] == written
        )  # a code may not lend itself to another place
        claim = {
            "exists": known,
            "class": row["class"] if known else None,
            "division_code": row["division"] if known else None,
            "restricted": known and bool(row["restricted"]),
            "entities": row["entities"] if known else 0,
            "flagged_uncontactable": known and bool(row["flagged"]),
        }
        return address_identity(body), claim
