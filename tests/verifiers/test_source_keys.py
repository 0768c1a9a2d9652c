"""Pinned keys: what is accepted, and that every refusal says what to do."""

import copy
import json
from pathlib import Path

import pytest

from verifiers.keys import SourceKeys, SourceKeysError, decode
from verifiers.registries.signing import SourceSigners


def test_each_source_has_its_own_key_and_finds_no_other(keys: SourceKeys) -> None:
    kid = next(iter(keys.by_source["court"]))
    assert keys.find("court", kid) is not None
    assert keys.find("population", kid) is None
    assert keys.find("nobody", kid) is None


def test_a_file_of_keys_is_read(tmp_path: Path, signers: SourceSigners, keys: SourceKeys) -> None:
    path = tmp_path / "source-keys.json"
    path.write_text(json.dumps(signers.public_document()))
    assert SourceKeys.load(path).digest == keys.digest


def change(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("court", "keys", 0, "kty"), "oct", "kty of a key is 'oct'; only EC"),
        (("court", "keys", 0, "crv"), "P-384", "only P-256"),
        (("court", "keys", 0, "alg"), "HS256", "only ES256"),
        (("court", "keys", 0, "use"), "enc", "only sig"),
        (("court", "keys", 0, "kid"), "mine", "is not the key's thumbprint"),
        (("court", "keys", 0, "x"), "AA", "no point of P-256"),
        (("court", "keys", 0, "x"), None, "no point of P-256"),
        (("court", "keys", 0, "d"), "AA", "holds a private key"),
        (("court", "keys", 0), "text", "not an object of texts"),
        (("court", "keys"), [], "no keys"),
        (("Court",), {"keys": []}, "not the name of a source"),
    ],
)
def test_a_key_that_is_not_ours_to_trust_is_refused_with_a_reason(signers, path, value, said) -> None:
    with pytest.raises(SourceKeysError, match=said):
        SourceKeys.from_document(change(signers.public_document(), path, value))


def test_a_point_off_the_curve_is_refused(signers: SourceSigners) -> None:
    document = signers.public_document()
    document["court"]["keys"][0]["y"] = document["population"]["keys"][0]["y"]
    with pytest.raises(SourceKeysError, match="no point"):
        SourceKeys.from_document(document)


def test_one_key_for_two_sources_is_refused(signers: SourceSigners) -> None:
    document = signers.public_document()
    document["court"] = document["population"]
    with pytest.raises(SourceKeysError, match="is also listed for"):
        SourceKeys.from_document(document)


def test_a_second_key_that_is_bad_is_found_behind_a_good_one(signers: SourceSigners) -> None:
    document = signers.public_document()
    document["court"]["keys"].append({**document["population"]["keys"][0], "alg": "none"})
    with pytest.raises(SourceKeysError, match="only ES256"):
        SourceKeys.from_document(document)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"court": 1, "court": 2}', '{"court": 1.5}', "\ufeff{}"])
def test_a_file_that_is_no_key_file_names_itself(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceKeysError, match=r"keys\.json"):
        SourceKeys.load(path)
    with pytest.raises(SourceKeysError, match=r"absent\.json: cannot be read"):
        SourceKeys.load(tmp_path / "absent.json")


@pytest.mark.parametrize("text", ["AB", "A", "AA==", "A+", "A A", "AA\n", "ＡＡ"])
def test_only_the_canonical_base64url_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        decode(text)
