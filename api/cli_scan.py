"""`miaopi scan`: read licences from pictures, PDFs, links or tokens and say what can be known, without the network."""

import base64
import json as json_module
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from api.console import DIFFERENT, ERR, OUT, say_json, stop
from licence_qr.errors import LicenceError, StatusListError
from licence_qr.picture_errors import fault_sentence
from licence_qr.picture_sources import Code, MissingSourceError, Source, codes_of, sources_of
from licence_qr.scan import Scan, render
from licence_qr.scan import scan as scan_source
from licence_qr.sentences import sentence
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import Answer, Verdict, Verification

CANNOT_SAY = 3  # exit code: nothing is known to be wrong, and nothing is known to be right
_MARKS = {Verdict.VALID: ("green", "✓"), Verdict.NOT_VALID: ("red", "✕"), Verdict.CANNOT_SAY: ("yellow", "?")}
_CODES = {Verdict.VALID: 0, Verdict.NOT_VALID: DIFFERENT, Verdict.CANNOT_SAY: CANNOT_SAY}
_STDIN = 40_000_000  # bytes


def scan(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="pictures (PNG, JPEG, SVG, PDF), folders, text files, links, digits, tokens; - is standard input "
            "图片、PDF、文件夹、链接或令牌"
        ),
    ],
    jwks: Annotated[Path, typer.Option("--jwks", help="trusted keys 可信公钥", exists=True)] = Path("out/jwks.json"),
    status: Annotated[
        list[Path] | None, typer.Option("--status", help="status list token, more than once for several 状态列表")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="zh or en")] = "zh",
    *,
    json: Annotated[
        bool, typer.Option("--json", help="JSON; one object a line when there are several 以 JSON 输出，多个时每行一个")
    ] = False,
) -> None:
    """Verify a licence offline, or many: authentic, current as of when, which permits; or plainly that it cannot be said.

    Ends with 0 when all are valid, 1 when one is not valid, 3 when for one it cannot be said, 2 for a mistake in the
    command. 全部有效为 0，有无效为 1，有无法确定为 3，命令有误为 2。
    """
    now = int(datetime.now(UTC).timestamp())
    try:
        trust = TrustList.from_jwks(jwks.read_bytes())
        book = _statuses(status or [], trust)
        stdin = sys.stdin.buffer.read(_STDIN) if "-" in sources else None
        given = sources_of(sources, stdin)
    except (LicenceError, MissingSourceError, OSError) as error:
        stop(str(error))
    one = list(codes_of(given[0])) if len(given) == 1 else []
    if len(one) == 1 and not _is_folder(sources[0]):
        verdicts = [_tell_one(one[0], _scanned(one[0], trust, book, now), language, json=json)]
    else:
        verdicts = list(_tell_many(given, trust, book, now, language, json=json))
    raise typer.Exit(next((_CODES[one] for one in (Verdict.NOT_VALID, Verdict.CANNOT_SAY) if one in verdicts), 0))


def _statuses(files: list[Path], trust: TrustList) -> StatusBook:
    book = StatusBook(trust)
    for file in files:
        try:
            compact = file.read_text(encoding="ascii").strip()
        except UnicodeDecodeError:
            raise StatusListError(f"{file}: this is no status list token; fetch it again from /status/0") from None
        book.add(_address_of(compact), compact)
    return book


def _address_of(compact: str) -> str:
    """Return the address that a status list says it was published at; the book believes it only if the signature holds."""
    try:
        claims = json_module.loads(base64.urlsafe_b64decode(compact.split(".")[1] + "=="))
        return str(claims["sub"])
    except (IndexError, KeyError, ValueError, TypeError) as error:
        message = f"the status list cannot be read ({type(error).__name__}); fetch it again from /status/0"
        raise StatusListError(message) from error


def _is_folder(argument: str) -> bool:
    try:
        return Path(argument).is_dir()
    except (OSError, ValueError):  # a token is too long for a path
        return False


def _scanned(code: Code, trust: TrustList, book: StatusBook, now: int) -> Scan:
    if code.fault is None:
        return scan_source(code.text, trust, at=now, status=book)
    return Scan(Verification(now, Answer("unreadable"), Answer("not_authentic"), detail=code.detail))


def _tell_one(code: Code, found: Scan, language: str, *, json: bool) -> Verdict:
    """Tell everything about one code."""
    if json:
        say_json(_object(code, found))
    else:
        OUT.print(render(found, language), soft_wrap=False)  # wrapped, not cut: the whole name and scope are read
        if code.fault is not None:
            OUT.print(Text(f"{code.source}: {_fault(code, language)}", style="yellow"))
    return found.verification.headline.verdict


def _tell_many(
    given: list[Source], trust: TrustList, book: StatusBook, now: int, language: str, *, json: bool
) -> Iterator[Verdict]:
    """Tell one line a code, with a bar where somebody watches; then how many of each."""
    counted: Counter[Verdict] = Counter()
    columns = (TextColumn("扫描 scanning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    watched = ERR.is_terminal and len(given) > 1
    with Progress(*columns, console=ERR, transient=True, disable=not watched) as progress:
        for source in progress.track(given):
            for code in codes_of(source):
                found = _scanned(code, trust, book, now)
                verdict = found.verification.headline.verdict
                counted[verdict] += 1
                if json:
                    typer.echo(json_module.dumps(_object(code, found), ensure_ascii=False))
                else:
                    OUT.print(_line(code, found, language))
                yield verdict
    if not json:
        told = "，".join(f"{sentence('verdicts', verdict, language)} {counted[verdict]}" for verdict in _MARKS)
        OUT.print(Text(told if not language.startswith("en") else told.replace("，", ", "), style="bold"))


def _line(code: Code, found: Scan, language: str) -> Text:
    headline = found.verification.headline
    colour, mark = _MARKS[headline.verdict]
    told = Text(f"{mark} {sentence('verdicts', headline.verdict, language)}  ", style=colour)
    place = "".join((f" #{code.page}" if code.page else "", f":{code.line}" if code.line else ""))
    told.append(f"{code.source}{place}  ", style="default")
    claims = found.verification.claims
    if claims is not None:
        licence = claims["licence"]
        name = licence.get("name") or sentence("labels", "no_name", language) + licence["operator"]
        told.append(f"{name} {claims['sub']}  ", style="bold")
    told.append(
        _fault(code, language) if code.fault is not None else sentence("reasons", headline.reason, language),
        style="dim",
    )
    return told


def _fault(code: Code, language: str) -> str:
    """Return the sentence of a fault and, for who mends it, the particulars."""
    return f"{fault_sentence(str(code.fault), language)} [{code.fault}: {code.detail}]"


def _object(code: Code, found: Scan) -> dict[str, Any]:
    """Return what is told of one code as JSON values: where it stood, the fault if it could not be read, the answers."""
    place = {name: value for name, value in (("page", code.page), ("line", code.line)) if value is not None}
    fault = {} if code.fault is None else {"fault": code.fault}
    return {"source": code.source, **place, **fault, **found.to_json()}
