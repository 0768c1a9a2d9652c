"""What an attacker, or a careless registry, could make: parts with any header, payload and signature."""

import json
import zlib
from collections.abc import Callable
from typing import Any

from licence_qr import strict_json, transport
from licence_qr.claims import LicenceSubject
from licence_qr.keys import FileSigner, base64url
from licence_qr.keys_logged import Logged, token_digest
from licence_qr.short_form import permits_digest
from licence_qr.token import parts_of
from licence_qr.transport import Parts
from licence_qr.trust import LICENCE_TYP, STATUS_TYP
from tests.licence_qr.specimens import (
    AT,
    COMPANY,
    LICENCE_KEY,
    LIST_URI,
    PAGE,
    STATUS_KEY,
    STOLEN_KEY,
    TRUST,
    licence,
    status_token,
)

Case = dict[str, Any]
Change = Callable[[Case], Any]
JWKS = TRUST.to_jwks()
FRESH = {LIST_URI: status_token()}
KID = LICENCE_KEY.kid


def case(
    text: str, authentic: str, current: str = "not_authentic", permits: tuple[str, ...] = (), **given: Any
) -> Case:
    """One vector: a text, what is at hand (`jwks`, `lists`, `at`, `oldest_status`), and the reasons expected."""
    at_hand: Case = {"text": text, "at": AT, "oldest_status": None, "jwks": JWKS, "lists": FRESH, **given}
    return {**at_hand, "expect": {"authentic": authentic, "current": current, "permits": list(permits)}}


def logged(before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Case:
    """What a registry publishes on the licences of the stolen key: the document, and a key list that pins it."""
    since = TRUST.get(STOLEN_KEY.kid).revoked_at
    found = Logged(STOLEN_KEY.kid, since, *(frozenset(map(token_digest, tokens)) for tokens in (before, after)))
    keys = [{**one, "logged_sha256": found.sha256} if one["kid"] == found.kid else one for one in JWKS["keys"]]
    return {"jwks": {"keys": keys}, "logged": {found.kid: found.to_bytes().decode()}}


def sealed(header: bytes, payload: bytes, sign: Callable[[bytes], bytes] = LICENCE_KEY.sign) -> Parts:
    """Any header and payload with a signature over them."""
    return Parts(header, payload, sign(Parts(header, payload, b"").signing_input))


def with_claims(change: Change, key: FileSigner = LICENCE_KEY, subject: LicenceSubject = COMPANY) -> Parts:
    """A specimen with its claims changed and signed by a holder of `key`, lint or no lint.

    `change` returns the new claims, or alters those it is given and returns None.
    """
    claims = json.loads(licence(subject).parts.payload)
    return sealed(header_of(key), strict_json.write(change(claims) or claims), key.sign)


def with_header(header: bytes, sign: Callable[[bytes], bytes] = LICENCE_KEY.sign) -> Parts:
    """The specimen under another header."""
    return sealed(header, licence(COMPANY).parts.payload, sign)


def header_of(key: FileSigner = LICENCE_KEY, **more: Any) -> bytes:
    """The right header, with more members."""
    return strict_json.write({"alg": "ES256", "kid": key.kid, "typ": LICENCE_TYP, **more})


def put(*path: Any, value: Any) -> Change:
    """A change of the claim at `path`."""

    def change(claims: Case) -> None:
        *way, last = path
        for step in way:
            claims = claims[step]
        claims[last] = value

    return change


def drop(name: str) -> Change:
    """A change that leaves a claim out."""
    return lambda claims: {member: value for member, value in claims.items() if member != name}


def with_digest(claims: Case, permits: list[Case]) -> Case:
    """The claims with the digest of a full list of permits, directly behind their count."""
    made: Case = {}
    for name, value in claims.items():
        made |= {name: value} | ({"permits_digest": permits_digest(permits)} if name == "permits_total" else {})
    return made


def link(parts: Parts) -> str:
    """The link of any parts."""
    return f"{PAGE}#{transport.encode(parts)}"


def raw_link(raw: bytes) -> str:
    """The link of any bytes."""
    return f"{PAGE}#{transport.to_digits(raw)}"


def squeezed(plain: bytes) -> bytes:
    """The compressed part for any text."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, transport.dictionary(1))
    return squeeze.compress(plain) + squeeze.flush()


def list_with(**changed: Any) -> str:
    """The status list with claims changed, signed by its own key."""
    claims = {**json.loads(parts_of(status_token()).payload), **changed}
    header = strict_json.write({"alg": "ES256", "kid": STATUS_KEY.kid, "typ": STATUS_TYP})
    return sealed(header, strict_json.write(claims), STATUS_KEY.sign).compact


def entries(content: bytes, behind: bytes = b"") -> Case:
    """The `status_list` claim of any bytes, with bytes hidden behind them."""
    return {"bits": 2, "lst": base64url(zlib.compress(content, 9) + behind)}
