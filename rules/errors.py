"""Errors of the rule book. A book with any problem does not load; all problems are told at once, with their place."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file of the rule book: where, and what to do about it. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RuleBookError(Exception):
    """The rule book cannot be used; `problems` lists everything that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


class ItemError(LookupError):
    """The item may not be decided: outside the published catalogue nothing is approved (优化营商环境条例 40)."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class ItemNotPublishedError(ItemError):
    """No item with this code was ever published."""


class ItemNotInForceError(ItemError):
    """The item exists, but not on this day."""

    def __init__(self, code: str, day: date, periods: list[str]) -> None:
        self.day = day
        self.periods = periods
        super().__init__(code, f"item {code} is not in force on {day}; it is in force {', '.join(periods)}")
