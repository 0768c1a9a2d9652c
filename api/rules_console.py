"""What the commands of `miaopi rules` share: their group, their options, and loading a book with its problems told."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from api.console import DIFFERENT, OUT, say_json, stop
from rules.errors import Problem, RuleBookError
from rules.load import RuleBook, load

app = typer.Typer(
    help="check, prove, test, compare, release and list the rules 规则的检查、证明、测试、比较、发布与查看",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Option("--folder", help="the rule book 规则库目录", file_okay=False, exists=True)]


def load_book(folder: Path, *, as_json: bool) -> RuleBook:
    """Load a book, or print every problem of it with its place and end."""
    try:
        return load(folder)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}; --folder names a rule book, as `rules/` is one")
    except RuleBookError as error:
        stop_at_problems(error, as_json=as_json)


def stop_at_problems(error: RuleBookError, *, as_json: bool) -> NoReturn:
    """Print every problem of a book with its place and end."""
    if as_json:
        say_json({"ok": False, "problems": [place_of(problem) for problem in error.problems]})
        raise typer.Exit(DIFFERENT) from error
    for problem in error.problems:
        OUT.print(str(problem), markup=False, highlight=False)
    stop(f"{len(error.problems)} problem(s) in the rule book; none of it was loaded 规则库有误，未加载", DIFFERENT)


def place_of(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON members."""
    return {"file": problem.file, "line": problem.line, "column": problem.column, "message": problem.message}
