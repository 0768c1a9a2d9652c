"""A decision table as a FEEL function, so that expressions call it by a path such as `tables.fees(method)`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.feel.errors import note
from rules.feel.limits import call_within_limits
from rules.feel.table_interpret import interpret_table
from rules.feel.table_model import Answer, Answering, DecisionTable
from rules.feel.values import Function

Seen = Callable[[DecisionTable, Sequence[Any], Answer], None]


def table_function(
    table: DecisionTable,
    scope: Mapping[str, Any] | None = None,
    *,
    answering: Answering | None = None,
    seen: Seen | None = None,
) -> Function:
    """Return the table as a function of its inputs; why it gives null is a `Problem` inside `collecting()`.

    `scope` has the other names that its cells use. `answering` is `compile_table(table)`, made once, for the compiled
    way; without it the reference evaluator answers. `seen` is told each call, its inputs and its answer (for traces).
    """
    names = tuple(column.name for column in table.inputs)
    kept = scope or {}

    def call(values: Sequence[Any]) -> Any:
        def run() -> Answer:
            return answering(values, kept) if answering else interpret_table(table, values, kept)

        answer = call_within_limits(run)
        if seen is not None:
            seen(table, values, answer)
        if answer.error is not None:
            note(str(answer.error))
        return answer.value

    return Function(names, tuple(column.type for column in table.inputs), call, table.name)
