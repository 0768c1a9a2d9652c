"""The bureau's lane: what waits for a person, and what an officer may do with it."""

import json

import pytest

REASONS = {
    "zh": "已电话核实经营者本人意愿，情况属实，同意登记。",
    "en": "The operator confirmed everything by telephone.",
}
ARTICLE = {"law": "市场主体登记管理条例", "version": "2021-07-27", "article": "12"}
APPROVE = {"verdict": "approve", "reasons": REASONS}
REFUSE = {"verdict": "refuse", "reasons": REASONS, "articles": [ARTICLE]}


@pytest.fixture
def case(tell):
    return tell("individual/11-many-shops").json()


@pytest.fixture
def rule(client, officer):
    return lambda case, ruling, **more: client.post(
        f"/v1/referrals/{case['id']}/ruling", json=ruling, headers={**officer, **more}
    )


def test_a_referred_case_waits_in_the_queue_until_it_is_ruled_on(case, rule, client, officer):
    def waiting():
        return {entry["application_id"] for entry in client.get("/v1/referrals", headers=officer).json()["referrals"]}

    assert case["id"] in waiting()
    assert rule(case, APPROVE).status_code == 201
    assert case["id"] not in waiting()


def test_an_officer_reads_the_application_and_every_finding(case, client, officer, stories):
    told = client.get(f"/v1/referrals/{case['id']}", headers=officer).json()
    assert told["application"] == stories["individual/11-many-shops"]["document"]
    assert {"G09"} <= {finding["rule"] for finding in told["decision"]["findings"]}
    assert told["referral"]["grounds"] == ["G09"]
    explained = client.get(told["decision"]["links"]["explanation"], headers=officer).json()
    assert told["explanation"] == explained
    assert len(explained["findings"]) > len(told["decision"]["findings"])


def test_an_approval_issues_the_licence_at_once_and_stands_in_the_log(case, rule, client, portal, running):
    answered = rule(case, APPROVE)
    assert answered.headers["location"] == f"/v1/applications/{case['id']}"
    after = client.get(answered.headers["location"], headers=portal).json()
    assert (after["outcome"], after["state"]) == ("approved", "closed")
    assert after["ruling"]["officer"] == "officer-7"
    leaf = json.loads(running.leaf(after["ruling"]["log_index"]))
    assert leaf["kind"] == "officer"
    assert after["ruling"]["log_index"] < after["licence"]["log_index"]


def test_a_refusal_states_reasons_articles_and_both_remedies_and_issues_nothing(case, rule, client, portal):
    document = rule(case, REFUSE, **{"Accept-Language": "en"}).json()
    assert document["title"] == "Notice of refusal to register"
    assert document["articles"] == [ARTICLE]
    assert len(document["remedies"]) == 2
    after = client.get(f"/v1/applications/{case['id']}", headers=portal).json()
    assert (after["outcome"], after["state"]) == ("refused", "closed")
    assert "licence" not in after
    assert client.get(f"/v1/licences/{case['id']}", headers=portal).status_code == 404


def test_a_case_is_ruled_on_once(case, rule):
    assert rule(case, REFUSE).status_code == 201
    again = rule(case, APPROVE)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-referred")


def test_a_case_that_was_never_referred_cannot_be_ruled_on_or_read_as_one(tell, rule, client, officer):
    approved = tell("individual/01-grocery").json()
    assert rule(approved, REFUSE).status_code == 404
    assert client.get(f"/v1/referrals/{approved['id']}", headers=officer).status_code == 404


def test_a_submission_that_was_no_json_can_be_asked_for_without_an_error(submit, client, officer, auditor):
    sent = submit(b"\xff\x00 no json")
    case_id = sent.json()["application"].rpartition("/")[2]
    assert client.get(f"/v1/applications/{case_id}", headers=auditor).json()["problem"] == "not-json"
    assert client.get(f"/v1/applications/{case_id}", headers=officer).status_code == 404
    assert client.get(f"/v1/referrals/{case_id}", headers=officer).status_code == 404


@pytest.mark.parametrize(
    ("ruling", "pointers"),
    [
        ({}, {"/verdict", "/reasons"}),
        ({"verdict": "refuse", "reasons": REASONS}, {"/articles"}),
        ({"verdict": "refuse", "reasons": REASONS, "articles": []}, {"/articles"}),
        ({"verdict": "maybe", "reasons": {"zh": "不符", "en": "no"}}, {"/verdict", "/reasons/zh", "/reasons/en"}),
        ({"verdict": "approve", "reasons": "because"}, {"/reasons"}),
        ({"verdict": "approve", "reasons": REASONS, "articles": "12"}, {"/articles"}),
        # Only the second article is bad.
        ({"verdict": "refuse", "reasons": REASONS, "articles": [ARTICLE, {"article": "12"}]}, {"/articles/1"}),
        ({"verdict": ["approve"], "reasons": {"zh": [], "en": {}}}, {"/verdict", "/reasons"}),
        ([], {""}),
        ("approve", {""}),
        ({"verdict": "approve", "reasons": {**REASONS, "zh": "同意\u202e登记登记登记登记登记"}}, {"/reasons/zh"}),
    ],
)
def test_a_ruling_that_lacks_something_is_told_all_of_it(ruling, pointers, case, rule, client, portal):
    answered = rule(case, ruling, **{"Accept-Language": "en"})
    assert (answered.status_code, answered.json()["type"]) == (422, "/problems/ruling-incomplete")
    told = {error["pointer"]: error["why"] for error in answered.json()["errors"]}
    assert all(any(there.startswith(pointer) for there in told) for pointer in pointers)
    assert not any(there.startswith("/articles/0") for there in told)
    assert all(why.isascii() for why in told.values())
    assert client.get(f"/v1/applications/{case['id']}", headers=portal).json()["state"] == "referred"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"verdict":"approve","verdict":"refuse"}', b"[" * 5000, b'{"verdict":1.5}']
)
def test_a_ruling_that_is_no_strict_json_is_400_with_its_place(raw, case, client, officer):
    headers = {**officer, "Content-Type": "application/json", "Accept-Language": "zh"}
    answered = client.post(f"/v1/referrals/{case['id']}/ruling", content=raw, headers=headers)
    assert (answered.status_code, answered.json()["type"]) == (400, "/problems/not-json")
    assert not answered.json()["errors"][0]["why"].isascii()


def test_two_officers_at_once_rule_once(case, rule):
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (used here only)

    with ThreadPoolExecutor(2) as threads:
        answered = list(threads.map(lambda ruling: rule(case, ruling).status_code, [REFUSE, APPROVE]))
    assert sorted(answered) == [201, 409]
