"""From parsed YAML to typed rules and parameter values, each problem with its line."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rules import feel
from rules.errors import Problem
from rules.fact_schema import FactSchema
from rules.feel import types
from rules.feel.errors import did_you_mean
from rules.feel.tree import Call, Compare, Name, Node, NullLiteral, walk
from rules.model import Parameter, Rule
from rules.template import Template, parse_template
from rules.typed import TypedRule, TypedTexts, witness_of
from rules.typed_functions import NO_FUNCTIONS, Functions, Reference, calls_in
from rules.unknown_days import swallowed
from rules.yaml_source import Source

Entry = TypeVar("Entry", bound=BaseModel)
_SAID = {"too_short": "this must not be empty", "missing": "this is missing"}
Path = tuple[str | int, ...]
Scope = Mapping[str, types.Type]


def parse_models(source: Source, model: type[Entry], problems: list[Problem]) -> Iterator[tuple[Path, Entry]]:
    """Yield every entry of a file that holds one model or a list of them; report the others with their place."""
    value = source.value
    entries = [((index,), entry) for index, entry in enumerate(value)] if isinstance(value, list) else [((), value)]
    for path, entry in entries:
        try:
            yield path, model.model_validate(entry)
        except ValidationError as error:
            for where, said in _faults(error):
                message = f"{'/'.join(map(str, where)) or 'entry'}: {said}"
                problems.append(source.problem((*path, *where), message))


def _faults(error: ValidationError) -> Iterator[tuple[Path, str]]:
    """Yield place and sentence of each fault. A misspelt field is told once, and not also as the one that is missing."""
    faults = error.errors(include_url=False, include_input=False)
    missing = {fault["loc"] for fault in faults if fault["type"] == "missing"}
    meant: dict[Path, str] = {}
    for fault in faults:
        place = fault["loc"]
        if fault["type"] == "extra_forbidden":
            wanted = [str(other[-1]) for other in missing if other[:-1] == place[:-1]]
            meant[place] = did_you_mean(str(place[-1]), wanted) or ""
    told = {(*place[:-1], said.split('"')[1]) for place, said in meant.items() if said}
    for fault in faults:
        place = fault["loc"]
        if place in told or (
            fault["type"] == "too_short" and any(place == other["loc"][:1] != other["loc"] for other in faults)
        ):
            continue
        if fault["type"] == "extra_forbidden":
            yield place, "there is no such field" + (f" ({meant[place]})" if meant[place] else "")
        else:
            yield place, _SAID.get(fault["type"], fault["msg"])


def parameter_values(parameters: Iterable[Parameter], day: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the FEEL values in force on `day`, and the same as plain values for the digest.

    A parameter without a value on that day is null: rules that need it are undetermined, never satisfied.
    """
    values: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for parameter in parameters:
        current = next((value for value in parameter.values if value.in_force.holds_on(day)), None)
        values[parameter.id] = None if current is None else feel_value(parameter, current.value)
        plain[parameter.id] = None if current is None else current.value
    return values, plain


def feel_value(parameter: Parameter, value: bool | int | str | tuple[str, ...]) -> Any:  # noqa: FBT001 (a value, not a switch)
    """Return a parameter's value as FEEL has it. Raises `ValueError` or `DecimalException` where it is not of its type."""
    found: Any = value
    match parameter.type:
        case "number" if isinstance(value, int | str) and not isinstance(value, bool):
            found = Decimal(str(value))
            fits = found.is_finite()
        case "date":
            found = date.fromisoformat(str(value))
            fits = True
        case "duration":
            found = feel.read_duration(str(value))
            fits = found is not None
        case "list<string>":
            found = list(value) if isinstance(value, tuple) else [str(value)]
            fits = not isinstance(value, bool)
        case "string":
            fits = isinstance(value, str)
        case "boolean":
            fits = isinstance(value, bool)
        case _:
            fits = False
    if not fits:
        message = f"want a value of type {parameter.type}"
        raise ValueError(message)
    return found


def type_rule(
    rule: Rule, scope: Scope, facts: FactSchema, source: Source, path: Path, functions: Functions = NO_FUNCTIONS
) -> tuple[TypedRule | None, list[Problem]]:
    """Parse and type every expression of a rule; return it, or the problems with file, line and column.

    `scope` has the types of facts, parameters, working-day functions and of the contexts of `functions`.
    """
    reader = _Reader(source, path, frozenset(scope))
    applies = reader.expression("applies_when", rule.applies_when, scope, types.BOOLEAN)
    holds = reader.expression("holds_when", rule.holds_when, scope, types.BOOLEAN)
    if applies is None or holds is None:
        return None, reader.problems
    witness = witness_of(holds)
    inner = dict(scope)
    if witness is not None:
        elements = feel.infer(witness.elements, scope)
        inner[witness.variable] = elements.element if isinstance(elements, types.ListType) else types.ANY
    texts = {
        key: reader.template(key_path, text, inner)
        for key, key_path, text in (
            ("at", ("at",), rule.at),
            ("notice.zh", ("notice", "zh"), rule.notice.zh),
            ("notice.en", ("notice", "en"), rule.notice.en),
            ("remedy.zh", ("remedy", "zh"), rule.remedy.zh),
            ("remedy.en", ("remedy", "en"), rule.remedy.en),
        )
    }
    if reader.problems:
        return None, reader.problems
    plain_applies, plain_holds = functions.read_through(applies), functions.read_through(holds)
    reader.refuse_counting_of_evidence("holds_when", plain_holds, facts)
    reader.refuse_counting_of_evidence("applies_when", plain_applies, facts)
    reader.refuse_unequal_to_a_table("holds_when", holds)
    reader.refuse_unequal_to_a_table("applies_when", applies)
    reader.refuse_swallowed_days("holds_when", holds, functions)
    reader.refuse_swallowed_days("applies_when", applies, functions)
    called = functions.called(applies, holds)
    reader.problems += coverage_problems(rule, called, functions, source, path)
    if reader.problems:
        return None, reader.problems
    read = feel.paths(plain_applies) | feel.paths(plain_holds)
    sources = {facts.source_of(fact) for fact in read} - {None}
    typed = TypedRule(
        rule=rule,
        applies=applies,
        holds=holds,
        witness=witness,
        at=texts["at"],
        notice=TypedTexts(texts["notice.zh"], texts["notice.en"]),
        remedy=TypedTexts(texts["remedy.zh"], texts["remedy.en"]),
        paths=read,
        sources=frozenset(name for name in sources if name is not None),
        functions=called,
    )
    return typed, []


