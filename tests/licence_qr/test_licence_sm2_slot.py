"""The slot for a signature by the national suite: empty it says so, filled it is checked by another implementation."""

import base64
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from licence_qr.errors import KeyFileError
from licence_qr.sm2_slot import USER_ID, FileSm2Signer, sm2_member
from tests.licence_qr.specimens import licence

SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")  # DER before the point of an SM2 key


def bare(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_without_a_key_nothing_is_claimed():
    assert sm2_member(licence().jws, None) == {"state": "not_configured"}


@pytest.fixture
def signer(tmp_path):
    pytest.importorskip("gmssl_pyx", reason="the extra `sm2` (gmssl-pyx) is not installed")
    return FileSm2Signer.create(tmp_path / "sm2.json")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, the other implementation, is not installed")
def test_another_implementation_accepts_the_signature_and_refuses_it_for_other_bytes(signer, tmp_path):
    compact = licence().jws
    member = sm2_member(compact, signer)
    signature = bare(member["signature"])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    spki = base64.encodebytes(SPKI + bare(member["public_key"])).decode()
    (tmp_path / "public.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{spki}-----END PUBLIC KEY-----\n")
    for content, code in ((compact, 0), (compact[:-1] + "_", 1)):
        (tmp_path / "message").write_text(content)
        asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-digest", "sm3",
                 "-pkeyopt", f"distid:{USER_ID}", "-sigfile", "signature", "-in", "message"]  # fmt: skip
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr


def test_a_key_is_kept_for_its_owner_and_opens_again(signer, tmp_path):
    path = tmp_path / "sm2.json"
    assert FileSm2Signer.open(path).public_key == signer.public_key
    with pytest.raises(KeyFileError, match="never written over"):
        FileSm2Signer.create(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        FileSm2Signer.open(path)


@pytest.mark.parametrize("content", ["", "{}", '{"private": "zz", "public": ""}', '{"private": "00", "public": "00"}'])
def test_what_is_no_key_is_told(tmp_path, content):
    path = tmp_path / "sm2.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="SM2 key"):
        FileSm2Signer.open(path)


def test_a_pair_that_does_not_belong_together_is_refused(signer, tmp_path):
    other = FileSm2Signer.create(tmp_path / "other.json")
    with pytest.raises(KeyFileError, match="does not belong"):
        FileSm2Signer(signer._private, other.public_key)


def test_a_signer_that_gives_anything_else_is_refused():
    class Wrong:
        public_key = bytes(64)

        def sign(self, message):
            return b"too short"

    with pytest.raises(KeyFileError, match="two numbers"):
        sm2_member(licence().jws, Wrong())
