"""The mutants of one parameter: each of its values one step off, a list without one element, each period a day off."""

from collections.abc import Iterator

from rules.freshness import PARAMETER
from rules.load import RuleBook
from rules.model import Parameter, ParameterValue
from rules.mutation.literals import OTHER_TEXT, stepped_number, stepped_text
from rules.mutation.model import Ids, Mutant
from rules.mutation.places import Places
from rules.mutation.visible import moved, seen_during, seen_on, unseen_day, unseen_period

_OF_THE_ENGINE = (
    "没有规则读取该参数；引擎对它的使用由 tests/engine 检验",
    "no rule reads it; what the engine does with it is tested in tests/engine",
)
Value = bool | int | str | tuple[str, ...]


def parameter_mutants(parameter: Parameter, book: RuleBook, places: Places) -> Iterator[Mutant]:
    """Yield every mutant of a parameter."""
    ids = Ids()
    engine = _OF_THE_ENGINE if parameter.id == PARAMETER else None
    for index, value in enumerate(parameter.values):
        never = None if seen_during(book, value.in_force) else unseen_period(value.in_force)
        place = places.at(parameter, ("values", index, "value"))
        for kind, changed in _other_values(parameter, value.value):
            original, written = _written(value.value), _written(changed)
            yield Mutant(
                id=ids.give(parameter.id, str(value.in_force.from_), kind, original, written),
                owner=parameter.id,
                kind=kind,
                file=place.file,
                line=place.line,
                column=place.column,
                original=original,
                changed=written,
                parameter=_replaced(parameter, index, value.model_copy(update={"value": changed})),
                hint={"values": (value.value, changed)},
                unseen=engine or never,
            )
        place = places.at(parameter, ("values", index, "in_force"))
        others = [other.in_force for other in parameter.values if other is not value]
        for period, day in moved(value.in_force):
            if any(other.holds_on(day) for other in others):
                continue
            yield Mutant(
                id=ids.give(parameter.id, "in_force", str(value.in_force.from_), str(period.from_), str(period.to)),
                owner=parameter.id,
                kind="in_force",
                file=place.file,
                line=place.line,
                column=place.column,
                original=f"from {value.in_force.from_} to {value.in_force.to or '…'}",
                changed=f"from {period.from_} to {period.to or '…'}",
                parameter=_replaced(parameter, index, value.model_copy(update={"in_force": period})),
                hint={"day": day},
                unseen=engine or (None if seen_on(book, day) else unseen_day(day)),
            )


def _other_values(parameter: Parameter, value: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(value, bool):
        yield "parameter", not value
    elif isinstance(value, int):
        for number in stepped_number(value):
            yield "parameter", number
    elif isinstance(value, tuple):
        for index in range(len(value)):
            yield "element", (*value[:index], *value[index + 1 :])
    elif parameter.type in {"date", "duration"}:
        for text in stepped_text(value):
            yield "parameter", text
    else:
        yield "parameter", value[:-1] + ("0" if value[-1:] != "0" else "1") if value.isdigit() else value + OTHER_TEXT


def _replaced(parameter: Parameter, index: int, value: ParameterValue) -> Parameter:
    return parameter.model_copy(update={"values": (*parameter.values[:index], value, *parameter.values[index + 1 :])})


def _written(value: Value) -> str:
    return f"[{', '.join(value)}]" if isinstance(value, tuple) else str(value)
