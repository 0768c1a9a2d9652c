"""From a signed answer to evidence: each step, each failure, for each source, and the same again on replay."""

import copy
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.made_answers import CONTENT, GOOD, NOW, subjects_of
from verifiers.catalogue import BY_KEY, VERIFIERS, attest_again, questions
from verifiers.failure import Failure
from verifiers.keys import SourceKeys, decode
from verifiers.model import Evidence, Query, Subjects
from verifiers.registries import County
from verifiers.registries.signing import SourceSigners
from verifiers.signed_answer import LARGEST_ANSWER
from verifiers.source import subject_digest

SOURCES = list(BY_KEY)
FACTS = yaml.safe_load((Path(__file__).resolve().parents[2] / "rules" / "facts.yaml").read_text(encoding="utf-8"))
RECORDS = {
    "population": "population_record",
    "real_name": "real_name_record",
    "court": "court_record",
    "earlier_registrations": "history_record",
    "name_registry": "name_record",
    "address_library": "address_record",
}


def attest(query: Query, response: str, keys: SourceKeys) -> Evidence:
    evidence = BY_KEY[query.verifier].attest(query, response, asked_at=NOW, answered_at=NOW, keys=keys)
    assert (evidence.value is None) == (evidence.failure is not None)
    assert (evidence.detail == "") == (evidence.failure is None)
    assert attest_again(evidence, keys) == evidence
    return evidence


def first(subjects: Subjects, source: str) -> Query:
    return BY_KEY[source].queries(subjects)[0]


def test_two_people_confirmed_by_all_sources(subjects: Subjects, keys: SourceKeys, answer) -> None:
    for verifier in VERIFIERS:
        queries = verifier.queries(subjects)
        response = answer(queries)
        for query in queries:
            evidence = attest(query, response, keys)
            assert evidence.failure is None
            assert evidence.subject == query.subject
            assert evidence.as_of == NOW
            assert set(evidence.value) == set(GOOD[verifier.key])


def test_days_arrive_as_days(subjects: Subjects, keys: SourceKeys, answer) -> None:
    query = first(subjects, "earlier_registrations")
    assert attest(query, answer([query]), keys).value["seriously_illegal_on"] == date(2024, 2, 29)


def test_each_source_is_asked_what_it_needs_and_no_more(subjects: Subjects) -> None:
    asked = {query.verifier: set(query.body) for query in questions(subjects)}
    assert asked == {
        "population": {"name", "id_type", "id_number"},
        "real_name": {"id_type", "id_number", "content_digest", "roles"},
        "court": {"id_type", "id_number"},
        "earlier_registrations": {"id_type", "id_number"},
        "name_registry": {"full", "registry_division", "applicant_ids", "reservation_number"},
        "address_library": {"code", "parts"},
    }


def test_without_name_and_place_nobody_asks_for_them(subjects: Subjects) -> None:
    asked = questions(replace(subjects, name=None, address=None))
    assert {query.verifier for query in asked} == set(SOURCES) - {"name_registry", "address_library"}
    assert [query.subject for query in asked[:2]] == ["/people/0", "/people/1"]


def test_a_question_to_another_source_is_our_own_mistake(subjects: Subjects, keys: SourceKeys) -> None:
    with pytest.raises(ValueError, match="a question to court was given to population"):
        BY_KEY["population"].attest(first(subjects, "court"), "", asked_at=NOW, answered_at=NOW, keys=keys)


NULLABLE_HERE = {("address_record", "class"), ("address_record", "division_code")}  # null for a place unknown


