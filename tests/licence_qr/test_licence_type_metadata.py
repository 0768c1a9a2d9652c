import json
import re

import jsonschema
import pytest

from licence_qr import shape, strict_json
from licence_qr.claim_labels import LABELS, PRIVATE_LABELS
from licence_qr.claims import VCT_PATH, build
from licence_qr.sd_jwt_licence import _PRIVATE
from licence_qr.short_form import fitted
from licence_qr.transport import DICTIONARIES
from licence_qr.type_metadata import HOLDER_SCHEMA, claim_paths, document, type_metadata
from tests.licence_qr.cases import all_cases
from tests.licence_qr.specimens import COMPANY, ISS, KINDERGARTEN, LICENCE_KEY, SHOP, STUDIO, issuance, licence
from tests.licence_qr.synthetic_licences import draw
from tests.licence_qr.test_licence_verify import verdict_of

METADATA = type_metadata(ISS)
SCHEMA = jsonschema.Draft202012Validator(METADATA["schema"])
TOKENS = [licence(subject).claims for subject in (COMPANY, SHOP, STUDIO, KINDERGARTEN)]
TOKENS += [build(one.subject, one.issuance) for one in draw(4, 50)]
TOKENS += [fitted(build(one.subject, one.issuance), b"{}") for one in draw(4, 3, permits=30)]


def paths_of(value, way=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*way, name)
            yield from paths_of(member, (*way, name))
    elif isinstance(value, list):
        for element in value:
            yield from paths_of(element, (*way, None))


def test_every_claim_of_issued_tokens_has_labels_in_both_languages():
    told = {
        tuple(claim["path"]): {one["locale"]: one["label"] for one in claim["display"]} for claim in METADATA["claims"]
    }
    used = {path for claims in TOKENS for path in paths_of(claims)}
    assert len(used) > 40
    for path in used:
        assert set(told[path]) == {"zh-CN", "en"}, path
        assert re.search(r"[\u4e00-\u9fff]", told[path]["zh-CN"])
        assert told[path]["en"].isascii()


def test_the_labels_are_those_of_the_shape_and_of_nothing_else():
    assert set(LABELS) == set(claim_paths(shape.schema()))
    private = {("holder", name) for name in _PRIVATE.schema["properties"]}
    assert private < set(PRIVATE_LABELS)
    assert set(HOLDER_SCHEMA["properties"]) == set(_PRIVATE.schema["properties"])


def test_private_fields_are_always_and_printed_ones_never_selectively_disclosed():
    told = {tuple(claim["path"]): claim["sd"] for claim in METADATA["claims"]}
    assert {path for path, how in told.items() if how == "always"} == {
        ("holder", "id_number"),
        ("holder", "phone"),
        ("holder", "home_address"),
    }
    assert all(told[path] == "never" for path in LABELS)


@pytest.mark.parametrize("claims", TOKENS[:5] + TOKENS[-3:], ids=range(8))
def test_the_schema_takes_every_example(claims):
    jsonschema.Draft202012Validator.check_schema(METADATA["schema"])
    assert list(SCHEMA.iter_errors(json.loads(strict_json.write(claims)))) == []


def test_the_schema_and_the_shape_refuse_alike():
    """Whatever the schema refuses the shape refuses; the shape knows more (normal forms, days that never were)."""
    refused = 0
    for name, case in all_cases().items():
        found = verdict_of(case)
        if found.claims is not None:
            assert SCHEMA.is_valid(dict(found.claims)), name
    for claims in TOKENS[:4]:
        for at in ("iss", "permits_total", "licence", "log"):
            for wrong in (None, "", -1, {}, [], "x" * 400):
                bad = {**claims, at: wrong}
                refused += not SCHEMA.is_valid(bad)
                assert SCHEMA.is_valid(bad) or shape.faults_of(bad)
        assert not SCHEMA.is_valid({**claims, "more": 1})
        without = {**claims["licence"]}
        without.pop("name", None)
        without.pop("operator", None)
        assert not SCHEMA.is_valid({**claims, "licence": without})
    assert refused > 40


def test_the_document_is_served_at_the_address_in_every_licence():
    body, headers = document(ISS)
    assert json.loads(body) == METADATA
    assert METADATA["vct"] == licence(COMPANY).claims["vct"] == ISS + VCT_PATH
    assert "extends" not in METADATA
    assert headers["Content-Type"] == "application/json"
    assert "max-age=86400" in headers["Cache-Control"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers["ETag"])
    assert document(ISS)[1]["ETag"] == headers["ETag"] != document("https://other.example")[1]["ETag"]


def test_the_dictionaries_are_pinned_in_the_document():
    told = {one["id"]: one["sha256"] for one in METADATA["transport"]["dictionaries"]}
    assert told == DICTIONARIES
    assert LICENCE_KEY.kid not in json.dumps(METADATA)
    assert issuance().iss == ISS


REFUSED_BY_BOTH = {
    "a space in front": ("licence", "name", " 安丘"),
    "an ideographic space behind": ("licence", "premises", "安丘\u3000"),
    "a line feed behind": ("licence", "type", "个体工商户\n"),
    "bidi": ("licence", "name", "安丘\u202e店"),
    "another plane": ("licence", "name", "安丘\U0001f600"),
    "private use at the end of Unicode": ("log", "origin", "a\U0010ffff"),
    "a line feed behind a code": ("sub", None, "91370784MA0000023W\n"),
    "a line feed behind a day": ("licence", "established_on", "2026-11-20\n"),
}


@pytest.mark.parametrize(("member", "name", "value"), REFUSED_BY_BOTH.values(), ids=list(REFUSED_BY_BOTH))
def test_the_schema_says_what_a_schema_can(member, name, value):
    bad = {**TOKENS[0], member: value if name is None else {**TOKENS[0][member], name: value}}
    assert shape.faults_of(bad)
    assert not SCHEMA.is_valid(bad)


def test_one_character_is_enough_and_rare_characters_of_names_are_taken():
    for value in ("王", "王 示例", "\U00020bb7野家", "（个体）·A"):
        good = {**TOKENS[0], "licence": {**TOKENS[0]["licence"], "name": value}}
        assert SCHEMA.is_valid(good)
        assert not shape.faults_of(good)
