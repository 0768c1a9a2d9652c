"""The functions of a rule set (its decision tables and definitions), each remembering what it answered.

Such a function depends on its arguments alone: parameters and other functions are fixed when a rule set is compiled.
Decisions ask the same few questions (one method of contribution, one post), so each evaluator keeps its own answers.
Nothing is remembered while problems are collected, because an answer from memory would note none, nor for arguments
that are records, lists, or decimals (of which two are equal and not the same).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from rules import feel
from rules.feel.errors import is_collecting

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
    return feel.Function(function.parameters, function.types, once_each(function.call), function.name)


def once_each(answer: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
    """Return `answer`, a function of argument values alone, remembering what it answered."""
    answers: dict[tuple[Any, ...], Any] = {}

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
        try:
            return answers[asked]
        except KeyError:
            made = answer(values)
        if len(answers) >= MAX_ANSWERS:
            answers.clear()
        answers[asked] = made
        return made

    return ask
