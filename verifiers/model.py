"""The one shape of all verifiers: a query goes out, signed evidence comes back, or one of five failures.

A verifier is a module of this folder that offers a `VERIFIER` of type `Verifier`. It turns the subjects of an
application into queries, and a signed answer into evidence. Neither step opens a socket or reads a clock, so replay
repeats both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from verifiers.canonical import digest
from verifiers.failure import Failure
from verifiers.keys import SourceKeys

__all__ = [
    "AddressSubject", "Evidence", "Failure", "NameSubject", "PersonSubject", "Query", "Subjects", "Verifier",
]  # fmt: skip


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
    """The place of business: the standard address code where given, and its parts in order.

    `parts` are province, city, county, town, village, road and number as the applicant wrote them, without those left
    out. The library looks the place up by code where there is one, and then holds the parts against what it found.
    """

    key: str
    code: str | None
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subjects:
    """All that an application lets verifiers be asked about; `content_digest` is hex SHA-256 of the signed content."""

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
        object.__setattr__(self, "digest", digest({"verifier": self.verifier, "body": dict(self.body)}))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What we hold after a query: the signed answer whole, and either its typed value or the failure.

    `value` has the members of the verifier's record in `rules/facts.yaml`; dates are `datetime.date`. `response` is
    the compact JWS exactly as received (None when nothing arrived); a source signs once for all subjects of an
    application, so the evidence of several subjects holds the same text. `value` is None exactly when `failure` is
    set. `attempts` is 0 when the source was not asked at all, because it had just failed several times.
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
    """What every source offers."""

    @property
    def key(self) -> str:
        """The name of the source in rules, records and addresses, e.g. `population`."""

    @property
    def title_zh(self) -> str:
        """The name of the source for a Chinese reader."""

    @property
    def title_en(self) -> str:
        """The name of the source for an English reader."""

    @property
    def stale_after(self) -> timedelta:
        """How old the state of affairs behind an answer may be."""

    def queries(self, subjects: Subjects) -> tuple[Query, ...]:
        """Return the questions that this application raises for this source, in the order of the subjects."""

    def attest(
        self, query: Query, response: str, *, asked_at: datetime, answered_at: datetime, keys: SourceKeys
    ) -> Evidence:
        """Turn a received answer into evidence; never raises for what a source sent."""
