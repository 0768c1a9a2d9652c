"""`miaopi serve` and `openapi`: the service as a process, and its description."""

import gc
import json as json_module
from pathlib import Path
from typing import Annotated

import stamina
import typer
import uvicorn

from api import logs
from api.app import create_app
from api.console import Checkpoint, Home, Json, PublicAddress, clear_errors, given_settings, say_json
from api.http_server import OPTIONS
from api.wire import build
from licence_qr.errors import LicenceError
from verifiers.keys import SourceKeysError


def serve(  # noqa: PLR0913 (options of a command; each names itself)
    host: Annotated[str, typer.Option(help="address to listen on 监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port 端口")] = 8470,
    home: Home = Path("var"),
    registries: Annotated[str | None, typer.Option(help="address of the data sources 核验源地址")] = None,
    public: PublicAddress = None,
    source_keys: Annotated[
        Path | None, typer.Option("--source-keys", help="pinned keys of the sources 核验源公钥")
    ] = None,
    retry_first: Annotated[
        float | None, typer.Option("--retry-first", help="first pause before a silent source, s")
    ] = None,
    *,
    checkpoint: Checkpoint = None,
    json: Annotated[bool, typer.Option("--json", help="log as JSON lines 以 JSON 行输出日志")] = False,
) -> None:
    """Run the service (one process, SQLite). Settings may also come from MIAOPI_… variables."""
    logs.to_stderr(as_json=json)
    stamina.instrumentation.set_on_retry_hooks(
        []
    )  # a retried question is in the evidence; a log line for each is noise
    with clear_errors(RuntimeError, SourceKeysError, LicenceError, OSError, ValueError, TypeError):
        settings = given_settings(
            home,
            host=public,
            checkpoint=checkpoint,
            registries=registries,
            source_keys=source_keys,
            retry_first=retry_first,
        )
        service = build(settings)
    # The rule book and its programs live as long as the process: the collector need not walk them again and again.
    gc.collect()
    gc.freeze()
    uvicorn.run(create_app(service), host=host, port=port, loop="uvloop", log_level="warning", **OPTIONS)


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
