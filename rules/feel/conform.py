"""Whether a value is of a type, and the implicit conversions of DMN 1.5, 10.3.2.9.4 (singleton lists, dates)."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from rules.feel.limits import charge
from rules.feel.temporal import FarDate, at_midnight_utc
from rules.feel.types import (
    ANY,
    DATE_TIME,
    ContextType,
    FunctionType,
    ListType,
    NamedType,
    RangeType,
    SimpleType,
    Type,
    UnionType,
    type_conforms,
)
from rules.feel.values import END_NULL, kind

FAILED = object()
"""What `coerce` returns where no conversion leads to the type; no FEEL value is the same object."""


def conforms(value: Any, declared: Type) -> bool:
    """Tell whether `value` is of the type; null is of every type here (`instance of` asks for null by itself)."""
    return value is None or _CHECKS[type(declared)](value, declared)


def _simple(value: Any, declared: SimpleType) -> bool:
    return (declared is ANY and kind(value) != "foreign") or kind(value) == declared.name


def _list(value: Any, declared: ListType) -> bool:
    if kind(value) != "list":
        return False
    charge((value,), "a list of a type")
    return (
        declared.element is ANY
        or isinstance(declared.element, NamedType)
        or all(conforms(item, declared.element) for item in value)
    )


def _range(value: Any, declared: RangeType) -> bool:
    if kind(value) != "range":
        return False
    return all(end is END_NULL or conforms(end, declared.element) for end in (value.low, value.high))


def _context(value: Any, declared: ContextType) -> bool:
    if kind(value) != "context":
        return False
    return all(name in value and conforms(value[name], field) for name, field in declared.fields.items())


def _function(value: Any, declared: FunctionType) -> bool:
    if kind(value) != "function" or len(value.parameters) != len(declared.parameters):
        return False
    pairs = zip(value.types, declared.parameters, strict=True)
    if not all(own is None or type_conforms(wanted, own) for own, wanted in pairs):  # it may take more than is asked
        return False
    result = value.result() if value.result is not None and declared.result is not ANY else ANY
    return result is ANY or type_conforms(result, declared.result)  # Any: nobody can tell


def _named(value: Any, declared: NamedType) -> bool:
    # An unknown name: only the variables of signatures, such as T, ever get here, and they stand for anything.
    return len(declared.name) == 1 and kind(value) != "foreign"


def _union(value: Any, declared: UnionType) -> bool:
    return any(conforms(value, option) for option in declared.options)


_CHECKS: Mapping[type[Type], Callable[[Any, Any], bool]] = MappingProxyType(
    {
        SimpleType: _simple,
        ListType: _list,
        RangeType: _range,
        ContextType: _context,
        FunctionType: _function,
        NamedType: _named,
        UnionType: _union,
    }
)


def coerce(value: Any, declared: Type) -> Any:
    """Return `value` as the type wants it, or FAILED: `[x]` for x and x for `[x]`, midnight UTC for a date."""
    if conforms(value, declared):
        return value
    if isinstance(declared, ListType) and kind(value) != "list" and conforms([value], declared):
        return [value]
    if kind(value) == "list" and len(value) == 1 and not isinstance(declared, ListType):
        return coerce(value[0], declared)
    if declared is DATE_TIME and isinstance(value, date | FarDate):
        return at_midnight_utc(value)
    return FAILED


def is_instance(value: Any, declared: Type) -> bool | None:
    """Answer `value instance of declared`: null is an instance of Null alone; null for a type nobody defined."""
    if isinstance(declared, NamedType):
        return None
    if value is None:
        return isinstance(declared, SimpleType) and declared.name == "Null"
    return conforms(value, declared)
