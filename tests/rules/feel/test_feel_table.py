"""Decision tables: every hit policy, through both ways of evaluating; what is not known is never guessed."""

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from rules.feel import FeelTypeError, collecting, compile_node, infer, interpret, parse
from rules.feel.table import (
    Answer,
    Clause,
    DecisionTable,
    HitPolicy,
    Row,
    compile_table,
    interpret_table,
    read_table,
    table_function,
)
from rules.feel.types import NUMBER, ContextType

LEVEL = Clause("level", "string", '"high", "middle", "low"')
SCORES = [Clause("score", "number")]


def ask(table: DecisionTable, *values: Any, scope: Mapping[str, Any] | None = None) -> Answer:
    """Answer both ways, and insist that they say the same."""
    compiled = compile_table(table)(values, scope or {})
    interpreted = interpret_table(table, values, scope or {})
    assert (compiled.value, compiled.matched, compiled.undecided, compiled.defaulted) == (
        interpreted.value,
        interpreted.matched,
        interpreted.undecided,
        interpreted.defaulted,
    )
    assert (compiled.error is None) == (interpreted.error is None)
    if compiled.error and interpreted.error:
        assert str(compiled.error).split(" (")[0] == str(interpreted.error).split(" (")[0]
    return compiled


def by_score(policy: str, rows: Sequence[tuple[str, str]], output: Clause = LEVEL, **more: Any) -> DecisionTable:
    return read_table("t", policy, SCORES, [output], [Row([when], [then]) for when, then in rows], **more)


OVERLAPPING = [("> 0", '"low"'), ("> 10", '"high"'), ("> 5", '"middle"'), ("> 10", '"high"')]


@pytest.mark.parametrize(
    ("policy", "score", "value", "matched"),
    [
        ("U", 3, "low", (1,)),
        ("A", 3, "low", (1,)),
        ("P", 20, "high", (1, 2, 3, 4)),
        ("P", 7, "middle", (1, 3)),
        ("F", 20, "low", (1,)),
        ("R", 20, ["low", "high", "middle", "high"], (1, 2, 3, 4)),
        ("O", 20, ["high", "high", "middle", "low"], (1, 2, 3, 4)),
        ("C", 7, ["low", "middle"], (1, 3)),
        ("C#", 20, 4, (1, 2, 3, 4)),
    ],
)
def test_a_hit_policy_answers(policy: str, score: int, value: Any, matched: tuple[int, ...]) -> None:
    found = ask(by_score(policy, OVERLAPPING), score)
    assert (found.value, found.matched, found.error) == (value, matched, None)


@pytest.mark.parametrize(("policy", "value"), [("C+", "6.5"), ("C<", "1"), ("C>", "3.5"), ("C#", "3")])
def test_an_aggregation_makes_one_number(policy: str, value: str) -> None:
    table = by_score(policy, [("> 0", "2"), ("> 1", "3.5"), ("> 2", "1")], Clause("points", "number"))
    assert ask(table, 5).value == Decimal(value)


@pytest.mark.parametrize(
    ("policy", "score", "says"),
    [
        ("U", 7, "rows 1 and 3 match: U allows one matching row"),
        ("A", 7, "rows 1 and 3 match: A allows several rows of one result only"),
    ],
)
def test_a_violated_policy_gives_null_and_says_so(policy: str, score: int, says: str) -> None:
    found = ask(by_score(policy, OVERLAPPING), score)
    assert found.value is None
    assert found.error is not None
    assert found.error.message == says
    assert found.error.part == "hit_policy"


def test_any_accepts_rows_of_one_result() -> None:
    assert ask(by_score("A", [("> 1", '"low"'), ("> 2", '"low"')]), 5).value == "low"


def test_priority_refuses_a_tie_of_different_results() -> None:
    output = Clause("rate", "number", "> 0, 0")
    found = ask(by_score("P", [("> 0", "0"), ("> 1", "2"), ("> 2", "3")], output), 5)
    assert found.value is None
    assert found.error is not None
    assert "same priority" in found.error.message


