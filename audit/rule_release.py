"""Verify a rule release: signatures of two different people, its place in the row of releases, and every byte of its rules.

Nothing here asks whether a release may go unsigned: there is no way to say so. What is not proven is refused, each with a
reason of its own (`audit.release_errors`), in this order:

1. `open_release`: the note's frame, its signatures by pinned signers, then the manifest and the registry it is for;
2. `require_next`: sequence and predecessor against the live release, and the gate;
3. `audit.release_time.require_timely`, only when a release is taken into use: when it was made, and that its signers are in office now;
4. `open_bundle`: every file against its digest, none missing, none more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.errors import MalformedError
from audit.note import NoteKey, read_signatures
from audit.plain import read_moment
from audit.release_errors import ReleaseError
from audit.release_manifest import ROLES, Manifest, read_manifest, require_gate
from audit.release_time import require_in_office
from rules.bundle import BundleError, digest_of, unpack

SIGNERS_SCHEMA = "miaopi/rule-signers/1"
SIGNATURE_BYTES = 4 + 64  # key id and Ed25519 signature
MIN_SIGNERS = 2


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: str = Field(min_length=1, max_length=100)
    role: str = Field(min_length=1, max_length=40)
    key: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class PinnedSigner:
    """A person whose signature counts: `until` is the last moment at which a release of theirs is taken into use, None for ever."""

    key: NoteKey
    role: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Signers:
    """The pinned list. Names and keys are each there once, so two signatures are two people's."""

    by_name: Mapping[str, PinnedSigner]

    @classmethod
    def from_document(cls, document: object, where: str = "the signers file") -> "Signers":
        """Read `{schema, signers: [{name, role, key, until?}]}`. Raises `ValueError` naming entry and value."""
        if not isinstance(document, dict) or document.get("schema") != SIGNERS_SCHEMA:
            message = f"{where}: want an object with schema {SIGNERS_SCHEMA!r}"
            raise ValueError(message)
        by_name: dict[str, PinnedSigner] = {}
        keys: dict[bytes, str] = {}
        listed = document.get("signers")
        for place, entry in enumerate(listed if isinstance(listed, list) else ()):
            try:
                read = _Entry.model_validate(entry)
                key = NoteKey.from_text(read.key)
                if read.until is not None:
                    read_moment(read.until, "until")
            except (ValidationError, MalformedError) as error:
                message = (
                    f"{where}, signers/{place}: {str(error).splitlines()[0]}; want {{name, role, key: name+id+key}}"
                )
                raise ValueError(message) from error
            if key.name != read.name:
                message = f"{where}, signers/{place}: the key belongs to {key.name!r}, and the entry is {read.name!r}'s"
                raise ValueError(message)
            if read.name in by_name or key.public_key in keys:
                message = (
                    f"{where}, signers/{place}: {read.name!r} has a name or a key that stands there already; each once"
                )
                raise ValueError(message)
            by_name[read.name] = PinnedSigner(key, read.role, read.until)
            keys[key.public_key] = read.name
        missing = [role for role in ROLES if role not in {one.role for one in by_name.values()}]
        if missing:
            message = f"{where}: no signer with role {' and '.join(missing)}; a release needs one of each of {', '.join(ROLES)}"
            raise ValueError(message)
        return cls(by_name)

    @classmethod
    def from_file(cls, path: Path) -> "Signers":
        """Read the list from a file. Raises `ValueError`."""
        try:
            return cls.from_document(json.loads(path.read_bytes()), str(path))
        except OSError as error:
            message = (
                f"{path}: the pinned signers cannot be read ({error.strerror}); `miaopi rules signer new` makes entries"
            )
            raise ValueError(message) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            message = f"{path}: not JSON: {error}"
            raise ValueError(message) from error

    def to_document(self) -> dict[str, object]:
        """Return the list as its file has it."""
        listed = [
            {"name": name, "role": one.role, "key": one.key.to_text(), **({"until": one.until} if one.until else {})}
            for name, one in self.by_name.items()
        ]
        return {"schema": SIGNERS_SCHEMA, "signers": listed}


@dataclass(frozen=True, slots=True)
class Release:
    """A release whose signatures hold: manifest, the note as it came, and who signed (name, role)."""

    manifest: Manifest
    note: bytes
    signed_by: tuple[tuple[str, str], ...]


def open_release(note: bytes, signers: Signers, registry: str, *, at: str | None = None) -> Release:
    """Return the release in a signed note. Raises `ReleaseError`.

    `at` is the moment of activation, where it is known (a row, a leaf): signers retired before it do not count. Without it
    they are held to `made_at`, which they wrote themselves; `require_timely` then asks about now.
    """
    text, signatures = _frame(note)
    signed_by = _signed_by(text, signatures, signers)
    manifest = read_manifest(text)
    if manifest.registry != registry:
        raise ReleaseError("other-registry", f"the release is for {manifest.registry!r}, and this is {registry!r}")
    if manifest.signer_roles != list(ROLES):
        raise ReleaseError(
            "wrong-role", f"the manifest asks for the roles {manifest.signer_roles}; a release has {list(ROLES)}"
        )
    require_in_office(signed_by, signers, max(manifest.made_at, at or ""))
    covered = {role for _, role in signed_by}
    if not set(ROLES) <= covered:
        told = ", ".join(f"{name} ({role})" for name, role in signed_by)
        raise ReleaseError("wrong-role", f"signed by {told}; one of each is needed: {', '.join(ROLES)}")
    return Release(manifest, note, signed_by)


