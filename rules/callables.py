"""The functions of a rule set as FEEL values, once for each evaluator: compiled closures, or the walk over the text.

The two share the parsed trees and nothing else, as the evaluators themselves do. A function sees its arguments, the
dated parameters and the other functions; it does not depend on an application, so it is made once for a rule set.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules import feel
from rules.feel.conform import FAILED, coerce
from rules.feel.limits import call_within_limits
from rules.feel.table import compile_table, table_function
from rules.feel.tree import Node
from rules.feel.types import ContextType, ListType, Type
from rules.typed_functions import TypedDefinition, TypedTable
from rules.working_days import NOTHING_PUBLISHED, Calendar, working_day_functions

Scope = Mapping[str, Any]
Evaluating = Callable[[Scope], Any]


def compiled_functions(
    parameters: Scope,
    tables: Sequence[TypedTable],
    definitions: Sequence[TypedDefinition],
    calendar: Calendar = NOTHING_PUBLISHED,
) -> dict[str, Any]:
    """Return the contexts `tables` and `definitions`, and the functions of working days, for the network's atoms.

    Everything is compiled to closures; what no calendar is given for is null.
    """
    scope = _scope(parameters, calendar)
    for table in tables:
        scope["tables"][table.table.id] = table_function(table.core, scope, answering=compile_table(table.core))
    for definition in definitions:
        scope["definitions"][definition.definition.id] = _function(
            definition, scope, feel.compile_node(definition.body)
        )
    return _without_parameters(scope)


def interpreted_functions(
    parameters: Scope,
    tables: Sequence[TypedTable],
    definitions: Sequence[TypedDefinition],
    calendar: Calendar = NOTHING_PUBLISHED,
) -> dict[str, Any]:
    """Return the same for the reference evaluator: every call of a table or definition walks the text."""
    scope = _scope(parameters, calendar)
    for table in tables:
        scope["tables"][table.table.id] = table_function(table.core, scope)
    for definition in definitions:
        scope["definitions"][definition.definition.id] = _function(definition, scope, _walked(definition.body))
    return _without_parameters(scope)


def _scope(parameters: Scope, calendar: Calendar) -> dict[str, Any]:
    working_days = working_day_functions(calendar).functions
    return {**working_days, "parameters": dict(parameters), "tables": {}, "definitions": {}}


def _without_parameters(scope: Scope) -> dict[str, Any]:
    return {name: value for name, value in scope.items() if name != "parameters"}


def _walked(body: Node) -> Evaluating:
    return lambda scope: feel.interpret(body, scope)


def _function(typed: TypedDefinition, scope: Scope, run: Evaluating) -> feel.Function:
    names, types = typed.type.names, typed.type.parameters
    checked = tuple(not isinstance(wanted, ContextType | ListType) for wanted in types)

    def call(values: Sequence[Any]) -> Any:
        if len(values) != len(names):
            return None
        inner = dict(scope)
        for name, value, wanted, check in zip(names, values, types, checked, strict=True):
            # Records are typed where the call stands; looking through a whole person at every call would cost too much.
            inner[name] = _taken(value, wanted) if check else value
            if inner[name] is FAILED:
                return None
        return call_within_limits(lambda: run(inner))

    return feel.Function(names, types, call, typed.definition.id)


def _taken(value: Any, wanted: Type) -> Any:
    return value if value is None else coerce(value, wanted)
