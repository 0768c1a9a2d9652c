"""Scan: from a picture or a text to what is known of it, told to a machine or to a person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from licence_qr.claims import is_ngo, items_of, scope_text
from licence_qr.covered_items import barred_items, covered
from licence_qr.drawing_room import read_stranger
from licence_qr.errors import PictureError
from licence_qr.particulars import china_time, particulars
from licence_qr.permit_words import headline_notes, left_out, permit_told, permit_word
from licence_qr.sentences import sentence
from licence_qr.status_list import StatusBook
from licence_qr.transport import page_of
from licence_qr.trust import TrustList
from licence_qr.verify import Answer, Verdict, Verification, verify

NUMBER_PATH = "/v/number"  # the page where the registry tells what its register says
# Nothing is fetched here: where a list is wanting, the person is told which option gives it.
_OWN_REASONS = {
    "status_missing": (
        "签名真实，但没有给出状态名单，不知道此后是否被撤销或暂停。请用 --trust 或 --status 给出名单（可由 miaopi fetch 取得）。",
        (
            "The signature is authentic, but no status list was given: a revocation or suspension since is not known. "
            "Give one with --trust or --status (`miaopi fetch` gets it)."
        ),
    ),
    "status_stale": (
        "签名真实，但给出的状态名单已过期，不知道最近是否被撤销或暂停。请先用 miaopi fetch 更新名单。",
        (
            "The signature is authentic, but the status list given is out of date: a recent revocation or suspension would "
            "not show. Renew it with `miaopi fetch`."
        ),
    ),
}
_PERMIT_STYLES = {"not_held": ("yellow", "○"), "void": ("dim", "–"), "unsure": ("dim", "–")}
_STYLES = {Verdict.VALID: ("green", "✓"), Verdict.NOT_VALID: ("red", "✕"), Verdict.CANNOT_SAY: ("yellow", "?")}


@dataclass(frozen=True, slots=True)
class Scan:
    """A verification and what else was noticed: `notes` are codes of sentences, e.g. a link to a page not ours."""

    verification: Verification
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values; `barred` permits are listed and may not be used, of those left out nothing is known."""
        found = self.verification
        counted = {"barred": found.barred, "permits_left_out": left_out(found)}
        return {**found.to_json(), **counted, "notes": list(self.notes)}


def scan(
    source: str | bytes,
    trust: TrustList,
    *,
    at: int,
    status: StatusBook | None = None,
    pages: Collection[str] | None = None,
) -> Scan:
    """Return what is known of a picture (PNG, JPEG or SVG as bytes) or a text (link, digits or JWS) at `at` (seconds).

    `pages` are the addresses that a genuine link may lead to; when not given, https://ISSUER/v of the issuer itself.
    Nothing that a picture or text may hold raises.
    """
    if isinstance(source, bytes):
        try:
            source = read_stranger(source)
        except PictureError as error:
            return Scan(Verification(at, Answer("unreadable"), Answer("not_authentic"), detail=str(error)))
    text = source.strip()
    found = verify(text, trust, at=at, status=status)
    page = page_of(text)
    allowed = pages if pages is not None else {f"{found.claims['iss']}/v"} if found.claims else {page}
    return Scan(found, ("other_page",) if page is not None and page not in allowed else ())


def source_of(argument: str) -> str | bytes:
    """Return the bytes of the file that a command line argument names, or the argument itself as text.

    Raises PictureError when it looks like a file and cannot be read.
    """
    if len(argument) < 1000 and not argument.startswith(("http://", "https://", "#")) and not argument.isdecimal():
        path = Path(argument)
        try:
            if path.is_file():
                return path.read_bytes()
        except OSError as error:
            raise PictureError(f"{argument}: {error.strerror}") from None
        if path.suffix.lower() in {".png", ".jpg", ".jpeg", ".svg"}:
            raise PictureError(f"{argument}: there is no such file")
    return argument