def require_next(manifest: Manifest, live: tuple[int, str] | None, *, packaged: bool = False) -> None:
    """Raise `ReleaseError` unless this follows the live release, given as (sequence, digest of its manifest)."""
    sequence, digest = live or (0, None)
    if manifest.sequence <= sequence:
        raise ReleaseError(
            "replayed", f"release {manifest.sequence} is older than the live one, {sequence}, or is that one changed"
        )
    if manifest.sequence != sequence + 1:
        raise ReleaseError(
            "sequence-gap", f"release {manifest.sequence} cannot follow {sequence}; the next is {sequence + 1}"
        )
    if manifest.previous != digest:
        raise ReleaseError(
            "wrong-predecessor", f"it follows {manifest.previous}, and live is {digest} (release {sequence})"
        )
    require_gate(manifest, packaged=packaged)


def open_bundle(manifest: Manifest, bundle: bytes) -> dict[str, bytes]:
    """Return the files of the release, each found to be the signed one. Raises `ReleaseError`."""
    try:
        files = unpack(bundle)
    except BundleError as error:
        raise ReleaseError(error.reason, str(error)) from error
    require_files(manifest, {path: digest_of(content) for path, content in files.items()})
    if digest_of(bundle) != manifest.bundle:  # cannot be: one content has one form
        raise ReleaseError("bundle-malformed", f"the bundle is {digest_of(bundle)}, and {manifest.bundle} was signed")
    return files


def require_files(manifest: Manifest, digests: Mapping[str, str]) -> None:
    """Raise `ReleaseError` unless these are exactly the signed files."""
    for path in sorted(manifest.files.keys() - digests.keys()):
        raise ReleaseError("missing-file", f"{path} was signed and is not in the bundle")
    for path in sorted(digests.keys() - manifest.files.keys()):
        raise ReleaseError("extra-file", f"{path} is in the bundle and was not signed")
    for path, digest in sorted(digests.items()):
        if digest != manifest.files[path]:
            raise ReleaseError(
                "changed-file", f"{path} has the SHA-256 {digest}, and {manifest.files[path]} was signed"
            )


def _frame(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    if not note.strip():
        raise ReleaseError("no-signature", "the note is empty; send the signed manifest (manifest.note)")
    if b"\n\n" not in note:
        whole = note.rstrip(b"\n").endswith(b"}")
        raise ReleaseError(*(("stripped", "this is the bare manifest; its signatures are gone") if whole else
                             ("truncated", "the note ends within the manifest")))  # fmt: skip
    if note.endswith(b"\n\n"):
        raise ReleaseError("no-signature", "no signature follows the manifest")
    if not note.endswith(b"\n"):
        raise ReleaseError("truncated", "the note ends within a signature line")
    try:
        return read_signatures(note)
    except MalformedError as error:
        raise ReleaseError("note-malformed", str(error)) from error


def _signed_by(text: bytes, signatures: list[tuple[str, bytes]], signers: Signers) -> tuple[tuple[str, str], ...]:
    """Return who of the pinned signers signed, in the order of the note. A signer's wrong signature condemns the note."""
    names = [name for name, _ in signatures]
    signed: list[tuple[str, str]] = []
    unknown: list[str] = []
    for place, (name, blob) in enumerate(signatures):
        if name in names[:place]:
            raise ReleaseError("one-signer-twice", f"{name} signed twice; the second signature is another person's")
        pinned = signers.by_name.get(name)
        if pinned is None:
            unknown.append(name)
            continue
        if len(blob) != SIGNATURE_BYTES:
            raise ReleaseError("truncated", f"the signature of {name} has {len(blob) - 4} bytes; Ed25519 has 64")
        if blob[:4] != pinned.key.id:
            raise ReleaseError(
                "wrong-key", f"{name} signed with the key {blob[:4].hex()}; pinned is {pinned.key.id.hex()}"
            )
        if not pinned.key.is_signed_by(text, blob[4:]):
            raise ReleaseError("bad-signature", f"the signature of {name} does not belong to this manifest")
        signed.append((name, pinned.role))
    if len(signed) < MIN_SIGNERS:
        if unknown:
            raise ReleaseError(
                "unknown-signer",
                f"{', '.join(unknown)[:200]} not on the pinned list; known signers: {len(signed)} of {MIN_SIGNERS}",
            )
        raise ReleaseError(
            "too-few-signers",
            f"signed by {', '.join(name for name, _ in signed)} alone; {MIN_SIGNERS} different people sign",
        )
    return tuple(signed)
