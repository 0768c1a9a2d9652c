"""`miaopi rules`: show what is in force; every other command stands in a module of its own."""

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from api import (
    cli_rules_backtest,  # noqa: F401 (as below)
    cli_rules_check,  # noqa: F401 (importing it adds its command)
    cli_rules_diff,  # noqa: F401 (as above)
    cli_rules_prove,  # noqa: F401 (as above)
    cli_rules_release,  # noqa: F401 (as above)
    cli_rules_sign,  # noqa: F401 (as above)
    cli_rules_switch,  # noqa: F401 (as above)
    cli_rules_test,  # noqa: F401 (as above)
)
from api.console import OUT, Json, read_day, say_json, stop
from api.rules_console import app, load_book
from rules.errors import ItemError
from rules.load import PACKAGED

__all__ = ["app"]


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
