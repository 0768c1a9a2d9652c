"""What all sources have in common: turning a signed answer into evidence, in the same eight steps for each.

1. the answer is signed by this source, in the one accepted form (`signed_answer`);
2. it answers this question, once;
3. it speaks of the subject that was asked about;
4. the claim has exactly the agreed members with the agreed types;
5. the claim does not contradict itself;
6. it was signed after the question was asked, and not in the future;
7. the state of affairs behind it is not later than the signature;
8. that state is not older than this source allows.

Nothing here opens a socket or reads a clock: replay takes the same steps over the stored answer.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from verifiers.canonical import digest
from verifiers.failure import Failure
from verifiers.keys import SourceKeys
from verifiers.model import Evidence, Query, Subjects
from verifiers.signed_answer import AnswerError, SignedAnswer, read_signed_answer

CLOCK_SKEW = timedelta(seconds=120)  # between our clock and a source's

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _read_day(value: object) -> date:
    if not isinstance(value, str) or _ISO_DAY.fullmatch(value) is None:
        raise ValueError("not a day in the form YYYY-MM-DD")
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(_read_day)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


class Claim(BaseModel):
    """What a source says of one subject: no member more, none less, no type converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def contradiction(self) -> str | None:
        """Say how the claim contradicts itself, or return None."""
        return None


def subject_digest(identity: Mapping[str, str | None]) -> str:
    """Digest what identifies a subject, so that an answer can be held against who or what was asked about."""
    return digest(identity)


def _places(error: ValidationError) -> str:
    """Name the members that are wrong, and how, without the values: they may be personal."""
    found = [f"{'.'.join(str(part) for part in entry['loc'])}: {entry['type']}" for entry in error.errors()]
    return "; ".join(found[:5])


@dataclass(frozen=True, slots=True)
class Source:
    """One data source: how it is asked, what it may answer, and how fresh that must be.

    `questions` yields (subject key, body of the question). `identity` picks the members of a body that name the
    subject.
    """

    key: str
    title_zh: str
    title_en: str
    claim: type[Claim]
    stale_after: timedelta
    questions: Callable[[Subjects], Iterable[tuple[str, Mapping[str, Any]]]]
    identity: Callable[[Mapping[str, Any]], Mapping[str, str | None]]

    def queries(self, subjects: Subjects) -> tuple[Query, ...]:
        """Return the questions that this application raises for this source, in the order of the subjects."""
        return tuple(Query(self.key, subject, body) for subject, body in self.questions(subjects))

    def attest(
        self, query: Query, response: str, *, asked_at: datetime, answered_at: datetime, keys: SourceKeys
    ) -> Evidence:
        """Turn a received answer into evidence; never raises for what a source sent.

        Raises `ValueError` when the question was meant for another source.
        """
        if query.verifier != self.key:
            raise ValueError(f"a question to {query.verifier} was given to {self.key}")
        signed: SignedAnswer | None = None
        claim: Claim | None = None
        failure, detail, key_id = None, "", None
        try:
            signed = read_signed_answer(response, self.key, keys)  # (1)
            claim = self._claim(query, signed)
            self._fresh(signed, asked_at, answered_at)
        except AnswerError as error:
            failure, detail, key_id = error.failure, error.detail, error.key_id
        return Evidence(
            verifier=self.key,
            subject=query.subject,
            request=query.body,
            request_digest=query.digest,
            asked_at=asked_at,
            answered_at=answered_at,
            response=response,
            key_id=signed.key_id if signed else key_id,
            as_of=signed.as_of if signed else None,
            value=claim.model_dump(by_alias=True) if claim and failure is None else None,
            failure=failure,
            detail=detail,
        )

    def _claim(self, query: Query, signed: SignedAnswer) -> Claim:
        """Take steps 2 to 5."""
        answer = signed.about(query.digest)  # (2)
        if answer.subject_digest != subject_digest(self.identity(query.body)):  # (3)
            raise AnswerError(Failure.MISMATCH, "speaks of another subject than the one asked about")
        try:
            claim = self.claim.model_validate(answer.claim)  # (4)
        except ValidationError as error:
            raise AnswerError(Failure.UNREADABLE, _places(error)) from None
        contradiction = claim.contradiction()  # (5)
        if contradiction:
            raise AnswerError(Failure.MISMATCH, f"contradicts itself: {contradiction}")
        return claim

    def _fresh(self, signed: SignedAnswer, asked_at: datetime, answered_at: datetime) -> None:
        """Take steps 6 to 8."""
        if signed.issued_at < asked_at - CLOCK_SKEW:  # (6)
            raise AnswerError(Failure.STALE, "was signed before the question was asked")
        if signed.issued_at > answered_at + CLOCK_SKEW:
            raise AnswerError(Failure.MISMATCH, "was signed in the future")
        if signed.as_of > signed.issued_at:  # (7)
            raise AnswerError(Failure.MISMATCH, "states affairs of a time after its own signature")
        if answered_at - signed.as_of > self.stale_after:  # (8)
            hours = int(self.stale_after.total_seconds()) // 3600
            raise AnswerError(Failure.STALE, f"states affairs as of {signed.as_of:%Y-%m-%dT%H:%MZ}; allowed: {hours} h")


def person_identity(body: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what names a person in a question: kind and number of the identity document."""
    return {"id_type": body["id_type"], "id_number": body["id_number"]}
