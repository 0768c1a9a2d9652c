"""`miaopi demo`: the whole life of the example applications on one machine, through the same doors as a real portal."""

from pathlib import Path
from typing import Annotated

import typer

from api.console import DIFFERENT, clear_errors, say_json
from api.demo.report import Report, print_report
from api.demo.run import DemoError, run_demo
from api.home_issuer import IssuerError


def demo(
    out: Annotated[Path, typer.Option("--out", help="folder for what is made 输出目录")] = Path("out"),
    port: Annotated[int, typer.Option(help="port of the service; 0 takes a free one 端口")] = 0,
    *,
    public: Annotated[
        str | None,
        typer.Option(
            "--public",
            help="public address in the codes, https for a phone; unset: the address it serves at 二维码中的公开地址",
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="leave the service running 保持运行")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the result as JSON 以 JSON 输出")] = False,
) -> None:
    """Start sources and service, submit the examples, issue, scan, replay, verify; show what came of it."""
    with clear_errors(DemoError, IssuerError, OSError):
        report: Report = run_demo(
            out, port=port, public=public, keep=keep, quiet=json, tell=None if json else print_report
        )
    if json:
        say_json(report.to_json())
    if not report.ok:
        raise typer.Exit(DIFFERENT)
