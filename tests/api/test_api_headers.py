"""Headers that every answer has, methods that every route knows, and who may read us from another origin."""

import pytest

from api.app import create_app
from api.edge import Edge

PUBLIC = ("/healthz", "/readyz", "/metrics", "/v1/items", "/v1/register", "/.well-known/jwks.json", "/status/0", "/types/business-licence/1", "/v",
          "/log/checkpoint", "/openapi.json", "/problems/internal")  # fmt: skip
OPEN_TO_ALL_ORIGINS = {"/.well-known/jwks.json", "/status/0", "/types/business-licence/1"}
OPERATIONS = {path: set(operations) for path, operations in create_app().openapi()["paths"].items()}


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere", "/v1/referrals"])
def test_every_answer_carries_the_security_headers(path, client):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"]
    assert "server" not in headers
    for name in ("content-security-policy", "cache-control", "x-content-type-options"):
        assert len(headers.get_list(name)) == 1


def test_the_scan_page_has_its_own_stricter_policy(client):
    policy = client.get("/v").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere"])
def test_only_keys_and_status_lists_may_be_read_from_another_origin(path, client):
    headers = client.get(path, headers={"Origin": "https://evil.example.org"}).headers
    assert headers.get("access-control-allow-origin") == ("*" if path in OPEN_TO_ALL_ORIGINS else None)
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere"])
def test_head_is_get_without_a_body(path, client):
    got, headed = client.get(path), client.head(path)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert headed.headers["content-type"] == got.headers["content-type"]
    if path not in ("/metrics", "/readyz"):  # these differ from one moment to the next
        assert headed.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("path", sorted(OPERATIONS))
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_a_method_that_is_not_described_is_405_and_told_which_are(method, path, client):
    if method.lower() in OPERATIONS[path]:
        return
    filled = path.replace("{case_id}", "01900000-0000-7000-8000-000000000000").replace("{name}", "verify.mjs")
    filled = filled.replace("{decision_id}", "01900000-0000-7000-8000-000000000000").replace("{code}", "00013112700401")
    filled = filled.replace("{slug}", "internal").replace("{number}", "0").replace("{path}", "tile/0/000")
    answered = client.request(method, filled)
    assert answered.status_code == 405
    allowed = {"get": "GET, HEAD", "post": "POST", "put": "PUT"}
    assert answered.headers["allow"] == ", ".join(allowed[known] for known in sorted(OPERATIONS[path]))


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect", "/swagger", "/.env", "/admin"])
def test_nothing_else_is_served(path, client):
    assert client.get(path).status_code == 404


def test_no_answer_is_built_from_the_host_header(client):
    for path in ("/v1/items/", "/v1/register/", "//evil.example.org/"):
        answered = client.get(path, headers={"Host": "evil.example.org"}, follow_redirects=False)
        assert answered.status_code == 404
        assert "evil.example.org" not in str(answered.headers.get("location", ""))


def test_personal_answers_are_never_cached_and_public_ones_may_be(tell, client, portal):
    case = tell("individual/01-grocery")
    assert case.headers["cache-control"] == "no-store"
    assert client.get(case.headers["location"], headers=portal).headers["cache-control"] == "no-store"
    assert client.get("/v1/items").headers["cache-control"] == "public, max-age=300"
    assert client.get("/log/tile/0/000.p/1").headers["cache-control"] == "no-store"


async def test_an_answer_that_has_begun_is_not_begun_again():
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    sent = []

    async def send(message):
        sent.append(message)

    await Edge(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_a_caller_who_goes_away_in_the_middle_of_a_body_causes_no_error(running):
    app = create_app(running.service)
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(messages)

    sent = []

    async def send(message):
        sent.append(message)

    headers = {**running.bearer("portal"), "content-type": "application/json"}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/v1/prechecks", "raw_path": b"/v1/prechecks",
        "root_path": "", "scheme": "https", "query_string": b"", "server": ("miaopi.test", 443), "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent == []
