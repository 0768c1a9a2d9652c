"""The holder's download: the licence as an SD-JWT VC (`dc+sd-jwt`), with the private fields the printed code never has.

Same `jti`, same claims, all permits in full; under `holder` the identity number, telephone and home address, each
hidden until the holder shows it, among decoys that hide how many there are. Optionally bound (`cnf`) to a P-256 key of
the holder, who then signs each showing (KB-JWT): a copy of the file cannot be shown by another.

  issue:   (1) full claims, held to the shape of licences   (2) digests and decoys, sorted   (3) sign, check, join
  verify:  (1) split at ~   (2) key, header, signature as for a licence   (3) disclosures into their places
           (4) issuer, type, shape, window of the key, clock   (5) the showing: key, audience, nonce, age, what was shown

Salts, decoys and times are arguments: nothing here draws a random number or reads a clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from licence_qr import shape, shape_parts, strict_json
from licence_qr.claims import VCT_PATH
from licence_qr.errors import CodeError, IssuanceError
from licence_qr.keys import Signer, base64url, is_low_s, public_jwk, verify_signature
from licence_qr.sd_jwt import HASH, digest, disclosure, opened
from licence_qr.short_form import permits_digest
from licence_qr.token import authenticate, decoded, find_key, parts_of
from licence_qr.transport import MOST_JSON, Parts
from licence_qr.trust import TrustList

SD_JWT_TYP, KB_TYP = "dc+sd-jwt", "kb+jwt"
MOST_TEXT = 200_000
MOST_PAYLOAD = 4 * MOST_JSON
SALT_BYTES = 16  # RFC 9901 9.3: 128 bits or more
LEEWAY = 120
KB_AGE = 300  # seconds that a showing is fresh, when the caller says nothing else

_TEXT = shape_parts.text(300)
_PRIVATE = shape_parts.record(
    {},
    {
        "id_number": shape_parts.pattern(r"[0-9A-Z]{5,20}"),
        "phone": shape_parts.pattern(r"\+?[0-9\-]{5,20}"),
        "home_address": _TEXT,
    },
)
_CNF = shape_parts.record(
    {"jwk": shape_parts.record({"crv": shape_parts.one_of("P-256"), "kty": shape_parts.one_of("EC"), **dict.fromkeys(("x", "y"), shape_parts.pattern(r"[A-Za-z0-9_-]{43}"))})}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Download:
    """What the holder gets: the SD-JWT (ends with ~) and the disclosures by the name of the field."""

    text: str
    disclosures: Mapping[str, str]

    def showing(self, *names: str) -> str:
        """Return the SD-JWT with the disclosures of these fields alone, ready to be shown or bound with a KB-JWT."""
        return "~".join((self.text.partition("~")[0], *(self.disclosures[name] for name in names), ""))


@dataclass(frozen=True, slots=True)
class Shown:
    """A download that is authentic: the licence's claims, the private fields shown, and whether its holder showed it."""

    claims: Mapping[str, Any]
    private: Mapping[str, str]
    holder_bound: bool


