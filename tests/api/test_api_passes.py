"""The pass of a care home through HTTP: civil affairs register, others endorse, a stranger scans; then keys change and it goes on."""

from contextlib import contextmanager

import jsonschema
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.exporting import write_export
from api.key_operations import Place, drill, rotate
from api.shapes import SCHEMAS
from api.wire import build
from audit.export_reader import Export
from audit.verify import verify as audit
from casework import statuses
from casework.key_acts import kid_of
from casework.ports import Ports
from casework.reissue import claims_of
from licence_qr.scan import scan
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.uscc import synthetic_block
from tests.support.authorities import CARE_HOME, offices, pin
from tests.support.running_service import MORNING, start

HOLDER, SCHOOL = synthetic_block("52", "370784", 1, 3)
WHY = "现场检查发现卫生条件不合格，责令整改"
CIVIL, HEALTH, MARKET = "civil-370784", "health-370784", "market-370784"


class County:
    """A service with authorities, and a client that speaks for each of them."""

    def __init__(self, running, client, found):
        self.running, self.client, self.offices = running, client, found

    def now(self):
        return int(self.running.clock().timestamp())

    def headers(self, office):
        bearer = self.running.bearer("authority", client=self.offices[office].client, subject="clerk-3")
        return {**bearer, "Accept-Language": "en"}

    def certify(self, holder=HOLDER, *, office=CIVIL, **given):
        return self.offices[office].certify(holder, **{"aud": self.running.settings.host, "iat": self.now(), **given})

    def register(self, statement=None, *, office=CIVIL, **given):
        body = {"statement": statement or self.certify(office=office, **given)}
        return self.client.post("/v1/passes", json=body, headers=self.headers(office))

    def change(self, place=HOLDER, statement=None, *, office=CIVIL, **given):
        stands = self.client.get(f"/v1/passes/{place}", headers=self.headers(office)).json().get("pass", {})
        upon = {"after": stands.get("statement", "no-statement")}
        body = {"statement": statement or self.certify(office=office, act="change", **{**upon, **given})}
        return self.client.put(f"/v1/passes/{place}", json=body, headers=self.headers(office))

    def endorse(self, office, kind, number, scope="1", holder=HOLDER):
        permit = {"type": kind, "number": number, "valid_from": "2026-11-20", "scope": [scope]}
        statement = self.offices[office].state(
            aud=self.running.settings.host, sub=holder, iat=self.now(), act="add", permit=permit
        )
        place = f"/v1/licences/{holder}/permits"
        return self.client.post(place, json={"statement": statement}, headers=self.headers(office))

    def act(self, what, office=None, n=None, scope="supervisor"):
        headers = self.headers(office) if office else self.running.bearer(scope, client="bureau", subject="officer-7")
        place = f"/v1/licences/{HOLDER}/status" if n is None else f"/v1/licences/{HOLDER}/permits/{n}/status"
        return self.client.post(place, json={"act": what, "reason": WHY}, headers={**headers, "Accept-Language": "en"})

    def picture(self, case_id):
        """Return the picture as the authority prints it: its client reads what it sent, as a portal does."""
        bearer = self.running.bearer("portal", client=self.offices[CIVIL].client)
        found = self.client.get(f"/v1/licences/{case_id}.png", headers=bearer)
        assert found.status_code == 200, found.text
        return found.content

    def scan(self, picture):
        trust = TrustList.from_jwks(self.client.get("/.well-known/jwks.json").content)
        book = StatusBook(trust)
        for uri in self.client.get("/status").json()["status_lists"]:
            book.add(uri, self.client.get(uri.removeprefix(self.running.settings.host)).text)
        found = scan(picture, trust, at=self.now(), status=book).verification
        return found.authentic.reason, found.current.reason, tuple(answer.reason for answer in found.permits)

    def faults(self, folder):
        write_export(self.running.settings, folder)
        return [str(fault) for fault in audit(Export(folder)).faults]


@contextmanager
def opened(home, county_file):
    found = offices(int(MORNING.timestamp()) - 86_400)
    home.mkdir()
    pin(home / "authorities.json", found)
    running = start(home, county_file)
    with TestClient(create_app(running.service), base_url="https://miaopi.test") as client:
        yield County(running, client, found)
    running.reader.dispose()
    running.sources.close()


@pytest.fixture
def county(tmp_path, county_file):
    with opened(tmp_path / "home", county_file) as made:
        yield made


