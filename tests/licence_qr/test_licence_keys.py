import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from licence_qr.errors import KeyFileError
from licence_qr.keys import FileSigner, is_low_s, public_jwk, thumbprint, verify_signature
from licence_qr.trust import TrustedKey, TrustList
from tests.licence_qr.specimens import IAT, ISS, LICENCE_KEY, TRUST


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_a_new_key_is_kept_for_its_owner_alone_and_opens_again(tmp_path):
    path = tmp_path / "licence.pem"
    made = FileSigner.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert FileSigner.open(path).kid == made.kid
    with pytest.raises(KeyFileError, match="never written over"):
        FileSigner.create(path)


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "licence.pem"
    FileSigner.create(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        FileSigner.open(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not a key", "not an unencrypted PEM"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "P-256"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "P-256"),
    ],
    ids=["words", "P-384", "Ed25519"],
)
def test_another_kind_of_key_is_refused(tmp_path, content, why):
    path = tmp_path / "licence.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=why):
        FileSigner.open(path)
    with pytest.raises(KeyFileError, match="No such file"):
        FileSigner.open(tmp_path / "missing.pem")


def test_signatures_are_deterministic_low_s_and_verify():
    for number in range(64):
        message = b"licence %d" % number
        signature = LICENCE_KEY.sign(message)
        assert signature == LICENCE_KEY.sign(message)
        assert is_low_s(signature)
        assert verify_signature(LICENCE_KEY.public_key, message, signature)
        assert not verify_signature(LICENCE_KEY.public_key, message + b".", signature)


def test_the_nonce_is_that_of_rfc_6979():
    """A.2.5 of the RFC: P-256, SHA-256, message "sample"; our s is the smaller of the two."""
    private = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    signer = FileSigner(ec.derive_private_key(private, ec.SECP256R1()))
    r, s = signer.sign(b"sample")[:32].hex(), int.from_bytes(signer.sign(b"sample")[32:], "big")
    published = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert r == "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    assert s == min(published, order - published)


def test_the_kid_is_an_rfc_7638_thumbprint():
    assert list(public_jwk(LICENCE_KEY.public_key)) == ["crv", "kty", "x", "y"]
    assert LICENCE_KEY.kid == thumbprint(LICENCE_KEY.public_key)
    assert len(LICENCE_KEY.kid) == 43


def test_a_published_list_is_read_back_as_it_was():
    again = TrustList.from_jwks(json.dumps(TRUST.to_jwks(), indent=2).encode())
    assert again.to_jwks() == TRUST.to_jwks()
    assert len(again) == 4


def test_the_published_list_holds_no_private_part():
    for entry in TRUST.to_jwks()["keys"]:
        assert set(entry) <= {"crv", "kty", "x", "y", "alg", "use", "kid", "iss", "typ", "nbf", "exp", "revoked_at"}


def test_a_private_key_in_a_published_list_is_an_alarm():
    document = TRUST.to_jwks()
    document["keys"][1]["d"] = "AAAA"
    with pytest.raises(KeyFileError, match="holds a private key"):
        TrustList.from_jwks(json.dumps(document).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"alg": "ES384"},
        {"use": "enc"},
        {"kid": "A" * 43},
        {"x": "AAAA"},
        {"y": TRUST.to_jwks()["keys"][0]["x"]},
        {"nbf": "2026-11-22"},
        {"nbf": True},
        {"exp": None},
        {"iss": ""},
        {"typ": None},
    ],
    ids=str,
)
def test_an_entry_that_is_not_exactly_right_is_not_trusted_and_the_others_are(change):
    document = TRUST.to_jwks()
    document["keys"][0] = {**document["keys"][0], **change}
    read = TrustList.from_jwks(json.dumps(document).encode())
    assert read.get(LICENCE_KEY.kid) is None
    assert len(read) == 3


@pytest.mark.parametrize("source", [b"", b"[]", b'{"keys":{}}', b"\xff", b'{"keys":[],"keys":[]}'])
def test_what_is_no_list_of_keys_is_told_so(source):
    with pytest.raises(KeyFileError, match="not a JWKS"):
        TrustList.from_jwks(source)


def test_a_key_answers_for_its_window_alone():
    key = TrustedKey(LICENCE_KEY.public_key, ISS, "x", IAT, IAT + 10)
    assert [key.covers(IAT + shift) for shift in (-1, 0, 10, 11)] == [False, True, True, False]
