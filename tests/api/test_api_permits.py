"""Permits and status through HTTP: one printed picture, whose answer changes as authorities and registry act."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.exporting import write_export
from audit.export_reader import Export
from audit.verify import verify as audit
from engine.application import content_digest
from licence_qr.scan import scan
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from tests.support.authorities import NAMES, Office, offices, pin
from tests.support.running_service import MORNING, Running, start

SCOPE = {  # codes of the catalogue, and whose permit each calls for
    "F522902": ("散装食品销售", "market-370784", "食品经营许可证", "JY13707840012345"),
    "F522701": ("烟草制品零售", "tobacco-370784", "烟草专卖零售许可证", "370784100123"),
    "F524301": ("出版物零售", "culture-370784", "出版物经营许可证", "鲁新出发安零字第001号"),
    "O805101": ("洗浴服务", "health-370784", "公共场所卫生许可证", "鲁卫公证字〔2026〕第370784-0001号"),
    "F525101": ("药品零售", "market-370784", "药品经营许可证", "鲁CB5360001"),
    "F525401": ("第二类医疗器械零售", "market-370784", "第二类医疗器械经营备案凭证", "鲁潍药监械经营备20260001号"),
}
BEGAN = int(MORNING.timestamp())
WHY = "现场检查发现卫生条件不合格，责令整改"


@dataclass
class County:
    """A service with authorities, a shop with six items that call for permits, and everybody's tokens."""

    running: Running
    client: TestClient
    offices: dict[str, Office]
    case: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/v1/licences/{self.case['licence']['uscc']}"

    def now(self) -> int:
        return int(self.running.clock().timestamp())

    def statement(self, code: str, **changed: Any) -> str:
        """Return the statement that the authority of a scope item makes, with some of it changed."""
        _, office, kind, number = SCOPE[code]
        permit = {"type": kind, "number": number, "valid_from": "2026-11-20", "valid_to": "2031-11-19", "scope": [code]}
        permit |= changed.pop("permit", {})
        by = self.offices[changed.pop("office", office)]
        made = {"aud": self.running.settings.host, "sub": self.case["licence"]["uscc"], "iat": self.now(), "act": "add",
                "permit": {name: value for name, value in permit.items() if value is not None}, **changed}  # fmt: skip
        return by.state(**made)

    def endorse(
        self, code: str, statement: str | None = None, *, n: int | None = None, office: str | None = None
    ) -> Any:
        client = self.offices[office or SCOPE[code][1]].client
        headers = {**self.running.bearer("authority", client=client, subject="clerk-3"), "Accept-Language": "en"}
        body = {"statement": statement or self.statement(code)}
        return self.client.request(
            "PUT" if n else "POST", self.path + (f"/permits/{n}" if n else "/permits"), json=body, headers=headers
        )

    def act(
        self, act: str, n: int | None = None, *, scope: str = "supervisor", client: str = "bureau", why: str = WHY
    ) -> Any:
        headers = {**self.running.bearer(scope, client=client, subject="officer-7"), "Accept-Language": "en"}
        place = f"{self.path}/status" if n is None else f"{self.path}/permits/{n}/status"
        return self.client.post(place, json={"act": act, "reason": why}, headers=headers)

    def picture(self) -> bytes:
        """Return the picture as it would be printed now."""
        found = self.client.get(f"/v1/licences/{self.case['id']}.png", headers=self.running.bearer("portal"))
        assert found.status_code == 200, found.text
        return found.content

    def scan(self, picture: bytes, *, online: bool = True) -> tuple[str, str, tuple[str, ...]]:
        """Scan as a stranger does: keys pinned, the list fetched from where the code says."""
        trust = TrustList.from_jwks(self.client.get("/.well-known/jwks.json").content)
        book = StatusBook(trust)
        if online:
            for uri in self.client.get("/status").json()["status_lists"]:
                book.add(uri, self.client.get(uri.removeprefix(self.running.settings.host)).text)
        found = scan(picture, trust, at=self.now(), status=book).verification
        return found.authentic.reason, found.current.reason, tuple(answer.reason for answer in found.permits)

    def faults(self, folder: Any) -> list[str]:
        """Audit an export with the private inputs and one for the public without."""
        public = folder.with_name("public")
        write_export(self.running.settings, folder)
        write_export(self.running.settings, public, with_inputs=False)
        return [str(fault) for one in (folder, public) for fault in audit(Export(one)).faults]


@pytest.fixture
def county(tmp_path, county_file, stories) -> Iterator[County]:
    found = offices(BEGAN - 86_400)
    (tmp_path / "home").mkdir()
    pin(tmp_path / "home" / "authorities.json", found)
    running = start(tmp_path / "home", county_file)
    with TestClient(create_app(running.service), base_url="https://miaopi.test") as client:
        made = County(running, client, found)
        document = deepcopy(stories["individual/05-bakery"]["document"])
        document["scope"]["items"] = [
            {"code": "F521101", "text": "百货零售", "kind": "general"},
            *({"code": code, "text": text, "kind": "licensed"} for code, (text, *_) in SCOPE.items()),
        ]
        for signature in document["signatures"]:
            signature["content_digest"] = content_digest(document)
        running.sources.confirm(document)
        headers = {**running.bearer("portal"), "Idempotency-Key": str(uuid4())}
        made.case = client.post("/v1/applications", json=document, headers=headers).json()
        assert made.case["outcome"] == "approved", made.case
        yield made
    running.reader.dispose()
    running.sources.close()