def issue_download(
    claims: Mapping[str, Any],
    permits: Sequence[Mapping[str, Any]],
    private: Mapping[str, str],
    *,
    salts: Sequence[bytes],
    decoys: Sequence[bytes],
    issued_at: int,
    signer: Signer,
    holder_key: ec.EllipticCurvePublicKey | None = None,
) -> Download:
    """Return the download of the signed licence `claims`; raises IssuanceError with what is wrong.

    `permits` is the full list of permits (that of the claims unless they are in short form), `private` the fields
    under `holder` that are held (id_number, phone, home_address), `salts` one secret of 16 random bytes for each,
    `decoys` one of 32 for each digest that stands for nothing, `issued_at` seconds since 1970.
    """
    full = {name: value for name, value in claims.items() if name != "permits_digest"}
    full |= {"iat": issued_at, "nbf": issued_at, "permits": [dict(permit) for permit in permits]}
    if "permits_digest" in claims and permits_digest(full["permits"]) != claims["permits_digest"]:
        raise IssuanceError("the full list of permits is not the one whose digest was signed; load it from the record")
    wrong = [*shape.faults_of(full), *_PRIVATE(dict(private), "/holder")]
    if wrong or (why := shape.permits_fault(full)) is not None:
        raise IssuanceError(f"not signed: {wrong[0].at} {wrong[0].why}" if wrong else f"not signed: {why}")
    if len(salts) != len(private) or len(set(salts)) != len(salts) or any(len(salt) < SALT_BYTES for salt in salts):
        raise IssuanceError(f"each private field needs a salt of its own, {SALT_BYTES} random bytes or more")
    if len(set(decoys)) != len(decoys) or any(len(decoy) < 2 * SALT_BYTES for decoy in decoys):
        raise IssuanceError(f"each decoy needs {2 * SALT_BYTES} random bytes of its own")
    disclosed = {
        name: disclosure(base64url(salt), name, value)
        for (name, value), salt in zip(private.items(), salts, strict=True)
    }
    hidden = [digest(text) for text in disclosed.values()] + [base64url(sha256(decoy).digest()) for decoy in decoys]
    full |= {"holder": {"_sd": sorted(hidden)}, "_sd_alg": HASH}  # sorted, so that the order tells nothing
    if holder_key is not None:
        full["cnf"] = {"jwk": public_jwk(holder_key)}
    compact = _signed({"alg": "ES256", "kid": signer.kid, "typ": SD_JWT_TYP}, full, signer)
    return Download("~".join((compact, *disclosed.values(), "")), disclosed)


def bind(shown: str, *, nonce: str, audience: str, at: int, holder: Signer) -> str:
    """Return a showing with its KB-JWT: `shown` ends with ~, `nonce` and `audience` are those the checker asked for."""
    payload = {"iat": at, "aud": audience, "nonce": nonce, "sd_hash": base64url(sha256(shown.encode("ascii")).digest())}
    return shown + _signed({"alg": "ES256", "typ": KB_TYP}, payload, holder)


