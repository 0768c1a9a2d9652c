"""Loops and filters of the reference evaluator. `walk_value` is its own walker, passed in to keep imports one-way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rules.feel.errors import problem
from rules.feel.limits import spend, weight
from rules.feel.temporal import FarDate, date_of, day_number
from rules.feel.tree import Binding, Filter, For, Name, Node, RangeNode, walk
from rules.feel.values import Range, small_whole

Walker = Callable[[Node, Mapping[str, Any]], Any]


def elements_of(value: Any) -> Sequence[Any]:
    """Return a list as it is, and any other value as a list of itself."""
    return value if isinstance(value, list | tuple) else [value]


def _whole_or_day(end: Any) -> tuple[str, int] | None:
    """Return an end of a counted range as a whole number, with what it counts."""
    if isinstance(end, date | FarDate):
        return "day", day_number(end)
    if isinstance(end, Decimal | int) and not isinstance(end, bool):
        whole = small_whole(end)
        return None if whole is None else ("number", whole)
    return None


def _counted(bounds: Range, node: Node, steps: int) -> Sequence[Any] | None:
    low, high = _whole_or_day(bounds.low), _whole_or_day(bounds.high)
    if low is None or high is None or low[0] != high[0]:
        problem(node, "only whole numbers and days can be counted through")
        return None
    down = low[1] > high[1]
    numbers = range(high[1], low[1] + 1) if down else range(low[1], high[1] + 1)
    spend(len(numbers) * steps, "counting")
    ordered = numbers[::-1] if down else numbers
    ordered = ordered if bounds.low_closed else ordered[1:]
    ordered = ordered if bounds.high_closed else ordered[:-1]
    return [date_of(number) for number in ordered] if low[0] == "day" else ordered


def _domain(binding: Binding, scope: Mapping[str, Any], walk_value: Walker, steps: int) -> Sequence[Any] | None:
    source = binding.source
    if isinstance(source, RangeNode):
        low, high = walk_value(source.low, scope), walk_value(source.high, scope)
        return _counted(Range(low, high, source.low_closed, source.high_closed), binding, steps)
    found = walk_value(source, scope)
    if isinstance(found, Range):
        return _counted(found, binding, steps)
    if found is None:
        problem(binding, "null cannot be gone through")
        return None
    elements = elements_of(found)
    spend(len(elements) * steps, "a loop")
    return elements


def product_of(
    bindings: Sequence[Binding], scope: dict[str, Any], walk_value: Walker, steps: int
) -> Iterator[dict[str, Any] | None]:
    """Yield `scope` with every combination of the bound names, the last fastest; None where a domain is null.

    Each element costs `steps`.
    """
    first, rest = bindings[0], bindings[1:]
    domain = _domain(first, scope, walk_value, steps)
    if domain is None:
        yield None
        return
    for element in domain:
        scope[first.name] = element
        if rest:
            yield from product_of(rest, scope, walk_value, steps)
        else:
            yield scope


def for_each(node: For, scope: dict[str, Any], walk_value: Walker) -> list[Any] | None:
    """Return the values of the body; null where a domain is null."""
    keeps_partial = any(isinstance(part, Name) and part.name == "partial" for part in walk(node.body))
    results: list[Any] = []
    for inner in product_of(node.bindings, scope, walk_value, weight(node.body)):
        if inner is None:
            return None
        if keeps_partial:
            spend(len(results), "partial")
            inner["partial"] = results[:]
        results.append(walk_value(node.body, inner))
    return results


def index_or_filter(node: Filter, elements: Sequence[Any], scope: Mapping[str, Any], walk_value: Walker) -> Any:
    """Evaluate the condition for each element, with `item` and the element's own entries in scope."""
    if not elements:
        return _of_nothing(node, scope, walk_value)
    spend(len(elements) * weight(node.condition), "a filter")
    kept = []
    for element in elements:
        own = element if isinstance(element, dict) else {}
        found = walk_value(node.condition, {**scope, "item": element, **own})
        if isinstance(found, Decimal | int) and not isinstance(found, bool):
            return _element(node, elements, found)
        if found is not None and not isinstance(found, bool):
            return problem(node, "a filter must give a number, true or false")
        if found is True:
            kept.append(element)
    return kept


def _of_nothing(node: Filter, scope: Mapping[str, Any], walk_value: Walker) -> Any:
    """Answer for an empty list: null for an index, which only a condition without names can show to be one."""
    if any(isinstance(part, Name) for part in walk(node.condition)):
        return []
    found = walk_value(node.condition, scope)
    if found is None or isinstance(found, bool):
        return []
    return problem(node, "an empty list has no such element")


def _element(node: Filter, elements: Sequence[Any], position: Decimal | int) -> Any:
    place = small_whole(position)
    if not place or not -len(elements) <= place <= len(elements):
        return problem(node, f"the list of {len(elements)} has no element at this position")
    return elements[place - 1 if place > 0 else place]
