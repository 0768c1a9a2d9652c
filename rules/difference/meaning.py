"""What each rule of a rule set means on its day, and how the rules of two sets differ.

The meaning of a rule is what can change a decision or where a defect is shown: its two conditions in normal form, its
effect, its place, and the values of the parameters, tables and definitions that it reads. The days it is in force are
told by the sets themselves. Title, notice, remedy and the look of an expression are words; the basis and the day of the
last check are its citation, which matters to freshness alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rules.difference.normal import normal
from rules.digest import content_digest
from rules.template import Template
from rules.typed import RuleSet, TypedRule
from rules.typed_functions import CALENDAR

Kind = Literal["new", "removed", "changed"]
ASPECTS = ("applies", "condition", "effect", "place")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The parts of a rule's meaning by name: `condition`, `effect`, `parameter max_shareholders`, `table fees` …."""

    parts: Mapping[str, str]

    def differs_in(self, other: "Meaning") -> tuple[str, ...]:
        """Return the names of the parts that are not alike, in a fixed order."""
        names = [*ASPECTS, *sorted((set(self.parts) | set(other.parts)) - set(ASPECTS))]
        return tuple(name for name in names if self.parts.get(name) != other.parts.get(name))


@dataclass(frozen=True, slots=True)
class Pair:
    """One rule in two sets; None where a set does not have it. `aspects` say in what its meaning differs."""

    rule: str
    kind: Kind
    old: TypedRule | None
    new: TypedRule | None
    aspects: tuple[str, ...]
    values: Mapping[str, tuple[Any, Any]]

    @property
    def key(self) -> str:
        """Name this very change: equal on every day and item on which the same two meanings meet."""
        return content_digest([self.rule, self.kind, [one and one.rule for one in (self.old, self.new)],
                               {name: [str(one) for one in values] for name, values in self.values.items()}])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A rule whose meaning is the same and whose text is not: which members of it were written anew."""

    rule: str
    members: tuple[str, ...]
    citation: tuple[str, ...] = ()


def meaning_of(rule: TypedRule, rule_set: RuleSet) -> Meaning:
    """Return what a rule means with the parameters, tables and definitions of its set."""
    bound = {} if rule.witness is None else {rule.witness.variable: "bound element"}
    parts = {
        "applies": normal(rule.applies),
        "condition": normal(rule.holds),
        "effect": rule.rule.on_violation,
        "place": _template(rule.at, bound),
    }
    for name, value in read_parameters(rule, rule_set).items():
        parts[f"parameter {name}"] = repr(value)
    return Meaning(parts | dict(_called(rule, rule_set)))


def read_parameters(rule: TypedRule, rule_set: RuleSet) -> dict[str, Any]:
    """Return the values of the parameters that a rule's conditions read, through tables and definitions too."""
    names = sorted({path[1] for path in rule.paths if path[0] == "parameters" and len(path) > 1})
    whole = any(path == ("parameters",) for path in rule.paths)
    return {name: rule_set.parameters.get(name) for name in (sorted(rule_set.parameters) if whole else names)}


def pairs(old: RuleSet, new: RuleSet) -> tuple[tuple[Pair, ...], tuple[Words, ...]]:
    """Return the rules whose meaning differs between two sets, and those of which only words do; both by rule id."""
    before, after = ({rule.rule.id: rule for rule in one.rules} for one in (old, new))
    changed: list[Pair] = []
    words: list[Words] = []
    for name in sorted(set(before) | set(after)):
        first, second = before.get(name), after.get(name)
        if first is None or second is None:
            kind: Kind = "new" if first is None else "removed"
            changed.append(Pair(name, kind, first, second, (), {}))
            continue
        aspects = meaning_of(first, old).differs_in(meaning_of(second, new))
        if aspects:
            values = dict(_values(aspects, first, second, old, new))
            changed.append(Pair(name, "changed", first, second, aspects, values))
        elif first.rule != second.rule:
            found = _words(first, second)
            words += [found] if found.members or found.citation else []
    return tuple(changed), tuple(words)


def _values(
    aspects: tuple[str, ...], first: TypedRule, second: TypedRule, old: RuleSet, new: RuleSet
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield what stood there and what stands there now, for people."""
    written = {"applies": "applies_when", "condition": "holds_when", "effect": "on_violation", "place": "at"}
    for aspect in aspects:
        kind, _, name = aspect.partition(" ")
        if aspect in written:
            yield aspect, (getattr(first.rule, written[aspect]).strip(), getattr(second.rule, written[aspect]).strip())
        elif kind == "parameter":
            yield aspect, (old.parameters.get(name), new.parameters.get(name))
        else:
            yield aspect, (_source(kind, name, old), _source(kind, name, new))


def _source(kind: str, name: str, rule_set: RuleSet) -> Any:
    """Return what people see of a table (its rows and default) or a definition (its expression)."""
    if kind == "table":
        return next(
            (
                {"hit_policy": one.table.hit_policy, "rows": [[*row.when, "→", *row.then] for row in one.table.rows],
                 "default": one.table.default}
                for one in rule_set.tables
                if one.table.id == name
            ),
            None,
        )  # fmt: skip
    if kind == CALENDAR:
        return [f"{year.year}: {year.notice.number}" for year in rule_set.calendar.years.values()]
    found = (one.definition.expression for one in rule_set.definitions if one.definition.id == name)
    return next(found, None)


def _called(rule: TypedRule, rule_set: RuleSet) -> Iterator[tuple[str, str]]:
    tables = {one.table.id: one.table for one in rule_set.tables}
    definitions = {one.definition.id: one for one in rule_set.definitions}
    for kind, name in sorted(rule.functions):
        if kind == "tables" and name in tables:
            table = tables[name]
            # The author's titles, notes and citations are left out: they decide nothing.
            plain = table.model_dump(include={"hit_policy", "inputs", "outputs", "default"}, mode="json")
            rows = [{"when": row.when, "then": row.then} for row in table.rows]
            yield f"table {name}", content_digest([plain, rows])
        elif kind == "definitions" and name in definitions:
            definition = definitions[name]
            bound = {one.name: f"bound {index}" for index, one in enumerate(definition.definition.parameters)}
            # Calls may name the parameters, so their names count as much as their order.
            taken = ", ".join(f"{one.name}: {one.type}" for one in definition.definition.parameters)
            yield f"definition {name}", f"({taken}) {normal(definition.body, bound)}"
        elif kind == CALENDAR:
            yield CALENDAR, content_digest(rule_set.calendar.source)


def _template(template: Template, names: Mapping[str, str]) -> str:
    return "".join(part if isinstance(part, str) else "{" + normal(part, names) + "}" for part in template.parts)


def _words(first: TypedRule, second: TypedRule) -> Words:
    differing = [
        name for name in type(first.rule).model_fields if getattr(first.rule, name) != getattr(second.rule, name)
    ]
    citation = tuple(name for name in differing if name in {"basis", "last_checked_on"})
    members = tuple(name for name in differing if name not in {"basis", "last_checked_on", "in_force", "entities"})
    return Words(first.rule.id, members, citation)
