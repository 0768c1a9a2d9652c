"""How the auditor's command answers: JSON for programs, tables for people, a bar for whoever waits."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from audit.replay import Difference
from audit.selection import Touched


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal; give the function that moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def difference_row(found: Difference) -> dict[str, Any]:
    """Return a difference as the JSON answer has it."""
    return {
        "stage": found.stage,
        "pointer": found.pointer,
        "recorded": found.recorded,
        "replayed": found.replayed,
    }


def identity_row(content: Any) -> dict[str, str]:
    """Return what names a decision to a reader."""
    return {name: str(content[name]) for name in ("application_id", "item", "decided_on", "outcome")}


def touched_row(one: Touched) -> dict[str, Any]:
    """Return one touched decision as a row."""
    return {
        "index": one.index,
        "application_id": one.application_id,
        "decided_on": one.decided_on,
        "outcome": one.outcome,
        "results": list(one.results),
    }


def index_of(found: list[Touched], place: int) -> int | None:
    """Return the leaf of the decision at a place of the list, None when the list is empty."""
    return found[place].index if found else None


def print_json(answer: dict[str, Any]) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


def print_table(rows: list[dict[str, Any]], title: str) -> None:
    """Print rows as a table on the terminal."""
    table = Table(*(rows[0] if rows else ()), title=title)
    for row in rows:
        table.add_row(*(", ".join(value) if isinstance(value, list) else str(value) for value in row.values()))
    Console().print(table if rows else title)
