"""A day that no calendar is published for stays unknown up to the condition, so that a rule over it is undetermined.

FEEL makes an answer of null in many places: `null = x` is false and `null != x` true, `if null` takes the other branch,
a filter drops it, `count` counts it. In those places a working-day function is refused at load; what is left (`<`, `<=`,
`>`, `>=`, `between`, ranges, arithmetic, `and`, `or`, `not`, `some`, `every`, the branches of `if`) keeps null as null.
"""

from collections.abc import Iterator

from rules.feel import tree as t
from rules.typed_functions import CALENDAR, Functions, reference_of

ADVICE = (
    "here a day that no calendar is published for would count as an answer; compare working days with "
    "< <= > >= or between, and join conditions with and, or, not"
)


def swallowed(node: t.Node, functions: Functions) -> Iterator[tuple[t.Node, str]]:
    """Yield each call that asks the calendar where its null would not stay null, with a message."""
    if not functions.asks_calendar(node):
        return
    kept = _kept(node)
    for child in t.children(node):
        if any(child is one for one in kept):
            yield from swallowed(child, functions)
        elif functions.asks_calendar(child):
            yield _first_call(child, functions), ADVICE


def _kept(node: t.Node) -> tuple[t.Node, ...]:
    """Return the children whose null makes `node` null (or leaves open what it leaves open)."""
    kept: tuple[t.Node, ...] = ()
    match node:
        case (
            t.And() | t.Or() | t.Between() | t.Arithmetic() | t.Negate() | t.Path() | t.RangeNode() | t.NamedArgument()
        ):
            kept = tuple(t.children(node))
        case t.Compare(op="<" | "<=" | ">" | ">=") | t.UnaryTest(op="<" | "<=" | ">" | ">="):
            kept = tuple(t.children(node))
        case t.If():
            kept = node.then, node.otherwise
        case t.Some() | t.Every():
            kept = (node.body,)
        case t.In() if all(_is_range(test) for test in node.tests):
            kept = node.value, *node.tests
        case t.Call():
            kept = _kept_by_call(node)
    return kept


def _kept_by_call(call: t.Call) -> tuple[t.Node, ...]:
    reference = reference_of(call)
    if call.function == t.Name("not") or (reference is not None and reference[0] == CALENDAR):
        return tuple(t.children(call))
    return (
        call.function,
    )  # a definition may ask the calendar itself: it keeps null as rules do, but not of an argument


def _is_range(test: t.Node) -> bool:
    return isinstance(test, t.RangeNode) or (isinstance(test, t.UnaryTest) and test.op in {"<", "<=", ">", ">="})


def _first_call(node: t.Node, functions: Functions) -> t.Node:
    calls = (one for one in t.walk(node) if isinstance(one, t.Call) and functions.asks_calendar(one))
    return next(calls, node)