def render(scanned: Scan, language: str = "zh") -> RenderableType:
    """Return the scan for a terminal: verdict and reason, name and address and scope first, permits, particulars."""
    found = scanned.verification
    colour, mark = _STYLES[found.headline.verdict]
    head = Text(f"{mark} {sentence('verdicts', found.headline.verdict, language)}  ", style=f"bold {colour}")
    ngo = found.claims is not None and is_ngo(found.claims["licence"])
    head.append(told_reason(found, language), style="default")
    lines: list[RenderableType] = [head]
    if found.headline.as_of is not None and found.headline.reason != "clock":  # a clock that is wrong dates nothing
        lines.append(
            Text(f"{sentence('labels', 'as_of', language)} {china_time(found.headline.as_of, language)}", style="dim")
        )
    told = [sentence("notes", note, language) for note in scanned.notes]
    lines += [Text(one, style="bold red") for one in told]
    for key, note in headline_notes(found, language).items():
        lines.append(Text(note, style="bold yellow" if key == "permits_due" else "bold red"))
    if found.claims is not None:
        lines += _licence(found, language)
    last = f"{sentence('labels', 'reason', language)} {found.headline.reason}"
    lines.append(
        Text(f"{last} · {sentence('labels', 'checked_at', language)} {china_time(found.at, language)}", style="dim")
    )
    return Panel(
        Group(*lines), title=sentence("labels", "title", language, ngo=ngo), border_style=colour, padding=(1, 2)
    )


def told_reason(found: Verification, language: str) -> str:
    """Return the sentence of the headline as a command that never goes online says it."""
    reason = found.headline.reason
    if reason in _OWN_REASONS:
        return _OWN_REASONS[reason][1 if language.lower().startswith("en") else 0]
    return sentence("reasons", reason, language, ngo=found.claims is not None and is_ngo(found.claims["licence"]))


def _licence(found: Verification, language: str) -> list[RenderableType]:
    claims = found.claims or {}
    licence = claims["licence"]
    ngo = is_ngo(licence)
    name = licence.get("name") or sentence("labels", "no_name", language) + licence["operator"]
    lines: list[RenderableType] = [
        Text(f"\n{name}", style="bold"),
        Text(licence["premises"], style="bold"),
        Text(_scope(licence, language)),
        *_barred(found, language),
        Text(sentence("labels", "here", language, ngo=ngo) + "\n", style="italic"),
    ]
    permits = Table(box=None, show_header=False, padding=(0, 1))
    for permit, answer in zip(claims["permits"], found.permits, strict=True):
        word = permit_word(found, answer)
        colour, mark = _PERMIT_STYLES.get(word, _STYLES[answer.verdict])
        about = " ".join(str(permit[name]) for name in ("number", "authority") if name in permit)
        told = Text(permit_told(word, answer, language, ngo=ngo), overflow="fold")
        state = Text(f"{mark} {sentence('permit_verdicts', word, language, ngo=ngo)}", style=colour)
        if items := covered(permit, licence):
            told.append(f"\n{sentence('labels', 'covers', language)} {'；'.join(items)}", style="dim")
        permits.add_row(state, Text(permit["type"], overflow="fold"), Text(about, overflow="fold"), told)
    untold = left_out_note(found, language)
    if claims["permits"]:
        lines.append(permits)
    elif not untold:
        lines.append(Text(sentence("labels", "no_permits", language, ngo=ngo)))
    if untold:
        lines.append(Text(untold, style="bold yellow"))
    table = Table(box=None, show_header=False, padding=(0, 1))
    for label, value in particulars(claims, language):
        table.add_row(Text(sentence("labels", label, language, ngo=ngo), style="dim"), Text(value, overflow="fold"))
    return [*lines, Text(""), table]


def _barred(found: Verification, language: str) -> list[RenderableType]:
    """Return a line for each scope item whose permit is barred."""
    licence = (found.claims or {})["licence"]
    items = items_of(licence)
    told = barred_items(found, language)
    return [Text(f"✕ {items[place]}  {one}", style="bold red") for place in sorted(told) for one in told[place]]


def left_out_note(found: Verification, language: str) -> str:
    """Return what is said of permits that the code counts and does not list, and where all are told; empty when there are none."""
    left = left_out(found)
    if not left or found.claims is None:
        return ""
    told = sentence("notes", "permits_left_out", language).format(n=left)
    where = sentence("labels", "all_permits", language, ngo=is_ngo(found.claims["licence"]))
    colon = ": " if language.lower().startswith("en") else "："
    return f"{told} {where}{colon}{found.claims['iss']}{NUMBER_PATH}"


def _scope(licence: Mapping[str, Any], language: str) -> str:
    """Return the scope as printed; the one list of an NGO has no heading of its own and is told its name here."""
    if not is_ngo(licence):
        return scope_text(licence)
    colon = ": " if language.lower().startswith("en") else "："
    return sentence("labels", "may", language, ngo=True) + colon + scope_text(licence)
