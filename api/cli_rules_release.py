"""`miaopi rules release prepare` and `rollback`: from a book to an unsigned release, by the gate.

The book is read once, into a copy that nobody edits: what is checked, proven and tested is what is packed, byte for byte. The
live release is asked for once as well, and again at the end: the gate runs for minutes, and then nothing may have moved.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from api.cli_rules_backtest import ExportFolder, New, Service, recorded
from api.console import DIFFERENT, ERR, OUT, Home, Json, clear_errors, say_json, stop
from api.gate_outcome import Candidate, Check, Outcome
from api.release_folder import Plan, ReleaseFolderError, prepared, require_empty, unaccepted
from api.release_history import (
    History,
    HistoryError,
    book_of,
    history,
    live_book,
    manifest_of,
    require_still_live,
)  # fmt: skip
from api.rules_console import app, load_book
from api.rules_gate import GATE, Backtested, WellFormed, run_gate
from audit.errors import AuditError
from audit.release_manifest import CheckName, Manifest
from engine.facts import SHANGHAI
from rules.bundle import BundleError, read_folder, write_folder
from rules.errors import RuleBookError
from verifiers.keys import SourceKeysError

release = typer.Typer(help="release rules by a gate and two signatures 规则发布", no_args_is_help=True)
app.add_typer(release, name="release")
Out = Annotated[Path, typer.Option("--out", help="folder to write 输出目录", file_okay=False)]
OwnCases = Annotated[
    Path | None,
    typer.Option(
        "--cases", help="book whose cases are compared too 一并比对案例的规则库", file_okay=False, exists=True
    ),
]
BESIDE = ("proof_accepted.yaml", "duties.yaml", "protected.yaml")  # what the checks read beside the rules, with cases/
EXPECTED = (HistoryError, ReleaseFolderError, AuditError, RuntimeError, OSError, ValueError, BundleError, RuleBookError,
             SourceKeysError)  # fmt: skip
_SKIPPED: dict[CheckName, str] = {
    "prove": "this very book was proven when it was first released; its bundle is the same byte for byte "
    "同一规则库首次发布时已经证明，规则包逐字节相同",
    "test": "this very book was tested when it was first released; its bundle is the same byte for byte "
    "同一规则库首次发布时已经测试，规则包逐字节相同",
}


@release.command()
def prepare(
    new: New, out: Out, home: Home = Path("var"), export: ExportFolder = None, service: Service = None,
    *, json: Json = False,
) -> None:  # fmt: skip
    """Run the whole gate over NEW, beside the live release, and write the unsigned release; every check must be green."""
    with clear_errors(*EXPECTED):
        require_empty(out)
        past = history(service, home)
        with _copied(new) as (copy, files), live_book(past) as (live, before):
            book = load_book(copy, as_json=json)
            candidate = Candidate(
                book, before, recorded(copy, home, export, cases=True), _today(), against=_digest(live)
            )
            outcomes = _gate(candidate, GATE, quiet=json)
        if not all(one.ok for one in outcomes):
            _tell(outcomes, None, json=json)
        require_still_live(history(service, home), live)
        manifest = prepared(out, files, book.digest, Plan(past.registry, live, _now()), outcomes)
    _tell(outcomes, manifest, json=json)


@release.command()
def rollback(
    to: Annotated[int, typer.Option("--to", help="number of the release to put back 恢复到的发布序号", min=1)],
    out: Out, home: Home = Path("var"), export: ExportFolder = None, cases: OwnCases = None, service: Service = None,
    *, json: Json = False,
) -> None:  # fmt: skip
    """Prepare a new release of an earlier book. `prove` and `test` are skipped: that very book passed them once."""
    with clear_errors(*EXPECTED):
        require_empty(out)
        past = history(service, home)
        with live_book(past) as (live, before):
            if live is None or to >= live[0]:
                message = f"--to {to}: live is release {live[0] if live else 'none'}; name an earlier one"
                raise HistoryError(message)
            with book_of(past, to) as (book, files):
                listed = recorded(cases or book.folder, home, export, cases=cases is not None)
                candidate = Candidate(book, before, listed, _today(), against=_digest(live))
                outcomes = _gate(candidate, (WellFormed(), Backtested()), quiet=json)
        if not all(one.ok for one in outcomes):
            _tell(outcomes, None, json=json)
        require_still_live(history(service, home), live)
        plan = Plan(past.registry, live, _now(), "rollback", _origin(past, to), _SKIPPED)
        manifest = prepared(out, files, book.digest, plan, outcomes)
    _tell(outcomes, manifest, json=json)


@contextmanager
def _copied(folder: Path) -> Iterator[tuple[Path, dict[str, bytes]]]:
    """Give a private copy of an author's folder, with what the checks read beside the rules, and the files to pack."""
    try:
        files = read_folder(folder)
        with tempfile.TemporaryDirectory(prefix="miaopi-release-") as private:
            copy = Path(private)
            write_folder(files, copy)
            for name in BESIDE:
                if (folder / name).is_file():
                    shutil.copyfile(folder / name, copy / name)
            if (folder / "cases").is_dir():
                shutil.copytree(folder / "cases", copy / "cases")
            yield copy, files
    except FileNotFoundError as error:
        message = f"{error.filename}: {error.strerror}; NEW names a rule book, as `rules/` is one"
        raise ReleaseFolderError(message) from error


def _digest(live: tuple[int, str] | None) -> str | None:
    return None if live is None else live[1]


def _now() -> datetime:
    return datetime.now(UTC)


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
    left = [] if manifest is None else unaccepted(manifest)
    if json:
        say_json({
            "ok": manifest is not None,
            "sequence": None if manifest is None else manifest.sequence,
            "checks": {one.name: {"ok": one.ok, "figures": dict(one.figures)} for one in outcomes},
            "skipped": {} if manifest is None else dict(manifest.skipped),
            "flips": {} if manifest is None else dict(manifest.flips),
            "to_acknowledge": left,
        })  # fmt: skip
        if manifest is None:
            raise typer.Exit(DIFFERENT)
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


def _origin(past: History, sequence: int) -> int:
    """Return the release that a rollback really restores: a rollback of a rollback names the first of them."""
    manifest = manifest_of(past, sequence)
    return manifest.restores or sequence
