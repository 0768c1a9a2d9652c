"""The release gate: four checks of a candidate rule book, each with a report that the release is bound to by digest.

Every check is an object with a name and a `run`; a release needs all four green (`audit.release_manifest.require_gate`).
The prover and the mutation testing are fetched when they are run: a service never loads them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import import_module
from typing import Any, Protocol

from audit.backtest import Recorded, backtest
from audit.canonical import canonical
from audit.release_manifest import CheckName, Report
from engine.decide import compiled
from rules.bundle import digest_of
from rules.errors import RuleBookError
from rules.load import RuleBook

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is checked: the new book, the one it follows (None for the first), the decisions at hand, and the day it is."""

    new: RuleBook
    old: RuleBook | None
    recorded: Sequence[Recorded]
    day: date
    progress: Progress = lambda _what, _done, _all: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found: `document` is the whole report, `lines` the same for people (zh, en)."""

    name: CheckName
    ok: bool
    figures: Mapping[str, int | str]
    document: Mapping[str, Any]
    lines: tuple[tuple[str, str], ...]

    @property
    def content(self) -> bytes:
        """The report as it is kept beside the release."""
        return canonical({"check": self.name, "ok": self.ok, "figures": self.figures, "report": self.document})

    def report(self) -> Report:
        """Return what the manifest says of it."""
        return Report(digest=digest_of(self.content), ok=self.ok, figures=dict(self.figures))


class Check(Protocol):
    """One check of the gate."""

    @property
    def name(self) -> CheckName:
        """Its name in the manifest."""

    def run(self, candidate: Candidate) -> Outcome:
        """Check; a candidate that fails is an outcome that is not ok, never an error."""


class WellFormed:
    """`check`: the book loads, and the engine can run the rule set of every item on every day on which it changes."""

    name: CheckName = "check"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class. That the book loads is shown by the candidate being there."""
        book = candidate.new
        days = sorted({rule.rule.in_force.from_ for rule in book.rules})
        sets: dict[str, str] = {}
        for item in book.items:
            for day in days:
                if item.in_force.holds_on(day):
                    chosen = book.rule_set(item.code, day)
                    if chosen.digest not in sets:
                        compiled(chosen)
                        sets[chosen.digest] = f"{item.code} {day}"
        figures = {
            "rules": len(book.rules),
            "parameters": len(book.parameters),
            "items": len(book.items),
            "rule_sets": len(sets),
        }
        said = ", ".join(f"{count} {name}" for name, count in figures.items())
        return Outcome("check", ok=True, figures=figures, document={"rule_sets": sets},
                       lines=((f"规则库完整，可运行：{said}", f"the book loads and runs: {said}"),))  # fmt: skip


