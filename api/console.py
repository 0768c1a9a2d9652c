"""What the commands print: JSON for programs, tables and sentences for people, one clear line for a mistake."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

OUT = Console(soft_wrap=True)
ERR = Console(stderr=True, soft_wrap=True)
DIFFERENT, USAGE = 1, 2  # exit codes: something is wrong with what was looked at; the command was not understood


def say_json(value: Any) -> None:
    """Print a value as JSON, Chinese readable."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def stop(message: str, code: int = USAGE) -> NoReturn:
    """Say in one line what is wrong and what to do, and end."""
    ERR.print(f"[bold red]miaopi:[/] {message}", highlight=False)
    raise typer.Exit(code)


@contextmanager
def clear_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn expected errors into one clear line instead of a trace."""
    try:
        yield
    except kinds as error:
        stop(str(error))
