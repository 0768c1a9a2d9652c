"""The mutants of one expression: at each spot of its tree, the slips that an author could make there."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from rules import feel
from rules.feel import tree as t
from rules.mutation.literals import changed_literal, changed_temporal_text, is_temporal_call
from rules.mutation.positions import Scope, Spot, put, spots, type_at

Change = tuple[str, Spot, t.Node]  # kind, where, what stands there instead
_ORDERED: Final = {feel.NUMBER, feel.DATE, feel.TIME, feel.DATE_TIME, feel.YM_DURATION, feel.DT_DURATION}
_ALL: Final = ("=", "!=", "<", "<=", ">", ">=")
_STEPS: Final[Mapping[feel.Type, t.Node]] = {
    feel.NUMBER: t.NumberLiteral(Decimal(1)),
    feel.DATE: t.TemporalLiteral("P1D"),
    feel.DATE_TIME: t.TemporalLiteral("PT1S"),
    feel.TIME: t.TemporalLiteral("PT1S"),
    feel.DT_DURATION: t.TemporalLiteral("P1D"),
    feel.YM_DURATION: t.TemporalLiteral("P1M"),
}
_FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "min": ("max",), "max": ("min",), "sum": ("max",), "all": ("any",), "any": ("all",), "floor": ("ceiling",),
    "ceiling": ("floor",), "starts with": ("ends with", "contains"), "ends with": ("starts with", "contains"),
    "contains": ("starts with", "ends with"), "substring before": ("substring after",),
    "substring after": ("substring before",), "before": ("after",), "after": ("before",), "union": ("concatenate",),
    "upper case": ("lower case",), "lower case": ("upper case",), "list contains": (),
    "mean": ("median", "min", "max"), "median": ("mean", "min", "max"), "product": ("sum",), "stddev": ("mean",),
}  # fmt: skip
_IDLE: Final = {"distinct values", "abs", "sort", "reverse", "flatten", "lower case", "upper case"}  # f(x) against x
SIBLINGS: Final = 2  # of a path: the next ones of the same type in the order of names
_TRUE, _FALSE = t.BooleanLiteral(value=True), t.BooleanLiteral(value=False)


def changes(root: t.Node, scope: Scope, *, condition: bool = True) -> Iterator[tuple[str, Spot, t.Node, t.Node]]:
    """Yield (kind, spot, what stands there instead, the whole mutated expression), each different tree once."""
    seen = {root}
    for spot in spots(root, scope, condition=condition):
        for make in _MAKERS:
            for kind, new in make(spot, scope):
                mutated = put(root, spot.path, new)
                if mutated not in seen:
                    seen.add(mutated)
                    yield kind, spot, new, mutated


def _comparisons(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if not isinstance(node, t.Compare):
        return
    left, right = (type_at(_sub(spot, side)) for side in (node.left, node.right))
    ordered = left in _ORDERED and right in _ORDERED
    if not ordered and node.op in {"=", "!="}:
        yield "comparison", t.Compare("!=" if node.op == "=" else "=", node.left, node.right)
        return
    for op in _ALL:
        if op != node.op and not (node.op == "!=" and op in {"<", ">"}):
            yield "comparison", t.Compare(op, node.left, node.right)
    step = _STEPS.get(right)
    if step is not None and not isinstance(node.right, t.NumberLiteral | t.TemporalLiteral):
        for sign in ("+", "-"):
            moved = t.Arithmetic(sign, node.right, step)
            yield "boundary", t.Compare(node.op, node.left, moved)


def _unary(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if not isinstance(node, t.UnaryTest):
        return
    for op in _ALL:
        if op != node.op:
            yield "comparison", t.UnaryTest(op, node.operand)
    step = _STEPS.get(type_at(_sub(spot, node.operand)))
    if step is not None and not isinstance(node.operand, t.NumberLiteral | t.TemporalLiteral):
        yield "boundary", t.UnaryTest(node.op, t.Arithmetic("+", node.operand, step))
        yield "boundary", t.UnaryTest(node.op, t.Arithmetic("-", node.operand, step))


def _sub(spot: Spot, node: t.Node) -> Spot:
    return Spot(spot.path, node, spot.scope, condition=False, parent=spot.node)


def _junctions(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if isinstance(node, t.And | t.Or):
        other = t.Or if isinstance(node, t.And) else t.And
        yield "connective", other(node.left, node.right)
        yield "dropped", node.right
        yield "dropped", node.left


def _conditions(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if not spot.condition or isinstance(node, t.And | t.Or | t.BooleanLiteral | t.NullLiteral | t.If):
        return
    # `x and true` is `x`: what is left after dropping says it already.
    if not isinstance(spot.parent, t.And):
        yield "condition", _TRUE
    if not isinstance(spot.parent, t.Or):
        yield "condition", _FALSE
    if isinstance(node, t.Call) and node.function == t.Name("not"):
        yield "negation", node.args[0]
    elif not isinstance(node, t.Compare) and not _negated(spot.parent):
        yield "negation", t.Call(t.Name("not"), (node,))


def _negated(node: t.Node | None) -> bool:
    return isinstance(node, t.Call) and node.function == t.Name("not")


def _loops(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if isinstance(node, t.Every):
        yield "quantifier", t.Some(node.bindings, node.body)
    elif isinstance(node, t.Some):
        yield "quantifier", t.Every(node.bindings, node.body)
    elif isinstance(node, t.Filter):
        yield "filter", node.source
    elif isinstance(node, t.If):
        yield "branch", node.then
        yield "branch", node.otherwise
        yield "branch", t.If(node.condition, node.otherwise, node.then)


def _arithmetic(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if isinstance(node, t.Arithmetic):
        swapped: Any = {"+": "-", "-": "+", "*": "/", "/": "*", "**": "*"}[node.op]
        yield "arithmetic", t.Arithmetic(swapped, node.left, node.right)
        yield "arithmetic", node.left
    elif isinstance(node, t.Negate):
        yield "arithmetic", node.operand


def _calls(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if not isinstance(node, t.Call) or not isinstance(node.function, t.Name):
        return
    for other in _FUNCTIONS.get(node.function.name, ()):
        yield "function", t.Call(t.Name(other), node.args, node.named)
    if node.function.name in _IDLE and len(node.args) == 1:
        yield "function", node.args[0]
    if node.function.name == "count":
        for sign in ("+", "-"):
            yield "function", t.Arithmetic(sign, node, t.NumberLiteral(Decimal(1)))
        if len(node.args) == 1 and type_at(_sub(spot, node.args[0])) == feel.ListType(feel.NUMBER):
            yield "function", t.Call(t.Name("sum"), node.args)
    for index, given in enumerate(node.named if is_temporal_call(node) else ()):
        if isinstance(given.value, t.StringLiteral):
            for kind, text in changed_temporal_text(given.value):
                named = (*node.named[:index], t.NamedArgument(given.name, text), *node.named[index + 1 :])
                yield kind, t.Call(node.function, (), named)


def _literals(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    if isinstance(spot.node, t.StringLiteral) and is_temporal_call(spot.parent):
        yield from changed_temporal_text(spot.node)  # a text that is no date is null: it shows nothing of the constant
    else:
        yield from changed_literal(spot.node)


def _ranges(spot: Spot, _facts: Scope) -> Iterator[tuple[str, t.Node]]:
    node = spot.node
    if isinstance(node, t.RangeNode):
        yield "boundary", t.RangeNode(node.low, node.high, not node.low_closed, node.high_closed)
        yield "boundary", t.RangeNode(node.low, node.high, node.low_closed, not node.high_closed)
    elif isinstance(node, t.Between):
        value, low, high = node.value, node.low, node.high
        yield "boundary", t.And(t.Compare(">", value, low), t.Compare("<=", value, high))
        yield "boundary", t.And(t.Compare(">=", value, low), t.Compare("<", value, high))


def _names(spot: Spot, facts: Scope) -> Iterator[tuple[str, t.Node]]:
    """Another member of the same record, another fact, another loop variable: of the same type, a few of each."""
    node = spot.node
    if isinstance(node, t.Path):
        owner = type_at(_sub(spot, node.source))
        if isinstance(owner, feel.ListType):
            owner = owner.element
        members = owner.fields if isinstance(owner, feel.ContextType) else {}
        for name in _siblings(node.name, members):
            yield "path", t.Path(node.source, name)
    elif isinstance(node, t.Name) and node.name in spot.scope and not isinstance(spot.parent, t.Binding | None):
        same = {name: found for name, found in spot.scope.items() if (name in facts) == (node.name in facts)}
        for name in _siblings(node.name, same):
            yield "path", t.Name(name)


def _siblings(name: str, members: Mapping[str, feel.Type]) -> list[str]:
    wanted = members.get(name)
    if wanted is None or wanted == feel.ANY:
        return []
    same = sorted(other for other, found in members.items() if found == wanted and other not in {name, "at"})
    after = [other for other in same if other > name]
    return [*after, *(other for other in same if other < name)][:SIBLINGS]


_MAKERS: Final[tuple[Callable[[Spot, Scope], Iterator[tuple[str, t.Node]]], ...]] = (
    _comparisons, _unary, _junctions, _conditions, _loops, _arithmetic, _calls, _literals, _ranges, _names,
)  # fmt: skip
