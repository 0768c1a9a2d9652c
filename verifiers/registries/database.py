"""The sources' database: one SQLite file, made from a county, kept as long as seed, anchor and layout are the same.

What citizens confirm on their phones lives in the same file and survives a restart; it is lost when the county is
remade.
"""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

from verifiers.name_comparison import normal_form
from verifiers.registries.county import County
from verifiers.registries.model import Person
from verifiers.registries.properties import PROPERTIES, Held

LAYOUT = 1  # raise it when the tables or the made content change

_TABLES = """
    CREATE TABLE made_from (layout INTEGER, seed INTEGER, anchor TEXT); CREATE TABLE people ( id_number TEXT, id_type
    TEXT, name TEXT, alive INTEGER, id_valid INTEGER, face_consent_refused INTEGER, individual_businesses INTEGER,
    registered_last_30_days INTEGER, PRIMARY KEY (id_number, id_type)) WITHOUT ROWID; CREATE TABLE court_entries
    (id_number TEXT, kind TEXT, day TEXT, PRIMARY KEY (id_number, kind)) WITHOUT ROWID; CREATE TABLE history_entries
    (id_number TEXT, kind TEXT, day TEXT, PRIMARY KEY (id_number, kind)) WITHOUT ROWID; CREATE TABLE names ( id
    INTEGER PRIMARY KEY, full TEXT, trade_name TEXT, industry TEXT, sound TEXT, registry TEXT, status TEXT, since
    TEXT, uscc TEXT, investors TEXT, transferred_to TEXT, reservation TEXT, expires_on TEXT); CREATE INDEX
    names_by_trade_name ON names (trade_name); CREATE INDEX names_by_industry ON names (industry, sound); CREATE INDEX
    names_by_full ON names (full); CREATE UNIQUE INDEX names_by_reservation ON names (reservation) WHERE reservation
    IS NOT NULL; CREATE TABLE addresses ( code TEXT PRIMARY KEY, text TEXT, class TEXT, division TEXT, entities
    INTEGER, restricted INTEGER, flagged INTEGER) WITHOUT ROWID; CREATE UNIQUE INDEX addresses_by_text ON addresses
    (text); CREATE TABLE confirmations ( id_number TEXT, id_type TEXT, content_digest TEXT, roles TEXT, confirmed_at
    TEXT, PRIMARY KEY (id_number, id_type, content_digest)) WITHOUT ROWID;
"""
NOTHING_HELD = Held()


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for the service: plain transactions, readers beside the writer."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def open_database(path: Path, county: County) -> sqlite3.Connection:
    """Open the county's database; make it first when the file is absent or was made from something else.

    It is made beside the old file and then put in its place, so a broken start leaves no half-made county. Making it
    takes a few seconds.
    """
    if not _made_from(path, county):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            fill(connection, county)
        finally:
            connection.close()
        for leftover in ("-wal", "-shm"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)
        fresh.replace(path)
        path.chmod(0o600)
    return connect(path)


def _made_from(path: Path, county: County) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    connection = sqlite3.connect(path)
    try:
        made = connection.execute("SELECT layout, seed, anchor FROM made_from").fetchone()
    except sqlite3.DatabaseError:  # not one of ours, or broken: it is made anew
        return False
    finally:
        connection.close()
    return bool(made == (LAYOUT, county.seed, county.anchor.isoformat()))


def fill(connection: sqlite3.Connection, county: County) -> None:
    """Make all tables and fill them from the county, in one transaction."""
    connection.executescript("PRAGMA synchronous = OFF; BEGIN;" + _TABLES)
    held = [(person, PROPERTIES.get(person.property or "", NOTHING_HELD)) for person in county.people()]
    connection.executemany("INSERT INTO people VALUES (?,?,?,?,?,?,?,?)", [_person_row(*pair) for pair in held])
    for table, kind_of in (("court_entries", "court"), ("history_entries", "history")):
        connection.executemany(
            f"INSERT INTO {table} VALUES (?,?,?)",  # noqa: S608 - the table's name is one of the two above
            [
                (person.id_number, kind, (county.anchor - timedelta(days=days)).isoformat())
                for person, record in held
                for kind, days in getattr(record, kind_of).items()
            ],
        )
    people = [person for person, _ in held]
    connection.executemany("INSERT INTO names VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", _name_rows(county, people))
    connection.executemany(
        "INSERT INTO addresses VALUES (?,?,?,?,?,?,?)",
        (
            (a.code, a.text, a.kind, a.division, a.entities, a.restricted, a.flagged_uncontactable)
            for a in county.addresses()
        ),
    )
    made_from = (LAYOUT, county.seed, county.anchor.isoformat())
    connection.execute("INSERT INTO made_from VALUES (?,?,?)", made_from)
    connection.execute("COMMIT")


def _person_row(person: Person, held: Held) -> tuple[str | int, ...]:
    return (
        person.id_number,
        person.id_type,
        person.name,
        held.alive,
        held.id_valid,
        held.face_consent_refused,
        held.individual_businesses,
        held.registered_last_30_days,
    )


def _name_rows(county: County, people: list[Person]) -> list[tuple[str | int | None, ...]]:
    rows: list[tuple[str | int | None, ...]] = []
    for name in county.names():
        form = normal_form(name.full)
        rows.append(
            (
                name.index,
                name.full,
                form.trade_name,
                form.industry_key,
                form.sound,
                name.registry,
                name.status,
                name.since.isoformat(),
                name.uscc,
                json.dumps([people[index].id_number for index in name.investors]),
                None if name.transferred_to is None else people[name.transferred_to].id_number,
                name.reservation,
                None if name.expires_on is None else name.expires_on.isoformat(),
            )
        )
    return rows
