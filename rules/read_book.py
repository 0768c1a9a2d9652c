"""The parts of a book that are read from its folder, and what must hold between them; every problem with its line."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import DecimalException
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rules import feel
from rules.errors import Problem, RuleBookError
from rules.feel import types as feel_types
from rules.model import Item, LegalBasis, Parameter, Period, Rule, ScopeEntry
from rules.read_rules import feel_value, parse_models
from rules.register import FILE, Citation, Edition, Register, unresolved
from rules.working_days import NOTHING_PUBLISHED, Calendar, read_calendar
from rules.yaml_source import Source, read

Entry = TypeVar("Entry", bound=BaseModel)
At = tuple[str | int, ...]
Placed = tuple[Source, At, Entry]
RESERVED_IDS = "H"  # of grounds outside the rules (engine.holds): no rule of a book may pass for one


@dataclass(slots=True)
class Reading:
    """A folder under way: every file that was read, by name, and every problem so far."""

    folder: Path
    problems: list[Problem]
    sources: dict[str, Source]

    def source(self, name: str) -> Source | None:
        """Read one file, or report why not."""
        try:
            self.sources[name] = read(self.folder / name, name)
        except RuleBookError as error:
            self.problems.extend(error.problems)
            return None
        return self.sources[name]

    def collect(self, kind: str, model: type[Entry]) -> list[Placed[Entry]]:
        """Read every entry of the files in a subfolder."""
        collected: list[Placed[Entry]] = []
        for path in sorted((self.folder / kind).glob("*.yaml")):
            source = self.source(f"{kind}/{path.name}")
            if source is not None:
                collected.extend((source, place, value) for place, value in parse_models(source, model, self.problems))
        return collected

    def unread(self, kind: str, collected: list[Placed[Entry]]) -> set[str]:
        """Return the ids of entries in a subfolder that were not read: a rule that names one has no fault of its own."""
        read = {getattr(entry, "id", None) for _, _, entry in collected}
        listed = [
            source.value for name, source in self.sources.items() if name.startswith(f"{kind}/") and source is not None
        ]
        named = {str(entry["id"]) for value in listed if isinstance(value, list) for entry in value
                 if isinstance(entry, dict) and "id" in entry}  # fmt: skip
        return named - read

    def forms(self) -> dict[str, Mapping[str, Any]]:
        """Read the JSON Schemas of the forms."""
        found: dict[str, Mapping[str, Any]] = {}
        for path in sorted((self.folder / "forms").glob("*.schema.json")):
            name = f"forms/{path.name}"
            try:
                form = json.loads(path.read_bytes())
            except RecursionError:
                self.problems.append(Problem(name, 1, 1, "nested too deep"))
                continue
            except ValueError as error:
                line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
                self.problems.append(Problem(name, line, column, f"not JSON: {error}"))
                continue
            if not isinstance(form, dict):
                self.problems.append(Problem(name, 1, 1, "a form is a JSON Schema: an object"))
                continue
            found[path.name.removesuffix(".schema.json")] = form
        return found

    def register(self) -> Register | None:
        """Read the register of cited law, if the folder has one."""
        if not (self.folder / FILE).is_file():
            return None
        source = self.source(FILE)
        editions: list[Edition] = []
        seen: set[tuple[str, str]] = set()
        for path, edition in parse_models(source, Edition, self.problems) if source else ():
            assert source is not None
            if (edition.law, edition.version) in seen:
                message = f"《{edition.law}》 {edition.version} stands twice"
                self.problems.append(source.problem((*path, "law"), message))
            seen.add((edition.law, edition.version))
            editions.append(edition)
        if source is not None and not editions and not self.problems:
            self.problems.append(source.problem((), "want a list of editions, each with its law and version"))
        return Register(tuple(editions))

    def calendar(self) -> Calendar:
        """Read the calendar of working days; a book without one knows of no working day."""
        try:
            return read_calendar(self.folder / "calendar")
        except RuleBookError as error:
            self.problems.extend(error.problems)
            return NOTHING_PUBLISHED

    def scope_catalogue(self) -> Any:
        """Read the catalogue of standard expressions: a mapping with `items`, each with a code of its own."""
        source = self.source("scope_catalogue.yaml")
        if source is None:
            return {"items": []}
        entries = source.value.get("items") if isinstance(source.value, dict) else None
        if not isinstance(entries, list) or not entries:
            self.problems.append(source.problem(("items",), "want `items:` with the standard expressions"))
            return {"items": []}
        seen: set[str] = set()
        inside = Source(
            source.file, entries, {at[1:]: mark for at, mark in source.places.items() if at[:1] == ("items",)}
        )
        for path, entry in parse_models(inside, ScopeEntry, self.problems):
            if entry.code in seen:
                self.problems.append(inside.problem((*path, "code"), f"the code {entry.code!r} stands twice"))
            seen.add(entry.code)
        return source.value

    def citations(self) -> Iterator[Citation]:
        """Yield every legal basis in the files read, each with its place; a form that is wrong is reported elsewhere."""
        for name, source in sorted(self.sources.items()):
            if name == FILE:
                continue
            for path, owner, found in _bases(source.value, (), name):
                try:
                    basis = LegalBasis.model_validate(found)
                except ValidationError:
                    continue
                if basis.version or not name.startswith("scope_catalogue"):
                    yield Citation(basis, owner, source, path)


def _bases(value: Any, path: At, owner: str) -> Iterator[tuple[At, str, Mapping[str, Any]]]:
    if isinstance(value, dict):
        owner = str(value.get("id") or value.get("code") or owner)
        if "law" in value and ("article" in value or "note" in value):
            yield path, owner, value
        for key, part in value.items():
            yield from _bases(part, (*path, key), owner)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _bases(part, (*path, index), owner)


def check_items(items: Sequence[Placed[Item]], forms: Mapping[str, Any], problems: list[Problem]) -> None:
    """Each item has a form, and is published once for every day."""
    for source, path, item in items:
        if item.form not in forms:
            problems.append(source.problem((*path, "form"), f"its form {item.form!r} is not under forms/"))
    periods = [(source, path, item.code, item.in_force) for source, path, item in items]
    problems += overlapping(periods, "the item {} is published twice on {}; close the older one with `to`", "code")


def check_rules(rules: Sequence[Placed[Rule]], problems: list[Problem]) -> None:
    """Two versions of one rule may follow each other; they may not be in force on the same day."""
    for source, path, rule in rules:
        if rule.id.startswith(RESERVED_IDS):
            message = (
                f"ids that begin with {RESERVED_IDS} are kept for grounds outside the rules; choose another letter"
            )
            problems.append(source.problem((*path, "id"), message))
    periods = [(source, path, rule.id, rule.in_force) for source, path, rule in rules]
    problems += overlapping(periods, "{} has two versions in force on {}; close the older one with `to`", "id")


def overlapping(found: Iterable[tuple[Source, At, str, Period]], message: str, key: str) -> Iterator[Problem]:
    """Yield a problem for each entry that is in force on a day on which one of the same name before it is."""
    by_name: dict[str, list[tuple[Period, Source, At]]] = {}
    for source, path, name, period in found:
        by_name.setdefault(name, []).append((period, source, path))
    for name, entries in by_name.items():
        latest: Period | None = None
        for period, source, path in sorted(entries, key=lambda entry: entry[0].from_):
            if latest is not None and (latest.to is None or latest.to >= period.from_):
                yield source.problem((*path, key), message.format(name, period.from_))
            if latest is None or (latest.to is not None and (period.to is None or period.to > latest.to)):
                latest = period


def check_parameters(parameters: Sequence[Placed[Parameter]], problems: list[Problem]) -> None:
    """Each parameter stands once, has one value a day, and values of its type."""
    seen: dict[str, str] = {}
    for source, path, parameter in parameters:
        if parameter.id in seen:
            message = f"{parameter.id!r} stands twice; it is also in {seen[parameter.id]}"
            problems.append(source.problem((*path, "id"), message))
        seen[parameter.id] = source.file
        periods = [
            (source, (*path, "values", index), parameter.id, value.in_force)
            for index, value in enumerate(parameter.values)
        ]
        problems += overlapping(periods, "{} has two values on {}; close the older one with `to`", "in_force")
        kinds: set[type] = set()
        for index, value in enumerate(parameter.values):
            try:
                kinds.add(type(feel_value(parameter, value.value)))
            except (ValueError, DecimalException) as error:
                place = (*path, "values", index, "value")
                problems.append(source.problem(place, f"{value.value!r} is not a {parameter.type}: {error}"))
        if parameter.type == "duration" and len(kinds) > 1:
            message = "one value is in months and one in days; all values of a parameter are of one kind"
            problems.append(source.problem((*path, "values"), message))


def check_basis(register: Register | None, citations: Iterable[Citation], problems: list[Problem]) -> None:
    """Every citation names an edition and an article of the register."""
    if register is not None:
        problems += unresolved(register, citations)


def parameter_types(parameters: Iterable[Parameter]) -> dict[str, feel_types.Type]:
    """Return the FEEL type of each parameter."""
    simple: dict[str, feel_types.Type] = {
        "number": feel_types.NUMBER,
        "string": feel_types.STRING,
        "boolean": feel_types.BOOLEAN,
        "date": feel_types.DATE,
        "list<string>": feel_types.ListType(feel_types.STRING),
    }
    return {parameter.id: simple.get(parameter.type) or _duration_type(parameter) for parameter in parameters}


def _duration_type(parameter: Parameter) -> feel_types.Type:
    sample = feel.read_duration(str(parameter.values[0].value))
    return feel_types.YM_DURATION if isinstance(sample, feel.YearsMonths) else feel_types.DT_DURATION


def read_citations(folder: Path) -> tuple[Register | None, tuple[Citation, ...]]:
    """Return the register of a folder and every citation in it, of a book that may not load as a whole.

    Raises `RuleBookError` for files that cannot be read.
    """
    reading = Reading(folder, [], {})
    for kind in ("law", "tables", "definitions", "parameters", "catalogue"):
        for path in sorted((folder / kind).glob("*.yaml")):
            reading.source(f"{kind}/{path.name}")
    reading.source("scope_catalogue.yaml")
    register = reading.register()
    if reading.problems:
        raise RuleBookError(reading.problems)
    return register, tuple(reading.citations())
