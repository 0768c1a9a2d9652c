"""A second way to evaluate: many expressions lowered to one straight-line Python function.

The reference evaluator of a rule set needs speed and must not share control logic or operators with the closures of
`compile.py`. This is a different technique: all expressions of a rule set become the text of one Python function,
which Python compiles. What a fast path in that text does not settle goes to the walker's own operators
(`interpret_operators`, `interpret_arithmetic`). An expression that uses more of the language than is lowered here is
walked as it is, and so is everything when a value turns up that was not foreseen: the meaning is that of `interpret`,
which tests hold against it.

Problems are not noted here; who wants to know why something is null interprets it inside `collecting()`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.feel import tree as t
from rules.feel.builtins import REGISTRY
from rules.feel.errors import FeelDepthError, FeelError
from rules.feel.interpret import interpret
from rules.feel.limits import MAX_STEPS, weight
from rules.feel.lower_calls import BeyondError
from rules.feel.lower_nodes import BINDERS, CALLS, EMITTERS, LOOPS, Lowering

Scope = Mapping[str, Any]
MAX_NESTED = 6  # loops inside each other


def lower(nodes: Sequence[t.Node], constants: Mapping[str, Any]) -> Callable[[dict[str, Any]], list[Any]]:
    """Return a function from a scope to the values of `nodes`; None where one is beyond a limit of the language.

    `constants` are names with the values that they have in every scope (parameters of a rule set).
    """
    lowered = Lowering(constants)
    walked: list[tuple[int, t.Node]] = []
    returned: list[str] = []
    for index, node in enumerate(nodes):
        native = is_lowered(node, frozenset(), 0)
        returned.append(lowered.emit(node, {}).text if native else "None")
        if not native:
            walked.append((index, node))
    fast = lowered.function(returned, _longest(nodes))
    shadowed = frozenset(lowered.functions)

    def run(scope: dict[str, Any]) -> list[Any]:
        try:
            values = fast(scope) if shadowed.isdisjoint(scope) else None
        except FeelDepthError:
            raise
        except (BeyondError, FeelError):
            values = None
        if values is None:
            return [_walked(node, scope) for node in nodes]
        for index, node in walked:
            values[index] = _walked(node, scope)
        return values

    return run


def _walked(node: t.Node, scope: Scope) -> Any:
    try:
        return interpret(node, scope)
    except FeelDepthError:
        raise
    except FeelError:
        return None


def _longest(nodes: Sequence[t.Node]) -> int:
    """Return how long lists may be so that no expression can come near its allowance of steps, which is not counted."""
    longest = MAX_STEPS
    for node in nodes:
        loops, depth = sum(isinstance(one, LOOPS) for one in t.walk(node)), _depth(node)
        if loops:
            longest = min(longest, int((MAX_STEPS / (2 * loops * weight(node))) ** (1 / depth)))
    return longest


def _depth(node: t.Node) -> int:
    return isinstance(node, LOOPS) + max((_depth(child) for child in t.children(node)), default=0)


def is_lowered(node: t.Node, bound: frozenset[str], loops: int) -> bool:
    """Tell whether every part of `node` is lowered; `bound` are the names of loops around it."""
    if isinstance(node, BINDERS):
        binding = node.bindings[0]
        plain = len(node.bindings) == 1 and not isinstance(binding.source, t.RangeNode) and loops < MAX_NESTED
        plain = plain and not (isinstance(node, t.For) and t.Name("partial") in set(t.walk(node.body)))
        inside = bound | {binding.name}
        return plain and is_lowered(binding.source, bound, loops) and is_lowered(node.body, inside, loops + 1)
    if isinstance(node, t.Filter):
        plain = _is_truth(node.condition) and loops < MAX_NESTED and not any(
            isinstance(part, t.Filter) for part in t.walk(node.condition)
        )  # fmt: skip
        inside = bound | {"item"}
        return plain and is_lowered(node.source, bound, loops) and is_lowered(node.condition, inside, loops + 1)
    if isinstance(node, t.Call):
        if isinstance(node.function, t.Path):  # a function of the rule set, such as a decision table
            known = is_lowered(node.function, bound, loops)
        else:
            known = (
                not node.named and isinstance(node.function, t.Name) and (node.function.name, len(node.args)) in CALLS
            )
        return known and all(is_lowered(arg, bound, loops) for arg in (*node.args, *(one.value for one in node.named)))
    if isinstance(node, t.Arithmetic) and node.op == "**":
        return False  # it takes many steps, which the walker counts
    if isinstance(node, t.Name):
        return node.name in bound or (node.name not in REGISTRY and node.name != "?")
    return type(node) in EMITTERS and all(is_lowered(child, bound, loops) for child in t.children(node))


def _is_truth(node: t.Node) -> bool:
    """Tell whether `node` can only be true, false or null."""
    negation = isinstance(node, t.Call) and node.function == t.Name("not")
    return negation or isinstance(node, t.And | t.Or | t.Compare | t.Some | t.Every)
