import ast
import json
import sys
from hashlib import sha256

import pytest

from licence_qr import transport
from licence_qr.bulk import BulkVerifier, verify_many
from licence_qr.errors import KeyFileError
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import verify
from tests.licence_qr.cases import all_cases
from tests.licence_qr.specimens import AT, LICENCE_KEY, LIST_URI, PAGE, SHOP, TRUST, licence, status_token
from tests.licence_qr.verdicts import CLIENT, CLIENT_FILE

JWKS = json.dumps(TRUST.to_jwks()).encode()
COMMON = [
    case
    for case in all_cases().values()
    if case["jwks"] == TRUST.to_jwks() and case["lists"] == {LIST_URI: status_token()}
]


def test_many_at_once_get_the_answers_of_one_at_a_time():
    texts = [
        case["text"]
        for case in COMMON
        if case["at"] == AT and case["oldest_status"] is None and "dictionaries" not in case
    ]
    trust, book = TrustList.from_jwks(JWKS), StatusBook(TRUST)
    book.add(LIST_URI, status_token())
    wanted = [verify(text, trust, at=AT, status=book) for text in texts]
    assert BulkVerifier(trust, book).verify_all(texts, at=AT) == wanted
    assert list(verify_many(texts, jwks=JWKS, lists={LIST_URI: status_token()}, at=AT, processes=1)) == wanted
    assert len({one.headline.reason for one in wanted}) > 6, "the cases reach many steps"


def test_processes_give_the_answers_in_their_order():
    lists, texts = {LIST_URI: status_token()}, []
    for number in range(6):
        text = licence(status_index=number).link(PAGE)
        texts += [text, text[:-1]]
    found = list(verify_many(texts * 60, jwks=JWKS, lists=lists, at=AT, processes=2))
    assert [one.headline.reason for one in found[:12]] == ["current", "damaged"] * 6
    assert len(found) == len(texts) * 60
    with pytest.raises(KeyFileError):
        next(verify_many(texts, jwks=b"[]", lists={}, at=AT, processes=2))


def test_the_file_stands_alone():
    tree = ast.parse(CLIENT_FILE.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names) | {"cryptography"}


def test_the_file_carries_every_dictionary():
    assert CLIENT.DIGESTS == transport.DICTIONARIES
    held = CLIENT.Verifier(JWKS)._dictionaries
    assert {number: sha256(content).hexdigest() for number, content in held.items()} == transport.DICTIONARIES


def test_a_newer_dictionary_can_be_handed_to_the_file(monkeypatch):
    made, first = licence(), transport.dictionary(1)
    monkeypatch.setattr(transport, "dictionary", {1: first, 7: b"phrases"}.get)
    link = f"{PAGE}#{transport.encode(made.parts, 7)}"
    assert CLIENT.Verifier(JWKS).verify(link, at=AT)["reason"] == "format"
    newer = CLIENT.Verifier(JWKS, {LIST_URI: status_token()}, dictionaries={7: b"phrases"})
    assert newer.verify(link, at=AT)["reason"] == "current"


@pytest.mark.parametrize(
    "jwks",
    [
        b"",
        b"[]",
        b'{"keys":1}',
        json.dumps({"keys": [{"d": "x"}]}).encode(),
        b"{",
        b"\xff",
        "",
        "null",
        "\ud800",
        None,
        7,
        {"keys": []},
    ],
)
def test_what_is_no_list_of_keys_gives_no_keys(jwks):
    client = CLIENT.Verifier(jwks, {LIST_URI: status_token()}, logged=(b"{", "x", None))
    assert client.verify(licence().digits, at=AT)["reason"] == "no_keys"
    assert client.verify("words", at=AT)["reason"] == "format"


def test_keys_and_documents_may_be_text():
    client = CLIENT.Verifier(JWKS.decode(), {LIST_URI: status_token()})
    assert client.verify(licence().digits, at=AT)["reason"] == "current"
    for strange in (None, 7, b"https://licence.anqiu.example/v#1", ["1"]):
        assert client.verify(strange, at=AT)["reason"] == "format"
    client.refresh("https://licence.anqiu.example/status/2", None, at=AT)
    assert CLIENT.Verifier(JWKS, {LIST_URI: None}).verify(licence().digits, at=AT)["reason"] == "status_untrusted"


def test_a_stolen_key_answers_for_nothing():
    assert LICENCE_KEY.kid in CLIENT.Verifier(JWKS)._keys
    stolen = [{**entry, "revoked_at": AT} for entry in TRUST.to_jwks()["keys"]]
    client = CLIENT.Verifier(json.dumps({"keys": stolen}).encode(), {LIST_URI: status_token()})
    assert client.verify(licence().digits, at=AT)["reason"] == "key_compromised"


def test_a_list_never_goes_back():
    client = CLIENT.Verifier(JWKS)
    text = licence(SHOP).digits

    def after(token, at=AT):
        client.refresh(LIST_URI, token, at=at)
        return client.verify(text, at=AT)["reason"]

    assert after("garbage") == "status_untrusted"
    assert after(status_token(iat=AT - 900)) == "current"
    assert after(status_token({7: 1}, iat=AT - 600)) == "revoked"
    for token in (
        status_token(iat=AT - 601),
        "garbage",
        status_token(iat=AT, key=LICENCE_KEY),
        status_token(iat=AT + 121),
    ):
        assert after(token) == "revoked"
    assert after(status_token(iat=AT + 121), AT + 1) == "clock"


def test_a_dictionary_that_was_handed_over_is_used_only_when_it_is_the_published_one():
    genuine, text = transport.dictionary(1), licence(SHOP).link(PAGE)
    for given, reason in ((genuine, "status_missing"), (genuine[:-1], "dictionary"), (b"", "dictionary")):
        assert CLIENT.Verifier(JWKS, dictionaries={1: given}).verify(text, at=AT)["reason"] == reason
