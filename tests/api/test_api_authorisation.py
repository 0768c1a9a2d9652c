"""Every route with every kind of token, against a committed table; and every way in which a token can be wrong."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from api.app import create_app

TABLE = yaml.safe_load((Path(__file__).parent / "authorisation.yaml").read_text())
OPERATIONS = sorted(
    f"{method.upper()} {path}" for path, operations in create_app().openapi()["paths"].items() for method in operations
)
SCOPES = ("portal", "officer", "supervisor", "authority", "releaser", "auditor")
WRONG = (
    "expired", "not yet", "issued in the future", "wrong audience", "wrong issuer", "unknown kid", "no kid", "alg none", "HS256 with the public key",
    "typ missing", "typ of an id token", "another's key under our kid", "signature of another token", "no expiry", "expiry as text",
    "expiry as fraction", "no subject", "no client", "empty client", "scope as list", "not a token", "empty", "two dots", "deep header", "far too long",
    "crit", "embedded key", "jku",
)  # fmt: skip


def test_every_operation_has_a_row_and_every_row_an_operation():
    assert sorted(TABLE) == OPERATIONS


def test_the_description_names_the_scopes_of_the_table(openapi):
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            row = TABLE[f"{method.upper()} {path}"]
            told = operation.get("security", [])
            assert told == ([] if row == "public" else [{"oauth2": [scope]} for scope in row]), path
            assert ("401" in operation["responses"]) == (row != "public")
            assert ("403" in operation["responses"]) == (row != "public")


@pytest.fixture(scope="module")
def case(running, stories, _open_client):
    """A referred case of portal A and its decision: the row-level checks have something to refuse."""
    story = stories["llc/10-listed-representative"]
    running.forget()
    running.sources.confirm(story["document"])
    headers = {**running.bearer("portal"), "Idempotency-Key": "authorisation"}
    return _open_client.post("/v1/applications", json=story["document"], headers=headers).json()


def call(client, operation, case, headers):
    method, _, path = operation.partition(" ")
    filled = {
        "{case_id}": case["id"], "{decision_id}": case["decision"]["id"], "{code}": case["item"], "{slug}": "internal",
        "{name}": "verify.mjs", "{number}": "0", "{path}": "checkpoint", "{sequence}": "1",
        "{licence}": case["id"], "{n}": "1", "{kid}": "k" * 43,
    }  # fmt: skip
    for name, value in filled.items():
        path = path.replace(name, value)
    # An empty body: whoever gets past the door gets 400, 409, 415 or 422, and nothing is changed.
    return client.request(method, path, headers={**headers, "Content-Type": "text/plain"})


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", [None, *SCOPES, "no scope", "all but one"])
def test_a_token_opens_what_the_table_says_and_nothing_else(role, operation, client, case, running):
    row = TABLE[operation]
    if role is None:
        headers, held = {}, set()
    else:
        held = set(SCOPES) - set(row) if role == "all but one" else {role} & set(SCOPES)
        headers = running.bearer(*sorted(held), client="somebody")
    answered = call(client, operation, case, headers)
    if row == "public":
        assert answered.status_code == (404 if "{kid}" in operation else 200)  # no key of this service was stolen
    elif role is None:
        assert answered.status_code == 401
        assert answered.headers["www-authenticate"] == 'Bearer realm="miaopi"'
    elif held & set(row):
        unlisted = answered.status_code == 403 and held == {"authority"} and "somebody" in answered.text
        assert answered.status_code not in (401, 403) or unlisted  # no authority of the pinned list has this client
    else:
        assert answered.status_code == 403
        assert f'scope="{" ".join(row)}"' in answered.headers["www-authenticate"]
        assert answered.json()["type"] == "/problems/forbidden"


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if "portal" in TABLE[operation]])
def test_another_portal_gets_404_for_what_is_not_its_own(operation, client, case, running):
    answered = call(client, operation, case, running.bearer("portal", client="portal-b"))
    assert answered.status_code == (404 if "{" in operation else 415 if "prechecks" in operation else 400)


@pytest.fixture(scope="module")
def approved(running, stories, _open_client):
    """A case of portal A that the engine settled: no officer's business."""
    story = stories["individual/01-grocery"]
    running.forget()
    running.sources.confirm(story["document"])
    headers = {**running.bearer("portal"), "Idempotency-Key": "authorisation-approved"}
    made = _open_client.post("/v1/applications", json=story["document"], headers=headers).json()
    assert made["outcome"] == "approved"
    return made


ROWS = [operation for operation in OPERATIONS if "{case_id}" in operation or "{decision_id}" in operation]
SIGHT = {  # who sees which case: (settled by the engine, referred to a person)
    "its portal": (("portal",), "portal-a", True, True),
    "another portal": (("portal",), "portal-b", False, False),
    "an officer": (("officer",), "bureau", False, True),
    "an officer with the portal's client id": (("officer",), "portal-a", False, True),
    "an officer at another portal": (("officer", "portal"), "portal-b", False, True),
    "an auditor": (("auditor",), "audit-office", True, True),
}


@pytest.mark.parametrize(
    ("who", "operation"),
    [(who, operation) for who in SIGHT for operation in ROWS if set(SIGHT[who][0]) & set(TABLE[operation])],
)
def test_each_row_is_seen_by_those_whose_business_it_is(who, operation, client, approved, case, running):
    scopes, name, *seen = SIGHT[who]
    for found, sees in zip((approved, case), seen, strict=True):
        told = call(client, operation, found, running.bearer(*scopes, client=name))
        hidden = told.status_code == 404 and told.json()["type"] == "/problems/not-found"
        if operation.startswith("POST"):
            hidden = (
                hidden or told.status_code == 415
            )  # asked before the row is looked up; `test_api_referrals` goes on
        if operation == "GET /v1/referrals/{case_id}" and found is approved:
            sees = False  # noqa: PLW2901 (never a referral, for nobody)
        assert hidden is (not sees or operation.startswith("POST")), (found["outcome"], told.status_code)


