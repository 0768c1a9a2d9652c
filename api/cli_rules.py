"""`miaopi rules`: check that the book loads, show what is in force; other commands stand in modules of their own."""

import time
from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table

from api import cli_rules_test  # noqa: F401 (importing it adds its command)
from api.console import OUT, Json, read_day, say_json, stop
from api.rules_console import Folder, app, load_book
from engine.decide import compiled
from rules.errors import ItemError
from rules.load import PACKAGED, RuleBook

__all__ = ["app"]


@app.command()
def check(folder: Folder = PACKAGED, *, json: Json = False) -> None:
    """Load the whole book: form, types of every expression, dates, limits of the engine; name file, line, column."""
    began = time.perf_counter()
    book = load_book(folder, as_json=json)
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


@app.command("list")
def list_rules(
    item: Annotated[str, typer.Argument(help="catalogue code 事项编码")],
    on: Annotated[str | None, typer.Option("--on", help="day, YYYY-MM-DD 日期")] = None,
    *,
    json: Json = False,
) -> None:
    """List the rules in force for an item on a day."""
    book = load_book(PACKAGED, as_json=json)
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
