"""Each source's own signing key: made at the first start, kept in a folder only its owner can read.

The public halves are written to `source-keys.json` in the same folder; that file is what the approval service pins.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from verifiers.keys import public_jwk
from verifiers.signed_answer import ALGORITHM, TOKEN_TYPE

PINNED = "source-keys.json"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4, D.1.2.3)


def sample_key(source: str) -> ec.EllipticCurvePrivateKey:
    """Return a key that anybody can compute: for tests whose bytes must repeat, never for a county."""
    seed = hashlib.sha512(f"sample key of {source}, secret to nobody".encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class SourceSigners:
    """The private key of each source, and a stranger's for the fault `wrong_signature`."""

    keys: Mapping[str, ec.EllipticCurvePrivateKey]
    stranger: ec.EllipticCurvePrivateKey

    @classmethod
    def samples(cls, sources: Iterable[str]) -> Self:
        """Return keys that anybody can compute; see `sample_key`."""
        return cls({source: sample_key(source) for source in sources}, sample_key("a stranger"))

    @classmethod
    def kept_in(cls, folder: Path, sources: Iterable[str]) -> Self:
        """Read the keys from the folder, make those that are missing, and write the public ones beside them."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        signers = cls({s: _kept(folder / f"{s}.pem") for s in sources}, ec.generate_private_key(ec.SECP256R1()))
        pinned = folder / PINNED
        fresh = pinned.with_suffix(".new")
        fresh.write_text(json.dumps(signers.public_document(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        fresh.replace(pinned)
        return signers

    def public_document(self) -> dict[str, Any]:
        """Return the document of pinned keys, as `verifiers.keys.SourceKeys` reads it."""
        return {source: {"keys": [public_jwk(key.public_key())]} for source, key in self.keys.items()}

    def sign(self, source: str, payload: Mapping[str, Any], *, by_stranger: bool = False) -> str:
        """Return the compact JWS of the payload; `by_stranger` signs with another key under the right `kid`."""
        own = self.keys[source]
        headers = {"kid": public_jwk(own.public_key())["kid"], "typ": TOKEN_TYPE}
        return jwt.encode(dict(payload), self.stranger if by_stranger else own, algorithm=ALGORITHM, headers=headers)


def _kept(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError(f"{path}: not a P-256 key; remove the file and a new key is made")
        return key
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return key
