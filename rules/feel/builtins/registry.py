"""How a built-in function is declared, found and called.

`@feel("substring(string: string, start position: number, length?: number) -> string")` declares one signature. After
a parameter `?` means it may be left out, `...` that it takes all further arguments; after a type `?` means that null
is welcome. `T` stands for any one type. A function of several signatures has several functions; the first that fits
the arguments is called. A call that fits none is a problem and gives null.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rules.feel.conform import FAILED, coerce
from rules.feel.errors import did_you_mean, problem
from rules.feel.limits import bounded_text, charge, spend
from rules.feel.tree import Node
from rules.feel.types import (
    ANY,
    SIMPLE_TYPES,
    ContextType,
    FunctionType,
    ListType,
    NamedType,
    RangeType,
    SimpleType,
    Type,
    UnionType,
)
from rules.feel.values import KINDS, Function, kind


class BuiltinError(Exception):
    """A function cannot answer for these arguments: its call gives null, and the message becomes the problem."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One formal parameter."""

    name: str
    type: Type
    optional: bool
    nullable: bool
    variadic: bool

    @property
    def plain_kinds(self) -> frozenset[str]:
        """Return the kinds of which every value fits; values of others must be looked at more closely."""
        if isinstance(self.type, NamedType) or self.type is ANY:
            return frozenset(KINDS.values()) - (frozenset() if self.nullable else {"null"})
        options = self.type.options if isinstance(self.type, UnionType) else (self.type,)
        plain = {option.name for option in options if isinstance(option, SimpleType)}
        any_list = isinstance(self.type, ListType) and isinstance(self.type.element, NamedType)
        return frozenset(plain | {"list"} if any_list else plain)


@dataclass(frozen=True, slots=True)
class Signature:
    """One form of a built-in function."""

    name: str
    slots: tuple[Slot, ...]
    result: Type
    run: Callable[..., Any]

    def __str__(self) -> str:
        marks = ["?" * slot.optional + "..." * slot.variadic for slot in self.slots]
        inside = [f"{slot.name}{mark}: {slot.type}" for slot, mark in zip(self.slots, marks, strict=True)]
        return f"{self.name}({', '.join(inside)})"

    @property
    def fewest(self) -> int:
        """Return how many arguments there must be."""
        return sum(not slot.optional for slot in self.slots)

    @property
    def most(self) -> int | None:
        """Return how many arguments there may be; null for any number."""
        return None if self.slots and self.slots[-1].variadic else len(self.slots)

    def slot(self, index: int) -> Slot:
        """Return the parameter that takes the argument at `index` from 0."""
        return self.slots[min(index, len(self.slots) - 1)]

    def takes(self, count: int) -> bool:
        """Tell whether `count` arguments fit."""
        return self.fewest <= count and (self.most is None or count <= self.most)


REGISTRY: dict[str, tuple[Signature, ...]] = {}

_DECLARATION = re.compile(r"(?P<name>[a-z ]+)\((?P<slots>.*)\) -> (?P<result>.+)")
_SLOT = re.compile(r"(?P<name>[A-Za-z0-9 ]+?)(?P<mark>\?|\.\.\.)?: (?P<type>[^,?]+)(?P<null>\?)?(?:, |$)")


def read_type(text: str) -> Type:
    """Return the type that a declaration names."""
    if " | " in text and not text.endswith(">"):
        return UnionType(tuple(read_type(option) for option in text.split(" | ")))
    for prefix, made in (("list<", ListType), ("range<", RangeType)):
        if text.startswith(prefix):
            return made(read_type(text[len(prefix) : -1]))
    fixed: Mapping[str, Type] = {"context": ContextType({}), "function": FunctionType((), ANY), "T": NamedType("T")}
    return fixed.get(text) or SIMPLE_TYPES[text]


def read_signature(declaration: str, run: Callable[..., Any]) -> Signature:
    """Return the signature that a declaration writes out, for the function that answers it.

    Raises: ValueError where the declaration is none.
    """
    found = _DECLARATION.fullmatch(declaration)
    if not found:
        message = f"this declares no function: {declaration}"
        raise ValueError(message)
    slots = tuple(
        Slot(
            slot["name"],
            read_type(slot["type"]),
            optional=slot["mark"] == "?",
            nullable=slot["null"] is not None,
            variadic=slot["mark"] == "...",
        )
        for slot in _SLOT.finditer(found["slots"])
    )
    return Signature(found["name"], slots, read_type(found["result"]), run)


