"""Whom a verifier believes: a list of public keys, each with its issuer, its kind of token and its window.

The list is a JWKS (RFC 7517) with members of our own beside the standard ones: `iss` (the issuer is read from here,
never from a token), `typ` (the one kind of token the key signs), `nbf` and `exp` (when it signed, in seconds; a
licence outlives its key, so old keys stay and answer for `iat` inside their window), `revoked_at` when it was stolen, and
then `logged_sha256`, which pins the document that tells its genuine licences from others (`keys_logged`).
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec

from licence_qr import strict_json
from licence_qr.errors import CodeError, KeyFileError
from licence_qr.keys import base64url, public_jwk, thumbprint
from licence_qr.keys_logged import Logged, token_digest

LICENCE_TYP = "business-licence+jwt"
STATUS_TYP = "statuslist+jwt"
LARGEST_LIST = 1_000_000


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One public key and what it may say; times are seconds since 1970.

    `logged_sha256` pins the document on the licences of a compromised key, `logged` is that document when it is at hand.
    """

    public_key: ec.EllipticCurvePublicKey
    iss: str
    typ: str
    not_before: int
    not_after: int | None = None
    revoked_at: int | None = None
    logged_sha256: str | None = None
    logged: Logged | None = None

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint."""
        return thumbprint(self.public_key)

    def covers(self, issued_at: int) -> bool:
        """Tell whether the key signed at that time, both ends of its window included."""
        return self.not_before <= issued_at and (self.not_after is None or issued_at <= self.not_after)

    def to_jwk(self) -> dict[str, Any]:
        """Return the entry for the published list."""
        entry: dict[str, Any] = {**public_jwk(self.public_key), "alg": "ES256", "use": "sig", "kid": self.kid}
        entry |= {"iss": self.iss, "typ": self.typ, "nbf": self.not_before}
        if self.not_after is not None:
            entry["exp"] = self.not_after
        if self.revoked_at is not None:
            entry["revoked_at"] = self.revoked_at
        if self.logged_sha256 is not None:
            entry["logged_sha256"] = self.logged_sha256
        return entry


class TrustList:
    """Keys by kid. It is made by whoever pins it; nothing in a token can add to it."""

    def __init__(self, keys: Iterable[TrustedKey]) -> None:
        """Index the keys by thumbprint."""
        self._keys: Mapping[str, TrustedKey] = {key.kid: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[TrustedKey]:
        return iter(self._keys.values())

    def get(self, kid: str) -> TrustedKey | None:
        """Return the key with that kid, or None when the list does not know it."""
        return self._keys.get(kid)

    def to_jwks(self) -> dict[str, Any]:
        """Return the document served at /.well-known/jwks.json."""
        return {"keys": [key.to_jwk() for key in self._keys.values()]}

    @classmethod
    def from_jwks(cls, source: bytes, logged: Iterable[bytes] = ()) -> Self:
        """Read a published list; raises KeyFileError when it is none, or when it holds a private key.

        `logged` are documents on the licences of compromised keys; one that the list does not pin is not believed.

        An entry in a form this program does not know (another curve, a thumbprint that does not fit) is not trusted
        and not an error: a newer list must not blind an older reader.
        """
        try:
            document = strict_json.loads(source, limit=LARGEST_LIST)
        except CodeError as error:
            raise KeyFileError(f"the key list is not a JWKS: {error}") from None
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            raise KeyFileError("the key list is not a JWKS: it has no list `keys` (RFC 7517 5)")
        if any(isinstance(entry, dict) and "d" in entry for entry in entries):
            raise KeyFileError("the key list holds a private key (`d`): delete it, rotate the key, publish a clean one")
        found = cls(key for entry in entries if (key := _key(entry)) is not None)
        return found.with_logged(logged)

    def with_logged(self, documents: Iterable[bytes]) -> Self:
        """Return the same list with those documents that it pins; others, and what is none, are left out."""
        believed: dict[str, Logged] = {}
        for source in documents:
            try:
                document = Logged.from_bytes(source)
            except KeyFileError:
                continue
            key = self._keys.get(document.kid)
            pinned = token_digest(source)  # of the very bytes: other readers know no other spelling of them
            if key is not None and (key.logged_sha256, key.revoked_at) == (pinned, document.revoked_at):
                believed[document.kid] = document
        return type(self)(replace(key, logged=believed.get(key.kid, key.logged)) for key in self)


def _key(entry: Any) -> TrustedKey | None:
    if not isinstance(entry, dict) or any(
        entry.get(name) != value for name, value in (("kty", "EC"), ("crv", "P-256"), ("alg", "ES256"), ("use", "sig"))
    ):
        return None
    texts = [entry.get(name) for name in ("iss", "typ", "kid", "x", "y")] + [entry.get("logged_sha256", "-")]
    times = [entry.get("nbf"), entry.get("exp", 0), entry.get("revoked_at", 0)]
    if not all(isinstance(text, str) and text for text in texts) or not all(type(time) is int for time in times):
        return None
    try:
        x, y = (_coordinate(entry[name]) for name in ("x", "y"))
        public_key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, binascii.Error):
        return None
    ends = (entry.get("exp"), entry.get("revoked_at"), entry.get("logged_sha256"))
    key = TrustedKey(public_key, entry["iss"], entry["typ"], entry["nbf"], *ends)
    return key if key.kid == entry["kid"] else None


def _coordinate(text: str) -> int:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 32 or base64url(raw) != text:
        raise ValueError("a coordinate of P-256 is 32 bytes of base64url")
    return int.from_bytes(raw, "big")