def test_priority_goes_through_several_outputs_from_left_to_right() -> None:
    outputs = [Clause("a", "string", '"x", "y"'), Clause("b", "number", "2, 1")]
    rows = [Row(["> 0"], ['"y"', "2"]), Row(["> 0"], ['"x"', "1"]), Row(["> 5"], ['"x"', "2"])]
    best = read_table("t", "P", SCORES, outputs, rows)
    assert ask(best, 3).value == {"a": "x", "b": 1}
    assert ask(best, 9).value == {"a": "x", "b": 2}
    ordered = read_table("t", "O", SCORES, outputs, rows)
    assert ask(ordered, 9).value == [{"a": "x", "b": 2}, {"a": "x", "b": 1}, {"a": "y", "b": 2}]


@pytest.mark.parametrize(
    ("policy", "default", "value"),
    [
        ("U", ['"low"'], "low"),
        ("A", ['"low"'], "low"),
        ("P", ['"low"'], "low"),
        ("F", ['"low"'], "low"),
        ("R", ['"low"'], ["low"]),
        ("O", ['"low"'], ["low"]),
        ("C", ['"low"'], ["low"]),
        ("C", [], []),
        ("C#", ["7"], 7),
        ("C#", None, 0),
    ],
)
def test_the_default_answers_when_no_row_matches(policy: str, default: Any, value: Any) -> None:
    found = ask(by_score(policy, OVERLAPPING, default=default), -1)
    assert (found.value, found.matched, found.defaulted, found.error) == (value, (), True, None)


def test_without_a_match_and_a_default_there_is_no_answer() -> None:
    for policy in ("U", "A", "P", "F", "R", "O", "C"):
        found = ask(by_score(policy, OVERLAPPING), -1)
        assert found.value is None
        assert found.error is not None
        assert found.error.message == "no row matches, and there is no default"


def test_a_default_of_several_outputs_is_a_context() -> None:
    outputs = [Clause("a", "number"), Clause("b", "string")]
    table = read_table("t", "U", SCORES, outputs, [Row(["> 0"], ["1", '"x"'])], ["score", '"none"'])
    assert ask(table, -4).value == {"a": -4, "b": "none"}
    assert ask(table, 4).value == {"a": 1, "b": "x"}


def test_an_unknown_input_is_not_ruled_out() -> None:
    table = read_table(
        "t",
        "U",
        [Clause("word", "string")],
        [LEVEL],
        [Row(['"a"'], ['"low"']), Row(['not("a")'], ['"high"'])],
        ['"middle"'],
    )
    found = ask(table, None)
    assert (found.value, found.undecided) == (None, (1, 2))
    assert found.error is not None
    assert found.error.message == "it cannot be said whether row 1 or 2 matches"


def test_an_unknown_input_that_no_cell_asks_for_does_not_matter() -> None:
    inputs = [Clause("kind", "string"), Clause("score", "number")]
    table = read_table("t", "U", inputs, [LEVEL], [Row(['"a"', "-"], ['"low"']), Row(['"b"', "> 1"], ['"high"'])])
    assert ask(table, "a", None).value == "low"
    assert ask(table, "b", None).value is None
    assert ask(table, "b", 2).value == "high"


def test_a_column_that_mentions_null_takes_it_as_a_value() -> None:
    table = by_score("U", [("null", '"low"'), ("< 5", '"middle"'), (">= 5", '"high"')])
    assert table.inputs[0].takes_null
    assert [ask(table, score).value for score in (None, 1, 9)] == ["low", "middle", "high"]


@pytest.mark.parametrize(("policy", "value"), [("F", "low"), ("P", "high"), ("A", None), ("U", None), ("C", None)])
def test_an_undecided_row_matters_only_where_it_could_change_the_answer(policy: str, value: Any) -> None:
    inputs = [Clause("a", "number"), Clause("b", "number")]
    rows = [
        Row(["> 0", "-"], ['"low"' if policy == "F" else '"high"']),
        Row(["-", "> 0"], ['"middle"']),
    ]
    found = ask(read_table("t", policy, inputs, [LEVEL], rows), 1, None)
    assert found.value == value
    assert (found.error is None) == (value is not None)


