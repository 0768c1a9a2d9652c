"""Compiled calls of built-in functions and of functions that the expression defines (DMN 1.5, 10.3.2.13)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY, invoke, invoke_named
from rules.feel.compiler import Compiler, Run, copied, is_constant, names_in
from rules.feel.conform import FAILED, coerce
from rules.feel.errors import problem
from rules.feel.function_results import result_type
from rules.feel.limits import ITEMS_STEP, TEXT_STEP, call_within_limits, weight
from rules.feel.values import Function, kind


def compile_call(node: t.Call, compile_: Compiler) -> Run:
    """Compile a call; a name finds a function that the expression defines first, then the built-in one."""
    args = [compile_(arg) for arg in node.args]
    named = {argument.name: compile_(argument.value) for argument in node.named}
    if len(named) < len(node.named):
        return lambda _scope: problem(node, "an argument is given twice")
    function = compile_(node.function)
    if isinstance(node.function, t.Name) and node.function.name in REGISTRY:
        return _builtin_call(node, node.function.name, args, named)

    def run(scope: Mapping[str, Any]) -> Any:
        return _call(node, function(scope), args, named, scope)

    return run


def _builtin_call(node: t.Call, name: str, args: Sequence[Run], named: Mapping[str, Run]) -> Run:
    if name == "not" and len(args) == 1:
        return _negation(node, args[0])
    if name == "list contains" and len(args) == 2:
        return _membership(node, args)

    def run(scope: Mapping[str, Any]) -> Any:
        own = scope.get(name)
        if type(own) is Function:
            return _call(node, own, args, named, scope)
        if named:
            return invoke_named(name, {key: value(scope) for key, value in named.items()}, node)
        return invoke(name, [arg(scope) for arg in args], node)

    return run


def _membership(node: t.Call, args: Sequence[Run]) -> Run:
    """Compile `list contains`: a string in a list is found by Python, all else by the built-in function."""
    items, element = args
    fixed = items({}) if is_constant(items) else None
    # Of strings alone, which hash as they compare; a list that holds anything else is searched as it is.
    members = frozenset(fixed) if type(fixed) is list and all(type(one) is str for one in fixed) else None

    def run(scope: Mapping[str, Any]) -> Any:
        own = scope.get("list contains")
        if type(own) is Function:
            return _call(node, own, args, {}, scope)
        wanted = element(scope)
        if members is not None and type(wanted) is str:
            return wanted in members
        listed = items(scope)
        # Below these sizes the built-in function would take no steps either.
        if type(wanted) is str and type(listed) is list and len(listed) < ITEMS_STEP and len(wanted) < TEXT_STEP:
            return wanted in listed
        return invoke("list contains", [listed, wanted], node)

    return run


def _negation(node: t.Call, operand: Run) -> Run:
    def run(scope: Mapping[str, Any]) -> Any:
        own = scope.get("not")
        if type(own) is Function:
            return _call(node, own, [operand], {}, scope)
        value = operand(scope)
        if value is True:
            return False
        if value is False:
            return True
        return None if value is None else problem(node, f"a {kind(value)} is neither true nor false")

    return run


def _call(node: t.Node, function: Any, args: Sequence[Run], named: Mapping[str, Run], scope: Mapping[str, Any]) -> Any:
    if type(function) is not Function:
        return problem(node, f"a {kind(function)} cannot be called")
    if named:
        if set(named) != set(function.parameters):
            return problem(node, f"the parameters are {', '.join(function.parameters)}")
        return function.call([named[name](scope) for name in function.parameters])
    return function.call([arg(scope) for arg in args])


def compile_function(node: t.FunctionNode, compile_: Compiler) -> Run:
    """Compile a function, which keeps the names it mentions with the values they have where it is defined."""
    names = tuple(parameter.name for parameter in node.parameters)
    types = tuple(parameter.type for parameter in node.parameters)
    if node.external:
        return lambda _scope: problem(node, "functions of other languages are not called")
    copy, body = copied(names_in(node.body)), compile_(node.body)

    def run(scope: Mapping[str, Any]) -> Any:
        return Function(names, types, _caller(node, copy(scope), body), result=lambda: result_type(node))

    return run


def _caller(node: t.FunctionNode, kept: dict[str, Any], body: Run) -> Callable[[Sequence[Any]], Any]:
    def call(values: Sequence[Any]) -> Any:
        if len(values) != len(node.parameters):
            return problem(node, f"the function takes {len(node.parameters)} arguments, not {len(values)}")
        inner = dict(kept)
        for parameter, value in zip(node.parameters, values, strict=True):
            taken = value if parameter.type is None else coerce(value, parameter.type)
            if taken is FAILED:
                return problem(node, f"{parameter.name} must be {parameter.type}, not {kind(value)}")
            inner[parameter.name] = taken
        return call_within_limits(lambda: body(inner), weight(node.body))

    return call
