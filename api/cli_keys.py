"""`miaopi keys`: list the keys that sign licences, rotate them, and go through what a stolen key asks for.

All of it works on the home itself, and a service must not run on it meanwhile: rotating takes a second, and the handover to
the new key happens later, inside the service that was started again, at the second that was announced.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.console import OUT, Home, Json, clear_errors, say_json, stop
from api.settings import Settings
from licence_qr.errors import LicenceError

app = typer.Typer(
    help="list, rotate and rescue the keys that sign licences 签名密钥的查看、轮换与应急", no_args_is_help=True
)
Go = Annotated[bool, typer.Option("--go", help="do it; without, only tell what would be done 实际执行（缺省为试运行）")]
To = Annotated[
    str | None,
    typer.Option("--to", help="the new key, file:/path or pkcs11: URI; unset: made in a file 新密钥，缺省为新建文件"),
]
STATES = {
    "signing": "签发中 signing",
    "announced": "待启用 announced",
    "ending": "交接中 ending",
    "retired": "已停用 retired",
    "compromised": "已泄露 compromised",
}


@app.command("list")
def list_keys(home: Home = Path("var"), *, json: Json = False) -> None:
    """List every key that was published, its window, and how many licences it signed 列出全部公钥."""
    from api import key_operations  # noqa: PLC0415  (help must not wait for the service's parts)

    with clear_errors(LicenceError, RuntimeError, OSError):
        found = key_operations.listed(_place(home))
    if json:
        say_json({"keys": found})
        return
    table = Table(box=None, pad_edge=False)
    for title in ("kid", "用途 typ", "状态 state", "起 from (UTC)", "止 until (UTC)", "执照数 licences"):
        table.add_column(title, overflow="fold")
    for one in found:
        end = one["compromised_since"] if one["state"] == "compromised" else one["until"]
        counted = "" if one["licences"] is None else str(one["licences"])
        table.add_row(one["kid"], one["typ"], STATES[one["state"]], _when(one["signs_from"]), _when(end), counted)
    OUT.print(table)


@app.command()
def rotate(
    home: Home = Path("var"),
    *,
    to: To = None,
    lead: Annotated[
        int, typer.Option("--lead", min=0, help="seconds from now until it signs, published meanwhile 提前公布的秒数")
    ] = 0,
    overlap: Annotated[
        int, typer.Option("--overlap", min=0, help="seconds both windows stay open after that 交接重叠的秒数")
    ] = 3600,
    go: Go = False,
    json: Json = False,
) -> None:
    """Let another key sign licences, from now or from an announced moment on 轮换签名密钥."""
    from api import key_operations  # noqa: PLC0415  (as above)

    with clear_errors(LicenceError, RuntimeError, OSError):
        told = key_operations.rotate(_place(home), to=to, lead=lead, overlap=overlap, go=go)
    if json:
        say_json(told)
        return
    new = told["kid"] or "a new key in a file 新建的密钥文件"
    OUT.print(f"{told['follows']} → {new}", highlight=False)
    OUT.print(
        f"signs from 自 {_when(told['signs_from'])} UTC; the old window ends 旧密钥止于 {_when(told['follows_until'])} UTC"
    )
    OUT.print(_outcome(go=go))


@app.command()
def drill(
    kid: Annotated[str, typer.Option("--kid", help="the stolen key, see `miaopi keys list` 被泄露的密钥")],
    since: Annotated[
        str, typer.Option("--since", help="from when on others may have held it, e.g. 2026-11-20T08:00Z 泄露时间")
    ],
    home: Home = Path("var"),
    *,
    scans: Annotated[
        list[str] | None,
        typer.Option("--scans", help="pictures, texts or folders of them, to be held against the log 待核对的扫描件"),
    ] = None,
    to: To = None,
    go: Go = False,
    json: Json = False,
) -> None:
    """Go through what a stolen key asks for: stop, rotate, list, search, issue anew, tell the public 密钥泄露应急."""
    from api import key_operations  # noqa: PLC0415  (as above)

    with clear_errors(LicenceError, RuntimeError, OSError):
        codes = list(_codes(scans or []))
        told = key_operations.drill(_place(home), kid=kid, since=_second(since), codes=codes, to=to, go=go)
    if json:
        say_json(told)
        return
    OUT.print(
        f"log 日志: {told['before']} before 此前, {told['after']} after 此后; to issue anew 待换发 {told['affected']}"
    )
    scanned = told["scanned"]
    OUT.print(
        f"scans 扫描件: {scanned['logged']} logged, {scanned['others']} other keys, {len(scanned['unread'])} unread"
    )
    for one in told["unlogged"]:
        OUT.print(
            f"[bold red]not in the log 日志中没有[/]: {one['source']} {one['name']} {one['jti']}", highlight=False
        )
    if go and told["text"] is not None:
        OUT.print(f"\n{told['text']['zh']}\n\n{told['text']['en']}\n", highlight=False, markup=False)
        OUT.print(
            f"issued anew 已换发 {len(told['reissued'])}, left 未换发 {len(told['left'])}; note 公告 {told['note']}"
        )
    OUT.print(_outcome(go=go))


def _place(home: Path) -> Any:
    from api.key_operations import Place  # noqa: PLC0415  (as above)
    from casework.ports import Ports  # noqa: PLC0415  (as above)

    return Place(Settings(home=home), Ports())


def _codes(scans: list[str]) -> Iterator[tuple[str, str]]:
    from licence_qr.picture_sources import MissingSourceError, codes_of, sources_of  # noqa: PLC0415  (as above)

    try:
        sources = sources_of(scans)
    except MissingSourceError as error:
        stop(str(error))
    for source in sources:
        for code in codes_of(source):
            yield code.source, code.text  # what could not be read has no text, and is told as unread


def _second(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        stop(f"--since {text}: {error}; write a time such as 2026-11-20T08:00+08:00")
    if at.tzinfo is None:
        stop(f"--since {text}: say of which zone, as in {text}+08:00 (China) or {text}Z")
    return int(at.timestamp())


def _when(second: int | None) -> str:
    return "" if second is None else datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _outcome(*, go: bool) -> str:
    return (
        "done 已执行; start the service again 请重新启动服务"
        if go
        else "nothing was changed; add --go 未作任何改动，执行请加 --go"
    )