def test_one_picture_through_the_life_of_its_permits(county, tmp_path):
    assert county.scan(county.picture()) == ("authentic", "current", ("not_held",) * 6)
    first = county.picture()
    answers = [county.endorse(code) for code in list(SCOPE)[:5]]
    assert [added.status_code for added in answers] == [201] * 5, [added.text for added in answers]
    first_told, told = answers[0].json(), answers[-1].json()
    assert told["licence"]["identifier"].split(".")[-2] == "006"
    assert told["permit"]["authority"] == {"code": "market-370784", "name": NAMES["market-370784"][0]}
    picture = county.picture()
    assert county.scan(picture) == ("authentic", "current", ("held",) * 5 + ("not_held",))
    assert county.scan(first)[:2] == ("authentic", "replaced")

    # The food permit is suspended by its authority: the same picture says so, the licence and the others stand.
    food = {"scope": "authority", "client": county.offices["market-370784"].client}
    assert county.act("suspend", 1, **food).json()["status"] == "suspended"
    assert county.scan(picture) == ("authentic", "current", ("suspended", *("held",) * 4, "not_held"))
    assert county.scan(picture, online=False) == ("authentic", "status_missing", (*("status_missing",) * 5, "not_held"))
    assert county.act("restore", 1, **food).json()["status"] == "valid"
    assert county.scan(picture) == ("authentic", "current", ("held",) * 5 + ("not_held",))

    # A sixth permit: a new version. The old paper is genuine still, and says online that a newer one exists.
    assert county.endorse("F525401").status_code == 201
    assert county.scan(picture) == ("authentic", "replaced", ("held",) * 5 + ("not_held",))
    assert county.scan(picture, online=False)[1] == "status_missing"
    newest = county.picture()
    assert county.scan(newest) == ("authentic", "current", ("held",) * 6)

    # The licence is suspended: a new version is no way out of it; then it is revoked for good, all its papers.
    assert county.act("suspend", scope="officer").status_code == 200
    assert county.scan(newest)[1] == "suspended"
    later = county.statement(
        "F522902", act="change", of=1, after=first_told["permit"]["statement"], permit={"number": "JY13707840099999"}
    )
    assert county.endorse("F522902", later, n=1).status_code == 200
    newest = county.picture()
    assert county.scan(newest)[1] == "suspended"
    assert county.act("revoke").json()["status"] == "invalid"
    for paper in (first, picture, newest):
        assert county.scan(paper)[:2] == ("authentic", "revoked")
    assert county.act("restore").status_code == 422
    assert county.faults(tmp_path / "export") == []


def test_an_authority_touches_its_own_permits_and_types_alone(county, tmp_path):
    before = county.running.log_size()
    other = "tobacco-370784"
    assert county.endorse("F522902").status_code == 201
    refused = {
        "another's type": (county.endorse("F522902", county.statement("F522902", office=other), office=other), 422, "/permit/type"),
        "another's statement": (county.endorse("F522701", county.statement("F522902"), office=other), 422, "/statement/iss"),
        "another's key": (
            county.endorse("F522902", county.statement("F522902", key=county.offices[other].key)), 422, "/statement"),
        "another's permit": (
            county.endorse("F522701", county.statement("F522701", act="change", of=1, after="somebody-elses"), n=1), 403, None),
        "revoking what is an authority's, as the registry": (county.act("revoke", 1), 403, None),
        "suspending another's": (
            county.act("suspend", 1, scope="authority", client=county.offices[other].client), 403, None),
        "the licence": (county.act("suspend", scope="authority", client=county.offices[other].client), 403, None),
        "no authority at all": (county.act("suspend", 1, scope="authority", client="portal-a"), 403, None),
    }  # fmt: skip
    for name, (told, status, pointer) in refused.items():
        assert told.status_code == status, (name, told.text)
        if pointer is not None:
            assert pointer in told.json()["errors"][0]["pointer"], name
    assert county.running.log_size() == before + 2  # the one permit and its version; nothing else was written
    assert county.faults(tmp_path / "export") == []


