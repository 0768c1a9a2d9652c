"""What a lint is: one duty, its source, its citation, the day it took effect, and the search for faults."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from licence_qr.errors import LicenceError
from licence_qr.shape_parts import Fault

Claims = dict[str, Any]

# Duties of our own begin with the year in which type 1 was defined: no licence of this type is older.
OURS_SINCE = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be signed, read back from its bytes; `size` is that of header and payload in bytes."""

    header: dict[str, Any]
    claims: Claims
    size: int


@dataclass(frozen=True, slots=True)
class Lint:
    """One duty: a short name, who imposes it, the citation, the day it took effect, what it demands in zh and en."""

    name: str
    source: str
    citation: str
    effective_from: date
    demands: dict[str, str]
    faults: Callable[[Draft], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Breach:
    """A fault and the lint that found it."""

    lint: Lint
    fault: Fault

    def __str__(self) -> str:
        fault = self.fault
        return f"{fault.at or '/'} {fault.value!r}: {fault.why} [{self.lint.name}, {self.lint.citation}]"

    def sentence(self, language: str) -> str:
        """Say to a person in zh or en what is demanded, by whom, and where it is not met."""
        demand = self.lint.demands["en" if language.lower().startswith("en") else "zh"]
        return f"{demand} [{self.lint.citation}; {self.fault.at or '/'}]"


class LintError(LicenceError):
    """The licence must not be signed; `breaches` holds every reason."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        """Tell all breaches, one a line."""
        super().__init__("not signed, mend the register entry first:\n" + "\n".join(map(str, breaches)))
        self.breaches = breaches
