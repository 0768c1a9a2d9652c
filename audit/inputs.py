"""The private inputs of one decision: all that a replay needs, in one file, without loss.

The bytes received, every question and signed answer with its times, the salt of the record, the clock reading, and the
names of rule set and software. This file holds personal data: it stays with the organ, and an export for the public
leaves it out. The log binds it by commitments, so that it cannot be changed afterwards.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from audit.base64_strict import decode, encode
from audit.canonical import canonical, parse_canonical
from audit.decision_leaf import Circumstances
from audit.errors import MalformedError
from audit.plain import moment_text, plain, read_moment
from verifiers.model import Evidence, Failure, Query

SCHEMA = "miaopi/inputs/1"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one decision was made from.

    `day` and `rule_set_digest` choose the rule set; `case` holds facts of the case that are no part of the application
    (JSON without floats), such as the number of the attempt.
    """

    raw: bytes
    evidence: tuple[Evidence, ...]
    at: datetime
    item: str
    day: date
    rule_set_digest: str
    salt: bytes
    circumstances: Circumstances
    case: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON; an answer that several subjects share stands in it once."""
        responses = _distinct(self.evidence)
        stated = self.circumstances
        return canonical(
            {
                "schema": SCHEMA,
                "application_id": stated.application_id,
                "received_at": moment_text(stated.received_at),
                "engine_version": stated.engine_version,
                "lock_digest": stated.lock_digest,
                "source_keys_digest": stated.source_keys_digest,
                "raw": encode(self.raw),
                "responses": responses,
                "evidence": [_write_evidence(one, responses) for one in self.evidence],
                "at": moment_text(self.at),
                "item": self.item,
                "day": self.day.isoformat(),
                "rule_set_digest": self.rule_set_digest,
                "salt": encode(self.salt),
                "case": plain(self.case),
            }
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Inputs":
        """Read what `to_bytes` wrote. Raises MalformedError for any other bytes.

        Values are not stored: the evidence read here holds questions, answers and failures, and replay attests anew.
        """
        content = parse_canonical(raw, "the inputs")
        try:
            if content["schema"] != SCHEMA:
                raise MalformedError(f"the inputs are of schema {content['schema']!r}; this program reads {SCHEMA}")
            responses = content["responses"]
            read = cls(
                raw=decode(content["raw"], "the application"),
                evidence=tuple(_read_evidence(one, responses) for one in content["evidence"]),
                at=read_moment(content["at"], "the moment of decision"),
                item=content["item"],
                day=date.fromisoformat(content["day"]),
                rule_set_digest=content["rule_set_digest"],
                salt=decode(content["salt"], "the salt"),
                circumstances=Circumstances(
                    application_id=content["application_id"],
                    received_at=read_moment(content["received_at"], "the moment of receipt"),
                    engine_version=content["engine_version"],
                    lock_digest=content["lock_digest"],
                    source_keys_digest=content["source_keys_digest"],
                ),
                case=content["case"],
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise MalformedError(f"the inputs lack a member or hold one of another type: {error!r}") from error
        if read.to_bytes() != raw:  # a member too many, an answer nobody refers to
            raise MalformedError("the inputs hold more than this program reads")
        return read

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the file."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def _distinct(evidence: Sequence[Evidence]) -> list[str]:
    return list(dict.fromkeys(one.response for one in evidence if one.response is not None))


def _write_evidence(one: Evidence, responses: list[str]) -> dict[str, Any]:
    """Write what cannot be worked out again: failure and remark only where there is no answer to read them from."""
    silent = one.response is None
    return {
        "verifier": one.verifier,
        "subject": one.subject,
        "request": plain(one.request),
        "asked_at": moment_text(one.asked_at),
        "answered_at": moment_text(one.answered_at),
        "response": None if one.response is None else responses.index(one.response),
        "failure": one.failure.value if silent and one.failure is not None else None,
        "detail": one.detail if silent else "",
        "attempts": one.attempts,
    }


def _read_evidence(stored: Mapping[str, Any], responses: list[str]) -> Evidence:
    query = Query(stored["verifier"], stored["subject"], stored["request"])
    place = stored["response"]
    if place is not None and not 0 <= place < len(responses):
        raise MalformedError(f"the evidence of {query.verifier} refers to answer {place}, which is not there")
    return Evidence(
        verifier=query.verifier,
        subject=query.subject,
        request=query.body,
        request_digest=query.digest,
        asked_at=read_moment(stored["asked_at"], "asked_at"),
        answered_at=read_moment(stored["answered_at"], "answered_at"),
        response=None if place is None else responses[place],
        key_id=None,
        as_of=None,
        value=None,
        failure=None if stored["failure"] is None else Failure(stored["failure"]),
        detail=stored["detail"],
        attempts=stored["attempts"],
    )
