"""How a licence comes to be signed: `prepare` → `IssuanceToken` → `issue` → `Licence`.

(1) build the claims from the register entry and the log position; a pass too large for 40 mm takes the short form
(2) write header and claims in their one spelling: these bytes and no others will be signed
(3) read the bytes back and lint them; any breach ends here, before a key is near
(4) wrap the bytes in a token that works once, with one key
(5) sign, verify the signature with the public key, and hand out what was linted

The order is held by types: `issue` takes only a token, and only `prepare` makes one. No clock is read here; signatures
are deterministic, so to prepare and issue again after a crash gives the same licence and not a second one.
"""

from dataclasses import dataclass, field
from typing import Any

from licence_qr import strict_json
from licence_qr.claims import Issuance, LicenceSubject, build
from licence_qr.errors import IssuanceError
from licence_qr.keys import Signer, is_low_s, verify_signature
from licence_qr.lint import Draft, LintError, lint
from licence_qr.short_form import fitted
from licence_qr.transport import MOST_JSON, Parts, encode
from licence_qr.trust import LICENCE_TYP

_SEAL = object()


class IssuanceToken:
    """Proof that these bytes passed every lint; works once and only with the key it names."""

    __slots__ = ("_claims", "_header", "_payload", "_unused", "kid")

    def __init__(self, seal: object, kid: str, header: bytes, payload: bytes, claims: dict[str, Any]) -> None:
        """Refuse everybody but `prepare`, who holds the seal of this module."""
        if seal is not _SEAL:
            raise IssuanceError("an issuance token comes from prepare(); nothing else may lead to the key")
        self.kid = kid
        self._header, self._payload, self._claims = header, payload, claims
        self._unused = [True]

    def _spend(self) -> None:
        try:
            self._unused.pop()  # one step, so that of two threads one fails
        except IndexError:
            raise IssuanceError("this issuance token was used before; prepare the licence again") from None


@dataclass(frozen=True, slots=True)
class Licence:
    """A signed licence: its parts as bytes, its claims for reading, and the digits of its code."""

    parts: Parts
    digits: str
    claims: dict[str, Any] = field(repr=False)

    @property
    def jti(self) -> str:
        """The 电子证照标识."""
        return str(self.claims["jti"])

    @property
    def jws(self) -> str:
        """The compact JWS, as any JWT library reads it."""
        return self.parts.compact

    def link(self, page: str) -> str:
        """Return the text of the QR code; `page` is the address of the scan page, e.g. https://HOST/v."""
        return f"{page}#{self.digits}"


def prepare(subject: LicenceSubject, issuance: Issuance, *, kid: str) -> IssuanceToken:
    """Return the one road to the key `kid`; raises LintError with every breach, ValueError for parts that are missing.

    Steps (1) to (4). `issuance` carries the clock reading and the place in the log: without a log index no licence.
    """
    header = strict_json.write({"alg": "ES256", "kid": kid, "typ": LICENCE_TYP})
    claims = fitted(build(subject, issuance), header)
    payload = strict_json.write(claims)
    read_back = strict_json.read(payload, limit=4 * MOST_JSON, reason="claims")
    draft = Draft(strict_json.read(header, limit=MOST_JSON, reason="header"), read_back, len(header) + 1 + len(payload))
    if breaches := lint(draft):
        raise LintError(breaches)
    return IssuanceToken(_SEAL, kid, header, payload, read_back)


def issue(token: IssuanceToken, signer: Signer) -> Licence:
    """Sign what was linted; raises IssuanceError when the token was used, the key is another, or it signs wrongly.

    Step (5).
    """
    if signer.kid != token.kid:
        raise IssuanceError(f"the token was prepared for key {token.kid}, the signer holds {signer.kid}")
    token._spend()  # noqa: SLF001  (the token's own module)
    unsigned = Parts(token._header, token._payload, b"")  # noqa: SLF001  (as above)
    message = unsigned.signing_input
    signature = signer.sign(message)
    if not is_low_s(signature) or not verify_signature(signer.public_key, message, signature):
        raise IssuanceError("the key gave a signature that does not verify; stop issuing and look at the key")
    parts = Parts(unsigned.header, unsigned.payload, signature)
    return Licence(parts, encode(parts), token._claims)  # noqa: SLF001  (as above)
