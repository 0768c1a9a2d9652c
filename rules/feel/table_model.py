"""The shapes of decision tables: as written, as read, their faults and their answers. Import them from table.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.feel.errors import FeelError
from rules.feel.table_policy import HitPolicy
from rules.feel.tree import Node, UnaryTests
from rules.feel.types import NUMBER, ContextType, FunctionType, ListType, Type


@dataclass(frozen=True, slots=True)
class Clause:
    """A column as its author writes it: a name, a FEEL type such as `list<string>`, allowed values as unary tests."""

    name: str
    type: str
    values: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as its author writes it: one unary test an input, one expression an output."""

    when: Sequence[str]
    then: Sequence[str]


class TableError(FeelError):
    """One fault of a table, or why it has no answer; `line` and `column` are those inside the cell's text, from 1.

    `row` counts from 1 and is 0 outside the rows. `part` is "name", "hit_policy", "inputs", "outputs", "default" or
    "rows"; in rows `side` is "when" or "then". `position` counts columns of that part from 0; -1 where none is meant.
    """

    def __init__(  # the place of a fault in a table simply has this many parts
        self, message: str, table: str, part: str, *, row: int = 0, side: str = "", clause: str = "",
        position: int = -1, cause: FeelError | None = None,
    ) -> None:  # fmt: skip
        line, column = (cause.line, cause.column) if cause else (0, 0)
        super().__init__(message, line, column, cause.suggestion if cause else None)
        self.table = table
        self.part = part
        self.row = row
        self.side = side
        self.clause = clause
        self.position = position

    def __str__(self) -> str:
        place = f'table "{self.table}"'
        place += f", row {self.row}" if self.row else ", default" if self.part == "default" else ""
        place += f", column {self.clause}" if self.clause else ""
        place += f", line {self.line}, column {self.column}" if self.line else ""
        return f"{place}: {self.message}" + (f" ({self.suggestion})" if self.suggestion else "")


class TableReadError(FeelError):
    """All faults that keep a table from being read; `errors` has one `TableError` or more."""

    def __init__(self, errors: Sequence[TableError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Column:
    """A column, read: `values` are its allowed values, or null for all of its type.

    `takes_null` tells, of an input, whether null is a value like others; elsewhere a null input is not known.
    """

    name: str
    type: Type
    values: UnaryTests | None
    values_source: str = field(default="", compare=False)
    takes_null: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row, read; `number` counts from 1."""

    number: int
    when: tuple[UnaryTests, ...]
    then: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A table, read and typed; `default` is null where there is none, and empty for the empty list."""

    name: str
    hit_policy: HitPolicy
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    default: tuple[Node, ...] | None

    @property
    def result(self) -> Type:
        """Return the type of the answer."""
        if self.hit_policy.is_aggregation:
            return NUMBER
        one = self.outputs[0].type
        if len(self.outputs) > 1:
            one = ContextType({output.name: output.type for output in self.outputs})
        return ListType(one) if self.hit_policy.is_list else one

    @property
    def type(self) -> FunctionType:
        """Return the type of the table as a function of its inputs."""
        names = tuple(column.name for column in self.inputs)
        return FunctionType(tuple(column.type for column in self.inputs), self.result, names)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a table says for some inputs.

    `matched` are the numbers of all rows that match, by row order (for F, which looks no further, the first alone);
    `undecided` are those of rows that can be neither matched nor ruled out. `error` is why the value is null.
    """

    value: Any
    matched: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()
    defaulted: bool = False
    error: TableError | None = None


Answering = Callable[[Sequence[Any], Mapping[str, Any]], Answer]
"""From the values of the inputs, in their order, and the scope of names that cells may use besides, to the answer."""
