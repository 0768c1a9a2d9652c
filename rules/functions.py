"""What an author defines beside rules, for rules to call: decision tables (`tables.x(…)`) and `definitions.x(…)`.

Both are functions of their arguments and of the dated parameters alone. They never read a fact by themselves: what a rule
looks at stands in the rule, and its sources and places can be read off its own text.
"""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from rules.model import Frozen, LegalBasis, Period, Text

HitPolicyName = Literal["U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#"]
NAME = r"^[a-z][a-z0-9_]{0,59}$"
MAX_ROWS = 1000  # of one table; a reader of law does not follow more, and a match looks at every row
MAX_COLUMNS = 30


class TableColumn(Frozen):
    """An input or output of a table; `values` are unary tests that list what is allowed, for P and O by priority."""

    name: str = Field(pattern=NAME)
    type: str = Field(min_length=1, max_length=200)
    values: str | None = Field(default=None, min_length=1)


class Row(Frozen):
    """One row: a unary test for every input, an expression for every output, and what it is about."""

    when: tuple[str, ...]
    then: tuple[str, ...]
    note: Text | None = None


class Table(Frozen):
    """One edition of a decision table (DMN 1.5, clause 8); editions of one id follow each other in time."""

    id: str = Field(pattern=NAME)
    title: Text
    basis: tuple[LegalBasis, ...] = Field(min_length=1)
    in_force: Period
    last_checked_on: date
    hit_policy: HitPolicyName
    inputs: tuple[TableColumn, ...] = Field(min_length=1, max_length=MAX_COLUMNS)
    outputs: tuple[TableColumn, ...] = Field(min_length=1, max_length=MAX_COLUMNS)
    default: tuple[str, ...] | None = None
    rows: tuple[Row, ...] = Field(min_length=1, max_length=MAX_ROWS)


class FormalParameter(Frozen):
    """A parameter of a definition: its name, and a FEEL type or a record of facts.yaml."""

    name: str = Field(pattern=NAME)
    type: str = Field(min_length=1, max_length=200)


class Definition(Frozen):
    """A named expression over its parameters, the dated parameters, tables and other definitions."""

    id: str = Field(pattern=NAME)
    title: Text
    parameters: tuple[FormalParameter, ...] = Field(max_length=MAX_COLUMNS)
    type: str | None = Field(default=None, min_length=1, max_length=200)
    expression: str = Field(min_length=1)
    basis: tuple[LegalBasis, ...] = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        names = [parameter.name for parameter in self.parameters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"the parameter {twice[0]!r} stands twice"
            raise ValueError(message)
        return self
