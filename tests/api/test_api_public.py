"""What anybody may read without a token: catalogue, keys, status lists, log, register, page, operation."""

import asyncio
import hashlib

import pytest
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from api.problems import KINDS
from audit.checkpoint import open_checkpoint
from audit.merkle import leaf_hash
from audit.tiles import split_entries, split_hashes
from licence_qr.page import assets
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from tests.support.running_service import start

LLC = "00013112700401"


def test_the_catalogue_lists_the_three_items_with_links_that_answer(client):
    listed = client.get("/v1/items").json()["items"]
    assert {"00013112800001", LLC, "370784-GRDZ-01"} <= {item["code"] for item in listed if item["in_force_today"]}
    for item in listed:
        for link in item["links"].values():
            assert client.get(link).status_code == (200 if item["in_force_today"] else 422), link


def test_a_form_is_a_schema_that_the_example_satisfies(client, stories):
    answered = client.get(f"/v1/items/{LLC}/schema")
    assert answered.headers["content-type"] == "application/schema+json"
    Draft202012Validator.check_schema(answered.json())
    assert list(Draft202012Validator(answered.json()).iter_errors(stories["llc/01-software"]["document"])) == []


def test_rules_and_guide_tell_the_same_rules_in_the_language_asked_for(client):
    rules = client.get(f"/v1/items/{LLC}/rules", headers={"Accept-Language": "en"}).json()["rules"]
    guide = client.get(f"/v1/items/{LLC}/guide", headers={"Accept-Language": "en"})
    assert guide.headers["content-type"] == "text/markdown; charset=utf-8"
    assert guide.headers["content-language"] == "en"
    for rule in rules:
        assert f"**{rule['id']}** {rule['title']}" in guide.text
        assert rule["basis"]
    chinese = client.get(f"/v1/items/{LLC}/guide")
    assert "## 法定办结" in chinese.text or "## 办理时限" in chinese.text


def test_an_item_tells_its_organ_materials_fee_and_rule_set(client):
    item = client.get(f"/v1/items/{LLC}").json()
    assert item["organ"]["uscc"] == "113707847973232955"
    assert item["materials"]
    assert len(item["rule_set"]) == 64
    assert client.get(f"/v1/items/{LLC}/rules").json()["rule_set"] == item["rule_set"]


