"""Why a decision table has no answer: the words that both ways of evaluating it share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rules.feel.builtins.conversion import write
from rules.feel.errors import Problem
from rules.feel.table_model import Column, DecisionTable, TableError


class Failure(Exception):  # noqa: N818 never leaves the evaluation of a table: it carries the error to the answer
    """Ends the evaluation of a table with an error for its answer."""

    def __init__(self, error: TableError) -> None:
        super().__init__(error)
        self.error = error

    @classmethod
    def count(cls, table: DecisionTable) -> "Failure":
        """Say that there are too few or too many inputs."""
        return cls(TableError(f"{len(table.inputs)} inputs are asked for", table.name, "inputs"))

    @classmethod
    def not_allowed(
        cls, table: DecisionTable, column: Column, value: Any, part: str, place: Mapping[str, Any]
    ) -> "Failure":
        """Say that a value is none of those that its column allows."""
        shown = "null" if value is None else write(value)[:60]
        message = f"{shown} is not one of the allowed values {column.values_source}"
        return cls(TableError(message, table.name, part, **place))

    @classmethod
    def null_result(cls, table: DecisionTable, part: str, place: Mapping[str, Any]) -> "Failure":
        """Say that a result which its author did not write as null is null."""
        return cls(TableError("the result is null", table.name, part, **place))

    @classmethod
    def violated(cls, table: DecisionTable, places: Iterable[int], why: str) -> "Failure":
        """Say that rows (from 0) match together although the hit policy forbids it."""
        rows = [place + 1 for place in places]
        message = f"rows {' and '.join(map(str, rows))} match: {why}"
        return cls(TableError(message, table.name, "hit_policy", row=rows[0]))

    @classmethod
    def undecided(cls, table: DecisionTable, places: Sequence[int]) -> "Failure":
        """Say that nobody can tell whether rows (from 0) match, and that it matters."""
        rows = [place + 1 for place in places]
        message = f"it cannot be said whether row {' or '.join(map(str, rows))} matches"
        return cls(TableError(message, table.name, "rows", row=rows[0], side="when"))

    @classmethod
    def not_a_number(cls, table: DecisionTable, row: int, value: Any) -> "Failure":
        """Say that the result of a row (from 1) cannot be aggregated."""
        shown = "null" if value is None else write(value)[:60]
        message = f"{shown} is not a number, and {table.hit_policy.value} needs numbers"
        clause = table.outputs[0].name
        return cls(TableError(message, table.name, "rows", row=row, side="then", clause=clause, position=0))


def told(error: TableError, problems: Sequence[Problem]) -> TableError:
    """Return the error with the problems that the cells met on the way."""
    if not problems:
        return error
    reasons = "; ".join(dict.fromkeys(problem.message for problem in problems))
    return TableError(
        f"{error.message} ({reasons[:300]})",
        error.table,
        error.part,
        row=error.row,
        side=error.side,
        clause=error.clause,
        position=error.position,
    )
