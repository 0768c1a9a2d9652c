"""The sources as a real service on loopback: first what a citizen and the approval service do, then each fault."""

import asyncio
import hashlib
import json
import logging
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.verifiers.conftest import Registries
from tests.verifiers.made_answers import NOW, subjects_of
from verifiers.breaker import Breakers
from verifiers.catalogue import BY_KEY, questions
from verifiers.client import SourceClient
from verifiers.failure import Failure
from verifiers.gather import gather
from verifiers.keys import SourceKeys
from verifiers.model import Evidence, NameSubject, PersonSubject, Subjects
from verifiers.registries import County, create_app
from verifiers.registries.county import ANCHOR
from verifiers.registries.database import _made_from, open_database
from verifiers.registries.signing import SourceSigners

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]
SOURCES = list(BY_KEY)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ask(client: SourceClient, keys: SourceKeys):
    async def run(subjects: Subjects, **options) -> dict[tuple[str, str], Evidence]:
        options = {"clock": lambda: NOW, "deadline": timedelta(seconds=5), **options}
        evidence = await gather(questions(subjects), client=client, keys=keys, **options)
        return {(piece.verifier, piece.subject): piece for piece in evidence}

    return run


def fresh(digest_of: str) -> str:
    """A digest of content that no other test confirms."""
    return hashlib.sha256(digest_of.encode()).hexdigest()


# What happens each day.


async def test_two_people_confirm_and_every_source_agrees(registries: Registries, ask, county: County) -> None:
    subjects = subjects_of(county, (0, 1), fresh("user case"))
    for person in subjects.people:
        assert await registries.confirm(person, subjects.content_digest) == 201
    evidence = await ask(subjects)
    assert len(evidence) == 10
    assert {piece.failure for piece in evidence.values()} == {None}
    for key in ("/people/0", "/people/1"):
        assert evidence["population", key].value == dict.fromkeys(("found", "name_matches", "alive", "id_valid"), True)
        assert evidence["real_name", key].value == {
            "confirmed": True,
            "content_matches": True,
            "roles_match": True,
            "face_consent_refused": False,
        }
        assert evidence["court", key].value["capacity"] == "full"
    name = evidence["name_registry", "/entity/name"].value
    assert name == {
        "same": [],
        "recently_given_up": [],
        "full_name_of_another": [],
        "similar": [],
        "reservation": None,
    }
    place = evidence["address_library", "/premises"].value
    assert (place["exists"], place["class"], place["entities"]) == (True, "commercial", 0)


async def test_only_the_second_person_did_not_confirm(registries: Registries, ask, county: County) -> None:
    subjects = subjects_of(county, (2, 3), fresh("second"))
    await registries.confirm(subjects.people[0], subjects.content_digest)
    evidence = await ask(subjects)
    assert evidence["real_name", "/people/0"].value["confirmed"] is True
    assert evidence["real_name", "/people/1"].value["confirmed"] is False


async def test_other_content_and_other_roles_are_told_apart(registries: Registries, ask, county: County) -> None:
    subjects = subjects_of(county, (4, 5), fresh("final"))
    await registries.confirm(subjects.people[0], fresh("draft"))
    await registries.confirm(subjects.people[1], subjects.content_digest, ["liaison"])
    evidence = await ask(subjects)
    one, other = (evidence["real_name", f"/people/{index}"].value for index in (0, 1))
    assert (one["confirmed"], one["content_matches"], one["roles_match"]) == (True, False, True)
    assert (other["confirmed"], other["content_matches"], other["roles_match"]) == (True, True, False)


async def test_nobody_confirms_for_the_dead_the_unknown_or_under_another_name(
    registries: Registries, county: County
) -> None:
    for person in (county.with_property("deceased"), county.stranger(1), replace(county.person(7), name="李示错")):
        subject = PersonSubject("/people/0", person.name, person.id_type, person.id_number, ("operator",))
        assert await registries.confirm(subject, fresh("none")) == 422


