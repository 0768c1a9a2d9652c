"""Calls and functions of the reference evaluator, and what it takes for true and false."""

from collections.abc import Mapping, Sequence
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY, invoke, invoke_named
from rules.feel.conform import FAILED, coerce
from rules.feel.errors import problem
from rules.feel.function_results import result_type
from rules.feel.interpret_loops import Walker
from rules.feel.limits import call_within_limits, weight
from rules.feel.values import Function

Scope = Mapping[str, Any]


def truth(node: t.Node, scope: Scope, walk_value: Walker) -> bool | None:
    """Return true or false; anything else counts as null."""
    found = walk_value(node, scope)
    if found is True or found is False or found is None:
        return found
    problem(node, "true or false is asked for here")
    return None


def call_value(node: t.Call, scope: Scope, walk_value: Walker) -> Any:
    """Call a function that the expression defines, or else the built-in one of the name."""
    called = node.function
    names = [argument.name for argument in node.named] if node.named else []
    if len(set(names)) < len(names):
        return problem(node, "a parameter is named twice")
    # A function that the expression defines comes first; an input of the name that is no function hides nothing.
    if isinstance(called, t.Name) and called.name in REGISTRY and type(scope.get(called.name)) is not Function:
        return _builtin(node, called.name, scope, walk_value)
    function = walk_value(node.function, scope)
    if not isinstance(function, Function):
        return problem(node, "only functions can be called")
    if not names:
        return function.call([walk_value(argument, scope) for argument in node.args])
    if sorted(names) != sorted(function.parameters):
        return problem(node, "the function has other parameters")
    given = {argument.name: argument.value for argument in node.named}
    return function.call([walk_value(given[name], scope) for name in function.parameters])


def _builtin(node: t.Call, name: str, scope: Scope, walk_value: Walker) -> Any:
    if node.named:
        return invoke_named(name, {argument.name: walk_value(argument.value, scope) for argument in node.named}, node)
    if name == "not" and len(node.args) == 1:
        operand = truth(node.args[0], scope, walk_value)
        return None if operand is None else not operand
    return invoke(name, [walk_value(argument, scope) for argument in node.args], node)


def function_value(node: t.FunctionNode, scope: Scope, walk_value: Walker) -> Any:
    """Make a function that keeps the scope it was defined in."""
    if node.external:
        return problem(node, "only functions written in FEEL can be used")
    kept = dict(scope)
    declared = [parameter.type for parameter in node.parameters]

    def call(values: Sequence[Any]) -> Any:
        if len(values) != len(declared):
            return problem(node, f"{len(declared)} arguments are asked for")
        inner = dict(kept)
        for parameter, value in zip(node.parameters, values, strict=True):
            inner[parameter.name] = value if parameter.type is None else coerce(value, parameter.type)
            if inner[parameter.name] is FAILED:
                return problem(node, f"{parameter.name} takes {parameter.type}")
        return call_within_limits(lambda: walk_value(node.body, inner), weight(node.body))

    names = tuple(parameter.name for parameter in node.parameters)
    return Function(names, tuple(declared), call, result=lambda: result_type(node))
