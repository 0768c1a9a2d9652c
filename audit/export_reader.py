"""Read an export folder, every file against the manifest, and nothing outside the folder.

The folder comes from whoever is being audited: names are checked before they are joined to a path, links are not
followed, and no file is read beyond a size that an export can have.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from audit.canonical import parse_canonical, parse_json
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import MalformedError, NotInLogError
from audit.export import MANIFEST, SCHEMA, inputs_path, licence_path
from audit.inputs import Inputs
from audit.merkle import inclusion_proof
from audit.note import NoteKey
from audit.proof import LogProof
from audit.record import Record, read_record
from audit.tiles import WIDTH, bundles_of, split_entries, split_hashes, subtree_from_tiles, tile_path
from rules.errors import RuleBookError
from rules.load import RuleBook, load
from rules.typed import RuleSet
from verifiers.keys import SourceKeys, SourceKeysError

LARGEST_FILE = 64 * 1024 * 1024  # bytes; the largest true file is an entry bundle of 256 leaves, 16 MiB
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Export:
    """An export folder whose manifest has been read. Each file is held against it when it is read."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest. Raises MalformedError when there is none or it is not one."""
        self.folder = folder
        manifest = parse_canonical(self._bytes(MANIFEST), f"{folder / MANIFEST}")
        try:
            if manifest["schema"] != SCHEMA:
                raise MalformedError(f"the export is of schema {manifest['schema']!r}; this program reads {SCHEMA}")
            self.checkpoint = Checkpoint(manifest["origin"], manifest["size"], bytes.fromhex(manifest["root"]))
            self.withheld = tuple(str(one) for one in manifest["withheld"])
            self.exported_at = str(manifest["exported_at"])
            self.files: Mapping[str, str] = manifest["files"]
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedError(f"the manifest lacks a member or holds one of another type: {error!r}") from error
        if not isinstance(self.files, dict):
            raise MalformedError("the manifest's `files` is not an object of paths with their digests")
        for path, digest in self.files.items():
            if not _is_safe(path) or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
                raise MalformedError(
                    f"the manifest lists {path[:120]!r}, which is no path of an export with its digest"
                )

    def read(self, path: str) -> bytes:
        """Return a file that the manifest lists. Raises MalformedError when it is missing or is not what was listed."""
        if path not in self.files:
            raise MalformedError(f"{path} is not in the manifest")
        content = self._bytes(path)
        if hashlib.sha256(content).hexdigest() != self.files[path]:
            raise MalformedError(f"{path} is not the file that the manifest lists: its SHA-256 differs")
        return content

    def strays(self) -> list[str]:
        """Return the files of the folder that the manifest does not list."""
        present = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir()}
        return sorted(present - self.files.keys() - {MANIFEST})

    def log_key(self) -> NoteKey:
        """Return the key that the export names as the log's. An auditor had better bring their own copy of it."""
        return NoteKey.from_text(self.read("log.vkey").decode("utf-8", errors="replace").removesuffix("\n"))

    def signed_checkpoint(self, key: NoteKey | None = None) -> Checkpoint:
        """Return the checkpoint, once its signature holds. Raises MalformedError or SignatureError."""
        return open_checkpoint(self.read("checkpoint"), self.checkpoint.origin, [key or self.log_key()])

    def leaves(self) -> Iterator[bytes]:
        """Yield all leaves in order. Raises MalformedError where a bundle does not hold what its name says."""
        for number, width in bundles_of(self.checkpoint.size):
            yield from self._bundle(number, width)

    def record(self, index: int) -> Record:
        """Return the record at a leaf. Raises NotInLogError or MalformedError."""
        size = self.checkpoint.size
        if not 0 <= index < size:
            raise NotInLogError(f"leaf {index} is not in this export; it holds 0 to {size - 1}")
        number, place = divmod(index, WIDTH)
        return read_record(self._bundle(number, min(WIDTH, size - number * WIDTH))[place])

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield (index, record) for every leaf in order."""
        for index, leaf in enumerate(self.leaves()):
            yield index, read_record(leaf)

    def tile(self, level: int, number: int) -> list[bytes]:
        """Return the hashes of a tile, full or partial as the size of the log has it."""
        width = min(WIDTH, self.checkpoint.size // WIDTH**level - number * WIDTH)
        return split_hashes(self.read(tile_path(level, number, width)))

    def proof(self, index: int) -> LogProof:
        """Return the offline proof of a leaf, made from the tile files. Raises NotInLogError or MalformedError."""
        size = self.checkpoint.size
        if not 0 <= index < size:
            raise NotInLogError(f"leaf {index} is not in this export; it holds 0 to {size - 1}")
        path = inclusion_proof(index, size, subtree_from_tiles(self.tile))
        return LogProof(index, tuple(path), self.read("checkpoint"))

    def inputs(self, index: int) -> Inputs:
        """Return the private inputs of the decision at a leaf. Raises MalformedError when absent or damaged."""
        return Inputs.from_bytes(self.read(inputs_path(index)))

    def licence(self, index: int) -> str:
        """Return the licence whose record is at a leaf, as a compact JWS."""
        return self.read(licence_path(index)).decode("ascii", errors="replace")

    def source_keys(self) -> SourceKeys:
        """Return the pinned keys of the sources. Raises MalformedError."""
        try:
            return SourceKeys.from_document(parse_json(self.read("sources.json"), "sources.json"))
        except SourceKeysError as error:
            raise MalformedError(f"sources.json: {error}") from error

    def rule_sets(self) -> "RuleSets":
        """Return the rule sets of this export, loaded when asked for."""
        return RuleSets(self)

    def _bundle(self, number: int, width: int) -> list[bytes]:
        path = tile_path(None, number, width)
        leaves = split_entries(self.read(path))
        if len(leaves) != width:
            raise MalformedError(f"{path} holds {len(leaves)} leaves, and its name says {width}")
        return leaves

    def _bytes(self, path: str) -> bytes:
        target = self.folder / path
        try:
            parts = [self.folder.joinpath(*Path(path).parts[:depth]) for depth in range(1, len(Path(path).parts) + 1)]
            if any(part.is_symlink() for part in parts) or not target.is_file():
                raise MalformedError(f"{target} is not a plain file of the export; links are not followed")
            if target.stat().st_size > LARGEST_FILE:
                raise MalformedError(f"{target} is larger than {LARGEST_FILE} bytes")
            return target.read_bytes()
        except OSError as error:
            raise MalformedError(f"{target} cannot be read: {error.strerror}") from error


class RuleSets:
    """The rule sets of an export by digest, each out of the whole rule book that it came from."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._chosen = parse_canonical(export.read("rule_sets.json"), "rule_sets.json")

    def digests(self) -> list[str]:
        """Return the digests of all rule sets that the export says it holds."""
        return sorted(self._chosen)

    def get(self, digest: str) -> RuleSet:
        """Return a rule set, loaded from its book and found to have this digest. Raises MalformedError."""
        try:
            entry = self._chosen[digest]
            rule_set = self.book(entry["book"]).rule_set(entry["item"], date.fromisoformat(entry["day"]))
        except (KeyError, TypeError, ValueError, LookupError) as error:
            raise MalformedError(f"the export does not hold the rule set {digest}: {error}") from error
        if rule_set.digest != digest:
            raise MalformedError(
                f"the book under rules/{entry['book']} gives the rule set {rule_set.digest}, not {digest}"
            )
        return rule_set

    def book(self, digest: Any) -> RuleBook:
        """Return a whole rule book of the export, found to have this digest. Raises MalformedError."""
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise MalformedError(f"{digest!r} is not the digest of a rule book")
        prefix = f"rules/{digest}/"
        strays = [path for path in self._export.strays() if path.startswith(prefix)]
        if strays:
            raise MalformedError(f"{strays[0]} is not in the manifest; a rule book with a stray file is not loaded")
        listing = tuple(
            sorted((path, listed) for path, listed in self._export.files.items() if path.startswith(prefix))
        )
        for path, _ in listing:
            self._export.read(path)  # the loader reads the folder itself; each file is held to its digest first
        return _loaded(_Listed(self._export.folder / "rules" / digest, listing), digest)


@dataclass(frozen=True)
class _Listed:
    """A folder whose files have these digests; equal listings are equal books, wherever they lie."""

    folder: Path = field(compare=False)
    listing: tuple[tuple[str, str], ...]


@lru_cache(maxsize=16)  # loading takes over a second, and one book serves all decisions of its time
def _loaded(book: _Listed, digest: str) -> RuleBook:
    try:
        loaded = load(book.folder, archived=True)
    except (RuleBookError, OSError) as error:
        raise MalformedError(f"the rule book {digest} does not load: {error}") from error
    if loaded.digest != digest:
        raise MalformedError(f"the files under rules/{digest} give the rule book {loaded.digest}")
    return loaded


def _is_safe(path: Any) -> bool:
    return isinstance(path, str) and all(_NAME.fullmatch(part) for part in path.split("/"))
