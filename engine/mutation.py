"""Plant every mutant in turn and look for a case that notices: what it expects is not what the mutant gives.

The facts of every case are computed once; a changed rule is compiled once and asked alone, because no other rule of
the set changes. First come the cases of the rule itself, then every case that expects an outcome.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.cases import ABSENT, CaseFacts, CaseResult, of_the_book
from engine.model import Result
from engine.rule_judge import Judge, judge_of, outcome_of
from rules.case_files import Case
from rules.load import RuleBook
from rules.mutation.model import Mutant
from rules.read_rules import feel_value
from rules.typed import TypedRule
from rules.typed_functions import TypedTable

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Standing:
    """One passed case, ready to be asked again: its facts, and the effect of each rule on its outcome."""

    case: Case
    facts: CaseFacts
    effects: Mapping[str, str]
    key: int  # equal facts have equal keys


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: the case that killed it, or a case of another rule in which it would show, or neither."""

    mutant: Mutant
    killed_by: str | None
    shows_in: "Showing | None" = None


@dataclass(frozen=True, slots=True)
class Showing:
    """A case of another rule: what the rule as it stands is there, and what the mutant is."""

    case: str
    stands: str
    becomes: str


@dataclass(slots=True)
class Corpus:
    """All passed cases, by rule and as a whole, with the rules of the book compiled as they are asked."""

    book: RuleBook
    by_rule: dict[str, list[Standing]] = field(default_factory=dict)
    outcomes: list[Standing] = field(default_factory=list)  # one for each different application and evidence
    _judges: dict[int, tuple[TypedRule, Judge]] = field(default_factory=dict)

    def judge(self, rule: TypedRule) -> Judge:
        """Return a rule compiled, once for each object."""
        known = self._judges.get(id(rule))
        if known is None or known[0] is not rule:
            known = self._judges[id(rule)] = (rule, judge_of(rule))
        return known[1]


def corpus_of(book: RuleBook, results: Iterable[CaseResult]) -> Corpus:
    """Return the passed cases of `results`, ready for `verdicts`."""
    corpus = Corpus(book)
    keys: dict[tuple[Any, ...], int] = {}
    seen: set[tuple[int, str]] = set()
    for result in results:
        if result.facts is None or result.decision is None or result.differences:
            continue
        case = result.case
        content = (case.on, repr(case.application), repr(case.evidence))
        effects = {finding.rule: finding.effect for finding in result.decision.findings}
        standing = Standing(case, result.facts, effects, keys.setdefault(content, len(keys)))
        corpus.by_rule.setdefault(case.rule, []).append(standing)
        if case.outcome is not None and (standing.key, case.outcome) not in seen:
            seen.add((standing.key, case.outcome))
            corpus.outcomes.append(standing)
    return corpus


