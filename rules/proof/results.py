"""What a proof run answers: one result for each question, with a witness, or proved, or undecided and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["proved", "witness", "undecided", "not_confirmed"]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one question.

    `id` is stable: `check:subject[:detail]`. `ok` is what the book's author hopes for; a result that is not ok is a
    finding. `facts` is the witness, as JSON. `scope` says how far a proof reaches. `uses` names what a proof needed.
    """

    id: str
    check: str
    subject: str
    verdict: Verdict
    ok: bool
    zh: str
    en: str
    facts: Mapping[str, Any] | None = None
    scope: str = ""
    uses: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON members."""
        return {
            "id": self.id, "check": self.check, "subject": self.subject, "verdict": self.verdict, "ok": self.ok,
            "zh": self.zh, "en": self.en, "facts": self.facts, "scope": self.scope, "uses": list(self.uses),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutsidePart:
    """An expression that has no exact term: it may take any value in a proof."""

    subject: str
    expression: str
    reason: str