BAD = {  # what is changed in the second statement of two, where the fault is told
    "another holder": ({"sub": "91370784MA3C000000"}, "/statement/sub"),
    "another registry": ({"aud": "https://elsewhere.example"}, "/statement/aud"),
    "made yesterday": ({"iat": BEGAN - 90_000}, "/statement/iat"),
    "before its key": ({"iat": BEGAN - 200_000}, "/statement/iat"),
    "a scope item the licence lacks": ({"permit": {"scope": ["F522701", "I651301"]}}, "/statement/permit/scope/1"),
    "ends before it begins": ({"permit": {"valid_to": "2020-01-01"}}, "/statement/permit/valid_to"),
    "no number": ({"permit": {"number": None}}, "/statement/permit/number"),
    "a stray member": ({"note": "x"}, "/statement/note"),
    "hidden characters": ({"permit": {"number": "3707\u202e84"}}, "/statement/permit/number"),
    "a day that never was": ({"permit": {"valid_from": "2026-02-30"}}, "/statement/permit/valid_from"),
    "a change sent as an addition": ({"act": "change", "of": 1, "after": "statement-x"}, "/statement/act"),
    "another type of token": ({"header": {"typ": "JWT"}}, "/statement"),
    "a key of its own": ({"header": {"jku": "https://evil.example"}}, "/statement"),
    "the first one's number": ({"permit": {"type": "食品经营许可证"}}, "/statement/permit/type"),
}


def test_a_statement_that_is_wrong_adds_nothing_and_says_where(county):
    assert county.endorse("F522902").status_code == 201
    size = county.running.log_size()
    for name, (changed, pointer) in BAD.items():
        told = county.endorse("F522701", county.statement("F522701", **deepcopy(changed)))
        assert told.status_code == 422, (name, told.text)
        assert told.json()["type"] == "/problems/permit-refused"
        errors = told.json()["errors"]
        assert pointer in [error["pointer"] for error in errors], (name, errors)
        assert all(error["why"] and "value" in error for error in errors)
    assert county.running.log_size() == size
    assert county.endorse("F522701").json()["permit"]["n"] == 2


def test_what_was_said_twice_is_done_once(county):
    statement = county.statement("F522902")
    first, size = county.endorse("F522902", statement).json(), county.running.log_size()
    assert county.endorse("F522902", statement).json() == first
    assert county.running.log_size() == size
    reused = county.statement("F522902", jti=first["permit"]["number"][:8], permit={"number": "JY1"})
    assert county.endorse("F522902", reused).status_code == 201
    again = county.statement("F522902", jti=first["permit"]["number"][:8], permit={"number": "JY2"})
    assert county.endorse("F522902", again).json()["errors"][0]["pointer"] == "/statement/jti"
    twin = county.endorse("F522902").json()["errors"]
    assert [error["pointer"] for error in twin] == ["/statement/permit/number"]
    suspended = county.act("suspend", 1).json()
    assert county.act("suspend", 1).json() == suspended
    assert county.act("suspend", 1, why="另一个理由，不是同一次处理的重复").status_code == 422


def test_who_reads_permits_and_who_reads_why(county):
    assert county.endorse("F522902").status_code == 201
    market, tobacco = (county.offices[code].client for code in ("market-370784", "tobacco-370784"))
    county.act("suspend", 1, scope="authority", client=market)
    county.act("suspend", scope="officer")

    def reasons(scope, client):
        bearer = county.running.bearer(scope, client=client, subject="somebody")
        found = county.client.get(f"{county.path}/permits", headers=bearer)
        return found.status_code if found.status_code != 200 else [
            one.get("reason") for one in found.json()["changes_of_status"]
        ]  # fmt: skip

    assert reasons("authority", "nobody-on-the-list") == 403
    assert reasons("authority", tobacco) == [None, None]
    assert reasons("authority", market) == [WHY, None]
    assert reasons("portal", "portal-a") == [None, None]
    for scope in ("officer", "supervisor", "auditor"):
        assert reasons(scope, "bureau") == [WHY, WHY]


def test_what_is_wrong_with_a_statement_is_told_in_chinese_too(county):
    wrong = {"missing": ({"permit": {"number": None}}, "缺少"), "unknown": ({"note": "x"}, "没有这一项"),
             "form": ({"permit": {"valid_from": "2026-02-30"}}, "须为日期")}  # fmt: skip
    headers = county.running.bearer("authority", client=county.offices["market-370784"].client, subject="clerk-3")
    for name, (changed, says) in wrong.items():
        body = {"statement": county.statement("F522902", **changed)}
        told = county.client.post(f"{county.path}/permits", json=body, headers={**headers, "Accept-Language": "zh"})
        assert says in told.json()["errors"][0]["why"], (name, told.text)


def test_the_lists_are_signed_anew_at_once_and_cached_by_their_tag(county):
    first = county.client.get("/status/0")
    tag = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    assert county.client.get("/status/0", headers=tag).status_code == 304
    index = county.client.get("/status")
    assert county.client.get("/status", headers={"If-None-Match": index.headers["etag"]}).status_code == 304
    county.act("suspend")
    second = county.client.get("/status/0", headers=tag)
    assert second.status_code == 200
    assert second.headers["cache-control"] == "public, max-age=300"
    told = county.client.get("/status").json()
    assert told["lists"][0]["issued_at"] > index.json()["lists"][0]["issued_at"]
    county.running.clock.forward(minutes=-1)  # a clock that is a little behind takes no list with it
    county.running.service.statuses.changed()
    county.client.get("/status/0")
    assert county.client.get("/status").json()["lists"][0]["issued_at"] >= told["lists"][0]["issued_at"]
    county.running.clock.forward(minutes=1)
