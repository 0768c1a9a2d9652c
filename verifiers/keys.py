"""The public keys that we pin for each source: read once from a file, never fetched, never widened by an answer.

The file is a JSON object: the key of a source (`population`, `court`, ...) to a JWK set (RFC 7517) of P-256 keys. A
key's `kid` is its thumbprint (RFC 7638), so that a key cannot be passed off under another's name. Keys are rotated by
listing the new one beside the old, and dropping the old when the last answer signed by it has been read.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec

from verifiers.canonical import canonical, digest
from verifiers.strict_json import read_json

SOURCE_NAME = re.compile(r"[a-z][a-z_]{0,39}")


class SourceKeysError(ValueError):
    """The file of pinned keys cannot be used; the message says where and why."""


def encode(raw: bytes) -> str:
    """Write base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read base64url in its one canonical spelling; raises `ValueError` for padding, blanks and stray bits."""
    if re.fullmatch(r"[A-Za-z0-9_-]*", text) is None:
        raise ValueError("not base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not the canonical base64url spelling")
    return raw


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the RFC 7638 thumbprint of an elliptic-curve JWK."""
    required = {member: jwk[member] for member in ("crv", "kty", "x", "y")}
    return encode(hashlib.sha256(canonical(required)).digest())


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return the JWK of a P-256 public key, with `kid`, `alg` and `use`."""
    numbers = key.public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": encode(numbers.x.to_bytes(32)), "y": encode(numbers.y.to_bytes(32))}
    return {**jwk, "kid": thumbprint(jwk), "alg": "ES256", "use": "sig"}


def _coordinate(text: str) -> bytes:
    raw = decode(text)
    if len(raw) != 32:
        raise ValueError("a coordinate of P-256 has 32 bytes")
    return raw


def _public_key(source: str, jwk: object) -> tuple[str, ec.EllipticCurvePublicKey]:
    if not isinstance(jwk, dict) or any(not isinstance(value, str) for value in jwk.values()):
        raise SourceKeysError(f"{source}: a key is not an object of texts; write it as a JWK (RFC 7517)")
    if "d" in jwk:
        raise SourceKeysError(f"{source}: the file holds a private key (member d); replace that key and remove it here")
    for member, wanted in (("kty", "EC"), ("crv", "P-256"), ("alg", "ES256"), ("use", "sig")):
        if jwk.get(member) != wanted:
            raise SourceKeysError(f"{source}: {member} of a key is {jwk.get(member)!r}; only {wanted} is accepted")
    try:
        x, y = _coordinate(jwk["x"]), _coordinate(jwk["y"])
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
        key = numbers.public_key()
    except (KeyError, ValueError) as error:
        raise SourceKeysError(f"{source}: x and y of a key are no point of P-256 ({error})") from None
    if jwk.get("kid") != thumbprint(jwk):
        raise SourceKeysError(f"{source}: kid {jwk.get('kid')!r} is not the key's thumbprint; write {thumbprint(jwk)}")
    return thumbprint(jwk), key


@dataclass(frozen=True, slots=True, eq=False)
class SourceKeys:
    """Key id to public key, for each source; `digest` names this very set in a record."""

    by_source: Mapping[str, Mapping[str, ec.EllipticCurvePublicKey]]
    owners: Mapping[str, str]
    digest: str

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read the parsed JSON of a key file. Raises `SourceKeysError`."""
        if not isinstance(document, dict) or not document:
            raise SourceKeysError("the key file is not an object of sources; write {source: {keys: [JWK, ...]}}")
        by_source: dict[str, Mapping[str, ec.EllipticCurvePublicKey]] = {}
        owners: dict[str, str] = {}
        for source, key_set in document.items():
            if SOURCE_NAME.fullmatch(source) is None:
                raise SourceKeysError(f"{source!r} is not the name of a source (small letters and underscores)")
            listed = key_set.get("keys") if isinstance(key_set, dict) else None
            if not isinstance(listed, list) or not listed:
                raise SourceKeysError(f"{source}: no keys; write a JWK set with at least one key")
            keys = dict(_public_key(source, jwk) for jwk in listed)
            for kid in keys:
                if kid in owners:
                    raise SourceKeysError(
                        f"{source}: key {kid} is also listed for {owners[kid]}; each source has its own"
                    )
                owners[kid] = source
            by_source[source] = MappingProxyType(keys)
        return cls(MappingProxyType(by_source), MappingProxyType(owners), digest(document))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file. Raises `SourceKeysError` that names the file."""
        try:
            return cls.from_document(read_json(path.read_bytes()))
        except OSError as error:
            raise SourceKeysError(f"{path}: cannot be read ({error.strerror}); start the registries once") from None
        except ValueError as error:
            raise SourceKeysError(f"{path}: {error}") from None

    def find(self, source: str, kid: str) -> ec.EllipticCurvePublicKey | None:
        """Return the key of that source with that id, or None; another source's key is never returned."""
        return self.by_source.get(source, {}).get(kid)
