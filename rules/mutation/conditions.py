"""What the cases of a rule must show: each condition deciding both ways, each ordered comparison at its boundary.

A condition is a boolean expression without `and`, `or`, `not`, `if` or a loop inside it that is itself a condition:
also those in the bodies of loops, in filters and in the branches of `if`. The rule is instrumented for `engine.coverage`:
each condition, and each side of an ordered comparison, is passed through a function that the scope provides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rules import feel
from rules.feel import tree as t
from rules.load import RuleBook
from rules.mutation.model import Ids, edition
from rules.mutation.places import Places
from rules.mutation.positions import Scope, Spot, put, spots
from rules.mutation.text import written_node
from rules.typed import TypedRule

_CONDITION, _LEFT, _RIGHT = "‽c", "‽l", "‽r"  # no author can write these names
_BOTH_ENDS: Final = ((">=", "low"), ("<=", "high"))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that must be seen to decide. `sources` can leave it unknown by not answering."""

    ids: tuple[str, str, str]  # decides as true, as false, as unknown
    text: str
    file: str
    line: int
    column: int
    probe: str
    sources: frozenset[str]
    spot: Spot = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limit:
    """An ordered comparison. `on` and `beyond` are the ids of its two questions: equality, and one step past it."""

    ids: tuple[str, str]
    op: str
    left: str
    right: str
    file: str
    line: int
    column: int
    probes: tuple[str, str]
    factor: t.Node | None  # one step of a product is its constant factor
    spot: Spot = field(repr=False)

    @property
    def step_up(self) -> bool:
        """Tell whether the left side lies above the right one just beyond the boundary."""
        return self.op in {"<=", ">"}


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions about one rule, and its two conditions with the probes in place."""

    rule: TypedRule
    conditions: tuple[Condition, ...]
    limits: tuple[Limit, ...]
    applies: t.Node
    holds: t.Node


def questions_of(typed: TypedRule, book: RuleBook, scope: Scope, places: Places) -> Questions:
    """Return what the cases of a rule must show."""
    ids = Ids()
    conditions: list[Condition] = []
    limits: list[Limit] = []
    roots: list[t.Node] = []
    for key, root in (("applies_when", typed.applies), ("holds_when", typed.holds)):
        found = list(spots(root, scope))
        wraps: dict[tuple[tuple[str, int | None], ...], list[str]] = {}
        for spot in found:
            place = places.at(typed.rule, (key,), spot.node.line, spot.node.column)
            text = written_node(spot.node)
            if is_condition(spot):
                probe = f"{_CONDITION}{len(conditions)}"
                wraps.setdefault(spot.path, []).append(probe)
                given = [ids.give(typed.rule.id, edition(typed.rule), key, "decides", text, value)
                         for value in ("true", "false", "unknown")]  # fmt: skip
                conditions.append(Condition((given[0], given[1], given[2]), text, place.file, place.line, place.column,
                                            probe, _sources(spot, book), spot))  # fmt: skip
            for op, left, right in _ends(spot):
                probes = (f"{_LEFT}{len(limits)}", f"{_RIGHT}{len(limits)}")
                for path, probe in zip((left.path, right.path), probes, strict=True):
                    wraps.setdefault(path, []).append(probe)
                words = (written_node(left.node), op, written_node(right.node))
                given = [ids.give(typed.rule.id, edition(typed.rule), key, "boundary", *words, where)
                         for where in ("on", "beyond")]  # fmt: skip
                limits.append(Limit((given[0], given[1]), op, words[0], words[2], place.file, place.line, place.column,
                                    probes, _factor(left.node) or _factor(right.node), spot))  # fmt: skip
        roots.append(_wrapped(root, [spot.path for spot in found], wraps))
    return Questions(typed, tuple(conditions), tuple(limits), roots[0], roots[1])


def is_condition(spot: Spot) -> bool:
    """Tell whether a spot is a condition of its own, not one made of others or the same always."""
    node = spot.node
    if not spot.condition or isinstance(node, t.And | t.Or | t.If | t.BooleanLiteral | t.NullLiteral):
        return False
    if isinstance(node, t.Call) and node.function == t.Name("not"):
        return False
    return not isinstance(node, t.Every | t.Some) or isinstance(node.body, t.BooleanLiteral)


def _ends(spot: Spot) -> Iterator[tuple[str, Spot, Spot]]:
    node = spot.node
    if isinstance(node, t.Compare) and node.op not in {"=", "!="}:
        yield node.op, _part(spot, "left"), _part(spot, "right")
    elif isinstance(node, t.Between):
        for op, end in _BOTH_ENDS:
            yield op, _part(spot, "value"), _part(spot, end)
    elif isinstance(node, t.In) and len(node.tests) == 1 and isinstance(node.tests[0], t.RangeNode):
        bounds = Spot((*spot.path, ("tests", 0)), node.tests[0], spot.scope, condition=False, parent=node)
        yield ">=" if node.tests[0].low_closed else ">", _part(spot, "value"), _part(bounds, "low")
        yield "<=" if node.tests[0].high_closed else "<", _part(spot, "value"), _part(bounds, "high")


def _part(spot: Spot, name: str) -> Spot:
    return Spot((*spot.path, (name, None)), getattr(spot.node, name), spot.scope, condition=False, parent=spot.node)


def _factor(node: t.Node) -> t.Node | None:
    """Return the constant factor of a product: its value moves in steps of that."""
    if not isinstance(node, t.Arithmetic) or node.op != "*":
        return None
    for part in (node.right, node.left):
        if isinstance(part, t.NumberLiteral) or (isinstance(part, t.Path) and part.source == t.Name("parameters")):
            return part
    return None


def _wrapped(root: t.Node, paths: list[tuple[tuple[str, int | None], ...]], wraps: dict[tuple[tuple[str, int | None], ...], list[str]]) -> t.Node:  # fmt: skip
    """Put the probes in, innermost first: a path stays true while only what lies below it has changed."""
    for path in reversed(paths):
        for probe in reversed(wraps.get(path, [])):
            root = put(root, path, t.Call(t.Name(probe), (_at(root, path),)))
    return root


def _at(root: t.Node, path: tuple[tuple[str, int | None], ...]) -> t.Node:
    for name, index in path:
        value = getattr(root, name)
        root = value if index is None else value[index]
    return root


def _sources(spot: Spot, book: RuleBook) -> frozenset[str]:
    """Return the sources whose silence can leave a condition unknown; `x = null` is known always."""
    node = spot.node
    if isinstance(node, t.Compare) and isinstance(node.right, t.NullLiteral):
        return frozenset()
    for around in reversed(spot.around):
        if isinstance(around, t.Filter):
            node = t.Filter(around.source, node)
        elif isinstance(around, t.Every | t.Some | t.For):
            node = t.For(around.bindings, node)
    found = {book.facts.source_of(path) for path in feel.paths(book.functions.read_through(node))}
    return frozenset(name for name in found if name is not None)
