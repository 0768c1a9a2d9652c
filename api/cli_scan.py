"""`miaopi scan`: read a licence from its picture or its link and say what can be known of it, without the network."""

import base64
import json as json_module
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.console import DIFFERENT, OUT, say_json, stop
from licence_qr.errors import LicenceError, StatusListError
from licence_qr.scan import render, source_of
from licence_qr.scan import scan as scan_source
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import Verdict


def scan(
    source: Annotated[
        str, typer.Argument(help="picture file, link, digits or token; - for standard input 图片、链接或令牌")
    ],
    jwks: Annotated[Path, typer.Option("--jwks", help="trusted keys 可信公钥", exists=True)] = Path("out/jwks.json"),
    status: Annotated[Path | None, typer.Option("--status", help="status list token 状态列表", exists=True)] = None,
    language: Annotated[str, typer.Option("--language", help="zh or en")] = "zh",
    *,
    json: Annotated[bool, typer.Option("--json", help="print JSON 以 JSON 输出")] = False,
) -> None:
    """Verify a licence offline: authentic, current as of when, which permits; or plainly that it cannot be said."""
    argument = sys.stdin.read().strip() if source == "-" else source
    now = int(datetime.now(UTC).timestamp())
    try:
        trust = TrustList.from_jwks(jwks.read_bytes())
        book = StatusBook(trust)
        if status is not None:
            compact = status.read_text().strip()
            book.add(_address_of(compact), compact)
        found = scan_source(source_of(argument), trust, at=now, status=book)
    except (LicenceError, OSError) as error:
        stop(str(error))
    if json:
        say_json(found.to_json())
    else:
        OUT.print(render(found, language))
    if found.verification.headline.verdict is not Verdict.VALID:
        raise typer.Exit(DIFFERENT)


def _address_of(compact: str) -> str:
    """Return the address that a status list says it was published at; the book believes it only if the signature holds."""
    try:
        claims = json_module.loads(base64.urlsafe_b64decode(compact.split(".")[1] + "=="))
        return str(claims["sub"])
    except (IndexError, KeyError, ValueError, TypeError) as error:
        message = f"the status list cannot be read ({type(error).__name__}); fetch it again from /status/0"
        raise StatusListError(message) from error
