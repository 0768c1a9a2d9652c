"""A release under way, as a folder that two people pass on: prepared, acknowledged, signed, then published.

manifest.json       the manifest as it will be signed (canonical JSON)
bundle.tar          every file of the rule book, byte for byte
manifest.note       the manifest with the signatures given so far
reports/check.json ...      each report of the gate whole; the manifest binds them by digest
report.json, report.zh.txt, report.en.txt     what they say, for people

Nothing here is believed twice: a manifest that says of a check something else than the check's report, or a text for people that
is not what the reports say, is refused at every step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from api.gate_outcome import Outcome
from api.local_signers import signature_of
from api.rules_gate import flips_of
from audit.canonical import canonical, parse_json
from audit.errors import MalformedError
from audit.note import NoteSigner, read_signatures
from audit.plain import moment_text
from audit.release_errors import ReleaseError
from audit.release_manifest import (
    GATE,
    ROLES,
    Acknowledgement,
    CheckName,
    Kind,
    Manifest,
    read_manifest,
    require_gate,
)  # fmt: skip
from audit.rule_release import open_bundle
from rules.bundle import MAX_BUNDLE, digest_of, pack

MANIFEST, BUNDLE, NOTE, REPORTS = "manifest.json", "bundle.tar", "manifest.note", "reports"


class ReleaseFolderError(Exception):
    """A folder that is no release under way, or a step out of order; the message says what to do."""


class _Kept(BaseModel):
    """A report as the folder holds it; see `api.gate_outcome.Outcome.content`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    check: CheckName
    ok: bool
    figures: dict[str, int | str]
    lines: list[dict[str, str]]
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new release is to be: registry, live release as (sequence, manifest digest), kind, and what it leaves out."""

    registry: str
    live: tuple[int, str] | None
    made_at: datetime
    kind: Kind = "release"
    restores: int | None = None
    skipped: Mapping[CheckName, str] = field(default_factory=dict)


def prepared(folder: Path, files: Mapping[str, bytes], book: str, plan: Plan, outcomes: Sequence[Outcome]) -> Manifest:
    """Write a release under way into `folder`, which must be new or empty, and return its manifest. Raises `ReleaseFolderError`."""
    require_empty(folder)
    bundle = pack(files)
    manifest = Manifest(
        registry=plan.registry,
        sequence=1 if plan.live is None else plan.live[0] + 1,
        previous=None if plan.live is None else plan.live[1],
        kind=plan.kind,
        restores=plan.restores,
        book=book,
        bundle=digest_of(bundle),
        files={path: digest_of(one) for path, one in files.items()},
        made_at=moment_text(plan.made_at),
        gate={one.name: one.report() for one in outcomes},
        skipped=dict(plan.skipped),
        flips=flips_of(outcomes),
        signer_roles=list(ROLES),
    )
    (folder / REPORTS).mkdir(parents=True)
    (folder / BUNDLE).write_bytes(bundle)
    for one in outcomes:
        (folder / REPORTS / f"{one.name}.json").write_bytes(one.content)
    for name, text in _for_people([_kept(one.name, one.content) for one in outcomes]).items():
        (folder / name).write_bytes(text)
    (folder / MANIFEST).write_bytes(manifest.text)
    return manifest


def require_empty(folder: Path) -> None:
    """Raise `ReleaseFolderError` unless a release can be prepared in `folder`: asked before the gate runs for minutes."""
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty; a release is prepared in a folder of its own"
        raise ReleaseFolderError(message)


def manifest_in(folder: Path) -> Manifest:
    """Return the manifest of a release under way, once bundle, reports and texts are what it says. Raises `ReleaseError`."""
    try:
        manifest = read_manifest((folder / MANIFEST).read_bytes())
        bundle = folder / BUNDLE
        if bundle.stat().st_size > MAX_BUNDLE:
            raise ReleaseError("oversized", f"{bundle} has more than {MAX_BUNDLE} bytes")
        open_bundle(manifest, bundle.read_bytes())
        _require_reports(folder, manifest)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}; `miaopi rules release prepare` makes a release folder"
        raise ReleaseFolderError(message) from error
    return manifest


def _require_reports(folder: Path, manifest: Manifest) -> None:
    """Hold what the manifest says of each check, and what people read, to the check's own report."""
    flips: Any = {}
    kept: list[_Kept] = []
    for name in (check for check in GATE if check in manifest.gate):
        said, content = manifest.gate[name], (folder / REPORTS / f"{name}.json").read_bytes()
        if digest_of(content) != said.digest:
            raise ReleaseError("changed-file", f"{REPORTS}/{name}.json is not the report that the manifest names")
        report = _kept(name, content)
        if (report.check, report.ok, report.figures) != (name, said.ok, said.figures):
            message = f"the manifest says of {name!r} what {REPORTS}/{name}.json does not: ok {said.ok} and {report.ok}"
            raise ReleaseError("changed-file", message)
        if name == "backtest":
            flips = report.report.get("flips")
        kept.append(report)
    if manifest.kind != "packaged" and flips != manifest.flips:
        message = f"the manifest says that outcomes change as {manifest.flips}, and {REPORTS}/backtest.json {flips}"
        raise ReleaseError("changed-file", message)
    for file, text in _for_people(kept).items():
        if (folder / file).read_bytes() != text:
            raise ReleaseError("changed-file", f"{file} is not what the reports say; prepare the release anew")


