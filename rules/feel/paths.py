"""Which facts an expression reads: for explanations, for the sources a rule depends on, and for tests of rules."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from rules.feel import tree as t
from rules.feel.builtin_names import BUILTIN_NAMES

FactPath = tuple[str, ...]
Bound = Mapping[str, FactPath | None]
"""Names bound inside the expression: the path of what they run through, or None where they hold no fact."""


def paths(node: t.Node, facts: Collection[str] | None = None, functions: Collection[str] = ()) -> frozenset[FactPath]:
    """Return the longest paths of facts that `node` reads, such as ("premises", "use").

    An element of a list is "*": `every s in shareholders satisfies s.due_on > d` reads ("shareholders", "*", "due_on").
    A name inside a filter may be an entry of the element or a name outside: with `facts`, the names outside, a name
    that is none of them is an entry; one that is, or any without `facts`, is listed as both. `functions` are names of
    the scope that are no facts: functions beside the standard's, and contexts of functions such as tables.
    """
    found: set[FactPath] = set()
    _Reader(found, facts).read(node, dict.fromkeys(functions))
    return frozenset(path for path in found if not any(_extends(other, path) for other in found))


def _extends(longer: FactPath, path: FactPath) -> bool:
    return len(longer) > len(path) and longer[: len(path)] == path


class _Reader:
    """Goes down the tree with the names bound so far, and notes every fact."""

    def __init__(self, found: set[FactPath], facts: Collection[str] | None) -> None:
        self.found = found
        self.facts = facts

    def read(self, node: t.Node, bound: Bound) -> FactPath | None:
        """Note what `node` reads, and return the path that it is itself, or None."""
        special: Mapping[type[t.Node], Callable[[Any, Bound], FactPath | None]] = {
            t.Name: self.name,
            t.Path: self.path,
            t.Filter: self.filter,
            t.Some: self.loop,
            t.Every: self.loop,
            t.For: self.loop,
            t.Call: self.call,
            t.ContextNode: self.context,
            t.FunctionNode: self.function,
        }
        reader = special.get(type(node))
        if reader is not None:
            return reader(node, bound)
        for child in t.children(node):
            self.read(child, bound)
        return None

    def note(self, path: FactPath | None) -> FactPath | None:
        if path:
            self.found.add(path)
        return path

    def name(self, node: t.Name, bound: Bound) -> FactPath | None:
        if node.name in bound:
            return self.note(bound[node.name])
        element = bound.get("item")
        as_entry = self.note((*element, node.name)) if element else None
        if node.name in BUILTIN_NAMES or node.name == "?" or (element and self.facts and node.name not in self.facts):
            return as_entry
        return self.note((node.name,))

    def path(self, node: t.Path, bound: Bound) -> FactPath | None:
        source = self.read(node.source, bound)
        return self.note((*source, node.name)) if source else None

    def filter(self, node: t.Filter, bound: Bound) -> FactPath | None:
        source = self.read(node.source, bound)
        element = (*source, "*") if source else None
        self.read(node.condition, {**bound, "item": element})
        return element

    def loop(self, node: t.Some | t.Every | t.For, bound: Bound) -> FactPath | None:
        inner = dict(bound) | ({"partial": None} if isinstance(node, t.For) else {})
        for binding in node.bindings:
            source = self.read(binding.source, inner)
            inner[binding.name] = (*source, "*") if source else None
        self.read(node.body, inner)
        return None

    def call(self, node: t.Call, bound: Bound) -> FactPath | None:
        if not isinstance(node.function, t.Name) or node.function.name not in BUILTIN_NAMES:
            self.read(node.function, bound)
        for part in (*node.args, *node.named):
            self.read(part, bound)
        return None

    def context(self, node: t.ContextNode, bound: Bound) -> FactPath | None:
        inner = dict(bound)
        for entry in node.entries:
            inner[entry.key] = self.read(entry.value, inner)
        return None

    def function(self, node: t.FunctionNode, bound: Bound) -> FactPath | None:
        self.read(node.body, {**bound, **{parameter.name: None for parameter in node.parameters}})
        return None
