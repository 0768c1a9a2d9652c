"""`miaopi rules prove`: what is true of every application, shown by z3, or a witness against it."""

import time
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.console import DIFFERENT, ERR, OUT, Json, read_day, say_json, stop
from api.rules_console import Folder, app, load_book, stop_at_problems
from rules.errors import ItemError, RuleBookError
from rules.load import PACKAGED

if TYPE_CHECKING:
    from rules.proof.accepted import Judged
    from rules.proof.prove import Run


@app.command()
def prove(  # a command of this many options
    folder: Folder = PACKAGED,
    item: Annotated[
        list[str] | None, typer.Option("--item", help="catalogue code, again for more; all without it 事项编码")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="day, YYYY-MM-DD 日期")] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="only these rules 只证明这些规则")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="show what is proved too 也显示已证明的")] = False,
    json: Json = False,
) -> None:
    """Prove that no rule is constant or in vain, none contradict, and approval means every duty of the published list."""
    try:
        from rules.proof.accepted import judge, read_accepted  # noqa: PLC0415 (z3 is for this command alone)
        from rules.proof.prove import prove as run_proofs  # noqa: PLC0415 (as above)
    except ImportError as error:
        stop(f"{error}; proofs need z3-solver: pip install 'miaopi[dev]' 证明需要 z3-solver")
    began = time.perf_counter()
    book = load_book(folder, as_json=json)
    try:
        day = read_day(on) if on else date.today()  # noqa: DTZ011 (the author's own day is meant)
        codes = item or [one.code for one in book.items if one.in_force.holds_on(day)]
        for code in codes:
            book.rule_set(code, day)
    except (ItemError, ValueError) as error:
        stop(str(error))
    unknown = sorted(set(rule or ()) - {one.rule.id for one in book.rules})
    if unknown:
        stop(f"no rule {', '.join(unknown)} in the book; `miaopi rules list {codes[0]}` shows them 没有这些规则")
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(),
                  console=ERR, transient=True, disable=json) as bar:  # fmt: skip
        shown = bar.add_task("proving 证明中", total=None)
        try:
            found = run_proofs(
                folder, day, codes, rule or (), advance=lambda done, of: bar.update(shown, completed=done, total=of)
            )
        except RuleBookError as error:  # the list of duties, which no other command reads
            stop_at_problems(error, as_json=json)
    judged = judge(found.results, read_accepted(folder), whole=found.whole)
    seconds = round(time.perf_counter() - began, 1)
    if json:
        say_json(_as_json(found, judged, day, codes, seconds))
    else:
        _show(found, judged, seconds, everything=everything)
    if judged.open or judged.stale:
        raise typer.Exit(DIFFERENT)


def _as_json(found: "Run", judged: "Judged", day: date, codes: list[str], seconds: float) -> dict[str, object]:
    return {
        "ok": not (judged.open or judged.stale), "on": str(day), "items": codes, "seconds": seconds,
        "rules": found.rules, "rules_wholly_provable": found.inside,
        "outside": [{"rule": part.subject, "expression": part.expression, "reason": part.reason} for part in found.outside],
        "findings": [result.as_json() for result in judged.open],
        "accepted": [{**result.as_json(), "reason": reason.model_dump()} for result, reason in judged.accepted],
        "stale": list(judged.stale),
        "values": found.values, "results": [result.as_json() for result in found.results],
    }  # fmt: skip


def _show(found: "Run", judged: "Judged", seconds: float, *, everything: bool) -> None:
    counts = Table(
        "check 检查", "proved or shown 已证明", "accepted 已说明理由", "open 未解决", title="miaopi rules prove"
    )
    accepted, open_ = {result.id for result, _ in judged.accepted}, {result.id for result in judged.open}
    for check in sorted({result.check for result in found.results}):
        ids = {result.id for result in found.results if result.check == check}
        counts.add_row(check, str(len(ids - accepted - open_)), str(len(ids & accepted)), str(len(ids & open_)))
    OUT.print(counts)
    if everything:
        for result in found.results:
            OUT.print(
                f"{'✓' if result.ok else '✗'} {result.id}: {result.zh} {result.en} {result.scope}",
                markup=False,
                highlight=False,
            )
        OUT.print(f"for 适用于: {found.values}", markup=False, highlight=False)
    for result in judged.open:
        OUT.print(f"[red]✗[/] {result.id}", highlight=False)
        OUT.print(f"    {result.zh}\n    {result.en} {result.scope}", markup=False, highlight=False)
        if result.facts is not None:
            OUT.print_json(data=result.facts)
    for pattern in judged.stale:
        OUT.print(
            f"[red]✗[/] proof_accepted.yaml: {pattern} no longer occurs; take it out 已不再出现，请删除",
            highlight=False,
        )
    for part in found.outside:
        OUT.print(
            f"outside the provable part 不在可证明范围: {part.subject}: {part.expression} ({part.reason})", markup=False
        )
    OUT.print(f"{found.inside} of {found.rules} rules lie wholly in the provable part 条规则全部可证明; {seconds} s")
