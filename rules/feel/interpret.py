"""The reference evaluator: walks the tree itself, with its own control logic, comparisons and arithmetic.

Two evaluators written apart must agree on every decision. This one is written to be read beside the standard: one
function for each construct, nothing prepared beforehand. It shares the values and the built-in functions only.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY, as_function
from rules.feel.conform import is_instance
from rules.feel.errors import problem
from rules.feel.interpret_arithmetic import apply, negative
from rules.feel.interpret_calls import call_value, function_value, truth
from rules.feel.interpret_loops import elements_of, for_each, index_or_filter, product_of
from rules.feel.interpret_operators import are_ordered, holds_in, relate
from rules.feel.limits import charge, metered, weight
from rules.feel.members import NO_MEMBER, member
from rules.feel.temporal_text import read_temporal
from rules.feel.values import END_NULL, UNKNOWN_RANGE, Range

Scope = Mapping[str, Any]


def interpret(node: t.Node, scope: Scope) -> Any:
    """Return the value of `node` in a scope (names to FEEL values).

    It never raises but FeelLimitError; what FEEL calls an error is null, and a `Problem` inside `collecting()`.
    """
    return node.value if type(node) is t.BooleanLiteral else _metered_value(node, scope)


def _value(node: t.Node, scope: Scope) -> Any:
    return _RULES[type(node)](node, scope)


_metered_value = metered(_value)


def _literal(node: Any, _scope: Scope) -> Any:
    return node.value


def _null(_node: t.Node, _scope: Scope) -> Any:
    return None


def _temporal(node: t.TemporalLiteral, _scope: Scope) -> Any:
    found = read_temporal(node.text)
    return problem(node, f"@{node.text[:60]} names no moment or duration") if found is None else found


def _name(node: t.Name, scope: Scope) -> Any:
    if node.name in scope:
        return scope[node.name]
    if node.name in REGISTRY:
        return as_function(node.name, node)
    return problem(node, f'nothing is called "{node.name}" here')


def _path(node: t.Path, scope: Scope) -> Any:
    owner = _value(node.source, scope)
    if isinstance(owner, list | tuple):
        charge((owner,), "a path through a list")
        return [_part(item, node) for item in owner]
    return _part(owner, node)


def _part(owner: Any, node: t.Path) -> Any:
    if owner is None:
        return None
    if isinstance(owner, dict):
        if node.name not in owner:
            return problem(node, f'the context lacks "{node.name}"')
        return owner[node.name]
    found = member(owner, node.name)
    return problem(node, f'this value has no "{node.name}"') if found is NO_MEMBER else found


def _and(node: t.And, scope: Scope) -> bool | None:
    left = truth(node.left, scope, _value)
    if left is False:
        return False
    right = truth(node.right, scope, _value)
    if right is False:
        return False
    return True if left and right else None


def _or(node: t.Or, scope: Scope) -> bool | None:
    left = truth(node.left, scope, _value)
    if left is True:
        return True
    right = truth(node.right, scope, _value)
    if right is True:
        return True
    return False if left is False and right is False else None


def _compare(node: t.Compare, scope: Scope) -> bool | None:
    left, right = node.left, node.right
    # The two calls of `_value` are written out here: comparisons are most of all that rules do.
    return relate(node.op, _RULES[type(left)](left, scope), _RULES[type(right)](right, scope), node)


def _between(node: t.Between, scope: Scope) -> bool | None:
    value = _value(node.value, scope)
    low, high = _value(node.low, scope), _value(node.high, scope)
    answers = (relate("<=", low, value, node), relate("<=", value, high, node))
    if False in answers:
        return False
    return None if None in answers else True


def _in(node: t.In, scope: Scope) -> bool | None:
    return _one_holds(_value(node.value, scope), node.tests, scope, node)


def _unary_tests(node: t.UnaryTests, scope: Scope) -> bool | None:
    if not node.tests:
        return True
    found = _one_holds(scope.get("?"), node.tests, scope, node)
    if node.negated and found is not None:
        return not found
    return found


def _one_holds(value: Any, tests: Sequence[t.Node], scope: Scope, node: t.Node) -> bool | None:
    """Tell whether one of the tests holds for `value`: false when all fail, null when none holds and one is null."""
    unknown = False
    for test in tests:
        mentions_value = _mentions_value(test)
        tested = _tested(test, {**scope, "?": value} if mentions_value else scope)
        answer = tested if mentions_value and isinstance(tested, bool) else holds_in(value, tested, node)
        if answer is True:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def _tested(test: t.Node, scope: Scope) -> Any:
    """Evaluate a test; where its range is null for ends that cannot be compared, nothing is equal to that null."""
    if isinstance(test, t.ListNode):
        return [_tested(item, scope) for item in test.items]
    found = _value(test, scope)
    return UNKNOWN_RANGE if found is None and isinstance(test, t.RangeNode) else found


@lru_cache(maxsize=4_096)
def _mentions_value(test: t.Node) -> bool:
    return any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(test))


def _unary_test(node: t.UnaryTest, scope: Scope) -> Any:
    end = _value(node.operand, scope)
    if node.op in ("=", "!="):
        return Range(end, end, low_closed=True, high_closed=True, op=node.op)
    if end is None:  # the range is there, and of no value can be said whether it is inside
        problem(node, "null bounds nothing")
        end = END_NULL
    closed = len(node.op) == 2
    if node.op.startswith("<"):
        return Range(None, end, low_closed=False, high_closed=closed)
    return Range(end, None, low_closed=closed, high_closed=False)


def _range(node: t.RangeNode, scope: Scope) -> Any:
    low, high = _value(node.low, scope), _value(node.high, scope)
    if low is not None and high is not None and not are_ordered(low, high):
        return problem(node, "the ends of the range cannot be compared")
    ends = [END_NULL if end is None else end for end in (low, high)]
    return Range(ends[0], ends[1], node.low_closed, node.high_closed)


def _arithmetic(node: t.Arithmetic, scope: Scope) -> Any:
    return apply(node.op, _value(node.left, scope), _value(node.right, scope), node)


def _negate(node: t.Negate, scope: Scope) -> Any:
    return negative(_value(node.operand, scope), node)


def _if(node: t.If, scope: Scope) -> Any:
    return _value(node.then if _value(node.condition, scope) is True else node.otherwise, scope)


def _instance_of(node: t.InstanceOf, scope: Scope) -> Any:
    found = is_instance(_value(node.value, scope), node.type)
    return problem(node, f"{node.type} is not defined") if found is None else found


def _list(node: t.ListNode, scope: Scope) -> Any:
    return [_value(item, scope) for item in node.items]


def _context(node: t.ContextNode, scope: Scope) -> Any:
    made: dict[str, Any] = {}
    for entry in node.entries:
        if entry.key in made:
            return problem(node, f'"{entry.key}" stands twice in the context')
        made[entry.key] = _value(entry.value, {**scope, **made})
    return made


def _some(node: t.Some, scope: Scope) -> bool | None:
    return _quantified(node, scope, until=True)


def _every(node: t.Every, scope: Scope) -> bool | None:
    return _quantified(node, scope, until=False)


def _quantified(node: t.Some | t.Every, scope: Scope, *, until: bool) -> bool | None:
    """Try the body for every combination until it is `until`; a domain that is null leaves the answer open."""
    unknown = False
    for inner in product_of(node.bindings, dict(scope), _value, weight(node.body)):
        found = None if inner is None else truth(node.body, inner, _value)
        if found is until:
            return until
        unknown = unknown or found is None
    return None if unknown else not until


def _for(node: t.For, scope: Scope) -> Any:
    return for_each(node, dict(scope), _value)


def _filter(node: t.Filter, scope: Scope) -> Any:
    value = _value(node.source, scope)
    if value is None:
        return None
    return index_or_filter(node, elements_of(value), scope, _value)


_RULES: Mapping[type[t.Node], Callable[[Any, Scope], Any]] = {
    t.NullLiteral: _null,
    t.BooleanLiteral: _literal,
    t.NumberLiteral: _literal,
    t.StringLiteral: _literal,
    t.TemporalLiteral: _temporal,
    t.Name: _name,
    t.Path: _path,
    t.Filter: _filter,
    t.And: _and,
    t.Or: _or,
    t.Compare: _compare,
    t.Between: _between,
    t.In: _in,
    t.UnaryTest: _unary_test,
    t.UnaryTests: _unary_tests,
    t.InstanceOf: _instance_of,
    t.Arithmetic: _arithmetic,
    t.Negate: _negate,
    t.If: _if,
    t.For: _for,
    t.Some: _some,
    t.Every: _every,
    t.ListNode: _list,
    t.ContextNode: _context,
    t.RangeNode: _range,
    t.Call: lambda node, scope: call_value(node, scope, _value),
    t.FunctionNode: lambda node, scope: function_value(node, scope, _value),
}
