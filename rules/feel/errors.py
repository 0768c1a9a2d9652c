"""What can go wrong: errors stop, problems are noted and make the value null.

A wrong expression (syntax, types) and an exceeded limit raise. Everything else that FEEL calls an error, such as
`1 + "a"` or `date("2026-02-30")`, evaluates to null; who wants to know why does it inside `with collecting() as found`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rules.feel.tree import Node


class FeelError(Exception):
    """Base of all errors of this package; `line` and `column` count from 1 and are 0 where no place is known."""

    def __init__(self, message: str, line: int = 0, column: int = 0, suggestion: str | None = None) -> None:
        super().__init__(message, line, column, suggestion)
        self.message = message
        self.line = line
        self.column = column
        self.suggestion = suggestion

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.message}" + (f" ({self.suggestion})" if self.suggestion else "")


class FeelSyntaxError(FeelError):
    """The text is not a FEEL expression."""


class FeelTypeError(FeelError):
    """The expression can only ever give null: an unknown name, a wrong type, a wrong count of arguments."""


class FeelLimitError(FeelError):
    """An evaluation asked for more iterations, calls or length than `limits.py` allows."""


class FeelDepthError(FeelLimitError):
    """Python's own stack ran out, in a value that is nested too deep or because the caller left too little of it.

    That may say nothing about the expression, so an engine must not take it for null: whoever catches `FeelError` to say
    "cannot say" lets this one pass.
    """


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a subexpression gave null, and where it stands; line and column are 0 where it is not in the expression."""

    message: str
    line: int
    column: int


_found: ContextVar[list[Problem] | None] = ContextVar("feel_problems", default=None)


@contextmanager
def collecting() -> Iterator[list[Problem]]:
    """Give the list that fills with the problems of every evaluation inside the block, by both evaluators."""
    found: list[Problem] = []
    token = _found.set(found)
    try:
        yield found
    finally:
        _found.reset(token)


def is_collecting() -> bool:
    """Tell whether somebody asked for the problems of this evaluation."""
    return _found.get() is not None


def problem(node: "Node", message: str) -> Any:
    """Note why `node` is null; return null, so that an evaluator can return what this returns."""
    found = _found.get()
    if found is not None:
        found.append(Problem(message, node.line, node.column))
    return None


def note(message: str) -> None:
    """Note a problem that stands in no place of the expression itself, such as in a table that it calls; return null."""
    found = _found.get()
    if found is not None:
        found.append(Problem(message, 0, 0))


def did_you_mean(wrong: str, known: "Iterable[str]") -> str | None:
    """Ask for the nearest known name; nothing where none is near."""
    near = get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else None
