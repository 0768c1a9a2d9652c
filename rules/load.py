"""Load the rule book: read, type and index every file, and choose the rule set of an item on a day.

A book loads whole or not at all: every problem of every file is reported at once with its place (`RuleBookError`).

>>> book = load_rule_book()
>>> book.rule_set("00013112800001", date(2026, 11, 20)).item.entity
'individual'
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rules.choose import calendar_needed, parameter_bases, with_functions
from rules.digest import content_digest
from rules.errors import ItemNotInForceError, ItemNotPublishedError, Problem, RuleBookError
from rules.fact_schema import FactSchema, read_fact_schema
from rules.feel import types as feel_types
from rules.functions import Definition, Table
from rules.model import Item, Parameter, Rule
from rules.read_book import Reading, check_basis, check_items, check_parameters, check_rules, parameter_types
from rules.read_functions import read_functions
from rules.read_rules import parameter_values, type_rule
from rules.register import FILE, Citation, Register
from rules.typed import RuleSet, TypedRule
from rules.typed_functions import CALENDAR, KINDS, Functions
from rules.working_days import NOTHING_PUBLISHED, TYPES, Calendar

PACKAGED = Path(__file__).parent
FOLDERS = ("law", "tables", "definitions", "parameters", "calendar", "catalogue", "code_lists", "forms")
FILES = ("facts.yaml", "scope_catalogue.yaml", FILE)
_SINCE_SCHEMA_2 = frozenset(
    {"tables", "definitions", "calendar", FILE}
)  # what a book of the first schema does not have


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All items, rules and parameters of all days, as published; `digest` names its whole content.

    `register` is null for a book of the first schema alone, as old exports hold them.
    """

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
    functions: Functions = field(default_factory=Functions)
    register: Register | None = None
    citations: tuple[Citation, ...] = field(default=(), repr=False, compare=False)
    calendar: Calendar = NOTHING_PUBLISHED
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

    def checks(self) -> Iterator[tuple[str, date]]:
        """Yield when the law of each rule and table was last checked, with its name; every edition."""
        yield from ((f"rule {one.rule.id}", one.rule.last_checked_on) for one in self.rules)
        yield from ((f"table {one.table.id}", one.table.last_checked_on) for one in self.functions.tables)

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
        tables = tuple(table for table in self.functions.tables if table.table.in_force.holds_on(day))
        bases = parameter_bases(self.parameters, day)
        calendar = calendar_needed(self.calendar, rules, self.functions.definitions)
        content = {
            "schema": "miaopi/rule-set/1",
            "item": item,
            "rules": [rule.rule for rule in rules],
            "parameters": sources,
            "form": self.forms[item.form],
            "scope_catalogue": self.scope_source,
            "facts": self.facts_source,
        }
        if self.register is not None:
            content |= {
                "schema": "miaopi/rule-set/2",
                "tables": [table.table for table in tables],
                "definitions": [definition.definition for definition in self.functions.definitions],
                "articles": self.register.editions,
                "parameter_basis": bases,
            } | ({"calendar": calendar.source} if calendar.years else {})
        digest = content_digest(content)
        chosen = self._sets.get((code, digest))
        if chosen is None:
            form = self.forms[item.form]
            bare = RuleSet(
                item, day, digest, rules, parameters, form, self.scope_catalogue, self.facts, calendar=calendar
            )
            chosen = with_functions(bare, tables, self.functions.definitions, self.register, bases)
            self._sets[(code, digest)] = chosen
        self._days[(code, day)] = chosen
        return chosen


@cache
def load_rule_book(folder: Path = PACKAGED, *, archived: bool = False) -> RuleBook:
    """Load the book in `folder` (the packaged one by default) and keep it. Raises `RuleBookError`; see `load`."""
    return load(folder, archived=archived)


