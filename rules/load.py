"""Load the rule book: read, type and index every file, and choose the rule set of an item on a day.

A book loads whole or not at all: every problem of every file is reported at once with its place (`RuleBookError`).

>>> book = load_rule_book()
>>> book.rule_set("00013112800001", date(2026, 11, 20)).item.entity
'individual'
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from rules.digest import content_digest
from rules.errors import ItemNotInForceError, ItemNotPublishedError, Problem, RuleBookError
from rules.fact_schema import FactSchema, read_fact_schema
from rules.feel import types as feel_types
from rules.model import Item, Parameter, Rule
from rules.read_rules import parameter_values, parse_models, type_rule
from rules.typed import RuleSet, TypedRule
from rules.yaml_source import Source, read

Entry = TypeVar("Entry", Rule, Parameter, Item)
PACKAGED = Path(__file__).parent
FOLDERS = ("law", "parameters", "catalogue", "code_lists", "forms")
FILES = ("facts.yaml", "scope_catalogue.yaml")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All items, rules and parameters of all days, as published; `digest` names its whole content."""

    facts: FactSchema
    items: tuple[Item, ...]
    rules: tuple[TypedRule, ...]
    parameters: tuple[Parameter, ...]
    forms: Mapping[str, Mapping[str, Any]]
    code_lists: Mapping[str, Any]
    scope_catalogue: Mapping[str, Mapping[str, Any]]
    scope_source: Mapping[str, Any]
    facts_source: Any
    folder: Path
    digest: str
    _sets: dict[tuple[str, str], RuleSet] = field(default_factory=dict, repr=False, compare=False)
    _days: dict[tuple[str, date], RuleSet] = field(default_factory=dict, repr=False, compare=False)

    def item(self, code: str, day: date) -> Item:
        """Return the item in force on `day`. Raises `ItemNotPublishedError` or `ItemNotInForceError`."""
        published = [item for item in self.items if item.code == code]
        if not published:
            known = ", ".join(sorted({item.code for item in self.items}))
            raise ItemNotPublishedError(code, f"no item {code!r} is in the published catalogue; published are: {known}")
        for item in published:
            if item.in_force.holds_on(day):
                return item
        periods = [f"from {item.in_force.from_} to {item.in_force.to or 'further notice'}" for item in published]
        raise ItemNotInForceError(code, day, periods)

    def rule_set(self, code: str, day: date) -> RuleSet:
        """Return the rule set of an item on the day of decision (law date). Equal content is the same object."""
        known = self._days.get((code, day))
        if known is not None:
            return known
        item = self.item(code, day)
        rules = tuple(
            rule for rule in self.rules if rule.rule.in_force.holds_on(day) and item.entity in rule.rule.entities
        )
        parameters, sources = parameter_values(self.parameters, day)
        digest = content_digest(
            {
                "schema": "miaopi/rule-set/1",
                "item": item,
                "rules": [rule.rule for rule in rules],
                "parameters": sources,
                "form": self.forms[item.form],
                "scope_catalogue": self.scope_source,
                "facts": self.facts_source,
            }
        )
        chosen = self._sets.get((code, digest))
        if chosen is None:
            form = self.forms[item.form]
            chosen = RuleSet(item, day, digest, rules, parameters, form, self.scope_catalogue, self.facts)
            self._sets[(code, digest)] = chosen
        self._days[(code, day)] = chosen
        return chosen


@cache
def load_rule_book(folder: Path = PACKAGED) -> RuleBook:
    """Load the book in `folder` (the packaged one by default) and keep it. Raises `RuleBookError`."""
    return load(folder)


