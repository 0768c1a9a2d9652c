"""Between a symbol of the space and a fact of a real application: say that they are equal, and read what a model changes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import z3

from rules.difference.places import UNKNOWN, split, steps_of, symbol_value
from rules.feel.temporal import date_of, day_number
from rules.proof.space import Space
from rules.proof.symbols import Term
from rules.proof.witness import plain_value


def equals(space: Space, term: Term, value: Any) -> Term | None:
    """Return `term = value` for a fact of an application, or None where the value does not fit the symbol."""
    if z3.is_bool(term):
        return term == z3.BoolVal(value) if isinstance(value, bool) else None
    if z3.is_string(term):
        return term == z3.StringVal(value) if isinstance(value, str) else None
    if isinstance(value, str):
        return term == space.code(value)
    number = as_number(value)
    return None if number is None else term == number


def as_number(value: Any) -> int | None:
    """Return the whole number that stands for a number or a day; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, date):
        return day_number(value)
    return int(value) if isinstance(value, int | Decimal) else None


def changed_symbols(
    space: Space, symbols: Mapping[str, Term], assumed: Collection[str], near: Mapping[str, Any], model: Any
) -> dict[str, Any]:
    """Return the symbols that a model has otherwise than the application `near`, with their values as facts.

    `assumed` are those that the application has; where the model leaves one of them open it stays as it is.
    """
    texts = {code: text for text, code in space.codes.items()}
    found: dict[str, Any] = {}
    for name, term in sorted(symbols.items()):
        if name.startswith(("!", "keep ", "outside ")) or (model[term] is None and name in assumed):
            continue
        place, mark = split(name)
        value = plain_value(model.eval(term, model_completion=True))
        before = symbol_value(near, name)
        if not mark and not isinstance(value, bool):
            value = _of_kind(declared_at(space, place), value, texts)
        if before is UNKNOWN or value != before:
            found[name] = value
    return {name: value for name, value in found.items() if _matters(name, symbols, model)}


def _of_kind(declared: str | None, value: Any, texts: Mapping[int, str]) -> Any:
    if declared == "date":
        return date_of(value)
    if declared == "string" and isinstance(value, int):
        return texts.get(value, f"text-{value}")
    return Decimal(value) if declared == "number" else value


def _matters(name: str, symbols: Mapping[str, Term], model: Any) -> bool:
    """Leave out what lies beyond the end of a list, or inside something that is null."""
    place = split(name)[0]
    for cut in range(1, len(place) + 1):
        if cut < len(place) and place[cut] not in ".[":
            continue
        owner = place[:cut]
        null = symbols.get(f"{owner}?")
        if null is not None and name != f"{owner}?" and z3.is_true(model.eval(null, model_completion=True)):
            return False
        if owner.endswith("]"):
            listed, _, position = owner.rpartition("[")
            length = symbols.get(f"{listed}#")
            if length is not None and model.eval(length, model_completion=True).as_long() < int(position[:-1]):
                return False
    return True


def declared_at(space: Space, place: str) -> str | None:
    """Return the declared type of a place, without its question mark."""
    record: str | None = "facts"
    declared: str | None = None
    for step in steps_of(place):
        if isinstance(step, int):
            declared = (declared or "").removesuffix("?").removeprefix("list<").removesuffix(">")
        else:
            declared = space.schema.records.get(record or "", {}).get(step)
        if declared is None:
            return None
        record = declared.removesuffix("?")
    return record


def constants_in(terms: Iterable[Term]) -> Iterator[Term]:
    """Yield every symbol of some terms, each once."""
    seen: set[int] = set()
    pending = list(terms)
    while pending:
        term = pending.pop()
        if term.get_id() in seen:
            continue
        seen.add(term.get_id())
        if z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield term
        pending += term.children()
