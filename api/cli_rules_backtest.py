"""`miaopi rules backtest`: what a new rule book would have made of the decisions at hand, beside the old one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from api.console import DIFFERENT, ERR, OUT, Home, Json, clear_errors, say_json
from api.past_decisions import of_cases, of_export, of_home
from api.release_history import HistoryError, history, live_book
from api.rules_console import app, load_book
from audit.backtest import Backtest, Recorded, backtest
from audit.errors import AuditError
from engine.facts import SHANGHAI
from rules.errors import RuleBookError
from rules.load import RuleBook
from verifiers.keys import SourceKeysError

LIVE = "LIVE"
New = Annotated[
    Path, typer.Argument(metavar="NEW", help="the new rule book 新规则库目录", file_okay=False, exists=True)
]
Old = Annotated[str, typer.Option("--old", help="LIVE (the released one) or a folder 现行规则或目录")]
ExportFolder = Annotated[Path | None, typer.Option("--export", help="decisions of an auditor's export 导出目录")]
Service = Annotated[str | None, typer.Option("--service", help="running service to ask for LIVE 服务地址")]
Cases = Annotated[bool, typer.Option("--cases/--no-cases", help="also the cases beside the new rules 含案例")]
SHOWN = 60


@app.command("backtest")
def backtest_command(
    new: New, old: Old = LIVE, home: Home = Path("var"), export: ExportFolder = None, service: Service = None,
    *, cases: Cases = True, json: Json = False,
) -> None:  # fmt: skip
    """Decide the recorded applications by both books and list every changed outcome. Ends with 1 when there is one."""
    book = load_book(new, as_json=json)
    with (
        clear_errors(HistoryError, RuntimeError, AuditError, OSError, SourceKeysError, RuleBookError),
        old_book(old, service, home) as before,
    ):
        found = compared(before or book, book, recorded(new, home, export, cases=cases), quiet=json)
    if json:
        say_json(found.to_json())
    else:
        print_backtest(found)
    if found.flips:
        raise typer.Exit(DIFFERENT)


@contextmanager
def old_book(old: str, service: str | None, home: Path) -> Iterator[RuleBook | None]:
    """Give the book that a new one is compared with: the live release, or a folder; None before the first release."""
    if old != LIVE:
        yield load_book(Path(old), as_json=False)
        return
    with live_book(history(service, home)) as (_, book):
        yield book


def recorded(new: Path, home: Path, export: Path | None, *, cases: bool) -> list[Recorded]:
    """Return the decisions at hand: of the export if one is named, else of the home if it has any; and the cases."""
    found: list[Recorded] = []
    if export is not None:
        found += of_export(export)
    elif (home / "miaopi.sqlite").exists():
        found += of_home(home)
    if cases:
        found += of_cases(new)
    return found


def compared(old: RuleBook, new: RuleBook, listed: list[Recorded], *, quiet: bool) -> Backtest:
    """Run the backtest with a bar for people."""
    with Progress(console=ERR, transient=True, disable=quiet or not ERR.is_terminal) as bar:
        task = bar.add_task("backtest 回溯", total=len(listed))
        today = datetime.now(SHANGHAI).date()
        return backtest(old, new, listed, lambda done, _all: bar.update(task, completed=done), today=today)


def print_backtest(found: Backtest) -> None:
    """Print the flips for people, the most serious first."""
    days = ", ".join(map(str, found.days))
    also = f"; also as of 另按生效日 {days}" if days else ""
    OUT.print(
        f"{found.compared} comparisons 次比对{also}: {len(found.flips)} outcomes changed 结果变化", highlight=False
    )
    if found.days_left_out:
        left = ", ".join(map(str, found.days_left_out))
        OUT.print(f"not compared as of 未比对的生效日: {left}", highlight=False)
    for kind, count in found.kinds().items():
        OUT.print(f"  {kind}: {count}", highlight=False)
    if not found.flips:
        return
    table = Table("decision 决定", "day 日期", "before 原结果", "after 新结果", "new grounds 新增", "gone 消失")
    for one in found.to_json()["listed"][:SHOWN]:
        table.add_row(
            one["decision"], one["on"], one["before"], one["after"], "\n".join(one["gained"]), "\n".join(one["lost"])
        )
    OUT.print(table)
    if len(found.flips) > SHOWN:
        OUT.print(f"… {len(found.flips) - SHOWN} more; --json has all 其余见 --json", highlight=False)