class Proven:
    """`prove`: no finding is open today, nor on a day on which an edition of the new book begins (z3; development extra)."""

    name: CheckName = "prove"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class."""
        try:
            proof, accepted = import_module("rules.proof.prove"), import_module("rules.proof.accepted")
        except ImportError as error:
            why = f"the prover is not installed ({error}); pip install 'miaopi[dev]' 未安装证明工具"
            return Outcome("prove", ok=False, figures={}, document={"error": why}, lines=((why, why),))
        book = candidate.new
        later = {rule.rule.in_force.from_ for rule in book.rules if rule.rule.in_force.from_ > candidate.day}
        days: dict[str, Any] = {}
        wanting: list[str] = []
        proved = 0
        for day in (candidate.day, *sorted(later)):
            codes = [one.code for one in book.items if one.in_force.holds_on(day)]
            found = proof.prove(book.folder, day, codes, advance=partial(candidate.progress, f"prove {day}"))
            judged = accepted.judge(found.results, accepted.read_accepted(book.folder), whole=found.whole)
            wanting += [one.id for one in judged.open] + [f"stale: {pattern}" for pattern in judged.stale]
            proved += sum(one.ok for one in found.results)
            days[day.isoformat()] = {
                "rules": found.rules,
                "rules_wholly_provable": found.inside,
                "outside": [f"{part.subject}: {part.expression} ({part.reason})" for part in found.outside],
                "findings": [one.as_json() for one in judged.open],
                "accepted": [{**one.as_json(), "reason": reason.model_dump()} for one, reason in judged.accepted],
                "stale": list(judged.stale),
            }
        figures: dict[str, int | str] = {"days": len(days), "proved": proved, "open": len(wanting)}
        lines = [(f"已证明 {proved} 项，未解决 {len(wanting)} 项", f"{proved} shown, {len(wanting)} open")]
        lines += [(f"  {one}", f"  {one}") for one in wanting]
        return Outcome("prove", ok=not wanting, figures=figures, document=_plain(days), lines=tuple(lines))


class Tested:
    """`test`: every case as expected, and every mutant killed or argued about."""

    name: CheckName = "test"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class."""
        testing, told = import_module("engine.rule_test"), import_module("api.rules_test_report")
        try:
            report = testing.run_rule_test(candidate.new, coverage=True, mutation=True, progress=candidate.progress)
        except RuleBookError as error:
            problems = [str(problem) for problem in error.problems]
            why = f"{len(problems)} problem(s) in the case files: {problems[0]}"
            return Outcome("test", ok=False, figures={"problems": len(problems)}, document={"problems": problems},
                           lines=((f"案例文件有误：{problems[0]}", why),))  # fmt: skip
        totals = told.totals(report, mutation=True)
        figures: dict[str, int | str] = {}
        for name, value in totals.items():
            if isinstance(value, Mapping):
                figures |= {f"{name}_{kind}": int(count) for kind, count in value.items()}
            else:
                figures[name] = f"{value[0]}/{value[1]}"
        said = ", ".join(f"{name} {count}" for name, count in figures.items())
        return Outcome("test", ok=report.ok, figures=figures, document=_plain(told.as_json(report, mutation=True)),
                       lines=((f"案例与变异测试：{said}", f"cases and mutation: {said}"),))  # fmt: skip


class Backtested:
    """`backtest`: both books on the decisions at hand. It is green when it ran: its flips are for people to accept."""

    name: CheckName = "backtest"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class."""
        if candidate.old is None:
            why = ("首次发布，没有可比的规则", "the first release: there is no earlier book to compare with")
            return Outcome("backtest", ok=True, figures={"compared": 0}, document={"flips": {}}, lines=(why,))

        def told(done: int, of: int) -> None:
            candidate.progress("backtest", done, of)

        found = backtest(candidate.old, candidate.new, candidate.recorded, told)
        kinds = found.kinds()
        figures: dict[str, int | str] = {"compared": found.compared, "flips": len(found.flips),
                                         "other_reasons": len(found.reasons_changed)}  # fmt: skip
        lines = [(f"回溯比对 {found.compared} 次，结果变化 {len(found.flips)} 件",
                  f"{found.compared} comparisons, {len(found.flips)} outcomes changed")]  # fmt: skip
        lines += [(f"  {kind}：{count} 件", f"  {kind}: {count}") for kind, count in kinds.items()]
        return Outcome("backtest", ok=True, figures=figures, document=found.to_json(), lines=tuple(lines))


GATE: tuple[Check, ...] = (WellFormed(), Proven(), Tested(), Backtested())


def run_gate(candidate: Candidate, checks: Sequence[Check] = GATE) -> list[Outcome]:
    """Run the checks in their order; all of them, so that an author sees everything at once."""
    return [check.run(candidate) for check in checks]


def flips_of(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return the kinds of changed outcomes that the backtest found, with their numbers."""
    return next((dict(one.document["flips"]) for one in outcomes if one.name == "backtest"), {})


def _plain(value: Any) -> Any:
    """Return a report as canonical JSON can hold it: numbers with a fraction as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return str(value)
