"""FEEL, the expression language of DMN 1.5: parse, infer types, compile, interpret.

It stands alone: nothing here knows of rules, facts or applications. See README.md beside this file.
"""

from rules.feel.compile import compile_node
from rules.feel.errors import (
    FeelDepthError,
    FeelError,
    FeelLimitError,
    FeelSyntaxError,
    FeelTypeError,
    Problem,
    collecting,
)
from rules.feel.infer import infer
from rules.feel.interpret import interpret
from rules.feel.lowering import lower
from rules.feel.parse import parse, parse_unary_tests
from rules.feel.paths import paths
from rules.feel.temporal import DateTime, DaysTime, FarDate, Time, YearsMonths
from rules.feel.temporal_text import read_date, read_date_time, read_duration, read_time
from rules.feel.tree import And, Binding, Call, Every, Name, Node, Or, Some
from rules.feel.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DT_DURATION,
    NULL,
    NUMBER,
    STRING,
    TIME,
    YM_DURATION,
    ContextType,
    ListType,
    Type,
)
from rules.feel.values import Function, Range, from_python

__all__ = [
    "ANY",
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "DT_DURATION",
    "NULL",
    "NUMBER",
    "STRING",
    "TIME",
    "YM_DURATION",
    "And",
    "Binding",
    "Call",
    "ContextType",
    "DateTime",
    "DaysTime",
    "Every",
    "FarDate",
    "FeelDepthError",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "FeelTypeError",
    "Function",
    "ListType",
    "Name",
    "Node",
    "Or",
    "Problem",
    "Range",
    "Some",
    "Time",
    "Type",
    "YearsMonths",
    "collecting",
    "compile_node",
    "from_python",
    "infer",
    "interpret",
    "lower",
    "parse",
    "parse_unary_tests",
    "paths",
    "read_date",
    "read_date_time",
    "read_duration",
    "read_time",
]
