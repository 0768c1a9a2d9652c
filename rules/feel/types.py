"""The types of FEEL (DMN 1.5, 10.3.2.9): what `infer` answers and what `instance of` names. Every type admits null."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


class Type:
    """Any type. Equal types compare equal; `str(type)` writes it as FEEL does."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SimpleType(Type):
    """A type without parts, by the standard's name."""

    name: str

    def __str__(self) -> str:
        return self.name


ANY = SimpleType("Any")
NULL = SimpleType("Null")
STRING = SimpleType("string")
NUMBER = SimpleType("number")
BOOLEAN = SimpleType("boolean")
DATE = SimpleType("date")
TIME = SimpleType("time")
DATE_TIME = SimpleType("date and time")
YM_DURATION = SimpleType("years and months duration")
DT_DURATION = SimpleType("days and time duration")

SIMPLE_TYPES: Mapping[str, Type] = MappingProxyType(
    {
        simple.name: simple
        for simple in (ANY, NULL, STRING, NUMBER, BOOLEAN, DATE, TIME, DATE_TIME, YM_DURATION, DT_DURATION)
    }
)


@dataclass(frozen=True, slots=True)
class NamedType(Type):
    """A type that the expression names and the standard does not define (an item definition)."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list whose elements are all of `element`."""

    element: Type

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class RangeType(Type):
    """A range with ends of `element`."""

    element: Type

    def __str__(self) -> str:
        return f"range<{self.element}>"


@dataclass(frozen=True, slots=True)
class ContextType(Type):
    """A context that has at least these `fields`; `name` is only shown in messages."""

    fields: Mapping[str, Type]
    name: str = ""

    def __hash__(self) -> int:
        return hash(frozenset(self.fields))

    def __str__(self) -> str:
        inside = ", ".join(f"{key}: {value}" for key, value in self.fields.items())
        return self.name or f"context<{inside}>"


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    """A function from `parameters` to `result`; `names` are those of the parameters, where they are known."""

    parameters: tuple[Type, ...]
    result: Type
    names: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        inside = ", ".join(str(parameter) for parameter in self.parameters)
        return f"function<{inside}>->{self.result}"


@dataclass(frozen=True, slots=True)
class UnionType(Type):
    """One of several types; only the signatures of built-in functions and `if` have them."""

    options: tuple[Type, ...]

    def __str__(self) -> str:
        return " or ".join(str(option) for option in self.options)


def type_conforms(narrow: Type, wide: Type) -> bool:  # noqa: PLR0911 (one for each kind of type)
    """Tell whether every value of `narrow` is one of `wide` (DMN 1.5, 10.3.2.9.2).

    Functions take what is wider and give what is narrower. A variable of a signature, such as T, stands for anything.
    """
    if wide is ANY or narrow is NULL or narrow == wide:
        return True
    if isinstance(wide, NamedType):
        return len(wide.name) == 1
    if isinstance(narrow, UnionType):
        return all(type_conforms(option, wide) for option in narrow.options)
    match narrow, wide:
        case _, UnionType():
            return any(type_conforms(narrow, option) for option in wide.options)
        case ListType(), ListType():
            return type_conforms(narrow.element, wide.element)
        case RangeType(), RangeType():
            return type_conforms(narrow.element, wide.element)
        case ContextType(), ContextType():
            return all(
                name in narrow.fields and type_conforms(narrow.fields[name], wanted)
                for name, wanted in wide.fields.items()
            )
        case FunctionType(), FunctionType():
            taken = len(narrow.parameters) == len(wide.parameters) and all(
                map(type_conforms, wide.parameters, narrow.parameters)
            )
            return taken and type_conforms(narrow.result, wide.result)
    return False


def member_names(scope: Mapping[str, Type]) -> frozenset[str]:
    """Return the names of a scope and of all members inside it: what a parser must know of names with spaces."""
    found: set[str] = set(scope)
    pending = list(scope.values())
    while pending:
        declared = pending.pop()
        if isinstance(declared, ContextType):
            found.update(declared.fields)
            pending.extend(declared.fields.values())
        elif isinstance(declared, ListType | RangeType):
            pending.append(declared.element)
        elif isinstance(declared, FunctionType):
            found.update(declared.names)
            pending.append(declared.result)
        elif isinstance(declared, UnionType):
            pending.extend(declared.options)
    return frozenset(found)
