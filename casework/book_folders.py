"""Released rule books as files: `HOME/books/bundle-<digest>/`, unpacked from a verified bundle.

A folder appears whole or not at all, only after its rules are known to load and to be those that were signed, and under
the name of its bundle: two processes that unpack at once make the same folder, and either may be first.
"""

import errno
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import structlog

from audit.release_errors import ReleaseError
from rules.bundle import BundleError, digest_of, pack, read_folder, write_folder
from rules.errors import RuleBookError
from rules.load import RuleBook, load, load_rule_book

log = structlog.get_logger()
TRIES = 5  # to put a folder in its place, while others put theirs
_TAKEN = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})


def book_of_files(book: str, bundle: str, files: Mapping[str, bytes], kept: Path) -> RuleBook:
    """Return the book in the files of a verified bundle, once they lie in their folder below `kept`.

    `book` and `bundle` are the signed digests. Raises `ReleaseError`, with nothing kept, or `OSError`.
    """
    return _loaded(book, bundle, kept, _Files(files))


@dataclass(frozen=True, eq=False)
class _Files:
    """Files of a bundle that were verified; not part of the key under which their book is remembered."""

    content: Mapping[str, bytes]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Files)

    def __hash__(self) -> int:
        return 0


@lru_cache(
    maxsize=8
)  # a book takes a third of a second to load; one content is one book, for all services of a process
def _loaded(book: str, bundle: str, kept: Path, files: _Files) -> RuleBook:
    if book == load_rule_book().digest and bundle == _packaged_bundle():
        return load_rule_book()
    folder = kept / f"bundle-{bundle}"
    if holds(folder, files.content):
        return replace(_required(book, bundle, _At(folder)), folder=folder)
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=kept) as working:
        made = Path(working) / "book"
        write_folder(files.content, made)
        loaded = _required(book, bundle, _At(made))
        place(made, folder, files.content)
    return replace(loaded, folder=folder)


@dataclass(frozen=True, eq=False)
class _At:
    """Where the files of a bundle lie, which were compared with it; what they say does not depend on that."""

    folder: Path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _At)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=8)
def _required(book: str, bundle: str, at: _At) -> RuleBook:  # noqa: ARG001 (the bundle tells books apart that were loaded)
    """Load the files of the bundle of this digest, unless this process did so before; the folder is for the caller to set."""
    try:
        loaded = load(at.folder)
    except RuleBookError as error:
        first = error.problems[0] if error.problems else error
        raise ReleaseError("book-broken", f"the rules do not load: {first}") from error
    if loaded.digest != book:
        raise ReleaseError("other-book", f"the files give the book {loaded.digest}, and {book} was signed")
    return loaded


@lru_cache(maxsize=1)
def _packaged_bundle() -> str:
    return digest_of(pack(read_folder()))


def holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Tell whether a folder has these files of a book and no others; one that no bundle could hold has not."""
    if not folder.exists():
        return False
    try:
        return read_folder(folder) == files
    except (OSError, BundleError) as error:
        log.warning("rules.folder_unlike", folder=folder.name, error=type(error).__name__)
        return False


def place(made: Path, folder: Path, files: Mapping[str, bytes]) -> None:
    """Rename the folder `made` to `folder`. What lies there with the same files stays; what differs is replaced whole.

    Raises `OSError` when others replace it again and again. `made` lies on the same disk, in a folder that goes away.
    """
    for attempt in range(TRIES):
        try:
            made.rename(folder)
        except OSError as error:
            if error.errno not in _TAKEN or attempt == TRIES - 1:
                raise
        else:
            return
        if holds(folder, files):
            return
        try:
            folder.rename(made.with_name(f"old-{attempt}"))  # goes away with the folder it now lies in
        except FileNotFoundError:
            continue  # another process was faster
