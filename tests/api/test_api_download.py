"""The holder's download over HTTP: who gets it, what stands in it, that it is the printed licence with every permit in full."""

import base64
import json
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha512
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sqlalchemy import update
from starlette.testclient import TestClient

from api.app import create_app
from api.exporting import write_export
from api.holder_downloads import HolderDownloads
from api.key_home import KeyHome
from api.key_operations import Place, drill, listed
from api.wire import build
from audit.export_reader import Export
from audit.verify import verify as audit
from casework import holder_claims, permits, statuses
from casework.errors import UnknownCaseError
from casework.ports import Ports
from casework.statuses import Actor, Wanted
from casework.tables import permit_act
from engine.application import content_digest
from licence_qr.errors import CodeError, IssuanceError, KeyDeviceError, KeyFileError
from licence_qr.keys import public_jwk
from licence_qr.sd_jwt_licence import SD_JWT_TYP, bind, verify_download
from licence_qr.sm2_slot import FileSm2Signer
from licence_qr.token import parts_of
from licence_qr.trust import TrustList
from tests.licence_qr.specimens import FOREIGN_KEY as HOLDER
from tests.support.authorities import offices, pin
from tests.support.running_service import MORNING, Running, start

SCOPE = {  # code, words, and the permits that call for it
    "F522902": ("散装食品销售", "market-370784", "食品经营许可证"),
    "F522701": ("烟草制品零售", "tobacco-370784", "烟草专卖零售许可证"),
    "F524301": ("出版物零售", "culture-370784", "出版物经营许可证"),
    "O805101": ("洗浴服务", "health-370784", "公共场所卫生许可证"),
}
BODY = {"Content-Type": "application/json", "Accept-Language": "en"}


