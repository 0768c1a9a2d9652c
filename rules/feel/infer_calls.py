"""The types of calls of built-in functions: counts, names and types of arguments against the signatures."""

from collections.abc import Mapping, Sequence

from rules.feel import tree as t
from rules.feel.builtins.registry import REGISTRY, Signature, Slot
from rules.feel.errors import FeelTypeError, did_you_mean
from rules.feel.infer_operators import comparable, join, without_null
from rules.feel.temporal import YearsMonths
from rules.feel.temporal_text import read_date, read_date_time, read_duration, read_time
from rules.feel.types import (
    ANY,
    DATE,
    DATE_TIME,
    DT_DURATION,
    NULL,
    YM_DURATION,
    ContextType,
    FunctionType,
    ListType,
    NamedType,
    RangeType,
    Type,
    UnionType,
)

_READERS = {"date": read_date, "time": read_time, "duration": read_duration}
REFUSED = frozenset({"now", "today", "random number"})


def call_type(node: t.Call, name: str, args: Sequence[Type], named: Mapping[str, Type]) -> Type:
    """Return the type of a call of the built-in `name`.

    Raises: FeelTypeError with what its signatures ask for.
    """
    if name in REFUSED:
        message = f"{name}() changes from moment to moment, and a decision must be replayable"
        raise FeelTypeError(message, node.line, node.column, "use an input for it, such as the day of the decision")
    _check_literal(node, name)
    complaints: list[FeelTypeError] = []
    for signature in REGISTRY[name]:
        slots = _slots(signature, node, len(args), named)
        if isinstance(slots, FeelTypeError):
            complaints.append(slots)
            continue
        bad = _first_bad(signature, slots, [*args, *named.values()], node)
        if bad is None:
            return _result(node, signature, slots, [*args, *named.values()])
        complaints.append(bad)
    # The complaint about a type says more than one about a count that another signature asks for.
    raise max(complaints, key=lambda error: error.line * 100_000 + error.column if error.suggestion != _COUNT else 0)


_COUNT = "see the signatures of the standard"


def _slots(signature: Signature, node: t.Call, count: int, named: Mapping[str, Type]) -> list[Slot] | FeelTypeError:
    """Return the parameter of each argument, or what is wrong with their names or count."""
    if node.named:
        known = {slot.name: slot for slot in signature.slots}
        for argument in node.named:
            if argument.name not in known:
                message = f'{signature.name} has no parameter "{argument.name}"'
                hint = did_you_mean(argument.name, known) or f"write {signature}"
                return FeelTypeError(message, argument.line, argument.column, hint)
        missing = [slot.name for slot in signature.slots if not slot.optional and slot.name not in named]
        if missing:
            message = f"{signature.name} needs {missing[0]}"
            return FeelTypeError(message, node.line, node.column, f"write {signature}")
        return [known[name] for name in named]
    if not signature.takes(count):
        message = f"{signature.name} does not take {count} arguments; it is {signature}"
        return FeelTypeError(message, node.line, node.column, _COUNT)
    return [signature.slot(index) for index in range(count)]


def _first_bad(
    signature: Signature, slots: Sequence[Slot], types: Sequence[Type], node: t.Call
) -> FeelTypeError | None:
    places: list[t.Node] = [*node.args, *node.named]
    for slot, found, place in zip(slots, types, places, strict=True):
        if not fits(found, slot):
            message = f"{signature.name}: {slot.name} must be {slot.type}, and this is {found}"
            return FeelTypeError(message, place.line, place.column, f"write {signature}")
    return None


