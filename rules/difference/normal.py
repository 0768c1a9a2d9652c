"""One form for expressions that say the same thing in another order or with other names.

Three steps, each exact in FEEL's three-valued logic: names that a loop or a function binds are numbered; the parts of
`and` and `or` are sorted; a comparison is written with `<`, `<=`, `=` or `!=` alone, and the sides of the last two are
sorted. Two expressions with one normal form have the same value for all facts; the converse is not promised.

>>> from rules.feel import parse
>>> normal(parse("b > 1 and a", ["a", "b"])) == normal(parse("a and 1 < b", ["a", "b"]))
True
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rules.feel import tree as t
from rules.feel.values import NUMBERS

_FLIPPED: Mapping[str, str] = {">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class _Names:
    """What bound names are called in the normal form. `depth` counts every binder around, also one that a later hides."""

    called: Mapping[str, str]
    depth: int

    def binding(self, *names: str) -> "_Names":
        # Never the number of names: a name bound again adds none, and two variables would be one.
        bound = {name: f"bound {self.depth + index}" for index, name in enumerate(names)}
        return _Names({**self.called, **bound}, self.depth + len(names))

    def keeping(self, *names: str) -> "_Names":
        """Return the names where these, if bound, may mean something else, so that their own names count as well."""
        kept = {name: f"{self.called[name]} {name!r}" for name in names if name in self.called}
        return _Names({**self.called, **kept}, self.depth)

    def without(self, name: str) -> "_Names":
        return _Names({one: called for one, called in self.called.items() if one != name}, self.depth)


def normal(node: t.Node, names: Mapping[str, str] | None = None) -> str:
    """Return the normal form of an expression as text; `names` renames what is bound outside."""
    return _form(node, _Names(dict(names or {}), len(names or {})))


def _form(node: t.Node, names: _Names) -> str:  # noqa: PLR0911 (one for each construct)
    match node:
        case t.Name(name):
            return names.called.get(name, f"name {name!r}")
        case t.NumberLiteral(value):
            return f"number {value.normalize(NUMBERS):f}"
        case t.And() | t.Or():
            parts = sorted(_form(part, names) for part in _flat(node, type(node)))
            return f"{type(node).__name__}({', '.join(parts)})"
        case t.Compare(op, left, right):
            return _compared(op, _form(left, names), _form(right, names))
        case t.Every(bindings, body) | t.Some(bindings, body) | t.For(bindings, body):
            return _loop(node, bindings, body, names)
        case t.Filter(source, condition):
            # In a filter a name may mean a member of the element: what is bound keeps its own name there as well.
            return f"Filter({_form(source, names)}; {_form(condition, names.keeping(*names.called))})"
        case t.ContextNode(entries):
            return _context(entries, names)
        case t.FunctionNode(parameters, body, external):
            inner = names.binding(*(one.name for one in parameters))
            # A call may name its parameters, so their names are part of what a function means.
            taken = ", ".join(f"{one.name!r}: {one.type}" for one in parameters)
            return f"FunctionNode({taken}; {_form(body, inner)}; {external})"
    return f"{type(node).__name__}({', '.join(_part(getattr(node, one.name), names) for one in fields(node) if one.compare)})"


def _context(entries: tuple[t.ContextEntry, ...], names: _Names) -> str:
    inner = names
    parts = []
    for entry in entries:
        parts.append(f"{entry.key!r}: {_form(entry.value, inner)}")
        inner = inner.without(entry.key)  # later entries see this one under its own name
    return f"Context({', '.join(parts)})"


def _part(value: Any, names: _Names) -> str:
    if isinstance(value, t.Node):
        return _form(value, names)
    if isinstance(value, tuple):
        return f"[{', '.join(_part(item, names) for item in value)}]"
    return repr(value)


def _flat(node: t.Node, kind: type[t.And] | type[t.Or]) -> list[t.Node]:
    """Return the parts of a chain of `and` or `or`, without recursion along it: chains can be long."""
    found: list[t.Node] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, kind):
            pending += [part.right, part.left]
        else:
            found.append(part)
    return found


def _compared(op: str, left: str, right: str) -> str:
    if op in _FLIPPED:
        op, left, right = _FLIPPED[op], right, left
    elif op in {"=", "!="}:
        left, right = sorted((left, right))
    return f"({left} {op} {right})"


def _loop(node: t.Node, bindings: tuple[t.Binding, ...], body: t.Node, names: _Names) -> str:
    inner = names
    sources = []
    for binding in bindings:
        sources.append(_form(binding.source, inner))
        inner = inner.binding(binding.name)
    if isinstance(node, t.For):
        inner = inner.keeping("partial")  # what was returned so far has this name in the body
    return f"{type(node).__name__}({'; '.join(sources)}; {_form(body, inner)})"