@pytest.mark.parametrize(
    ("held", "source", "expected"),
    [
        ("deceased", "population", {"found": True, "alive": False}),
        ("id_expired", "population", {"alive": True, "id_valid": False}),
        ("face_consent_refused", "real_name", {"face_consent_refused": True, "confirmed": False}),
        ("dishonest", "court", {"dishonest": True, "dishonest_for_debt": False}),
        ("dishonest_for_debt", "court", {"dishonest": True, "dishonest_for_debt": True}),
        ("limited_capacity", "court", {"capacity": "limited"}),
        ("no_capacity", "court", {"capacity": "none"}),
        ("economic_crime_recent", "court", {"economic_crime_until": ANCHOR - timedelta(days=700)}),
        ("economic_crime_serving", "court", {"economic_crime_serving": True}),
        ("probation_recent", "court", {"probation_ended_on": ANCHOR - timedelta(days=200)}),
        ("political_rights_deprived", "court", {"political_rights_deprived": True}),
        ("political_rights_restored_recently", "court", {"political_rights_restored_on": ANCHOR - timedelta(days=600)}),
        ("bankruptcy_liable_recently", "court", {"bankruptcy_liable_on": ANCHOR - timedelta(days=400)}),
        ("pending_suit", "court", {"pending_suit_on_materials": True}),
        ("revoked_representative", "earlier_registrations", {"revoked_as_representative_on": date(2025, 7, 8)}),
        ("false_registration", "earlier_registrations", {"false_registration_on": ANCHOR - timedelta(days=400)}),
        ("seriously_illegal", "earlier_registrations", {"seriously_illegal_on": ANCHOR - timedelta(days=300)}),
        ("many_businesses", "earlier_registrations", {"individual_businesses": 12}),
        ("frequent_registrations", "earlier_registrations", {"registered_last_30_days": 9}),
        ("hk_macao_resident", "population", {"found": True, "name_matches": True}),
        ("foreigner", "population", {"found": True, "name_matches": True}),
    ],
)
async def test_what_is_held_against_the_second_person_comes_back(ask, county: County, held, source, expected) -> None:
    subjects = subjects_of(county)
    person = county.with_property(held)
    second = PersonSubject("/people/1", person.name, person.id_type, person.id_number, ("shareholder",))
    evidence = await ask(replace(subjects, people=(subjects.people[0], second)))
    assert expected.items() <= evidence[source, "/people/1"].value.items()
    assert not expected.items() <= evidence[source, "/people/0"].value.items() or source == "population"


async def test_a_wrong_name_and_an_unknown_number(ask, county: County) -> None:
    subjects, stranger = subjects_of(county), county.stranger(3)
    people = (
        replace(subjects.people[0], name="王示错"),
        PersonSubject("/people/1", stranger.name, stranger.id_type, stranger.id_number, ()),
    )
    evidence = await ask(replace(subjects, people=people))
    assert evidence["population", "/people/0"].value["name_matches"] is False
    assert evidence["population", "/people/1"].value["found"] is False


async def test_a_code_does_not_lend_itself_to_another_place(ask, county: County) -> None:
    subjects = subjects_of(county)
    here, elsewhere = subjects.address, county.free_address("commercial", 9)
    for address, exists in (
        (here, True),
        (replace(here, code=None), True),
        (replace(here, parts=()), True),
        (replace(here, code=elsewhere.code), False),
        (replace(here, code=None, parts=(*here.parts[:-1], "999号")), False),
        (replace(here, code="' OR 1=1 --"), False),
    ):
        evidence = await ask(replace(subjects, address=address))
        assert evidence["address_library", "/premises"].value["exists"] is exists


# Names (名 15, 17, 18; N18 to N20).


async def name_record(ask, county: County, full: str, applicants=(), reservation=None, *, division="370784"):
    name = NameSubject("/entity/name", full, division, tuple(applicants), reservation)
    evidence = await ask(replace(subjects_of(county), name=name))
    return evidence["name_registry", "/entity/name"].value


async def test_a_name_on_record_is_the_same_in_any_order_and_form(ask, county: County) -> None:
    taken = next(
        n for n in county.names() if n.status == "registered" and n.registry == "370784" and n.industry == "商贸"
    )
    for full in (
        taken.full,
        f"{taken.trade_name}（安丘）商贸有限公司",
        f"潍坊{taken.trade_name}贸易有限责任公司",
        f"安丘市{taken.trade_name}商贸经营部",
    ):
        record = await name_record(ask, county, full)
        assert taken.full in [match["full"] for match in record["same"]], full
    for full in (
        f"安丘市{taken.trade_name[::-1]}商贸有限公司",  # an anagram is another name
        f"安丘市{taken.trade_name}软件有限公司",  # another industry
    ):
        record = await name_record(ask, county, full)
        assert taken.full not in [match["full"] for match in record["same"]], full
    record = await name_record(ask, county, taken.full, division="370202")  # another city's registry
    assert record["same"] == []


async def test_a_name_without_an_industry_stands_in_the_way_of_every_industry(ask, county: County) -> None:
    plain = next(n for n in county.names() if not n.industry and n.registry == "370784")
    record = await name_record(ask, county, f"安丘市{plain.trade_name}软件有限公司")
    assert [match["full"] for match in record["same"]] == [plain.full]


