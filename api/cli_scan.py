"""`miaopi scan`: read licences from pictures, PDFs, links or tokens and say what can be known, without the network."""

import json as json_module
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from api.console import DIFFERENT, ERR, OUT, read_moment, say_json, stop
from api.scan_trust import read_trust
from licence_qr.errors import LicenceError
from licence_qr.permit_words import headline_notes
from licence_qr.picture_errors import fault_sentence
from licence_qr.picture_sources import Code, MissingSourceError, Source, codes_of, sources_of
from licence_qr.scan import Scan, left_out_note, render, told_reason
from licence_qr.scan import scan as scan_source
from licence_qr.scan_download import DownloadScan, is_download, render_download, scan_download
from licence_qr.scan_folder import passed_over_sentence
from licence_qr.sentences import sentence
from licence_qr.status_list import StatusBook
from licence_qr.trust import TrustList
from licence_qr.verify import Answer, Verdict, Verification

CANNOT_SAY = 3  # exit code: nothing is known to be wrong, and nothing is known to be right
_MARKS = {Verdict.VALID: ("green", "✓"), Verdict.NOT_VALID: ("red", "✕"), Verdict.CANNOT_SAY: ("yellow", "?")}
_CODES = {Verdict.VALID: 0, Verdict.NOT_VALID: DIFFERENT, Verdict.CANNOT_SAY: CANNOT_SAY}
_STDIN = 40_000_000  # bytes
_NAMED = 20  # files passed over that are named to a person


def scan(  # noqa: PLR0913  (options of a command; each names itself)
    sources: Annotated[
        list[str],
        typer.Argument(
            help="pictures (PNG, JPEG, SVG, PDF), folders, text files, holders' downloads, links, digits, tokens; - is "
            "standard input 图片、PDF、文件夹、持有人下载的文件、链接或令牌"
        ),
    ],
    jwks: Annotated[
        Path | None, typer.Option("--jwks", help="trusted keys; out/jwks.json if not given 可信公钥", exists=True)
    ] = None,
    status: Annotated[
        list[Path] | None, typer.Option("--status", help="status list token, more than once for several 状态列表")
    ] = None,
    *,
    logged: Annotated[
        list[Path] | None,
        typer.Option(
            "--logged", help="document on the licences of a stolen key, see docs/keys.md 被泄露密钥所签执照名单"
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--trust", help="folder that `miaopi fetch` keeps: keys, lists, documents 由 miaopi fetch 维护的目录"
        ),
    ] = None,
    nonce: Annotated[
        str | None,
        typer.Option("--nonce", help="what the holder of a download was asked to sign 要求持有人签署的随机数"),
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="who asked: the address of this check 查验方地址")
    ] = None,
    language: Annotated[Literal["zh", "en"], typer.Option("--language", help="zh or en")] = "zh",
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="MOMENT", help="as of this moment, such as 2026-11-23T10:30:00+08:00 以此时刻为准"
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="JSON; one object a line when there are several 以 JSON 输出，多个时每行一个")
    ] = False,
) -> None:
    """Verify a licence offline, or many: authentic, current as of when, which permits; or plainly that it cannot be said.

    Ends with 0 when all are valid, 1 when one is not valid, 3 when for one it cannot be said, 2 for a mistake in the
    command. 全部有效为 0，有无效为 1，有无法确定为 3，命令有误为 2。

    The exit code speaks of licences alone: a licence that stands ends with 0 also when some of its permits are suspended,
    revoked or over (`barred` in the JSON), or are not printed in its code and so not known here (`permits_left_out`).
    退出码只说明执照：执照有效而部分许可不可用（JSON 中 barred）或未印入码（permits_left_out）时仍为 0。
    """
    now = int(datetime.now(UTC).timestamp()) if at is None else read_moment(at)
    try:
        keys = jwks or Path("out/jwks.json")
        trust, book = read_trust(keys, status or (), logged or (), folder)
        stdin = sys.stdin.buffer.read(_STDIN) if "-" in sources else None
        given = sources_of(sources, stdin)
    except (LicenceError, MissingSourceError, OSError) as error:
        stop(printable(str(error)))
    if (nonce is None) != (audience is None):
        stop("--nonce and --audience go together: the holder signs both; give the two that you asked for")
    if "" in (nonce, audience):
        stop(
            "--nonce and --audience must not be empty, or an old showing would do: ask with a fresh random nonce 不得为空"
        )
    check = _Check(trust, book, now, nonce, audience)
    over = [one for one in given if one.passed_over is not None]
    given = [one for one in given if one.passed_over is None]
    one = list(codes_of(given[0])) if len(given) == 1 else []
    if len(one) == 1 and not _is_folder(sources[0]):
        verdicts = [_tell_one(one[0], check(one[0]), language, json=json)]
    else:
        verdicts = list(_tell_many(given, check, language, json=json))
        _tell_passed_over(over, language, json=json)
    raise typer.Exit(next((_CODES[one] for one in (Verdict.NOT_VALID, Verdict.CANNOT_SAY) if one in verdicts), 0))


