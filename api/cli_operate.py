"""Commands of the operator: run the service and the registries, load codes, mint a token, write an export."""

import json as json_module
import logging
from datetime import date
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from api import local_issuer
from api.app import create_app
from api.console import OUT, clear_errors, say_json
from api.exporting import write_export
from api.settings import Settings
from api.wire import build
from casework import credit_codes, database
from licence_qr.errors import LicenceError
from verifiers.keys import SourceKeysError
from verifiers.registries import ANCHOR, SEED
from verifiers.registries import run as run_registries

Json = Annotated[bool, typer.Option("--json", help="print JSON 以 JSON 输出")]
Home = Annotated[Path, typer.Option("--home", help="folder of database and keys 数据与密钥目录")]


def serve(
    host: Annotated[str, typer.Option(help="address to listen on 监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port 端口")] = 8470,
    home: Home = Path("var"),
    registries: Annotated[str, typer.Option(help="address of the data sources 核验源地址")] = "http://127.0.0.1:8471",
    public: Annotated[str | None, typer.Option("--public", help="public address, stands in licences 公开地址")] = None,
    source_keys: Annotated[
        Path | None, typer.Option("--source-keys", help="pinned keys of the sources 核验源公钥")
    ] = None,
    retry_first: Annotated[
        float | None, typer.Option("--retry-first", help="first pause before a silent source, s")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="log as JSON lines 以 JSON 行输出日志")] = False,
) -> None:
    """Run the service (one process, SQLite). Settings may also come from MIAOPI_… variables."""
    structlog_for_people_or_programs(as_json=json)
    given = {"host": public, "source_keys": source_keys, "retry_first": retry_first}
    chosen = {
        "home": home,
        "registries": registries,
        **{name: value for name, value in given.items() if value is not None},
    }
    with clear_errors(RuntimeError, SourceKeysError, LicenceError, FileNotFoundError, ValueError):
        service = build(Settings(**chosen))
    uvicorn.run(
        create_app(service), host=host, port=port, loop="uvloop", http="httptools", access_log=False,
        log_level="warning", server_header=False, date_header=True, timeout_graceful_shutdown=5,
    )  # fmt: skip


def structlog_for_people_or_programs(*, as_json: bool) -> None:
    """Log readable lines to a person, JSON lines to a program; both without personal values."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )


def registries(
    port: Annotated[int, typer.Option(help="port 端口")] = 8471,
    folder: Annotated[Path, typer.Option("--folder", help="database and keys of the sources 数据与密钥目录")] = Path(
        "var/registries"
    ),
    seed: Annotated[int, typer.Option(help="seed of the county's people, names and places 随机种子")] = SEED,
    anchor: Annotated[str, typer.Option(help="day around which events lie, YYYY-MM-DD 基准日")] = ANCHOR.isoformat(),
    *,
    json: Json = False,
) -> None:
    """Run the shared data sources of a synthetic county: a real service on a real database, with a fault switch."""
    with clear_errors(ValueError):
        day = date.fromisoformat(anchor)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def ready(bound: int) -> None:
        if json:
            say_json({"port": bound, "folder": str(folder), "seed": seed, "anchor": anchor})
        else:
            OUT.print(f"核验源 registries: http://127.0.0.1:{bound}, seed {seed}, anchor {anchor}", highlight=False)

    run_registries("127.0.0.1", port, folder / "county.sqlite", folder / "keys", seed, anchor=day, ready=ready)


def token(
    scope: Annotated[list[str], typer.Option("--scope", help="portal, officer, auditor")],
    subject: Annotated[str, typer.Option(help="who 主体")] = "demo",
    client: Annotated[str, typer.Option(help="which program 客户端")] = "portal-demo",
    home: Home = Path("var"),
    *,
    json: Json = False,
) -> None:
    """Mint an access token with the local issuer (demo and first steps; production has an OAuth server)."""
    settings = Settings(home=home)
    with clear_errors(LicenceError):
        local_issuer.create(home)
        made = local_issuer.token(home, subject=subject, client=client, scopes=scope, issuer=settings.token_issuer,
                                  audience=settings.token_audience)  # fmt: skip
    if json:
        say_json({"access_token": made, "token_type": "Bearer", "expires_in": local_issuer.LIFETIME})
    else:
        typer.echo(made)


def codes(
    allotment: Annotated[Path, typer.Argument(help="file, one code a line 每行一个代码", exists=True, dir_okay=False)],
    home: Home = Path("var"),
    *,
    json: Json = False,
) -> None:
    """Load an allotment of unified social credit codes into the pool; a wrong check character stops the load whole."""
    settings = Settings(home=home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with clear_errors(LicenceError, RuntimeError):
        held = database.lock(settings.database)
        engine = database.open_engine(settings.database)
        database.migrate(engine)
        with engine.begin() as connection:
            added = credit_codes.load(connection, allotment.read_text().split())
            free = credit_codes.left(connection)
        engine.dispose()
        held.close()
    if json:
        say_json({"added": added, "free": free})
    else:
        OUT.print(f"{added} codes added 新增; free 可用: {free}")


def export(
    folder: Annotated[Path, typer.Argument(help="folder to write 导出目录")],
    home: Home = Path("var"),
    *,
    public: Annotated[bool, typer.Option("--public", help="leave out private inputs 不含个人信息")] = False,
    json: Json = False,
) -> None:
    """Write the log, its proofs and what a replay needs to a folder for auditors."""
    with clear_errors(RuntimeError, OSError):
        written = write_export(Settings(home=home), folder, with_inputs=not public)
    if json:
        say_json(written)
    else:
        OUT.print(f"{written['decisions']} decisions, tree of {written['size']} leaves → {folder}")
        OUT.print(f"try: miaopi-audit replay {folder}", highlight=False)


def openapi(
    file: Annotated[Path, typer.Argument(help="file to write 输出文件")],
    *,
    json: Json = False,
) -> None:
    """Write the OpenAPI 3.1 description."""
    text = json_module.dumps(create_app().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    file.write_text(text)
    if json:
        say_json({"file": str(file), "bytes": len(text.encode())})