async def test_who_invested_is_told(ask, county: County) -> None:
    taken = county.name_with_status("registered")
    investor = county.person(taken.investors[1]).id_number
    for applicants, invested in (((), False), ((county.person(1).id_number, investor), True)):
        record = await name_record(ask, county, taken.full, applicants)
        (match,) = [m for m in record["same"] if m["full"] == taken.full]
        assert match["invested_by_applicant"] is invested


@pytest.mark.parametrize("status", ["cancelled", "changed", "rescinded"])
async def test_a_name_given_up_counts_for_a_year(ask, county: County, status: str) -> None:
    given_up = [n for n in county.names() if n.status == status and n.registry == "370784" and n.industry]
    lately = next(n for n in given_up if n.since > ANCHOR - timedelta(days=365))
    long_ago = next(n for n in given_up if n.since < ANCHOR - timedelta(days=366))
    record = await name_record(ask, county, lately.full)
    assert [(m["status"], m["since"]) for m in record["recently_given_up"]] == [(status, lately.since)]
    assert record["same"] == []
    assert (await name_record(ask, county, long_ago.full))["recently_given_up"] == []


async def test_a_revoked_licence_keeps_its_name(ask, county: County) -> None:
    revoked = county.name_with_status("revoked")
    assert [m["status"] for m in (await name_record(ask, county, revoked.full))["same"]] == ["revoked"]


async def test_a_transfer_of_the_name_is_told(ask, county: County) -> None:
    given = next(
        n
        for n in county.names()
        if n.transferred_to is not None and n.since > ANCHOR - timedelta(days=300) and n.registry == "370784"
    )
    heir = county.person(given.transferred_to).id_number
    (match,) = (await name_record(ask, county, given.full, [heir]))["recently_given_up"]
    assert match["transferred_to_applicant"] is True


async def test_a_reservation_is_the_holders(ask, county: County) -> None:
    reserved = next(n for n in county.names() if n.status == "reserved" and n.expires_on > ANCHOR)
    holder = county.person(reserved.investors[0]).id_number
    record = await name_record(ask, county, reserved.full, [holder], reserved.reservation)
    assert record["reservation"] == {
        "number": reserved.reservation,
        "holder_is_applicant": True,
        "expires_on": reserved.expires_on,
    }
    assert record["same"] == []
    other = await name_record(ask, county, reserved.full, [county.person(1).id_number], reserved.reservation)
    assert other["reservation"]["holder_is_applicant"] is False
    assert [m["status"] for m in other["same"]] == ["reserved"]
    assert (await name_record(ask, county, reserved.full, [holder], "MB0"))["reservation"] is None


async def test_a_lapsed_reservation_bars_nobody(ask, county: County) -> None:
    lapsed = next(n for n in county.names() if n.status == "reserved" and n.expires_on < ANCHOR)
    record = await name_record(ask, county, lapsed.full)
    assert lapsed.full not in [match["full"] for match in (*record["same"], *record["similar"])]


async def test_who_refused_the_face_check_may_be_confirmed_at_the_counter(
    ask, registries: Registries, county: County
) -> None:
    person = county.with_property("face_consent_refused")
    subjects = subjects_of(county, digest=fresh("at the counter"))
    second = PersonSubject("/people/1", person.name, person.id_type, person.id_number, ("shareholder",))
    subjects = replace(subjects, people=(subjects.people[0], second))
    assert await registries.confirm(second, subjects.content_digest) == 201
    record = (await ask(subjects))["real_name", "/people/1"].value
    assert record == {"confirmed": True, "content_matches": True, "roles_match": True, "face_consent_refused": True}


async def test_the_most_people_that_a_form_takes_are_answered_for(ask, county: County) -> None:
    evidence = await ask(subjects_of(county, people=range(150)))
    assert {one.failure for one in evidence.values()} == {None}
    assert len(evidence) == 4 * 150 + 2


async def test_anothers_full_name_inside_a_name_is_found(ask, county: County) -> None:
    inside = county.name_with_status("registered", 3).full
    record = await name_record(ask, county, f"安丘市{inside}小吃店")
    assert inside in [match["full"] for match in record["full_name_of_another"]]


async def test_homophones_are_told_and_are_not_the_same(ask, county: County) -> None:
    taken = next(
        n
        for n in county.names()
        if n.trade_name.startswith("禾") and n.industry and n.registry == "370784" and n.status == "registered"
    )
    full = taken.full.replace("禾", "和")
    record = await name_record(ask, county, full)
    assert taken.full in [match["full"] for match in record["similar"]]
    assert taken.full not in [match["full"] for match in record["same"]]


