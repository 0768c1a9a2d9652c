"""A key that never leaves its module, tested with SoftHSM (Debian package softhsm2)."""

import os
import shutil
import subprocess
from pathlib import Path

import pkcs11
import pytest
from pkcs11.util.ec import encode_named_curve_parameters

from licence_qr.errors import KeyDeviceError, KeyUriError
from licence_qr.issue import issue, prepare
from licence_qr.keys import FileSigner, is_low_s, thumbprint, verify_signature
from licence_qr.keys_uri import Pkcs11Uri, open_signer
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList
from licence_qr.verify import verify
from tests.licence_qr import specimens

MODULE = next((path for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so",)) if path.exists()), None)
needs_module = pytest.mark.skipif(
    MODULE is None or shutil.which("softhsm2-util") is None, reason="SoftHSM is not installed (Debian: softhsm2)"
)
PIN = "4711-not-a-secret"


@pytest.fixture(scope="session")  # once in a process: with stolen work a module's tests may come twice
def token(tmp_path_factory):
    """One token with a P-256 key, one on P-384 and one RSA key; the module reads its configuration once in a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    start = ["softhsm2-util", "--init-token", "--free", "--label", "licences", "--so-pin", "so-4711", "--pin", PIN]
    subprocess.run(start, check=True, capture_output=True)
    pin = folder / "pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    with pkcs11.lib(str(MODULE)).get_token(token_label="licences").open(rw=True, user_pin=PIN) as session:
        for label, curve in (("licence-2026", "secp256r1"), ("too-large", "secp384r1")):
            named = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, named, local=True)
            parameters.generate_keypair(store=True, label=label, id=label.encode())
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="rsa")
    yield folder
    del os.environ["SOFTHSM2_CONF"]


def uri(folder, *, label="licence-2026", name="licences", module=MODULE, pin="pin") -> str:
    return f"pkcs11:token={name};object={label}?module-path={module}&pin-source=file:{folder / pin}"


@pytest.fixture
def signer(token):
    opened = open_signer(uri(token))
    yield opened
    opened.close()


@needs_module
def test_signatures_of_the_module_are_jose_signatures_in_their_low_spelling(signer):
    assert signer.kid == thumbprint(signer.public_key)
    for number in range(24):
        message = b"licence %d" % number
        signature = signer.sign(message)
        assert len(signature) == 64
        assert is_low_s(signature)
        assert verify_signature(signer.public_key, message, signature)


@needs_module
def test_a_module_draws_its_nonce_so_two_signatures_differ_and_both_hold(signer):
    first, second = signer.sign(b"same"), signer.sign(b"same")
    assert first != second
    assert all(verify_signature(signer.public_key, b"same", one) for one in (first, second))


@needs_module
def test_a_licence_signed_by_the_module_verifies_like_any_other(signer):
    made = issue(prepare(specimens.SHOP, specimens.issuance(), kid=signer.kid), signer)
    trust = TrustList([TrustedKey(signer.public_key, specimens.ISS, LICENCE_TYP, specimens.IAT - 10)])
    assert verify(made.jws, trust, at=specimens.IAT).authentic.reason == "authentic"


@needs_module
def test_a_lost_session_is_opened_again(signer):
    before = signer.sign(b"before")
    signer._session.close()
    after = signer.sign(b"after")
    assert verify_signature(signer.public_key, b"before", before)
    assert verify_signature(signer.public_key, b"after", after)


@needs_module
def test_the_key_does_not_leave_the_module(signer):
    with pytest.raises(pkcs11.PKCS11Error):
        _ = signer._key[pkcs11.Attribute.VALUE]


@needs_module
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"module": "/nowhere/module.so"}, "no such file"),
        ({"module": "/etc/hostname"}, "no PKCS #11 module"),
        ({"name": "other"}, "no token is of that name"),
        ({"label": "other"}, "no such P-256 key"),
        ({"label": "rsa"}, "no such P-256 key"),
        ({"label": "too-large"}, "not on the curve P-256"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_what_is_not_there_is_named(token, change, why):
    with pytest.raises(KeyDeviceError, match=why):
        open_signer(uri(token, **change))


@needs_module
def test_a_wrong_pin_is_told_and_never_shown(token):
    wrong = token / "wrong"
    wrong.write_text("0000-secret")
    wrong.chmod(0o600)
    with pytest.raises(KeyDeviceError, match="the PIN is wrong") as told:
        open_signer(uri(token, pin="wrong"))
    assert "0000-secret" not in str(told.value)
    assert told.value.__cause__ is None


@needs_module
def test_the_pin_may_stand_in_the_environment(token, monkeypatch):
    monkeypatch.setenv("LICENCE_PIN", PIN)
    opened = open_signer(f"pkcs11:token=licences;id=%6cicence-2026?module-path={MODULE}&pin-source=env:LICENCE_PIN")
    assert PIN not in repr(opened)
    opened.close()
    monkeypatch.delenv("LICENCE_PIN")
    with pytest.raises(KeyUriError, match="empty or not set"):
        opened._uri.pin()


@needs_module
def test_another_key_under_the_same_name_after_a_lost_session_signs_nothing(signer, monkeypatch):
    other = specimens.STATUS_KEY.public_key
    monkeypatch.setattr("licence_qr.keys_pkcs11._public_key", lambda _found, _place: other)
    signer._session.close()
    with pytest.raises(KeyDeviceError, match="another key than before"):
        signer.sign(b"message")


GOOD = "pkcs11:token=a%20b;object=k;id=%00%ff?module-path=/lib/x.so&pin-source=file:/run/pin"


def test_a_uri_is_read_and_written_again():
    read = Pkcs11Uri.parse(GOOD)
    assert (read.token, read.label, read.key_id) == ("a b", "k", b"\x00\xff")
    assert Pkcs11Uri.parse(str(read)) == read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("licence.pem", "names no key"),
        ("pkcs11:token=a;object=k", "lacks module-path"),
        ("pkcs11:token=a;object=k?module-path=/x", "lacks pin-source"),
        ("pkcs11:object=k?module-path=/x&pin-source=/p", "names no token"),
        ("pkcs11:token=a?module-path=/x&pin-source=/p", "names no key"),
        ("pkcs11:token=a;token=b;object=k?module-path=/x&pin-source=/p", "twice"),
        ("pkcs11:token=a;colour=red;object=k?module-path=/x&pin-source=/p", "no attribute known"),
        ("pkcs11:token=a b;object=k?module-path=/x&pin-source=/p", "%XX"),
        ("pkcs11:slot-id=one;object=k?module-path=/x&pin-source=/p", "no decimal number"),
        ("pkcs11:token=a;object=k;type=cert?module-path=/x&pin-source=/p", "type is not private"),
        ("pkcs11:token=a;object=k?module-path=/x&pin-value=1234", "pin-value shows the PIN"),
        ("pkcs11:token=%ff;object=k?module-path=/x&pin-source=/p", "not UTF-8"),
    ],
)
def test_a_uri_that_cannot_be_followed_says_why(text, why):
    with pytest.raises(KeyUriError, match=why) as told:
        open_signer(text)
    assert "1234" not in str(told.value)


def test_a_pin_that_others_may_read_is_refused(tmp_path):
    pin = tmp_path / "pin"
    pin.write_text("1234")
    pin.chmod(0o644)
    named = Pkcs11Uri.parse(f"pkcs11:token=a;object=k?module-path=/x&pin-source={pin}")
    with pytest.raises(KeyUriError, match="lets others read"):
        named.pin()
    with pytest.raises(KeyUriError, match="No such file"):
        Pkcs11Uri.parse("pkcs11:token=a;object=k?module-path=/x&pin-source=file:/nowhere").pin()


def test_a_file_key_opens_by_its_name(tmp_path):
    made = FileSigner.create(tmp_path / "k.pem")
    assert open_signer(f"file:{tmp_path / 'k.pem'}").kid == made.kid
