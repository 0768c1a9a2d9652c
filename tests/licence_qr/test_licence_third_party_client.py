import ast
import importlib.util
import json
import random
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import licence_qr
from licence_qr import transport
from licence_qr.bulk import BulkVerifier, verify_many
from licence_qr.errors import KeyFileError
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import verify
from tests.licence_qr.cases import all_cases, reasons
from tests.licence_qr.specimens import AT, LICENCE_KEY, LIST_URI, PAGE, TRUST, licence, status_token
from tests.licence_qr.test_licence_page_in_node import mutated

FILE = Path(licence_qr.__file__).parent / "client" / "miaopi_licence.py"
CASES = all_cases()
JWKS = json.dumps(TRUST.to_jwks()).encode()


def _load():
    spec = importlib.util.spec_from_file_location("miaopi_licence", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CLIENT = _load()


def logged(case):
    return [source.encode() for source in case.get("logged", {}).values()]


def ours(case):
    trust = TrustList.from_jwks(json.dumps(case["jwks"]).encode(), logged(case))
    book = StatusBook(trust, oldest=case["oldest_status"])
    for uri, token in case["lists"].items():
        book.add(uri, token)
    return trust, book


def plain(found):
    return {name: value for name, value in found.to_json().items() if name != "detail"}


@pytest.mark.parametrize("name", CASES)
def test_the_file_for_others_gives_every_vector_and_attack_the_same_answers(name):
    case = CASES[name]
    given = {"oldest_status": case["oldest_status"], "logged": logged(case)}
    client = CLIENT.Verifier(json.dumps(case["jwks"]).encode(), case["lists"], **given)
    found = client.verify(case["text"], at=case["at"])
    assert reasons(found) == case["expect"]
    trust, book = ours(case)
    assert found == plain(verify(case["text"], trust, at=case["at"], status=book))


@pytest.mark.parametrize("name", CASES)
def test_the_bulk_verifier_gives_every_vector_and_attack_the_same_answers(name):
    case = CASES[name]
    trust, book = ours(case)
    assert BulkVerifier(trust, book).verify(case["text"], at=case["at"]) == verify(
        case["text"], trust, at=case["at"], status=book
    )


def test_all_readers_agree_on_mutations():
    rng, lists = random.Random(20261123), {LIST_URI: status_token()}
    texts = [mutated(rng) for _ in range(2000)]
    client, (trust, book) = (
        CLIENT.Verifier(JWKS, lists),
        ours({"jwks": TRUST.to_jwks(), "lists": lists, "oldest_status": None}),
    )
    wanted = [verify(text, trust, at=AT, status=book) for text in texts]
    assert [client.verify(text, at=AT) for text in texts] == [plain(one) for one in wanted]
    assert BulkVerifier(trust, book).verify_all(texts, at=AT) == wanted
    assert list(verify_many(texts, jwks=JWKS, lists=lists, at=AT, processes=1)) == wanted
    assert len({one.headline.reason for one in wanted}) > 6, "the mutations reach many steps"


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
    tree = ast.parse(FILE.read_text("utf-8"))
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


@pytest.mark.parametrize("jwks", [b"", b"[]", b'{"keys":1}', json.dumps({"keys": [{"d": "x"}]}).encode()])
def test_what_is_no_list_of_keys_is_told_when_it_is_given(jwks):
    with pytest.raises(ValueError, match=r"."):
        CLIENT.Verifier(jwks)


def test_a_stolen_key_answers_for_nothing():
    assert LICENCE_KEY.kid in CLIENT.Verifier(JWKS)._keys
    stolen = [{**entry, "revoked_at": AT} for entry in TRUST.to_jwks()["keys"]]
    client = CLIENT.Verifier(json.dumps({"keys": stolen}).encode(), {LIST_URI: status_token()})
    assert client.verify(licence().digits, at=AT)["reason"] == "key_compromised"
