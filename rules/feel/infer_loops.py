"""The types of loops, filters and tests: what they bind, and whether there is anything to go through.

`infer_` is `infer.infer`, passed in to keep imports one-way.
"""

from collections.abc import Callable, Mapping, Sequence

from rules.feel import tree as t
from rules.feel.errors import FeelTypeError
from rules.feel.infer_operators import comparable, expect_boolean, without_null
from rules.feel.types import ANY, BOOLEAN, DATE, NUMBER, ContextType, ListType, RangeType, Type

Scope = Mapping[str, Type]
Infer = Callable[[t.Node, Scope], Type]


def filter_type(node: t.Filter, scope: Scope, infer_: Infer) -> Type:
    """Return the element for an index, a list of elements for a condition."""
    source = infer_(node.source, scope)
    element = source.element if isinstance(source, ListType) else source
    inner = {**scope, "item": element}
    if isinstance(element, ContextType):
        inner.update(element.fields)
    condition = without_null(infer_(node.condition, inner))
    if condition == NUMBER:
        return element
    if condition == ANY:
        return ANY
    expect_boolean(condition, node.condition, "a filter is a number or a condition")
    return ListType(element)


def _element_of(binding: t.Binding, scope: Scope, infer_: Infer) -> Type:
    if isinstance(binding.source, t.RangeNode):
        ends = [without_null(infer_(end, scope)) for end in (binding.source.low, binding.source.high)]
        wrong = next((end for end in ends if end not in {ANY, NUMBER, DATE}), None)
        if wrong is not None or not comparable(ends[0], ends[1]):
            message = f"a loop counts numbers or dates, not {wrong or ' to '.join(map(str, ends))}"
            raise FeelTypeError(message, binding.line, binding.column)
        return ends[0] if ends[0] != ANY else ends[1]
    source = infer_(binding.source, scope)
    if isinstance(source, ListType | RangeType):
        return source.element
    if without_null(source) == ANY:
        return ANY
    message = f"a loop needs a list, not {source}"
    raise FeelTypeError(message, binding.source.line, binding.source.column)


def _bound(bindings: Sequence[t.Binding], scope: Scope, infer_: Infer) -> dict[str, Type]:
    inner = dict(scope)
    for binding in bindings:
        inner[binding.name] = _element_of(binding, inner, infer_)
    return inner


def quantified_type(node: t.Some | t.Every, scope: Scope, infer_: Infer) -> Type:
    """Return boolean, when the body is a condition over elements that exist."""
    body = infer_(node.body, _bound(node.bindings, scope, infer_))
    expect_boolean(body, node.body, '"satisfies" asks for a condition')
    return BOOLEAN


def for_type(node: t.For, scope: Scope, infer_: Infer) -> Type:
    """Return a list of what the body is."""
    inner = _bound(node.bindings, scope, infer_)
    return ListType(infer_(node.body, {**inner, "partial": ListType(ANY)}))


def tests_type(value: Type, tests: Sequence[t.Node], scope: Scope, infer_: Infer) -> Type:
    """Return boolean, when every test is one that a value of the type can pass."""
    for test in tests:
        found = infer_(test, {**scope, "?": value})
        mentions_value = any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(test))
        if mentions_value and found == BOOLEAN:
            continue
        inner = found.element if isinstance(found, ListType | RangeType) else found
        if isinstance(inner, RangeType):
            inner = inner.element
        if not comparable(value, inner) and not comparable(value, found):
            message = f"{value} is never in {found}"
            raise FeelTypeError(message, test.line, test.column)
    return BOOLEAN
