"""The published list of what the law demands before an approval (`duties.yaml`), written apart from the rules."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from rules import feel
from rules.errors import Problem, RuleBookError
from rules.model import ENTITY_KINDS, EntityKind, Frozen, LegalBasis, Text
from rules.yaml_source import Source, read

FILE = "duties.yaml"


class Duty(Frozen):
    """One demand: `holds_when` must be true of every approved application; what nobody can say counts as not held."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    basis: tuple[LegalBasis, ...] = Field(min_length=1)
    entities: tuple[EntityKind, ...] = ENTITY_KINDS
    holds_when: str = Field(min_length=1)


def read_duties(folder: Path, scope: Mapping[str, feel.Type]) -> tuple[Duty, ...]:
    """Read `duties.yaml` of a book; a book without it has no list, and nothing is proved of it.

    `scope` has the type of every name that a condition may use. Raises `RuleBookError` with every entry that is not of
    this form, stands twice, or whose condition does not parse or is not a boolean.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    source = read(path, FILE)
    entries = source.value if source.value is not None else []
    if not isinstance(entries, list):
        raise RuleBookError([source.problem((), "want a list of {id, title, basis, holds_when}")])
    found: dict[str, Duty] = {}
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        try:
            duty = Duty.model_validate(entry)
        except ValidationError as error:
            problems += [source.problem((index, *one["loc"]), str(one["msg"])) for one in error.errors()]
            continue
        if duty.id in found:
            problems.append(source.problem((index, "id"), f"{duty.id} stands twice; give each duty an id of its own"))
        found[duty.id] = duty
        problems += _faults(duty, scope, source, index)
    if problems:
        raise RuleBookError(problems)
    return tuple(found.values())


def _faults(duty: Duty, scope: Mapping[str, feel.Type], source: Source, index: int) -> Iterator[Problem]:
    place = (index, "holds_when")
    try:
        kind = feel.infer(feel.parse(duty.holds_when, frozenset(scope)), scope)
    except feel.FeelError as error:
        advice = f" ({error.suggestion})" if error.suggestion else ""
        message = f"{duty.id}: holds_when: {error.message}{advice}"
        yield source.problem(place, message, line=error.line or 1, column=error.column or 1)
        return
    if kind != feel.BOOLEAN:
        yield source.problem(place, f"{duty.id}: holds_when is of type {kind}, not boolean; write a condition")
