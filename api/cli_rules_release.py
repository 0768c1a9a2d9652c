"""`miaopi rules release`: prepare, acknowledge, sign, publish, roll back; `rules signer new` makes a signer's key."""

import base64
import json as json_module
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from api import release_folder, signer_keys
from api.cli_rules_backtest import LIVE, ExportFolder, New, Old, Service, old_book, recorded
from api.console import DIFFERENT, ERR, OUT, Home, Json, clear_errors, say_json, stop
from api.past_decisions import of_home
from api.release_folder import BUNDLE, NOTE, Plan, ReleaseFolderError, manifest_in, prepared, signatures_in
from api.release_history import History, HistoryError, book_of, call, history, manifest_of, told
from api.rules_console import app, load_book
from api.rules_gate import GATE, Backtested, Candidate, Check, Outcome, WellFormed, run_gate
from audit.errors import AuditError
from audit.release_errors import ReleaseError
from audit.release_manifest import ROLES, CheckName, Manifest, require_gate
from engine.facts import SHANGHAI
from rules.bundle import BundleError, read_folder
from rules.errors import RuleBookError
from verifiers.keys import SourceKeysError

release = typer.Typer(help="release rules by a gate and two signatures 规则发布", no_args_is_help=True)
signer = typer.Typer(help="keys of those who sign releases 签名人密钥", no_args_is_help=True)
app.add_typer(release, name="release")
app.add_typer(signer, name="signer")
Dir = Annotated[Path, typer.Argument(metavar="DIR", help="the release under way 发布目录", file_okay=False)]
Out = Annotated[Path, typer.Option("--out", help="folder to write 输出目录", file_okay=False)]
Token = Annotated[str, typer.Option("--token", envvar="MIAOPI_TOKEN", help="access token, scope releaser 令牌")]
_EXPECTED = (HistoryError, ReleaseFolderError, AuditError, RuntimeError, OSError, ValueError, BundleError, RuleBookError,
             SourceKeysError)  # fmt: skip
_SKIPPED: dict[CheckName, str] = {
    "prove": "this very book was proven when it was first released; its bundle is the same byte for byte",
    "test": "this very book was tested when it was first released; its bundle is the same byte for byte",
}


@release.command()
def prepare(
    new: New, out: Out, old: Old = LIVE, home: Home = Path("var"), export: ExportFolder = None, service: Service = None,
    *, json: Json = False,
) -> None:  # fmt: skip
    """Run the whole gate over NEW and write the unsigned release; every check must be green."""
    book = load_book(new, as_json=json)
    with clear_errors(*_EXPECTED):
        past = history(service, home)
        with old_book(old, service, home) as before:
            outcomes = _gate(
                Candidate(book, before, recorded(new, home, export, cases=True), _today()), GATE, quiet=json
            )
        plan = Plan(past.registry, past.live(), datetime.now(UTC))
        if not all(one.ok for one in outcomes):
            _tell(outcomes, None, json=json)
            raise typer.Exit(DIFFERENT)
        manifest = prepared(out, read_folder(new), book.digest, plan, outcomes)
    _tell(outcomes, manifest, json=json)


@release.command()
def rollback(
    to: Annotated[int, typer.Option("--to", help="number of the release to put back 恢复到的发布序号", min=1)],
    out: Out, home: Home = Path("var"), service: Service = None, *, json: Json = False,
) -> None:  # fmt: skip
    """Prepare a new release of an earlier book. `prove` and `test` are skipped: that very book passed them once."""
    with clear_errors(*_EXPECTED):
        past = history(service, home)
        live = past.live()
        if live is None or to >= live[0]:
            message = f"--to {to}: live is release {live[0] if live else 'none'}; name an earlier one"
            raise HistoryError(message)
        with book_of(past, to) as (book, files), book_of(past, live[0]) as (before, _):
            listed = list(of_home(home)) if service is None else []
            outcomes = _gate(Candidate(book, before, listed, _today()), (WellFormed(), Backtested()), quiet=json)
        plan = Plan(past.registry, live, datetime.now(UTC), "rollback", _origin(past, to), _SKIPPED)
        manifest = prepared(out, files, book.digest, plan, outcomes)
    _tell(outcomes, manifest, json=json)


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
    with clear_errors(*_EXPECTED):
        manifest = release_folder.acknowledge(folder, flips, name=name, role=role, reason=reason)
    left = _unaccepted(manifest)
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
    with clear_errors(*_EXPECTED):
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
    with clear_errors(*_EXPECTED):
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
    with clear_errors(*_EXPECTED):
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


def _today() -> date:
    return datetime.now(SHANGHAI).date()


def _gate(candidate: Candidate, checks: tuple[Check, ...], *, quiet: bool) -> list[Outcome]:
    with Progress(console=ERR, transient=True, disable=quiet or not ERR.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def told_of(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        return run_gate(replace(candidate, progress=told_of), checks)


def _tell(outcomes: list[Outcome], manifest: Manifest | None, *, json: bool) -> None:
    left = [] if manifest is None else _unaccepted(manifest)
    if json:
        say_json({
            "ok": manifest is not None,
            "sequence": None if manifest is None else manifest.sequence,
            "checks": {one.name: {"ok": one.ok, "figures": dict(one.figures)} for one in outcomes},
            "skipped": {} if manifest is None else dict(manifest.skipped),
            "flips": {} if manifest is None else dict(manifest.flips),
            "to_acknowledge": left,
        })  # fmt: skip
        return
    for one in outcomes:
        for chinese, english in one.lines:
            OUT.print(f"{'[green]✓[/]' if one.ok else '[red]✗[/]'} {one.name}: {english} {chinese}", highlight=False)
    if manifest is None:
        stop("the gate is not passed; nothing was written 未通过发布前检查", DIFFERENT)
    for name, why in manifest.skipped.items():
        OUT.print(f"- {name} skipped 略过: {why}", highlight=False)
    OUT.print(
        f"release {manifest.sequence} is prepared 已准备; to acknowledge 待确认: {', '.join(left) or 'none 无'}",
        highlight=False,
    )


def _unaccepted(manifest: Manifest) -> list[str]:
    accepted = {one.flip for one in manifest.acknowledgements}
    return [kind for kind in manifest.flips if kind not in accepted]


def _origin(past: History, sequence: int) -> int:
    """Return the release that a rollback really restores: a rollback of a rollback names the first of them."""
    manifest = manifest_of(past, sequence)
    return manifest.restores or sequence


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
        "flips": dict(manifest.flips), "to_acknowledge": _unaccepted(manifest), "signed_by": signatures_in(folder),
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
