"""`sort` and `is` (DMN 1.5, 10.3.4.8 and 10.3.4.5): order by a function, and identity of form."""

from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any

from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.limits import spend
from rules.feel.temporal import DateTime, Time
from rules.feel.values import Function, equal, kind


@feel("sort(list: list<T>, precedes: function) -> list<T>")
def sort(items: Sequence[Any], precedes: Function) -> list[Any]:
    """Sort so that an element for which `precedes(a, b)` is true comes first; equals keep their order."""
    if len(precedes.parameters) != 2:
        raise BuiltinError("precedes is a function of two parameters")

    def compare(left: Any, right: Any) -> int:
        spend(2, "sort")
        if precedes.call([left, right]) is True:
            return -1
        return 1 if precedes.call([right, left]) is True else 0

    return sorted(items, key=cmp_to_key(compare))


@feel("is(value1?: Any?, value2?: Any?) -> boolean")
def is_(first: Any = None, second: Any = None) -> bool:
    """Tell whether both are the same in kind and form: times in different zones never are."""
    if kind(first) != kind(second):
        return False
    if isinstance(first, Time | DateTime):
        return bool(first == second)
    return equal(first, second) is True
