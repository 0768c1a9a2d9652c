"""What the checks of the release gate are given and what they find, in the one form that a report has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from audit.backtest import Recorded
from audit.canonical import canonical
from audit.release_manifest import CheckName, Report
from rules.bundle import digest_of
from rules.load import RuleBook

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is checked: the new book, the one it follows (None for the first), the decisions at hand, and the day it is.

    `against` is the manifest digest of the release with the book it follows: the only one that may then be live.
    """

    new: RuleBook
    old: RuleBook | None
    recorded: Sequence[Recorded]
    day: date
    progress: Progress = lambda _what, _done, _all: None
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found: `document` is the whole report, `lines` the same for people (zh, en)."""

    name: CheckName
    ok: bool
    figures: Mapping[str, int | str]
    document: Mapping[str, Any]
    lines: tuple[tuple[str, str], ...]

    @property
    def content(self) -> bytes:
        """The report as it is kept beside the release."""
        said = [{"zh": zh, "en": en} for zh, en in self.lines]
        return canonical(
            {"check": self.name, "ok": self.ok, "figures": self.figures, "lines": said, "report": self.document}
        )

    def report(self) -> Report:
        """Return what the manifest says of it."""
        return Report(digest=digest_of(self.content), ok=self.ok, figures=dict(self.figures))


class Check(Protocol):
    """One check of the gate."""

    @property
    def name(self) -> CheckName:
        """Its name in the manifest."""

    def run(self, candidate: Candidate) -> Outcome:
        """Check; a candidate that fails is an outcome that is not ok, never an error."""


def plain(value: Any) -> Any:
    """Return a report as canonical JSON can hold it: numbers with a fraction as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return str(value)
