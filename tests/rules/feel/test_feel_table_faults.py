"""What is wrong with a decision table is told when it is read: every fault, each with its place."""

from typing import Any

import pytest

from rules.feel import FeelError
from rules.feel.limits import MAX_CELLS
from rules.feel.table import Clause, Row, TableReadError, read_table

GOOD: dict[str, Any] = {
    "name": "t",
    "hit_policy": "U",
    "inputs": [Clause("method", "string", '"money", "kind"'), Clause("amount", "number")],
    "outputs": [Clause("fee", "number")],
    "rows": [Row(['"money"', "> 1"], ["1"]), Row(['"kind"', "-"], ["amount"])],
}


def faults(**changed: Any) -> list[str]:
    with pytest.raises(TableReadError) as raised:
        read_table(**{**GOOD, **changed})
    assert isinstance(raised.value, FeelError)
    assert str(raised.value) == "\n".join(map(str, raised.value.errors))
    return [str(error) for error in raised.value.errors]


def second_row(when: list[str], then: list[str]) -> list[Row]:
    """Only the second row is bad."""
    return [GOOD["rows"][0], Row(when, then)]


def test_the_good_table_is_read() -> None:
    assert [row.number for row in read_table(**GOOD).rows] == [1, 2]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"rows": []}, ['table "t": a table needs at least one row']),
        ({"hit_policy": "X"}, ['table "t": there is no hit policy "X"; there are U, A, P, F, R, O, C, C+, C<, C>, C#']),
        ({"hit_policy": "c+"}, ['table "t": there is no hit policy "c+"; there are U, A, P, F, R, O, C, C+, C<, C>, C#']),
        ({"hit_policy": "P"}, ['table "t": P needs the values of an output, in the order of their priority']),
        ({"rows": second_row(['"kind"'], ["1"])}, ['table "t", row 2: 1 tests for 2 inputs']),
        ({"rows": second_row(['"kind"', "-", "-"], ["1"])}, ['table "t", row 2: 3 tests for 2 inputs']),
        ({"rows": second_row(['"kind"', "-"], [])}, ['table "t", row 2: 0 results for 1 outputs']),
        (
            {"rows": second_row(['"kind"', "> "], ["1"])},
            ['table "t", row 2, column amount, line 1, column 3: the expression ends too early (expected "(" or a name or a number or a string)'],
        ),
        (
            {"rows": second_row(['"kind"', '"many"'], ["1"])},
            ['table "t", row 2, column amount, line 1, column 1: number is never in string'],
        ),
        (
            {"rows": second_row(['"knid"', "-"], ["1"])},
            ['table "t", row 2, column method, line 1, column 1: this is not one of the allowed values "money", "kind" (did you mean "kind"?)'],
        ),
        (
            {"rows": second_row(['"kind"', "-"], ["amuont"])},
            ['table "t", row 2, column fee, line 1, column 1: there is no "amuont" here (did you mean "amount"?)'],
        ),
        (
            {"rows": second_row(['"kind"', "-"], ['\n"a"'])},
            ['table "t", row 2, column fee, line 2, column 1: this is string, and the column is number'],
        ),
        ({"default": []}, ['table "t", default: 0 default values for 1 outputs']),
        ({"default": ['"a"']}, ['table "t", default, column fee, line 1, column 1: this is string, and the column is number']),
        (
            {"inputs": [*GOOD["inputs"][:1], Clause("amount", "numbr")]},
            ['table "t", column amount, line 1, column 1: there is no type "numbr" (did you mean "number"?)'],
        ),
        (
            {"inputs": [*GOOD["inputs"][:1], Clause("amount", "list<numbr>")]},
            ['table "t", column amount, line 1, column 1: there is no type "numbr" (did you mean "number"?)'],
        ),
        (
            {"inputs": [*GOOD["inputs"][:1], Clause("amount", "number", '"a"')]},
            ['table "t", column amount, line 1, column 1: number is never in string'],
        ),
        (
            {"inputs": [*GOOD["inputs"][:1], Clause("amount", "number", "not(1)")]},
            ['table "t", column amount: allowed values are a list of values and ranges'],
        ),
        (
            {"outputs": [Clause("fee", "number"), Clause("fee", "number")], "rows": [Row(['"money"', "-"], ["1", "2"])]},
            ['table "t", column fee: this name stands twice'],
        ),
        (
            {"hit_policy": "C+", "outputs": [Clause("a", "number"), Clause("b", "number")], "rows": [Row(["-", "-"], ["1", "2"])]},
            ['table "t", column b: C+ needs a single output'],
        ),
        (
            {"hit_policy": "C>", "outputs": [Clause("a", "string")], "rows": [Row(["-", "-"], ['"x"'])]},
            ['table "t", column a: C> needs numbers, and this is string'],
        ),
        (
            {"outputs": [Clause("fee", "number", "0, 5")]},
            [
                'table "t", row 1, column fee, line 1, column 1: this is not one of the allowed values 0, 5',
            ],
        ),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(changed: dict[str, Any], says: list[str]) -> None:
    assert faults(**changed) == says


def test_two_inputs_of_one_name() -> None:
    found = faults(inputs=[Clause("method", "string"), Clause("method", "string")], rows=[Row(["-", "-"], ["1"])])
    assert found == ['table "t", column method: this name stands twice']


@pytest.mark.parametrize("name", ["", "a + b(", "1a", "if", "a.b"])
def test_a_column_needs_a_name(name: str) -> None:
    assert faults(inputs=[Clause("method", "string"), Clause(name, "number")], rows=[Row(["-", "-"], ["1"])])


def test_no_inputs_or_no_outputs() -> None:
    assert faults(inputs=[], rows=[Row([], ["1"])]) == ['table "t": a table needs at least one of its inputs']
    assert faults(outputs=[], rows=[Row(["-", "-"], [])]) == ['table "t": a table needs at least one of its outputs']


def test_all_faults_are_told_at_once() -> None:
    rows = [Row(['"money"', ")"], ["1 +"]), Row(["5", "-"], ["nothing"])]
    assert len(faults(rows=rows)) == 4


def test_a_table_of_a_million_cells_is_refused() -> None:
    found = faults(rows=[GOOD["rows"][0]] * (MAX_CELLS // 3 + 1))
    assert found == [f'table "t": {(MAX_CELLS // 3 + 1) * 3:,} cells are more than {MAX_CELLS:,}; split the table']


def test_hostile_cells_are_refused_with_their_place() -> None:
    for cell in ("(" * 10_000, "-" * 10_000 + "1", '"' + "x" * 100_000 + '"'):
        (found,) = faults(rows=second_row(['"kind"', cell], ["1"]))
        assert found.startswith('table "t", row 2, column amount, line 1, column')
