"""`miaopi rules test`: run the cases beside the rules, say what they cover, and which planted mistakes they miss."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from api.console import DIFFERENT, ERR, OUT, Json, say_json, stop
from api.rules_console import Folder, app, load_book, place_of
from api.rules_test_report import as_json, print_report
from engine.rule_test import Progress as Told
from engine.rule_test import run_rule_test
from rules.errors import RuleBookError
from rules.load import PACKAGED

_STAGES = {"cases": "cases 案例", "coverage": "coverage 覆盖", "mutants": "mutants 变异体"}
Rules = Annotated[list[str] | None, typer.Option("--rule", help="only this rule; repeatable 只测该规则，可多次")]
Coverage = Annotated[
    bool, typer.Option("--coverage/--no-coverage", help="results, MC/DC, boundaries 结果、条件、边界值")
]
Mutation = Annotated[bool, typer.Option("--mutation", help="plant mistakes and see which no case notices 变异测试")]


@app.command("test")
def run_test_cases(
    folder: Folder = PACKAGED, *, rule: Rules = None, coverage: Coverage = True, mutation: Mutation = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Run the cases beside the rules; each must come out as its author expects, and together they must notice mistakes.

    Ends with 1 when a case fails, and with --mutation when a mutant survives that nobody argued about.
    """
    book = load_book(folder, as_json=json)
    try:
        with _progress(shown=mutation and not json) as told:
            report = run_rule_test(book, only=rule or (), coverage=coverage, mutation=mutation, progress=told)
    except RuleBookError as error:
        if json:
            say_json({"ok": False, "problems": [place_of(problem) for problem in error.problems]})
            raise typer.Exit(DIFFERENT) from error
        for problem in error.problems:
            OUT.print(str(problem), markup=False, highlight=False)
        stop(f"{len(error.problems)} problem(s) in the case files; none was run 案例文件有误，未运行", DIFFERENT)
    if json:
        say_json(as_json(report, mutation=mutation))
    else:
        print_report(report, OUT, mutation=mutation)
    if not report.ok:
        raise typer.Exit(DIFFERENT)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Told]:
    with Progress(console=ERR, transient=True, disable=not shown or not ERR.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(_STAGES[what], total=total)
            bar.update(tasks[what], completed=done)

        yield told
