"""The place for a second, detached signature by SM2 with SM3 (GB/T 32918, GB/T 32905) in the download of a licence.

Browsers have no SM2, so the printed code carries ES256 alone; who must rely on the national suite finds it beside the
licence, over the very bytes of the same compact JWS. Without a key the member says so and claims nothing:

    "sm2": {"state": "not_configured"}
    "sm2": {"state": "signed", "alg": "SM2-SM3", "over": "jws", "user_id": "1234567812345678",
            "public_key": base64url of x and y, "signature": base64url of r and s}

`FileSm2Signer` uses GmSSL (package `gmssl-pyx`, the extra `sm2`); a bureau's certified module stands behind the same
interface. Which certificate binds the key to the organ is for the bureau's own authority (电子政务电子认证) to say.
"""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from licence_qr.errors import KeyFileError
from licence_qr.keys import base64url

USER_ID = "1234567812345678"  # the default signer identity (GM/T 0009-2012 10)
ALGORITHM = "SM2-SM3"


class Sm2Signer(Protocol):
    """Whoever holds an SM2 key: a file here, a certified module elsewhere."""

    @property
    def public_key(self) -> bytes:
        """The point, x and y, 32 bytes each."""

    def sign(self, message: bytes) -> bytes:
        """Return r and s over SM3(Z || message), 32 bytes each; Z is that of `USER_ID`."""


def sm2_member(compact: str, signer: Sm2Signer | None) -> dict[str, Any]:
    """Return the value of the member `sm2` for a licence: its signature, or that there is no key for one."""
    if signer is None:
        return {"state": "not_configured"}
    signature = signer.sign(compact.encode("ascii"))
    if len(signature) != 64 or len(signer.public_key) != 64:
        raise KeyFileError("an SM2 signature and point are two numbers of 32 bytes each; look at the signer")
    return {
        "state": "signed",
        "alg": ALGORITHM,
        "over": "jws",
        "user_id": USER_ID,
        "public_key": base64url(signer.public_key),
        "signature": base64url(signature),
    }


class FileSm2Signer:
    """An SM2 key in a JSON file (`private` 32 bytes, `public` 64 bytes, in hex) that only its owner may read."""

    def __init__(self, private_key: bytes, public_key: bytes) -> None:
        """Take a key that is in memory. Raises KeyFileError when GmSSL is not installed or the two do not belong together."""
        if len(private_key) != 32 or len(public_key) != 64:
            raise KeyFileError("an SM2 key is 32 bytes, its point 64; give both in hex")
        self._private, self._public = private_key, public_key
        message = b"the pair belongs together"
        if not _library().sm2_verify(public_key, message, self._der(message)):
            raise KeyFileError("the SM2 public key does not belong to the private one")

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new key in a new file with mode 0600. Raises KeyFileError when the file is there."""
        public, private = _library().sm2_key_generate()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyFileError(f"{path}: there is a key already; keys are never written over") from None
        with os.fdopen(descriptor, "w") as file:
            json.dump({"private": private.hex(), "public": public.hex()}, file)
        return cls(private, public)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a key. Raises KeyFileError when others may read the file, or it holds none."""
        try:
            mode, source = path.stat().st_mode, path.read_bytes()
        except OSError as error:
            raise KeyFileError(f"{path}: {error.strerror}; give the path of an SM2 key") from None
        if mode & 0o077:
            raise KeyFileError(f"{path}: mode {mode & 0o777:04o} lets others read it; run chmod 600 and renew the key")
        try:
            found = json.loads(source)
            private, public = bytes.fromhex(found["private"]), bytes.fromhex(found["public"])
        except (ValueError, KeyError, TypeError):
            raise KeyFileError(f"{path}: not an SM2 key; it is JSON with `private` and `public` in hex") from None
        return cls(private, public)

    @property
    def public_key(self) -> bytes:
        """The point, x and y, 32 bytes each."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return r and s over SM3(Z || message), 32 bytes each."""
        return _raw(self._der(message))

    def _der(self, message: bytes) -> bytes:
        signature: bytes = _library().sm2_sign(self._private, self._public, message)
        return signature


def _raw(der: bytes) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))


def _library() -> Any:
    try:
        return import_module("gmssl_pyx")  # an extra: most installations have no SM2 key
    except ImportError:
        raise KeyFileError("SM2 needs the package gmssl-pyx: install the extra `sm2`") from None
