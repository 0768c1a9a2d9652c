"""`miaopi keys`: list the keys that sign licences, rotate them, and go through what a stolen key asks for.

All of it works on the home itself, and a service must not run on it meanwhile: rotating takes a second, and the handover to
the new key happens later, inside the service that was started again, at the second that was announced.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.console import OUT, Checkpoint, Home, Json, PublicAddress, clear_errors, given_settings, say_json, stop
from audit.errors import AuditError
from casework.errors import CaseworkError
from licence_qr.errors import LicenceError
from licence_qr.keys_logged import LARGEST, ROTATE_FROM

app = typer.Typer(
    help="list, rotate and rescue the keys that sign licences 签名密钥的查看、轮换与应急", no_args_is_help=True
)
Go = Annotated[bool, typer.Option("--go", help="do it; without, only tell what would be done 实际执行（缺省为试运行）")]
To = Annotated[
    str | None,
    typer.Option("--to", help="the new key, file:/path or pkcs11: URI; unset: made in a file 新密钥，缺省为新建文件"),
]
# What a home, its keys and its log may say: each is told in one line. ValueError is what a setting that cannot be says.
EXPECTED = (LicenceError, AuditError, CaseworkError, RuntimeError, OSError, ValueError, TypeError)
ADVICE = (
    f"it has signed {ROTATE_FROM} licences or more: rotate now (`miaopi keys rotate`); were it stolen, the document on all its "
    f"licences may have at most {LARGEST} bytes 该密钥签发的执照已达{ROTATE_FROM}份，请尽快轮换"
)
STATES = {
    "signing": "签发中 signing",
    "announced": "待启用 announced",
    "ending": "交接中 ending",
    "retired": "已停用 retired",
    "compromised": "已泄露 compromised",
    "withdrawn": "未启用即撤回 withdrawn",
}


@app.command("list")
def list_keys(
    home: Home = Path("var"), *, public: PublicAddress = None, checkpoint: Checkpoint = None, json: Json = False
) -> None:
    """List every key that was published, its window, and how many licences it signed 列出全部公钥.

    Warns of a key that has signed so many that it is to be rotated: were it stolen, verifiers read one document on all its
    licences, up to a size. 签发数量过多时提示轮换。
    """
    from api import key_operations  # noqa: PLC0415  (help must not wait for the service's parts)

    with clear_errors(*EXPECTED):
        found = key_operations.listed(_place(home, public, checkpoint))
    if json:
        say_json({"keys": [{**one, "rotate": _is_full(one)} for one in found]})
        return
    for one in found:  # the kid on a line of its own, whole on any screen: it is copied into `drill --kid`
        end = one["compromised_since"] if one["state"] == "compromised" else one["until"]
        counted = "" if one["licences"] is None else f" · {one['licences']} licences 份执照"
        until = "" if end is None else f" 止 until {_when(end)}"
        OUT.print(f"{one['kid']}  {STATES[one['state']]}", highlight=False, soft_wrap=True)
        OUT.print(
            f"    {one['typ']} · 起 from {_when(one['signs_from'])}{until} UTC{counted}",
            highlight=False,
            soft_wrap=True,
        )
    for one in found:
        if _is_full(one):
            OUT.print(f"[bold yellow]{one['kid'][:12]}…[/]: {ADVICE}", highlight=False)


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
    public: PublicAddress = None,
    checkpoint: Checkpoint = None,
    go: Go = False,
    json: Json = False,
) -> None:
    """Let another key sign licences, from now or from an announced moment on 轮换签名密钥."""
    from api import key_operations  # noqa: PLC0415  (as above)

    with clear_errors(*EXPECTED):
        told = key_operations.rotate(_place(home, public, checkpoint), to=to, lead=lead, overlap=overlap, go=go)
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
def drill(  # noqa: PLR0913 (options of a command; each names itself)
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
    public: PublicAddress = None,
    checkpoint: Checkpoint = None,
    go: Go = False,
    json: Json = False,
) -> None:
    """Go through what a stolen key asks for: stop, rotate, list, search, issue anew, tell the public 密钥泄露应急."""
    from api import key_operations  # noqa: PLC0415  (as above)

    with clear_errors(*EXPECTED):
        codes = list(_codes(scans or []))
        told = key_operations.drill(
            _place(home, public, checkpoint), kid=kid, since=_second(since), codes=codes, to=to, go=go
        )
    if json:
        say_json(told)
        raise typer.Exit(1 if told.get("left") else 0)
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
    if told["compromised_since"] != _second(since):
        OUT.print(
            f"reported before, since 此前已公布的泄露时间 {_when(told['compromised_since'])} UTC; --since is not used"
        )
    OUT.print(_outcome(go=go))
    for one in told.get("left", ()):
        OUT.print(f"[bold red]left 未换发[/]: {one['application']}: {one['why']}", highlight=False)
    if told.get("left"):
        raise typer.Exit(1)


@app.command("replace-lost")
def replace_lost(
    home: Home = Path("var"),
    *,
    to: To = None,
    public: PublicAddress = None,
    checkpoint: Checkpoint = None,
    go: Go = False,
    json: Json = False,
) -> None:
    """Let another key follow a licence key that is lost for good, not stolen 遗失（未泄露）密钥的更换.

    The old public key stays published, with its end, and what it signed stays valid.
    """
    from api import key_loss  # noqa: PLC0415  (as above)

    with clear_errors(*EXPECTED):
        told = key_loss.replace_lost(_place(home, public, checkpoint), to=to, go=go)
    if json:
        say_json(told)
        return
    OUT.print(f"lost 遗失: {told['lost']} ({told['why']})", highlight=False)
    if go:
        OUT.print(f"followed by 后继: {told['kid']} ({told['key']})", highlight=False)
    OUT.print(_outcome(go=go))


def _is_full(one: dict[str, Any]) -> bool:
    """Tell whether a key that still signs has signed so much that another one should take over."""
    return one["state"] in {"signing", "announced"} and (one["licences"] or 0) >= ROTATE_FROM


def _place(home: Path, public: str | None, checkpoint: Path | None) -> Any:
    from api.home_issuer import require_issuer  # noqa: PLC0415  (as above)
    from api.key_operations import Place  # noqa: PLC0415  (as above)
    from casework.ports import Ports  # noqa: PLC0415  (as above)

    settings = given_settings(home, host=public, checkpoint=checkpoint)
    require_issuer(settings)
    return Place(settings, Ports())


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