def test_a_care_home_from_its_registration_through_the_life_of_its_pass(county, tmp_path):
    made = county.register()
    assert made.status_code == 201, made.text
    told = made.json()
    jsonschema.validate(told, SCHEMAS["Pass"])
    assert made.headers["location"] == f"/v1/passes/{told['pass']['id']}"
    first = county.picture(told["pass"]["id"])
    assert county.scan(first) == ("authentic", "current", ())

    # Health and market endorse on it; what the scope is called, they read here.
    read = county.client.get(made.headers["location"], headers=county.headers(HEALTH))
    assert read.json() == told
    assert [item["code"] for item in read.json()["pass"]["certificate"]["scope"]] == ["1", "2"]
    assert county.endorse(HEALTH, "医疗机构执业许可证", "鲁卫医机〔2026〕01号").status_code == 201
    second = county.endorse(MARKET, "食品经营许可证", "JY33707840012345", "2")
    assert second.status_code == 201, second.text
    picture = county.picture(told["pass"]["id"])
    assert county.scan(picture) == ("authentic", "current", ("held", "held"))
    assert county.scan(first)[:2] == ("authentic", "replaced")

    # The food permit is suspended by its authority: the same picture says so, the pass and the other permit stand.
    assert county.act("suspend", MARKET, 2).json()["status"] == "suspended"
    assert county.scan(picture) == ("authentic", "current", ("held", "suspended"))
    page = county.client.get(f"/v/number?code={HOLDER}")
    assert page.status_code == 200
    assert CARE_HOME["name"] in page.text

    # The certificate changes; permits and their suspension go with it.
    changed = county.change(changed={"representative": "李青山"})
    assert changed.status_code == 200, changed.text
    jsonschema.validate(changed.json(), SCHEMAS["Pass"])
    picture = county.picture(told["pass"]["id"])
    assert county.scan(picture) == ("authentic", "current", ("suspended", "held"))  # what is suspended comes first

    # Who may act on the pass as a whole: civil affairs, and nobody of the registry.
    for scope in ("officer", "supervisor"):
        refused = county.act("suspend", scope=scope)
        assert refused.status_code == 403
        assert "civil-370784 alone" in refused.json()["detail"]
    assert county.act("suspend", HEALTH).status_code == 403
    assert county.act("suspend", CIVIL).json()["status"] == "suspended"
    assert county.scan(picture)[1] == "suspended"
    assert county.act("restore", CIVIL).json()["status"] == "valid"
    case = county.client.get(f"/v1/applications/{told['pass']['id']}", headers=county.running.bearer("auditor")).json()
    jsonschema.validate(
        case, {"type": "object", "properties": {"outcome": {"const": "stated"}, "state": {"const": "closed"}}}
    )
    assert case["outcome"] == "stated"
    assert county.faults(tmp_path / "export") == []


def test_whoever_is_not_that_authority_makes_and_changes_nothing(county, tmp_path):
    assert county.register().status_code == 201
    before = county.running.log_size()
    statement = county.certify(SCHOOL)
    refused = {
        "who registers nobody": (county.register(office=HEALTH), 422, "/statement/iss"),
        "another's statement": (county.register(statement, office=HEALTH), 422, "/statement/iss"),
        "a second pass": (county.register(), 422, "/statement/sub"),
        "another holder": (county.change(holder=SCHOOL), 422, "/statement/sub"),
        "an addition sent as a change": (county.change(statement=county.certify()), 422, "/statement/act"),
        "a pass that is not there": (county.change(SCHOOL, holder=SCHOOL), 404, None),
        "no authority": (
            county.client.post("/v1/passes", json={"statement": statement}, headers=county.running.bearer("authority", client="x")), 403, None),
        "a portal": (
            county.client.post("/v1/passes", json={"statement": statement}, headers=county.running.bearer("portal")), 403, None),
        "no statement": (county.client.post("/v1/passes", json={"x": 1}, headers=county.headers(CIVIL)), 422, "/x"),
    }  # fmt: skip
    for name, (told, status, pointer) in refused.items():
        assert told.status_code == status, (name, told.text)
        if pointer is not None:
            assert told.json()["type"] == "/problems/pass-refused", name
            assert pointer in [error["pointer"] for error in told.json()["errors"]], (name, told.text)
    assert county.running.log_size() == before
    assert county.register(statement).status_code == 201
    assert county.register(statement).json()["pass"]["uscc"] == SCHOOL  # said again, told again
    assert county.running.log_size() == before + 2
    assert county.faults(tmp_path / "export") == []


def test_a_pass_goes_on_under_another_key(tmp_path, county_file):
    """The service stops; the key is rotated, then reported stolen: the drill issues the pass anew, suspended as it is."""
    with opened(tmp_path / "home", county_file) as county:
        case_id = county.register().json()["pass"]["id"]
        assert county.endorse(HEALTH, "公共场所卫生许可证", "N1").status_code == 201
        assert county.act("suspend", CIVIL).status_code == 200
    running = county.running
    place = Place(running.settings, Ports(now=running.clock), running.sources)
    told = rotate(place, go=True)
    running.clock.forward(minutes=1)
    assert drill(place, kid=told["follows"], since=place.now, go=True)["affected"] == 1
    reopened = build(running.settings, place.ports, client=running.sources)
    try:
        claims = claims_of(token := reopened.licence_token(case_id))
        with reopened.flow.parts.reader.connect() as connection:
            assert statuses.value_of(connection, claims["jti"]).name == "SUSPENDED"
    finally:
        reopened.flow.parts.reader.dispose()
        reopened.flow.parts.writer.close()
        reopened.held.close()
    assert kid_of(token) not in (told["follows"], None)
    assert (claims["licence"]["name"], [one["number"] for one in claims["permits"]]) == (CARE_HOME["name"], ["N1"])
    assert county.faults(tmp_path / "export") == []
