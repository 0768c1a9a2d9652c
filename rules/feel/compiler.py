"""What the parts of the compiler share: the type of a closure, constants, and which names an expression looks up."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.feel import tree as t

Run = Callable[[Mapping[str, Any]], Any]
Compiler = Callable[[t.Node], Run]


class _Constant:
    """A closure whose value is known; comparisons look for it to save a call."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _scope: Mapping[str, Any]) -> Any:
        return self.value


def constant(value: Any) -> Run:
    """Return a closure for a value that no scope changes."""
    return _Constant(value)


def is_constant(run: Run) -> bool:
    """Tell whether `run` came from `constant`."""
    return isinstance(run, _Constant)


def names_in(*nodes: t.Node) -> frozenset[str]:
    """Return all names that `nodes` may look up: what a loop must copy of the scope around it."""
    return frozenset(part.name for node in nodes for part in t.walk(node) if isinstance(part, t.Name))


def copied(names: frozenset[str]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that makes a scope of its own with only `names` of a given one."""
    ordered = tuple(sorted(names))
    if not ordered:
        return lambda _scope: {}

    def copy(scope: Mapping[str, Any]) -> dict[str, Any]:
        made = {}
        for name in ordered:
            if name in scope:
                made[name] = scope[name]
        return made

    return copy
