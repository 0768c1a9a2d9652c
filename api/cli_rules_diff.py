"""`miaopi rules diff OLD NEW`: what a new rule book means for applications that the old one does not."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.console import DIFFERENT, OUT, Json, read_day, say_json, stop
from api.rules_console import app, load_book
from rules.errors import RuleBookError

OldBook = Annotated[Path, typer.Argument(help="the rule book in force 现行规则库目录", file_okay=False, exists=True)]
NewBook = Annotated[Path, typer.Argument(help="the rule book to be 新规则库目录", file_okay=False, exists=True)]


@app.command("diff")
def compare_books(
    old: OldBook,
    new: NewBook,
    on: Annotated[str | None, typer.Option("--on", help="one day, YYYY-MM-DD 只比较这一天")] = None,
    item: Annotated[list[str] | None, typer.Option("--item", help="only this item 只比较该事项")] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="only this rule 只比较该规则")] = None,
    *,
    json: Json = False,
) -> None:
    """Compare two rule books by meaning: an application on which they differ, or a proof that there is none.

    Without --on: today, and every later day on which an edition begins or ends. Ends with 0 where no meaning differs,
    with 1 where one does.
    """
    # What the comparison needs (z3 among it) is loaded by this command alone.
    from engine.difference import differences  # noqa: PLC0415
    from engine.difference.as_json import report_json  # noqa: PLC0415
    from engine.difference.as_text import report_lines  # noqa: PLC0415

    day = read_day(on) if on else None
    books = (load_book(old, as_json=json), load_book(new, as_json=json))
    known = {published.code for book in books for published in book.items}
    unknown = sorted(set(item or ()) - known)
    if unknown:
        stop(f"--item {unknown[0]}: neither book has it; there are {', '.join(sorted(known))}")
    rules = {typed.rule.id for book in books for typed in book.rules}
    if set(rule or ()) - rules:
        stop(f"--rule {min(set(rule or ()) - rules)}: neither book has such a rule")
    try:
        today = date.today()  # noqa: DTZ011 (the author's own day is meant)
        report = differences(*books, today=today, on=day, items=item or (), rules=rule or ())
    except RuleBookError as error:
        stop(str(error.problems[0] if error.problems else error))
    if json:
        say_json(report_json(report))
    else:
        for line in report_lines(report):
            OUT.print(line, markup=False, highlight=False)
    if report.different:
        raise typer.Exit(DIFFERENT)