def test_an_undecided_row_of_the_same_result_does_not_matter() -> None:
    inputs = [Clause("a", "number"), Clause("b", "number")]
    rows = [Row(["> 0", "-"], ['"high"']), Row(["-", "> 0"], ['"high"'])]
    found = ask(read_table("t", "A", inputs, [LEVEL], rows), 1, None)
    assert (found.value, found.matched, found.undecided) == ("high", (1,), (2,))


def test_first_does_not_pass_over_an_undecided_row() -> None:
    inputs = [Clause("a", "number"), Clause("b", "number")]
    rows = [Row(["-", "> 0"], ['"high"']), Row(["> 0", "-"], ['"low"'])]
    assert ask(read_table("t", "F", inputs, [LEVEL], rows), 1, None).value is None
    assert ask(read_table("t", "F", inputs, [LEVEL], rows), 1, -1).value == "low"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("cash", '"cash" is not one of the allowed values "money", "kind"'),
        (Decimal(5), "this is number, not string"),
        (["money", "kind"], "this is list, not string"),
        ({"a": 1}, "this is context, not string"),
    ],
)
def test_an_input_that_is_not_allowed_gives_null(value: Any, says: str) -> None:
    inputs = [Clause("method", "string", '"money", "kind"')]
    table = read_table("t", "U", inputs, [LEVEL], [Row(["-"], ['"low"'])], ['"low"'])
    found = ask(table, value)
    assert found.value is None
    assert found.error is not None
    assert (found.error.message, found.error.clause, found.error.part) == (says, "method", "inputs")
    assert ask(table, ["money"]).value == "low", "a list of one is its element, as DMN converts"


def test_a_faulty_cell_gives_null_with_the_reason() -> None:
    table = by_score("U", [("> 0", "1 / (score - 5)")], Clause("rate", "number"))
    assert ask(table, 6).value == 1
    found = ask(table, 5)
    assert found.value is None
    assert found.error is not None
    assert (found.error.row, found.error.side, found.error.clause) == (1, "then", "rate")
    assert found.error.message.startswith("the result is null (")


def test_an_output_outside_its_allowed_values_gives_null() -> None:
    table = by_score("U", [("-", "score + 1")], Clause("rate", "number", "[0..10]"))
    assert ask(table, 5).value == 6
    found = ask(table, 50)
    assert found.value is None
    assert found.error is not None
    assert found.error.message == "51 is not one of the allowed values [0..10]"


def test_a_written_null_is_an_answer() -> None:
    found = ask(by_score("U", [("-", "null")], Clause("rate", "number")), 5)
    assert (found.value, found.error) == (None, None)


def test_an_aggregation_of_a_null_gives_null() -> None:
    for policy in ("C+", "C<", "C>"):
        found = ask(by_score(policy, [("-", "1"), ("-", "null")], Clause("rate", "number")), 5)
        assert found.value is None
        assert found.error is not None
        assert found.error.row == 2


def test_cells_may_use_other_inputs_names_of_the_scope_and_conditions() -> None:
    inputs = [Clause("amount", "number"), Clause("other amount", "number")]
    rows = [Row(["> other amount + base", "-"], ["amount * base"]), Row(["? <= other amount + base", "? > 0"], ["0"])]
    table = read_table("t", "U", inputs, [Clause("fee", "number")], rows, scope={"base": NUMBER})
    assert ask(table, 10, 2, scope={"base": 3}).value == 30
    assert ask(table, 4, 2, scope={"base": 3}).value == 0


def test_a_wrong_count_of_inputs_gives_null() -> None:
    found = ask(by_score("U", OVERLAPPING), 1, 2)
    assert found.value is None
    assert str(found.error) == 'table "t": 1 inputs are asked for'


