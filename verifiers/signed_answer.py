"""The strict reader of a source's signed answer: a compact JWS (RFC 7515), ES256 only, with one accepted spelling.

PyJWT's decoder forgives much around a signature (see the tests), and walks the payload character by character; so
this reader takes the token apart itself, and PyJWT's ES256 is used for the one thing that is hard, the signature (RFC
7518, 3.4):

1. three parts of canonical base64url, a signature of 64 bytes, at most 128 KiB in all;
2. the header holds exactly `alg` ES256, `typ` attestation+jwt and `kid`, each once;
3. `kid` names a key pinned for this very source: no header member can bring a key along;
4. the signature is right;
5. the payload holds exactly `iss`, `iat`, `as_of` and `answers`, each once; times are whole seconds.

One answer covers all subjects that one application raises for a source: one signature instead of one a person. What it
says of a subject is found by the digest of the question (`SignedAnswer.about`).

Example payload: `{"iss": "population", "iat": 1795219200, "as_of": 1795219200, "answers":
[{"request_digest": "<hex>", "subject_digest": "<hex>", "claim": {...}}]}`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt

from verifiers.failure import Failure
from verifiers.keys import SourceKeys, decode
from verifiers.strict_json import read_json

LARGEST_ANSWER = 128 * 1024  # characters; the 150 people that a form takes at most need about 100,000
ALGORITHM = "ES256"
TOKEN_TYPE = "attestation+jwt"  # noqa: S105 - the media type of the token, not a secret
MOST_ANSWERS = 256
LATEST_TIME = 10**11  # seconds; anything above was written in milliseconds

_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_HEX = re.compile(r"[0-9a-f]{64}")
_ES256 = jwt.get_algorithm_by_name(ALGORITHM)


class AnswerError(Exception):
    """An answer that cannot be used: which of the failures it is, why, and the key id where one was read."""

    def __init__(self, failure: Failure, detail: str, key_id: str | None = None) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source says about one subject."""

    request_digest: str
    subject_digest: str
    claim: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer whose signature and outer form are right; times in UTC."""

    key_id: str
    issued_at: datetime
    as_of: datetime
    answers: tuple[Answer, ...]

    def about(self, request_digest: str) -> Answer:
        """Return the one answer to that question; raises `AnswerError` (mismatch) when there is none, or several."""
        found = [answer for answer in self.answers if answer.request_digest == request_digest]
        if len(found) != 1:
            detail = "answers other questions than this one" if not found else "answers this question more than once"
            raise AnswerError(Failure.MISMATCH, detail, self.key_id)
        return found[0]


def _parts(response: str) -> tuple[dict[str, Any], bytes, bytes]:
    """Step 1: take the three parts apart; return the header's members, and payload and signature as bytes."""
    if len(response) > LARGEST_ANSWER:
        raise AnswerError(Failure.UNREADABLE, f"longer than {LARGEST_ANSWER} characters")
    parts = response.split(".")
    if len(parts) != 3:
        raise AnswerError(Failure.UNREADABLE, f"a compact JWS has 3 parts, not {len(parts)}")
    try:
        header, payload, signature = (decode(part) for part in parts)
        members = read_json(header)
    except ValueError as error:
        raise AnswerError(Failure.UNREADABLE, str(error)) from None
    if not isinstance(members, dict):
        raise AnswerError(Failure.UNREADABLE, "the header is not an object")
    if not signature:
        raise AnswerError(Failure.UNTRUSTED, "carries no signature")
    if len(signature) != 64:
        raise AnswerError(Failure.UNREADABLE, f"an ES256 signature has 64 bytes, not {len(signature)}")
    return members, payload, signature


def _key_id(header: Mapping[str, Any]) -> str:
    """Step 2: hold the header against the only form we accept."""
    if header.keys() != {"alg", "kid", "typ"}:
        raise AnswerError(Failure.UNTRUSTED, "the header holds other members than alg, kid and typ")
    if header["alg"] != ALGORITHM:
        raise AnswerError(Failure.UNTRUSTED, f"the algorithm is not {ALGORITHM}")
    if header["typ"] != TOKEN_TYPE:
        raise AnswerError(Failure.UNTRUSTED, f"the token is not of type {TOKEN_TYPE}")
    kid = header["kid"]
    if not isinstance(kid, str) or _KID.fullmatch(kid) is None:
        raise AnswerError(Failure.UNTRUSTED, "kid is not a key thumbprint")
    return kid


def _time(payload: Mapping[str, Any], member: str, kid: str) -> datetime:
    value = payload[member]
    if type(value) is not int or not 0 < value < LATEST_TIME:
        raise AnswerError(Failure.UNREADABLE, f"{member} is not a whole number of seconds", kid)
    return datetime.fromtimestamp(value, UTC)


def _answers(listed: object, kid: str) -> tuple[Answer, ...]:
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_ANSWERS:
        raise AnswerError(Failure.UNREADABLE, f"answers is not a list of 1 to {MOST_ANSWERS}", kid)
    answers = []
    for entry in listed:
        if not isinstance(entry, dict) or entry.keys() != {"request_digest", "subject_digest", "claim"}:
            raise AnswerError(Failure.UNREADABLE, "an answer holds other members than the agreed three", kid)
        digests = (entry["request_digest"], entry["subject_digest"])
        if any(not isinstance(value, str) or _HEX.fullmatch(value) is None for value in digests):
            raise AnswerError(Failure.UNREADABLE, "a digest is not 64 hexadecimal digits", kid)
        if not isinstance(entry["claim"], dict):
            raise AnswerError(Failure.UNREADABLE, "a claim is not an object", kid)
        answers.append(Answer(*digests, entry["claim"]))
    return tuple(answers)


@lru_cache(maxsize=64)  # pure, and asked once for every subject of the answer: the signature is verified once
def read_signed_answer(response: str, source: str, keys: SourceKeys) -> SignedAnswer:
    """Return the answer that `source` signed. Raises `AnswerError` for everything else."""
    header, payload_bytes, signature = _parts(response)  # (1)
    kid = _key_id(header)  # (2)
    key = keys.find(source, kid)  # (3)
    if key is None:
        owner = keys.owners.get(kid)
        detail = "signed by an unknown key" if owner is None else f"signed by the key of another source, {owner}"
        raise AnswerError(Failure.UNTRUSTED, detail, kid)
    if not _ES256.verify(response.rpartition(".")[0].encode("ascii"), key, signature):  # (4)
        raise AnswerError(Failure.UNTRUSTED, "the signature is wrong", kid)
    try:
        payload = read_json(payload_bytes)  # (5)
    except ValueError as error:
        raise AnswerError(Failure.UNREADABLE, str(error), kid) from None
    if not isinstance(payload, dict) or payload.keys() != {"iss", "iat", "as_of", "answers"}:
        raise AnswerError(Failure.UNREADABLE, "the payload holds other members than the agreed four", kid)
    if payload["iss"] != source:
        raise AnswerError(Failure.MISMATCH, "speaks in the name of another source", kid)
    issued_at, as_of = _time(payload, "iat", kid), _time(payload, "as_of", kid)
    return SignedAnswer(kid, issued_at, as_of, _answers(payload["answers"], kid))
