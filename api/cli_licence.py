"""`miaopi licence`: suspend, restore or revoke a licence or permit, and how its code is printed, over a running service."""

import json as json_module
from typing import Annotated, Any

import typer

from api.console import DIFFERENT, OUT, Json, clear_errors, say_json, stop
from api.release_history import HistoryError, call, told

app = typer.Typer(
    no_args_is_help=True, help="Suspend, restore or revoke a licence or a permit 暂停、恢复、撤销证照或许可"
)
Licence = Annotated[
    str, typer.Argument(metavar="ID", help="id of the licence, or credit code 证照编号或统一社会信用代码")
]
Permit = Annotated[int | None, typer.Option("--permit", min=1, max=999, help="number of the permit 许可序号")]
Reason = Annotated[str, typer.Option("--reason", help="why, 10 to 500 characters 理由")]
Token = Annotated[str, typer.Option("--token", envvar="MIAOPI_TOKEN", help="access token 令牌")]
Service = Annotated[str, typer.Option("--service", help="running service 服务地址")]
HERE = "http://127.0.0.1:8470"


@app.command("suspend")
def suspend(
    licence: Licence,
    reason: Reason,
    token: Token,
    permit: Permit = None,
    service: Service = HERE,
    *,
    json: Json = False,
) -> None:
    """Suspend it until it is restored (scope officer, supervisor, or the permit's own authority)."""
    _act("suspend", licence, permit, reason, token, service, json=json)


@app.command("restore")
def restore(
    licence: Licence,
    reason: Reason,
    token: Token,
    permit: Permit = None,
    service: Service = HERE,
    *,
    json: Json = False,
) -> None:
    """Lift a suspension (scope supervisor, or the permit's own authority)."""
    _act("restore", licence, permit, reason, token, service, json=json)


@app.command("revoke")
def revoke(
    licence: Licence,
    reason: Reason,
    token: Token,
    permit: Permit = None,
    service: Service = HERE,
    *,
    json: Json = False,
) -> None:
    """Revoke it for good; nothing restores it (a licence: scope supervisor; a permit: its own authority)."""
    _act("revoke", licence, permit, reason, token, service, json=json)


@app.command("permits")
def permits(licence: Licence, token: Token, service: Service = HERE, *, json: Json = False) -> None:
    """List the permits of a licence with their numbers, their status, and what was done to it."""
    found = _ask("GET", _path(licence, service, "permits"), token, None, json=json)
    if json:
        say_json(found)
        return
    OUT.print(f"{found['identifier']} {found['uscc']}: {found['status']}", highlight=False)
    for one in found["permits"]:
        about = f"{one['type']} {one['number']} ({one['authority']['name']}), {one['valid_from']} – {one.get('valid_to', '长期')}"
        OUT.print(f"  {one['n']}  {one['status']:<9} {about}", highlight=False)
    for one in found["changes_of_status"]:
        subject = "licence" if one["permit"] is None else f"permit {one['permit']}"
        OUT.print(
            f"  {one['since']}  {one['act']} {subject} by {one['by']}{': ' + one['reason'] if 'reason' in one else ''} (leaf {one['log_index']})",
            highlight=False,
        )


@app.command("advice")
def advice(licence: Licence, token: Token, service: Service = HERE, *, json: Json = False) -> None:
    """Tell how its code is printed: version, least side in mm, whole dots for usual printers 印制要求."""
    found = _ask("GET", _path(licence, service, "print-advice"), token, None, json=json)
    if json:
        say_json(found)
        return
    OUT.print(found["sentence"], highlight=False)
    for row in found["table"]:
        advised = f"{row['advised_dots']} dots a module, {row['advised_side_mm']} mm"
        dots = f"{advised}; least {row['dots']}, {row['side_mm']} mm; GS1 {row['gs1_dots']}, {row['gs1_side_mm']} mm"
        OUT.print(f"  {row['dpi']:>4} dpi  {dots}", highlight=False)


def _act(act: str, licence: str, permit: int | None, reason: str, token: str, service: str, *, json: bool) -> None:
    url = _path(licence, service, "status" if permit is None else f"permits/{permit}/status")
    found = _ask("POST", url, token, {"act": act, "reason": reason}, json=json)
    if json:
        say_json(found)
        return
    subject = licence if permit is None else f"{licence}, permit {permit}"
    OUT.print(f"{subject}: {found['status']} since {found['since']} (leaf {found['log_index']})", highlight=False)
    OUT.print(
        "checkers see it as soon as they fetch the status list again 核验方重新取得状态列表后即可看到", highlight=False
    )


def _path(licence: str, service: str, rest: str) -> str:
    if not licence.isascii() or not licence.replace("-", "").isalnum():
        stop(f"ID {licence[:60]}: want the id of a licence or the holder's credit code (18 characters)")
    return f"{service.rstrip('/')}/v1/licences/{licence}/{rest}"


def _ask(method: str, url: str, token: str, body: Any, *, json: bool) -> Any:
    with clear_errors(HistoryError):
        status, answered = call(method, url, token, body)
    if status != 200 and json:
        say_json(json_module.loads(answered))
        raise typer.Exit(DIFFERENT)
    if status != 200:
        stop(told(answered), DIFFERENT)
    return json_module.loads(answered)