def coverage_problems(
    rule: Rule, called: Iterable[Reference], functions: Functions, source: Source, path: Path
) -> Iterator[Problem]:
    """Yield a problem for each table that has no edition on some day on which the rule is in force."""
    for kind, name in sorted(called):
        if kind != "tables":
            continue
        periods = sorted(
            (table.table.in_force for table in functions.tables if table.table.id == name), key=lambda p: p.from_
        )
        day: date | None = rule.in_force.from_
        for period in periods:
            if day is not None and period.holds_on(day):
                day = None if period.to is None else period.to + timedelta(days=1)
        last = rule.in_force.to
        if day is not None and (last is None or day <= last):
            message = f"the rule is in force on {day}, and the table {name!r} that it calls has no edition on that day"
            yield source.problem((*path, "in_force"), message)


class _Reader:
    """Parses the texts of one rule and collects what is wrong with them."""

    def __init__(self, source: Source, path: Path, names: frozenset[str]) -> None:
        self.source = source
        self.path = path
        self.names = names
        self.problems: list[Problem] = []

    def expression(self, key: str, text: str, scope: Scope, expected: types.Type) -> Node | None:
        """Parse and type one expression; it must be of the expected type."""
        try:
            node = feel.parse(text, self.names)
            found = feel.infer(node, scope)
        except feel.FeelError as error:
            self._report((key,), error)
            return None
        if found not in (expected, types.NULL):
            self.problems.append(self.source.problem((*self.path, key), f"{key} is of type {found}, not {expected}"))
            return None
        return node

    def template(self, key: Path, text: str, scope: Scope) -> Template:
        """Parse a text with expressions and type each of them."""
        try:
            template = parse_template(text, frozenset(scope))
            for node in template.expressions:
                feel.infer(node, scope)
        except feel.FeelError as error:
            self._report(key, error)
            return Template(text, ())
        return template

    def refuse_counting_of_evidence(self, key: str, node: Node, facts: FactSchema) -> None:
        """Refuse `count(name_record.same)`: FEEL counts a missing answer as one thing, so silence would read as a defect.

        `every x in ... satisfies` over the same list is null when the answer is missing, and so undetermined.
        """
        for call in walk(node):
            if not isinstance(call, Call) or not isinstance(call.function, Name) or call.function.name != "count":
                continue
            sources = {facts.source_of(path) for path in feel.paths(call)} - {None}
            if sources:
                named = ", ".join(sorted(str(source) for source in sources))
                message = (
                    f"{key}: count() over what {named} answers reads a missing answer as one; "
                    "write `every x in ... satisfies ...` instead"
                )
                place = self.source.problem((*self.path, key), message, line=call.line, column=call.column)
                self.problems.append(place)

    def refuse_unequal_to_a_table(self, key: str, node: Node) -> None:
        """Refuse `tables.x(…).standing != "barred"`: it is true where the table cannot say, so silence would pass."""
        for found in walk(node):
            if not isinstance(found, Compare) or found.op != "!=" or isinstance(found.right, NullLiteral):
                continue
            if any(reference[0] == "tables" for side in (found.left, found.right) for _, reference in calls_in(side)):
                message = (
                    f"{key}: `!=` is true where the table cannot say; ask with `=`, or for a yes or no of the table"
                )
                place = self.source.problem((*self.path, key), message, line=found.line, column=found.column)
                self.problems.append(place)

    def refuse_swallowed_days(self, key: str, node: Node, functions: Functions) -> None:
        """Refuse what would make an answer of a day that no calendar is published for."""
        for call, message in swallowed(node, functions):
            place = (*self.path, key)
            self.problems.append(self.source.problem(place, f"{key}: {message}", line=call.line, column=call.column))

    def _report(self, key: Path, error: feel.FeelError) -> None:
        advice = f" ({error.suggestion})" if getattr(error, "suggestion", None) else ""
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        message = f"{'.'.join(map(str, key))}: {getattr(error, 'message', str(error))}{advice}"
        self.problems.append(self.source.problem((*self.path, *key), message, line=line, column=column))
