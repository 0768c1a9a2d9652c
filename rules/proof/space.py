"""The space of facts: one symbol for each fact, with what a value of it can be (back from a model: `witness`).

A person who is a shareholder, an officer or the agent is one of `people`: such a record is chosen from that list, so a
witness never shows two different people under one name.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property

import z3

from rules.fact_schema import FactSchema
from rules.feel.paths import FactPath
from rules.feel.temporal import day_number
from rules.proof import days
from rules.proof.space_rules import SpaceRules
from rules.proof.symbols import (
    FALSE,
    SBool,
    SDate,
    SList,
    SNum,
    SRecord,
    SStr,
    Sym,
    Term,
    merged,
)

LONGEST_TEXT = 4000
"""Characters of a text that is looked into: the longest that a form in rules/forms admits."""


def admitted(given: SpaceRules) -> str:
    """Say which values of the facts a proof speaks of, in words: no form admits others."""
    numbers = "" if given.least is None else f"; numbers {given.least} to {given.greatest}"
    return f"dates 0001-01-01 to 9999-12-31; texts of up to {LONGEST_TEXT} characters{numbers}"


class PromoteError(Exception):
    """A fact held as a number for each text is looked into: it must be a String. Encode again with it among `texts`."""

    def __init__(self, leaves: frozenset[tuple[str, ...]]) -> None:
        super().__init__(f"texts are looked into: {leaves}")
        self.leaves = leaves


class Space:
    """Symbols of facts, made when first asked for. `constraints` say what they can be, by the name of the fact."""

    def __init__(
        self, schema: FactSchema, day: date, given: SpaceRules, texts: frozenset[tuple[str, ...]] = frozenset(),
        entries: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.schema = schema
        self.day = day
        self.given = given
        self.texts = texts
        self.entries = entries or {}
        self.constraints: list[Term] = []
        self.codes: dict[str, int] = {}
        self.made: dict[str, Sym] = {}
        self.places: dict[str, FactPath] = {}

    def fact(self, name: str) -> Sym:
        """Return the symbol of a fact of the schema."""
        if name not in self.made:
            if name == "decided_on":
                self.made[name] = days.known_day(day_number(self.day), FALSE)
            else:
                declared = self.schema.records["facts"][name]
                self.made[name] = self._symbol(declared, ("facts", name), name)
        return self.made[name]

    def bound(self, name: str, place: str) -> int:
        """Return how many entries of a list are tried."""
        if name in self.entries:
            return self.entries[name]
        return self.given.entries.get(name, self.given.entries.get(place, self.given.entries["default"]))

    def member_of(self, constant: str) -> FactPath | None:
        """Return the record and member that a constant of a model belongs to; null for a symbol outside the facts."""
        return self.places.get(constant.rstrip("?#@"))

    def reach(self) -> str:
        """Say how many entries of each list were tried, in words."""
        bounds = {**self.given.entries, **self.entries}
        named = ", ".join(f"{name} {bound}" for name, bound in sorted(bounds.items()) if name != "default")
        return f"for lists of up to {bounds['default']} entries" + (f" ({named})" if named else "")

    def _symbol(self, declared: str, leaf: tuple[str, ...], place: str) -> Sym:
        optional = declared.endswith("?")
        inner = declared.removesuffix("?")
        self.places[place] = leaf[:2]
        name = ".".join(leaf) if leaf[0] != "facts" else leaf[1]
        evidence = self.schema.sources.get(name if leaf[0] != "facts" else leaf[1])
        optional = optional or name in self.given.nullable or evidence not in (None, "application", "derived")
        optional = optional or leaf[0] in self._evidence_records
        null = z3.Bool(f"{place}?") if optional else FALSE
        if inner.startswith("list<"):
            return self._list(inner[5:-1], leaf, place, null)
        if inner in self.schema.records:
            return self._record(inner, place, null)
        return self._scalar(inner, leaf, place, null)

    @cached_property
    def _evidence_records(self) -> frozenset[str]:
        """Name the records that sources fill: a member they leave out is null."""
        found: set[str] = set()
        pending = []
        for key, source in self.schema.sources.items():
            if source not in ("application", "derived"):
                record, _, member = key.rpartition(".")
                pending.append(self.schema.records[record or "facts"][member])
        while pending:
            inner = pending.pop().removesuffix("?").removeprefix("list<").removesuffix(">")
            if inner in self.schema.records and inner not in found:
                found.add(inner)
                pending += self.schema.records[inner].values()
        return frozenset(found)

    def _list(self, element: str, leaf: tuple[str, ...], place: str, null: Term) -> SList:
        length = z3.Int(f"{place}#")
        name = f"{leaf[0]}.{leaf[1]}" if leaf[0] != "facts" else leaf[1]
        bound = self.bound(name, place)
        self.constraints += [length >= 0, length <= bound]
        entries = tuple(
            (length > index, self._symbol(element, (*leaf, "*"), f"{place}[{index + 1}]")) for index in range(bound)
        )
        return SList(null, entries)

    def _record(self, name: str, place: str, null: Term) -> SRecord:
        definition = self.schema.records[name]
        if self.given.linked and name == self.given.linked[0] and not place.startswith(f"{self.given.linked[1]}["):
            return self._one_of(self.given.linked[1], place, null)
        made: dict[str, Sym] = {}

        def get(member: str) -> Sym:
            if member not in made:
                made[member] = self._symbol(str(definition[member]), (name, member), f"{place}.{member}")
            return made[member]

        return SRecord(null, tuple(definition), get)

    def _one_of(self, target: str, place: str, null: Term) -> SRecord:
        """Return a record that is one entry of the list `target`."""
        people = self.fact(target)
        assert isinstance(people, SList)
        selector = z3.Int(f"{place}@")
        length = z3.Int(f"{target}#")
        self.constraints += [selector >= 0, selector < len(people.entries), z3.Or(null, selector < length)]
        records = [value for _, value in people.entries]
        first = records[0]
        assert isinstance(first, SRecord)
        made: dict[str, Sym] = {}

        def get(member: str) -> Sym:
            if member not in made:
                parts = [record.get(member) for record in records if isinstance(record, SRecord)]
                joined = parts[-1]
                for index in reversed(range(len(parts) - 1)):
                    joined = merged(selector == index, parts[index], joined, self.one_sort)
                made[member] = joined
            return made[member]

        found = SRecord(null, first.names, get)
        self.made.setdefault(f"{place}@", found)
        return found

    def _scalar(self, kind: str, leaf: tuple[str, ...], place: str, null: Term) -> Sym:
        if kind == "boolean":
            return SBool(null, z3.Bool(place))
        if kind == "number":
            number = z3.Int(place) if self.given.least is not None else z3.Real(place)
            if self.given.least is not None:
                self.constraints += [number >= self.given.least, number <= self.given.greatest]
            return SNum(null, number)
        if kind == "date":
            day = z3.Int(place)
            self.constraints += [day >= days.FIRST_DAY, day <= days.LAST_DAY]
            return SDate(null, lambda: day, day)
        if kind != "string":
            raise NotImplementedError(
                f"{place}: facts of type {kind} have no symbol yet; add it to rules/proof/space.py"
            )
        values = self.given.values.get(".".join(leaf))
        if leaf in self.texts:
            text = z3.String(place)
            self.constraints.append(z3.Length(text) <= LONGEST_TEXT)
            if values:
                self.constraints.append(z3.Or([text == z3.StringVal(value) for value in values]))
            return SStr(null, text)
        code = z3.Int(place)
        self.constraints.append(z3.Or([code == self.code(value) for value in values]) if values else code >= 0)
        return SStr(null, code, frozenset({leaf}))

    def code(self, text: str) -> int:
        """Return the number that stands for a text: equal texts, equal numbers."""
        return self.codes.setdefault(text, len(self.codes))

    def literal(self, text: str) -> SStr:
        """Return a known text; it is compared as a number or as a String, whichever the other side is."""
        return SStr(FALSE, z3.IntVal(self.code(text)), frozenset(), text)

    def one_sort(self, one: SStr, other: SStr) -> tuple[Term, Term]:
        """Return the terms of two texts in one sort. Raises `PromoteError` where a fact must first become a String."""
        if z3.is_int(one.value) and z3.is_int(other.value):
            return one.value, other.value
        return self.as_text(one), self.as_text(other)

    def as_text(self, value: SStr) -> Term:
        """Return a text as a String term, to look inside it. Raises `PromoteError`."""
        if value.text is not None:
            return z3.StringVal(value.text)
        if z3.is_int(value.value):
            raise PromoteError(value.leaves)
        return value.value
