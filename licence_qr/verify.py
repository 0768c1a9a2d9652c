"""Is this code a licence, does it stand, and what does its holder hold? Answered offline, in numbered steps.

     step                                                                      or else
(1)  read the text: link, digits or compact JWS, in its one spelling           cannot say: format, damaged
(2)  find the key that the header names in the pinned list                     cannot say: no_keys, unknown_key
(3)  the key was not reported stolen, or the code was logged before that        cannot say: key_compromised
(4)  header is exactly alg, kid, typ, and what this key signs                  not valid: header
(5)  the signature fits, in its low-S spelling; a stolen key's code is logged  not valid: signature, unlogged
(6)  payload in its one spelling; issuer as the list says                      not valid: claims, issuer
(7)  a type of licence known here, in its closed shape                         cannot say: type; not valid: claims
(8)  signed inside the window of the key                                       not valid: key_window
     from here on the licence is authentic, and its content may be shown
(9)  the clock: issued, in force, not expired              cannot say: clock; not valid: not_yet, expired
(10) the status list: at hand, believed, fresh, clean      cannot say: status_*; not valid: revoked, replaced, suspended
(11) each permit: held, its days, its own status                               an answer of its own

"Not valid" is said only where something known says so: a known key whose signature does not fit, an end that has
passed, a list that says revoked. Everything else is "cannot say", never "fake". What the caller must still do: look
whether name and address are those of the place where the code hangs, for anyone can copy a genuine code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from licence_qr import shape, strict_json
from licence_qr.claims import VCT_PATH, issue_day
from licence_qr.errors import CodeError
from licence_qr.keys_logged import Standing
from licence_qr.quick_claims import quick_claims
from licence_qr.status_list import LEEWAY, Snapshot, Status, StatusBook
from licence_qr.token import authenticate, find_key, parts_of
from licence_qr.transport import MOST_JSON, Parts, decode
from licence_qr.trust import LICENCE_TYP, TrustedKey, TrustList

MOST_COMPACT = 11_100  # characters of a compact JWS whose header and payload have MOST_JSON bytes


class Verdict(StrEnum):
    """The three things a verifier may say, the gravest first."""

    NOT_VALID = "not_valid"
    CANNOT_SAY = "cannot_say"
    VALID = "valid"


_NEGATIVE = {
    "header",
    "signature",
    "claims",
    "issuer",
    "key_window",
    "not_yet",
    "expired",
    "revoked",
    "replaced",
    "suspended",
}
_NEGATIVE |= {"unlogged", "not_held", "permit_not_yet", "permit_expired"}
_POSITIVE = {"authentic", "current", "held"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reason code, and as of when (seconds) it is known; the reason alone decides the verdict."""

    reason: str
    as_of: int | None = None

    @property
    def verdict(self) -> Verdict:
        """Valid for three reasons, not valid for those that are positively known, cannot say for all others."""
        if self.reason in _POSITIVE:
            return Verdict.VALID
        return Verdict.NOT_VALID if self.reason in _NEGATIVE else Verdict.CANNOT_SAY

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON values."""
        return {"verdict": self.verdict.value, "reason": self.reason, "as_of": self.as_of}


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of one code at `at` (seconds). `claims` is None unless the licence is authentic.

    `permits` has one answer for each entry of claims["permits"], in its order. `detail` is for engineers.
    """

    at: int
    authentic: Answer
    current: Answer
    permits: tuple[Answer, ...] = ()
    claims: Mapping[str, Any] | None = None
    detail: str = ""

    @property
    def headline(self) -> Answer:
        """What a person is told first: why it is not known to be authentic, or else whether it stands."""
        return self.current if self.authentic.verdict is Verdict.VALID else self.authentic

    @property
    def barred(self) -> int:
        """How many of the permits held may not be used: a licence that stands must not hide them."""
        return sum(one.verdict is Verdict.NOT_VALID and one.reason != "not_held" for one in self.permits)

    def to_json(self) -> dict[str, Any]:
        """Return all answers as JSON values."""
        return {
            "verdict": self.headline.verdict.value,
            "reason": self.headline.reason,
            "at": self.at,
            "authentic": self.authentic.to_json(),
            "current": self.current.to_json(),
            "permits": [answer.to_json() for answer in self.permits],
            "claims": None if self.claims is None else dict(self.claims),
            "detail": self.detail,
        }


def verify(
    text: str,
    trust: TrustList,
    *,
    at: int,
    status: StatusBook | None = None,
    dictionaries: Mapping[int, bytes] | None = None,
) -> Verification:
    """Return what is known of the code `text` at the time `at` (seconds). Never raises for what a code holds.

    `dictionaries` are preset dictionaries that the caller keeps; without them those of this package are read.
    """
    try:
        parts = read_text(text, dictionaries)  # (1)
        claims = authentic_claims(parts, trust)  # (2) to (8)
    except CodeError as error:
        return Verification(at, Answer(error.reason), Answer("not_authentic"), detail=str(error))
    return answers_for(claims, at=at, status=status)


def answers_for(claims: dict[str, Any], *, at: int, status: StatusBook | None) -> Verification:
    """Return what is to be said of authentic claims at the time `at`: steps (9) to (11)."""
    list_claim = claims["status"]["status_list"]
    lists = _Lists.of(status, claims["iss"], list_claim["uri"], at)
    current = _in_time(claims, at) or lists.answer(list_claim["idx"], "current")  # (9), (10)
    permits: tuple[Answer, ...] = ()
    if claims["permits"]:  # (11)
        today = _day_in_china(at)
        permits = tuple([_permit(permit, claims, today, lists) for permit in claims["permits"]])
    return Verification(at, Answer("authentic", claims["iat"]), current, permits, claims)


