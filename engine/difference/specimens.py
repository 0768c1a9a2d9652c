"""Whole applications at hand: the bases and cases of both books, and whatever else is given (recorded decisions)."""

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from engine.application import Application
from engine.application import content_digest as signed_digest
from engine.cases import evidence_of, moment
from engine.decide import decide, sources_without_answer
from engine.difference.model import Side
from engine.errors import IntakeError
from engine.facts import facts
from engine.intake import read_application
from engine.model import Decision
from engine.rule_judge import Judge, judge_of, outcome_of, result_of
from rules.callables import compiled_functions, interpreted_functions
from rules.case_files import Answer, base, case_files
from rules.digest import content_digest
from rules.errors import ItemError
from rules.feel import interpret
from rules.feel.tree import Node
from rules.load import RuleBook
from rules.read_book import RESERVED_IDS
from rules.typed import RuleSet, TypedRule
from verifiers.model import Evidence

Effects = Mapping[str, str]


@dataclass(frozen=True)
class Specimen:
    """One application with its evidence. `on` is its own day, None where any day will do (a base application)."""

    name: str
    document: Mapping[str, Any]
    answers: tuple[Answer, ...]
    on: date | None = None

    @property
    def item(self) -> str:
        """The catalogue code it names."""
        return str(self.document.get("item"))

    @cached_property
    def digest(self) -> str:
        """Name its content, without its name."""
        answers = [[one.verifier, one.subject, _plain(one.value), one.failure] for one in self.answers]
        return content_digest([self.document, sorted(answers, key=str), self.on])


def signed_for(specimen: Specimen, item: str) -> Specimen:
    """Return the specimen as an application for another item, signed anew."""
    document = copy.deepcopy(dict(specimen.document))
    before = signed_digest(document)
    document["item"] = item
    for signature in document["signatures"]:
        if signature["content_digest"] == before:
            signature["content_digest"] = signed_digest(document)
    return replace(specimen, name=f"{specimen.name} for {item}", document=document)


def _walker(node: Node) -> Callable[[Mapping[str, Any]], Any]:
    return lambda scope: interpret(node, scope)


def _plain(value: Any) -> Any:
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def specimens_of(books: Iterable[RuleBook]) -> tuple[list[Specimen], list[Specimen]]:
    """Return (base applications, cases) of the books, each once. Raises `RuleBookError` for files that cannot be read."""
    bases: dict[str, Specimen] = {}
    cases: dict[str, Specimen] = {}
    for book in books:
        folder = book.folder / "cases"
        for path in sorted((folder / "base").glob("*.yaml")):
            document, answers = base(path.stem, folder)
            one = Specimen(f"base {path.stem}", document, answers)
            bases.setdefault(one.digest, one)
        for file in case_files(folder) if folder.is_dir() else ():
            for case in file.cases:
                one = Specimen(f"{case.rule}: {case.name}", case.application, case.evidence, case.on)
                cases.setdefault(one.digest, one)
    return list(bases.values()), list(cases.values())


