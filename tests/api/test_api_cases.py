"""A portal's day: submit, read, wait, explain, prove, check beforehand."""

import json
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from jsonschema import Draft202012Validator

from audit.proof import verify_proof
from casework.tables import application, decision
from examples.vary import vary
from tests.support.running_service import examples

DECIDED = [entry["file"].removesuffix(".json") for entry in examples() if "down" not in entry]


@pytest.mark.parametrize("name", DECIDED)
def test_every_example_is_decided_at_once_as_its_story_says(name, tell, stories):
    answered = tell(name)
    case = answered.json()
    assert answered.status_code == 201
    assert case["outcome"] == stories[name]["outcome"]
    found = {finding["rule"] for finding in case["decision"]["findings"]}
    assert set(stories[name]["rules"]) <= found
    assert ("licence" in case) == (case["outcome"] == "approved")
    assert ("referral" in case) == (case["outcome"] == "referred")


def test_an_approval_carries_decision_licence_and_links_that_answer(tell, client, portal):
    answered = tell("llc/01-software")
    case = answered.json()
    assert answered.headers["location"] == f"/v1/applications/{case['id']}"
    assert "retry-after" not in answered.headers
    assert case["licence"]["uscc"].startswith("91")
    assert case["licence"]["log_index"] > case["decision"]["log_index"]
    assert client.get(answered.headers["location"], headers=portal).json() == case
    types = {"": "application/jose", ".svg": "image/svg+xml", ".png": "image/png"}
    for kind, link in case["licence"]["links"].items():
        fetched = client.get(link, headers=portal)
        assert (fetched.status_code, fetched.headers["content-type"]) == (200, types[kind])
        assert fetched.headers["cache-control"] == "private, no-cache"
    assert client.get(case["licence"]["links"][""], headers=portal).text == case["licence"]["token"]
    assert client.get(case["licence"]["links"][".png"], headers=portal).content.startswith(b"\x89PNG")
    assert client.get(case["licence"]["links"][".svg"], headers=portal).text.startswith("<svg ")
    for part in ("explanation", "proof"):
        assert client.get(case["decision"]["links"][part], headers=portal).status_code == 200


def test_a_source_that_is_down_means_202_and_the_case_finishes_when_it_is_back(
    submit, stories, running, client, portal
):
    story = stories["llc/15-population-down"]
    running.sources.fault("population", "down")
    answered = submit(story["document"])
    case = answered.json()
    assert (answered.status_code, case["outcome"], case["state"]) == (202, "waiting", "open")
    assert case["decision"]["waiting_for"] == ["population"]
    assert answered.headers["location"] == f"/v1/applications/{case['id']}"
    assert 1 <= int(answered.headers["retry-after"]) <= 300
    waiting = client.get(answered.headers["location"], headers=portal)
    assert "retry-after" in waiting.headers
    assert client.get(f"/v1/licences/{case['id']}", headers=portal).json()["type"] == "/problems/not-ready"
    running.sources.heal()
    finished = _until_closed(client, answered.headers["location"], portal)
    assert (finished["outcome"], finished["state"]) == ("approved", "closed")
    assert "licence" in finished


def _until_closed(client, location, headers, within=10.0):
    until = time.monotonic() + within
    while time.monotonic() < until:
        case = client.get(location, headers=headers).json()
        if case["state"] not in ("open", "approved"):
            return case
        time.sleep(0.05)
    message = f"{location} was not finished within {within} s"
    raise AssertionError(message)


@pytest.mark.parametrize(
    "fault", ["down", "slow", "garbage", "wrong_signature", "stale", "contradicting", "other_person"]
)
@pytest.mark.parametrize("source", ["court", "population"])
def test_a_faulty_source_never_leads_to_an_approval(source, fault, submit, document, running):
    running.sources.fault(source, fault)
    # A content of its own: an earlier one that waited may be decided at any moment, and then holds its content.
    case = submit(vary(document("llc/01-software"), 1 + zlib.crc32(f"{source} {fault}".encode()) % 5000)).json()
    assert case["outcome"] in ("waiting", "referred"), (fault, case["outcome"])
    assert "licence" not in case


def test_the_same_key_and_body_get_the_same_answer_and_one_case(tell, running):
    before = running.rows(application)
    first = tell("individual/02-family", key="the-same")
    second = tell("individual/02-family", key="the-same")
    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert running.rows(application) == before + 1


def test_two_portals_may_use_the_same_key(tell):
    first = tell("individual/02-family", key="shared", client_id="portal-a").json()
    second = tell("individual/02-family", key="shared", client_id="portal-b").json()
    assert first["id"] != second["id"]


def test_a_key_used_for_another_body_is_422(tell):
    tell("individual/01-grocery", key="used")
    again = tell("individual/02-family", key="used")
    assert (again.status_code, again.json()["type"]) == (422, "/problems/key-reused")