def _kept(name: str, content: bytes) -> _Kept:
    try:
        return _Kept.model_validate(parse_json(content, f"{REPORTS}/{name}.json"))
    except (MalformedError, ValidationError) as error:
        message = f"{REPORTS}/{name}.json is no report of the gate: {str(error).splitlines()[0]}"
        raise ReleaseError("changed-file", message) from error


def _for_people(reports: Sequence[_Kept]) -> dict[str, bytes]:
    """Return the texts that people read, by file."""
    found = {one.check: {"ok": one.ok, "figures": one.figures} for one in reports}
    texts = {"report.json": canonical(found)}
    for language in ("zh", "en"):
        lines = [
            f"{'✓' if one.ok else '✗'} {one.check}: {line.get(language, '')}" for one in reports for line in one.lines
        ]
        texts[f"report.{language}.txt"] = ("\n".join(lines) + "\n").encode()
    return texts


def signatures_in(folder: Path) -> list[str]:
    """Return who signed so far."""
    note = folder / NOTE
    return [name for name, _ in read_signatures(note.read_bytes())[1]] if note.exists() else []


def acknowledge(folder: Path, accepted: Sequence[str], *, name: str, role: str, reason: str) -> Manifest:
    """Enter that a named role accepts these kinds of changed outcomes. Raises `ReleaseFolderError`, `ReleaseError`."""
    manifest = manifest_in(folder)
    if signatures_in(folder):
        message = f"{folder} is signed already, and an acknowledgement changes what was signed; prepare it anew"
        raise ReleaseFolderError(message)
    for kind in accepted:
        if kind not in manifest.flips:
            known = ", ".join(manifest.flips) or "none"
            message = f"{kind!r} is no kind of changed outcome of this release; there are: {known}"
            raise ReleaseFolderError(message)
    if len(reason.strip()) < 10:
        message = f"--reason {reason!r}: say in at least ten characters why the change is meant"
        raise ReleaseFolderError(message)
    kept = [one for one in manifest.acknowledgements if one.flip not in accepted]
    try:
        added = [
            Acknowledgement(flip=kind, count=manifest.flips[kind], name=name, role=role, reason=reason)
            for kind in accepted
        ]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        why = first["msg"].removeprefix("Value error, ")
        message = f"--{first['loc'][-1]} {str(first['input'])[:80]!a}: {why}"
        raise ReleaseFolderError(message) from error
    changed = manifest.model_copy(update={"acknowledgements": [*kept, *added]})
    (folder / MANIFEST).write_bytes(changed.text)
    return changed


def unaccepted(manifest: Manifest) -> list[str]:
    """Return the kinds of changed outcomes that nobody has accepted yet."""
    accepted = {one.flip for one in manifest.acknowledgements}
    return [kind for kind in manifest.flips if kind not in accepted]


def sign(folder: Path, signer: NoteSigner, role: str) -> list[str]:
    """Add a signature and return who signed by now. Raises `ReleaseError` when the gate or an acknowledgement is wanting."""
    manifest = manifest_in(folder)
    require_gate(manifest, packaged=False)
    if role not in ROLES:
        message = f"{signer.key.name} is {role!r}; a release is signed by {' and '.join(ROLES)}"
        raise ReleaseFolderError(message)
    signed = signatures_in(folder)
    if signer.key.name in signed:
        message = f"{signer.key.name} has signed already; the second signature is another person's"
        raise ReleaseFolderError(message)
    note = folder / NOTE
    if note.exists():
        text, _ = read_signatures(note.read_bytes())
        if text != manifest.text:
            message = f"{NOTE} was signed over another manifest; remove it and let everybody sign this one"
            raise ReleaseFolderError(message)
        note.write_bytes(note.read_bytes() + signature_of(text, signer))
    else:
        note.write_bytes(signer.sign(manifest.text))
    return [*signed, signer.key.name]
