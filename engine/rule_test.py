"""The whole test of a book by the cases beside it: every case, what they cover, and which mutants they kill.

`rules test` prints it and the release gate asks it; both get the same report.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.cases import CaseResult, run_cases
from engine.coverage import Missing, RuleCoverage, cover
from engine.mutation import Verdict, corpus_of, verdicts
from engine.mutation_hints import hint_of
from engine.table_coverage import cover_tables
from rules.case_check import problems_of_cases
from rules.case_files import CaseFile, case_files
from rules.errors import Problem, RuleBookError
from rules.load import RuleBook
from rules.mutation import Argument, mutants_of, questions_of, read_arguments
from rules.mutation.book_mutants import type_scope
from rules.mutation.places import places_of

Progress = Callable[[str, int, int], None]  # what is under way ("cases", "coverage", "mutants"), done, of how many


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no case kills, with the case to write (zh, en), or the argument why none can."""

    verdict: Verdict
    hint: tuple[str, str]
    argument: Argument | None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """Everything that a run found. `ok` is what a release asks for."""

    results: tuple[CaseResult, ...]
    coverage: tuple[RuleCoverage, ...]
    argued: tuple[Missing, ...]
    killed: int = 0
    discarded: int = 0
    unseen: int = 0
    survivors: tuple[Survivor, ...] = ()
    stale: tuple[Problem, ...] = ()

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that did not come out as expected."""
        return tuple(result for result in self.results if result.differences)

    @property
    def unargued(self) -> tuple[Survivor, ...]:
        """The survivors that nobody has argued about."""
        return tuple(survivor for survivor in self.survivors if survivor.argument is None)

    @property
    def ok(self) -> bool:
        """Tell whether every case passed, no mutant survived without an argument, and every argument still stands."""
        return not self.failed and not self.unargued and not self.stale


@dataclass(slots=True)
class _Run:
    book: RuleBook
    only: Collection[str]
    progress: Progress
    arguments: Mapping[str, Argument]
    known: set[str] = field(default_factory=set)
    shown: dict[str, str] = field(default_factory=dict)  # ids argued about, and the case that shows them all the same


def run_rule_test(
    book: RuleBook, *, only: Collection[str] = (), coverage: bool = True, mutation: bool = False,
    progress: Progress = lambda _what, _done, _total: None,
) -> RuleTest:  # fmt: skip
    """Run the cases of a book, or of the rules `only`; with `mutation`, hold their mutants against all cases.

    Raises `RuleBookError` for case files or arguments that are not of their form or do not fit the book.
    """
    folder = book.folder / "cases"
    files = list(case_files(folder))
    _refuse(problems_of_cases(files, book))
    unknown = sorted(set(only) - {typed.rule.id for typed in book.rules})
    if unknown:
        raise RuleBookError([Problem("--rule", 1, 1, f"there is no rule {', '.join(unknown)} in the book")])
    run = _Run(book, only, progress, read_arguments(folder))
    results = list(_results(run, files if mutation else _chosen(files, only)))
    own = [result for result in results if not only or result.case.rule in only]
    measured = list(_covered(run, files, own)) if coverage else []
    missing = [one for rule in measured for one in rule.missing]
    report = RuleTest(tuple(own), tuple(measured), tuple(one for one in missing if one.id in run.arguments))
    return _with_mutation(run, report, results) if mutation else report


def _chosen(files: list[CaseFile], only: Collection[str]) -> list[CaseFile]:
    return [file for file in files if not only or file.rule in only]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise RuleBookError(problems)


def _results(run: _Run, files: list[CaseFile]) -> Iterator[CaseResult]:
    total = sum(len(file.cases) for file in files)
    for done, result in enumerate(run_cases(files, run.book), 1):
        yield result
        run.progress("cases", done, total)


def _covered(run: _Run, files: list[CaseFile], results: list[CaseResult]) -> Iterator[RuleCoverage]:
    scope, places = type_scope(run.book), places_of(run.book.folder)
    by_file = {file.rule: file for file in files}
    by_rule: dict[str, list[CaseResult]] = {}
    for result in results:
        if not result.differences:
            by_rule.setdefault(result.case.rule, []).append(result)
    rules = [typed for typed in run.book.rules if not run.only or typed.rule.id in run.only]
    for done, typed in enumerate(rules, 1):
        questions = questions_of(typed, run.book, scope, places)
        found = cover(questions, by_file.get(typed.rule.id), by_rule.get(typed.rule.id, ()))
        asked = [own for condition in questions.conditions for own in condition.ids]
        asked += [own for limit in questions.limits for own in limit.ids]
        run.known.update(asked)
        still = {one.id for one in found.missing}
        run.known.update(still)
        run.shown.update((own, "a case of the rule") for own in asked if own not in still)
        yield found
        run.progress("coverage", done, len(rules))
    if not run.only:
        for table in cover_tables(run.book, [result for result in results if not result.differences], places):
            run.known.update(one.id for one in table.missing)
            yield table


def _with_mutation(run: _Run, report: RuleTest, results: list[CaseResult]) -> RuleTest:
    mutants = mutants_of(run.book, run.only)
    corpus = corpus_of(run.book, results)
    survivors: list[Survivor] = []
    killed = unseen = 0
    for done, verdict in enumerate(verdicts(corpus, mutants.all), 1):
        mutant = verdict.mutant
        run.known.add(mutant.id)
        if verdict.killed_by is not None:
            killed += 1
            run.shown[mutant.id] = verdict.killed_by
        elif mutant.unseen is not None:
            unseen += 1
            run.shown[mutant.id] = "the book itself: it is never asked for"
        else:
            survivors.append(Survivor(verdict, hint_of(verdict, corpus), run.arguments.get(mutant.id)))
        run.progress("mutants", done, len(mutants.all))
    stale = tuple(_stale(run)) if report.coverage else ()
    return RuleTest(
        report.results, report.coverage, report.argued, killed, mutants.discarded, unseen, tuple(survivors), stale
    )


def _stale(run: _Run) -> Iterator[Problem]:
    """Yield a problem for each argument about what is gone, or what is shown now."""
    for argument in run.arguments.values():
        if run.only and argument.rule not in run.only:
            continue
        place = argument.place
        if argument.id not in run.known:
            message = f"{argument.id} is argued about and no longer there; remove the entry"
        elif argument.id in run.shown:
            message = f"{argument.id} is argued about and shown by {run.shown[argument.id]}; remove the entry"
        else:
            continue
        yield Problem(place.file, place.line, place.column, message)
