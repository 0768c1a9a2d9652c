"""The syntax tree of FEEL (DMN 1.5, clause 10.3): one frozen class for each construct, with its place in the source.

Two nodes are equal when they say the same thing, wherever they stand: `line`, `column`, `start` and `end` do not count
in comparisons and hashes, so equal subexpressions of different rules can be found by putting nodes in a set.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from rules.feel.tree_leaves import (
    ArithmeticOp,
    BooleanLiteral,
    CompareOp,
    Name,
    Node,
    NullLiteral,
    NumberLiteral,
    StringLiteral,
    TemporalLiteral,
)
from rules.feel.types import Type

__all__ = [
    "And", "Arithmetic", "ArithmeticOp", "Between", "Binding", "BooleanLiteral", "Call", "Compare", "CompareOp",
    "ContextEntry", "ContextNode", "Every", "Filter", "For", "FunctionNode", "If", "In", "InstanceOf",
    "ListNode", "Name", "NamedArgument", "Negate", "Node", "NullLiteral", "NumberLiteral", "Or", "Parameter",
    "Path", "RangeNode", "Some", "StringLiteral", "TemporalLiteral", "UnaryTest", "UnaryTests", "children", "walk",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`source.name`: a member of a context, of every context of a list, or of a temporal value or range."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`source[condition]`: an index where the condition is a number, else the elements for which it holds."""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    """Three-valued `and`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Three-valued `or`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left op right`."""

    op: CompareOp
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in test` or `value in (test, ...)`: true when one of the tests holds."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class UnaryTest(Node):
    """`< 5` standing alone: a range open at one end; with `=` and `!=` a test that only `in` understands."""

    op: CompareOp
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a decision table: some of `tests` holds for `?`; `-` is an empty tuple, `not(...)` is negated."""

    tests: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left op right` over numbers, strings (`+`), dates and durations."""

    op: ArithmeticOp
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then then else otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Binding(Node):
    """`name in source` of a `for`, `some` or `every`; a `RangeNode` as source is counted through."""

    name: str
    source: Node


@dataclass(frozen=True, slots=True)
class Every(Node):
    """`every x in xs satisfies body`; later bindings see earlier ones."""

    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Some(Node):
    """`some x in xs satisfies body`."""

    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for x in xs return body`; inside, `partial` is the list of the results so far."""

    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """`[a, b, c]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextEntry(Node):
    """`key: value`; later entries see earlier ones."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class ContextNode(Node):
    """`{key: value, ...}`."""

    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class RangeNode(Node):
    """`[low..high]`, `(low..high]` and so on; `1..10` after `in` is closed at both ends."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class NamedArgument(Node):
    """`name: value` among the arguments of a call."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(args)` or `function(name: value, ...)`: one of `args` and `named` is empty. `not(x)` is a call."""

    function: Node
    args: tuple[Node, ...]
    named: tuple[NamedArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A formal parameter; `type` is null where the author gave none."""

    name: str
    type: Type | None


@dataclass(frozen=True, slots=True)
class FunctionNode(Node):
    """`function(a, b: number) body`; an `external` body is read and refused when it is called."""

    parameters: tuple[Parameter, ...]
    body: Node
    external: bool = False


def children(node: Node) -> Iterator[Node]:
    """Yield the direct subexpressions of `node` in source order."""
    kind = type(node)
    names = _PARTS.get(kind)
    if names is None:
        names = _PARTS[kind] = tuple(spec.name for spec in fields(kind) if spec.name not in _PLACES)
    for name in names:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Node))


_PLACES = frozenset(spec.name for spec in fields(Node))
_PARTS: dict[type[Node], tuple[str, ...]] = {}  # of each kind of node, the members that can hold others


def walk(node: Node) -> Iterator[Node]:
    """Yield `node` and everything below it, parents first, without recursion."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))
