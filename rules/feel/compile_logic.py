"""Compiled three-valued logic and comparisons (DMN 1.5, tables 49 to 54)."""

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from rules.feel import tree as t
from rules.feel.compiler import Compiler, Run, is_constant
from rules.feel.errors import problem
from rules.feel.limits import charge, within_depth
from rules.feel.values import END_NULL, PLAIN, UNKNOWN_RANGE, Range, equal, in_range, kind, order

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "=": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


def _chain(node: t.Node, kind_: type[t.And] | type[t.Or]) -> list[t.Node]:
    """Return the operands of `a and b and c` as one list."""
    parts: list[t.Node] = []
    while isinstance(node, kind_):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]


def _junction(node: t.And | t.Or, compile_: Compiler, decisive: bool) -> Run:  # noqa: FBT001 false for and, true for or
    parts = [compile_(part) for part in _chain(node, type(node))]
    neutral = not decisive

    def run(scope: Mapping[str, Any]) -> Any:
        result: bool | None = neutral
        for part in parts:
            value = part(scope)
            if value is decisive:
                return decisive
            if value is not neutral:
                result = None
                if value is not None:
                    problem(node, f"a {kind(value)} is neither true nor false")
        return result

    return run


def compile_and(node: t.And, compile_: Compiler) -> Run:
    """Compile `and`: false when one operand is false, else null unless all are true."""
    return _junction(node, compile_, decisive=False)


def compile_or(node: t.Or, compile_: Compiler) -> Run:
    """Compile `or`: true when one operand is true, else null unless all are false."""
    return _junction(node, compile_, decisive=True)


def compare(op: str, left: Any, right: Any, node: t.Node) -> bool | None:
    """Compare any two values: the slow way, for all that the closures below do not settle by themselves."""
    if op in {"=", "!="}:
        same = within_depth(lambda: equal(left, right))
        if same is None:
            problem(node, f"{kind(left)} and {kind(right)} cannot be compared")
            return None
        return same if op == "=" else not same
    found = order(left, right)
    if found is None:
        if left is not None and right is not None:
            problem(node, f"{kind(left)} and {kind(right)} have no order")
        return None
    return bool(_OPERATORS[op](found, 0))


def compile_compare(node: t.Compare, compile_: Compiler) -> Run:
    """Compile a comparison; where the right side is a constant, only the type of the left one is looked at."""
    left, right, op = compile_(node.left), compile_(node.right), node.op
    plain = _OPERATORS[op]
    if is_constant(right):
        fixed = right({})
        if fixed is None and op in {"=", "!="}:
            return _is_null(left) if op == "=" else _is_not_null(left)
        expected = type(fixed)
        also = int if expected is Decimal else expected
        if expected in PLAIN or (expected is bool and op in {"=", "!="}):

            def run_fixed(scope: Mapping[str, Any]) -> Any:
                value = left(scope)
                found = type(value)
                if found is expected or found is also:
                    return plain(value, fixed)
                return compare(op, value, fixed, node)

            return run_fixed

    def run(scope: Mapping[str, Any]) -> Any:
        first, second = left(scope), right(scope)
        found = type(first)
        if found is type(second) and found in PLAIN:
            return plain(first, second)
        return compare(op, first, second, node)

    return run


def _is_null(run: Run) -> Run:
    return lambda scope: run(scope) is None


def _is_not_null(run: Run) -> Run:
    return lambda scope: run(scope) is not None


def compile_between(node: t.Between, compile_: Compiler) -> Run:
    """Compile `between`: `value >= low and value <= high`."""
    value, low, high = compile_(node.value), compile_(node.low), compile_(node.high)

    def run(scope: Mapping[str, Any]) -> Any:
        tested = value(scope)
        above = compare(">=", tested, low(scope), node)
        below = compare("<=", tested, high(scope), node)
        if above is False or below is False:
            return False
        return None if above is None or below is None else True

    return run


def compile_unary_test(node: t.UnaryTest, compile_: Compiler) -> Run:
    """Compile `(< 5)` as a value: a range without an end on one side."""
    operand, op = compile_(node.operand), node.op

    def run(scope: Mapping[str, Any]) -> Any:
        end = operand(scope)
        if op in {"=", "!="}:
            return Range(end, end, low_closed=True, high_closed=True, op=op)
        if end is None:  # a bound that nobody knows holds nothing in and keeps nothing out
            problem(node, "a range cannot end at null")
            end = END_NULL
        if op in {"<", "<="}:
            return Range(None, end, low_closed=False, high_closed=op == "<=")
        return Range(end, None, low_closed=op == ">=", high_closed=False)

    return run


def _test(value: Any, test: Any, node: t.Node) -> bool | None:
    """Answer `value in test`: equality, membership of a list, or of a range."""
    name = kind(test)
    if name == "range":
        inside = in_range(value, test)
        if inside is None and value is not None:
            problem(node, f"a {kind(value)} cannot be compared with the ends of this range")
        return inside
    if name == "list":
        charge((test,), "a list of tests")
    if name == "list" and kind(value) != "list":
        return _any([_test(value, item, node) for item in test])
    if name == "list":
        return True if equal(value, test) else _any([equal(value, item) for item in test])
    if test is None or value is None:
        return test is value
    return equal(value, test)


def _any(found: Sequence[bool | None]) -> bool | None:
    if any(item is True for item in found):
        return True
    return None if any(item is None for item in found) else False


def _tests(tests: Sequence[t.Node], compile_: Compiler) -> Callable[[Any, Mapping[str, Any], t.Node], bool | None]:
    """Return a function that tries one value against tests; a test that mentions `?` is a condition of its own."""
    conditions = [any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(test)) for test in tests]
    compiled = [_compile_test(test, compile_) for test in tests]

    def run(value: Any, scope: Mapping[str, Any], node: t.Node) -> bool | None:
        inner = {**scope, "?": value} if any(conditions) else scope
        found = []
        for test, is_condition in zip(compiled, conditions, strict=True):
            tested = test(inner)
            found.append(tested if is_condition and type(tested) is bool else _test(value, tested, node))
            if found[-1] is True:
                return True
        return _any(found)

    return run


def _compile_test(test: t.Node, compile_: Compiler) -> Run:
    """Compile a test; a range that cannot be made (`[1.."a"]`) is no null that a value could be equal to."""
    run = compile_(test)
    if isinstance(test, t.ListNode) and any(isinstance(item, t.RangeNode) for item in test.items):
        items = [_compile_test(item, compile_) for item in test.items]
        return lambda scope: [item(scope) for item in items]
    if not isinstance(test, t.RangeNode):
        return run

    def made(scope: Mapping[str, Any]) -> Any:
        found = run(scope)
        return UNKNOWN_RANGE if found is None else found

    return made


def compile_in(node: t.In, compile_: Compiler) -> Run:
    """Compile `value in tests`."""
    value, tests = compile_(node.value), _tests(node.tests, compile_)
    return lambda scope: tests(value(scope), scope, node)


def compile_unary_tests(node: t.UnaryTests, compile_: Compiler) -> Run:
    """Compile a cell of a decision table, over the `?` of the scope."""
    tests = _tests(node.tests, compile_)

    def run(scope: Mapping[str, Any]) -> Any:
        found = tests(scope.get("?"), scope, node) if node.tests else True
        return not found if node.negated and found is not None else found

    return run