def feel(declaration: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function under a signature, after those already registered under its name."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        made = read_signature(declaration, run)
        REGISTRY[made.name] = (*REGISTRY.get(made.name, ()), made)
        return run

    return register


def invoke(name: str, arguments: Sequence[Any], node: Node) -> Any:
    """Call the built-in `name` with positional arguments; a problem at `node` and null where it cannot answer."""
    fitting = _fitting(name, len(arguments))
    if not fitting:
        return problem(node, f"{name} does not take {len(arguments)} arguments: {REGISTRY[name][0]}")
    complaint = ""
    for signature, kinds in fitting:
        for argument, fit in zip(arguments, kinds, strict=True):
            if KINDS.get(type(argument)) not in fit:
                break
        else:
            return _run(signature, arguments, node)
        taken, complaint = fit_arguments(signature, arguments)
        if taken is not None:
            return _run(signature, taken, node)
    return problem(node, complaint)


@cache
def _fitting(name: str, count: int) -> tuple[tuple[Signature, list[frozenset[str]]], ...]:
    """Return the signatures that take `count` arguments, each with the kinds that need no closer look."""
    return tuple(
        (signature, [signature.slot(index).plain_kinds for index in range(count)])
        for signature in REGISTRY[name]
        if signature.takes(count)
    )


def fit_arguments(signature: Signature, arguments: Sequence[Any]) -> tuple[list[Any] | None, str]:
    """Return the arguments as the parameters want them, or null and what is wrong with the first that does not fit."""
    taken = []
    for index, argument in enumerate(arguments):
        slot = signature.slot(index)
        value = FAILED if argument is None and not slot.nullable else _accept(argument, slot.type)
        if value is FAILED or (value is None and not slot.nullable):
            return None, f"{signature.name}: {slot.name} must be {slot.type}, not {kind(argument)}"
        taken.append(value)
    return taken, ""


def _accept(argument: Any, declared: Type) -> Any:
    if isinstance(declared, FunctionType):
        return argument if isinstance(argument, Function) else FAILED
    return coerce(argument, declared)


def _run(signature: Signature, arguments: Sequence[Any], node: Node) -> Any:
    try:
        charge(arguments, signature.name)
        result = signature.run(*arguments)
    except BuiltinError as error:
        return problem(node, f"{signature.name}: {error}")
    except (ValueError, ArithmeticError) as error:  # dates, durations and decimals beyond their ranges
        return problem(node, f"{signature.name}: the result is out of range ({type(error).__name__})")
    if type(result) is list:
        spend(len(result), signature.name)
    elif type(result) is dict:
        charge((result,), signature.name)
    elif type(result) is str:
        bounded_text(result)
    return result


def invoke_named(name: str, arguments: Mapping[str, Any], node: Node) -> Any:
    """Call the built-in `name` with named arguments, as `invoke` does with positional ones."""
    complaint = f"{name} has no parameters of these names"
    # Two forms may have the same names, as before(point, range) and before(range, point): the order written decides.
    in_order = sorted(REGISTRY[name], key=lambda made: [slot.name for slot in made.slots] != list(arguments))
    for signature in in_order:
        known = {slot.name: slot for slot in signature.slots}
        wrong = next((given for given in arguments if given not in known), None)
        missing = [slot.name for slot in signature.slots if not slot.optional and slot.name not in arguments]
        if wrong is not None:
            complaint = f'{name} has no parameter "{wrong}" {did_you_mean(wrong, known) or ""}'.strip()
            continue
        if missing:
            complaint = f"{name} needs {missing[0]}"
            continue
        positional, complaint = _positional(signature, arguments)
        if positional is not None:
            return _run(signature, positional, node)
    return problem(node, complaint)


def _positional(signature: Signature, named: Mapping[str, Any]) -> tuple[list[Any] | None, str]:
    """Put named arguments in order; a gap before the last given one is null, where the parameter admits it."""
    last = max((index for index, slot in enumerate(signature.slots) if slot.name in named), default=-1)
    values: list[Any] = []
    for slot in signature.slots[: last + 1]:
        value = named.get(slot.name)
        if slot.variadic and isinstance(value, list | tuple):
            values.extend(value)
        else:
            values.append(value)
    return fit_arguments(signature, values)


def as_function(name: str, node: Node) -> Function:
    """Return a built-in as a value, for `sort(list, before)` and the like."""
    slots = REGISTRY[name][0].slots
    return Function(
        tuple(slot.name for slot in slots), (None,) * len(slots), lambda values: invoke(name, values, node), name
    )
