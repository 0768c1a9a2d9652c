"""What a machine is given to scan, taken apart: files, folders, standard input and texts become single codes.

A holder's download (JSON, one object) is one code whole; in folders only pictures and texts are looked for.

A file that cannot be read is an answer about that file, never the end of a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.picture_reader import MOST_FILE_BYTES, codes_in, is_picture
from licence_qr.sd_jwt_licence import MOST_TEXT

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".pdf", ".svg"})
TEXT_SUFFIXES = frozenset({".txt"})
DOWNLOAD_SUFFIXES = frozenset({".json"})  # named, not found: folders hold JSON of every kind
MOST_LINES = 100_000
MOST_LINE = 12_000  # characters; more than any code has


@dataclass(frozen=True, slots=True)
class Source:
    """Something to be scanned: its name for people, and either where its bytes lie, or the bytes or text itself."""

    name: str
    content: Path | bytes | str


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
    """Return the sources that arguments name: files, folders with all pictures below them, texts, and `-`.

    Raises MissingSourceError for what looks like a file and is none, or a folder without a picture.
    """
    found: list[Source] = []
    for argument in arguments:
        if argument == "-":
            found.append(Source("-", stdin or b""))
        elif (path := _path_of(argument)) is None:
            found.append(Source(argument if len(argument) <= 80 else argument[:77] + "...", argument))
        elif path.is_dir():
            below = sorted(one for one in path.rglob("*") if _is_scanned(one))
            if not below:
                kinds = " ".join(sorted(PICTURE_SUFFIXES | TEXT_SUFFIXES))
                raise MissingSourceError(f"{argument}: the folder holds no file to scan ({kinds})")
            found += [Source(str(one), one) for one in below]
        else:
            found.append(Source(argument, path))
    return found


def codes_of(source: Source) -> Iterator[Code]:
    """Yield every code of a source: one of a picture, one a page of a PDF, one a line of a text; faults are codes too."""
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
    pictured = isinstance(content, Path) and content.suffix.lower() in PICTURE_SUFFIXES
    if pictured or is_picture(raw):
        for found in codes_in(raw):
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
    if path.suffix.lower() in PICTURE_SUFFIXES | TEXT_SUFFIXES | DOWNLOAD_SUFFIXES or argument.endswith("/"):
        raise MissingSourceError(f"{argument}: there is no such file")
    return None


def _is_scanned(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES | TEXT_SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.parts if part not in {".", ".."})
    )
