"""The bounds of source and evaluation: no expression, and no value it meets, may hang or exhaust the machine."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from rules.feel.errors import FeelLimitError

MAX_SOURCE = 65_536  # characters of one expression
MAX_DEPTH = 100  # levels of the syntax tree, and of brackets; keeps both evaluators far from Python's own limit
MAX_STEPS = 200_000  # list elements visited or made, and functions called, in one evaluation
MAX_CALLS = 24  # functions inside functions; each may be MAX_DEPTH deep, so a sum of depths is watched as well
MAX_STRING = 1_000_000  # characters of a string that an expression makes
MAX_DURATION_DIGITS = 18  # digits of one part of a duration

_left: ContextVar[list[int] | None] = ContextVar("feel_steps_left", default=None)

Compiled = Callable[[Mapping[str, Any]], Any]


def metered(run: Compiled) -> Compiled:
    """Give every outermost call of `run` a fresh allowance; calls inside another evaluation share its allowance."""

    def run_metered(scope: Mapping[str, Any]) -> Any:
        if _left.get() is not None:
            return run(scope)
        token = _left.set([MAX_STEPS, MAX_CALLS])
        try:
            return run(scope)
        finally:
            _left.reset(token)

    return run_metered


def spend(steps: int, what: str) -> None:
    """Take `steps` off the allowance.

    Raises: FeelLimitError naming `what` when it is used up.
    """
    left = _left.get()
    if left is None:
        if steps > MAX_STEPS:
            raise _too_many(what)
        return
    left[0] -= steps
    if left[0] < 0:
        raise _too_many(what)


def _too_many(what: str) -> FeelLimitError:
    return FeelLimitError(f"{what} takes the evaluation beyond {MAX_STEPS:,} steps")


def call_within_limits(call: Callable[[], Any]) -> Any:
    """Run a call of a function that an expression defines, one level deeper.

    Raises: FeelLimitError when functions call each other more than MAX_CALLS deep.
    """
    left = _left.get()
    if left is None:
        token = _left.set([MAX_STEPS, MAX_CALLS])
        try:
            return call_within_limits(call)
        finally:
            _left.reset(token)
    spend(1, "a function call")
    if left[1] == 0:
        message = f"functions call each other more than {MAX_CALLS} deep"
        raise FeelLimitError(message)
    left[1] -= 1
    try:
        return call()
    finally:
        left[1] += 1


def bounded_text(text: str) -> str:
    """Return `text`.

    Raises: FeelLimitError when it is longer than MAX_STRING.
    """
    if len(text) > MAX_STRING:
        message = f"a string of {len(text):,} characters is longer than {MAX_STRING:,}"
        raise FeelLimitError(message)
    return text
