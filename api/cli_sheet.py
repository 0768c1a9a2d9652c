"""`miaopi sheet`: a licence of this home, or a token, as a sheet for printing; read back before it is written."""

from pathlib import Path
from typing import Annotated

import typer

from api.console import ERR, OUT, Checkpoint, Home, Json, clear_errors, given_settings, say_json, stop
from api.settings import Settings
from licence_qr.errors import LicenceError
from licence_qr.trust import TrustList

KINDS = (".svg", ".pdf")


def sheet(  # noqa: PLR0913 (options of a command; each names itself)
    licence: Annotated[
        str,
        typer.Argument(
            metavar="LICENCE",
            help="id of the licence, credit code, or a file with its token 证照编号、信用代码或令牌文件",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="FILE.svg or FILE.pdf 输出文件")],
    edition: Annotated[str, typer.Option("--edition", help="original 正本 or copy 副本")] = "original",
    copy: Annotated[int, typer.Option("--copy", help="number of this copy 副本序号")] = 1,
    copies: Annotated[int, typer.Option("--copies", help="how many there are 副本数量")] = 1,
    home: Home = Path("var"),
    *,
    jwks: Annotated[
        Path | None,
        typer.Option("--jwks", help="trusted keys; HOME/keys/published.json if not given 可信公钥", exists=True),
    ] = None,
    checkpoint: Checkpoint = None,
    json: Json = False,
) -> None:
    """Set a licence as a sheet for printing 生成可打印的照面: 正本 420 × 297 mm, 副本 297 × 210 mm.

    An SVG has one page a file: FILE.svg, FILE-2.svg. 一页一个 SVG 文件。
    """
    from api.sheets import copy_faults, draw_sheet  # noqa: PLC0415  (help must not wait for the parts of a service)

    if out.suffix.lower() not in KINDS:
        stop(f"--out {out}: end it with .svg or .pdf")
    if edition not in ("original", "copy"):
        stop(f"--edition {edition}: a sheet is an original (正本) or a copy (副本)")
    for name, value, _, english in copy_faults(edition, copy, copies):
        stop(f"--{name} {value}: {english}")
    with clear_errors(LicenceError, RuntimeError, OSError):
        trust, token = _trust(home, jwks), _token(given_settings(home, checkpoint=checkpoint), licence)
        made = draw_sheet(token, trust, "copy" if edition == "copy" else "original", copy, copies)
        files = _written(out, made.pdf, made.pages)
    if json:
        told = {"font": made.font, "code_mm": f"{made.code_mm:.1f}", "print_advice": made.advice.to_json()}
        say_json({"files": [str(one) for one in files], **told})
        return
    for one in files:
        OUT.print(f"{one}", highlight=False)
    ERR.print(f"{made.font}; {made.advice.sentence('zh')}\n{made.advice.sentence('en')}", highlight=False)


def _trust(home: Path, jwks: Path | None) -> TrustList:
    from api.published_keys import read_list  # noqa: PLC0415  (as above)

    if jwks is not None:
        return TrustList.from_jwks(jwks.read_bytes())
    found = read_list(Settings(home=home).keys)
    if not len(found):
        stop(f"--home {home}: it holds no published keys; give the --home of the service, or --jwks")
    return found


def _token(settings: Settings, licence: str) -> str:
    """Return the token in a file, or the one that the home has for an id or a credit code."""
    path = Path(licence)
    if len(licence) < 1000 and path.is_file():
        return path.read_text(encoding="ascii", errors="replace").strip()
    from api.home_licences import token_of  # noqa: PLC0415  (as above)

    return token_of(settings, licence)


def _written(out: Path, pdf: bytes, pages: tuple[str, ...]) -> list[Path]:
    if out.suffix.lower() == ".pdf":
        out.write_bytes(pdf)
        return [out]
    files = [out, *(out.with_stem(f"{out.stem}-{number}") for number in range(2, len(pages) + 1))]
    for file, page in zip(files, pages, strict=True):
        file.write_text(page, encoding="utf-8")
    return files
