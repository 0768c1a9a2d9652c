"""Vectors of others: Wycheproof's ES256 signatures and the lists of the status list draft, for every verifier."""

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from licence_qr.errors import CodeError
from licence_qr.keys import is_low_s, public_jwk, verify_signature
from licence_qr.status_list import StatusList
from licence_qr.token import authenticate
from licence_qr.transport import Parts
from licence_qr.trust import LICENCE_TYP, TrustedKey
from tests.licence_qr.forge import header_of
from tests.licence_qr.verdicts import CLIENT, NODE, in_node

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
WYCHEPROOF, LISTS = FOLDER / "ecdsa_p256_p1363.json", FOLDER / "status_list_examples.json"
needs_signatures = pytest.mark.skipif(not WYCHEPROOF.exists(), reason="the outside vectors of shared/ are not here")
needs_lists = pytest.mark.skipif(not LISTS.exists(), reason="the outside vectors of shared/ are not here")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed; the browser tests run the page's verifier")
# Sections 4.1 and 4.2 of the draft: the statuses behind its two short examples.
ONE_BIT = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
TWO_BITS = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def signatures():
    """Every case: its number, public key, message, signature, and whether it is valid."""
    for group in json.loads(WYCHEPROOF.read_text("utf-8"))["testGroups"]:
        key = serialization.load_pem_public_key(group["publicKeyPem"].encode())
        for test in group["tests"]:
            yield test["tcId"], key, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]), test["result"] == "valid"


def lists():
    """Every example of the draft: its name, bits and `lst`."""
    for name, text in json.loads(LISTS.read_text("utf-8")).items():
        if found := re.search(r'"lst": "([^"]*)"', text):
            yield name, int(re.search(r'"bits": (\d)', text)[1]), re.sub(r"\s", "", found[1])


@needs_signatures
def test_every_outside_signature_gets_its_verdict_from_python_and_from_the_client():
    told = {number: good for number, *_, good in signatures()}
    assert len(told) > 200
    assert {
        number: verify_signature(key, message, signature) for number, key, message, signature, _ in signatures()
    } == told
    assert {
        number: CLIENT._fits(key, message, signature) for number, key, message, signature, _ in signatures()
    } == told


@needs_signatures
@needs_node
def test_every_outside_signature_gets_its_verdict_from_the_page():
    given = [
        {"jwk": public_jwk(key), "message": message.hex(), "signature": signature.hex()}
        for _, key, message, signature, _ in signatures()
    ]
    assert in_node("signatures", given) == [good for *_, good in signatures()]


@needs_signatures
def test_no_outside_signature_passes_under_another_message():
    """The messages are no tokens, so behind our header none of them may be accepted, high or low."""
    for number, key, message, signature, _ in signatures():
        parts = Parts(header_of(), message, signature)
        with pytest.raises(CodeError) as caught:
            authenticate(parts, TrustedKey(key, "https://x.example", LICENCE_TYP, 0), LICENCE_TYP)
        assert caught.value.reason == "signature", (number, is_low_s(signature))


@needs_lists
def test_the_examples_of_the_draft_are_read_as_it_says():
    read = 0
    for name, bits, lst in lists():
        found = StatusList.decode(lst, bits)
        read += 1
        if name == "status_list_encoding2_json.md":
            assert [found.get(index) for index in range(found.size)] == TWO_BITS
        elif "long" in name:
            assert found.size == 2**20
        again = StatusList.decode(found.encode(), bits)
        assert all(again.get(index) == found.get(index) for index in range(0, found.size, 997))
    assert read >= 4


@needs_lists
def test_the_client_reads_the_examples_of_the_draft_as_python_does():
    for _, bits, lst in lists():
        wanted, entries = StatusList.decode(lst, bits), CLIENT._entries(lst)
        places = [*range(0, wanted.size, 97), wanted.size - 1]
        assert [CLIENT._value(entries, bits, place) for place in places] == [wanted.get(place) for place in places]
        assert CLIENT._value(entries, bits, wanted.size) is None


@needs_lists
@needs_node
def test_the_page_reads_the_examples_of_the_draft_as_python_does():
    given, expected = [], []
    for _, bits, lst in lists():
        wanted = StatusList.decode(lst, bits)
        places = [*range(0, wanted.size, 97), wanted.size - 1]
        given.append({"bits": bits, "lst": lst, "places": [*places, wanted.size]})
        expected.append([*(wanted.get(place) for place in places), None])
    assert in_node("lists", given) == expected


def test_the_short_lists_have_the_bytes_of_the_draft():
    one, two = StatusList(16, bits=1), StatusList(12)
    for index, value in enumerate(ONE_BIT):
        one.set(index, value)
    for index, value in enumerate(TWO_BITS):
        two.set(index, value)
    assert CLIENT._entries(one.encode()) == bytes([0xB9, 0xA3])
    assert CLIENT._entries(two.encode()) == bytes([0xC9, 0x44, 0xF9])
