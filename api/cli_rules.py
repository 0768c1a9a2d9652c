"""`miaopi rules`: check that the rule book loads, run its cases, show what is in force."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.console import DIFFERENT, OUT, read_day, say_json, stop
from engine.cases import run_cases
from engine.decide import compiled
from rules.case_files import case_files
from rules.errors import ItemError, Problem, RuleBookError
from rules.load import PACKAGED, RuleBook, load

app = typer.Typer(help="check, test and list the rules 规则的检查、测试与查看", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="print JSON 以 JSON 输出")]
Folder = Annotated[Path, typer.Option("--folder", help="the rule book 规则库目录", file_okay=False, exists=True)]


def _load(folder: Path, *, as_json: bool) -> RuleBook:
    try:
        return load(folder)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}; --folder names a rule book, as `rules/` is one")
    except RuleBookError as error:
        if as_json:
            say_json({"ok": False, "problems": [_place(problem) for problem in error.problems]})
            raise typer.Exit(DIFFERENT) from error
        for problem in error.problems:
            OUT.print(str(problem), markup=False, highlight=False)
        stop(f"{len(error.problems)} problem(s) in the rule book; none of it was loaded 规则库有误，未加载", DIFFERENT)


def _place(problem: Problem) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "column": problem.column, "message": problem.message}


@app.command()
def check(folder: Folder = PACKAGED, *, json: Json = False) -> None:
    """Load the whole book: form, types of every expression, dates, limits of the engine; name file, line, column."""
    began = time.perf_counter()
    book = _load(folder, as_json=json)
    sets: list[dict[str, Any]] = []
    for item in book.items:
        rule_set = book.rule_set(item.code, max(item.in_force.from_, _newest(book)) if item.in_force.to is None
                                 else item.in_force.from_)  # fmt: skip
        compiled(rule_set)
        sets.append({"item": item.code, "rules": len(rule_set.rules), "digest": rule_set.digest})
    elapsed = round((time.perf_counter() - began) * 1000)
    if json:
        say_json({"ok": True, "book": book.digest, "rules": len(book.rules), "parameters": len(book.parameters),
                  "rule_sets": sets, "milliseconds": elapsed})  # fmt: skip
        return
    OUT.print(f"{len(book.rules)} rules, {len(book.parameters)} parameters, {len(book.items)} items: all well typed "
              f"({elapsed} ms) 规则库检查通过")  # fmt: skip
    for entry in sets:
        OUT.print(f"  {entry['item']}: {entry['rules']} rules, digest {entry['digest'][:16]}…", highlight=False)


def _newest(book: RuleBook) -> date:
    """Return the newest day on which a rule begins: a set of that day holds every rule still in force."""
    return max(rule.rule.in_force.from_ for rule in book.rules)


@app.command("test")
def run_test_cases(folder: Folder = PACKAGED, *, json: Json = False) -> None:
    """Run the cases beside the rules; each must come out as its author expects."""
    book = _load(folder, as_json=json)
    results = list(run_cases(case_files(folder / "cases"), book))
    failed = [result for result in results if result.differences]
    if json:
        say_json({"ok": not failed, "cases": len(results),
                  "failed": [{"case": result.case.name, "differences": list(result.differences)} for result in failed]})  # fmt: skip
    else:
        for result in failed:
            OUT.print(f"[red]✗[/] {result.case.name}: {'; '.join(result.differences)}", highlight=False)
        OUT.print(f"{len(results) - len(failed)} of {len(results)} cases as expected 案例符合预期")
    if failed:
        raise typer.Exit(DIFFERENT)


@app.command("list")
def list_rules(
    item: Annotated[str, typer.Argument(help="catalogue code 事项编码")],
    on: Annotated[str | None, typer.Option("--on", help="day, YYYY-MM-DD 日期")] = None,
    *,
    json: Json = False,
) -> None:
    """List the rules in force for an item on a day."""
    book = _load(PACKAGED, as_json=json)
    try:
        day = read_day(on) if on else date.today()  # noqa: DTZ011 (the author's own day is meant)
        rule_set = book.rule_set(item, day)
    except (ItemError, ValueError) as error:
        stop(str(error))
    if json:
        say_json({"item": item, "day": str(day), "digest": rule_set.digest,
                  "rules": [rule.rule.model_dump(mode="json", by_alias=True) for rule in rule_set.rules]})  # fmt: skip
        return
    table = Table("rule", "effect", "标题", "title")
    for rule in rule_set.rules:
        table.add_row(rule.rule.id, rule.rule.on_violation, rule.rule.title.zh, rule.rule.title.en)
    OUT.print(table)
