"""The name library's look-ups (企业名称登记管理规定 15, 17, 18), by the comparison of `verifiers/name_comparison.py`.

One registry, in the sense of 名 17, is all registries of the prefecture-level city: the first four digits of the
division.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from verifiers.name_comparison import NormalForm, near_name, normal_form, same_name
from verifiers.name_parts import unify

SHORTEST_FULL_NAME = 6  # characters; shorter ones are no organisation's full name
MOST_SIMILAR = 10
_BORNE = ("registered", "reserved", "revoked")
_GIVEN_UP = ("cancelled", "changed", "rescinded")


def name_claim(database: sqlite3.Connection, body: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return the claim about a name on that day."""
    full = unify(body["full"])
    applied, applicants = normal_form(full), set(body["applicant_ids"])
    city = body["registry_division"][:4]
    same = [
        row
        for row in _rows(database, "trade_name = ?", applied.trade_name)
        if row["registry"].startswith(city) and same_name(applied, _form(row)) and not _own(row, body, applicants)
    ]
    given_up = [r for r in same if r["status"] in _GIVEN_UP and today < _a_year_after(date.fromisoformat(r["since"]))]
    return {
        "same": _matches((row for row in same if _borne(row, today)), applicants)[:50],
        "recently_given_up": _matches(given_up, applicants)[:50],
        "full_name_of_another": _matches(_inside(database, full, today), applicants)[:50],
        "similar": _matches(_near(database, applied, city, today), applicants)[:MOST_SIMILAR],
        "reservation": _reservation(database, body["reservation_number"], applicants),
    }


def _a_year_after(day: date) -> date:
    """Return the anniversary, on which the year is over (民法典 200-202); 1 March for 29 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def _rows(database: sqlite3.Connection, condition: str, *values: str) -> list[sqlite3.Row]:
    return list(database.execute(f"SELECT * FROM names WHERE {condition} ORDER BY id", values))  # noqa: S608 - fixed texts


def _borne(row: sqlite3.Row, today: date) -> bool:
    """Tell whether the name is borne on that day: a reservation lapses after its last day (名 18)."""
    if row["status"] == "reserved" and row["expires_on"] is not None:
        return today <= date.fromisoformat(row["expires_on"])
    return row["status"] in _BORNE


def _form(row: sqlite3.Row) -> NormalForm:
    return NormalForm(row["trade_name"], tuple(part for part in row["industry"].split("+") if part), row["sound"])


def _own(row: sqlite3.Row, body: Mapping[str, Any], applicants: set[str]) -> bool:
    """Tell whether the name is reserved for the applicant: that does not stand in the applicant's way."""
    reserved = row["reservation"] is not None and row["reservation"] == body["reservation_number"]
    return reserved and bool(applicants & set(json.loads(row["investors"])))


def _inside(database: sqlite3.Connection, full: str, today: date) -> list[sqlite3.Row]:
    """Return the names borne by others that are written out inside this one (名 15)."""
    lengths = range(SHORTEST_FULL_NAME, len(full))
    pieces = sorted({full[start : start + length] for length in lengths for start in range(len(full) - length + 1)})
    found: list[sqlite3.Row] = []
    for start in range(0, len(pieces), 500):
        some = pieces[start : start + 500]
        found += _rows(database, f"full IN ({','.join('?' * len(some))})", *some)
    return [row for row in found if _borne(row, today)]


def _near(database: sqlite3.Connection, applied: NormalForm, city: str, today: date) -> list[sqlite3.Row]:
    """Return names in the same industry that sound alike or differ in one character, or of the same 字号 and near it."""
    found = _rows(database, "industry = ? AND sound = ?", applied.industry_key, applied.sound)
    if len(applied.trade_name) >= 3:
        length = str(len(applied.trade_name))
        found += _rows(
            database, "industry = ? AND length(trade_name) = CAST(? AS INTEGER)", applied.industry_key, length
        )
    found += _rows(database, "trade_name = ?", applied.trade_name)
    unique = {row["id"]: row for row in found if _borne(row, today) and row["registry"].startswith(city)}
    return [row for _, row in sorted(unique.items()) if near_name(applied, _form(row))]


def _matches(rows: Iterable[sqlite3.Row], applicants: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "full": row["full"],
            "uscc": row["uscc"],
            "status": row["status"],
            "since": row["since"],
            "invested_by_applicant": bool(applicants & set(json.loads(row["investors"]))),
            "transferred_to_applicant": row["transferred_to"] in applicants,
        }
        for row in rows
    ]


def _reservation(database: sqlite3.Connection, number: str | None, applicants: set[str]) -> dict[str, Any] | None:
    if number is None:
        return None
    row = database.execute("SELECT * FROM names WHERE reservation = ?", (number,)).fetchone()
    if row is None:
        return None
    holder = bool(applicants & set(json.loads(row["investors"])))
    return {"number": number, "holder_is_applicant": holder, "expires_on": row["expires_on"]}