@lru_cache(maxsize=64)  # many codes are asked about at one moment
def _day_in_china(at: int) -> str:
    return issue_day(at).isoformat()


def read_text(text: str, dictionaries: Mapping[int, bytes] | None = None) -> Parts:
    """Return the parts of a link, of digits alone, or of a compact JWS: step (1); raises CodeError."""
    if ":" in text or "#" in text or text.count(".") != 2:
        return decode(text, dictionaries)
    if len(text) > MOST_COMPACT:
        raise CodeError("format", f"{len(text)} characters, a licence has at most {MOST_COMPACT}")
    return parts_of(text)


def authentic_claims(parts: Parts, trust: TrustList, *, hurry: bool = True) -> dict[str, Any]:
    """Return the claims that a trusted key signed, steps (2) to (8); raises CodeError with the reason.

    Without `hurry` every payload takes the long way, which gives the same answers (`quick_claims`).
    """
    key = find_key(parts, trust)  # (2)
    standing = _standing(parts, key)  # (3)
    authenticate(parts, key, LICENCE_TYP)  # (4), (5)
    if standing is Standing.UNLOGGED:
        raise CodeError("unlogged", f"the key {key.kid} was stolen, and the registry never logged this licence")
    quick = (
        quick_claims(parts.payload) if hurry and len(parts.payload) <= MOST_JSON else None
    )  # spelling and shape at once
    claims = quick if quick is not None else strict_json.read(parts.payload, limit=MOST_JSON, reason="claims")  # (6)
    if not isinstance(claims, dict) or claims.get("iss") != key.iss:
        raise CodeError("issuer", "the licence names another issuer than the list has for this key")
    _known_type(claims, key, shaped=quick is not None)  # (7)
    if not key.covers(claims["iat"]):  # (8)
        raise CodeError("key_window", "it was signed at a time when this key signed nothing")
    return claims


def _standing(parts: Parts, key: TrustedKey) -> Standing | None:
    """Step (3): None for a key in good standing; without the registry's list a stolen key's codes are all alike."""
    if key.revoked_at is None:
        return None
    standing = None if key.logged is None else key.logged.standing(parts.compact)
    if standing in {None, Standing.AFTER}:
        raise CodeError("key_compromised", f"the key {key.kid} was reported stolen")
    return standing


def _known_type(claims: dict[str, Any], key: TrustedKey, *, shaped: bool) -> None:
    if claims.get("vct") != key.iss + VCT_PATH:
        raise CodeError("type", f"the type {claims.get('vct')!r} is not known here; a newer reader may know it")
    if not shaped and (faults := shape.faults_of(claims)):
        raise CodeError("claims", f"{faults[0].at}: {faults[0].why}")
    if (why := shape.permits_fault(claims)) is not None:
        raise CodeError("claims", why)


def _in_time(claims: Mapping[str, Any], at: int) -> Answer | None:
    """Step (9): None when the clock has nothing against it."""
    if claims["iat"] > at + LEEWAY:
        return Answer("clock", at)  # issued in the future: the clock of this machine is the likelier fault
    if claims["nbf"] > at + LEEWAY:
        return Answer("not_yet", at)
    return Answer("expired", at) if claims["exp"] <= at else None


@dataclass(frozen=True, slots=True)
class _Lists:
    """The status list of one licence, as it may be relied on at `at`: the list, or the reason why there is none."""

    at: int
    held: Snapshot | None
    reason: str
    stale: bool = False
    early: bool = False

    @classmethod
    def of(cls, book: StatusBook | None, iss: str, uri: str, at: int) -> "_Lists":
        """Look the list up once for the licence and all its permits."""
        held = book.get(uri) if book is not None else None
        if book is None or held is None:
            return cls(at, None, "status_missing")
        if not isinstance(held, Snapshot) or held.iss != iss:
            return cls(at, None, "status_untrusted")
        stale = held.expires_at <= at or (book.oldest is not None and at - held.issued_at > book.oldest)
        return cls(at, held, "", stale, held.issued_at > at + LEEWAY)

    def answer(self, index: int, good: str) -> Answer:
        """Step (10): return what the list says of `index`; `good` is the reason when nothing is against it."""
        held = self.held
        if held is None:
            return Answer(self.reason)
        value = held.entries.get(index) if index < held.entries.size else None
        final = value is None or value in _FINAL
        if self.early and not final:
            return Answer("clock", self.at)
        return _kept(_told(value, good, stale=self.stale), held.issued_at)


_kept = lru_cache(maxsize=256)(Answer)  # of one list nearly all answers are the same


# Final, so that even an old list is enough: revoked, and replaced by a newer version.
_FINAL = {int(Status.INVALID): "revoked", int(Status.REPLACED): "replaced"}


def _told(value: int | None, good: str, *, stale: bool) -> str:
    """Return the reason for a value of a list that is believed."""
    if value is None:
        return "status_index"  # outside the list: no statement can be made
    if value in _FINAL:
        return _FINAL[value]
    if stale:
        return "status_stale"
    if value == 0:
        return good
    return "suspended" if value == Status.SUSPENDED else "status_value"


def _permit(permit: Mapping[str, Any], claims: Mapping[str, Any], today: str, lists: _Lists) -> Answer:
    """Step (11): a permit stands by its own days (in China) and its own status."""
    if not permit["held"]:
        return Answer("not_held", claims["iat"])
    if permit.get("valid_from", today) > today:
        return Answer("permit_not_yet", lists.at)
    if permit.get("valid_to", today) < today:
        return Answer("permit_expired", lists.at)
    return lists.answer(permit["status_idx"], "held")
