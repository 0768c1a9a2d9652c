"""Step 6 of the check of an export: what the leaves say, each by itself and against those before it.

A licence rests on an approval, by the rules or by an officer, that stands before it in the log; an approval carries one
licence; an officer acts on a decision; numbers and codes are given once.
"""

from dataclasses import dataclass, field
from typing import Any

from audit.errors import AuditError
from audit.record import Record, read_record


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an export: the step that found it, the file or leaf, and a sentence."""

    step: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.step}: {self.place}: {self.message}"


@dataclass(slots=True)
class Verification:
    """What the check of an export found. It holds when `faults` is empty."""

    size: int
    counts: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def note(self, step: str, place: str, message: object) -> None:
        """Add one fault."""
        self.faults.append(Fault(step, place, str(message)))


def read_records(found: Verification, leaves: list[bytes]) -> list[Record | None]:
    """Return the record of each leaf, None where it is not one, and note what is wrong with them."""
    records: list[Record | None] = []
    seen: dict[tuple[str, Any], int] = {}
    for index, leaf in enumerate(leaves):
        place = f"leaf {index}"
        try:
            record = read_record(leaf)
            for message in _reasons_against(record.content, records):
                found.note("records", place, message)
            for name in _unique(record.content):
                if name in seen:
                    found.note("records", place, f"{name[0]} {name[1]!r} was already used at leaf {seen[name]}")
                seen.setdefault(name, index)
            found.counts[record.kind] = found.counts.get(record.kind, 0) + 1
            if record.kind == "decision":
                outcome = str(record.content["outcome"])
                found.outcomes[outcome] = found.outcomes.get(outcome, 0) + 1
            records.append(record)
        except (AuditError, KeyError, TypeError) as error:
            found.note("records", place, error if isinstance(error, AuditError) else f"lacks a member: {error!r}")
            records.append(None)
    return records


def _reasons_against(content: Any, before: list[Record | None]) -> list[str]:
    """Say why a licence or an officer's act has no ground: a licence rests on an approval of either kind."""
    if content["kind"] not in {"licence", "officer"}:
        return []
    index = content["decision"]
    earlier = before[index] if type(index) is int and 0 <= index < len(before) else None
    if earlier is None:
        return [f"refers to leaf {index!r}, which is not an earlier record"]
    basis = earlier.content
    if content["kind"] == "officer":
        return [] if basis["kind"] == "decision" else [f"is an officer's act on leaf {index}, which is no decision"]
    approved = (basis["kind"], basis.get("outcome", basis.get("act"))) in {
        ("decision", "approved"),
        ("officer", "approval"),
    }
    return [] if approved else [f"is a licence, and leaf {index} does not approve anything"]


def _unique(content: Any) -> list[tuple[str, Any]]:
    """Name what may stand in the log once only: a licence's number and code, and one licence for one approval."""
    if content["kind"] == "licence":
        return [("jti", content["jti"]), ("uscc", content["uscc"]), ("licence for leaf", content["decision"])]
    if content["kind"] == "decision" and content["outcome"] == "approved":
        return [("approval of", content["application_id"])]
    return []
