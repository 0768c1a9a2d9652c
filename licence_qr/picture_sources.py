"""What a machine is given to scan, taken apart: files, folders, standard input and texts become single codes.

A holder's download (JSON, one object) is one code whole. What of a folder is not scanned is a source too, with the reason
(`scan_folder`), so that it can be told.

A file that cannot be read is an answer about that file, never the end of a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from licence_qr.drawing_room import codes_in_stranger
from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.picture_reader import MOST_FILE_BYTES, is_picture
from licence_qr.scan_folder import (
    DOWNLOAD_SUFFIXES,
    OTHER_PICTURES,
    PICTURE_SUFFIXES,
    SCANNED,
    below,
)
from licence_qr.sd_jwt_licence import MOST_TEXT

MOST_LINES = 100_000
MOST_LINE = 12_000  # characters; more than any code has


@dataclass(frozen=True, slots=True)
class Source:
    """Something to be scanned: its name for people, and either where its bytes lie, or the bytes or text itself.

    `passed_over` is why a file of a folder is not scanned (`scan_folder.PASSED_OVER`); such a source has no codes.
    """

    name: str
    content: Path | bytes | str
    passed_over: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a source: its text and where it stood, or the fault why there is none and a sentence about it."""

    source: str
    text: str = ""
    page: int | None = None
    line: int | None = None
    fault: str | None = None
    detail: str = ""


class MissingSourceError(Exception):
    """An argument names a file that does not exist."""


def sources_of(arguments: Sequence[str], stdin: bytes | None = None) -> list[Source]:
    """Return the sources that arguments name: files, folders with everything below them, texts, and `-`.

    Raises MissingSourceError for what looks like a file and is none, or a folder without anything to scan.
    """
    found: list[Source] = []
    for argument in arguments:
        if argument == "-":
            found.append(Source("-", stdin or b""))
        elif (path := _path_of(argument)) is None:
            found.append(Source(argument if len(argument) <= 80 else argument[:77] + "...", argument))
        elif path.is_dir():
            held = [Source(str(one), one, why) for one, why in below(path)]
            if all(one.passed_over is not None for one in held):
                kinds = " ".join(sorted(SCANNED | DOWNLOAD_SUFFIXES))
                over = f"; {len(held)} passed over, the first {held[0].name}: {held[0].passed_over}" if held else ""
                raise MissingSourceError(f"{argument}: the folder holds no file to scan ({kinds}){over}")
            found += held
        else:
            found.append(Source(argument, path))
    return found


def codes_of(source: Source) -> Iterator[Code]:
    """Yield every code of a source: one of a picture, one a page of a PDF, one a line of a text; faults are codes too."""
    if source.passed_over is not None:
        return
    try:
        yield from _codes(source)
    except UnreadablePictureError as error:
        yield Code(source.name, fault=error.fault, detail=str(error))


def _codes(source: Source) -> Iterator[Code]:
    content = source.content
    if isinstance(content, str):
        yield Code(source.name, content)
        return
    raw = _read(content) if isinstance(content, Path) else content
    suffix = content.suffix.lower() if isinstance(content, Path) else ""
    pictured = suffix in PICTURE_SUFFIXES
    if suffix in OTHER_PICTURES and not _is_read(raw):
        raise UnreadablePictureError(
            "not_a_picture",
            f"pictures of the kind {suffix} are not read; save it as PNG or JPEG, or photograph the code again",
        )
    if pictured or is_picture(raw):
        for found in codes_in_stranger(raw):
            yield Code(source.name, found.text, page=found.page)
        return
    yield from _lines(source.name, raw)


def _lines(name: str, raw: bytes) -> Iterator[Code]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadablePictureError(
            "not_a_picture", "this is neither a PNG, JPEG, SVG or PDF nor UTF-8 text with one code a line"
        ) from None
    if text.lstrip().startswith("{"):
        yield Code(name, text[: 2 * MOST_TEXT])
        return
    lines = text.splitlines()
    told = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not told:
        raise UnreadablePictureError("empty", "there is no code in it; give one link or token a line")
    if len(told) > MOST_LINES:
        raise UnreadablePictureError("too_large", f"{len(told)} lines, at most {MOST_LINES} are read; split the file")
    for number, line in told:
        yield Code(name, line[: MOST_TEXT + 1 if "~" in line else MOST_LINE], line=number if len(told) > 1 else None)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            raw = opened.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise UnreadablePictureError("unreadable_file", f"the file cannot be read: {error.strerror}") from None
    if len(raw) > MOST_FILE_BYTES:
        raise UnreadablePictureError("too_large", f"the file has more than {MOST_FILE_BYTES} bytes")
    return raw


def _path_of(argument: str) -> Path | None:
    """Return the file or folder that an argument names, None for a text; raises MissingSourceError."""
    if len(argument) > 1000 or argument.startswith(("http://", "https://", "#")) or argument.isdecimal():
        return None
    path = Path(argument)
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        return None
    if path.suffix.lower() in SCANNED | DOWNLOAD_SUFFIXES or argument.endswith("/"):
        raise MissingSourceError(f"{argument}: there is no such file")
    return None


def _is_read(raw: bytes) -> bool:
    """Tell whether the bytes are a PNG or a JPEG, whatever the file is called."""
    return raw.startswith((b"\x89PNG", b"\xff\xd8\xff"))
