"""The bounds of source and evaluation: no expression, and no value it meets, may hang or exhaust the machine."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from rules.feel.errors import FeelDepthError, FeelLimitError

if TYPE_CHECKING:
    from rules.feel.tree_leaves import Node

MAX_SOURCE = 65_536  # characters of one expression
MAX_DEPTH = 100  # levels of the syntax tree, and of brackets; keeps both evaluators far from Python's own limit
MAX_STEPS = 200_000  # list elements visited or made, and functions called, in one evaluation
BODY_STEP = 100  # characters of a loop's or function's body that cost one more step each time it runs
ITEMS_STEP = 4  # elements of a list or context given to a built-in function that cost one step
TEXT_STEP = 64  # characters of a string that a function or operator makes, or is given, that cost one step
CURVE_STEPS = 50  # steps of one logarithm, exponential or power, which take as long as so many others
MAX_CALLS = 50  # functions that are called inside functions
MAX_WEIGHT = 1_000_000  # parts of a result, counted as often as they occur in it
MAX_STRING = 1_000_000  # characters of a string that an expression makes
MAX_CELLS = 100_000  # cells of one decision table
MAX_DURATION_DIGITS = 18  # digits of one part of a duration

Cost = tuple[int, int]
"""Steps, and levels of functions that call each other."""

# The steps and the levels of calls that are left, and the fewest levels that were ever left.
_left: ContextVar[list[int] | None] = ContextVar("feel_steps_left", default=None)


def _fresh() -> list[int]:
    return [MAX_STEPS, MAX_CALLS, MAX_CALLS]


def metered(run: Callable[..., Any]) -> Callable[..., Any]:
    """Give every outermost call of `run` a fresh allowance; calls inside another evaluation share its allowance.

    A result that is made of parts that contain each other many times over is refused like any other excess.
    """

    def run_metered(*arguments: Any) -> Any:
        if _left.get() is not None:
            return run(*arguments)
        token = _left.set(_fresh())
        try:
            result = run(*arguments)
            if type(result) is list or type(result) is dict:
                _weigh(result)
        except RecursionError:
            raise FeelDepthError(_TOO_DEEP) from None
        finally:
            _left.reset(token)
        return result

    return run_metered


@contextmanager
def allowances() -> Iterator[Callable[[], None]]:
    """Give a function that begins a fresh allowance, for many evaluations one after the other without setting each up.

    Inside, a RecursionError is not turned into FeelDepthError, and results are not weighed: their makers see to both.
    """
    left = _fresh()

    def renew() -> None:
        left[:] = _fresh()

    token = _left.set(left)
    try:
        yield renew
    finally:
        _left.reset(token)


_TOO_DEEP = "a value is nested too deep, or functions call each other too deep"


def within_depth(run: Callable[[], Any]) -> Any:
    """Run something that follows a value inwards.

    Raises: FeelDepthError where the value is nested deeper than Python can follow.
    """
    try:
        return run()
    except RecursionError:
        raise FeelDepthError(_TOO_DEEP) from None


def _weigh(root: Any) -> None:
    """Refuse a value that would be enormous if it were written out: lists may hold one list many times.

    Raises: FeelLimitError.
    """
    weights: dict[int, int] = {}
    pending = [(root, False)]
    while pending:
        value, entered = pending.pop()
        if id(value) in weights:
            continue
        parts = list(value.values()) if isinstance(value, dict) else value
        inside = [part for part in parts if isinstance(part, list | tuple | dict)]
        if not entered:
            pending.append((value, True))
            pending.extend((part, False) for part in inside if id(part) not in weights)
            continue
        weights[id(value)] = len(parts) + sum(weights[id(part)] for part in inside) + 1
        if weights[id(value)] > MAX_WEIGHT:
            message = f"the result has more than {MAX_WEIGHT:,} parts"
            raise FeelLimitError(message)


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


def weight(body: "Node") -> int:
    """Return the steps that one evaluation of a body costs: a long one costs more."""
    return 1 + (body.end - body.start) // BODY_STEP


def charge(arguments: Iterable[Any], what: str) -> None:
    """Take the size of what a built-in function is given off the allowance.

    Raises: FeelLimitError.
    """
    steps = 0
    for argument in arguments:
        size = _SIZES.get(type(argument))
        if size:
            steps += len(argument) // size
    if steps:
        spend(steps, what)


_SIZES: dict[type, int] = {list: ITEMS_STEP, tuple: ITEMS_STEP, dict: ITEMS_STEP, str: 16 * TEXT_STEP}


def call_within_limits(call: Callable[[], Any], steps: int = 1) -> Any:
    """Run a call of a function that an expression defines, one level deeper, for so many steps.

    Raises: FeelLimitError when functions call each other more than MAX_CALLS deep.
    """
    left = _left.get()
    if left is None:
        token = _left.set(_fresh())
        try:
            return call_within_limits(call, steps)
        finally:
            _left.reset(token)
    spend(steps, "a function call")
    if left[1] == 0:
        raise _too_deep()
    left[1] -= 1
    left[2] = min(left[2], left[1])
    try:
        return call()
    finally:
        left[1] += 1


def _too_deep() -> FeelLimitError:
    return FeelLimitError(f"functions call each other more than {MAX_CALLS} deep")


def measured(run: Callable[[], Any]) -> tuple[Any, Cost]:
    """Run something; return its result and what it took: steps, and levels of functions that call each other."""
    left = _left.get()
    if left is None:
        token = _left.set(_fresh())
        try:
            return measured(run)
        finally:
            _left.reset(token)
    steps, deepest = left[0], left[2]
    left[2] = left[1]
    try:
        result = run()
        return result, (steps - left[0], left[1] - left[2])
    finally:
        left[2] = min(deepest, left[2])


def spend_again(cost: Cost, what: str) -> None:
    """Take off what something cost when it was `measured`, as if it were run once more.

    Raises: FeelLimitError where running it would.
    """
    steps, levels = cost
    spend(steps, what)
    left = _left.get()
    if left is None:
        return
    if levels > left[1]:
        raise _too_deep()
    left[2] = min(left[2], left[1] - levels)


def bounded_length(length: int) -> None:
    """Refuse a string of so many characters before it is made.

    Raises: FeelLimitError when it would be longer than MAX_STRING.
    """
    if length > MAX_STRING:
        message = f"a string of {length:,} characters is longer than {MAX_STRING:,}"
        raise FeelLimitError(message)


def bounded_text(text: str) -> str:
    """Return `text`.

    Raises: FeelLimitError when it is longer than MAX_STRING.
    """
    bounded_length(len(text))
    if len(text) > TEXT_STEP:
        spend(len(text) // TEXT_STEP, "the making of text")
    return text