def _is_folder(argument: str) -> bool:
    try:
        return Path(argument).is_dir()
    except (OSError, ValueError):  # a token is too long for a path
        return False


@dataclass(frozen=True, slots=True)
class _Check:
    """What is believed, at which second, and what the holder of a download must have signed."""

    trust: TrustList
    book: StatusBook
    at: int
    nonce: str | None
    audience: str | None

    def __call__(self, code: Code) -> Scan:
        """Return what is known of a code, or why it could not be read."""
        if code.fault is not None:
            return Scan(Verification(self.at, Answer("unreadable"), Answer("not_authentic"), detail=code.detail))
        if is_download(code.text):
            asked = {"nonce": self.nonce, "audience": self.audience}
            return scan_download(code.text, self.trust, at=self.at, status=self.book, **asked)
        return scan_source(code.text, self.trust, at=self.at, status=self.book)


def _tell_one(code: Code, found: Scan, language: str, *, json: bool) -> Verdict:
    """Tell everything about one code."""
    if json:
        say_json(_object(code, found))
    else:
        shown = render_download(found, language) if isinstance(found, DownloadScan) else render(found, language)
        OUT.print(shown, soft_wrap=False)  # wrapped, not cut: the whole name and scope are read
        if code.fault is not None:
            OUT.print(Text(f"{printable(code.source)}: {_fault(code, language)}", style="yellow"))
    return found.verification.headline.verdict


def _tell_many(given: list[Source], check: "_Check", language: str, *, json: bool) -> Iterator[Verdict]:
    """Tell one line a code, with a bar where somebody watches; then how many of each."""
    counted: Counter[Verdict] = Counter()
    columns = (TextColumn("扫描 scanning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    watched = ERR.is_terminal and len(given) > 1
    with Progress(*columns, console=ERR, transient=True, disable=not watched) as progress:
        for source in progress.track(given):
            for code in codes_of(source):
                found = check(code)
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


def _tell_passed_over(over: list[Source], language: str, *, json: bool) -> None:
    """Say what of the folders was not scanned, and why: how many, and the first of them (in JSON all, on a line of its own)."""
    if json and over:
        told = [{"source": _as_text(one.name), "why": one.passed_over} for one in over]
        typer.echo(json_module.dumps({"passed_over": told}, ensure_ascii=False))
    elif over:
        words = ("not scanned", ": ") if language.lower().startswith("en") else ("未扫描", "：")
        OUT.print(Text(f"{words[0]} {len(over)}", style="bold yellow"))
        for one in over[:_NAMED]:
            why = passed_over_sentence(str(one.passed_over), language)
            OUT.print(Text(f"  {printable(one.name)}{words[1]}{why}", style="yellow"))
        if len(over) > _NAMED:
            OUT.print(Text(f"  … {len(over) - _NAMED}", style="yellow"))


def _as_text(name: str) -> str:
    """Return a name of a file as text; one that is none has lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode()


def _line(code: Code, found: Scan, language: str) -> Text:
    headline = found.verification.headline
    colour, mark = _MARKS[headline.verdict]
    told = Text(f"{mark} {sentence('verdicts', headline.verdict, language)}  ", style=colour)
    place = "".join((f" #{code.page}" if code.page else "", f":{code.line}" if code.line else ""))
    told.append(f"{printable(code.source)}{place}  ", style="default")
    claims = found.verification.claims
    if claims is not None:
        licence = claims["licence"]
        name = licence.get("name") or sentence("labels", "no_name", language) + licence["operator"]
        told.append(f"{name} {claims['sub']}  ", style="bold")
    told.append(
        _fault(code, language) if code.fault is not None else told_reason(found.verification, language),
        style="dim",
    )
    for note in headline_notes(found.verification, language, below=False).values():
        told.append(f" {note}", style="yellow")
    if untold := left_out_note(found.verification, language):
        told.append(f" {untold}", style="yellow")
    return told


def printable(text: str) -> str:
    r"""Return a text for a terminal: what a name of a file could steer it with is spelt out.

    >>> printable("a\x1b[2J\u202eb执照.png")
    'a\\x1b[2J\\u202eb执照.png'
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode("ascii") for one in text
    )


def _fault(code: Code, language: str) -> str:
    """Return the sentence of a fault and, for who mends it, the particulars."""
    return f"{fault_sentence(str(code.fault), language)} [unreadable, {code.fault}: {printable(str(code.detail))}]"


def _object(code: Code, found: Scan) -> dict[str, Any]:
    """Return what is told of one code as JSON values: where it stood, the fault if it could not be read, the answers."""
    place = {name: value for name, value in (("page", code.page), ("line", code.line)) if value is not None}
    fault = {} if code.fault is None else {"fault": code.fault}
    return {"source": _as_text(code.source), **place, **fault, **found.to_json()}
