"""Where a rule is broken or cannot be established yet, what was observed there, and the sentences that say so.

What a rule needs for it is lowered to Python the first time that the rule has something to say (`rules.feel.lowering`):
most rules of a decision have not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.model import Place, Result
from engine.observed import observed
from engine.remembered import once_each
from engine.table_rows import rows_seen
from rules import feel
from rules.feel.table import Answer, Answering, DecisionTable, interpret_table
from rules.feel.tree import Filter, Name, Node, Path
from rules.model import Text
from rules.template import Template
from rules.typed import TypedRule

MAX_PLACES = 200  # of one rule; above what the forms can hold, so that one notice names every defect

Values = Callable[[dict[str, Any]], list[Any]]


class Telling:
    """The places of one rule; see `places`."""

    def __init__(self, rule: TypedRule, parameters: Mapping[str, Any]) -> None:
        self._rule = rule
        self._texts = (rule.at, rule.notice.zh, rule.notice.en, rule.remedy.zh, rule.remedy.en)
        expressions = [node for text in self._texts for node in text.expressions]
        self._values = feel.lower(expressions, {"parameters": parameters})
        witness = rule.witness
        self._body = None if witness is None else feel.lower([witness.body], {"parameters": parameters})
        self._paths = tuple(sorted(rule.paths))
        self._answering = {one.table.id: _answering(one.core) for one in rule.tables}
        self._loop = None if witness is None else _loop_path(witness.elements)

    def places(self, result: Result, scope: dict[str, Any]) -> Iterator[Place]:
        """Yield every place where the rule has this result: elements of its loop, or else one place for the whole."""
        witness, found = self._rule.witness, False
        if witness is not None and self._body is not None:
            wanted = witness.broken_when if result is Result.VIOLATED else None
            inside = dict(scope)
            for element in _elements(witness.elements, scope):
                inside[witness.variable] = element
                if self._body(inside)[0] is wanted:
                    seen = observed(self._paths, scope, self._loop, element)
                    yield self._place(
                        result, inside, {**seen, **rows_seen(self._rule, witness.body, inside, self._answering)}
                    )
                    found = True
        if not found:
            # With a loop the whole list is in question, not one element of it: the place is the list.
            at = None if witness is None else "/" + "/".join(self._loop) if self._loop else ""
            seen = {**observed(self._paths, scope), **rows_seen(self._rule, self._rule.holds, scope, self._answering)}
            yield self._place(result, scope, seen, at=at)

    def _place(self, result: Result, scope: dict[str, Any], seen: dict[str, Any], *, at: str | None = None) -> Place:
        # The values of all expressions in the order of the texts: each text takes those that stand in it.
        values = iter(self._values(scope))
        pointer, *said = [_filled(text, values) for text in self._texts]
        pointer = pointer if at is None else at
        if result is Result.VIOLATED:
            notice, remedy = Text(zh=said[0] or "—", en=said[1] or "—"), Text(zh=said[2] or "—", en=said[3] or "—")
            return Place(pointer, seen, notice, remedy)
        title = self._rule.rule.title
        notice = Text(zh=f"尚不能核实：{title.zh}", en=f"Not established yet: {title.en}")
        return Place(pointer, seen, notice, _NOTHING_TO_DO)


_NOTHING_TO_DO = Text(
    zh="您无需补充材料，登记机关正在核实。", en="You need not supply anything; the registry is establishing it."
)


def _answering(table: DecisionTable) -> Answering:
    """Return the reference's way to ask a table; parameters and other tables are those of one rule set, so of one scope."""
    kept: list[Mapping[str, Any]] = []
    ask = once_each(lambda values: interpret_table(table, values, kept[0]))

    def answer(values: Sequence[Any], scope: Mapping[str, Any]) -> Answer:
        if not kept:
            kept.append(scope)
        found: Answer = ask(values)
        return found

    return answer


def _filled(template: Template, values: Iterator[Any]) -> str:
    return template.fill({}, lambda _node, _scope: next(values))


def _elements(node: Node, scope: Mapping[str, Any]) -> Iterable[Any]:
    elements = _listed(node, scope)
    if elements is None:
        return ()
    return elements[:MAX_PLACES] if isinstance(elements, list) else (elements,)


def _listed(node: Node, scope: Mapping[str, Any]) -> Any:
    """Return what a loop runs over; a list that stands in the facts is taken as it is, without looking through it."""
    steps: list[str] = []
    rest = node
    while isinstance(rest, Path):
        steps.append(rest.name)
        rest = rest.source
    if not isinstance(rest, Name):
        return _walked(node, scope)
    value: Any = scope
    for step in (rest.name, *reversed(steps)):
        if not isinstance(value, dict) or step not in value:
            return _walked(node, scope)
        value = value[step]
    return value


def _walked(node: Node, scope: Mapping[str, Any]) -> Any:
    try:
        return feel.interpret(node, scope)
    except feel.FeelDepthError:
        raise
    except feel.FeelError:
        return None  # beyond a limit of the language: nobody can say


def _loop_path(node: Node) -> tuple[str, ...] | None:
    """Return the path of the list that a loop runs over; filters on the way do not change where it is."""
    steps: list[str] = []
    while True:
        if isinstance(node, Filter):
            node = node.source
        elif isinstance(node, Path):
            steps.append(node.name)
            node = node.source
        elif isinstance(node, Name):
            return (node.name, *reversed(steps))
        else:
            return None
