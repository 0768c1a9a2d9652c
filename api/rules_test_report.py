"""The report of `miaopi rules test`, for people and as JSON."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.coverage import Missing, RuleCoverage
from engine.rule_test import RuleTest, Survivor

_KINDS = ("results", "conditions", "unknowns", "boundaries", "rows")
SHOWN = 60  # lines of each list; --json has all


def totals(report: RuleTest, *, mutation: bool) -> dict[str, Any]:
    """Return the totals as JSON members: pairs of [seen, of], and what became of the mutants."""
    argued = {one.id for one in report.argued}
    found: dict[str, Any] = {"cases": [len(report.results) - len(report.failed), len(report.results)]}
    if report.coverage:
        rules = [rule for rule in report.coverage if rule.results[1]]
        found["rules"] = [sum(_whole(rule, argued) for rule in rules), len(rules)]
        for kind in _KINDS:
            pairs = [getattr(rule, kind) for rule in report.coverage]
            found[kind] = [sum(seen for seen, _ in pairs), sum(of for _, of in pairs)]
    if mutation:
        argued_about = len(report.survivors) - len(report.unargued)
        found["mutants"] = {
            "killed": report.killed, "survived": len(report.unargued), "argued": argued_about, "unseen": report.unseen,
            "discarded": report.discarded,
        }  # fmt: skip
    return found


def as_json(report: RuleTest, *, mutation: bool) -> dict[str, Any]:
    """Return the whole report as JSON members."""
    return {
        "ok": report.ok,
        "cases": len(report.results),
        "totals": totals(report, mutation=mutation),
        "failed": [
            {"rule": result.case.rule, "case": result.case.name, "differences": list(result.differences),
             "place": str(result.case.place) if result.case.place else None}
            for result in report.failed
        ],
        "missing": [_missing(one) for rule in report.coverage for one in rule.missing],
        "argued": [one.id for one in report.argued],
        "survivors": [_survivor(one) for one in report.survivors],
        "stale": [str(problem) for problem in report.stale],
    }  # fmt: skip


def print_report(report: RuleTest, out: Console, *, mutation: bool) -> None:
    """Print the report for people: what failed, what is missing, what survived, and the totals."""
    for result in report.failed:
        place = f"{result.case.place.file}:{result.case.place.line}: " if result.case.place else ""
        told = escape(f"{place}{result.case.rule}, {result.case.name}: {'; '.join(result.differences)}")
        out.print(f"[red]✗[/] {told}", highlight=False)
    argued = {one.id for one in report.argued}
    missing = [one for rule in report.coverage for one in rule.missing if one.id not in argued]
    _list(out, "not shown by any case 没有案例说明", [_missing_line(one) for one in missing])
    _list(out, "mutants that survive 存活的变异体", [_survivor_line(one) for one in report.unargued])
    for problem in report.stale:
        out.print(f"[red]✗[/] {escape(str(problem))}", highlight=False)
    if report.coverage or mutation:
        out.print(_table(totals(report, mutation=mutation)))
    passed = len(report.results) - len(report.failed)
    out.print(f"{passed} of {len(report.results)} cases as expected 案例符合预期", highlight=False)


def _whole(rule: RuleCoverage, argued: set[str]) -> bool:
    return not any(one.kind == "result" and one.id not in argued for one in rule.missing)


def _list(out: Console, title: str, lines: list[str]) -> None:
    if lines:
        out.print(f"[bold]{title}[/] ({len(lines)})", highlight=False)
    for line in lines[:SHOWN]:
        out.print(line, markup=False, highlight=False)
    if len(lines) > SHOWN:
        out.print(f"  … {len(lines) - SHOWN} more 更多; --rule ID or --json shows them", markup=False, highlight=False)


def _missing_line(one: Missing) -> str:
    return (
        f"  {one.file}:{one.line}:{one.column} {one.id} [{one.kind}] {one.text}\n"
        f"      → {one.hint_zh}\n      → {one.hint_en}"
    )


def _survivor_line(one: Survivor) -> str:
    mutant = one.verdict.mutant
    return (
        f"  {mutant.file}:{mutant.line}:{mutant.column} {mutant.id} [{mutant.kind}]\n"
        f"      - {mutant.original}\n      + {mutant.changed}\n      → {one.hint[0]}\n      → {one.hint[1]}"
    )


def _table(found: dict[str, Any]) -> Table:
    table = Table("覆盖", "coverage", "seen 已有", "of 共", "%")
    names = {
        "rules": ("每种结果都有案例的规则", "rules with every result"),
        "results": ("规则的结果", "results of rules"),
        "conditions": ("条件（MC/DC）", "conditions (MC/DC)"),
        "unknowns": ("核验源无答复时未知的条件", "conditions unknown without an answer"),
        "boundaries": ("边界值", "boundary values"),
        "rows": ("决策表的行", "rows of decision tables"),
    }
    for key, (zh, en) in names.items():
        if key in found:
            seen, of = found[key]
            table.add_row(zh, en, str(seen), str(of), _percent(seen, of))
    if "mutants" in found:
        mutants = found["mutants"]
        of = mutants["killed"] + mutants["survived"]
        table.add_row(
            "变异体（已杀死）", "mutants killed", str(mutants["killed"]), str(of), _percent(mutants["killed"], of)
        )
        rest = f"argued {mutants['argued']}, unseen {mutants['unseen']}, ill-typed {mutants['discarded']}"
        table.add_row("其余：已论证、不可观察、类型不符", rest, "", "", "")
    return table


def _percent(seen: int, of: int) -> str:
    """Return tenths of a percent, rounded down: 100.0 means all."""
    return "100.0" if seen == of else f"{seen * 1000 // of / 10:.1f}"


def _missing(one: Missing) -> dict[str, Any]:
    return {
        "id": one.id, "rule": one.rule, "kind": one.kind, "file": one.file, "line": one.line, "column": one.column,
        "text": one.text, "hint": {"zh": one.hint_zh, "en": one.hint_en},
    }  # fmt: skip


def _survivor(one: Survivor) -> dict[str, Any]:
    mutant = one.verdict.mutant
    return {
        "id": mutant.id, "rule": mutant.owner, "kind": mutant.kind, "file": mutant.file, "line": mutant.line,
        "column": mutant.column, "original": mutant.original, "changed": mutant.changed,
        "hint": {"zh": one.hint[0], "en": one.hint[1]},
        "argument": None if one.argument is None else one.argument.reason.model_dump(),
    }  # fmt: skip
