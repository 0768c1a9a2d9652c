"""The release gate: four checks of a candidate rule book, each with a report that the release is bound to by digest.

Every check is an object with a name and a `run`; a release needs all four green (`audit.release_manifest.require_gate`).
The prover and the mutation testing are fetched when they are run: a service never loads them.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from api.gate_outcome import Candidate, Check, Outcome, plain
from audit.backtest import backtest
from audit.release_manifest import FIRST, CheckName
from engine.decide import compiled
from engine.difference.chosen_days import days_that_matter
from engine.errors import EngineLimitError
from rules.errors import RuleBookError
from rules.freshness import checked_ahead


class WellFormed:
    """`check`: the book loads, the engine can run it today and on every later day on which it changes, and no check is ahead.

    Law that is stale today is told and no fault: it refers what it keeps back, and the backtest shows what that changes.
    """

    name: CheckName = "check"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class. That the book loads is shown by the candidate being there."""
        book = candidate.new
        days = days_that_matter((book,), candidate.day)
        sets: dict[str, str] = {}
        stale: dict[str, list[str]] = {}
        for item in book.items:
            for day in days:
                if item.in_force.holds_on(day):
                    chosen = book.rule_set(item.code, day)
                    if chosen.digest not in sets:
                        compiled(chosen)
                        sets[chosen.digest] = f"{item.code} {day}"
                    if day == candidate.day and chosen.law is not None:
                        for rule, why in chosen.law.stale(day).items():
                            stale[rule or item.code] = sorted({one.reason for one in why})
        ahead = checked_ahead(book.checks(), candidate.day)
        figures = {
            "rules": len(book.rules),
            "parameters": len(book.parameters),
            "items": len(book.items),
            "rule_sets": len(sets),
        }
        said = ", ".join(f"{count} {name}" for name, count in figures.items())
        lines = [(f"规则库完整，可运行：{said}", f"the book loads and runs: {said}")]
        if stale:
            named = ", ".join(f"{rule} ({', '.join(why)})" for rule, why in sorted(stale.items()))
            lines.append((f"当日法条失效或未核对，不能自动批准：{named}", f"stale law keeps approvals back: {named}"))
        lines += [(f"核对日期在将来：{one}", one) for one in ahead]
        return Outcome("check", ok=not ahead, figures=figures, lines=tuple(lines),
                       document={"rule_sets": sets, "stale": stale, "checked_ahead": ahead})  # fmt: skip


class Proven:
    """`prove`: no finding is open today, nor on a later day on which anything of the new book begins or ends (z3; development extra)."""

    name: CheckName = "prove"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class."""
        try:
            proof, accepted = import_module("rules.proof.prove"), import_module("rules.proof.accepted")
        except ImportError as error:
            why = f"the prover is not installed ({error}); pip install 'miaopi[dev]'"
            chinese = f"未安装证明工具（{error}）；请执行 pip install 'miaopi[dev]'"
            return Outcome("prove", ok=False, figures={}, document={"error": why}, lines=((chinese, why),))
        book = candidate.new
        days: dict[str, Any] = {}
        wanting: list[str] = []
        proved = 0
        for day in days_that_matter((book,), candidate.day):
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
        lines += [(f"  未解决：{one}", f"  open: {one}") for one in wanting]
        return Outcome("prove", ok=not wanting, figures=figures, document=plain(days), lines=tuple(lines))


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
        return Outcome("test", ok=report.ok, figures=figures, document=plain(told.as_json(report, mutation=True)),
                       lines=((f"案例与变异测试：{said}", f"cases and mutation: {said}"),))  # fmt: skip


class Backtested:
    """`backtest`: both books on the decisions at hand. It is green when it compared something, and on every day that matters.

    Its flips are for people to accept. Its figures name the release and the book that it compared.
    """

    name: CheckName = "backtest"

    def run(self, candidate: Candidate) -> Outcome:
        """See the class."""
        if candidate.old is None:
            why = ("首次发布，没有可比的规则", "the first release: there is no earlier book to compare with")
            first: dict[str, int | str] = {
                "against": FIRST, "book": candidate.new.digest, "compared": 0, "flips": 0
            }  # fmt: skip
            return Outcome("backtest", ok=True, figures=first, document={"flips": {}}, lines=(why,))

        def told(done: int, of: int) -> None:
            candidate.progress("backtest", done, of)

        found = backtest(candidate.old, candidate.new, candidate.recorded, told, today=candidate.day)
        kinds = found.kinds()
        cases = sum(one.of_case_file for one in candidate.recorded)
        figures: dict[str, int | str] = {
            "against": candidate.against or FIRST, "book": candidate.new.digest, "compared": found.compared,
            "flips": len(found.flips), "other_reasons": len(found.reasons_changed),
            "decisions": len(candidate.recorded) - cases, "cases": cases, "days_left_out": len(found.days_left_out),
        }  # fmt: skip
        lines = [(f"回溯比对 {found.compared} 次，结果变化 {len(found.flips)} 件",
                  f"{found.compared} comparisons, {len(found.flips)} outcomes changed")]  # fmt: skip
        lines += [(f"  {kind}：{count} 件", f"  {kind}: {count}") for kind, count in kinds.items()]
        if not found.compared:
            lines.append(("没有可比的申请；请用 --home、--export 或 --cases 提供",
                          "there was nothing to compare; --home, --export or --cases brings applications"))  # fmt: skip
        elif cases == len(candidate.recorded):
            lines.append(
                ("没有已作出的决定，只比对了案例", "no recorded decision was at hand: cases alone were compared")
            )
        if found.days_left_out:
            days = ", ".join(map(str, found.days_left_out))
            lines.append((f"生效日过多，以下日期未比对，请分次发布：{days}",
                          f"too many days on which the books change; release in parts. Not compared as of: {days}"))  # fmt: skip
        ok = found.compared > 0 and not found.days_left_out
        return Outcome("backtest", ok=ok, figures=figures, document=found.to_json(), lines=tuple(lines))


GATE: tuple[Check, ...] = (WellFormed(), Proven(), Tested(), Backtested())


def run_gate(candidate: Candidate, checks: Sequence[Check] = GATE) -> list[Outcome]:
    """Run the checks in their order; all of them, so that an author sees everything at once."""
    return [_run(check, candidate) for check in checks]


def _run(check: Check, candidate: Candidate) -> Outcome:
    try:
        return check.run(candidate)
    except EngineLimitError as error:
        why = f"the engine cannot run the book: {error}"
        return Outcome(check.name, ok=False, figures={}, document={"error": why, "flips": {}},
                       lines=((f"规则超出引擎上限：{error}", why),))  # fmt: skip


def flips_of(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return the kinds of changed outcomes that the backtest found, with their numbers."""
    return next((dict(one.document["flips"]) for one in outcomes if one.name == "backtest"), {})
