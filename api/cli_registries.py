"""`miaopi registries`: the shared data sources of a synthetic county as a process."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.console import OUT, Json, clear_errors, say_json
from verifiers.registries import ANCHOR, SEED
from verifiers.registries import run as run_registries


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
