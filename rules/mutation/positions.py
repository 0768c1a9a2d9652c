"""Every spot of a tree: where it is, which names it may use, whether a condition stands there; and putting another in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from rules.feel import ANY, BOOLEAN, ContextType, FeelError, ListType, Type, infer
from rules.feel import tree as t

Step = tuple[str, int | None]  # the field of a node, and the place in it where the field is a tuple
Scope = Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Spot:
    """One node of a tree. `path` leads to it from the root; `scope` types the names it may use.

    `condition` tells that true or false is asked for here (an operand of `and`, a body of `every`, an `if`);
    `around` are the loops and filters that it stands in, outermost first.
    """

    path: tuple[Step, ...]
    node: t.Node
    scope: Scope
    condition: bool
    parent: t.Node | None
    around: tuple[t.Node, ...] = ()


def spots(root: t.Node, scope: Scope, *, condition: bool = True) -> Iterator[Spot]:
    """Yield every spot of `root`, parents first, in source order."""
    pending = [Spot((), root, scope, condition, None)]
    while pending:
        spot = pending.pop()
        yield spot
        pending.extend(reversed(list(_below(spot))))


def put(root: t.Node, path: tuple[Step, ...], new: t.Node) -> t.Node:
    """Return `root` with the node at `path` replaced; nothing is changed in place."""
    if not path:
        return new
    (field, index), rest = path[0], path[1:]
    value = getattr(root, field)
    if index is None:
        changed: Any = put(value, rest, new)
    else:
        changed = (*value[:index], put(value[index], rest, new), *value[index + 1 :])
    found: t.Node = replace(root, **{field: changed})
    return found


def type_at(spot: Spot) -> Type:
    """Return the type of the node at a spot; Any where it has none by itself (a binding, a function's name)."""
    try:
        return infer(spot.node, spot.scope)
    except (FeelError, KeyError):
        return ANY


def _below(spot: Spot) -> Iterator[Spot]:
    scope = dict(spot.scope)
    for spec in fields(spot.node):
        value = getattr(spot.node, spec.name)
        parts = value if isinstance(value, tuple) else (value,)
        for index, part in enumerate(parts):
            if not isinstance(part, t.Node):
                continue
            step = (spec.name, index if isinstance(value, tuple) else None)
            inner, around = _inside(spot, spec.name, scope)
            yield Spot((*spot.path, step), part, inner, _is_condition(spot, spec.name, part, inner), spot.node, around)
            if isinstance(part, t.Binding):
                scope[part.name] = _element(part.source, scope)
            elif isinstance(part, t.ContextEntry):
                scope[part.key] = _type(part.value, scope)
            elif isinstance(part, t.Parameter):
                scope[part.name] = part.type or ANY


def _inside(spot: Spot, field: str, scope: Scope) -> tuple[Scope, tuple[t.Node, ...]]:
    """Return what a part may use, and the loops it stands in."""
    match spot.node, field:
        case t.Filter(source), "condition":
            element = _element(source, scope)
            entries = element.fields if isinstance(element, ContextType) else {}
            return {**scope, "item": element, **entries}, (*spot.around, spot.node)
        case t.Every() | t.Some() | t.For(), "body":
            return {**scope, "partial": ListType(ANY)} if isinstance(spot.node, t.For) else dict(scope), (
                *spot.around,
                spot.node,
            )
        case _:
            return dict(scope), spot.around


def _is_condition(spot: Spot, field: str, part: t.Node, scope: Scope) -> bool:
    match spot.node:
        case t.And() | t.Or():
            return True
        case t.Call(t.Name("not")):
            return field == "args"
        case t.Every() | t.Some():
            return field == "body"
        case t.If():
            return field == "condition" or spot.condition
        case t.Filter():
            return field == "condition" and _type(part, scope) == BOOLEAN
        case _:
            return False


def _element(source: t.Node, scope: Scope) -> Type:
    found = _type(source, scope)
    return found.element if isinstance(found, ListType) else found


def _type(node: t.Node, scope: Scope) -> Type:
    try:
        return infer(node, scope)
    except (FeelError, KeyError):
        return ANY
