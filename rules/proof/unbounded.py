"""When a proof over short lists holds for lists of any length.

Take a counterexample with long lists. The claim fails because of a few entries; the conditions that the proof used stay
true when entries are left out (`every …`, `not(some …)`), save for the few that they name (`some …`, `list contains`).
Leave all other entries out: the conditions still hold, the claim still fails, and the lists are short. So where no short
counterexample exists there is none at all. Conditions that count or filter entries are not of this kind, nor those that
want an entry for each entry (`every … satisfies some …`): each one kept could call for another.

Some records stand for entries of one list (a shareholder is one of the people). That list needs an entry for each such
record that the conditions name, and one for each entry kept elsewhere that holds one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from rules.fact_schema import FactSchema
from rules.feel.tree import (
    And,
    Call,
    Compare,
    Every,
    If,
    Name,
    Node,
    NullLiteral,
    Or,
    Path,
    Some,
    StringLiteral,
    children,
    walk,
)  # fmt: skip
from rules.proof.space_rules import SpaceRules
from rules.typed_functions import TypedDefinition, TypedTable

Needed = Counter[str]  # entries that must be kept, by the last name of the list


def list_names(schema: FactSchema) -> frozenset[str]:
    """Return every name that stands for a list somewhere in the facts."""
    return frozenset(
        name for members in schema.records.values() for name, kind in members.items() if str(kind).startswith("list<")
    )


def reason_against(
    kept: Iterable[tuple[Node, Node]], claim: Node, schema: FactSchema, given: SpaceRules,
    functions: Sequence[TypedTable | TypedDefinition] = (),
) -> str | None:  # fmt: skip
    """Return why a proof reaches no further than its lists; null where it reaches lists of any length.

    `kept` are the conditions used, as (applies, holds); `claim` is what was shown to be true. `functions` are the tables
    and definitions that they can call.
    """
    conditions = list(kept)
    records = _Linked(schema, given)
    lists = list_names(schema)
    lists |= _opaque(functions, lists | frozenset(records.single))
    needs = [_needed(claim, lists, "not true")]
    for applies, holds in conditions:
        apart = _needed(applies, lists, "false")
        first, second = _needed(applies, lists, "true"), _needed(holds, lists, "true")
        needs.append(None if apart is None or first is None or second is None else apart | (first + second))
    total: Needed = Counter()
    for need in needs:
        if need is None:
            return "a condition counts entries, or looks at them in a way not understood here"
        total += need
    total = records.with_linked(total, [claim, *(node for pair in conditions for node in pair)])
    if any(number > _tried(name, given) for name, number in total.items()):
        return "more entries could matter together than were tried"
    return None


def _tried(name: str, given: SpaceRules) -> int:
    """Return how many entries of a list were tried at least, by the last name of the list."""
    named = [bound for place, bound in given.entries.items() if place.rpartition(".")[2] == name]
    # A bound with a record's name is that record's; a list of the same name elsewhere has the default.
    qualified = any("." in place and place.rpartition(".")[2] == name for place in given.entries)
    return min([*named, given.entries["default"]]) if qualified or not named else min(named)


class _Linked:
    """Which facts hold records that stand for entries of one list, and how many each."""

    def __init__(self, schema: FactSchema, given: SpaceRules) -> None:
        self.schema = schema
        self.record, self.target = given.linked or ("", "")
        facts = schema.records.get("facts", {})
        self.single = {name: number for name, kind in facts.items() if (number := self._held(str(kind)))}

    def _held(self, kind: str, around: tuple[str, ...] = ()) -> int:
        """Return how many linked records a value of this type holds; entries of its lists are counted where kept."""
        name = kind.removesuffix("?")
        if self.record and name == self.record:
            return 1
        members = self.schema.records.get(name, {}) if name not in around else {}
        return sum(self._held(str(member), (*around, name)) for member in members.values())

    def with_linked(self, needed: Needed, nodes: Iterable[Node]) -> Needed:
        """Add what the linked records of the kept entries, and those named in the conditions, need of their list."""
        if not self.record:
            return needed
        named = {part.name for node in nodes for part in walk(node) if isinstance(part, Name)} & set(self.single)
        own = sum(self.single[name] for name in named)
        held = sum(number * self._entry_holds(name) for name, number in needed.items() if name != self.target)
        return needed + Counter({self.target: own + held})

    def _entry_holds(self, name: str) -> int:
        kinds = [str(members[name]) for members in self.schema.records.values() if name in members]
        return max(self._held(kind.removesuffix("?")[5:-1]) for kind in kinds if kind.startswith("list<"))


def _opaque(functions: Iterable[TypedTable | TypedDefinition], lists: frozenset[str]) -> frozenset[str]:
    """Name the functions whose own text looks at lists or at linked records, by themselves or through others."""
    texts: dict[str, list[Node]] = {}
    for one in functions:
        if isinstance(one, TypedDefinition):
            texts.setdefault(f"definitions.{one.definition.id}", []).append(one.body)
        else:
            cells = [cell for row in one.core.rows for cell in (*row.when, *row.then)]
            texts.setdefault(f"tables.{one.table.id}", []).extend([*cells, *(one.core.default or ())])
    found: frozenset[str] = frozenset()
    while more := {name for name, nodes in texts.items() if any(_mentions(n, lists | found) for n in nodes)} - found:
        found |= more
    return found


_OPPOSITE = {"true": "false", "false": "true", "not true": "not false", "not false": "not true"}


def _needed(node: Node, lists: frozenset[str], stays: str, *, each: bool = False) -> Needed | None:  # noqa: PLR0911 (one for each construct)
    """Return which entries must be kept for the condition to stay as it is; null where nobody can say.

    `stays` is "true", "false", "not true" or "not false": what must survive when all other entries are left out. With
    `each` the condition must survive for every entry that is kept, so it may ask only for entries of that one's own.
    """
    if not _mentions(node, lists) or _asks_for_null(node):
        return Counter()
    universal = stays in {"true", "not false"}  # a conjunction stays so by all of its parts, a disjunction by one
    match node:
        case And(left, right) | Or(left, right):
            first, second = (_needed(part, lists, stays, each=each) for part in (left, right))
            if first is None or second is None:
                return None
            return first + second if isinstance(node, And) == universal else first | second
        case Call(Name("not"), (operand,), ()):
            return _needed(operand, lists, _OPPOSITE[stays], each=each)
        case Call(Name("list contains"), (source, value), ()) if not _computed(source) and not _mentions(value, lists):
            return _needed_member(source, value, universal=universal, each=each)
        case If(condition, then, otherwise) if not _mentions(condition, lists):
            first, second = (_needed(part, lists, stays, each=each) for part in (then, otherwise))
            return None if first is None or second is None else first | second
        case Every(bindings, body) | Some(bindings, body) if not any(_computed(one.source) for one in bindings):
            witnessed = isinstance(node, Some) == universal
            if witnessed and each:
                return None
            inner = _needed(body, lists, stays, each=each or not witnessed)
            if inner is None or not witnessed:
                return inner
            return inner + Counter(_last(one.source) for one in bindings)
    return None


def _needed_member(source: Node, value: Node, *, universal: bool, each: bool) -> Needed | None:
    """Return what `list contains(source, value)` needs."""
    if not universal:
        return Counter()
    # One text in the list of each owner is one entry there; a text that differs by owner or by loop may be many.
    return Counter({_last(source): 1}) if not each or isinstance(value, StringLiteral) else None


def _last(source: Node) -> str:
    assert isinstance(source, Name | Path)
    return source.name


def _asks_for_null(node: Node) -> bool:
    if not isinstance(node, Compare) or node.op not in {"=", "!="}:
        return False
    sides = (node.left, node.right)
    # Which entry stands at a place, or what comes out of a computation, can change when entries are left out.
    return NullLiteral() in sides and all(side == NullLiteral() or not _computed(side) for side in sides)


def _computed(source: Node) -> bool:
    """Tell whether a list is more than a fact: a filter or a function of one."""
    return not all(isinstance(part, Name | Path) for part in walk(source))


def _mentions(node: Node, lists: frozenset[str]) -> bool:
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Path) and part.source == Name("parameters"):
            continue
        if isinstance(part, Name | Path) and part.name in lists:
            return True
        if isinstance(part, Path) and isinstance(part.source, Name) and f"{part.source.name}.{part.name}" in lists:
            return True
        pending.extend(children(part))
    return False