def load(folder: Path) -> RuleBook:
    """Load the book in `folder`. Raises `RuleBookError` with every problem found."""
    problems: list[Problem] = []
    facts_file = read(folder / "facts.yaml")
    facts = read_fact_schema(facts_file)
    parameters = _collect(folder, "parameters", Parameter, problems)
    items = [item for _, _, item in _collect(folder, "catalogue", Item, problems)]
    scope_source = read(folder / "scope_catalogue.yaml")
    forms = _forms(folder, problems)
    _check_items(items, forms, problems)
    _check_unique([(source, path, parameter.id) for source, path, parameter in parameters], problems)
    names = {parameter.id: parameter for _, _, parameter in parameters}
    scope = {**facts.scope, "parameters": feel_types.ContextType(_parameter_types(names))}
    rules: list[TypedRule] = []
    sources = _collect(folder, "law", Rule, problems)
    _check_versions(sources, problems)
    for source, path, rule in sources:
        typed, found = type_rule(rule, scope, facts, source, path)
        problems += found
        rules += [typed] if typed is not None else []
    if problems:
        raise RuleBookError(problems)
    rules.sort(key=lambda rule: (rule.rule.id, rule.rule.in_force.from_))
    code_lists = {path.stem: read(path).value for path in sorted((folder / "code_lists").glob("*.yaml"))}
    content = {
        "facts": facts_file.value,
        "items": items,
        "rules": [rule.rule for rule in rules],
        "parameters": [parameter for _, _, parameter in parameters],
        "forms": forms,
        "code_lists": code_lists,
        "scope_catalogue": scope_source.value,
    }
    return RuleBook(
        facts=facts,
        items=tuple(items),
        rules=tuple(rules),
        parameters=tuple(parameter for _, _, parameter in parameters),
        forms=forms,
        code_lists=code_lists,
        scope_catalogue={entry["code"]: entry for entry in scope_source.value["items"]},
        scope_source=scope_source.value,
        facts_source=facts_file.value,
        folder=folder,
        digest=content_digest(content),
    )


def book_files(folder: Path = PACKAGED) -> Iterator[Path]:
    """Yield every file that a copy of the book needs, relative to `folder`: what an export must carry."""
    for name in FILES:
        yield Path(name)
    for name in FOLDERS:
        yield from sorted(path.relative_to(folder) for path in (folder / name).iterdir() if path.is_file())


def _collect(
    folder: Path, kind: str, model: type[Entry], problems: list[Problem]
) -> list[tuple[Source, tuple[str | int, ...], Entry]]:
    collected: list[tuple[Source, tuple[str | int, ...], Entry]] = []
    for path in sorted((folder / kind).glob("*.yaml")):
        try:
            source = read(path, f"{kind}/{path.name}")
        except RuleBookError as error:
            problems.extend(error.problems)
            continue
        collected.extend((source, place, value) for place, value in parse_models(source, model, problems))
    return collected


def _forms(folder: Path, problems: list[Problem]) -> dict[str, Mapping[str, Any]]:
    forms: dict[str, Mapping[str, Any]] = {}
    for path in sorted((folder / "forms").glob("*.schema.json")):
        try:
            forms[path.name.removesuffix(".schema.json")] = json.loads(path.read_bytes())
        except ValueError as error:
            problems.append(Problem(f"forms/{path.name}", 1, 1, f"not JSON: {error}"))
    return forms


def _check_items(items: list[Item], forms: Mapping[str, Any], problems: list[Problem]) -> None:
    problems += [
        Problem(f"catalogue/{item.code}", 1, 1, f"its form {item.form!r} is not under forms/")
        for item in items
        if item.form not in forms
    ]


def _check_unique(found: list[tuple[Source, tuple[str | int, ...], str]], problems: list[Problem]) -> None:
    seen: dict[str, str] = {}
    for source, path, name in found:
        if name in seen:
            problems.append(source.problem((*path, "id"), f"{name!r} stands twice; it is also in {seen[name]}"))
        seen[name] = source.file


def _check_versions(found: list[tuple[Source, tuple[str | int, ...], Rule]], problems: list[Problem]) -> None:
    """Two versions of one rule may follow each other; they may not be in force on the same day."""
    versions: dict[str, list[Rule]] = {}
    for source, path, rule in found:
        others = [other.in_force for other in versions.setdefault(rule.id, [])]
        problems += [
            source.problem(
                (*path, "id"), f"{rule.id} has two versions in force on {day}; close the older one with `to`"
            )
            for day in (max(rule.in_force.from_, other.from_) for other in others)
            if rule.in_force.holds_on(day) and any(other.holds_on(day) for other in others)
        ]
        versions[rule.id].append(rule)


def _parameter_types(parameters: Mapping[str, Parameter]) -> dict[str, feel_types.Type]:
    types: dict[str, feel_types.Type] = {
        "number": feel_types.NUMBER,
        "string": feel_types.STRING,
        "boolean": feel_types.BOOLEAN,
        "date": feel_types.DATE,
        "list<string>": feel_types.ListType(feel_types.STRING),
    }
    built: dict[str, feel_types.Type] = {}
    for name, parameter in parameters.items():
        if parameter.type == "duration":
            sample = str(parameter.values[0].value)
            built[name] = feel_types.YM_DURATION if "T" not in sample and "D" not in sample else feel_types.DT_DURATION
        else:
            built[name] = types[parameter.type]
    return built
