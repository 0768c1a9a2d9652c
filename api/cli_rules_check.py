"""`miaopi rules check`: load the book, count what it holds, tell how fresh its law is; with `--laws`, read the texts again."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from api.console import DIFFERENT, OUT, Json, read_day, say_json, stop
from api.rules_console import Folder, app, load_book, place_of
from engine.decide import compiled
from engine.difference.chosen_days import days_that_matter
from rules.errors import RuleBookError
from rules.freshness import checked_ahead
from rules.law_texts import Comparison, Laws, compare, read_laws, register_text, renewed
from rules.load import PACKAGED, RuleBook
from rules.model import Item
from rules.read_book import read_citations
from rules.register import FILE
from rules.typed import RuleSet

LawFolder = Annotated[
    Path | None, typer.Option("--laws", help="folder of law texts 法规文本目录", file_okay=False, exists=True)
]
Writing = Annotated[
    bool, typer.Option("--write-register", help="write the register of cited law from the texts 据法规文本更新引用登记")
]
On = Annotated[str | None, typer.Option("--on", help="day whose freshness is told, YYYY-MM-DD 查看当日时效")]


@app.command()
def check(  # every option is one of the command's own
    folder: Folder = PACKAGED,
    laws: LawFolder = None,
    on: On = None,
    *,
    write_register: Writing = False,
    json: Json = False,
) -> None:
    """Load the whole book: form, types, dates, cited articles, limits of the engine; name file, line, column."""
    began = time.perf_counter()
    try:
        day = read_day(on) if on else date.today()  # noqa: DTZ011 (the author's own day is meant)
        texts = None if laws is None else read_laws(laws)
    except (ValueError, RuleBookError) as error:
        stop(str(error))
    if write_register:
        if texts is None:
            stop("--write-register needs --laws DIR, the texts that the digests are taken of")
        _write(folder, texts, as_json=json)
    book = load_book(folder, as_json=json)
    ahead = checked_ahead(book.checks(), date.today())  # noqa: DTZ011 (as above)
    if ahead:
        if json:
            say_json({"ok": False, "checked_ahead": ahead})
            raise typer.Exit(DIFFERENT)
        for one in ahead:
            OUT.print(f"{one} 核对日期在将来", markup=False, highlight=False)
        stop(f"{len(ahead)} check(s) of law after today; freshness would rest on them 核对日期不得晚于今日", DIFFERENT)
    sets = [_compiled(book, item, day) for item in book.items]
    changed = None if texts is None or book.register is None else compare(book.register, book.citations, texts)
    report = _report(book, sets, day, changed)
    report["milliseconds"] = round((time.perf_counter() - began) * 1000)
    if json:
        say_json(report)
    else:
        _tell(report, changed)
    if changed is not None and changed.problems:
        raise typer.Exit(DIFFERENT)


def _write(folder: Path, texts: Laws, *, as_json: bool) -> None:
    """Write the register anew. A book that cites what is not registered yet does not load, so it is read as archived."""
    path = folder / FILE
    before = path.read_bytes() if path.is_file() else None
    try:
        register, citations = read_citations(folder)
        text = register_text(renewed(register, citations, texts))
    except RuleBookError as error:
        stop(f"the register was not written: {error}", DIFFERENT)
    path.write_text(text, encoding="utf-8")
    if not as_json and path.read_bytes() != before:
        OUT.print(f"wrote {path} 已更新引用登记", highlight=False)


def _compiled(book: RuleBook, item: Item, day: date) -> RuleSet:
    """Compile the sets of an item on the day and on every later one that changes something; return that of the day.

    Of an item that is not in force on the day, the set of its first day is returned.
    """
    asked = day if item.in_force.holds_on(day) else item.in_force.from_
    for turn in days_that_matter((book,), asked):
        if item.in_force.holds_on(turn):
            compiled(book.rule_set(item.code, turn))
    return book.rule_set(item.code, asked)


def _report(book: RuleBook, sets: list[RuleSet], day: date, changed: Comparison | None) -> dict[str, Any]:
    editions = () if book.register is None else book.register.editions
    digests = [digest for edition in editions for digest in edition.articles.values()]
    stale = {
        rule or rule_set.item.code: sorted({reason.reason for reason in reasons})
        for rule_set in sets
        if rule_set.law is not None
        for rule, reasons in rule_set.law.stale(day).items()
    }
    report: dict[str, Any] = {
        "ok": changed is None or not changed.problems,
        "book": book.digest,
        "rules": len(book.rules),
        "parameters": len(book.parameters),
        "items": len(book.items),
        "tables": len({table.table.id for table in book.functions.tables}),
        "table_editions": len(book.functions.tables),
        "table_rows": sum(len(table.table.rows) for table in book.functions.tables),
        "definitions": len(book.functions.definitions),
        "register": {
            "editions": len(editions),
            "articles": len(digests),
            "with_digest": len([digest for digest in digests if digest]),
            "unread": len([digest for digest in digests if digest is None]),
            "citations": len(book.citations),
        },
        "freshness": {"day": day.isoformat(), "stale_rules": dict(sorted(stale.items()))},
        "rule_sets": [
            {"item": one.item.code, "day": one.day.isoformat(), "rules": len(one.rules), "digest": one.digest}
            for one in sets
        ],
    }
    if changed is not None:
        report["laws"] = {
            "same": changed.same,
            "not_held": changed.not_held,
            "changed": [place_of(problem) for problem in changed.problems],
        }
    return report


def _tell(report: dict[str, Any], changed: Comparison | None) -> None:
    register, fresh = report["register"], report["freshness"]
    OUT.print(
        f"{report['rules']} rules, {report['tables']} tables ({report['table_editions']} editions, "
        f"{report['table_rows']} rows), {report['definitions']} definitions, {report['parameters']} parameters, "
        f"{report['items']} items: all well typed ({report['milliseconds']} ms) 规则库检查通过"
    )
    OUT.print(
        f"cited law 引用法条: {register['editions']} editions, {register['articles']} articles, "
        f"{register['with_digest']} with the digest of their text, {register['unread']} unread (dates alone are looked at)"
    )
    if fresh["stale_rules"]:
        OUT.print(f"on {fresh['day']} these rules keep an application from approval 当日据以不能自动审批:")
        for rule, reasons in fresh["stale_rules"].items():
            OUT.print(f"  {rule}: {', '.join(reasons)}", highlight=False)
    else:
        OUT.print(f"on {fresh['day']} the law of every rule is checked and in force 当日全部法条核对有效")
    if changed is not None:
        for problem in changed.problems:
            OUT.print(str(problem), markup=False, highlight=False)
        OUT.print(
            f"law texts 法规文本: {changed.same} articles as they were, {len(changed.problems)} citations of changed "
            f"ones, {changed.not_held} with a digest that the folder does not hold"
        )
    for entry in report["rule_sets"]:
        OUT.print(f"  {entry['item']}: {entry['rules']} rules, digest {entry['digest'][:16]}…", highlight=False)
