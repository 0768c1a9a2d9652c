"""Compiled loops: for, some, every, filters (DMN 1.5, 10.3.2.5 to 10.3.2.8)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rules.feel import tree as t
from rules.feel.compiler import Compiler, Run, copied, is_constant, names_in
from rules.feel.errors import problem
from rules.feel.limits import spend, weight
from rules.feel.temporal import date_of, day_number
from rules.feel.values import Range, kind, small_whole

Domain = Callable[[Mapping[str, Any]], "Sequence[Any] | None"]


def _domain(node: t.Binding, compile_: Compiler, steps: int) -> Domain:
    """Return what a binding runs through: a list, a range of whole numbers or days, or the one value it is.

    `steps` is what each element costs.
    """
    if isinstance(node.source, t.RangeNode):
        bounds = node.source
        low, high = compile_(bounds.low), compile_(bounds.high)

        def counted(scope: Mapping[str, Any]) -> Sequence[Any] | None:
            return count_through(Range(low(scope), high(scope), bounds.low_closed, bounds.high_closed), node, steps)

        return counted
    source = compile_(node.source)

    def listed(scope: Mapping[str, Any]) -> Sequence[Any] | None:
        value = source(scope)
        if type(value) is list or type(value) is tuple:
            spend(len(value) * steps, "a loop")
            return value
        if type(value) is Range:
            return count_through(value, node, steps)
        if value is None:
            problem(node, "a loop needs a list, not null")
            return None
        return [value]

    return listed


def count_through(bounds: Range, node: t.Node, steps: int = 1) -> Sequence[Any] | None:
    """Return the whole numbers or the days of a range, downwards where it begins above its end."""
    kinds = {kind(bounds.low), kind(bounds.high)}
    first: int | None = None
    last: int | None = None
    if kinds == {"number"}:
        first, last = small_whole(bounds.low), small_whole(bounds.high)
    elif kinds == {"date"}:
        first, last = day_number(bounds.low), day_number(bounds.high)
    if first is None or last is None:
        problem(node, f"a loop counts whole numbers or days, not from {kind(bounds.low)} to {kind(bounds.high)}")
        return None
    step = 1 if first <= last else -1
    begin = first if bounds.low_closed else first + step
    end = last + step if bounds.high_closed else last
    spend(max((end - begin) * step, 0) * steps, "a loop")
    whole = range(begin, end, step)
    return [date_of(day) for day in whole] if kinds == {"date"} else whole


def _runner(
    bindings: tuple[t.Binding, ...], body: t.Node, compile_: Compiler
) -> Callable[[Mapping[str, Any]], "Iterable[dict[str, Any] | None]"]:
    """Return a generator of the scopes in which the body runs; None in the place of a domain that is null."""
    copy = copied(names_in(body, *bindings))
    levels = [(binding.name, _domain(binding, compile_, weight(body))) for binding in bindings]
    name, domain = levels[0]

    def scopes_of_one(scope: Mapping[str, Any]) -> "Iterable[dict[str, Any] | None]":
        values = domain(scope)
        if values is None:
            yield None
        elif values:
            inner = copy(scope)
            for value in values:
                inner[name] = value
                yield inner

    return scopes_of_one if len(levels) == 1 else lambda scope: _nested(copy(scope), levels)


def _nested(inner: dict[str, Any], levels: "Sequence[tuple[str, Domain]]") -> "Iterator[dict[str, Any] | None]":
    name, domain = levels[0]
    values = domain(inner)
    if values is None:
        yield None
        return
    if len(levels) == 1:
        for value in values:
            inner[name] = value
            yield inner
        return
    for value in values:
        inner[name] = value
        yield from _nested(inner, levels[1:])


def _quantified(node: t.Some | t.Every, compile_: Compiler, decisive: bool) -> Run:  # noqa: FBT001 true for some
    if len(node.bindings) == 1:
        return _quantified_once(node, compile_, decisive)
    scopes, body = _runner(node.bindings, node.body, compile_), compile_(node.body)
    neutral = not decisive

    def run(scope: Mapping[str, Any]) -> Any:
        result: bool | None = neutral
        for inner in scopes(scope):
            found = None if inner is None else body(inner)
            if found is decisive:
                return decisive
            if found is not neutral:
                result = None
                if found is not None:
                    problem(node, f"a {kind(found)} is neither true nor false")
        return result

    return run


def _quantified_once(node: t.Some | t.Every, compile_: Compiler, decisive: bool) -> Run:  # noqa: FBT001 true for some
    """Compile a quantifier over one list without a generator: most loops of rules are such."""
    binding = node.bindings[0]
    name, domain, body = binding.name, _domain(binding, compile_, weight(node.body)), compile_(node.body)
    copy, neutral = copied(names_in(node.body) - {name}), not decisive

    def run(scope: Mapping[str, Any]) -> Any:
        values = domain(scope)
        if values is None:
            return None
        result: bool | None = neutral
        inner = copy(scope)
        for value in values:
            inner[name] = value
            found = body(inner)
            if found is decisive:
                return decisive
            if found is not neutral:
                result = None
                if found is not None:
                    problem(node, f"a {kind(found)} is neither true nor false")
        return result

    return run


def compile_some(node: t.Some, compile_: Compiler) -> Run:
    """Compile `some`: true when the body holds once, else null when it was null once."""
    run = _quantified(node, compile_, decisive=True)
    members = _members_asked(node, compile_)
    return run if members is None else _any_member(node, members, run, compile_)


def _members_asked(node: t.Some, compile_: Compiler) -> frozenset[str] | None:
    """Return the strings of `some x in xs satisfies list contains(["a", "b"], x)`; None for any other loop."""
    match node:
        case t.Some((t.Binding(name),), t.Call(t.Name("list contains"), (items, t.Name(element)), ())) if (
            name == element and name != "list contains"
        ):
            run = compile_(items)
            fixed = run({}) if is_constant(run) else None
            if type(fixed) is list and all(type(one) is str for one in fixed):
                return frozenset(fixed)
    return None


def _any_member(node: t.Some, members: frozenset[str], slow: Run, compile_: Compiler) -> Run:
    """Look for the strings all at once: what is no string is in no list of strings."""
    domain = _domain(node.bindings[0], compile_, weight(node.body))

    def run(scope: Mapping[str, Any]) -> Any:
        if "list contains" in scope:
            return slow(scope)
        values = domain(scope)
        if values is None:
            return None
        try:
            return not members.isdisjoint(values)
        except TypeError:  # a list or a context among the values cannot be looked up so
            return slow(scope)

    return run


def compile_every(node: t.Every, compile_: Compiler) -> Run:
    """Compile `every`: false when the body fails once, else null when it was null once."""
    return _quantified(node, compile_, decisive=False)


def compile_for(node: t.For, compile_: Compiler) -> Run:
    """Compile `for`; `partial` is copied for each turn, since a function may keep it."""
    scopes, body = _runner(node.bindings, node.body, compile_), compile_(node.body)
    uses_partial = "partial" in names_in(node.body)

    def run(scope: Mapping[str, Any]) -> Any:
        results: list[Any] = []
        for inner in scopes(scope):
            if inner is None:
                return None
            if uses_partial:
                spend(len(results), "partial")
                inner["partial"] = list(results)
            results.append(body(inner))
        return results

    return run


def compile_filter(node: t.Filter, compile_: Compiler) -> Run:
    """Compile a filter: an index, or the elements for which the condition is true; one value is a list of itself."""
    source, condition = compile_(node.source), compile_(node.condition)
    names, steps = names_in(node.condition), weight(node.condition)
    copy = copied(names)
    if not names:
        return _constant_filter(node, source, condition)

    def run(scope: Mapping[str, Any]) -> Any:
        value = source(scope)
        if value is None:
            return None
        items = value if type(value) is list or type(value) is tuple else [value]
        spend(len(items) * steps, "a filter")
        outer = copy(scope)
        kept: list[Any] = []
        for item in items:
            inner = {**outer, "item": item}
            if type(item) is dict:
                for name in names:
                    if name in item:
                        inner[name] = item[name]
            found = condition(inner)
            if found is True:
                kept.append(item)
            elif found is not False and found is not None:
                return _at(items, found, node)
        return kept

    return run


def _constant_filter(node: t.Filter, source: Run, condition: Run) -> Run:
    """Compile a filter whose condition looks at no element: an index most of the time."""

    def run(scope: Mapping[str, Any]) -> Any:
        value = source(scope)
        if value is None:
            return None
        items = value if type(value) is list or type(value) is tuple else [value]
        found = condition(scope)
        if found is True:
            return list(items)
        return [] if found is False or found is None else _at(items, found, node)

    return run


def _at(items: Sequence[Any], position: Any, node: t.Node) -> Any:
    if kind(position) != "number":
        return problem(node, f"a filter is a number or a condition, not a {kind(position)}")
    place = small_whole(position)
    if place is None:
        return problem(node, "a position in a list is a whole number of at most 18 digits")
    if place == 0 or abs(place) > len(items):
        return problem(node, f"position {place} is outside a list of {len(items)}")
    return items[place - 1] if place > 0 else items[place]