@pytest.mark.parametrize("part", ["", "/schema", "/rules", "/guide"])
def test_an_unknown_item_is_404_and_one_not_in_force_422(part, client):
    unknown = client.get(f"/v1/items/00000000000000{part}", headers={"Accept-Language": "en"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/item-not-published")
    pilot = next(item["code"] for item in client.get("/v1/items").json()["items"] if not item["in_force_today"])
    closed = client.get(f"/v1/items/{pilot}{part}")
    assert (closed.status_code, closed.json()["type"]) == (422, "/problems/item-not-in-force")


def test_a_licence_verifies_against_the_published_keys_and_status_list(tell, client, running):
    case = tell("llc/03-with-board").json()
    keys = client.get("/.well-known/jwks.json")
    assert all("d" not in key for key in keys.json()["keys"])
    assert keys.headers["cache-control"] == "public, max-age=300", "nobody is invited to serve old keys"
    book = StatusBook(TrustList.from_jwks(keys.content))
    listed = client.get("/status/0")
    assert listed.headers["content-type"] == "application/statuslist+jwt"
    book.add(f"{running.settings.host}/status/0", listed.text)
    assert case["licence"]["token"].count(".") == 2
    assert client.get("/status/999").json()["type"] == "/problems/not-found"


def test_the_log_can_be_rebuilt_from_checkpoint_tiles_and_entries(tell, client, running, auditor):
    case = tell("individual/07-name-taken").json()
    log = running.service.flow.parts.log
    checkpoint = open_checkpoint(client.get("/log/checkpoint").content, log.origin, [log.signer.key])
    assert checkpoint.size > case["decision"]["log_index"]
    hashes: list[bytes] = []
    leaves: list[bytes] = []
    for number in range((checkpoint.size + 255) // 256):
        width = min(256, checkpoint.size - number * 256)
        suffix = f"{number:03d}" + ("" if width == 256 else f".p/{width}")
        hashes += split_hashes(client.get(f"/log/tile/0/{suffix}").content)
        leaves += split_entries(client.get(f"/log/tile/entries/{suffix}").content)
    assert hashes == [leaf_hash(leaf) for leaf in leaves]
    assert _root(hashes) == checkpoint.root
    record = client.get(case["decision"]["links"]["record"], headers=auditor).content
    assert leaves[case["decision"]["log_index"]] == record


def _root(hashes: list[bytes]) -> bytes:
    """RFC 6962 2.1, written down here once more so that the log does not check itself."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _root(hashes[:split]) + _root(hashes[split:])).digest()


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/999",
        "tile/0/000.p/0",
        "tile/9/000",
        "tile/0/x001",
        "tile/0/../0/000",
        "tile/entries/000.p/257",
        "x",
        "",
        "a" * 201,
    ],
)
def test_a_tile_that_is_none_is_a_problem_and_no_error(path, client):
    assert client.get(f"/log/{path}").status_code in (404, 422)


def test_the_register_names_no_person_and_holds_the_newest_first(tell, client, stories):
    case = tell("individual/01-grocery").json()
    answered = client.get("/v1/register?limit=5")
    newest = answered.json()["registered"]
    assert newest[0]["uscc"] == case["licence"]["uscc"]
    assert len(newest) <= 5
    assert set(newest[0]) == {"identifier", "uscc", "issued_at", "log_index", "decision_log_index"}
    for person in stories["individual/01-grocery"]["document"]["people"]:
        assert person["name"] not in answered.text


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e3", ""])
def test_a_register_limit_out_of_range_is_422(limit, client):
    answered = client.get(f"/v1/register?limit={limit}")
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("path", sorted(assets()))
def test_every_file_of_the_scan_page_is_served_with_its_own_type_and_policy(path, client):
    answered = client.get(path)
    assert answered.status_code == 200
    assert answered.content == assets()[path].content
    for name, value in assets()[path].headers.items():
        assert answered.headers[name] == value


@pytest.mark.parametrize("name", ["__init__.py", "index.htm", "..%2fclaims.py", "%2e%2e/claims.py", "x.mjs", "a/b.mjs"])
def test_nothing_else_is_served_beside_the_page(name, client):
    assert client.get(f"/v/{name}").status_code in (404, 422)


def test_health_readiness_and_counters(client, tell):
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"ready": True, "faults": []}
    tell("individual/01-grocery")
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    approved = [sample for sample in families["miaopi_decisions"].samples if sample.labels.get("outcome") == "approved"]
    assert approved[0].value >= 1
    assert "miaopi_answer_seconds" in families


def test_a_claim_loop_that_stands_still_makes_the_service_unready(client, running, monkeypatch):
    monkeypatch.setattr(running.service.loop, "beat", 1)
    stopped = client.get("/readyz")
    if stopped.status_code == 200:  # the loop turned between the two lines and set its beat right again
        monkeypatch.setattr(type(running.service), "faults", lambda _self: ["claim loop: stalled"])
        stopped = client.get("/readyz")
    assert stopped.status_code == 503
    assert stopped.json()["faults"] == ["claim loop: stalled"]


def test_a_claim_loop_that_never_ends_its_first_round_makes_the_service_unready(tmp_path, county_file, monkeypatch):
    async def forever():
        await asyncio.sleep(3600)

    alone = start(tmp_path / "stuck", county_file)
    monkeypatch.setattr(alone.service.loop, "round", forever)  # this one's loop, not that of every service here
    with TestClient(create_app(alone.service)) as opened:
        assert opened.get("/readyz").status_code == 200
        alone.clock.forward(seconds=11)
        assert opened.get("/readyz").json() == {"ready": False, "faults": ["claim loop: stalled"]}
    alone.reader.dispose()
    alone.sources.close()


@pytest.mark.parametrize("slug", sorted(KINDS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_problem_explains_itself(slug, language, client):
    answered = client.get(f"/problems/{slug}", headers={"Accept-Language": language})
    told = answered.json()
    assert answered.status_code == 200
    assert (told["type"], told["status"]) == (f"/problems/{slug}", KINDS[slug].status)
    wanted = (
        (KINDS[slug].title_en, KINDS[slug].advice_en)
        if language == "en"
        else (KINDS[slug].title_zh, KINDS[slug].advice_zh)
    )
    assert (told["title"], told["advice"]) == wanted
