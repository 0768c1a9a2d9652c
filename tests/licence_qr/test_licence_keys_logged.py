"""The document on the licences of a stolen key: how large it may be, for all who read it and for who publishes it."""

import json

import pytest

from api import cli_keys, published_keys
from licence_qr import keys_logged
from licence_qr.errors import KeyFileError
from licence_qr.keys_logged import LARGEST, ROTATE_FROM, Logged, token_digest
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList
from tests.licence_qr.specimens import (
    AT,
    COMPANY,
    IAT,
    ISS,
    KEY_FROM,
    LIST_URI,
    STOLEN_KEY,
    TRUST,
    licence,
    status_token,
)
from tests.licence_qr.verdicts import NODE, Page, answers

SINCE = IAT + 3600


def a_document(count: int) -> Logged:
    others = frozenset(f"{number:043d}" for number in range(count - 1))
    return Logged(STOLEN_KEY.kid, SINCE, others | {token_digest(licence(COMPANY, key=STOLEN_KEY).jws)}, frozenset())


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_a_document_that_was_too_large_once_is_read_by_every_verifier():
    logged = a_document(180_000)
    document = logged.to_bytes()
    assert len(document) > 8_000_000
    stolen = TrustedKey(STOLEN_KEY.public_key, ISS, LICENCE_TYP, KEY_FROM, None, SINCE, logged.sha256)
    trust = TrustList([*(key for key in TRUST if key.kid != STOLEN_KEY.kid), stolen])
    given = {"at": AT, "oldest_status": None, "jwks": trust.to_jwks(), "lists": {LIST_URI: status_token()}}
    given["logged"] = {STOLEN_KEY.kid: document.decode()}
    text = licence(COMPANY, key=STOLEN_KEY).jws
    with Page() as page:
        page.send([{"text": text, **given}])
        told = answers({"text": text, **given})
        (told["page"],) = page.receive()
    assert {name: one["authentic"]["reason"] for name, one in told.items()} == dict.fromkeys(told, "authentic")


def test_the_limit_is_one_and_leaves_room_after_the_warning():
    page, client = (
        keys_logged.__file__.replace("keys_logged.py", name) for name in ("page/verify.mjs", "client/miaopi_licence.py")
    )
    for file, said in ((page, f"MOST_LOGGED = {LARGEST:_}"), (client, f', {LARGEST:_}, "format")')):
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123  (a text beside the package)
            assert said in opened.read()
    one_more = len(a_document(2).to_bytes()) - len(a_document(1).to_bytes())
    assert ROTATE_FROM * one_more * 1.3 < LARGEST


def test_a_document_that_nobody_would_read_is_not_published(monkeypatch, tmp_path):
    published_keys.write_list(tmp_path, TrustList([TrustedKey(STOLEN_KEY.public_key, ISS, LICENCE_TYP, KEY_FROM)]))
    before = (tmp_path / published_keys.LIST).read_bytes()
    logged = a_document(3)
    monkeypatch.setattr(keys_logged, "LARGEST", len(logged.to_bytes()) - 1)
    with pytest.raises(KeyFileError, match=r"3 licences of the key .*docs/keys.md 6.*名单文件过大"):
        published_keys.report(tmp_path, logged, AT)
    assert [one.name for one in tmp_path.iterdir()] == [published_keys.LIST]
    assert (tmp_path / published_keys.LIST).read_bytes() == before
    monkeypatch.setattr(keys_logged, "LARGEST", len(logged.to_bytes()))
    listed = published_keys.report(tmp_path, logged, AT).get(STOLEN_KEY.kid)
    assert listed is not None
    assert listed.logged == logged
    read = published_keys.read_list(tmp_path).get(STOLEN_KEY.kid)
    assert read is not None
    assert read.logged == logged


def test_the_list_of_keys_warns_of_the_second_key_which_signed_too_many(monkeypatch, capsys):
    def entry(kid: str, licences: int | None, state: str) -> dict[str, object]:
        times = {"signs_from": KEY_FROM, "until": None, "compromised_since": None}
        return {"kid": kid, "typ": LICENCE_TYP, "state": state, **times, "licences": licences}

    found = [
        entry("a" * 43, ROTATE_FROM - 1, "signing"),
        entry("b" * 43, ROTATE_FROM, "signing"),
        entry("c" * 43, ROTATE_FROM, "retired"),
        entry("d" * 43, None, "signing"),
    ]
    monkeypatch.setattr("api.key_operations.listed", lambda _place: found)
    monkeypatch.setattr(cli_keys, "_place", lambda *_given: None)
    cli_keys.list_keys(json=True)
    assert [one["rotate"] for one in json.loads(capsys.readouterr().out)["keys"]] == [False, True, False, False]
    cli_keys.list_keys()
    told = capsys.readouterr().out
    assert "请尽快轮换" in told.replace("\n", "")
    assert told.count("bbbbbbbbbbbb…") == 1
    assert "aaaaaaaaaaaa…" not in told