@dataclass
class Shop:
    """A service with one shop whose permits fill more than a code of 40 mm; it is printed in short form."""

    running: Running
    client: TestClient
    case: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/v1/licences/{self.case['id']}/download"

    def now(self) -> int:
        return int(self.running.clock().timestamp())

    def trust(self) -> TrustList:
        return TrustList.from_jwks(self.client.get("/.well-known/jwks.json").content)

    def claims(self) -> dict[str, Any]:
        token = self.running.service.licence_token(self.case["id"])
        return json.loads(parts_of(token).payload)

    def download(self, *, client: str = "portal-a", scope: str = "portal", **sent: Any) -> Any:
        headers = {**self.running.bearer(scope, client=client), **BODY}
        return self.client.post(self.path, headers=headers, **sent)

    def shown(self, answered: Any, **more: Any) -> Any:
        assert answered.status_code == 200, answered.text
        return verify_download(answered.json()["credential"], self.trust(), at=self.now(), **more)

    def endorse(self, found: Any, code: str, number: str) -> None:
        """Add a permit as its authority does; the picture is not drawn."""
        parts = self.running.service.flow.parts
        _, office, kind = SCOPE[code]
        permit = {"type": kind, "number": number, "valid_from": "2026-11-20", "valid_to": "2031-11-19", "scope": [code]}
        compact = found[office].state(
            aud=self.running.settings.host, sub=self.case["licence"]["uscc"], iat=self.now(), act="add", permit=permit
        )
        authority = parts.authorities.by_code[office]
        statement = permits.read_statement(parts, parts.authorities, authority, compact)
        parts.writer.write_now(permits.endorse(parts, self.case["id"], statement, compact, None))

    def revoke(self, permit: int) -> None:
        """Revoke a permit, as its authority alone may."""
        parts = self.running.service.flow.parts
        told = permits.told(parts, self.case["id"])
        code = next(one["authority"]["code"] for one in told["permits"] if one["n"] == permit)
        wanted = Wanted("revoke", "现场检查所需的处理", permit)
        parts.writer.write_now(statuses.act(parts, self.case["id"], wanted, Actor("officer-1", code)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory, county_file, stories):
    home = tmp_path_factory.mktemp("download") / "home"
    home.mkdir()
    found = offices(int(MORNING.timestamp()) - 86_400)
    pin(home / "authorities.json", found)
    running = start(home, county_file)
    with TestClient(create_app(running.service), base_url="https://miaopi.test") as client:
        document = deepcopy(stories["individual/05-bakery"]["document"])
        document["scope"]["items"] = [
            {"code": "F521101", "text": "百货零售", "kind": "general"},
            *({"code": code, "text": text, "kind": "licensed"} for code, (text, *_) in SCOPE.items()),
        ]
        for signature in document["signatures"]:
            signature["content_digest"] = content_digest(document)
        running.sources.confirm(document)
        headers = {**running.bearer("portal"), "Idempotency-Key": str(uuid4())}
        made = Shop(running, client, client.post("/v1/applications", json=document, headers=headers).json())
        assert made.case["outcome"] == "approved", made.case
        made.document = document
        for number in range(17):  # some of one type, as chains hold them; numbers that no dictionary makes shorter
            shown = "JY" + sha512(bytes([number])).hexdigest()[:56].upper()
            made.endorse(found, list(SCOPE)[number % 4], shown)
            if number == 4:
                made.revoke(2)  # not carried into any later version
        yield made
    running.reader.dispose()
    running.sources.close()


def test_the_printed_code_is_in_short_form_and_the_download_lists_every_permit(shop):
    printed, shown = shop.claims(), shop.shown(shop.download()).claims
    assert len(printed["permits"]) < printed["permits_total"] == len(shown["permits"]) == 16
    assert "permits_digest" not in shown
    assert all({"authority", "valid_from", "number"} <= one.keys() for one in shown["permits"] if one["held"])
    same = ("jti", "sub", "vct", "exp", "status", "licence", "log", "permits_total")
    assert {name: shown[name] for name in same} == {name: printed[name] for name in same}
    assert [one["status_idx"] for one in printed["permits"] if one["held"]] == [
        one["status_idx"] for one in shown["permits"][: len(printed["permits"])]
    ]


def test_a_permit_that_is_revoked_later_stays_in_the_download_of_the_version_that_named_it(shop):
    before = shop.shown(shop.download()).claims["permits"]
    shop.revoke(17)
    assert shop.shown(shop.download()).claims["permits"] == before


def test_the_private_fields_are_the_operators_and_hidden_until_shown(shop):
    answered = shop.download()
    operator, other = shop.document["people"]
    private = {
        "id_number": operator["id_number"],
        "phone": operator["mobile"],
        "home_address": operator["home_address"],
    }
    assert shop.shown(answered).private == private
    compact = answered.json()["credential"].partition("~")[0]
    hidden = verify_download(f"{compact}~", shop.trust(), at=shop.now())
    assert hidden.private == {}
    payload = parts_of(compact).payload.decode()
    assert len(json.loads(payload)["holder"]["_sd"]) == 5
    for person in (operator, other):
        assert all(person[name] not in payload for name in ("id_number", "mobile", "home_address"))
    assert other["id_number"] not in json.dumps(shop.shown(answered).private)
    again = shop.download().json()["credential"]
    assert again.split("~")[1:] != answered.json()["credential"].split("~")[1:], "salts are drawn anew"


def test_it_is_never_stored_by_anybody_and_leaves_no_trace(shop):
    size = shop.running.log_size()
    answered = shop.download()
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["content-type"] == "application/json"
    assert "attachment" in answered.headers["content-disposition"]
    assert shop.running.log_size() == size


def test_only_who_submitted_the_case_downloads_it(shop):
    assert shop.download(client="portal-b").status_code == 404
    both = shop.running.token("portal", "auditor", "officer", client="audit-office")
    assert shop.client.post(shop.path, headers={"Authorization": f"Bearer {both}"}).status_code == 404
    assert shop.download(scope="auditor").status_code == 403
    assert shop.client.post(shop.path).status_code == 401
    by_code = f"/v1/licences/{shop.case['licence']['uscc']}/download"
    assert shop.client.post(by_code, headers=shop.running.bearer("portal")).status_code == 200
    with pytest.raises(UnknownCaseError):
        holder_claims.holder_claims(shop.running.service.flow.parts, shop.case["id"], "portal-b")
    nobody = shop.path.replace(shop.case["id"], str(uuid4()))
    assert shop.client.post(nobody, headers=shop.running.bearer("portal")).status_code == 404


def test_a_holders_key_binds_it_so_that_a_copy_cannot_be_shown(shop):
    answered = shop.download(json={"holder_key": public_jwk(HOLDER.public_key)})
    text = answered.json()["credential"]
    asked = {"nonce": "n-1", "audience": "https://checker.example"}
    with pytest.raises(CodeError) as told:
        verify_download(text, shop.trust(), at=shop.now(), **asked)
    assert told.value.reason == "holder"
    showing = bind(text, at=shop.now(), holder=HOLDER, **asked)
    assert verify_download(showing, shop.trust(), at=shop.now(), **asked).holder_bound


GOOD = public_jwk(HOLDER.public_key)
BAD = {  # the second of two members is what is wrong, in most
    "no key": ({"holder_key": None}, "/holder_key"),
    "a stray member": ({"holder_key": GOOD, "holder": "x"}, "/holder"),
    "a private key": ({"holder_key": {**GOOD, "d": "AAAA"}}, "/holder_key/d"),
    "a private key posted bare": ({"d": "AAAA"}, "/d"),
    "a private key under another name": ({"holder_key": GOOD, "key": {**GOOD, "d": "AAAA"}}, "/key"),
    "a private key for a kind": ({"holder_key": {**GOOD, "crv": "AAAA"}}, "/holder_key/crv"),
    "another curve": ({"holder_key": {**GOOD, "crv": "P-384"}}, "/holder_key/crv"),
    "no kind": ({"holder_key": {name: GOOD[name] for name in ("crv", "x", "y")}}, "/holder_key/kty"),
    "not on the curve": ({"holder_key": {**GOOD, "y": GOOD["x"]}}, "/holder_key"),
    "a short coordinate": ({"holder_key": {**GOOD, "y": "AAAA"}}, "/holder_key"),
    "a number": ({"holder_key": {**GOOD, "y": 7}}, "/holder_key"),
    "no y": ({"holder_key": {name: GOOD[name] for name in ("kty", "crv", "x")}}, "/holder_key"),
    "a list": ([], ""),
}


@pytest.mark.parametrize(("sent", "pointer"), BAD.values(), ids=list(BAD))
def test_a_key_that_is_none_is_told_by_its_place(shop, sent, pointer):
    told = shop.download(json=sent)
    assert (told.status_code, told.json()["type"]) == (422, "/problems/request-invalid")
    assert [one["pointer"] for one in told.json()["errors"]] == [pointer]
    assert "AAAA" not in told.text, "what may be a private key is not sent back"


def test_a_body_that_is_no_json_is_refused(shop):
    assert shop.download(content=b"{").status_code == 400
    headers = {**shop.running.bearer("portal"), "Content-Type": "text/plain"}
    assert shop.client.post(shop.path, headers=headers, content=b"{}").status_code == 415
    assert shop.download(content=b"{}").status_code == 200


def test_the_key_of_downloads_is_its_own_and_published(shop):
    entry = next(one for one in shop.client.get("/.well-known/jwks.json").json()["keys"] if one["typ"] == SD_JWT_TYP)
    assert shop.running.settings.keys.joinpath("download.pem").stat().st_mode & 0o077 == 0
    compact = shop.download().json()["credential"].partition("~")[0]
    header = json.loads(parts_of(compact).header)
    assert header == {"alg": "ES256", "kid": entry["kid"], "typ": SD_JWT_TYP}
    licence = json.loads(parts_of(shop.running.service.licence_token(shop.case["id"])).header)
    assert licence["kid"] != entry["kid"]


def test_sm2_says_that_no_key_is_configured_or_signs_the_same_jws(shop, tmp_path):
    assert shop.download().json()["sm2"] == {"state": "not_configured"}
    library = pytest.importorskip("gmssl_pyx", reason="the extra `sm2` (gmssl-pyx) is not installed")
    FileSm2Signer.create(tmp_path / "sm2.json")
    keys = KeyHome(shop.running.settings.model_copy(update={"sm2_key": tmp_path / "sm2.json"}))
    downloads = shop.running.service.downloads
    configured = HolderDownloads(downloads._parts, downloads._signer, keys.sm2_signer())
    made = json.loads(configured.make(shop.case["id"], "portal-a", None))
    member, compact = made["sm2"], made["credential"].partition("~")[0]
    point, signature = (base64.urlsafe_b64decode(member[name] + "==") for name in ("public_key", "signature"))
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    assert library.sm2_verify(point, compact.encode(), encode_dss_signature(r, s))


def test_a_key_that_cannot_be_reached_is_503_and_tells_nothing_of_the_module(shop, monkeypatch):
    def away(_):
        raise KeyDeviceError("token licences: no such slot; PIN file /etc/miaopi/pin")

    monkeypatch.setattr(shop.running.service.downloads._signer, "sign", away)
    told = shop.download()
    assert (told.status_code, told.json()["type"]) == (503, "/problems/key-unavailable")
    assert told.headers["retry-after"] == "60"
    assert "slot" not in told.text


def test_an_sm2_key_that_others_may_read_stops_the_start(shop, tmp_path):
    file = tmp_path / "sm2.json"
    keys = KeyHome(shop.running.settings.model_copy(update={"sm2_key": file}))
    with pytest.raises(KeyFileError, match=r"sm2\.json"):
        keys.sm2_signer()
    file.write_text("{}")
    file.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        keys.sm2_signer()


def test_a_register_that_no_longer_gives_what_was_signed_gives_no_download(shop):
    parts = shop.running.service.flow.parts
    with parts.reader.connect() as connection:
        row = connection.execute(permits._ACTS, {"case": shop.case["id"]}).first()
    changed = json.dumps({**json.loads(row.stated), "number": "JY0"})

    def rewrite(stated):
        where = permit_act.c.log_index == row.log_index
        parts.writer.write_now(
            lambda connection: connection.execute(update(permit_act).where(where).values(stated=stated))
        )

    rewrite(changed)
    try:
        with pytest.raises(IssuanceError, match="no longer gives the permits"):
            holder_claims.holder_claims(parts, shop.case["id"], "portal-a")
        told = shop.download()
        assert (told.status_code, told.json()["type"]) == (422, "/problems/download-refused")
    finally:
        rewrite(row.stated)
    assert shop.download().status_code == 200


@pytest.fixture
def place(tmp_path, county_file):
    """A home that no service holds, with the key of its downloads."""
    running = start(tmp_path / "home", county_file)
    running.reader.dispose()
    _close(running.service)
    yield Place(running.settings, Ports(now=running.clock), running.sources), running.service.downloads._signer.kid
    running.sources.close()


def _close(service):
    service.flow.parts.reader.dispose()
    service.flow.parts.writer.close()
    service.held.close()


def states(place):
    return {one["kid"]: (one["typ"], one["state"], one["licences"]) for one in listed(place)}


def test_a_stolen_download_key_is_listed_replaced_and_believed_no_more(place, tmp_path):
    place, kid = place
    assert states(place)[kid] == (SD_JWT_TYP, "signing", None)
    told = drill(place, kid=kid, since=place.now, go=True)
    following = KeyHome(place.settings).download_signer()
    assert told["followed_by"] == following.kid != kid
    assert (place.settings.keys / f"stolen-download-{kid[:12]}.pem").exists()
    assert states(place)[kid][1] == "compromised"
    assert drill(place, kid=kid, since=place.now, go=True)["followed_by"] == following.kid, "it may be run again"
    write_export(place.settings, tmp_path / "export")
    assert audit(Export(tmp_path / "export")).faults == []


def test_another_download_key_ends_the_window_of_the_first_at_the_next_start(place):
    place, kid = place
    (place.settings.keys / "download.pem").rename(place.settings.keys / "download-2026.pem")
    _close(build(place.settings, place.ports, client=place.client))
    following = KeyHome(place.settings).download_signer().kid
    assert (states(place)[kid][1], states(place)[following][1]) == ("retired", "signing")
    (place.settings.keys / "download-2026.pem").replace(place.settings.keys / "download.pem")
    with pytest.raises(RuntimeError, match="never opens again"):  # the old one was put back
        build(place.settings, place.ports, client=place.client)
    assert states(place)[kid][1] == "retired"