@pytest.mark.parametrize("full", ["'; DROP TABLE names; --", "%", "*?[", "红" * 100, "（）（）", "\u202e安丘"])
async def test_no_name_breaks_the_library(ask, county: County, full: str) -> None:
    assert (await name_record(ask, county, full))["same"] == []


# Faults.


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("down", Failure.UNAVAILABLE),
        ("wrong_signature", Failure.UNTRUSTED),
        ("stale", Failure.STALE),
        ("garbage", Failure.UNREADABLE),
        ("contradicting", Failure.MISMATCH),
        ("other_person", Failure.MISMATCH),
    ],
)
@pytest.mark.parametrize("source", SOURCES)
async def test_each_fault_of_each_source_is_its_failure_and_harms_no_other(
    registries: Registries, ask, subjects: Subjects, source: str, fault: str, failure: Failure
) -> None:
    await registries.fault(source, fault)
    evidence = await ask(subjects)
    for (verifier, _), piece in evidence.items():
        assert piece.failure is (failure if verifier == source else None)
    await registries.fault(source, "none")
    assert {piece.failure for piece in (await ask(subjects)).values()} == {None}


async def test_a_slow_source_is_waited_for_until_the_deadline(registries: Registries, ask, subjects: Subjects) -> None:
    await registries.fault("court", "slow", ms=50)
    assert (await ask(subjects))["court", "/people/0"].failure is None
    await registries.fault("court", "slow", ms=20_000)
    started = time.monotonic()
    evidence = await ask(subjects, deadline=timedelta(milliseconds=300))
    assert time.monotonic() - started < 3
    assert {piece.verifier for piece in evidence.values() if piece.failure} == {"court"}


async def test_a_broken_connection_is_unavailable(registries: Registries, ask, subjects: Subjects) -> None:
    await registries.fault("court", "down", mode="refuse")
    piece = (await ask(subjects))["court", "/people/1"]
    assert (piece.failure, piece.attempts) == (Failure.UNAVAILABLE, 3)
    assert "no connection" in piece.detail


async def test_a_flapping_source_is_answered_for_by_the_second_attempt(registries, ask, subjects: Subjects) -> None:
    await registries.fault("court", "flapping")
    piece = (await ask(subjects))["court", "/people/0"]
    assert (piece.failure, piece.attempts) == (None, 2)


async def test_a_source_that_comes_back_is_found_by_the_breaker(registries, ask, subjects: Subjects) -> None:
    breakers = Breakers(threshold=1, rest=timedelta(0))
    await registries.fault("court", "down")
    assert (await ask(subjects, breakers=breakers))["court", "/people/0"].failure is Failure.UNAVAILABLE
    await registries.fault("court", "none")
    assert (await ask(subjects, breakers=breakers))["court", "/people/0"].failure is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"fault": "on fire"},
        {"fault": "slow", "ms": -1},
        {"fault": "slow", "ms": 0.5},
        {"fault": "none", "x": 1},
        [],
        "x",
    ],
)
async def test_a_fault_that_is_none_is_refused(registries: Registries, document) -> None:
    async with registries.session.post(f"{registries.url}/faults/court", json=document) as reply:
        assert reply.status == 400
        assert reply.content_type == "application/problem+json"
    async with registries.session.get(f"{registries.url}/faults/court") as reply:
        assert (await reply.json())["fault"] == "none"


# Bad requests, and what the service shows of itself.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"requests":[]}',
        b'{"requests":[{"request_digest":"x","body":{}}]}',
        b'{"requests":[{"body":{}}]}',
        b'{"requests":[{"request_digest":"' + b"a" * 64 + b'","body":{}}]}',
        b'{"requests":[{"request_digest":"' + b"a" * 64 + b'","body":{"id_number":1,"id_type":"x"}}]}',
        b'{"requests":1,"requests":1}',
        b"\xff",
        b"[" * 50_000,
    ],
)
@pytest.mark.parametrize("source", SOURCES)
async def test_a_question_that_cannot_be_read_is_a_problem_document(
    registries: Registries, source: str, body: bytes
) -> None:
    async with registries.session.post(f"{registries.url}/v1/{source}", data=body) as reply:
        assert reply.status == 400
        assert (await reply.json())["detail"]


async def test_a_confirmation_that_cannot_be_read_is_a_problem_document(registries: Registries) -> None:
    for document in ({}, {"id_number": "1", "name": "x", "content_digest": "zz", "roles": []}, []):
        async with registries.session.post(f"{registries.url}/v1/real_name/confirmations", json=document) as reply:
            assert reply.status == 400


