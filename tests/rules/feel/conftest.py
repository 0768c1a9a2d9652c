"""What the tests of FEEL share: `both`, which evaluates with both evaluators and insists that they agree."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from rules.feel import collecting, compile_node, interpret, parse
from rules.feel.values import END_NULL, Function, Range, kind

Both = Callable[..., Any]


def same_value(left: Any, right: Any) -> bool:
    """Tell whether two FEEL values are one, stricter than FEEL's `=`: null is null, and ranges keep their ends."""
    if kind(left) != kind(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same_value(left[key], right[key]) for key in left)
    if isinstance(left, Range):
        ends = [(left.low, right.low), (left.high, right.high)]
        return (left.op, left.low_closed, left.high_closed) == (right.op, right.low_closed, right.high_closed) and all(
            one is other or same_value(one, other) for one, other in ends
        )
    if isinstance(left, Function):
        return left.parameters == right.parameters
    return left is right if left is END_NULL else bool(left == right)


@pytest.fixture(scope="session")
def both() -> Both:
    """Evaluate a source by the compiler and by the reference evaluator; return the value they agree on."""

    def evaluate(source: str, scope: Mapping[str, Any] | None = None) -> Any:
        node = parse(source, scope or {})
        compiled, interpreted = compile_node(node)(scope or {}), interpret(node, scope or {})
        assert same_value(compiled, interpreted), f"{source}: {compiled!r} is not {interpreted!r}"
        return compiled

    return evaluate


@pytest.fixture(scope="session")
def problems() -> Callable[..., list[str]]:
    """Return the messages that both evaluators note, after checking that both found some at the same place."""

    def messages(source: str, scope: Mapping[str, Any] | None = None) -> list[str]:
        node = parse(source, scope or {})
        run = compile_node(node)
        with collecting() as compiled:
            run(scope or {})
        with collecting() as interpreted:
            interpret(node, scope or {})
        assert {(found.line, found.column) for found in compiled} == {
            (found.line, found.column) for found in interpreted
        }
        return [found.message for found in compiled]

    return messages
