"""What of a folder is scanned, and what is passed over and why: nothing is left out silently."""

import base64
import stat
from collections.abc import Iterator
from pathlib import Path

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".pdf", ".svg"})
# Pictures of kinds that are not read here: each is an answer of its own (cannot say), with what to do about it.
OTHER_PICTURES = frozenset({".heic", ".heif", ".avif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".jfif", ".jp2"})
TEXT_SUFFIXES = frozenset({".txt", ".jws", ".jwt"})
DOWNLOAD_SUFFIXES = frozenset({".json"})  # folders hold JSON of every kind: what is no download is passed over
SCANNED = PICTURE_SUFFIXES | OTHER_PICTURES | TEXT_SUFFIXES
# why: what to tell a person, in zh and in en
PASSED_OVER = {
    "hidden": ("隐藏文件或目录", "hidden"),
    "another_kind": ("不是图片、文本或下载文件", "no picture, text or download"),
    "no_download": ("JSON，但不是持有人下载的文件", "JSON, and no holder's download"),
    "status_list": ("状态列表，不是执照", "a status list, no licence"),
    "dangling_link": ("链接所指不存在", "a link to nothing"),
    "linked_folder": ("链接到目录，不跟随", "a link to a folder, which is not followed"),
    "no_file": ("不是普通文件（管道、设备等）", "no regular file (a pipe, a device)"),
    "unreadable_folder": ("目录无法读取", "a folder that the system would not give"),
}
_PEEK = 400_000  # bytes of a JSON file that are looked at
_HEADER = 400  # bytes of a text: the header of a token is far shorter


def passed_over_sentence(why: str, language: str) -> str:
    """Return what to tell a person in zh or en; raises KeyError for a reason that is not in PASSED_OVER."""
    return PASSED_OVER[why][1 if language.lower().startswith("en") else 0]


def below(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """Yield everything below a folder in the order of names: what is to be scanned with None, else why it is not.

    A folder that is passed over stands for all that is in it. Links to files are followed, links to folders are not.
    """
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        yield folder, "unreadable_folder"
        return
    for path in paths:
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from below(path)
        else:
            yield path, _why_not(path)


def _why_not(path: Path) -> str | None:
    if path.name.startswith("."):
        return "hidden"
    try:
        kind = path.stat().st_mode
    except OSError:
        return "dangling_link"
    if stat.S_ISDIR(kind):
        return "linked_folder"
    if not stat.S_ISREG(kind):  # to open a pipe would wait for ever
        return "no_file"
    return _why_not_kind(path, path.suffix.lower())


def _why_not_kind(path: Path, suffix: str) -> str | None:
    if suffix in DOWNLOAD_SUFFIXES:
        return None if _may_be_download(path) else "no_download"
    if suffix in TEXT_SUFFIXES and _is_status_list(path):
        return "status_list"
    return None if suffix in SCANNED else "another_kind"


def _is_status_list(path: Path) -> bool:
    """Tell whether a text is a status list, which lies beside codes to be judged by it."""
    try:
        with path.open("rb") as opened:
            header = opened.read(_HEADER).partition(b".")[0]
        return b'"typ":"statuslist+jwt"' in base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4))
    except (OSError, ValueError):
        return False


def _may_be_download(path: Path) -> bool:
    """Tell whether a JSON file names the format of a download anywhere; one that cannot be read is told as such later."""
    try:
        with path.open("rb") as opened:
            return b"dc+sd-jwt" in opened.read(_PEEK)
    except OSError:
        return True
