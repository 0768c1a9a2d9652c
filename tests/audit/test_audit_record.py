"""The public leaf: complete for an auditor, empty of persons, one byte string for one decision, within the limit."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical
from audit.commitment import (
    FieldOpening,
    FieldTree,
    Opening,
    commit,
    field_salt,
    fields_of,
    open_field,
    verify_field,
    verify_opening,
)
from audit.decision_leaf import decision_record
from audit.errors import LeafTooLongError, MalformedError, NotInLogError, ProofError
from audit.plain import moment_text, plain, read_moment
from audit.record import OfficerAct, licence_record, officer_record, read_record, rule_set_record
from engine.model import Disagreement, Outcome, Place
from rules.case_files import base
from rules.model import LegalBasis, Text
from verifiers.model import Failure

SALT = bytes(range(32))


def _rebuild(case, **changed):
    decision = replace(case.decision, **{key: value for key, value in changed.items() if key != "evidence"})
    evidence = changed.get("evidence", case.evidence)
    return decision_record(
        decision, case.application, evidence, case.inputs.circumstances, case.inputs.salt, case.inputs.case
    )


def _personal_values(document):
    """Everything about a person or what they chose: all text and all sums of money of the application."""
    dull = {
        "00013112700401",
        "00013112800001",
        "370784-GRDZ-01",
        "370784",
        "CHN",
        "resident_id",
        "none",
        "p1",
        "p2",
        "p3",
        "p4",
    }
    for pointer, value in fields_of(document):
        if pointer.endswith(("/province", "/city", "/county")):
            continue  # the same for everybody here, and in the names of local rules
        if isinstance(value, str) and len(value.encode()) >= 4 and value not in dull and not _is_vocabulary(value):
            yield pointer, value
        elif type(value) is int and value > 10_000:
            yield pointer, str(value)


def _is_vocabulary(value: str) -> bool:
    """Words of the form itself (director, currency, ...) stand in rule texts too and say nothing of anyone."""
    return value.isascii() and value.replace("_", "").isalpha() and value.islower()


@pytest.mark.parametrize("name", ["llc", "individual", "sole_proprietorship"])
def test_no_personal_value_is_in_the_leaf_not_even_as_a_plain_digest(office, name):
    """Names, numbers, telephones, addresses, sums: also where every rule is broken and every notice quotes them."""
    patch = {
        "declarations": {"truthful": False},
        "people": {"1": {"id_number": "370784199508120030"}} if name == "llc" else {"0": {"id_valid_to": "2020-01-01"}},
    }
    for case in (office.case(name), office.case(name, patch=patch)):
        document = json.loads(case.raw)
        personal = list(_personal_values(document))
        assert {"name", "id_number", "mobile", "home_address"} <= {pointer.rsplit("/", 1)[1] for pointer, _ in personal}
        for pointer, value in personal:
            for trace in (value, value[:17] if value[:17].isdigit() else value, json.dumps(value)[1:-1]):
                assert trace.encode() not in case.record.leaf, pointer
            for unsalted in (value.encode(), canonical(value)):
                assert hashlib.sha256(unsalted).hexdigest().encode() not in case.record.leaf, pointer
        for one in case.evidence:
            for digest in (one.request_digest, hashlib.sha256((one.response or "").encode()).hexdigest()):
                assert digest.encode() not in case.record.leaf
        for finding in case.decision.findings:
            for place in finding.places:
                assert place.notice.zh.encode() not in case.record.leaf
        for digest in (case.application.raw_digest, case.application.content_digest):
            assert digest.encode() not in case.record.leaf


def test_a_leaf_names_rule_version_basis_result_and_place(office):
    case = office.case("llc", patch={"shareholders": {"1": {"due_on": "2033-01-01"}}})
    content = json.loads(case.record.leaf)
    assert content["outcome"] == "fix"
    violated = [one for one in content["findings"] if one.get("result") == "violated" and one["effect"] == "fix"]
    assert any(place["at"].startswith("/shareholders/1") for one in violated for place in one["places"])
    for one in content["findings"]:
        assert {"rule", "from", "basis"} < one.keys()
        assert {"result", "effect"} <= one.keys() or one["sensitive"]
        assert one["basis"]
    assert [one["rule"] for one in content["findings"]] == sorted(one["rule"] for one in content["findings"])
    assert content["rule_set"] == case.decision.rule_set_digest
    assert len(content["evidence"]) == len(case.evidence)


def test_the_same_decision_has_the_same_bytes_and_another_salt_other_commitments(office):
    case = office.case()
    assert _rebuild(case).leaf == case.record.leaf
    other = decision_record(case.decision, case.application, case.evidence, case.inputs.circumstances, SALT)
    assert other.content["submission"] != case.record.content["submission"]
    assert other.content["application"]["root"] != case.record.content["application"]["root"]
    assert other.content["findings"][0]["result"] == case.record.content["findings"][0]["result"]


def test_the_order_of_findings_is_part_of_the_record(office):
    case = office.case()
    assert _rebuild(case, findings=case.decision.findings[::-1]).leaf != case.record.leaf


def test_a_failure_keeps_its_kind_and_a_silent_source_has_no_response(office):
    case = office.case("llc", silent=("court",))
    failed = [one for one in case.record.content["evidence"] if one["verifier"] == "court"]
    assert {one["failure"] for one in failed} == {Failure.UNAVAILABLE.value}
    assert case.record.content["outcome"] == "waiting"


def _listed(office, claim, at="/people/1"):
    """A case in which a source says `claim` of the second person alone."""
    answers = base("llc")[1]
    verifier = claim.pop("verifier")
    known = next(one for one in answers if (one.verifier, one.subject) == (verifier, at))
    return office.case("llc", answers=[replace(known, value={**known.value, **claim})])


@pytest.mark.parametrize(
    "claim",
    [
        {"verifier": "court", "capacity": "limited"},
        {"verifier": "population", "alive": False},
    ],
    ids=lambda claim: claim["verifier"],
)
def test_the_leaf_does_not_tell_what_a_court_or_a_death_record_says_of_the_second_person(office, claim):
    quiet, case = office.case("llc"), _listed(office, dict(claim))
    assert case.decision.outcome is not Outcome.APPROVED
    broken = {one.rule for one in case.decision.findings if one.places} - {
        one.rule for one in quiet.decision.findings if one.places
    }
    shown = {one["rule"]: one for one in case.record.content["findings"]}
    before = {one["rule"]: one for one in quiet.record.content["findings"]}
    assert broken
    for rule in broken:
        assert set(shown[rule]) == set(before[rule]) == {"rule", "from", "basis", "sensitive", "said"}
        assert shown[rule]["said"] != before[rule]["said"]
    # Nothing but the commitments, the outcome and the answers' digests tells the two leaves apart.
    for rule in shown.keys() - broken:
        if "sensitive" not in shown[rule]:
            assert {**shown[rule], "places": 0, "required": 0} == {**before[rule], "places": 0, "required": 0}


def test_a_declared_office_is_not_told_either_and_its_commitment_opens(office):
    case = office.case("llc", patch={"people": {"1": {"barred_office": "civil_servant"}}})
    place, finding = next(
        (place, one)
        for place, one in enumerate(case.decision.findings)
        if one.places and one.places[0].at.endswith("barred_office")
    )
    assert finding.sensitive
    shown = case.record.content["findings"][place]
    assert shown.keys() == {"rule", "from", "basis", "sensitive", "said"}
    said = {
        "result": finding.result.value,
        "effect": finding.effect,
        "unanswered": [],
        "required": plain(finding.required),
        "places": [
            {"at": one.at, "observed": plain(one.observed), "notice": plain(one.notice), "remedy": plain(one.remedy)}
            for one in finding.places
        ],
    }
    verify_opening(open_field(case.inputs.salt, f"/findings/{place}/said", said), shown["said"])


def test_a_disagreement_is_on_record(office):
    case = office.case()
    record = _rebuild(case, disagreements=(Disagreement("C03", "violated", "satisfied"),), outcome=Outcome.REFERRED)
    assert record.content["disagreements"][0]["rule"] == "C03"
    assert b'"outcome":"referred"' in record.leaf


def _place(number: int) -> Place:
    text = Text(zh="很长的说明" * 20, en="a long sentence " * 10)
    return Place(f"/shareholders/{number}/due_on", {"shareholders.due_on": f"{number}"}, text, text)


def test_bulky_places_and_evidence_are_held_by_digest_and_everything_else_stays(office):
    case = office.case()
    first = replace(case.decision.findings[0], places=tuple(_place(number) for number in range(400)))
    findings = (first, *case.decision.findings[1:])
    record = _rebuild(case, findings=findings)
    assert len(record.leaf) <= 65_535
    assert record.content["findings"][0]["places"]["count"] == 400
    assert len(record.content["evidence"]) == len(case.evidence)
    changed = replace(first, places=(*first.places[:-1], _place(999)))
    assert _rebuild(case, findings=(changed, *findings[1:])).leaf != record.leaf
    many = _rebuild(case, evidence=case.evidence * 12)
    assert many.content["evidence"]["count"] == len(case.evidence) * 12
    with pytest.raises(LeafTooLongError, match="findings are too many"):
        _rebuild(case, findings=findings * 10)


def test_a_value_no_record_can_hold_is_refused(office):
    case = office.case()
    bent = replace(_place(0), observed={"capital": 0.1})
    with pytest.raises(MalformedError, match="float"):
        _rebuild(case, findings=(replace(case.decision.findings[0], places=(bent,)),))


AT = datetime(2026, 11, 22, 8, 0, 0, 5, tzinfo=UTC)
BASIS = LegalBasis(law="行政许可法", version="2019-04-23", article="38", paragraph=2)


def test_the_other_kinds_read_back(office):
    item = office.book.item("00013112700401", date(2026, 11, 20))
    act = OfficerAct("refusal", "officer-7", 3, {"zh": "理由：甄范本", "en": "…"}, (BASIS,), item.remedies, AT)
    records = [
        licence_record(jti="L-1", uscc="91370784MA00000016", jws="a.b.c", decision_index=3, issued_at=AT),
        officer_record(act, SALT),
        rule_set_record(office.book.rule_set(item.code, AT.date()).identity, office.book.digest, AT),
        office.case().record,
    ]
    for record in records:
        assert read_record(record.leaf).content == json.loads(record.leaf) == record.content
    assert [one.kind for one in records] == ["licence", "officer", "rule_set", "decision"]
    assert "甄范本".encode() not in records[1].leaf
    opening = open_field(SALT, "/reasons", {"zh": "理由：甄范本", "en": "…"})
    verify_opening(opening, records[1].content["reasons"])
    assert b"officer-7" not in records[1].leaf
    verify_opening(open_field(SALT, "/officer", "officer-7"), records[1].content["officer"])


@pytest.mark.parametrize(
    "change", [{"act": "delay"}, {"reasons": {}}, {"articles": ()}, {"remedies": ()}], ids=lambda one: next(iter(one))
)
def test_an_officer_states_reasons_articles_and_remedies(office, change):
    item = office.book.item("00013112700401", date(2026, 11, 20))
    act = OfficerAct("refusal", "officer-7", 3, {"zh": "理由", "en": "…"}, (BASIS,), item.remedies, AT)
    with pytest.raises(MalformedError):
        officer_record(replace(act, **change), SALT)
    officer_record(replace(act, act="approval", articles=(), remedies=()), SALT)


@pytest.mark.parametrize(
    "leaf", [b"{}", b"[]", b'{"kind":"gift","v":1}', b'{"kind":"licence","v":2}', b'{"kind": "licence"}']
)
def test_what_is_no_record_is_refused(leaf):
    with pytest.raises(MalformedError):
        read_record(leaf)


# Commitments.

values = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
)
documents = st.dictionaries(
    st.text("abc/~", max_size=3),
    st.recursive(values, lambda inner: st.lists(inner, max_size=4), max_leaves=8),
    max_size=5,
)


@given(documents, st.data())
def test_any_field_opens_alone_and_no_other_value_does(document, data):
    tree = FieldTree(SALT, document, "/application")
    pointer, value = data.draw(st.sampled_from(sorted(fields_of(document, "/application"), key=lambda one: one[0])))
    shown = tree.open(pointer)
    assert shown.opening.value == value
    verify_field(shown, tree.root, tree.count)
    for wrong in (
        replace(shown.opening, value=[value]),
        replace(shown.opening, salt=field_salt(SALT, pointer + "x")),
        replace(shown.opening, pointer=pointer + "/x"),
        replace(shown.opening, salt=shown.opening.salt[:-1]),
    ):
        with pytest.raises(ProofError):
            verify_field(FieldOpening(wrong, shown.index, shown.path), tree.root, tree.count)


def test_a_field_is_opened_against_a_real_record(office):
    case = office.case()
    tree = FieldTree(case.inputs.salt, case.application.document, "/application")
    assert case.record.content["application"] == {"fields": tree.count, "root": tree.root}
    shown = tree.open("/application/people/1/id_number")
    verify_field(shown, tree.root, tree.count)
    others = [value for pointer, value in fields_of(case.application.document) if "/people/0" in pointer]
    assert not any(str(value) in repr(shown) for value in others if len(str(value)) > 3)
    with pytest.raises(NotInLogError, match="no field"):
        tree.open("/application/people/1")


def test_an_opening_fits_its_commitment_only():
    commitment = commit(SALT, "/a", "value")
    verify_opening(open_field(SALT, "/a", "value"), commitment)
    for wrong in (
        open_field(SALT, "/b", "value"),
        open_field(SALT, "/a", "other"),
        open_field(bytes(32), "/a", "value"),
        Opening("/a", b"short", "value"),
    ):
        with pytest.raises(ProofError):
            verify_opening(wrong, commitment)
    with pytest.raises(MalformedError, match="32 random bytes"):
        commit(b"short", "/a", "value")


def test_true_and_one_are_not_the_same_value():
    assert commit(SALT, "/a", value=True) != commit(SALT, "/a", 1)


# Plain values and moments.


def test_moments_are_written_one_way():
    beijing = timezone(timedelta(hours=8))
    assert moment_text(datetime(2026, 11, 22, 16, 0, tzinfo=beijing)) == "2026-11-22T08:00:00.000000Z"
    assert read_moment("2026-11-22T08:00:00.000005Z", "it") == AT
    for text in ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00.5Z", "2026-13-01T00:00:00.000000Z", None, 5):
        with pytest.raises(MalformedError, match="it is"):
            read_moment(text, "it")
    with pytest.raises(MalformedError, match="time zone"):
        moment_text(datetime(2026, 11, 22))  # noqa: DTZ001 - the missing time zone is the case


def test_plain_values():
    assert plain({"on": date(2026, 1, 2), "list": (Outcome.FIX, AT)}) == {
        "on": "2026-01-02", "list": ["fix", "2026-11-22T08:00:00.000005Z"],
    }  # fmt: skip
    with pytest.raises(MalformedError, match="set"):
        plain({"a": {1}})
