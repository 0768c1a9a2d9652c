"""Static types: refuses, when a rule is loaded, an expression that could only ever give null.

What cannot be known is Any, which fits everywhere; what does not exist is an error with a suggestion.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY
from rules.feel.errors import FeelTypeError, did_you_mean
from rules.feel.infer_calls import call_type, function_result
from rules.feel.infer_loops import filter_type, for_type, quantified_type, tests_type
from rules.feel.infer_operators import (
    arithmetic_type,
    expect_boolean,
    expect_comparable,
    expect_ordered,
    join,
    without_null,
)
from rules.feel.members import member_types
from rules.feel.temporal_text import read_temporal
from rules.feel.types import (
    ANY,
    BOOLEAN,
    DT_DURATION,
    NULL,
    NUMBER,
    SIMPLE_TYPES,
    STRING,
    YM_DURATION,
    ContextType,
    FunctionType,
    ListType,
    NamedType,
    RangeType,
    Type,
)
from rules.feel.values import kind

_LONG = 80  # characters of a type; a longer one is told by the name under which the author knows it

Scope = Mapping[str, Type]


def infer(node: t.Node, scope: Scope) -> Type:
    """Return the type of `node`, given the types of the names it may use.

    Raises: FeelTypeError with line, column and, where there is one, what was probably meant.
    """
    return _RULES[type(node)](node, scope)


def _fixed(declared: Type) -> Callable[[t.Node, Scope], Type]:
    return lambda _node, _scope: declared


def _temporal(node: t.TemporalLiteral, _scope: Scope) -> Type:
    value = read_temporal(node.text)
    if value is None:
        message = f'"{node.text[:60]}" is no date, time or duration'
        raise FeelTypeError(message, node.line, node.column, 'such as @"2026-11-20" or @"P5Y"')
    return SIMPLE_TYPES[kind(value)]


def _name(node: t.Name, scope: Scope) -> Type:
    if node.name in scope:
        return scope[node.name]
    if node.name in REGISTRY:
        return FunctionType(tuple(slot.type for slot in REGISTRY[node.name][0].slots), REGISTRY[node.name][0].result)
    message = f'there is no "{node.name}" here'
    raise FeelTypeError(message, node.line, node.column, did_you_mean(node.name, [*scope, *REGISTRY]))


def _path(node: t.Path, scope: Scope) -> Type:
    owner = infer(node.source, scope)
    if isinstance(owner, ListType):
        return ListType(_member(owner.element, node))
    return _member(owner, node)


def _member(owner: Type, node: t.Path) -> Type:
    if owner in {ANY, NULL} or isinstance(owner, NamedType):
        return ANY
    members = owner.fields if isinstance(owner, ContextType) else member_types(owner)
    if node.name in members:
        return members[node.name]
    shown = str(owner)
    if len(shown) > _LONG and isinstance(node.source, t.Name):
        shown = node.source.name
    message = f'there is no "{node.name}" in {shown}' if members else f"{shown} has no members"
    hint = did_you_mean(node.name, members) or (f"it has {', '.join(list(members)[:12])}" if members else None)
    raise FeelTypeError(message, node.line, node.column, hint)


def _junction(node: t.And | t.Or, scope: Scope) -> Type:
    word = "and" if isinstance(node, t.And) else "or"
    for operand in (node.left, node.right):
        expect_boolean(infer(operand, scope), operand, f'"{word}" joins conditions')
    return BOOLEAN


def _compare(node: t.Compare, scope: Scope) -> Type:
    left, right = infer(node.left, scope), infer(node.right, scope)
    expect_comparable(left, right, node)
    if node.op not in {"=", "!="}:
        expect_ordered(left, node)
        expect_ordered(right, node)
    return BOOLEAN


def _between(node: t.Between, scope: Scope) -> Type:
    value = infer(node.value, scope)
    for end in (node.low, node.high):
        expect_comparable(value, infer(end, scope), end)
    expect_ordered(value, node)
    return BOOLEAN


def _unary_test(node: t.UnaryTest, scope: Scope) -> Type:
    end = infer(node.operand, scope)
    if node.op not in {"=", "!="}:
        expect_ordered(end, node)
    return RangeType(end)


def _instance_of(node: t.InstanceOf, scope: Scope) -> Type:
    infer(node.value, scope)
    if isinstance(node.type, NamedType):
        message = f'there is no type "{node.type}"'
        raise FeelTypeError(message, node.line, node.column, did_you_mean(node.type.name, SIMPLE_TYPES))
    return BOOLEAN


def _arithmetic(node: t.Arithmetic, scope: Scope) -> Type:
    return arithmetic_type(node, infer(node.left, scope), infer(node.right, scope))


def _negate(node: t.Negate, scope: Scope) -> Type:
    operand = without_null(infer(node.operand, scope))
    if operand not in {ANY, NUMBER, YM_DURATION, DT_DURATION}:
        message = f"{operand} has no negative"
        raise FeelTypeError(message, node.line, node.column)
    return operand


def _if(node: t.If, scope: Scope) -> Type:
    expect_boolean(infer(node.condition, scope), node.condition, '"if" asks for a condition')
    return join(infer(node.then, scope), infer(node.otherwise, scope))


def _list(node: t.ListNode, scope: Scope) -> Type:
    types = [infer(item, scope) for item in node.items]
    element = types[0] if types else ANY
    for found in types[1:]:
        element = join(element, found)
    return ListType(element)


def _context(node: t.ContextNode, scope: Scope) -> Type:
    made: dict[str, Type] = {}
    for entry in node.entries:
        if entry.key in made:
            message = f'"{entry.key}" stands twice in the context'
            raise FeelTypeError(message, entry.line, entry.column)
        made[entry.key] = infer(entry.value, {**scope, **made})
    return ContextType(made)


def _range(node: t.RangeNode, scope: Scope) -> Type:
    low, high = infer(node.low, scope), infer(node.high, scope)
    expect_comparable(low, high, node)
    for end in (low, high):
        expect_ordered(end, node)
    return RangeType(low if without_null(low) != ANY else high)


def _function(node: t.FunctionNode, scope: Scope) -> Type:
    types = {parameter.name: parameter.type or ANY for parameter in node.parameters}
    body = ANY if node.external else infer(node.body, {**scope, **types})
    return FunctionType(tuple(types.values()), body)


def _call(node: t.Call, scope: Scope) -> Type:
    args = [infer(arg, scope) for arg in node.args]
    named = {argument.name: infer(argument.value, scope) for argument in node.named}
    own = scope.get(node.function.name) if isinstance(node.function, t.Name) else None
    if isinstance(node.function, t.Name) and node.function.name in REGISTRY and not isinstance(own, FunctionType):
        return call_type(node, node.function.name, args, named)
    function = infer(node.function, scope)
    if isinstance(function, FunctionType):
        return function_result(node, function, args, named)
    if function != ANY:
        message = f"a {function} cannot be called"
        raise FeelTypeError(message, node.line, node.column)
    return ANY


_RULES: Mapping[type[t.Node], Callable[[Any, Scope], Type]] = {
    t.NullLiteral: _fixed(NULL),
    t.BooleanLiteral: _fixed(BOOLEAN),
    t.NumberLiteral: _fixed(NUMBER),
    t.StringLiteral: _fixed(STRING),
    t.TemporalLiteral: _temporal,
    t.Name: _name,
    t.Path: _path,
    t.Filter: lambda node, scope: filter_type(node, scope, infer),
    t.And: _junction,
    t.Or: _junction,
    t.Compare: _compare,
    t.Between: _between,
    t.In: lambda node, scope: tests_type(infer(node.value, scope), node.tests, scope, infer),
    t.UnaryTest: _unary_test,
    t.UnaryTests: lambda node, scope: tests_type(scope.get("?", ANY), node.tests, scope, infer),
    t.InstanceOf: _instance_of,
    t.Arithmetic: _arithmetic,
    t.Negate: _negate,
    t.If: _if,
    t.For: lambda node, scope: for_type(node, scope, infer),
    t.Some: lambda node, scope: quantified_type(node, scope, infer),
    t.Every: lambda node, scope: quantified_type(node, scope, infer),
    t.ListNode: _list,
    t.ContextNode: _context,
    t.RangeNode: _range,
    t.Call: _call,
    t.FunctionNode: _function,
}
