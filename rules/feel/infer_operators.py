"""The types of operators: what compares with what, what adds to what, and what `if` makes of two branches."""

from rules.feel.errors import FeelTypeError
from rules.feel.tree import Arithmetic, Node
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
    FunctionType,
    ListType,
    NamedType,
    RangeType,
    Type,
    UnionType,
)

_ORDERED = frozenset({NUMBER, STRING, DATE, TIME, DATE_TIME, YM_DURATION, DT_DURATION})
_SPANS = (YM_DURATION, DT_DURATION)


def without_null(declared: Type) -> Type:
    """Return Any for Null and for types without a definition: nothing is known of them."""
    return ANY if declared == NULL or isinstance(declared, NamedType) else declared


def comparable(left: Type, right: Type) -> bool:
    """Tell whether values of the two types can ever be equal."""
    left, right = without_null(left), without_null(right)
    if ANY in (left, right):
        return True
    for one, other in ((left, right), (right, left)):
        if isinstance(one, UnionType):
            return any(comparable(option, other) for option in one.options)
    if isinstance(left, ListType) and isinstance(right, ListType):
        return comparable(left.element, right.element)
    if isinstance(left, RangeType) and isinstance(right, RangeType):
        return comparable(left.element, right.element)
    if isinstance(left, ContextType) and isinstance(right, ContextType):
        return True
    return left == right


def expect_comparable(left: Type, right: Type, node: Node) -> None:
    """Refuse a comparison that is always null.

    Raises: FeelTypeError.
    """
    if comparable(left, right):
        return
    hint = None
    if {left, right} == {DATE, DATE_TIME}:
        hint = "compare dates: date(x)"
    elif isinstance(left, ListType) != isinstance(right, ListType):
        hint = "use `list contains(list, x)`, `x in list` or `some x in list satisfies ...`"
    elif STRING in {left, right}:
        hint = 'a text stands in ", a date is date("2026-11-20")'
    message = f"{left} cannot be compared with {right}"
    raise FeelTypeError(message, node.line, node.column, hint)


def expect_ordered(declared: Type, node: Node) -> None:
    """Refuse <, <=, >, >= and between over types that have no order.

    Raises: FeelTypeError.
    """
    found = without_null(declared)
    options = found.options if isinstance(found, UnionType) else (found,)
    if not any(option == ANY or option in _ORDERED for option in options):
        message = f"{found} has no order"
        raise FeelTypeError(message, node.line, node.column)


def expect_boolean(declared: Type, node: Node, why: str) -> None:
    """Refuse what is no condition where one is needed.

    Raises: FeelTypeError.
    """
    found = without_null(declared)
    if found not in {ANY, BOOLEAN} and not (isinstance(found, UnionType) and BOOLEAN in found.options):
        message = f"{why}, and this is {found}"
        raise FeelTypeError(message, node.line, node.column, "did you mean a comparison?")


def join(left: Type, right: Type) -> Type:
    """Return the type of what may be either."""
    if right in {left, NULL}:
        return left
    if left == NULL:
        return right
    if isinstance(left, ListType) and isinstance(right, ListType):
        return ListType(join(left.element, right.element))
    if isinstance(left, ContextType) and isinstance(right, ContextType):
        shared = [name for name in left.fields if name in right.fields]
        return ContextType({name: join(left.fields[name], right.fields[name]) for name in shared})
    if ANY in {left, right} or any(isinstance(side, FunctionType | RangeType) for side in (left, right)):
        return ANY
    return UnionType(tuple(dict.fromkeys((*_options(left), *_options(right)))))


def _options(declared: Type) -> tuple[Type, ...]:
    return declared.options if isinstance(declared, UnionType) else (declared,)


_RESULTS: dict[str, dict[tuple[Type, Type], Type]] = {
    "+": {(NUMBER, NUMBER): NUMBER, (STRING, STRING): STRING},
    "-": {(NUMBER, NUMBER): NUMBER, (TIME, TIME): DT_DURATION},
    "*": {(NUMBER, NUMBER): NUMBER},
    "/": {(NUMBER, NUMBER): NUMBER, (YM_DURATION, YM_DURATION): NUMBER, (DT_DURATION, DT_DURATION): NUMBER},
    "**": {(NUMBER, NUMBER): NUMBER},
}
for _span in _SPANS:
    _RESULTS["+"][_span, _span] = _RESULTS["-"][_span, _span] = _span
    _RESULTS["*"][_span, NUMBER] = _RESULTS["*"][NUMBER, _span] = _RESULTS["/"][_span, NUMBER] = _span
    for _moment in (DATE, DATE_TIME, TIME):
        if (_moment, _span) != (TIME, YM_DURATION):
            _RESULTS["+"][_moment, _span] = _RESULTS["+"][_span, _moment] = _RESULTS["-"][_moment, _span] = _moment
for _left in (DATE, DATE_TIME):
    for _right in (DATE, DATE_TIME):
        _RESULTS["-"][_left, _right] = DT_DURATION


def arithmetic_type(node: Arithmetic, left: Type, right: Type) -> Type:
    """Return the type of an arithmetic operation.

    Raises: FeelTypeError where no operands of these types have a result.
    """
    table = _RESULTS[node.op]
    firsts, seconds = _options(without_null(left)), _options(without_null(right))
    results = {
        result
        for (first, second), result in table.items()
        if (first in firsts or ANY in firsts) and (second in seconds or ANY in seconds)
    }
    if not results:
        hint = 'a text is made by string(x), a duration by duration("P1D")' if node.op in {"+", "-"} else None
        message = f"there is no {left} {node.op} {right}"
        raise FeelTypeError(message, node.line, node.column, hint)
    return results.pop() if len(results) == 1 else ANY