def holder_key_of(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key whose coordinates a JWK has (RFC 7518 6.2.1); raises CodeError(holder) when it is none."""
    try:
        x, y = (int.from_bytes(decoded(jwk[name]), "big") for name in ("x", "y"))
        found = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, KeyError, TypeError, AttributeError, CodeError):
        raise CodeError("holder", "the key of the holder is no point of P-256") from None
    if public_jwk(found) != {"crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"]}:  # 32 bytes each, one spelling
        raise CodeError("holder", "a coordinate of P-256 is 32 bytes of base64url")
    return found


def verify_download(
    text: str,
    trust: TrustList,
    *,
    at: int,
    nonce: str | None = None,
    audience: str | None = None,
    oldest: int = KB_AGE,
) -> Shown:
    """Return what a download or a showing says at `at` (seconds); raises CodeError with the reason codes of `verify`.

    Give `nonce` and `audience` to ask for a KB-JWT: without one, or with another's, the reason is `holder`. A download
    that is bound to a key of its holder is `holder` too when nothing was asked: it would be worth no more than a copy.
    """
    pieces = text.split("~") if len(text) <= MOST_TEXT and text.isascii() else []
    if len(pieces) < 2:  # (1)
        raise CodeError("format", "this is no SD-JWT: parts that end with ~ each, then perhaps a KB-JWT")
    compact, *disclosures, binding = pieces
    parts = parts_of(compact)
    key = find_key(parts, trust)  # (2)
    if key.revoked_at is not None:
        raise CodeError("key_compromised", f"the key {key.kid} was reported stolen")
    authenticate(parts, key, SD_JWT_TYP)
    payload = strict_json.read(parts.payload, limit=MOST_PAYLOAD, reason="claims")
    if not isinstance(payload, dict) or payload.get("iss") != key.iss:
        raise CodeError("issuer", "the credential names another issuer than the list has for this key")
    claims = _claims(payload, disclosures)  # (3), (4)
    private, confirmation = claims.pop("holder"), claims.pop("cnf", None)
    _licence(claims, private, confirmation, at)
    if not key.covers(claims["iat"]):
        raise CodeError("key_window", "it was signed at a time when this key signed nothing")
    asked = nonce is not None or audience is not None
    if asked or binding or confirmation is not None:  # (5) bound is bound: a copy must not pass where nobody asks
        shown = text[: len(text) - len(binding)]
        _bound(binding, shown, confirmation, nonce=nonce, audience=audience, at=at, oldest=oldest)
    return Shown(claims, private, asked)


def _claims(payload: dict[str, Any], disclosures: list[str]) -> dict[str, Any]:
    holder = payload.get("holder")
    if payload.get("_sd_alg") != HASH or not isinstance(holder, dict) or set(holder) != {"_sd"}:
        raise CodeError("claims", f"a licence has _sd_alg {HASH}, and under holder a list of digests and nothing else")
    elsewhere = {name: value for name, value in payload.items() if name not in {"holder", "_sd_alg"}}
    if _has_digests(elsewhere):
        raise CodeError("claims", "_sd or ... stands outside of holder: nothing else of a licence may be hidden")
    return opened(payload, disclosures)


def _has_digests(value: Any) -> bool:
    if isinstance(value, dict):
        return "_sd" in value or "..." in value or any(map(_has_digests, value.values()))
    return isinstance(value, list) and any(map(_has_digests, value))


def _licence(claims: dict[str, Any], private: Any, confirmation: Any, at: int) -> None:
    if claims.get("vct") != f"{claims['iss']}{VCT_PATH}":
        raise CodeError("type", f"the type {claims.get('vct')!r} is not known here; a newer reader may know it")
    wrong = [*shape.faults_of(claims), *_PRIVATE(private, "/holder")]
    wrong += [] if confirmation is None else [*_CNF(confirmation, "/cnf")]
    if wrong:
        raise CodeError("claims", f"{wrong[0].at}: {wrong[0].why}")
    if "permits_digest" in claims or (why := shape.permits_fault(claims)) is not None:
        raise CodeError("claims", "the download lists every permit" if "permits_digest" in claims else str(why))
    if claims["iat"] > at + LEEWAY:
        raise CodeError("clock", "it was issued in the future: the clock of this machine is the likelier fault")
    if claims["exp"] <= at:
        raise CodeError("expired", "its end has passed")


def _bound(
    binding: str, shown: str, confirmation: Any, *, nonce: str | None, audience: str | None, at: int, oldest: int
) -> None:
    if confirmation is None or not binding or not nonce or not audience:
        raise CodeError(
            "holder",
            "who shows it is not proved: it takes a credential that is bound to a key, a nonce and an audience that were "
            "asked for, and a KB-JWT in answer",
        )
    parts = parts_of(binding)
    header = strict_json.read(parts.header, limit=MOST_JSON, reason="holder")
    if header != {"alg": "ES256", "typ": KB_TYP}:
        raise CodeError("holder", f"the header of a showing is exactly alg ES256 and typ {KB_TYP}")
    public_key = holder_key_of(confirmation["jwk"])
    if not is_low_s(parts.signature) or not verify_signature(public_key, parts.signing_input, parts.signature):
        raise CodeError("holder", "the showing is not signed by the holder's key")
    said = strict_json.read(parts.payload, limit=MOST_JSON, reason="holder")
    if not isinstance(said, dict) or set(said) != {"iat", "aud", "nonce", "sd_hash"} or type(said["iat"]) is not int:
        raise CodeError("holder", "a showing says exactly iat, aud, nonce, sd_hash")
    if said["nonce"] != nonce or said["aud"] != audience:
        raise CodeError("holder", "it was shown to somebody else, or in answer to another question")
    if said["sd_hash"] != base64url(sha256(shown.encode("ascii")).digest()):
        raise CodeError("holder", "it was made for other disclosures than those shown")
    if not at - oldest <= said["iat"] <= at + LEEWAY:
        raise CodeError("holder", "it was made too long ago, or in the future")


def _signed(header: dict[str, Any], payload: dict[str, Any], signer: Signer) -> str:
    unsigned = Parts(strict_json.write(header), strict_json.write(payload), b"")
    signature = signer.sign(unsigned.signing_input)
    if not is_low_s(signature) or not verify_signature(signer.public_key, unsigned.signing_input, signature):
        raise IssuanceError("the key gave a signature that does not verify; stop issuing and look at the key")
    return Parts(unsigned.header, unsigned.payload, signature).compact
