"""`miaopi fetch`: a folder that is believed offline; a list that forgets, a document that is swapped, are never written."""

import asyncio
import json

import aiohttp
import pytest
from typer.testing import CliRunner

from api import cli_scan, trust_fetch
from api.cli import app
from api.scan_trust import read_trust
from api.trust_fetch import FetchError, fetch, fetch_from, keep
from api.trust_pinned import pinned_in
from licence_qr.keys_logged import Logged
from tests.licence_qr.specimens import AT, IAT, ISS, LIST_URI, REVOKED, STOLEN_KEY, TRUST, licence, status_token
from tests.licence_qr.test_scan_download import stolen


class Registry:
    """A registry that publishes what a folder of specimens says."""

    def __init__(self, folder):
        made = stolen(folder)
        self.paths = {
            "/.well-known/jwks.json": (made / "jwks.json").read_bytes(),
            f"/.well-known/logged/{STOLEN_KEY.kid}.json": (made / "logged" / f"{STOLEN_KEY.kid}.json").read_bytes(),
            "/status": json.dumps({"status_lists": [LIST_URI]}).encode(),
            "/status/1": status_token().encode(),
        }

    async def get(self, path, most):
        assert len(self.paths[path]) <= most
        return self.paths[path]

    def fetch(self, pinned=None, accepted=()):
        return asyncio.run(fetch(self.get, pinned, at=AT, accepted=accepted))


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "published")


def test_what_is_fetched_is_what_a_scanner_believes(registry, tmp_path):
    folder = tmp_path / "trust"
    keep(folder, registry.fetch())
    trust, book = read_trust(folder / "jwks.json", folder=folder)
    assert trust.get(STOLEN_KEY.kid).logged is not None
    assert book.get(LIST_URI).issued_at == AT - 600
    assert sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()) == [
        "jwks.json",
        f"logged/{STOLEN_KEY.kid}.json",
        "status/1.jwt",
    ]
    registry.paths["/status/1"] = status_token(iat=AT - 60).encode()
    keep(folder, registry.fetch(pinned_in(folder)))
    assert read_trust(folder / "jwks.json", folder=folder)[1].get(LIST_URI).issued_at == AT - 60


def test_an_older_status_list_never_replaces_the_one_kept(registry, tmp_path):
    folder, name = tmp_path / "trust", "status/1.jwt"
    revoked, clean = status_token({7: REVOKED}, iat=AT - 300), status_token(iat=AT - 80_000)

    def fetched(token):
        registry.paths["/status/1"] = token.encode()
        found = registry.fetch(pinned_in(folder))
        keep(folder, found)
        return (folder / name).read_text(), found.told()["lists"][0]["kept"]

    assert fetched(clean) == (clean, False)
    assert fetched(revoked + "\n") == (revoked + "\n", False)
    assert fetched(clean) == (revoked + "\n", True), "a list that was replayed would restore a revoked licence"
    late = status_token(iat=AT + 121)
    assert fetched(late) == (revoked + "\n", True), "a list from the future would stay for ever"
    (folder / name).write_text(late)
    assert fetched(clean) == (clean, False), "and one that stayed gives way to any"
    (folder / name).write_text("垃圾")
    assert fetched(clean) == (clean, False)


def test_a_list_that_is_named_twice_is_fetched_once(registry):
    registry.paths["/status"] = json.dumps({"status_lists": [LIST_URI, LIST_URI]}).encode()
    assert len(registry.fetch().told()["lists"]) == 1


BAD = {
    "no keys": ("/.well-known/jwks.json", b'{"keys":[]}', "no key that this program"),
    "no list of keys": ("/.well-known/jwks.json", b"<html>", "not a JWKS"),
    "another document": (
        f"/.well-known/logged/{STOLEN_KEY.kid}.json",
        Logged.of(STOLEN_KEY.kid, IAT, [(licence().jws, IAT)]).to_bytes(),
        "not the document",
    ),
    "no index": ("/status", b"[]", "no index"),
    "a list of another issuer": ("/status", json.dumps({"status_lists": [LIST_URI, "https://evil.example/status/1"]}).encode(), "another issuer"),
    "an address that is none": ("/status", json.dumps({"status_lists": [f"{ISS}/status/../../etc"]}).encode(), "another issuer"),
    "an index that is too deep": ("/status", b"[" * 100_000, "no index"),
    "a number": ("/status", b'{"status_lists": [7]}', "no index"),
    "a list not signed": ("/status/1", status_token()[:-6].encode() + b"AAAAAA", "not believed"),
    "a list in other letters": ("/status/1", "状态".encode(), "status/1"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "content", "said"), list(BAD.values()), ids=list(BAD))
def test_what_must_not_be_believed_writes_nothing(path, content, said, registry, tmp_path, monkeypatch):
    registry.paths[path] = content
    monkeypatch.setattr(trust_fetch, "_fetch", lambda _base, pinned, at, accepted: fetch(registry.get, pinned, at=at))
    done = CliRunner().invoke(app, ["fetch", "https://licence.anqiu.example", str(tmp_path / "trust")])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "trust").exists()


@pytest.mark.parametrize(
    "url", ["http://licence.anqiu.example", "ftp://x", "https://x/path", "https://x?y", "licence.anqiu.example", ""]
)
def test_keys_are_fetched_over_https_from_an_address_alone(url):
    with pytest.raises(FetchError, match="https"):
        fetch_from(url, None, at=AT)


def test_no_answer_is_told_and_leaves_what_was_there(registry, tmp_path, monkeypatch):
    folder = tmp_path / "trust"
    keep(folder, registry.fetch())

    async def nobody(*_):
        raise aiohttp.ClientConnectionError

    monkeypatch.setattr(trust_fetch, "_fetch", nobody)
    done = CliRunner().invoke(app, ["fetch", "https://licence.anqiu.example", str(folder)])
    assert done.exit_code == 2
    assert "no answer" in done.stderr
    assert len(pinned_in(folder).trust) == len(TRUST) + 1


def test_from_a_service_to_a_scan_without_the_network(client, running, tell, portal, tmp_path, monkeypatch):
    case = tell("llc/01-software").json()
    picture = tmp_path / "licence.png"
    picture.write_bytes(client.get(case["licence"]["links"][".png"], headers=portal).content)

    async def get(path, most):
        answered = client.get(path)
        assert answered.status_code == 200
        assert len(answered.content) <= most
        return answered.content

    monkeypatch.setattr(trust_fetch, "_fetch", lambda _base, pinned, at, accepted: fetch(get, pinned, at=at))
    monkeypatch.setattr(cli_scan, "datetime", type("Clock", (), {"now": staticmethod(lambda _: running.clock())}))
    run, folder = CliRunner(), str(tmp_path / "trust")
    told = json.loads(run.invoke(app, ["fetch", "https://miaopi.example.org", folder, "--json"]).stdout)
    assert {key["typ"] for key in told["keys"]} == {"business-licence+jwt", "statuslist+jwt", "dc+sd-jwt"}
    assert "good until" in run.invoke(app, ["fetch", "https://miaopi.example.org", folder]).stdout
    scanned = run.invoke(app, ["scan", str(picture), "--trust", folder, "--json"])
    assert (scanned.exit_code, json.loads(scanned.stdout)["reason"]) == (0, "current")
    made = client.post(f"/v1/licences/{case['id']}/download", headers=portal)
    (tmp_path / "mine.json").write_bytes(made.content)
    scanned = run.invoke(app, ["scan", str(tmp_path / "mine.json"), "--trust", folder, "--json"])
    assert json.loads(scanned.stdout)["private"].keys() == {"id_number", "phone", "home_address"}
