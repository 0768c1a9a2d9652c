"""The demonstration, step by step: prepare, start, tell the stories, look at what was made, check it from outside."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from api import local_issuer
from api.console import ERR
from api.demo import authorities, one_code
from api.demo.authorities import Office
from api.demo.one_code import Paper
from api.demo.portal import Example, Portal, Told
from api.demo.processes import DemoError, Running, free_port
from api.demo.report import Report
from api.exporting import write_export
from api.home_issuer import require_issuer
from api.settings import Settings
from casework import credit_codes, database
from licence_qr.uscc import ENTERPRISE, INDIVIDUAL, synthetic_block

__all__ = ["DemoError", "run_demo"]
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
CODES = 1000  # synthetic codes a pool; a real registry loads its allotment


def run_demo(
    out: Path, *, port: int, public: str | None, keep: bool, quiet: bool, tell: Callable[[Report], None] | None
) -> Report:
    """Run everything and return the report. Codes name the address `public`; None: the one that the service listens at.

    Raises `DemoError` with a clear line when a step fails, `IssuerError` for an address that no licence can name.
    """
    index = _read_examples()
    service = f"http://127.0.0.1:{port or free_port()}"
    sources = out / "registries"
    settings = Settings(
        home=out / "var", host=public or service, source_keys=sources / "keys" / "source-keys.json", retry_first=0.3
    )
    require_issuer(settings)
    _empty(out)
    signal.signal(signal.SIGTERM, _end)  # so that the two processes are stopped however we are asked to end
    with ExitStack() as running:
        progress = running.enter_context(_progress(quiet=quiet))
        bar = progress.add_task("准备 preparing", total=None)
        registries, offices = _start(settings, out, sources, service, running)
        progress.update(bar, description="提交申请 submitting", total=len(index), completed=0)
        told, papers = asyncio.run(
            _tell(registries, service, settings, index, out, offices, lambda: progress.advance(bar))
        )
        progress.update(bar, description="导出、扫描、重放 exporting, scanning, replaying", total=None)
        report = Report(
            told, out, service, settings.host, kept=keep, scans=_scan(out, papers), **_check(settings, out, told)
        )
        progress.stop()
        if tell is not None:
            tell(report)
        if keep:
            ERR.print(f"\n服务继续运行 the service keeps running at {service} (Ctrl-C ends it 结束)", highlight=False)
            _wait(running)
    return report


def _end(*_: object) -> None:
    raise SystemExit(143)


def _read_examples() -> list[Example]:
    index_file = EXAMPLES / "index.json"
    if not index_file.exists():
        message = f"{index_file} is missing; run the demo from a checkout of the project"
        raise DemoError(message)
    return [Example.read(EXAMPLES, entry) for entry in json.loads(index_file.read_text())]


def _empty(out: Path) -> None:
    """Begin with an empty folder, but never delete one that the demonstration did not make."""
    marker = out / ".made-by-miaopi-demo"
    if out.exists() and any(out.iterdir()):
        if not marker.exists():
            message = f"{out} holds other files; give an empty folder with --out"
            raise DemoError(message)
        shutil.rmtree(out)
    (out / "licences").mkdir(parents=True)
    marker.touch()


def _start(
    settings: Settings, out: Path, folder: Path, service: str, running: ExitStack
) -> tuple[str, dict[str, Office]]:
    """Start the sources, then the service; both are stopped when `running` closes, in reverse order."""
    registries = f"http://127.0.0.1:{free_port()}"
    today = datetime.now(UTC).date().isoformat()
    sources = Running(
        "registries", ["registries", "--port", registries.rpartition(":")[2], "--anchor", today, "--folder", str(folder)],
        registries, out / "registries.log",
    )  # fmt: skip
    running.callback(sources.stop)
    offices = _prepare(settings)
    sources.wait("/healthz")
    main = Running(
        "service",
        ["serve", "--port", service.rpartition(":")[2], "--home", str(settings.home), "--registries", registries,
         "--source-keys", str(settings.source_keys_file()), "--retry-first", "0.3", "--public", settings.host, "--json"],
        service, out / "service.log",
    )  # fmt: skip
    running.callback(main.stop)
    main.wait("/readyz")
    return registries, offices


def _prepare(settings: Settings) -> dict[str, Office]:
    """Make what an operator would be given: an issuer of tokens, an allotment of credit codes, a list of authorities."""
    local_issuer.create(settings.home)
    engine = database.open_engine(settings.database)
    database.migrate(engine)
    with engine.begin() as connection:
        for kind in (ENTERPRISE, INDIVIDUAL):
            credit_codes.load(connection, synthetic_block(kind, "370784", 0, CODES))
    engine.dispose()
    return authorities.prepare(settings.home, settings.authorities_file())


async def _tell(
    registries: str, service: str, settings: Settings, index: list[Example], out: Path, offices: dict[str, Office],
    tick: Callable[[], None],
) -> tuple[list[Told], list[Paper]]:  # fmt: skip
    async with Portal(service, registries, _tokens(settings, offices)) as portal:
        told = await portal.tell_all(index, tick)
        for one in told:
            await portal.finish(one)
        for one in told:
            if "licence" in one.case:
                name = one.example.file.replace("/", "-").removesuffix(".json")
                for kind in (".svg", ".png"):
                    picture = await portal.fetch(f"/v1/licences/{one.case['id']}{kind}")
                    (out / "licences" / f"{name}{kind}").write_bytes(picture)
                (out / "licences" / f"{name}.jws").write_text(one.case["licence"]["token"])
        (out / "jwks.json").write_bytes(await portal.fetch("/.well-known/jwks.json"))
        return told, await one_code.tell(portal, offices, told, out)


def _tokens(settings: Settings, offices: dict[str, Office]) -> dict[str, str]:
    def made(role: str, scope: str) -> str:
        return local_issuer.token(
            settings.home, subject=f"{role}-1", client=f"{role}-demo", scopes=[scope],
            issuer=settings.token_issuer, audience=settings.token_audience,
        )  # fmt: skip

    roles = {role: role for role in ("portal", "officer", "auditor")} | dict.fromkeys(offices, "authority")
    return {role: made(role, scope) for role, scope in roles.items()}


def _scan(out: Path, papers: list[Paper]) -> list[tuple[Paper, dict[str, Any]]]:
    """Scan each printed code with the public command, by the list as it stood."""
    keys = ["--jwks", str(out / "jwks.json"), "--json"]
    return [(one, _command("api.cli", "scan", str(one.picture), "--status", str(one.status), *keys)) for one in papers]


def _check(settings: Settings, out: Path, told: list[Told]) -> dict[str, Any]:
    """Look from outside with the public commands: scan a picture, replay every decision, verify the log."""
    began = time.perf_counter()
    exported = write_export(settings, out / "export")
    picture = next(
        (out / "licences" / f"{one.example.file.replace('/', '-').removesuffix('.json')}.png" for one in told
         if "licence" in one.case and one.example.file != one_code.SHOP), None,
    )  # fmt: skip
    scanned = None
    if picture is not None:
        scanned = _command("api.cli", "scan", str(picture), "--jwks", str(out / "jwks.json"),
                           "--status", str(out / "status-0.jwt"), "--json")  # fmt: skip
    return {
        "exported": exported,
        "picture": picture,
        "scanned": scanned,
        "replayed": _command("audit.cli", "replay", str(out / "export"), "--json"),
        "verified": _command("audit.cli", "verify", str(out / "export"), "--json"),
        "check_seconds": round(time.perf_counter() - began, 1),
    }


def _command(module: str, *arguments: str) -> dict[str, Any]:
    """Run one of our commands as a stranger would, and return what it said and how it ended."""
    done = subprocess.run(  # noqa: S603 (our own command line)
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False
    )
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = {"error": (done.stderr or done.stdout).strip()[-500:]}
    return {"exit": done.returncode, "said": said}


def _progress(*, quiet: bool) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=ERR, transient=True, disable=quiet)


def _wait(running: ExitStack) -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        running.close()