def wrong_token(kind, running):  # noqa: C901, PLR0911, PLR0912 (a table of attacks reads best in one piece)
    now = int(running.clock().timestamp())
    good = running.token(*SCOPES)
    head, body, _ = good.split(".")
    kid = jwt.get_unverified_header(good)["kid"]
    claims = jwt.decode(good, options={"verify_signature": False})

    def forged(header, claims=claims, key=b""):
        def packed(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        signed = f"{packed(header)}.{packed(claims)}"
        mac = hmac.new(key, signed.encode(), hashlib.sha256).digest() if key else b""
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    match kind:
        case "expired":
            return running.token(*SCOPES, iat=now - 7200, exp=now - 3600)
        case "not yet":
            return running.token(*SCOPES, nbf=now + 3600)
        case "issued in the future":
            return running.token(*SCOPES, iat=now + 3600, exp=now + 7200)
        case "wrong audience":
            return running.token(*SCOPES, aud="https://another.example.org")
        case "wrong issuer":
            return running.token(*SCOPES, iss="https://another.example.org")
        case "unknown kid":
            return running.token(*SCOPES, header={"kid": "nobody"})
        case "no kid":
            return running.token(*SCOPES, header={"kid": None})
        case "alg none":
            return forged({"alg": "none", "typ": "at+jwt", "kid": kid})
        case "HS256 with the public key":
            public = running.settings.issuer_keys_file().read_bytes()
            return forged({"alg": "HS256", "typ": "at+jwt", "kid": kid}, key=public)
        case "typ missing":
            return running.token(*SCOPES, header={"typ": None})
        case "typ of an id token":
            return running.token(*SCOPES, header={"typ": "JWT"})
        case "another's key under our kid":
            stranger = ec.generate_private_key(ec.SECP256R1())
            return jwt.encode(claims, stranger, "ES256", {"typ": "at+jwt", "kid": kid})
        case "signature of another token":
            return ".".join([head, body, running.token("portal", subject="another").rpartition(".")[2]])
        case "no expiry":
            return running.token(*SCOPES, exp=None)
        case "expiry as text":
            return running.token(*SCOPES, exp=str(now + 3600))
        case "expiry as fraction":
            return running.token(*SCOPES, exp=now + 3600.5)
        case "no subject":
            return running.token(*SCOPES, sub=None)
        case "no client":
            return running.token(*SCOPES, client_id=None)
        case "empty client":
            return running.token(*SCOPES, client_id="")
        case "scope as list":
            return running.token(scope=list(SCOPES))
        case "not a token":
            return "令牌".encode().decode("latin-1")
        case "empty":
            return " "
        case "two dots":
            return ".."
        case "deep header":
            return base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=") + ".e30.e30"
        case "far too long":
            return good + "A" * 20_000
        case "crit":
            return running.token(*SCOPES, header={"crit": ["exp"]})
        case "embedded key":
            stranger = ec.generate_private_key(ec.SECP256R1())
            own = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(stranger.public_key()))
            return jwt.encode(claims, stranger, "ES256", {"typ": "at+jwt", "kid": "mine", "jwk": own})
        case "jku":
            return running.token(*SCOPES, header={"kid": "mine", "jku": "https://evil.example.org/jwks.json"})
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_token_is_401_and_told_why_without_being_repeated(kind, client, running):
    token = wrong_token(kind, running)
    answered = client.get(
        "/v1/referrals", headers={"Authorization": f"Bearer {token}".encode("latin-1"), "Accept-Language": "en"}
    )
    assert answered.status_code == 401, answered.text
    told = answered.json()
    assert told["type"] == "/problems/unauthenticated"
    assert answered.headers["www-authenticate"].startswith('Bearer realm="miaopi"')
    if token.strip():
        assert 'error="invalid_token"' in answered.headers["www-authenticate"]
        assert told["errors"][0]["parameter"] == "Authorization"
        assert told["errors"][0]["why"].isascii()
        assert token.strip()[-40:] not in answered.text


@pytest.mark.parametrize("value", ["", "Bearer", "Basic dXNlcjpwYXNz", "bearer", "Token abc"])
def test_another_scheme_is_no_token(value, client):
    assert client.get("/v1/referrals", headers={"Authorization": value}).status_code == 401


def test_a_good_token_passes_in_any_case_of_the_scheme_and_a_query_parameter_never_does(client, running):
    token = running.token("officer")
    assert client.get("/v1/referrals", headers={"Authorization": f"bearer {token}"}).status_code == 200
    assert client.get(f"/v1/referrals?access_token={token}").status_code == 401


def test_a_token_that_was_read_before_still_runs_out(client, running):
    now = int(running.clock().timestamp())
    brief = {
        "Authorization": f"Bearer {running.token('officer', exp=now - 28)}"
    }  # inside the leeway of 30 s for 2 s more
    assert client.get("/v1/referrals", headers=brief).status_code == 200
    until = time.monotonic() + 5
    while (last := client.get("/v1/referrals", headers=brief).status_code) == 200 and time.monotonic() < until:
        time.sleep(0.2)
    assert last == 401


def test_the_audience_may_be_one_of_several(client, running):
    several = running.bearer("officer", aud=["https://other.example.org", running.settings.token_audience])
    assert client.get("/v1/referrals", headers=several).status_code == 200
