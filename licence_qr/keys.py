"""Signing keys: ES256 (RFC 7518 3.4) behind an interface, with a key in a file as the first one behind it.

Signatures are deterministic (RFC 6979), so the same licence always gives the same code and no random generator can
betray the key; and low-S, so a signature has one spelling and cannot be turned into a second one for the same licence.
"""

import base64
import hashlib
import os
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from licence_qr import strict_json
from licence_qr.errors import KeyFileError

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
SIGNATURE_BYTES = 64
_LARGEST_S = (ORDER // 2).to_bytes(32, "big")
_SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_VERIFY = ec.ECDSA(utils.Prehashed(hashes.SHA256()))  # hashlib digests a token in less time than a context is made


class Signer(Protocol):
    """Whoever holds a private key: a file here, a hardware module elsewhere."""

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of the public key."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key, on P-256."""

    def sign(self, message: bytes) -> bytes:
        """Return r and s, 32 bytes each, low-S."""


class FileSigner:
    """A P-256 private key read from a PEM file (PKCS #8) that only its owner may read."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        """Take a key already in memory; tests do, a service opens a file."""
        self._private_key = private_key
        self._public_key = private_key.public_key()
        self._kid = thumbprint(self._public_key)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new key in a new file with mode 0600; raises KeyFileError when the file exists already."""
        made = cls(ec.generate_private_key(ec.SECP256R1()))
        pem = made._private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyFileError(f"{path}: there is a key already; keys are rotated, never written over") from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        return made

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a key; raises KeyFileError when others may read the file, or it holds no P-256 private key."""
        try:
            mode, pem = path.stat().st_mode, path.read_bytes()
        except OSError as error:
            raise KeyFileError(f"{path}: {error.strerror}; give the path of a PEM key") from None
        if mode & 0o077:
            raise KeyFileError(f"{path}: mode {mode & 0o777:04o} lets others read it; run chmod 600 and rotate the key")
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise KeyFileError(f"{path}: not an unencrypted PEM private key ({error})") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeyFileError(f"{path}: ES256 needs a key on the curve P-256")
        return cls(key)

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of the public key."""
        return self._kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return r and s of the deterministic signature over `message`, 32 bytes each, low-S."""
        r, s = utils.decode_dss_signature(self._private_key.sign(message, _SIGN))
        return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


def verify_signature(public_key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` (64 bytes, r and s) is right for `message`; high-S is right here too (FIPS 186-5)."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public_key.verify(utils.encode_dss_signature(r, s), hashlib.sha256(message).digest(), _VERIFY)
    except InvalidSignature:
        return False
    return True


def is_low_s(signature: bytes) -> bool:
    """Tell whether s is the smaller of the two values that would both verify; ours always is."""
    # bytes of one length compare as the numbers they spell
    return len(signature) == SIGNATURE_BYTES and signature[32:] <= _LARGEST_S


def public_jwk(public_key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return the four members that RFC 7638 hashes, in its order."""
    numbers = public_key.public_numbers()
    x, y = (base64url(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def thumbprint(public_key: ec.EllipticCurvePublicKey) -> str:
    """Return the RFC 7638 SHA-256 thumbprint: the kid, 43 characters."""
    return base64url(hashlib.sha256(strict_json.write(public_jwk(public_key))).digest())


def base64url(source: bytes) -> str:
    """Return base64url without padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(source).rstrip(b"=").decode()
