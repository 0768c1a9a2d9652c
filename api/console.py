"""What the commands print: JSON for programs, tables and sentences for people, one clear line for a mistake."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from api.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="print JSON 以 JSON 输出")]
Home = Annotated[Path, typer.Option("--home", envvar="MIAOPI_HOME", help="folder of database and keys 数据与密钥目录")]
PublicAddress = Annotated[
    str | None,
    typer.Option("--public", help="public address, stands in licences; unset: the home's own 公开地址，缺省为既有地址"),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint", envvar="MIAOPI_CHECKPOINT", help="published checkpoint, best on another disk 检查点文件"
    ),
]
OUT = Console(soft_wrap=True)
ERR = Console(stderr=True, soft_wrap=True)
DIFFERENT, USAGE = 1, 2  # exit codes: something is wrong with what was looked at; the command was not understood


def say_json(value: Any) -> None:
    """Print a value as JSON, Chinese readable."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def stop(message: str, code: int = USAGE) -> NoReturn:
    """Say in one line what is wrong and what to do, and end."""
    ERR.print(f"[bold red]miaopi:[/] {escape(message)}", highlight=False)
    raise typer.Exit(code)


def given_settings(home: Path, **given: Any) -> "Settings":
    """Return the settings of a home with the options that were given; the others come from MIAOPI_… or their defaults."""
    from api.settings import Settings  # noqa: PLC0415  (most commands need no settings)

    return Settings(home=home, **{name: value for name, value in given.items() if value is not None})


def read_day(text: str, option: str = "--on") -> date:
    """Read a day as an option gives it, or end with the value and what is wanted."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        stop(f"{option} {text}: {error}; write a day such as 2026-11-20")


def read_moment(text: str, option: str = "--at") -> int:
    """Read a moment with its offset as an option gives it, in seconds since 1970, or end with what is wanted."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        stop(
            f"{option} {text!r}: a date, a time to the second and an offset from UTC are wanted, such as "
            "2026-11-23T10:30:00+08:00 请写明日期、时间（到秒）和时区"
        )


@contextmanager
def clear_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn expected errors into one clear line instead of a trace."""
    try:
        yield
    except typer.Exit:  # a RuntimeError by descent, and told already
        raise
    except kinds as error:
        stop(str(error))
