"""Licences for the tests of the log: truly signed ES256 tokens with the claims that an export is checked for.

The key can be computed by anybody; signatures are deterministic (RFC 6979), so kept files stay as they are.
"""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

TYP = "business-licence+jwt"
HOST = "https://licence.test.invalid"
AT, ISSUED = "2026-11-22T08:00:00.000000Z", 1_795_334_400  # of every leaf and licence of these logs


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _written(value: Any) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


class LicenceKey:
    """A P-256 key of which `seed` is the private number."""

    def __init__(self, seed: int = 7) -> None:
        self._key = ec.derive_private_key(seed, ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        x, y = (_base64url(one.to_bytes(32, "big")) for one in (numbers.x, numbers.y))
        self.jwk = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        self.kid = _base64url(hashlib.sha256(json.dumps(self.jwk, separators=(",", ":")).encode()).digest())

    def jwks(self, **changed: Any) -> dict[str, Any]:
        """Return the published list with this key alone."""
        return {
            "keys": [
                {
                    **self.jwk,
                    "alg": "ES256",
                    "use": "sig",
                    "kid": self.kid,
                    "typ": TYP,
                    "iss": HOST,
                    "nbf": 0,
                    **changed,
                }
            ]
        }

    def licence(self, jti: str, uscc: str, origin: str, index: int, *, iat: int = ISSUED, **header: Any) -> str:
        """Return a licence; `index` is the leaf that approved, `iat` in seconds, `header` changes header members."""
        place = int.from_bytes(hashlib.sha256(jti.encode()).digest()[:2])  # another for every licence
        claims = {"iss": HOST, "iat": iat, "jti": jti, "sub": uscc, "log": {"origin": origin, "index": index},
                  "status": {"status_list": {"idx": place, "uri": f"{HOST}/status/0"}}, "permits": [], "permits_total": 0}  # fmt: skip
        return self.token(claims, **{"typ": TYP, **header})

    def token(self, claims: dict[str, Any], **header: Any) -> str:
        """Return any token: these claims, under alg, kid and what `header` says."""
        message = f"{_written({'alg': 'ES256', 'kid': self.kid, **header})}.{_written(claims)}"
        signed = self._key.sign(message.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(signed)
        return f"{message}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