def function_result(node: t.Call, function: FunctionType, args: Sequence[Type], named: Mapping[str, Type]) -> Type:
    """Return the type of a call of a function that is a value: one of the expression, or one of the scope.

    Raises: FeelTypeError for a wrong count, name or type of arguments.
    """
    wanted, names = function.parameters, function.names
    if len(args) + len(named) != len(wanted):
        written = f": {', '.join(names)}" if names else ""
        message = f"the function takes {len(wanted)} arguments{written}, not {len(args) + len(named)}"
        raise FeelTypeError(message, node.line, node.column)
    pairs = list(zip(args, wanted, names or ("",) * len(wanted), node.args, strict=False))
    if named and names:
        by_name = dict(zip(names, wanted, strict=True))
        for argument in node.named:
            if argument.name not in by_name:
                message = f'the function has no parameter "{argument.name}"'
                raise FeelTypeError(message, argument.line, argument.column, did_you_mean(argument.name, names))
        pairs = [(named[part.name], by_name[part.name], part.name, part) for part in node.named]
    for found, declared, name, place in pairs:
        if not may_be(found, declared):
            message = f"{name or 'this argument'} must be {declared}, and this is {found}"
            raise FeelTypeError(message, place.line, place.column)
    return function.result


def fits(found: Type, slot: Slot) -> bool:
    """Tell whether a value of type `found` can ever be taken for a parameter."""
    if found == NULL:
        return slot.nullable
    return _fits(without_null(found), slot.type)


def may_be(found: Type, wanted: Type) -> bool:
    """Tell whether a value of type `found` can ever be a value of type `wanted`; null is of every type."""
    return found == NULL or _fits(without_null(found), wanted)


def _fits(found: Type, wanted: Type) -> bool:
    if isinstance(wanted, NamedType) or ANY in {wanted, found}:
        return True
    if isinstance(found, UnionType):
        return any(_fits(option, wanted) for option in found.options)
    if isinstance(wanted, UnionType):
        return any(_fits(found, option) for option in wanted.options)
    if isinstance(wanted, ListType):
        inner = found.element if isinstance(found, ListType) else found
        return _fits(without_null(inner), wanted.element)
    # A list of one would be taken as its element, but nobody knows beforehand that there will be one.
    if isinstance(wanted, FunctionType | ContextType | RangeType) or isinstance(found, ListType):
        return isinstance(found, type(wanted))
    return comparable(found, wanted) or (found == DATE and wanted == DATE_TIME)


def _check_literal(node: t.Call, name: str) -> None:
    """Refuse `date("2026-02-30")`: a literal that is read, and found wrong, before any evaluation."""
    if len(node.args) != 1 or not isinstance(node.args[0], t.StringLiteral):
        return
    text, reader = node.args[0].value, _READERS.get(name)
    bad = reader is not None and reader(text) is None
    if name == "date and time":
        bad = read_date(text) is None and read_date_time(text) is None
    if bad:
        message = f'"{text[:60]}" is not a {name}'
        raise FeelTypeError(message, node.args[0].line, node.args[0].column)


def _result(node: t.Call, signature: Signature, slots: Sequence[Slot], types: Sequence[Type]) -> Type:
    if signature.name == "duration" and len(node.args) == 1:
        first = node.args[0]
        if isinstance(first, t.StringLiteral):
            return YM_DURATION if isinstance(read_duration(first.value), YearsMonths) else DT_DURATION
    return _filled(signature.result, _variable(slots, types))


def _variable(slots: Sequence[Slot], types: Sequence[Type]) -> Type:
    """Return what T stands for in a call: the join of all that stands in its place."""
    found: list[Type] = []
    for slot, given in zip(slots, types, strict=True):
        if isinstance(slot.type, NamedType):
            found.append(given)
        elif isinstance(slot.type, ListType) and isinstance(slot.type.element, NamedType):
            found.append(given.element if isinstance(given, ListType) else given)
    joined = found[0] if found else ANY
    for other in found[1:]:
        joined = join(joined, other)
    return joined


def _filled(result: Type, variable: Type) -> Type:
    if isinstance(result, NamedType):
        return variable
    if isinstance(result, ListType):
        return ListType(_filled(result.element, variable))
    return ANY if isinstance(result, ContextType) else result
