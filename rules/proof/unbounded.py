"""When a proof over short lists holds for lists of any length.

Take a counterexample with long lists. The claim fails because of a few entries; the conditions that the proof used stay
true when entries are left out (`every …`, `not(some …)`), save for the few that they name (`some …`, `list contains`).
Leave all other entries out: the conditions still hold, the claim still fails, and the lists are short. So where no short
counterexample exists there is none at all. Conditions that count or filter entries are not of this kind.
"""

from collections.abc import Iterable

from rules.fact_schema import FactSchema
from rules.feel.tree import And, Call, Compare, Every, If, Name, Node, NullLiteral, Or, Path, Some, children, walk


def list_names(schema: FactSchema) -> frozenset[str]:
    """Return every name that stands for a list somewhere in the facts."""
    return frozenset(
        name for members in schema.records.values() for name, kind in members.items() if str(kind).startswith("list<")
    )


def reason_against(kept: Iterable[tuple[Node, Node]], claim: Node, lists: frozenset[str], bound: int) -> str | None:
    """Return why a proof reaches no further than its lists; null where it reaches lists of any length.

    `kept` are the conditions used, as (applies, holds); `claim` is what was shown to be true.
    """
    needs = [_needed(claim, lists, "not true")]
    for applies, holds in kept:
        parts = (_needed(applies, lists, "true"), _needed(holds, lists, "true"))
        apart = _needed(applies, lists, "false")
        if apart is None or None in parts:
            needs.append(None)
        else:
            needs.append(max(apart, sum(part or 0 for part in parts)))
    if None in needs:
        return "a condition counts entries, or looks at them in a way not understood here"
    if sum(need or 0 for need in needs) > bound:
        return "more entries could matter together than were tried"
    return None


_OPPOSITE = {"true": "false", "false": "true", "not true": "not false", "not false": "not true"}


def _needed(node: Node, lists: frozenset[str], stays: str) -> int | None:  # noqa: PLR0911 (one for each construct)
    """Return how many entries must be kept for the condition to stay as it is; null where nobody can say.

    `stays` is "true", "false", "not true" or "not false": what must survive when all other entries are left out.
    """
    if not _mentions(node, lists) or _asks_for_null(node):
        return 0
    universal = stays in {"true", "not false"}  # a conjunction stays so by all of its parts, a disjunction by one
    match node:
        case And(left, right) | Or(left, right):
            parts = [_needed(left, lists, stays), _needed(right, lists, stays)]
            if None in parts:
                return None
            numbers = [part or 0 for part in parts]
            return sum(numbers) if isinstance(node, And) == universal else max(numbers)
        case Call(Name("not"), (operand,), ()):
            return _needed(operand, lists, _OPPOSITE[stays])
        case Call(Name("list contains"), (source, _), ()) if not _computed(source):
            return 1 if universal else 0
        case If(condition, then, otherwise) if not _mentions(condition, lists):
            parts = [_needed(then, lists, stays), _needed(otherwise, lists, stays)]
            return None if None in parts else max(part or 0 for part in parts)
        case Every(bindings, body) | Some(bindings, body) if not any(_computed(one.source) for one in bindings):
            inner = _needed(body, lists, stays)
            witnesses = len(bindings) if isinstance(node, Some) == universal else 0
            return None if inner is None else witnesses + inner
    return None


def _asks_for_null(node: Node) -> bool:
    return isinstance(node, Compare) and NullLiteral() in (node.left, node.right) and node.op in {"=", "!="}


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
        pending.extend(children(part))
    return False
