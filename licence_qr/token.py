"""The strict reader that stands in front of PyJWT.

PyJWT takes care of the signature. What it tolerates and a licence must not carry is refused here first: another `typ`,
further header members (`jwk`, `jku`, `x5u`, `crit`, `zip`, `b64`), duplicate members, padding, a second spelling of
base64url, and the second signature (r, n - s) that ECDSA has for every message.
"""

import base64
import re
from typing import Any

import jwt

from licence_qr import strict_json
from licence_qr.errors import CodeError
from licence_qr.keys import is_low_s
from licence_qr.transport import MOST_JSON, Parts
from licence_qr.trust import TrustedKey, TrustList

MOST_COMPACT = 4_000_000  # a status list of 2^24 entries fits; a licence is held to MOST_JSON

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})", re.ASCII)
_KID = re.compile(r"[A-Za-z0-9_-]{8,43}", re.ASCII)
_JWS = jwt.PyJWS(algorithms=["ES256"])


def parts_of(compact: str) -> Parts:
    """Return the parts of a compact JWS in its one spelling; raises CodeError(format)."""
    found = _COMPACT.fullmatch(compact) if len(compact) <= MOST_COMPACT else None
    if found is None:
        raise CodeError("format", "this is no compact JWS of three base64url parts with a 64-byte signature")
    header, payload, signature = (_decoded(part) for part in found.groups())
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
    try:
        _JWS.decode_complete(parts.compact, key=key.public_key, algorithms=["ES256"])
    except jwt.InvalidTokenError as error:
        raise CodeError("signature", f"the signature does not fit the content: {error}") from None


def _header(parts: Parts) -> Any:
    return strict_json.read(parts.header, limit=MOST_JSON, reason="format")


def _decoded(part: str) -> bytes:
    if len(part) % 4 == 1:
        raise CodeError("format", "a part has a length that base64url never has")
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise CodeError("format", "a part is not in the one spelling of base64url")
    return raw