async def test_an_unknown_source_is_not_found(registries: Registries) -> None:
    async with registries.session.post(f"{registries.url}/v1/tax", json={}) as reply:
        assert reply.status == 404
    async with registries.session.post(f"{registries.url}/faults/tax", json={"fault": "none"}) as reply:
        assert reply.status == 404


async def test_the_shown_keys_are_the_pinned_ones(registries: Registries, keys: SourceKeys) -> None:
    async with registries.session.get(f"{registries.url}/keys") as reply:
        assert SourceKeys.from_document(await reply.json()).digest == keys.digest


async def test_nothing_personal_is_logged(registries: Registries, ask, county: County, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    subjects = subjects_of(county, (8, 9), fresh("log"))
    await registries.confirm(subjects.people[0], subjects.content_digest)
    await ask(subjects)
    assert "asked population" in caplog.text
    for person in subjects.people:
        assert person.name not in caplog.text
        assert person.id_number not in caplog.text


async def test_the_switch_can_be_left_out(database: Path, signers: SourceSigners, county: County) -> None:
    app = create_app(database, signers, county=county, faults=False)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        reply = await session.post(server.make_url("/faults/court"), json={"fault": "down"})
        assert reply.status == 404


async def test_a_confirmation_survives_a_restart(tmp_path: Path, database: Path, signers, county: County, keys) -> None:
    copy = tmp_path / "county.db"
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    subjects = subjects_of(county, (10,), fresh("restart"))
    for step in ("confirm", "ask"):
        async with TestServer(create_app(copy, signers, county=county, clock=lambda: NOW)) as server:
            url = str(server.make_url("")).rstrip("/")
            async with aiohttp.ClientSession() as session, SourceClient(url) as client:
                if step == "confirm":
                    assert await Registries(url, session).confirm(subjects.people[0], subjects.content_digest) == 201
                else:
                    queries = BY_KEY["real_name"].queries(subjects)
                    (piece,) = await gather(queries, client=client, keys=keys, clock=lambda: NOW)
                    assert piece.value["content_matches"] is True


# The process of its own.


@pytest.fixture
async def process(tmp_path: Path, database: Path) -> AsyncIterator[tuple[int, Path]]:
    program = (
        "import sys; from pathlib import Path; from verifiers.registries import run\n"
        "run('127.0.0.1', 0, Path(sys.argv[1]), Path(sys.argv[2]), ready=lambda port: print(port, flush=True))"
    )
    copy = tmp_path / "county.db"
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    arguments = [sys.executable, "-c", program, str(copy), str(tmp_path / "keys")]
    started = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.PIPE, cwd=ROOT)
    assert started.stdout is not None
    port = int(await asyncio.wait_for(started.stdout.readline(), 30))
    yield port, tmp_path / "keys"
    started.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(started.wait(), 10) == 0


async def test_a_process_makes_its_keys_and_signs_with_them(process, county: County) -> None:
    port, folder = process
    assert {path.name for path in folder.iterdir()} == {*(f"{source}.pem" for source in SOURCES), "source-keys.json"}
    for source in SOURCES:
        assert oct((folder / f"{source}.pem").stat().st_mode & 0o777) == "0o600"
    async with SourceClient(f"http://127.0.0.1:{port}") as client:
        evidence = await gather(
            questions(subjects_of(county)),
            client=client,
            keys=SourceKeys.load(folder / "source-keys.json"),
            clock=lambda: datetime.now(UTC),
            deadline=timedelta(seconds=10),
        )
    assert {piece.failure for piece in evidence} == {None}


def test_keys_are_kept_from_start_to_start(tmp_path: Path) -> None:
    first = SourceSigners.kept_in(tmp_path, SOURCES).public_document()
    assert SourceSigners.kept_in(tmp_path, SOURCES).public_document() == first
    assert json.loads((tmp_path / "source-keys.json").read_text()) == first
    assert "d" not in (tmp_path / "source-keys.json").read_text().split('"')


def test_a_key_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "court.pem").write_bytes(pem)
    with pytest.raises(ValueError, match=r"court\.pem: not a P-256 key"):
        SourceSigners.kept_in(tmp_path, ["court"])


def test_the_database_is_kept_while_it_fits_and_made_anew_when_not(tmp_path: Path, database: Path) -> None:
    kept = Path(shutil.copy(database, tmp_path / "kept.db"))
    made = kept.stat().st_mtime_ns
    open_database(kept, County()).close()
    assert kept.stat().st_mtime_ns == made
    assert not _made_from(kept, County(seed=1))
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    connection = open_database(broken, County(seed=1))
    assert connection.execute("SELECT seed FROM made_from").fetchone()[0] == 1
    connection.close()
