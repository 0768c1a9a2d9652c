"""Functions beside the standard's: declared like built-in ones, and in force only where a caller puts them in scope.

A `Library` is a set of such functions. Its `types` go into the scope of `infer`, its `functions` into the scope of an
evaluation, its `names` to `parse`; without that, the language is the standard's and nothing else.

>>> from rules.feel import compile_node, infer, interpret, parse
>>> library = Library()
>>> @library.add("full years(from: date, to: date) -> number")
... def full_years(first, last):
...     return last.year - first.year - ((last.month, last.day) < (first.month, first.day))
>>> node = parse('full years(date("2000-05-01"), date("2026-04-30"))', library.names)
>>> print(infer(node, library.types))
number
>>> compile_node(node)(library.functions), interpret(node, library.functions)
(25, 25)
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rules.feel.builtins.registry import (
    REGISTRY,
    BuiltinError,
    Signature,
    fit_arguments,
    read_signature,
)
from rules.feel.errors import note
from rules.feel.limits import call_within_limits
from rules.feel.types import FunctionType, Type
from rules.feel.values import Function

Pure = Callable[..., Any]


class Library:
    """Functions of one caller; each is pure, and says that it cannot answer by raising `BuiltinError`."""

    def __init__(self) -> None:
        self._signatures: dict[str, Signature] = {}

    def add(self, declaration: str) -> Callable[[Pure], Pure]:
        """Return a decorator that adds a function; the declaration is one of `builtins/registry.py`.

        Raises: ValueError for a name that the standard, or this library, has already.
        """

        def register(run: Pure) -> Pure:
            made = read_signature(declaration, run)
            if made.name in REGISTRY or made.name in self._signatures:
                message = f'there is a function "{made.name}" already'
                raise ValueError(message)
            if any(slot.variadic or slot.optional for slot in made.slots):
                message = f"{made.name}: a function beside the standard takes a fixed count of arguments"
                raise ValueError(message)
            self._signatures[made.name] = made
            return run

        return register

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """Return the signature of each function."""
        return MappingProxyType(self._signatures)

    @property
    def names(self) -> frozenset[str]:
        """Return the names of the functions, which `parse` must know where they have spaces."""
        return frozenset(self._signatures)

    @property
    def types(self) -> dict[str, Type]:
        """Return what `infer` must know."""
        return {
            name: FunctionType(
                tuple(slot.type for slot in made.slots), made.result, tuple(slot.name for slot in made.slots)
            )
            for name, made in self._signatures.items()
        }

    @property
    def functions(self) -> dict[str, Function]:
        """Return the functions as FEEL values."""
        return {name: _function(made) for name, made in self._signatures.items()}


def _function(signature: Signature) -> Function:
    def call(values: Sequence[Any]) -> Any:
        return call_within_limits(lambda: _answer(signature, values))

    names = tuple(slot.name for slot in signature.slots)
    return Function(names, tuple(slot.type for slot in signature.slots), call, signature.name)


def _answer(signature: Signature, values: Sequence[Any]) -> Any:
    """Call the function; null, with a problem noted, where the arguments do not fit or it cannot answer."""
    if not signature.takes(len(values)):
        return note(f"{signature.name} does not take {len(values)} arguments; it is {signature}")
    taken, complaint = fit_arguments(signature, values)
    if taken is None:
        return note(complaint)
    try:
        return signature.run(*taken)
    except BuiltinError as error:
        return note(f"{signature.name}: {error}")
    except (ValueError, ArithmeticError) as error:
        return note(f"{signature.name}: the result is out of range ({type(error).__name__})")
