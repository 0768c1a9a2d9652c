"""The strict reader that stands in front of PyJWT.

PyJWT takes care of the signature, and of nothing else: its own reader of tokens is never asked, for it tolerates what a
licence must not carry and what is refused here first: another `typ`, further header members (`jwk`, `jku`, `x5u`,
`crit`, `zip`, `b64`), duplicate members, padding, a second spelling of base64url, and the second signature (r, n - s)
that ECDSA has for every message. One algorithm object, ES256 on P-256, is all that can ever be called (RFC 8725 3.1).
"""

import re
from functools import lru_cache
from typing import Any

import pybase64
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from licence_qr import strict_json
from licence_qr.errors import CodeError
from licence_qr.keys import is_low_s
from licence_qr.transport import MOST_JSON, Parts, base64url_bytes
from licence_qr.trust import TrustedKey, TrustList

MOST_COMPACT = 4_000_000  # a status list of 2^24 entries fits; a licence is held to MOST_JSON

SIGNATURE_CHARACTERS = 86  # 64 bytes
_KID = re.compile(r"[A-Za-z0-9_-]{8,43}", re.ASCII)
_ES256 = ECAlgorithm(ECAlgorithm.SHA256, ec.SECP256R1)


def parts_of(compact: str) -> Parts:
    """Return the parts of a compact JWS in its one spelling; raises CodeError(format)."""
    parts = compact.split(".", 3) if len(compact) <= MOST_COMPACT else []
    if len(parts) != 3 or not all(parts) or len(parts[2]) != SIGNATURE_CHARACTERS:
        raise CodeError("format", "this is no compact JWS of three base64url parts with a 64-byte signature")
    header, payload, signature = (decoded(part) for part in parts)
    return Parts(header, payload, signature)


def find_key(parts: Parts, trust: TrustList) -> TrustedKey:
    """Return the trusted key that the header names; raises CodeError(format, no_keys, unknown_key).

    The kid is looked up in a dictionary and used for nothing else: never a path, an address or a query.
    """
    header = _header(parts)
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise CodeError("format", "the header names no key")
    if not len(trust):
        raise CodeError("no_keys", "no list of keys is at hand")
    key = trust.get(kid)
    if key is None:
        raise CodeError("unknown_key", f"the list of keys does not know {kid}")
    return key


def authenticate(parts: Parts, key: TrustedKey, typ: str) -> None:
    """Return when `key` signed these parts as a `typ`; raises CodeError(header) or CodeError(signature).

    The one algorithm comes from the key, never from the token (RFC 8725 3.1); there is no HMAC path at all.
    """
    header = _header(parts)
    if set(header) != {"alg", "kid", "typ"}:
        raise CodeError("header", f"the header holds {sorted(header)}, a licence has exactly alg, kid, typ")
    if header["alg"] != "ES256" or header["typ"] != typ or key.typ != typ:
        raise CodeError("header", f"alg {header['alg']!r} and typ {header['typ']!r} are not what this key signs")
    if not is_low_s(parts.signature):
        raise CodeError("signature", "the signature is the second spelling (r, n - s) of another one")
    if not _ES256.verify(parts.signing_input, key.public_key, parts.signature):
        raise CodeError("signature", "the signature does not fit the content")


def _header(parts: Parts) -> Any:
    return _read_header(parts.header)


@lru_cache(maxsize=64)  # all licences of one key have one header; the value is only looked at
def _read_header(header: bytes) -> Any:
    return strict_json.read(header, limit=MOST_JSON, reason="format")


def decoded(part: str) -> bytes:
    """Return the bytes of a part in the one spelling of base64url: its alphabet, no padding, no stray bits at the end."""
    if "+" in part or "/" in part or "=" in part:
        raise CodeError("format", "a part is in another alphabet than base64url, or padded")
    rest = len(part) % 4
    try:  # in a sixth of the time that binascii takes (benchmarks, ADR 0007)
        raw = pybase64.b64decode(part + "===="[rest:] if rest else part, altchars="-_", validate=True)
    except ValueError:
        raise CodeError("format", "a part is not base64url") from None
    # 2 or 3 characters hold 1 or 2 bytes, and 4 or 2 bits that must be nought
    if rest and base64url_bytes(raw[1 - rest :]).decode() != part[-rest:]:
        raise CodeError("format", "a part is not in the one spelling of base64url")
    return raw