def test_a_twin_that_arrives_while_the_first_is_decided_is_409(submit, document, running):
    running.sources.fault("court", "slow", ms=400)
    body = document("individual/03-no-name")
    running.sources.confirm(body)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(submit, body, key="twins")
        while "court" not in running.sources.asked[-6:]:
            time.sleep(0.01)
        time.sleep(0.1)
        second = submit(body, key="twins")
        first = first.result()
    assert first.status_code in (201, 202)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/in-flight")
    assert second.headers["retry-after"] == "1"


def test_a_second_portal_sees_nothing_of_the_first(tell, client, running):
    case = tell("llc/02-one-person").json()
    stranger = running.bearer("portal", client="portal-b")
    for path in (
        f"/v1/applications/{case['id']}",
        f"/v1/decisions/{case['decision']['id']}",
        *case["decision"]["links"].values(),
        *case["licence"]["links"].values(),
    ):
        answered = client.get(path, headers=stranger)
        wanted = 403 if path.endswith("/record") else 404  # records are for auditors, whoever asks
        assert answered.status_code == wanted, path
        assert case["licence"]["uscc"] not in answered.text


def test_an_explanation_lists_every_rule_with_what_was_seen_and_from_where(tell, client, portal):
    case = tell("llc/05-second-pays-late").json()
    told = client.get(case["decision"]["links"]["explanation"], headers={**portal, "Accept-Language": "en"}).json()
    assert told["rule_set_held"] is True
    assert len(told["findings"]) == sum(case["decision"]["counts"].values())
    assert {"population", "court", "name_registry"} <= {piece["verifier"] for piece in told["evidence"]}
    late = next(finding for finding in told["findings"] if finding["rule"] == "C04")
    assert late["result"] == "violated"
    assert [place["at"] for place in late["places"]] == ["/shareholders/1/due_on"]
    assert "a person" in told["how"]


def test_the_record_is_the_leaf_byte_for_byte_and_names_nobody(tell, client, auditor, stories, running):
    case = tell("individual/01-grocery").json()
    record = client.get(case["decision"]["links"]["record"], headers=auditor)
    assert record.content == running.leaf(case["decision"]["log_index"])
    assert json.loads(record.content)["kind"] == "decision"
    for person in stories["individual/01-grocery"]["document"]["people"]:
        for personal in ("name", "id_number", "mobile", "home_address"):
            assert person[personal] not in record.text


def test_the_proof_verifies_with_the_audit_code_alone(tell, client, portal, auditor, running):
    case = tell("individual/05-bakery").json()
    proof = client.get(case["decision"]["links"]["proof"], headers=portal).content
    leaf = client.get(case["decision"]["links"]["record"], headers=auditor).content
    log = running.service.flow.parts.log
    index, checkpoint = verify_proof(proof, leaf, log.origin, [log.signer.key])
    assert index == case["decision"]["log_index"] < checkpoint.size


def test_a_precheck_says_what_would_be_decided_and_keeps_nothing(client, portal, stories, running):
    running.settle()
    before = running.rows(application), running.rows(decision), running.log_size()
    told = client.post("/v1/prechecks", json=stories["llc/06-sum-differs"]["document"], headers=portal)
    assert told.status_code == 200
    assert told.json()["submitted"] is False
    assert "C03" in {finding["rule"] for finding in told.json()["findings"]}
    assert "id" not in told.json()
    assert "log_index" not in told.json()
    assert (running.rows(application), running.rows(decision), running.log_size()) == before


@pytest.mark.parametrize(
    ("language", "told"), [("en", "en"), ("zh-CN", "zh-CN"), (None, "zh-CN"), ("fr, en;q=0.2", "en")]
)
def test_every_sentence_is_in_the_language_that_was_asked_for(language, told, submit, document):
    more = {} if language is None else {"Accept-Language": language}
    answered = submit(document("llc/06-sum-differs"), **more)
    assert answered.headers["content-language"] == told
    assert answered.headers["vary"] == "Accept-Language"
    headline = answered.json()["decision"]["notice"]["headline"]
    assert headline.isascii() == (told == "en")


def test_answers_follow_the_published_schemas(tell, client, portal, auditor, openapi):
    case = tell("llc/10-listed-representative").json()
    told = {
        "Case": case,
        "Decision": client.get(f"/v1/decisions/{case['decision']['id']}", headers=portal).json(),
        "Explanation": client.get(case["decision"]["links"]["explanation"], headers=auditor).json(),
    }
    for name, value in told.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": openapi["components"]}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(value)] == []


def test_times_are_utc_and_near_the_services_clock(tell, running):
    case = tell("individual/01-grocery").json()
    for text in (case["received_at"], case["decision"]["decided_at"], case["licence"]["issued_at"]):
        moment = datetime.fromisoformat(text)
        assert moment.utcoffset() == timedelta()
        assert abs(running.clock() - moment) < timedelta(seconds=30)
