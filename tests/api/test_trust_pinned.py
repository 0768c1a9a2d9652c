"""A list of keys that nobody signed may narrow what a folder pins; it widens by a person's word alone."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from api import trust_fetch
from api.cli import app
from api.trust_fetch import fetch, keep
from api.trust_pinned import NewKeysError, described, pinned_in, require_successor
from licence_qr.errors import KeyFileError
from licence_qr.keys_logged import Logged
from licence_qr.trust import LICENCE_TYP, STATUS_TYP, TrustedKey, TrustList
from tests.api.test_trust_fetch import Registry
from tests.licence_qr.specimens import (
    AT,
    IAT,
    ISS,
    KEY_FROM,
    LICENCE_KEY,
    RETIRED_KEY,
    STATUS_KEY,
    STOLEN_KEY,
    licence,
    signer,
)

FORGER = signer(666)
ADDED = TrustedKey(FORGER.public_key, ISS, LICENCE_TYP, KEY_FROM)


def changed(trust, signer, **change):
    return TrustList(replace(key, **change) if key.kid == signer.kid else key for key in trust)


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "published")


@pytest.fixture
def folder(registry, tmp_path):
    keep(tmp_path / "trust", registry.fetch())
    return tmp_path / "trust"


WIDER = {
    "a window opened again": (RETIRED_KEY, {"not_after": None}, "exp"),
    "a window made longer": (RETIRED_KEY, {"not_after": AT}, "exp"),
    "a window that begins earlier": (LICENCE_KEY, {"not_before": KEY_FROM - 1}, "`nbf` changed"),
    "a window that begins later": (LICENCE_KEY, {"not_before": KEY_FROM + 1}, "`nbf` changed"),
    "a status key that signs licences": (STATUS_KEY, {"typ": LICENCE_TYP}, "`typ` changed"),
    "another issuer": (STATUS_KEY, {"iss": "https://other.example\x1b[2J"}, "`iss` changed"),
    "a theft that was not": (STOLEN_KEY, {"revoked_at": None, "logged_sha256": None}, "taken back"),
    "a theft that was later": (STOLEN_KEY, {"revoked_at": AT}, "taken back or later"),
    "no document": (STOLEN_KEY, {"logged_sha256": None}, "taken out"),
}


@pytest.mark.parametrize(("key", "change", "said"), list(WIDER.values()), ids=list(WIDER))
def test_what_is_pinned_of_a_key_is_never_widened(key, change, said, registry, folder):
    pinned = pinned_in(folder).trust
    with pytest.raises(KeyFileError, match=said) as caught:
        require_successor(pinned, changed(pinned, key, **change))
    text = str(caught.value)
    assert key.kid in text
    assert "未写入任何内容" in text
    assert "\x1b" not in text


def test_a_list_that_forgets_the_second_of_its_keys_is_refused(folder):
    first, second, *others = pinned_in(folder).trust
    with pytest.raises(KeyFileError, match=f"{second.kid}: the list lacks it"):
        require_successor(TrustList([first, second, *others]), TrustList([first, *others]))


def test_a_window_that_closes_and_a_theft_that_is_reported_are_believed(folder):
    pinned = pinned_in(folder).trust
    narrower = changed(changed(pinned, LICENCE_KEY, not_after=AT), RETIRED_KEY, not_after=IAT, revoked_at=IAT)
    narrower = changed(narrower, RETIRED_KEY, not_after=KEY_FROM - 5)
    assert require_successor(pinned, narrower) == []


def test_a_new_key_waits_until_somebody_compared_it(registry, folder):
    pinned = pinned_in(folder).trust
    later = TrustedKey(signer(667).public_key, ISS, STATUS_TYP, AT, AT + 9)
    grown = TrustList([*pinned, ADDED, later])
    with pytest.raises(NewKeysError) as caught:
        require_successor(pinned, grown, [later.kid])
    assert described(ADDED) in str(caught.value)
    assert f"--accept {ADDED.kid}" in str(caught.value)
    assert later.kid not in str(caught.value)
    assert require_successor(pinned, grown, [later.kid, ADDED.kid]) == [ADDED, later]
    assert require_successor(None, grown) == list(grown)
    for first in (pinned, None):
        with pytest.raises(NewKeysError, match="no such key"):
            require_successor(first, grown, [ADDED.kid, "A" * 43])


def test_a_key_in_a_form_of_later_times_is_not_pinned_unseen(registry, folder):
    """Passed over today, a reader that knows the form would find it pinned tomorrow: it must ask then."""
    path = "/.well-known/jwks.json"
    unknown = {**ADDED.to_jwk(), "use": "of later times"}
    registry.paths[path] = json.dumps({"keys": [*json.loads(registry.paths[path])["keys"], unknown]}).encode()
    keep(folder, registry.fetch(pinned_in(folder)))
    assert FORGER.kid not in (folder / "jwks.json").read_text()


def document(registry, before, after=(), since=None):
    """Let the registry publish another document on its stolen key."""
    path = "/.well-known/jwks.json"
    trust = TrustList.from_jwks(registry.paths[path])
    since = trust.get(STOLEN_KEY.kid).revoked_at if since is None else since
    found = Logged.of(STOLEN_KEY.kid, since, [(one, since - 1) for one in before] + [(one, since) for one in after])
    listed = changed(trust, STOLEN_KEY, revoked_at=since, logged_sha256=found.sha256)
    registry.paths[path] = json.dumps(listed.to_jwks()).encode()
    registry.paths[f"/.well-known/logged/{STOLEN_KEY.kid}.json"] = found.to_bytes()


def test_a_document_on_a_stolen_key_vouches_for_no_more_than_the_pinned_one(registry, tmp_path):
    folder = tmp_path / "trust"
    document(registry, ["a.b.c"], ["d.e.f"])
    keep(folder, registry.fetch())
    for before, after, said in (
        (["a.b.c", licence().jws], ["d.e.f"], "vouches for further"),
        (["a.b.c", "d.e.f"], [], "vouches for further"),
        (["a.b.c"], [], "forgets"),
    ):
        document(registry, before, after)
        with pytest.raises(KeyFileError, match=said):
            registry.fetch(pinned_in(folder))
    document(registry, [], ["a.b.c", "d.e.f"], since=IAT - 5)  # the theft was earlier: fewer are beyond doubt
    keep(folder, registry.fetch(pinned_in(folder)))
    (folder / "logged" / f"{STOLEN_KEY.kid}.json").unlink()
    registry.fetch(pinned_in(folder))
    document(registry, ["a.b.c"], ["d.e.f"], since=IAT - 5)
    with pytest.raises(KeyFileError, match="not the one that was pinned"):
        registry.fetch(pinned_in(folder))


def test_the_command_pins_at_first_names_a_new_key_and_takes_it_when_told(registry, tmp_path, monkeypatch):
    path = "/.well-known/jwks.json"
    run, asked = CliRunner(), ["fetch", "https://licence.anqiu.example", str(tmp_path / "trust")]
    monkeypatch.setattr(
        trust_fetch,
        "_fetch",
        lambda _base, pinned, at, accepted: fetch(registry.get, pinned, at=at, accepted=accepted),
    )
    first = run.invoke(app, asked).stdout
    assert "首次取得" in first
    assert all(key.kid in first for key in TrustList.from_jwks(registry.paths[path]))
    assert "首次取得" not in run.invoke(app, asked).stdout
    registry.paths[path] = json.dumps({"keys": [*json.loads(registry.paths[path])["keys"], ADDED.to_jwk()]}).encode()
    before = (tmp_path / "trust" / "jwks.json").read_bytes()
    refused = run.invoke(app, asked)
    said = " ".join(refused.stderr.split())
    assert (refused.exit_code, (tmp_path / "trust" / "jwks.json").read_bytes()) == (2, before)
    for needed in (ADDED.kid, ISS, LICENCE_TYP, "2026-10-21 02:30 UTC to open", "by another way", "其他途径"):
        assert needed in said
    taken = run.invoke(app, [*asked, "--accept", ADDED.kid, "--json"])
    assert json.loads(taken.stdout)["pinned_now"] == [ADDED.kid]
    assert pinned_in(tmp_path / "trust").trust.get(ADDED.kid) is not None


def test_a_window_that_no_calendar_has_is_still_described():
    assert "to second 9007199254740991" in described(replace(ADDED, not_after=2**53 - 1, iss="x\u202e"))
    assert "\\u202e" in described(replace(ADDED, iss="x\u202e"))
