"""Every error in one shape (RFC 9457), in both languages, with nothing told that must not be told."""

import json
import sqlite3

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.problems import KINDS

CASE = "01900000-0000-7000-8000-000000000000"


def body_of(name, stories, **changes):
    return json.dumps({**stories[name]["document"], **changes}).encode()


# What is sent (method, path, headers, body, role) -> status and kind.
ERRORS = {
    "an unknown path": (("GET", "/v2/applications", {}, None, None), 404, "not-found"),
    "the root": (("GET", "/", {}, None, None), 404, "not-found"),
    "a slash at the end": (("GET", "/v1/items/", {}, None, None), 404, "not-found"),
    "a wrong method": (("DELETE", "/v1/applications", {}, None, None), 405, "method-not-allowed"),
    "an unknown method": (("BREW", "/v1/items", {}, None, None), 405, "method-not-allowed"),
    "no token": (("POST", "/v1/applications", {}, b"{}", None), 401, "unauthenticated"),
    "another scope": (("POST", "/v1/applications", {}, b"{}", "auditor"), 403, "forbidden"),
    "no key": (("POST", "/v1/applications", {"Content-Type": "application/json"}, b"{}", "portal"), 400, "key-missing"),
    "an empty key": (("POST", "/v1/applications", {"Idempotency-Key": ""}, b"{}", "portal"), 422, "request-invalid"),
    "a long key": (("POST", "/v1/applications", {"Idempotency-Key": "k" * 256}, b"{}", "portal"), 422, "request-invalid"),
    "a key with a space": (("POST", "/v1/applications", {"Idempotency-Key": "a b"}, b"{}", "portal"), 422, "request-invalid"),
    "no content type": (("POST", "/v1/prechecks", {}, b"{}", "portal"), 415, "media-type"),
    "a form": (("POST", "/v1/prechecks", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=1", "portal"), 415, "media-type"),
    "a packed body": (
        ("POST", "/v1/prechecks", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"{}", "portal"), 415, "media-type",
    ),
    "no JSON": (("POST", "/v1/prechecks", {"Content-Type": "application/json"}, b"{", "portal"), 400, "not-json"),
    "no object": (("POST", "/v1/prechecks", {"Content-Type": "application/json"}, b"[]", "portal"), 422, "form-invalid"),
    "no item": (("POST", "/v1/prechecks", {"Content-Type": "application/json"}, b'{"item": 7}', "portal"), 422, "form-invalid"),
    "an unknown item": (
        ("POST", "/v1/prechecks", {"Content-Type": "application/json"}, b'{"item": "00000000000000"}', "portal"), 404, "item-not-published",
    ),
    "an id that is none": (("GET", "/v1/applications/1", {}, None, "portal"), 422, "request-invalid"),
    "an id of nothing": (("GET", f"/v1/applications/{CASE}", {}, None, "portal"), 404, "not-found"),
    "a decision of nothing": (("GET", f"/v1/decisions/{CASE}/proof", {}, None, "auditor"), 404, "not-found"),
    "a code that is none": (("GET", "/v1/items/..", {}, None, None), 404, "not-found"),
    "a code in small letters": (("GET", "/v1/items/abcdefgh", {}, None, None), 422, "request-invalid"),
    "an unknown problem": (("GET", "/problems/no-such", {}, None, None), 404, "not-found"),
    "a body too large": (("POST", "/v1/prechecks", {"Content-Type": "application/json"}, b" " * 10_000_000, "portal"), 413, "too-large"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_error_has_the_one_shape_in_the_language_asked_for(name, language, client, running, openapi):
    (method, path, headers, body, role), status, kind = ERRORS[name]
    every = {**({} if role is None else running.bearer(role)), **headers, "Accept-Language": language}
    answered = client.request(method, path, headers=every, content=body)
    told = answered.json()
    assert (answered.status_code, told["type"]) == (status, f"/problems/{kind}")
    assert answered.headers["content-type"] == "application/problem+json"
    assert answered.headers["content-language"] == language
    assert answered.headers["vary"] == "Accept-Language"
    assert answered.headers["cache-control"] == "no-store"
    assert told["status"] == status
    assert told["title"] == (KINDS[kind].title_en if language == "en" else KINDS[kind].title_zh)
    schema = {"$ref": "#/components/schemas/Problem", "components": openapi["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(told)] == []
    for error in told.get("errors", ()):
        assert error["why"].isascii() or language == "zh-CN"
    assert client.get(told["type"]).json()["status"] == status


def test_a_wrong_method_names_the_right_ones(client):
    assert client.delete("/v1/applications").headers["allow"] == "POST"
    assert client.post("/v1/items").headers["allow"] == "GET, HEAD"


def test_a_body_that_grows_too_large_without_saying_so_is_stopped(client, portal):
    sent = 0

    def pieces():
        nonlocal sent
        for _ in range(160):
            sent += 65_536
            yield b" " * 65_536

    headers = {**portal, "Content-Type": "application/json", "Idempotency-Key": "chunks"}
    answered = client.post("/v1/applications", content=pieces(), headers=headers)
    assert (answered.status_code, answered.json()["type"]) == (413, "/problems/too-large")
    assert answered.headers["connection"] == "close"
    assert answered.headers["x-content-type-options"] == "nosniff"


def test_the_limit_of_the_door_is_the_limit_of_the_reader(client, portal, stories):
    from engine.strict_json import MAX_BYTES  # noqa: PLC0415 (used here only)

    document = json.dumps(stories["individual/01-grocery"]["document"]).encode()
    headers = {**portal, "Content-Type": "application/json"}
    assert client.post("/v1/prechecks", content=document.ljust(MAX_BYTES), headers=headers).status_code == 200
    assert client.post("/v1/prechecks", content=document.ljust(MAX_BYTES + 1), headers=headers).status_code == 413


@pytest.mark.parametrize("route", ["/v1/applications", "/v1/prechecks"])
def test_every_fault_of_a_form_is_told_at_once_with_its_place_and_how_to_mend_it(route, client, portal, document):
    sent = document("llc/01-software")
    sent["people"][1]["id_number"] = "3" * 40  # the second person's
    sent["people"][1]["name"] = "张\u200b三丰"
    sent["entity"]["surprise"] = "x"
    sent["employees"] = "many"
    del sent["contact"]
    told = {}
    for language in ("zh", "en"):
        headers = {**portal, "Idempotency-Key": f"faults-{route}", "Accept-Language": language}
        answered = client.post(route, json=sent, headers=headers)
        assert (answered.status_code, answered.json()["type"]) == (422, "/problems/form-invalid")
        told[language] = {error["pointer"]: error for error in answered.json()["errors"]}
    places = {"/people/1/id_number", "/people/1/name", "/entity/surprise", "/employees", "/contact"}
    assert places <= set(told["en"])
    assert set(told["en"]) == set(told["zh"])
    for place, error in told["en"].items():
        assert error["mend"].isascii(), place
        assert not told["zh"][place]["mend"].isascii()
        assert error["why"] != told["zh"][place]["why"]
    # Personal values are masked, others are shown.
    assert told["en"]["/people/1/id_number"]["value"] == "3" + "*" * 39
    assert told["en"]["/people/1/name"]["value"] == "张***"
    assert told["en"]["/employees"]["value"] == "many"


def test_the_two_routes_tell_the_same_of_the_same_bad_form(client, portal, document):
    sent = document()
    del sent["premises"]
    headers = {**portal, "Idempotency-Key": "the-same-of-the-same"}
    submitted = client.post("/v1/applications", json=sent, headers=headers).json()
    checked = client.post("/v1/prechecks", json=sent, headers=headers).json()
    assert submitted["errors"] == checked["errors"]
    assert client.get(submitted["application"], headers=portal).json()["errors"] == checked["errors"]


def test_an_item_not_in_force_today_is_422_and_names_the_field(client, portal, document):
    pilot = next(item["code"] for item in client.get("/v1/items").json()["items"] if not item["in_force_today"])
    for route in ("/v1/applications", "/v1/prechecks"):
        headers = {**portal, "Idempotency-Key": "pilot"}
        answered = client.post(route, json={**document(), "item": pilot}, headers=headers)
        assert (answered.status_code, answered.json()["type"]) == (422, "/problems/item-not-in-force")
        assert answered.json()["errors"][0]["pointer"] == "/item"


@pytest.fixture
def broken(client, monkeypatch):
    """A client of the same service in which one step fails with an error that quotes an applicant."""

    def breaking(step):
        def fail(*_, **__):
            message = "integrity error near '370784199001011234' of 张三丰"
            raise RuntimeError(message)

        monkeypatch.setattr(f"casework.flow.Flow.{step}", fail)
        return client

    return breaking


def test_an_internal_error_is_a_problem_that_leaks_nothing_and_logs_no_value(broken, portal, stories):
    client = broken("read")
    with capture_logs() as logs:
        answered = client.post("/v1/prechecks", json=stories["individual/01-grocery"]["document"], headers=portal)
    assert (answered.status_code, answered.json()["type"]) == (500, "/problems/internal")
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert answered.headers["content-type"] == "application/problem+json"
    for secret in ("370784199001011234", "张三丰", "RuntimeError", "Traceback", "integrity"):
        assert secret not in answered.text
    failed = [entry for entry in logs if entry["event"] == "request.failed"]
    assert [(entry["route"], entry["error"]) for entry in failed] == [("/v1/prechecks", "RuntimeError")]
    assert "370784199001011234" not in json.dumps(logs, default=str, ensure_ascii=False)


def test_a_path_cannot_write_lines_into_the_log(client, monkeypatch):
    monkeypatch.setattr("api.routes_items.guide_text", lambda *_: 1 // 0)
    with capture_logs() as logs:
        assert client.get("/v1/items/00013112700401/guide?x=%0aforged").status_code == 500
    assert "forged" not in json.dumps(logs, default=str)


def test_a_store_that_cannot_write_is_503_and_the_same_key_gets_the_answer(submit, document, running, monkeypatch):
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 (used here only)

    def full(*_, **__):
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    from casework.tables import application  # noqa: PLC0415 (used here only)

    running.settle()
    before = running.rows(application)
    with monkeypatch.context() as patched:
        patched.setattr("casework.cases.receive", full)
        answered = submit(document(), key="full")
        assert (answered.status_code, answered.json()["type"]) == (503, "/problems/store-unavailable")
        assert int(answered.headers["retry-after"]) > 0
        assert running.rows(application) == before
    assert submit(document(), key="full").status_code == 201


def test_nothing_personal_reaches_log_or_counters(tell, client, stories, capfd):
    with capture_logs() as logs:
        tell("llc/08-many-defects")
        tell("individual/09-deceased")
        client.get("/v1/applications/张三丰")
    said = json.dumps(logs, default=str, ensure_ascii=False) + client.get("/metrics").text + "".join(capfd.readouterr())
    for name in ("llc/08-many-defects", "individual/09-deceased"):
        document = stories[name]["document"]
        for person in document["people"]:
            for member in ("name", "id_number", "mobile", "home_address"):
                assert person[member] not in said, (name, member)
        assert document["entity"].get("name", "-") not in said.replace("-", "")
    assert "张三丰" not in said


def test_a_service_that_is_not_there_is_a_problem_too():
    with TestClient(create_app()) as alone:
        assert alone.get("/healthz").status_code == 200
        assert alone.get("/v1/items").json()["type"] == "/problems/internal"