# --- as a function of expressions -----------------------------------------------------------------------------------


def fees() -> DecisionTable:
    inputs = [Clause("method", "string", '"money", "kind"'), Clause("amount", "number")]
    rows = [Row(['"money"', "-"], ["0"]), Row(['"kind"', "> 5"], ["amount"])]
    return read_table("fees", "U", inputs, [Clause("fee", "number")], rows)


def test_an_expression_calls_a_table_by_a_path() -> None:
    table = fees()
    seen: list[tuple[int, ...]] = []
    trace = lambda _table, _values, answer: seen.append(answer.matched)  # noqa: E731 as short as what it does
    compiled = {"tables": {"fees": table_function(table, answering=compile_table(table), seen=trace)}, "m": "kind"}
    interpreted = {"tables": {"fees": table_function(table, seen=trace)}, "m": "kind"}
    for source in ("tables.fees(m, 7) + 1", "tables.fees(amount: 7, method: m) + 1"):
        node = parse(source)
        assert compile_node(node)(compiled) == 8
        assert interpret(node, interpreted) == 8
    assert seen == [(2,)] * 4
    node = parse("every a in [6, 7] satisfies tables.fees(m, a) = a")
    assert compile_node(node)(compiled) is True
    assert interpret(node, interpreted) is True
    with collecting() as found:
        assert interpret(parse("tables.fees(m, 1)"), interpreted) is None
    assert [problem.message for problem in found] == ['table "fees": no row matches, and there is no default']


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("tables.fee(m, 7)", 'line 1, column 8: there is no "fee" in context<fees: function<string, number>->number> (did you mean "fees"?)'),
        ("tables.fees(m)", "line 1, column 1: the function takes 2 arguments: method, amount, not 1"),
        ("tables.fees(7, m)", "line 1, column 13: method must be string, and this is number"),
        ("tables.fees(method: m, amuont: 7)", 'line 1, column 24: the function has no parameter "amuont" (did you mean "amount"?)'),
        ("tables.fees(method: m, amount: m)", "line 1, column 24: amount must be number, and this is string"),
        ('tables.fees(m, 7) = "a"', "line 1, column 1: number cannot be compared with string"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_refused_before_it_runs(source: str, says: str) -> None:
    scope = {"tables": ContextType({"fees": fees().type}), "m": fees().inputs[0].type}
    assert infer(parse("tables.fees(m, 7)"), scope) == NUMBER
    with pytest.raises(FeelTypeError) as raised:
        infer(parse(source), scope)
    assert str(raised.value).startswith(says)


def test_both_ways_agree_on_many_small_tables() -> None:
    cells = ("-", "1", "> 1", "not(1)", "null")
    results = ('"high"', '"low"', 'if b then "middle" else null')
    inputs = [Clause("a", "number"), Clause("b", "boolean")]
    rows = [
        Row([first, second], [then])
        for first in cells
        for second, then in zip(("-", "true", "b"), results, strict=True)
    ]
    for number, (one, two) in enumerate(itertools.combinations(rows, 2)):
        policy = list(HitPolicy)[number % 7]
        table = read_table("t", policy.value, inputs, [LEVEL], [one, two], ['"low"'] if number % 2 else None)
        for a, b in itertools.product((None, 1, 2), (None, True, False)):
            ask(table, a, b)


@pytest.mark.parametrize(
    ("score", "bound", "value"), [(None, None, "low"), (None, 1, "low"), (5, None, None), (5, 1, "high"), (0, 1, "low")]
)
def test_a_bound_that_is_not_known_is_no_null_to_be_equal_to(score: Any, bound: Any, value: Any) -> None:
    inputs = [Clause("score", "number", "[0..9], null"), Clause("bound", "number")]
    table = read_table("t", "F", inputs, [LEVEL], [Row(["> bound", "-"], ['"high"'])], default=['"low"'])
    assert ask(table, score, bound).value == value
