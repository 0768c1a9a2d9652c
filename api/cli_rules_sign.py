"""`miaopi rules release acknowledge`, `sign`, `publish`, `status`: what people do with a release that the gate has passed.

`miaopi rules signer new` makes a signer's key.
"""

import base64
import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from api import release_folder, signer_keys
from api.cli_rules_backtest import Service
from api.cli_rules_release import EXPECTED, release
from api.console import DIFFERENT, OUT, Home, Json, clear_errors, say_json, stop
from api.release_folder import BUNDLE, NOTE, ReleaseFolderError, manifest_in, signatures_in, unaccepted
from api.release_history import History, call, history, manifest_of, told
from api.rules_console import app
from audit.release_errors import ReleaseError
from audit.release_manifest import ROLES, require_gate

signer = typer.Typer(help="keys of those who sign releases 签名人密钥", no_args_is_help=True)
app.add_typer(signer, name="signer")
Dir = Annotated[Path, typer.Argument(metavar="DIR", help="the release under way 发布目录", file_okay=False)]
Token = Annotated[str, typer.Option("--token", envvar="MIAOPI_TOKEN", help="access token, scope releaser 令牌")]


@release.command()
def acknowledge(
    folder: Dir,
    flips: Annotated[list[str], typer.Argument(metavar="FLIP…", help="kinds such as approved-to-referred 变化种类")],
    name: Annotated[str, typer.Option("--name", help="who accepts it 确认人")],
    role: Annotated[str, typer.Option("--role", help="in which role 角色")],
    reason: Annotated[str, typer.Option("--reason", help="why it is meant 理由")],
    *,
    json: Json = False,
) -> None:
    """Accept, by name and role, kinds of changed outcomes that the backtest found. It stands in what is signed."""
    with clear_errors(*EXPECTED):
        manifest = release_folder.acknowledge(folder, flips, name=name, role=role, reason=reason)
    left = unaccepted(manifest)
    if json:
        say_json({"acknowledged": [one.model_dump() for one in manifest.acknowledgements], "left": left})
    else:
        OUT.print(
            f"acknowledged 已确认: {', '.join(flips)}; left 未确认: {', '.join(left) or 'none 无'}", highlight=False
        )


@release.command()
def sign(
    folder: Dir,
    key: Annotated[Path, typer.Option("--key", help="your key file 密钥文件", dir_okay=False)],
    *,
    json: Json = False,
) -> None:
    """Sign the release. Two different people sign, one of each role; see docs/rule-releases.md for what to read first."""
    with clear_errors(*EXPECTED):
        who, role = signer_keys.open_key(key)
        signed = release_folder.sign(folder, who, role)
    if json:
        say_json({"signed_by": signed})
    else:
        OUT.print(f"signed by 已签名: {', '.join(signed)}", highlight=False)


@release.command()
def publish(
    folder: Dir,
    token: Token,
    service: Annotated[str, typer.Option("--service", help="running service 服务地址")] = "http://127.0.0.1:8470",
    *,
    json: Json = False,
) -> None:
    """Send the signed release to the service, which verifies all of it again and decides by it from then on."""
    with clear_errors(*EXPECTED):
        manifest_in(folder)
        note = folder / NOTE
        if not note.exists():
            message = f"{folder} is not signed; two people sign it first (`miaopi rules release sign`)"
            raise ReleaseFolderError(message)
        body = {"note": note.read_text(), "bundle": base64.b64encode((folder / BUNDLE).read_bytes()).decode()}
        status, answered = call("POST", f"{service.rstrip('/')}/v1/rule-releases", token, body)
    if status != 201:
        if json:
            say_json(json_module.loads(answered))
            raise typer.Exit(DIFFERENT)
        stop(told(answered), DIFFERENT)
    live = json_module.loads(answered)
    if json:
        say_json(live)
    else:
        OUT.print(
            f"release {live['sequence']} is live 已生效; book {live['book'][:16]}…, leaf {live['log_index']}",
            highlight=False,
        )


@release.command()
def status(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="a release under way 发布目录")] = None,
    home: Home = Path("var"),
    service: Service = None,
    *,
    json: Json = False,
) -> None:
    """Show how far a release in DIR is, or which releases there were."""
    with clear_errors(*EXPECTED):
        found = _under_way(folder) if folder is not None else _released(history(service, home))
    if json:
        say_json(found)
        return
    for name, value in found.items():
        OUT.print(f"{name}: {value}", highlight=False, markup=False)


@signer.command("new")
def new_signer(
    name: Annotated[str, typer.Argument(help="without spaces or plus signs 不含空格与加号")],
    role: Annotated[str, typer.Option("--role", help=" or ".join(ROLES))],
    out: Annotated[Path, typer.Option("--out", help="key file to write, mode 0600 密钥文件", dir_okay=False)],
    *,
    json: Json = False,
) -> None:
    """Make a signer's key; print the entry for the pinned list (MIAOPI_RELEASE_SIGNERS), which holds nothing secret."""
    with clear_errors(ValueError):
        entry = signer_keys.create(out, name, role)
    if json:
        say_json(entry)
    else:
        OUT.print(f"{out} (0600); entry for the list of signers 名单条目:", highlight=False)
        typer.echo(json_module.dumps(entry, ensure_ascii=False))


def _under_way(folder: Path) -> dict[str, Any]:
    manifest = manifest_in(folder)
    try:
        require_gate(manifest, packaged=False)
        wanting = None
    except ReleaseError as error:
        wanting = f"{error.reason}: {error}"
    return {
        "sequence": manifest.sequence, "kind": manifest.kind, "registry": manifest.registry, "book": manifest.book,
        "gate": {name: one.ok for name, one in manifest.gate.items()}, "skipped": dict(manifest.skipped),
        "flips": dict(manifest.flips), "to_acknowledge": unaccepted(manifest), "signed_by": signatures_in(folder),
        "wanting": wanting,
    }  # fmt: skip


def _released(past: History) -> dict[str, Any]:
    live = past.live()
    listed = [manifest_of(past, number) for number in range(1, (live[0] if live else 0) + 1)]
    return {
        "registry": past.registry,
        "live": None if live is None else live[0],
        "releases": [f"{one.sequence} {one.kind} {one.made_at} book {one.book[:16]}" for one in listed],
    }
