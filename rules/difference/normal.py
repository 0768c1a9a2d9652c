"""One form for expressions that say the same thing in another order or with other names.

Three steps, each exact in FEEL's three-valued logic: names that a loop or a function binds are numbered; the parts of
`and` and `or` are sorted; a comparison is written with `<`, `<=`, `=` or `!=` alone, and the sides of the last two are
sorted. Two expressions with one normal form have the same value for all facts; the converse is not promised.

>>> from rules.feel import parse
>>> normal(parse("b > 1 and a", ["a", "b"])) == normal(parse("a and 1 < b", ["a", "b"]))
True
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rules.feel import tree as t

Names = Mapping[str, str]
_FLIPPED: Mapping[str, str] = {">": "<", ">=": "<="}


def normal(node: t.Node, names: Names | None = None) -> str:
    """Return the normal form of an expression as text; `names` renames what is bound outside."""
    return _form(node, dict(names or {}))


def _form(node: t.Node, names: Names) -> str:  # noqa: PLR0911 (one for each construct)
    match node:
        case t.Name(name):
            return names.get(name, f"name {name!r}")
        case t.NumberLiteral(value):
            return f"number {value.normalize():f}"
        case t.And() | t.Or():
            parts = sorted(_form(part, names) for part in _flat(node, type(node)))
            return f"{type(node).__name__}({', '.join(parts)})"
        case t.Compare(op, left, right):
            return _compared(op, _form(left, names), _form(right, names))
        case t.Every(bindings, body) | t.Some(bindings, body) | t.For(bindings, body):
            return _loop(type(node).__name__, bindings, body, names)
        case t.Filter(source, condition):
            # In a filter a name may mean a member of the element: what is bound keeps its own name there as well.
            inside = {name: f"{bound} {name!r}" for name, bound in names.items()}
            return f"Filter({_form(source, names)}; {_form(condition, inside)})"
        case t.ContextNode(entries):
            return _context(entries, names)
        case t.FunctionNode(parameters, body, external):
            inner = {**names, **{one.name: f"bound {len(names) + index}" for index, one in enumerate(parameters)}}
            types = ", ".join(str(one.type) for one in parameters)
            return f"FunctionNode({types}; {_form(body, inner)}; {external})"
    return f"{type(node).__name__}({', '.join(_part(getattr(node, one.name), names) for one in fields(node) if one.compare)})"


def _context(entries: tuple[t.ContextEntry, ...], names: Names) -> str:
    inner = dict(names)
    parts = []
    for entry in entries:
        parts.append(f"{entry.key!r}: {_form(entry.value, inner)}")
        inner.pop(entry.key, None)  # later entries see this one under its own name
    return f"Context({', '.join(parts)})"


def _part(value: Any, names: Names) -> str:
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


def _loop(kind: str, bindings: tuple[t.Binding, ...], body: t.Node, names: Names) -> str:
    inner = dict(names)
    sources = []
    for binding in bindings:
        sources.append(_form(binding.source, inner))
        # The number counts what is bound outside, so equal loops in equal places get equal numbers.
        inner[binding.name] = f"bound {len(inner)}.{len(sources)}"
    return f"{kind}({'; '.join(sources)}; {_form(body, inner)})"
