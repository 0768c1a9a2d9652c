"""From the parts in force on a day to the rule set that one decision runs on: what each rule cites and rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from rules.feel.tree import Name, Node, walk
from rules.freshness import PARAMETER, LawOnFile, Relied, distinct
from rules.model import LegalBasis, Parameter
from rules.register import Register
from rules.typed import RuleSet, TypedRule
from rules.typed_functions import CALENDAR, KINDS, TypedDefinition, TypedTable
from rules.working_days import NOTHING_PUBLISHED, Calendar

Bases = tuple[LegalBasis, ...]


def parameter_bases(parameters: Iterable[Parameter], day: date) -> dict[str, Bases]:
    """Return the legal basis of each parameter's value on a day."""
    return {
        parameter.id: value.basis
        for parameter in parameters
        for value in parameter.values
        if value.in_force.holds_on(day)
    }


def calendar_needed(calendar: Calendar, rules: Iterable[TypedRule], definitions: Iterable[TypedDefinition]) -> Calendar:
    """Return the calendar, or an empty one where nothing asks it: a new year's notice then changes no rule set."""
    asked = [*(rule.functions for rule in rules), *(definition.calls for definition in definitions)]
    return calendar if any(kind == CALENDAR for one in asked for kind, _ in one) else NOTHING_PUBLISHED


def with_functions(
    bare: RuleSet,
    tables: Sequence[TypedTable],
    definitions: Sequence[TypedDefinition],
    register: Register | None,
    of_parameters: Mapping[str, Bases],
) -> RuleSet:
    """Return a rule set with its functions, with rules that cite what they call, and with its law on file."""
    by_id = {table.table.id: table for table in tables}
    cited = {definition.definition.id: definition.definition.basis for definition in definitions}
    rules: list[TypedRule] = []
    relied: list[Relied] = []
    for rule in bare.rules:
        own = rule.rule.basis
        called = [by_id[name] for kind, name in sorted(rule.functions) if kind == "tables" and name in by_id]
        beside = [basis for table in called for basis in table.table.basis]
        beside += [basis for kind, name in sorted(rule.functions) if kind == "definitions" for basis in cited[name]]
        if rule.functions:
            also = tuple(basis for basis in distinct(beside) if basis not in own)
            rule = replace(rule, also_cited=also, tables=tuple(called))  # noqa: PLW2901 (the rule of this day)
        rules.append(rule)
        read = [path[1] for path in sorted(rule.paths) if path[0] == "parameters" and len(path) > 1]
        bases = distinct([*rule.bases, *(basis for name in read for basis in of_parameters.get(name, ()))])
        checks = ((rule.rule.last_checked_on, own), *((one.table.last_checked_on, one.table.basis) for one in called))
        relied.append(Relied(rule.rule.id, bases, checks, by_law=_by_law(rule.applies)))
    valid_for = bare.parameters.get(PARAMETER)
    law = None if register is None else LawOnFile(register, tuple(relied), valid_for, bare.item.basis)
    return replace(bare, rules=tuple(rules), tables=tuple(tables), definitions=tuple(definitions), law=law)


def _by_law(applies: Node) -> bool:
    """Tell whether an expression reads what the law sets (parameters, tables, definitions), and not facts alone."""
    return any(isinstance(node, Name) and node.name in _SET_BY_LAW for node in walk(applies))


_SET_BY_LAW = frozenset({"parameters", *KINDS})
