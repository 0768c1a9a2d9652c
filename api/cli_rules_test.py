"""`miaopi rules test`: run the cases beside the rules."""

import typer

from api.console import DIFFERENT, OUT, Json, say_json
from api.rules_console import Folder, app, load_book
from engine.cases import run_cases
from rules.case_files import case_files
from rules.load import PACKAGED


@app.command("test")
def run_test_cases(folder: Folder = PACKAGED, *, json: Json = False) -> None:
    """Run the cases beside the rules; each must come out as its author expects."""
    book = load_book(folder, as_json=json)
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
