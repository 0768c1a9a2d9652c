"""A program whose stack runs out knows nothing of the applicant: neither evaluator may make "cannot say" of it."""

import pytest

from engine.atoms import AtomTable
from rules import feel
from rules.feel import lowering


def _exhausted(_scope):
    raise RecursionError


def _too_long(_scope):
    raise feel.FeelLimitError("too long")


def test_the_network_lets_an_exhausted_stack_pass_and_makes_null_of_a_limit():
    with pytest.raises(RecursionError):
        AtomTable((), (_exhausted,), ()).evaluate({})
    assert AtomTable((), (_too_long,), ()).evaluate({}) == [None]


def test_the_second_evaluator_does_so_too(monkeypatch):
    node = feel.parse("a + 1 > 2")

    def deep(*_given):
        raise feel.FeelDepthError("no stack is left")

    monkeypatch.setattr(lowering, "interpret", deep)
    with pytest.raises(feel.FeelDepthError):
        lowering._walked(node, {"a": 1})


def test_a_value_beyond_the_stack_is_told_apart_from_a_limit():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(feel.FeelDepthError):
        feel.interpret(feel.parse("a = b"), {"a": nested, "b": [nested]})
