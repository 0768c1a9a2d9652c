"""Commands of the operator: load credit codes, write an export for auditors."""

from pathlib import Path
from typing import Annotated

import typer

from api.console import OUT, Checkpoint, Home, Json, clear_errors, given_settings, say_json
from api.exporting import write_export
from api.home_issuer import require_issuer
from api.settings import Settings
from audit.errors import AuditError
from casework import credit_codes, database
from licence_qr.errors import LicenceError


def codes(
    allotment: Annotated[Path, typer.Argument(help="file, one code a line 每行一个代码", exists=True, dir_okay=False)],
    home: Home = Path("var"),
    *,
    json: Json = False,
) -> None:
    """Load an allotment of unified social credit codes into the pool; a wrong check character stops the load whole."""
    settings = Settings(home=home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with clear_errors(LicenceError, RuntimeError, OSError, UnicodeDecodeError):
        listed = allotment.read_text().split()
        with database.lock(settings.database):
            engine = database.open_engine(settings.database)
            try:
                database.migrate(engine)
                with engine.begin() as connection:
                    added = credit_codes.load(connection, listed)
                    free = credit_codes.left(connection)
            finally:
                engine.dispose()
    if json:
        say_json({"added": added, "free": free})
    else:
        OUT.print(f"{added} codes added 新增; free 可用: {free}")


def export(
    folder: Annotated[Path, typer.Argument(help="folder to write 导出目录")],
    home: Home = Path("var"),
    *,
    public: Annotated[bool, typer.Option("--public", help="leave out private inputs 不含个人信息")] = False,
    checkpoint: Checkpoint = None,
    json: Json = False,
) -> None:
    """Write the log, its proofs and what a replay needs to a folder for auditors."""
    with clear_errors(RuntimeError, OSError, AuditError):
        settings = given_settings(home, checkpoint=checkpoint)
        require_issuer(settings)
        written = write_export(settings, folder, with_inputs=not public)
    if json:
        say_json(written)
    else:
        OUT.print(f"{written['decisions']} decisions, tree of {written['size']} leaves → {folder}")
        OUT.print(f"try: miaopi-audit replay {folder}", highlight=False)