def as_fact_type(schema: dict[str, Any], definitions: dict[str, Any]) -> str | dict[str, Any]:
    """Write a JSON Schema of a claim in the words of the fact schema."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        (inner,) = [option for option in schema["anyOf"] if option.get("type") != "null"]
        written = as_fact_type(inner, definitions)
        return f"{written}?" if isinstance(written, str) else {**written, "?": True}
    if schema["type"] == "array":
        return {"list": as_fact_type(schema["items"], definitions)}
    if schema["type"] == "object":
        assert set(schema["required"]) == set(schema["properties"])
        return {name: as_fact_type(member, definitions) for name, member in schema["properties"].items()}
    return "date" if schema.get("format") == "date" else {"integer": "number"}.get(schema["type"], schema["type"])


def expand(written: str) -> str | dict[str, Any]:
    """Write a type of the fact schema out, with the records it names."""
    if written.startswith("list<"):
        return {"list": expand(written[5:-1])}
    record = written.rstrip("?")
    if record not in FACTS["records"]:
        return written
    members = {name: expand(inner) for name, inner in FACTS["records"][record].items()}
    members |= {name: f"{members[name]}?" for of, name in NULLABLE_HERE if of == record}
    return {**members, "?": True} if written.endswith("?") else members


@pytest.mark.parametrize("source", SOURCES)
def test_claims_have_exactly_the_members_of_the_fact_schema(source: str) -> None:
    schema = BY_KEY[source].claim.model_json_schema()
    assert as_fact_type(schema, schema.get("$defs", {})) == expand(RECORDS[source])


# Failures, one by one.


@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_about_another_subject_is_a_mismatch(source, county: County, keys, answer) -> None:
    asked, other = subjects_of(county, (0, 1)), subjects_of(county, (2, 3))
    other = replace(
        other,
        name=replace(other.name, full=county.business_name(5).full),
        address=replace(other.address, code=county.address(5).code),
    )
    query, another = first(asked, source), first(other, source)
    digest = BY_KEY[source].identity(another.body)
    entries = [{"request_digest": query.digest, "subject_digest": subject_digest(digest), "claim": GOOD[source]}]
    evidence = attest(query, answer([query], answers=entries), keys)
    assert evidence.failure is Failure.MISMATCH
    assert "another subject" in evidence.detail


def test_the_second_of_two_people_is_looked_at_for_herself(
    subjects: Subjects, keys, signers: SourceSigners, answer
) -> None:
    queries = BY_KEY["population"].queries(subjects)
    only_first = attest(queries[1], answer(queries[:1]), keys)
    assert (only_first.failure, only_first.detail) == (Failure.MISMATCH, "answers other questions than this one")
    good = answer(queries)
    assert attest(queries[0], good, keys).failure is None
    entries = copy.deepcopy(_entries(good))
    entries[1]["claim"] = {**entries[1]["claim"], "alive": False}
    mixed = answer(queries, answers=entries)
    assert attest(queries[0], mixed, keys).value["alive"] is True
    assert attest(queries[1], mixed, keys).value["alive"] is False


def _entries(response: str) -> list[dict[str, Any]]:
    return json.loads(decode(response.split(".")[1]))["answers"]


def test_an_answer_given_twice_is_a_contradiction(subjects: Subjects, keys, answer) -> None:
    query = first(subjects, "population")
    entries = _entries(answer([query]))
    evidence = attest(query, answer([query], answers=entries + entries), keys)
    assert (evidence.failure, evidence.detail) == (Failure.MISMATCH, "answers this question more than once")


@pytest.mark.parametrize(
    ("source", "change", "said"),
    [
        ("population", {"found": False}, "not found, yet described"),
        ("real_name", {"confirmed": False}, "not confirmed, yet matching"),
        ("court", {"dishonest_for_debt": True}, "listed for a debt, yet not listed"),
        ("address_library", {"exists": False}, "described"),
        ("address_library", {"exists": False, "class": None, "division_code": None, "entities": 1}, "yet described"),
        ("address_library", {"class": None}, "not described"),
    ],
)
def test_a_claim_that_contradicts_itself_is_a_mismatch(source, change, said, subjects, keys, answer) -> None:
    query = first(subjects, source)
    evidence = attest(query, answer([query], {**GOOD[source], **change}), keys)
    assert evidence.failure is Failure.MISMATCH
    assert said in evidence.detail


MATCH = {
    "full": "安丘市红光商贸有限公司",
    "uscc": None,
    "status": "registered",
    "since": None,
    "invested_by_applicant": False,
    "transferred_to_applicant": False,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"same": [MATCH, {**MATCH, "status": "cancelled"}]}, "given up is listed as still borne"),
        ({"recently_given_up": [{**MATCH, "status": "cancelled", "since": "2026-05-01"}, MATCH]}, "listed as given up"),
        ({"recently_given_up": [{**MATCH, "status": "cancelled"}]}, "on no day"),
    ],
)
def test_a_name_cannot_be_borne_and_given_up(change, said, subjects, keys, answer) -> None:
    query = first(subjects, "name_registry")
    evidence = attest(query, answer([query], {**GOOD["name_registry"], **change}), keys)
    assert evidence.failure is Failure.MISMATCH
    assert said in evidence.detail


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("broken", ["missing", "extra", "null", "text", "number", "list"])
def test_a_claim_of_another_form_is_unreadable(source, broken, subjects, keys, answer) -> None:
    query, claim = first(subjects, source), dict(GOOD[source])
    member = next(iter(claim))
    if broken == "missing":
        del claim[member]
    elif broken == "extra":
        claim["Found"] = True
    else:
        claim[member] = {"null": None, "text": "true", "number": 1, "list": [1]}[broken]
    evidence = attest(query, answer([query], claim), keys)
    if source == "earlier_registrations" and broken == "null":
        assert evidence.failure is None  # null is a value there
    else:
        assert evidence.failure is Failure.UNREADABLE


@pytest.mark.parametrize(
    "day", ["2026-2-1", "20260201", "2026-02-30", "2026-02-01T00:00:00Z", "２０２６-02-01", 20260201, True]
)
def test_a_day_has_one_spelling(day, subjects, keys, answer) -> None:
    query = first(subjects, "court")
    evidence = attest(query, answer([query], {**GOOD["court"], "probation_ended_on": day}), keys)
    assert evidence.failure is Failure.UNREADABLE
    assert "probation_ended_on" in evidence.detail
    assert "2026" not in evidence.detail  # nothing of what the source said is repeated


def test_a_lone_surrogate_in_an_answer_is_unreadable(subjects, keys, answer) -> None:
    query = first(subjects, "name_registry")
    evidence = attest(query, answer([query], {**GOOD["name_registry"], "same": [{**MATCH, "full": "\ud800"}]}), keys)
    assert evidence.failure is Failure.UNREADABLE


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_has_its_own_limit_of_age(source, subjects, keys, answer) -> None:
    query, verifier = first(subjects, source), BY_KEY[source]
    for age, failure in ((verifier.stale_after, None), (verifier.stale_after + timedelta(seconds=1), Failure.STALE)):
        response = answer([query], as_of=int((NOW - age).timestamp()))
        assert attest(query, response, keys).failure is failure


@pytest.mark.parametrize(
    ("times", "failure"),
    [
        ({"iat": -121, "as_of": -121}, Failure.STALE),  # an answer kept from an earlier time
        ({"iat": -120, "as_of": -120}, None),
        ({"iat": 121, "as_of": 0}, Failure.MISMATCH),
        ({"iat": 120, "as_of": 0}, None),
        ({"iat": 0, "as_of": 1}, Failure.MISMATCH),
    ],
)
def test_the_time_of_signing_lies_around_the_question(times, failure, subjects, keys, answer) -> None:
    query = first(subjects, "population")
    seconds = {name: int((NOW + timedelta(seconds=offset)).timestamp()) for name, offset in times.items()}
    assert attest(query, answer([query], **seconds), keys).failure is failure


def test_a_confirmation_of_other_content_is_another_question(county: County, keys, answer) -> None:
    earlier, now = subjects_of(county, digest="cd" * 32), subjects_of(county, digest=CONTENT)
    response = answer(BY_KEY["real_name"].queries(earlier))
    assert attest(first(now, "real_name"), response, keys).failure is Failure.MISMATCH


# Whatever a source sends.


@given(st.sampled_from(SOURCES), st.text(max_size=200) | st.just("x" * (LARGEST_ANSWER + 1)))
def test_no_text_of_a_source_raises(source: str, text: str) -> None:
    subjects, signers = subjects_of(County()), SourceSigners.samples(BY_KEY)
    evidence = attest(first(subjects, source), text, SourceKeys.from_document(signers.public_document()))
    assert evidence.failure in {Failure.UNREADABLE, Failure.UNTRUSTED}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(source=st.sampled_from(SOURCES), data=st.data())
def test_no_signed_claim_raises(source: str, data: st.DataObject) -> None:
    query, signers = first(subjects_of(County()), source), SourceSigners.samples(BY_KEY)
    members = {name: st.just(value) | json_values for name, value in GOOD[source].items()}
    claim = data.draw(st.fixed_dictionaries(members))
    seconds = int(NOW.timestamp())
    digest = subject_digest(BY_KEY[source].identity(query.body))
    entries = [{"request_digest": query.digest, "subject_digest": digest, "claim": claim}]
    try:
        response = signers.sign(source, {"iss": source, "iat": seconds, "as_of": seconds, "answers": entries})
    except (UnicodeEncodeError, ValueError):  # the generator may draw what no source could even sign
        return
    evidence = attest(query, response, SourceKeys.from_document(signers.public_document()))
    assert evidence.failure in {None, Failure.UNREADABLE, Failure.MISMATCH}
    if evidence.failure is None:
        assert set(evidence.value) == set(GOOD[source])