def load(folder: Path, *, archived: bool = False) -> RuleBook:
    """Load the book in `folder`. Raises `RuleBookError` with every problem found.

    A book without the register of cited law does not load, so that nobody switches freshness off by taking a file away.
    `archived` is for exports alone: a book of the first schema, from before there was a register, then loads with the
    digests it had, and its decisions are replayed as they were made, without the look at freshness.
    """
    reading = Reading(folder, [], {})
    problems = reading.problems
    facts_file = reading.source("facts.yaml")
    facts = FactSchema({}, {}, {})
    if facts_file is not None:
        try:
            facts = read_fact_schema(facts_file)
        except RuleBookError as error:
            problems += error.problems
    parameters = reading.collect("parameters", Parameter)
    unread = reading.unread("parameters", parameters)
    items = reading.collect("catalogue", Item)
    tables, definitions = reading.collect("tables", Table), reading.collect("definitions", Definition)
    sources = reading.collect("law", Rule)
    code_lists = {path.stem: reading.source(f"code_lists/{path.name}") for path in _yaml(folder / "code_lists")}
    scope_source = reading.scope_catalogue()
    forms, register, calendar = reading.forms(), reading.register(), reading.calendar()
    citations = tuple(reading.citations())
    problems += _missing(folder, register, archived=archived)
    check_items(items, forms, problems)
    check_parameters(parameters, problems)
    check_rules(sources, problems)
    check_basis(register, citations, problems)
    rules: list[TypedRule] = []
    functions = Functions()
    if facts.scope:  # without facts every expression would be wrong, which would hide what really is
        types = feel_types.ContextType(parameter_types(parameter for _, _, parameter in parameters))
        functions = read_functions(tables, definitions, facts, types, problems)
        scope = {**facts.scope, **TYPES, "parameters": types, **functions.types}
        for source, path, rule in sources:
            typed, found = type_rule(rule, scope, facts, source, path, functions)
            problems += [one for one in found if not any(f'there is no "{name}"' in one.message for name in unread)]
            rules += [typed] if typed is not None else []
            if typed is not None and not calendar.years and any(kind == CALENDAR for kind, _ in typed.functions):
                message = "the rule asks for working days, and the book has no calendar/<year>.yaml"
                problems.append(source.problem((*path, "id"), message))
    if problems or facts_file is None:
        raise RuleBookError(problems)
    rules.sort(key=lambda rule: (rule.rule.id, rule.rule.in_force.from_))
    lists = {name: source.value for name, source in code_lists.items() if source is not None}
    content: dict[str, Any] = {
        "facts": facts_file.value,
        "items": [item for _, _, item in items],
        "rules": [rule.rule for rule in rules],
        "parameters": [parameter for _, _, parameter in parameters],
        "forms": forms,
        "code_lists": lists,
        "scope_catalogue": scope_source,
    }
    if register is not None:
        content |= {
            "tables": [table.table for table in functions.tables],
            "definitions": [definition.definition for definition in functions.definitions],
            "articles": register.editions,
            "calendar": calendar.source,
        }
    return RuleBook(
        facts=facts,
        items=tuple(item for _, _, item in items),
        rules=tuple(rules),
        parameters=tuple(parameter for _, _, parameter in parameters),
        forms=forms,
        code_lists=lists,
        scope_catalogue={entry["code"]: entry for entry in scope_source["items"]},
        scope_source=scope_source,
        facts_source=facts_file.value,
        folder=folder,
        digest=content_digest(content),
        functions=functions,
        register=register,
        citations=citations,
        calendar=calendar,
    )


def book_files(folder: Path = PACKAGED) -> Iterator[Path]:
    """Yield every file that a copy of the book needs, relative to `folder`: what an export must carry."""
    for name in FILES:
        if name not in _SINCE_SCHEMA_2 or (folder / name).is_file():
            yield Path(name)
    for name in FOLDERS:
        if name not in _SINCE_SCHEMA_2 or (folder / name).is_dir():
            yield from sorted(path.relative_to(folder) for path in (folder / name).iterdir() if path.is_file())


def _yaml(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _missing(folder: Path, register: Register | None, *, archived: bool) -> Iterator[Problem]:
    """Yield a problem where the register is not there; a book with tables is of the second schema and has one."""
    if register is not None:
        return
    functions = any(_yaml(folder / kind) for kind in KINDS)
    if not archived or functions:
        yield Problem(
            FILE,
            1,
            1,
            "the register of cited law is missing; `miaopi rules check --laws DIR --write-register` writes it",
        )
