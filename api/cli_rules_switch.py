"""`miaopi rules stop` and `resume`: the switch that turns the approvals of an item into referrals at once."""

import json as json_module
from typing import Annotated

import typer

from api.console import DIFFERENT, OUT, Json, clear_errors, say_json, stop
from api.release_history import HistoryError, call, told
from api.rules_console import app

Item = Annotated[str, typer.Argument(help="catalogue code 事项编码")]
Reason = Annotated[str, typer.Option("--reason", help="why; applicants are told why an item is stopped 理由")]
Token = Annotated[str, typer.Option("--token", envvar="MIAOPI_TOKEN", help="access token 令牌")]
Service = Annotated[str, typer.Option("--service", help="running service 服务地址")]
HERE = "http://127.0.0.1:8470"


@app.command("stop")
def stop_item(item: Item, reason: Reason, token: Token, service: Service = HERE, *, json: Json = False) -> None:
    """Stop approving an item: from the next decision on, approvals go to a person (scope officer or supervisor)."""
    _switch(item, "stop", reason, token, service, json=json)


@app.command("resume")
def resume_item(item: Item, reason: Reason, token: Token, service: Service = HERE, *, json: Json = False) -> None:
    """Let the rules approve an item again (scope supervisor)."""
    _switch(item, "resume", reason, token, service, json=json)


def _switch(item: str, act: str, reason: str, token: str, service: str, *, json: bool) -> None:
    if not item.replace("-", "").isalnum() or not item.isascii():
        stop(f"ITEM {item}: want a catalogue code such as 00013112700401; `miaopi rules check` lists them")
    with clear_errors(HistoryError):
        status, body = call("POST", f"{service.rstrip('/')}/v1/items/{item}/{act}", token, {"reason": reason})
    if status != 200:
        if json:
            say_json(json_module.loads(body))
            raise typer.Exit(DIFFERENT)
        stop(told(body), DIFFERENT)
    found = json_module.loads(body)
    if json:
        say_json(found)
    else:
        word = "stopped 已停办" if found["stopped"] else "resumed 已恢复"
        OUT.print(f"{item} {word} since {found['since']} (leaf {found['log_index']})", highlight=False)
