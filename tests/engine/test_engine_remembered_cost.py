"""An answer from memory costs the steps and the levels that it took to find, so that a replay ends as the first time."""

import pytest

from engine.remembered import remembering
from rules import feel
from rules.feel.limits import MAX_CALLS, MAX_STEPS, measured, metered

SUM = "count(for i in 1..n return i)"


def defined(source):
    """Return a definition of one number, `n`, with an empty memory."""
    body = feel.compile_node(feel.parse(source, {"n"}))
    function = feel.Function(("n",), (None,), lambda values: body({"n": values[0]}), "d")
    return remembering({"d": function})["d"]


def outcome(text, function):
    try:
        return feel.compile_node(feel.parse(text, {"d"}))({"d": function})
    except feel.FeelLimitError as error:
        return type(error)


@pytest.mark.parametrize("text", ["[d(110000), d(110000)][2]", "[d(70000), d(70000)][2]"])
def test_the_end_does_not_depend_on_what_was_asked_before(text):
    fresh, asked = defined(SUM), defined(SUM)
    assert outcome("d(110000)", asked) == 110_000
    assert outcome("d(70000)", asked) == 70_000
    first = outcome(text, fresh)
    assert outcome(text, asked) == first == outcome(text, fresh)


def test_an_answer_beyond_the_allowance_is_refused_from_memory_as_well():
    function = defined(SUM)
    assert outcome("d(150000)", function) == 150_000
    assert outcome("[count(for i in 1..100000 return i), d(150000)]", function) is feel.FeelLimitError
    assert outcome("[count(for i in 1..100000 return i), d(150000)]", defined(SUM)) is feel.FeelLimitError


def test_the_levels_of_calls_that_an_answer_took_are_asked_for_again():
    deep = "{f: function(g, n) if n = 0 then 0 else g(g, n - 1), r: f(f, n)}.r"
    nested = "{f: function(g, k) if k = 0 then d(30) else g(g, k - 1), r: f(f, 30)}.r"
    function = defined(deep)
    assert outcome("d(30)", function) == 0
    assert outcome(nested, function) is outcome(nested, defined(deep)) is feel.FeelLimitError
    assert MAX_CALLS < 62


def test_what_is_measured_is_what_is_taken_off():
    run = feel.compile_node(feel.parse(SUM, {"n"}))
    assert measured(lambda: run({"n": 1000}))[1] == measured(lambda: run({"n": 1000}))[1]
    inside = metered(lambda: (measured(lambda: run({"n": 1000}))[1], run({"n": MAX_STEPS // 2})))
    cost, _ = inside()
    assert 1_000 <= cost[0] <= 2_000
    assert cost[1] == 0
