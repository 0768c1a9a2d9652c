"""One run over a book: rules, tables, sets, duties and protected attributes, over two worker processes.

A worker loads the book itself: terms of z3 cannot cross processes. Tasks are dealt out in a fixed order and results are
sorted, so that two runs say the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from rules.feel import ContextType, Type
from rules.load import RuleBook, load
from rules.proof.duties import read_duties
from rules.proof.protected import check_protected, read_protected
from rules.proof.results import OutsidePart, Result
from rules.proof.rule_checks import check_rule
from rules.proof.set_checks import check_set
from rules.proof.space import admitted
from rules.proof.space_rules import SpaceRules
from rules.proof.table_checks import check_table
from rules.proof.terms import base_of
from rules.read_book import parameter_types
from rules.working_days import TYPES as WORKING_DAYS

CHUNK = 12  # rules in one task


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker does at a time: some rules of an item, or everything about an item as a whole."""

    item: str
    rules: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run found. `inside` counts the rules that lie wholly in the provable part.

    `values` says of which values of the facts the proofs speak.
    """

    results: tuple[Result, ...]
    outside: tuple[OutsidePart, ...]
    rules: int
    whole: bool
    values: str = ""

    @property
    def inside(self) -> int:
        """Count the rules of which every part has an exact term."""
        return self.rules - len({part.subject for part in self.outside})


def tasks_of(book: RuleBook, day: date, items: Sequence[str], only: Sequence[str]) -> list[Task]:
    """Deal out the work: a rule or table that several items share is looked at once."""
    seen: set[str] = set()
    tasks: list[Task] = []
    for code in items:
        rule_set = book.rule_set(code, day)
        if not only:
            tasks.append(Task(code, whole=True))
        new = [
            rule.rule.id for rule in rule_set.rules if rule.rule.id not in seen and (not only or rule.rule.id in only)
        ]
        seen.update(new)
        tasks += [Task(code, rules=tuple(new[start : start + CHUNK])) for start in range(0, len(new), CHUNK)]
        tables = [one.table.id for one in rule_set.tables if f"tables.{one.table.id}" not in seen and not only]
        seen.update(f"tables.{name}" for name in tables)
        tasks += [Task(code, tables=tuple(tables))] if tables else []
    return sorted(tasks, key=lambda task: not task.whole)  # the longest first


@cache
def _loaded(folder: Path) -> RuleBook:
    return load(folder)


def _scope(book: RuleBook) -> Mapping[str, Type]:
    """Return the type of every name that a duty may use: the same as a rule may."""
    parameters = ContextType(parameter_types(book.parameters))
    return {**book.facts.scope, **WORKING_DAYS, "parameters": parameters, **book.functions.types}


def run_task(folder: Path, day: date, task: Task, given: SpaceRules) -> tuple[list[Result], list[OutsidePart]]:
    """Do one task. Raises what loading a book raises."""
    book = _loaded(folder)
    rule_set = book.rule_set(task.item, day)
    base = base_of(rule_set, day, given)
    results: list[Result] = []
    outside: list[OutsidePart] = []
    for rule in rule_set.rules:
        if rule.rule.id in task.rules:
            answers = check_rule(base, rule)
            results += answers.results
            outside += answers.outside
    for one in rule_set.tables:
        if one.table.id in task.tables:
            results += check_table(base, one.core)
    if task.whole:
        results += check_protected(rule_set, read_protected(folder))
        results += check_set(base, rule_set, read_duties(folder, _scope(book)))
    return results, outside


def prove(
    folder: Path, day: date, items: Sequence[str], only: Sequence[str] = (), *, workers: int = 2,
    given: SpaceRules | None = None, advance: Callable[[int, int], None] = lambda _done, _all: None,
) -> Run:  # fmt: skip
    """Prove a book on a day. `advance` is told how many tasks are done, and of how many.

    Raises `RuleBookError` for a book or a list of duties that cannot be used, before any work is dealt out.
    """
    _loaded.cache_clear()  # an author edits the book between two runs of one process
    book = _loaded(folder)
    read_duties(folder, _scope(book))
    space = given or SpaceRules.shipped()
    tasks = tasks_of(book, day, items, only)
    results: list[Result] = []
    outside: list[OutsidePart] = []
    for done, (found, parts) in enumerate(_answers(folder, day, tasks, space, workers), start=1):
        results += found
        outside += parts
        advance(done, len(tasks))
    count = len({name for task in tasks for name in task.rules})
    whole = not only and set(items) >= {item.code for item in book.items if item.in_force.holds_on(day)}
    ordered = sorted(results, key=lambda result: result.id)
    return Run(
        tuple(ordered),
        tuple(sorted(outside, key=lambda part: (part.subject, part.expression))),
        count,
        whole,
        admitted(space),
    )


def _answers(
    folder: Path, day: date, tasks: Sequence[Task], given: SpaceRules, workers: int
) -> Iterable[tuple[list[Result], list[OutsidePart]]]:
    if workers < 2 or len(tasks) < 2:
        for task in tasks:
            yield run_task(folder, day, task, given)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(run_task, folder, day, task, given) for task in tasks]):
            yield future.result()
