"""The functions of a rule set (its decision tables and definitions), each remembering what it answered.

Such a function depends on its arguments alone: parameters and other functions are fixed when a rule set is compiled.
Decisions ask the same few questions (one method of contribution, one post), so each evaluator keeps its own answers.
An answer from memory costs the steps that it took to find: whether an evaluation stays within its allowance must not depend
on what was asked before, or a replay could end otherwise. Nothing is remembered while problems are collected, because an answer from memory would note none, nor for arguments
that are records, lists, or decimals (of which two are equal and not the same).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from rules import feel
from rules.feel.errors import is_collecting
from rules.feel.limits import Cost, measured, spend_again

MAX_ANSWERS: Final = 2_048  # of one function; then it begins anew
MAX_TEXT: Final = 64  # characters of a string: what an applicant wrote freely is not worth keeping
_PLAIN = frozenset({int, bool, type(None), date, feel.YearsMonths, feel.DaysTime})


def remembering(functions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the functions, and the contexts `tables` and `definitions`, with every function remembering its answers."""
    return {
        name: _remembering(found) if isinstance(found, feel.Function) else remembering(found)
        for name, found in functions.items()
    }


def _remembering(function: feel.Function) -> feel.Function:
    return feel.Function(function.parameters, function.types, once_each(function.call), function.name, function.result)


def once_each(answer: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
    """Return `answer`, a function of argument values alone, remembering what it answered."""
    answers: dict[tuple[Any, ...], tuple[Any, Cost]] = {}

    def ask(values: Sequence[Any]) -> Any:
        key: list[Any] = []
        for value in values:
            found = type(value)
            if found not in _PLAIN and (found is not str or len(value) > MAX_TEXT):
                return answer(values)
            key += (found, value)  # true is not 1
        if is_collecting():
            return answer(values)
        asked = tuple(key)
        known = answers.get(asked)
        if known is None:
            known = measured(lambda: answer(values))
            if len(answers) >= MAX_ANSWERS:
                answers.clear()
            answers[asked] = known
        else:
            spend_again(known[1], "a function of the rule set")
        return known[0]

    return ask
