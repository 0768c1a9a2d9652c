"""Findings that are meant: `proof_accepted.yaml` gives each a reason. An entry that no longer occurs is itself an error."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import Field

from rules.model import Frozen, Text
from rules.proof.results import Result

FILE = "proof_accepted.yaml"


class Accepted(Frozen):
    """Findings with one reason; `*` in an id stands for any item."""

    findings: tuple[str, ...] = Field(min_length=1)
    reason: Text


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings that nobody accepted, those accepted with their reasons, and entries that no finding answers to."""

    open: tuple[Result, ...]
    accepted: tuple[tuple[Result, Text], ...]
    stale: tuple[str, ...]


def read_accepted(folder: Path) -> tuple[Accepted, ...]:
    """Read the list of a book; without the file nothing is accepted."""
    path = folder / FILE
    return (
        tuple(Accepted.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8")))
        if path.is_file()
        else ()
    )


def judge(results: Iterable[Result], accepted: Iterable[Accepted], *, whole: bool) -> Judged:
    """Sort findings. Only a `whole` run can tell which entries are stale."""
    reasons = {pattern: entry.reason for entry in accepted for pattern in entry.findings}
    used: set[str] = set()
    open_: list[Result] = []
    meant: list[tuple[Result, Text]] = []
    for result in results:
        if result.ok:
            continue
        patterns = [pattern for pattern in reasons if fnmatchcase(result.id, pattern)]
        # A witness that the evaluators do not confirm is a defect of the prover: no reason makes it good.
        if patterns and result.verdict != "not_confirmed":
            used.update(patterns)
            meant.append((result, reasons[patterns[0]]))
        else:
            open_.append(result)
    stale = tuple(pattern for pattern in reasons if pattern not in used) if whole else ()
    return Judged(tuple(open_), tuple(meant), stale)
