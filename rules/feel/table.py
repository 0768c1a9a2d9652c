"""Decision tables of DMN 1.5 (clause 8, hit policies 8.2.8): read, typed, and evaluated in two ways written apart.

`read_table` takes source texts and gives a `DecisionTable`, or a `TableReadError` that holds every fault with its row,
column and place inside the cell. `compile_table` and `interpret_table` answer; `table_function` makes the table a
FEEL function, so that an expression calls it: `tables.fees(method)` where `tables` is a context in its scope.

>>> fees = read_table(
...     "fees",
...     "U",
...     inputs=[Clause("method", "string", '"money", "kind"'), Clause("amount", "number", ">= 0")],
...     outputs=[Clause("fee", "number")],
...     rows=[Row(['"money"', "< 100"], ["0"]), Row(['"money"', ">= 100"], ["amount * rate"]), Row(['"kind"', "-"], ["5"])],
...     scope={"rate": NUMBER},
... )
>>> print(fees.type)  # what `infer` needs to know of it
function<string, number>->number
>>> answer = compile_table(fees)
>>> from decimal import Decimal
>>> found = answer(["money", Decimal(200)], {"rate": Decimal("0.1")})
>>> print(found.value, found.matched)
20.0 (2,)
>>> found = interpret_table(fees, ["cash", Decimal(200)], {"rate": Decimal("0.1")})
>>> print(found.value, found.error)
None table "fees", column method: "cash" is not one of the allowed values "money", "kind"

**What is never guessed.** The value is null, and `error` says why, when the hit policy is violated, an input or output
is outside its allowed values or type, no row matches and there is no default, or a row that cannot be decided could
change the answer. A null input decides a cell only where it is `-`, or where the column takes null as a value: its
allowed values, or without them one of its cells, mention null. Everywhere else null means "not known".

Without a match, `default` answers: one expression an output; for an aggregation one for the number. A policy that
answers a list gives a list of the one default, or the empty list where `default` is empty.
"""

from rules.feel.table_compile import compile_table
from rules.feel.table_function import table_function
from rules.feel.table_interpret import interpret_table
from rules.feel.table_model import (
    Answer,
    Answering,
    Clause,
    Column,
    DecisionTable,
    Row,
    TableError,
    TableReadError,
    TableRow,
)
from rules.feel.table_policy import HitPolicy
from rules.feel.table_read import read_table
from rules.feel.types import NUMBER

__all__ = [
    "NUMBER", "Answer", "Answering", "Clause", "Column", "DecisionTable", "HitPolicy", "Row", "TableError",
    "TableReadError", "TableRow", "compile_table", "interpret_table", "read_table", "table_function",
]  # fmt: skip
