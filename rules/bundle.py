"""A rule book as one file: the exact bytes of all its files, packed in one way only, so that its digest names it.

The form is a POSIX ustar archive that any `tar` opens: plain files alone, in the order of their names, without owner,
time or permission of their own, ended by two empty blocks. Nothing is compressed, so nothing can be larger inside than
outside. The reader accepts exactly the headers that the writer makes: a link, a device, an extension, a second file of
the same name or a byte after the end is another byte string than the one this content has, and is refused.

>>> unpack(pack({"facts.yaml": b"a: 1"}))
{'facts.yaml': b'a: 1'}
"""

import hashlib
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from rules.load import PACKAGED, book_files

BLOCK = 512
MAX_BUNDLE = 16 * 1024 * 1024  # bytes; the shipped book has 0.4 MB
MAX_FILE = 4 * 1024 * 1024
MAX_FILES = 2_000
MAX_PATH = 100  # what a ustar header holds without its prefix field
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


class BundleError(Exception):
    """A bundle that is not accepted. `reason` is one of `REASONS`; the message names the file, the value and why."""

    def __init__(self, reason: str, message: str) -> None:
        assert reason in REASONS, reason
        self.reason = reason
        super().__init__(message)


REASONS = frozenset(
    {
        "compressed",  # a zip, gzip or the like: a bundle is never compressed
        "oversized",  # more bytes or files than a rule book has
        "bundle-malformed",  # not the one byte string that its content has
        "unsafe-path",  # absolute, `..`, a strange character, or two names that differ in case alone
    }
)


def read_folder(folder: Path = PACKAGED) -> dict[str, bytes]:
    """Return the files of the book in `folder` by path. Raises `BundleError` for a link or a path no bundle may hold."""
    files: dict[str, bytes] = {}
    for path in book_files(folder):
        source = folder / path
        if any((folder / Path(*path.parts[:depth])).is_symlink() for depth in range(1, len(path.parts) + 1)):
            message = f"{source} is a link; a bundle holds plain files: put the file itself in its place"
            raise BundleError("unsafe-path", message)
        size = source.stat().st_size
        if size > MAX_FILE:
            message = f"{source} has {size} bytes; the limit is {MAX_FILE}"
            raise BundleError("oversized", message)
        files[path.as_posix()] = source.read_bytes()
    check_files(files)
    return files


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the bundle of these files: the same bytes on every machine. Raises `BundleError`."""
    check_files(files)
    packed = bytearray()
    for path in sorted(files):
        content = files[path]
        packed += _header(path, len(content)) + content + bytes(-len(content) % BLOCK)
    return bytes(packed + bytes(2 * BLOCK))


def unpack(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by path, in order. Raises `BundleError` for any byte string that `pack` never gives."""
    if len(bundle) > MAX_BUNDLE:
        message = f"the bundle has {len(bundle)} bytes; the limit is {MAX_BUNDLE}"
        raise BundleError("oversized", message)
    if bundle.startswith(_COMPRESSED):
        message = f"the bundle begins with {bundle[:4].hex()}, as a compressed file does; send the archive itself"
        raise BundleError("compressed", message)
    files: dict[str, bytes] = {}
    at = 0
    while (header := bundle[at : at + BLOCK]) != bytes(BLOCK):
        path, size = _read_header(header, at)
        at += BLOCK
        content = bundle[at : at + size]
        padding = -size % BLOCK
        if len(content) != size or bundle[at + size : at + size + padding] != bytes(padding):
            message = (
                f"the bundle ends within {path}, or something is hidden behind it; it was cut or changed on the way"
            )
            raise BundleError("bundle-malformed", message)
        if files and path <= next(reversed(files)):
            message = f"{path} stands twice or out of order; the files of a bundle are in the order of their names"
            raise BundleError("bundle-malformed", message)
        files[path] = content
        at += size + padding
        if len(files) > MAX_FILES:
            message = f"the bundle has more than {MAX_FILES} files"
            raise BundleError("oversized", message)
    if bundle[at:] != bytes(2 * BLOCK):
        message = "the bundle does not end with exactly two empty blocks; it was cut, or something was added to it"
        raise BundleError("bundle-malformed", message)
    check_files(files)
    return files


def check_files(files: Mapping[str, bytes]) -> None:
    """Check names and sizes of a bundle's files. Raises `BundleError` naming the first that no bundle may hold."""
    seen: dict[str, str] = {}
    for path, content in files.items():
        require_safe(path)
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            message = f"{path!r} and {other!r} differ in case alone; on some machines they would be one file"
            raise BundleError("unsafe-path", message)
        if len(content) > MAX_FILE:
            message = f"{path} has {len(content)} bytes; the limit is {MAX_FILE}"
            raise BundleError("oversized", message)
    total = sum(BLOCK + len(content) + -len(content) % BLOCK for content in files.values()) + 2 * BLOCK
    if total > MAX_BUNDLE:
        message = f"the {len(files)} files make a bundle of {total} bytes; the limit is {MAX_BUNDLE}: take out what is no rule"
        raise BundleError("oversized", message)
    if not files or len(files) > MAX_FILES:
        reason = "oversized" if files else "bundle-malformed"
        message = f"the bundle has {len(files)} files; a rule book has 1 to {MAX_FILES}"
        raise BundleError(reason, message)
    folders = {parent.as_posix().casefold() for path in files for parent in PurePosixPath(path).parents}
    for folded, path in seen.items():
        if folded in folders:
            message = f"{path!r} is a file and a folder at once"
            raise BundleError("unsafe-path", message)


def require_safe(path: str) -> None:
    """Raise `BundleError` unless a path is relative, plain ASCII and goes nowhere but down."""
    if len(path) > MAX_PATH or not all(_PART.fullmatch(part) for part in path.split("/")):
        message = (
            f"{path[:120]!r} is no path of a rule book: letters, digits and . _ - with / between, at most {MAX_PATH}"
        )
        raise BundleError("unsafe-path", message)


def digest_of(content: bytes) -> str:
    """Return the hex SHA-256 that names a bundle or a file of it."""
    return hashlib.sha256(content).hexdigest()


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a bundle into `folder`, which must be new or empty. Raises `BundleError` before anything is written."""
    check_files(files)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _header(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o644
    return member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def _read_header(header: bytes, at: int) -> tuple[str, int]:
    """Return path and size; the header must be byte for byte the one that this path and size have."""
    try:
        path = header[:MAX_PATH].rstrip(b"\x00").decode("ascii")
        size = int(header[124:135].decode("ascii").replace("-", "x"), 8)  # a size below nothing is no size
    except (UnicodeDecodeError, ValueError) as error:
        message = (
            f"at byte {at} of the bundle there is no file header; it was cut or changed, or is another kind of file"
        )
        raise BundleError("bundle-malformed", message) from error
    require_safe(path)
    if size > MAX_FILE:
        message = f"{path} says that it has {size} bytes; the limit is {MAX_FILE}"
        raise BundleError("oversized", message)
    if header != _header(path, size):
        message = (
            f"the header of {path} is not a plain file's as bundles have it (a link, an owner, a time, an extension)"
        )
        raise BundleError("bundle-malformed", message)
    return path, size