@dataclass(slots=True)
class Prepared:
    """A rule set ready to look at many applications; facts and decisions are kept by specimen."""

    rule_set: RuleSet
    like: "Prepared | None" = None  # a set with the same form, item, catalogue and facts: its reading serves here too
    _judges: dict[str, Judge] = field(default_factory=dict)
    _functions: Mapping[str, Any] = field(default_factory=dict)
    _read: dict[tuple[str, date], "Read | None"] = field(default_factory=dict)
    _decided: dict[tuple[str, date], Decision | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chosen = self.rule_set
        self._judges = {rule.rule.id: judge_of(rule) for rule in chosen.rules}
        self._functions = compiled_functions(chosen.parameters, chosen.tables, chosen.definitions, chosen.calendar)

    def read(self, specimen: Specimen, day: date) -> "Read | None":
        """Return the facts of a specimen on a day, or None where the form does not let it through."""
        key = (specimen.digest, day)
        if self.like is not None and self.like.rule_set.sources == self.rule_set.sources:
            return self.like.read(specimen, day)
        if key not in self._read:
            self._read[key] = self._facts(specimen, day)
        return self._read[key]

    def _facts(self, specimen: Specimen, day: date) -> "Read | None":
        at = moment(day)
        try:
            raw = json.dumps(specimen.document, ensure_ascii=False).encode()
            application = read_application(raw, self.rule_set.form)
        except IntakeError:
            return None
        evidence = evidence_of(specimen.answers, at)
        found = facts(application, evidence, self.rule_set, at)
        silent, _ = sources_without_answer(self.rule_set, evidence)
        return Read(application, evidence, found, silent)

    def scope(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return everything that expressions may name."""
        return {**found, "parameters": self.rule_set.parameters, **self._functions}

    def effect(self, rule: str, found: Mapping[str, Any], silent: frozenset[str]) -> str:
        """Return the effect of one rule on facts; `none` for a rule that the set does not have."""
        judge = self._judges.get(rule)
        return "none" if judge is None else judge.effect(judge.result(self.scope(found)), silent)

    def effect_by_both(self, rule: str, found: Mapping[str, Any], silent: frozenset[str]) -> str:
        """Return the effect of one rule on facts as both evaluators of the language have it; empty where they differ."""
        judge = self._judges.get(rule)
        if judge is None:
            return "none"
        chosen = self.rule_set
        walked = {**found, "parameters": chosen.parameters,
                  **interpreted_functions(chosen.parameters, chosen.tables, chosen.definitions, chosen.calendar)}  # fmt: skip
        again = result_of(_walker(judge.rule.applies), _walker(judge.rule.holds), walked)
        first = judge.result(self.scope(found))
        return judge.effect(first, silent) if first is again else ""

    def standing(self, found: Mapping[str, Any], silent: frozenset[str]) -> tuple[TypedRule, ...]:
        """Return the rules that stand against approval on facts."""
        scope = self.scope(found)
        return tuple(
            judge.rule
            for judge in self._judges.values()
            if judge.effect(judge.result(scope), silent) not in {"none", "inform"}
        )

    def decide(self, specimen: Specimen, day: date) -> Decision | None:
        """Decide a specimen by both evaluators; None where the form does not let it through."""
        key = (specimen.digest, day)
        if key not in self._decided:
            read = self.read(specimen, day)
            self._decided[key] = None if read is None else decide(
                read.application, read.evidence, self.rule_set, moment(day)
            )  # fmt: skip
        return self._decided[key]


@dataclass(frozen=True, slots=True)
class Read:
    """An application that passed intake, its evidence and facts, and the sources that are silent."""

    application: Application
    evidence: tuple[Evidence, ...]
    facts: Mapping[str, Any]
    silent: frozenset[str]


def side(decision: Decision | None) -> Side:
    """Return what people see of a decision."""
    if decision is None:
        return Side("not let through", ())
    causes = tuple(
        f"{found.rule} {found.effect}" for found in decision.findings if found.effect not in {"none", "inform"}
    )
    return Side(decision.outcome.value, causes + tuple("evaluators disagree" for _ in decision.disagreements[:1]))


def effects_of(decision: Decision) -> dict[str, str]:
    """Return the effect of every finding by rule; grounds outside the rules (`engine.holds`) are left out."""
    return {found.rule: found.effect for found in decision.findings if not found.rule.startswith(RESERVED_IDS)}


def rules_outcome(decision: Decision) -> str:
    """Return the outcome by the rules alone: old law on file holds back both sets alike, and hides what they say."""
    return decision.outcome.value if decision.disagreements else outcome_of(effects_of(decision).values()).value


def swapped_outcome(effects: Effects, rule: str, effect: str | None) -> str:
    """Return the outcome when one rule alone had another effect (None: the rule is not there)."""
    kept = {name: value for name, value in effects.items() if name != rule}
    return outcome_of([*kept.values(), *([] if effect is None else [effect])]).value


def set_of(book: RuleBook, item: str, day: date) -> RuleSet | None:
    """Return the rule set of an item on a day, or None where the book does not publish it then."""
    try:
        return book.rule_set(item, day)
    except ItemError:
        return None
