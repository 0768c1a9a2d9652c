"""The one shape of all verifiers: a query goes out, signed evidence comes back, or one of five failures.

A verifier is a module of this folder that offers a `VERIFIER` of type `Verifier`. It turns the subjects of an application
into queries, and a signed answer into evidence. Neither step opens a socket or reads a clock, so replay repeats both.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import rfc8785

from verifiers.keys import SourceKeys


class Failure(StrEnum):
    """Why there is no usable answer; five kinds and no more."""

    UNAVAILABLE = "unavailable"   # no answer in time, connection refused, 5xx: ask again later
    STALE = "stale"               # answered with a state of affairs older than the verifier allows
    MISMATCH = "mismatch"         # answered for another subject, request or application, or contradicts itself
    UNREADABLE = "unreadable"     # not the agreed form: garbage, wrong types, missing members
    UNTRUSTED = "untrusted"       # signature absent, wrong, by an unknown key, or by another source's key


@dataclass(frozen=True, slots=True)
class PersonSubject:
    """A natural person with a role in the application; `key` is the JSON pointer, e.g. `/people/0`."""

    key: str
    name: str
    id_type: str
    id_number: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameSubject:
    """The business name applied for, and who stands behind it (for investment relations)."""

    key: str
    full: str
    registry_division: str
    applicant_ids: tuple[str, ...]
    reservation_number: str | None


@dataclass(frozen=True, slots=True)
class AddressSubject:
    """The place of business: the standard address code where given, else its parts in order."""

    key: str
    code: str | None
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subjects:
    """All that verifiers may be asked about in one application. `content_digest` is hex SHA-256 of the signed content."""

    content_digest: str
    people: tuple[PersonSubject, ...]
    name: NameSubject | None
    address: AddressSubject | None


@dataclass(frozen=True, slots=True)
class Query:
    """One question to one source. `subject` is the key of the subject; `body` is JSON without floats."""

    verifier: str
    subject: str
    body: Mapping[str, Any]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Digest the canonical form (RFC 8785) of verifier and body, so that an answer can be tied to its question."""
        canonical = rfc8785.dumps({"verifier": self.verifier, "body": dict(self.body)})
        object.__setattr__(self, "digest", hashlib.sha256(canonical).hexdigest())


@dataclass(frozen=True, slots=True)
class Evidence:
    """What we hold after a query: the signed answer whole, and either its typed value or the failure.

    `value` has the members of the verifier's record in `rules/facts.yaml`; dates are `datetime.date`. `response` is the
    compact JWS exactly as received (None when nothing arrived). `value` is None exactly when `failure` is set.
    """

    verifier: str
    subject: str
    request: Mapping[str, Any]
    request_digest: str
    asked_at: datetime
    answered_at: datetime
    response: str | None
    key_id: str | None
    as_of: datetime | None
    value: Mapping[str, Any] | None
    failure: Failure | None
    detail: str = ""
    attempts: int = 1


class Verifier(Protocol):
    """The five things every source offers."""

    key: str
    title_zh: str
    title_en: str

    def queries(self, subjects: Subjects) -> tuple[Query, ...]:
        """Return the questions that this application raises for this source, in the order of the subjects."""

    def attest(
        self, query: Query, response: str, *, asked_at: datetime, answered_at: datetime, keys: SourceKeys
    ) -> Evidence:
        """Turn a received answer into evidence; never raises for what a source sent."""