def verdicts(corpus: Corpus, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
    """Yield what becomes of each mutant, in their order. Those that nobody can see are not run."""
    for mutant in mutants:
        if mutant.unseen is not None:
            yield Verdict(mutant, None)
        elif mutant.rule is None:
            yield _shared_verdict(corpus, mutant)
        else:
            yield _rule_verdict(corpus, mutant)


def _rule_verdict(corpus: Corpus, mutant: Mutant) -> Verdict:
    changed, of = mutant.rule, mutant.of
    assert changed is not None
    assert of is not None
    judge = judge_of(changed) if (changed.applies, changed.holds) != (of.applies, of.holds) else corpus.judge(of)
    if judge.rule is not changed:
        judge = Judge(changed, judge.applies, judge.holds)
    only_result = (changed.rule.on_violation, changed.rule.entities, changed.rule.in_force) == (
        of.rule.on_violation, of.rule.entities, of.rule.in_force,
    )  # fmt: skip
    for standing in corpus.by_rule.get(mutant.owner, ()):
        found = _asked(judge, standing, standing.facts.scope)
        if _noticed(standing, mutant.owner, of, found, judge):
            return Verdict(mutant, _name(standing))
    shows = None
    for standing in corpus.outcomes:
        if standing.case.rule == mutant.owner:
            continue
        found = _asked(judge, standing, standing.facts.scope)
        effect = "" if found is None else judge.effect(found, standing.facts.silent)
        if effect != standing.effects.get(mutant.owner, "") and not _still(standing, {mutant.owner: effect}):
            return Verdict(mutant, _name(standing))
        if shows is None and only_result:
            stands = _asked(corpus.judge(of), standing, standing.facts.scope)
            if stands is not None and found is not None and stands is not found:
                shows = Showing(_name(standing), stands.value, found.value)
    return Verdict(mutant, None, shows)


def _asked(judge: Judge, standing: Standing, scope: Mapping[str, Any]) -> Result | None:
    """Return the result of a rule in a case, or None where the rule is not asked of it."""
    rule = judge.rule.rule
    facts = standing.facts
    if facts.rule_set.item.entity not in rule.entities or not rule.in_force.holds_on(standing.case.on):
        return None
    return judge.result(scope)


def _noticed(
    standing: Standing, owner: str, edition: TypedRule, found: Result | None, judge: Judge,
    scope: Mapping[str, Any] | None = None,
) -> bool:  # fmt: skip
    """Tell whether a case of the rule expects something else than the changed rule gives."""
    case, facts = standing.case, standing.facts
    others = [rule for rule in facts.rule_set.rules if rule.rule.id == owner and rule.rule != edition.rule]
    if others:
        return False  # another edition answers on this day
    if (ABSENT if found is None else found.value) != case.result:
        return True
    effect = "" if found is None else judge.effect(found, facts.silent)
    if case.effect is not None and effect != case.effect:
        return True
    if case.outcome is not None and not _still(standing, {owner: effect}):
        return True
    if case.places is None or found is None:
        return False
    return judge.places(found, facts.scope if scope is None else scope) != sorted(case.places)


def _still(standing: Standing, changed: Mapping[str, str]) -> bool:
    """Tell whether the outcome is as expected with these effects in place of the old ones; '' takes a rule away."""
    effects = {**standing.effects, **changed}
    return outcome_of(effect for effect in effects.values() if effect) == standing.case.outcome


def _shared_verdict(corpus: Corpus, mutant: Mutant) -> Verdict:
    """Return what becomes of a mutant of something that several rules read: a parameter, a table, a definition."""
    readers = readers_of(mutant, corpus.book)
    own = [
        standing
        for rule in dict.fromkeys(rule.rule.id for rule in readers)
        for standing in corpus.by_rule.get(rule, ())
    ]
    # What each rule set names beside the facts, as changed; where a period is changed, a set differs from day to day.
    books: dict[tuple[str, date | None], dict[str, Any] | None] = {}
    for standing in (*own, *corpus.outcomes):
        rule_set = standing.facts.rule_set
        key = (rule_set.digest, standing.case.on if mutant.kind == "in_force" else None)
        if key not in books:
            books[key] = _changed_book(mutant, standing, corpus.book)
        named = books[key]
        if named is None:
            continue
        scope = {**standing.facts.scope, **named}
        effects: dict[str, str] = {}
        for rule in readers:
            judge = corpus.judge(rule)
            found = _asked(judge, standing, scope)
            if found is None:
                continue
            effects[rule.rule.id] = judge.effect(found, standing.facts.silent)
            if standing.case.rule == rule.rule.id and _noticed(standing, rule.rule.id, rule, found, judge, scope):
                return Verdict(mutant, _name(standing))
        if standing.case.outcome is not None and not _still(standing, effects):
            return Verdict(mutant, _name(standing))
    return Verdict(mutant, None)


def readers_of(mutant: Mutant, book: RuleBook) -> list[TypedRule]:
    """Return the rules that read what a mutant changes."""
    if mutant.parameter is not None:
        wanted = ("parameters", mutant.owner)
        return [rule for rule in book.rules if any(path[:2] == wanted for path in rule.paths)]
    if mutant.function is not None:
        kind = "tables" if isinstance(mutant.function[0], TypedTable) else "definitions"
        return [rule for rule in book.rules if (kind, mutant.owner) in rule.functions]
    return [mutant.of] if mutant.of is not None else []


def _changed_book(mutant: Mutant, standing: Standing, book: RuleBook) -> dict[str, Any] | None:
    """Return what a rule set names beside the facts under a mutant, or None where that is the same."""
    rule_set, day = standing.facts.rule_set, standing.case.on
    if mutant.parameter is not None:
        parameter = mutant.parameter
        value = next((one for one in parameter.values if one.in_force.holds_on(day)), None)
        new = None if value is None else feel_value(parameter, value.value)
        if new == rule_set.parameters.get(parameter.id):
            return None
        changed = {**rule_set.parameters, parameter.id: new}
        named = ("parameters", parameter.id)
        in_functions = any(path[:2] == named for reads in book.functions.reads.values() for path in reads.outside)
        return of_the_book(rule_set, changed) if in_functions else {"parameters": changed}
    assert mutant.function is not None
    old, function = mutant.function
    if isinstance(function, TypedTable):
        kept = tuple(table for table in rule_set.tables if table.table is not old.table)  # type: ignore[union-attr]  # a table is changed into a table
        tables = (*kept, function) if function.table.in_force.holds_on(day) else kept
        return of_the_book(replace(rule_set, tables=tables), rule_set.parameters)
    definitions = tuple(function if one is old else one for one in rule_set.definitions)
    return of_the_book(replace(rule_set, definitions=definitions), rule_set.parameters)


def _name(standing: Standing) -> str:
    return f"{standing.case.rule}: {standing.case.name}"
