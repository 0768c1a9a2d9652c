"""The compiler: turns a tree into nested Python closures, once, so that deciding costs calls and not tree walks."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY, as_function
from rules.feel.compile_arithmetic import compile_arithmetic, compile_negate
from rules.feel.compile_calls import compile_call, compile_function
from rules.feel.compile_logic import (
    compile_and,
    compile_between,
    compile_compare,
    compile_in,
    compile_or,
    compile_unary_test,
    compile_unary_tests,
)
from rules.feel.compile_loops import compile_every, compile_filter, compile_for, compile_some
from rules.feel.compiler import Compiler, Run, constant, is_constant
from rules.feel.conform import is_instance
from rules.feel.errors import FeelLimitError, collecting, problem
from rules.feel.limits import charge, measured, metered
from rules.feel.members import NO_MEMBER, member
from rules.feel.temporal_text import read_temporal
from rules.feel.values import END_NULL, Range, kind, order

# What may take many steps, or go deep into a value: these are metered, and plain comparisons go without.
_HEAVY = (t.For, t.Some, t.Every, t.Filter, t.FunctionNode, t.In, t.InstanceOf, t.Call)


def compile_node(node: t.Node) -> Run:
    """Return a function from a scope (names to FEEL values) to the value of `node`.

    It never raises but FeelLimitError; what FEEL calls an error is null, and a `Problem` inside `collecting()`.
    """
    run = (_compile_unfolded if _binds_builtin(node) else _compile)(node)
    heavy = any(isinstance(part, _HEAVY) and not _is_negation(part) for part in t.walk(node))
    return metered(run) if heavy and not is_constant(run) else run


def _is_negation(node: t.Node) -> bool:
    return isinstance(node, t.Call) and node.function == t.Name("not")


def _compile(node: t.Node) -> Run:
    run = _COMPILERS[type(node)](node, _compile)
    return _folded(run) if _is_constant(node) else run


def _compile_unfolded(node: t.Node) -> Run:
    return _COMPILERS[type(node)](node, _compile_unfolded)


def _binds_builtin(node: t.Node) -> bool:
    """Tell whether an expression gives a name of a built-in function a meaning of its own, so that no call is constant."""
    keys = (part.key for part in t.walk(node) if isinstance(part, t.ContextEntry))
    names = (part.name for part in t.walk(node) if isinstance(part, t.Parameter | t.Binding))
    return any(name in REGISTRY for name in (*keys, *names))


def _is_constant(node: t.Node) -> bool:
    """Tell whether `node` has the same value in every scope and is cheap to compute now."""
    if isinstance(node, t.Call):
        function = node.function
        parts: list[t.Node] = [*node.args, *node.named]
        return isinstance(function, t.Name) and function.name in REGISTRY and all(map(_is_literal, parts))
    return isinstance(node, t.Arithmetic | t.Negate | t.RangeNode | t.ListNode | t.Compare) and all(
        map(_is_literal, t.children(node))
    )


def _is_literal(node: t.Node) -> bool:
    if isinstance(node, t.NamedArgument):
        return _is_literal(node.value)
    simple = (t.NullLiteral, t.BooleanLiteral, t.NumberLiteral, t.StringLiteral, t.TemporalLiteral)
    return isinstance(node, simple) or _is_constant(node)


def _folded(run: Run) -> Run:
    """Compute a constant once; where that meets a problem, leave it to be met, and noted, by every evaluation."""
    try:
        with collecting() as found:
            value, cost = measured(lambda: run({}))
    except FeelLimitError:
        return run
    # What takes steps is left to take them each time, as the reference evaluator does.
    return run if found or cost[0] or kind(value) in {"function", "foreign"} else constant(value)


def _literal(node: Any, _compile: Compiler) -> Run:
    return constant(node.value)


def _null(_node: t.NullLiteral, _compile: Compiler) -> Run:
    return constant(None)


def _temporal(node: t.TemporalLiteral, _compile: Compiler) -> Run:
    value = read_temporal(node.text)
    if value is None:
        return lambda _scope: problem(node, f'"{node.text[:60]}" is no date, time or duration')
    return constant(value)


def _name(node: t.Name, _compile: Compiler) -> Run:
    name = node.name

    def run(scope: Mapping[str, Any]) -> Any:
        try:
            return scope[name]
        except KeyError:
            if name in REGISTRY:
                return as_function(name, node)
            return problem(node, f'there is no "{name}" here')

    return run


def _path(node: t.Path, compile_: Compiler) -> Run:
    """Compile a path; where it begins at a name, as in `a.b` and `a.b.c`, one closure takes the usual steps at once."""
    owner = node.source
    if isinstance(owner, t.Name):
        return _short_path(owner.name, node.name, _any_path(node, compile_))
    if isinstance(owner, t.Path) and isinstance(owner.source, t.Name):
        return _long_path(owner.source.name, owner.name, node.name, _any_path(node, compile_))
    return _any_path(node, compile_)


def _short_path(first: str, second: str, slow: Run) -> Run:
    def run(scope: Mapping[str, Any]) -> Any:
        value = scope.get(first)
        if type(value) is dict and second in value:
            return value[second]
        return slow(scope)

    return run


def _long_path(first: str, second: str, third: str, slow: Run) -> Run:
    def run(scope: Mapping[str, Any]) -> Any:
        value = scope.get(first)
        if type(value) is dict:
            value = value.get(second)
            if type(value) is dict and third in value:
                return value[third]
        return slow(scope)

    return run


def _any_path(node: t.Path, compile_: Compiler) -> Run:
    source, name = compile_(node.source), node.name

    def run(scope: Mapping[str, Any]) -> Any:
        value = source(scope)
        if type(value) is dict:
            try:
                return value[name]
            except KeyError:
                return problem(node, f'there is no "{name}" in this context')
        return None if value is None else step(value)

    def step(value: Any) -> Any:
        if type(value) is list or type(value) is tuple:
            charge((value,), "a path through a list")
            return [_member(item, name, node) for item in value]
        return _member(value, name, node)

    return run


def _member(value: Any, name: str, node: t.Node) -> Any:
    if type(value) is dict:
        return value.get(name)
    if value is None:
        return None
    found = member(value, name)
    return problem(node, f'a {kind(value)} has no "{name}"') if found is NO_MEMBER else found


def _if(node: t.If, compile_: Compiler) -> Run:
    condition, then, otherwise = compile_(node.condition), compile_(node.then), compile_(node.otherwise)
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


def _instance_of(node: t.InstanceOf, compile_: Compiler) -> Run:
    value, declared = compile_(node.value), node.type

    def run(scope: Mapping[str, Any]) -> Any:
        found = is_instance(value(scope), declared)
        return problem(node, f'there is no type "{declared}"') if found is None else found

    return run


def _list(node: t.ListNode, compile_: Compiler) -> Run:
    items = [compile_(item) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def _context(node: t.ContextNode, compile_: Compiler) -> Run:
    entries = [(entry.key, compile_(entry.value)) for entry in node.entries]
    if len({key for key, _ in entries}) < len(entries):
        return lambda _scope: problem(node, "a key occurs twice in the context")

    def run(scope: Mapping[str, Any]) -> Any:
        inner = dict(scope)
        made: dict[str, Any] = {}
        for key, value in entries:
            made[key] = inner[key] = value(inner)
        return made

    return run


def _range(node: t.RangeNode, compile_: Compiler) -> Run:
    low, high = compile_(node.low), compile_(node.high)

    def run(scope: Mapping[str, Any]) -> Any:
        first, last = low(scope), high(scope)
        if first is not None and last is not None:
            found = order(first, last)
            if found is None:
                return problem(node, f"a range cannot reach from {kind(first)} to {kind(last)}")
        return Range(
            END_NULL if first is None else first, END_NULL if last is None else last, node.low_closed, node.high_closed
        )

    return run


_COMPILERS: Mapping[type[t.Node], Callable[[Any, Compiler], Run]] = {
    t.NullLiteral: _null,
    t.BooleanLiteral: _literal,
    t.NumberLiteral: _literal,
    t.StringLiteral: _literal,
    t.TemporalLiteral: _temporal,
    t.Name: _name,
    t.Path: _path,
    t.Filter: compile_filter,
    t.And: compile_and,
    t.Or: compile_or,
    t.Compare: compile_compare,
    t.Between: compile_between,
    t.In: compile_in,
    t.UnaryTest: compile_unary_test,
    t.UnaryTests: compile_unary_tests,
    t.InstanceOf: _instance_of,
    t.Arithmetic: compile_arithmetic,
    t.Negate: compile_negate,
    t.If: _if,
    t.For: compile_for,
    t.Some: compile_some,
    t.Every: compile_every,
    t.ListNode: _list,
    t.ContextNode: _context,
    t.RangeNode: _range,
    t.Call: compile_call,
    t.FunctionNode: compile_function,
}
