"""The description: committed, complete, and honest about errors."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from api.cli import app
from api.problems import KINDS

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def operations(openapi):
    return [
        (f"{method.upper()} {path}", operation)
        for path, found in openapi["paths"].items()
        for method, operation in found.items()
    ]


def test_the_committed_description_is_what_the_code_says_today(tmp_path):
    fresh = tmp_path / "openapi.json"
    done = CliRunner().invoke(app, ["openapi", str(fresh)])
    assert done.exit_code == 0
    assert fresh.read_text() == COMMITTED.read_text(), "run `make openapi` and look at the difference"


def test_it_is_openapi_3_1_with_a_title_and_named_parts(openapi):
    assert openapi["openapi"].startswith("3.1")
    for name, schema in openapi["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert not name.startswith("HTTPValidation")


def test_every_reference_leads_somewhere(openapi):
    text = json.dumps(openapi)
    for part in text.split('"$ref": "')[1:]:
        node = openapi
        for step in part.partition('"')[0].removeprefix("#/").split("/"):
            node = node[step]


def test_every_error_of_every_route_is_a_problem_document(openapi):
    for name, operation in operations(openapi):
        assert "HTTPValidationError" not in json.dumps(operation), name
        for status, said in operation["responses"].items():
            if int(status) >= 400 and name != "GET /readyz":
                assert said["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }, (name, status)
            elif int(status) < 400:
                assert said["content"], (name, status)
        assert "500" in operation["responses"]


def test_every_operation_has_a_summary_and_a_tag_in_both_languages(openapi):
    for name, operation in operations(openapi):
        assert operation["summary"].count(" ") >= 2, (name, operation["summary"])  # words, not the name of a function
        assert operation["description"], name
        assert any(not tag.isascii() for tag in operation["tags"]), name


def test_bodies_are_described_where_they_are_read(openapi):
    for name, operation in operations(openapi):
        assert ("requestBody" in operation) == name.startswith(("POST", "PUT")), name


def test_every_kind_of_problem_is_documented_somewhere_and_in_both_languages(openapi):
    said = json.dumps(openapi, ensure_ascii=False)
    rare = {"method-not-allowed", "codes-exhausted"}  # the router's own, and one that never reaches a caller of HTTP
    for slug, kind in KINDS.items():
        assert kind.title_en in said or slug in rare, slug
        assert kind.title_zh.isascii() is False
        assert kind.title_en.isascii()
        assert kind.advice_en.isascii()
