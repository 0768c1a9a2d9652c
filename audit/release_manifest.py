"""What a rule release says of itself: canonical JSON (RFC 8785), one line, the text that its signers sign.

| member | what |
|---|---|
| `schema` | `miaopi/rule-release/1` |
| `registry` | the origin of the log it is for: a release for one registry is none for another |
| `sequence`, `previous` | 1, 2, 3 …; SHA-256 of the manifest before, null for the first |
| `kind`, `restores` | `release`, `rollback` (to the sequence in `restores`) or `packaged` (with the software, no gate) |
| `book`, `bundle`, `files` | digest of the rules' content; SHA-256 of the bundle and of every file in it |
| `made_at` | moment in UTC |
| `gate` | for `check`, `prove`, `test` and `backtest` the digest of the report, its verdict and a few figures; those of the
  backtest say with which release the book was compared (`against`), which book it was, and how many comparisons there were |
| `skipped` | which of them were not run, and why |
| `acknowledgements` | who, in which role and why, accepts a kind of changed outcome that the backtest found |
| `signer_roles` | the roles of which each must have signed |
"""

import hashlib
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from audit.canonical import canonical, parse_json
from audit.errors import MalformedError
from audit.plain import read_moment
from audit.release_errors import ReleaseError

SCHEMA = "miaopi/rule-release/1"
CheckName = Literal["check", "prove", "test", "backtest"]
GATE: tuple[CheckName, ...] = ("check", "prove", "test", "backtest")
ROLES = {  # roles of which each signs a release; a signer has one role, so these are two people at least
    "author": {"zh": "规则起草人", "en": "author of rules"},
    "approver": {"zh": "规则发布批准人", "en": "approver of releases"},
}
Kind = Literal["release", "rollback", "packaged"]
FIRST = "none"  # what the backtest of a first release was compared with


def _plain_words(text: str) -> str:
    """Refuse text that is blank, or that shows otherwise than it is: two people read it before they sign."""
    hidden = next((char for char in text if unicodedata.category(char) in _HIDDEN), None)
    if hidden is not None:
        message = f"it holds the character U+{ord(hidden):04X}, which is not seen; write it without"
        raise ValueError(message)
    if not text.strip():
        message = "it is blank; write it out"
        raise ValueError(message)
    return text


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Short = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain_words)]
Reason = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_plain_words)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Report(_Strict):
    """The result of one check of the gate; the report itself is kept beside the release and has this digest."""

    digest: Digest
    ok: bool
    figures: dict[Short, int | str] = Field(default_factory=dict)


class Acknowledgement(_Strict):
    """A named role accepts all `count` changes of one kind, such as `approved-to-referred`."""

    flip: Annotated[str, Field(pattern=r"^[a-z_-]+-to-[a-z_-]+$", max_length=80)]
    count: Annotated[int, Field(ge=1)]
    name: Short
    role: Short
    reason: Reason


class Manifest(_Strict):
    """See the module. `text` is what is signed, `digest` what the next release and the log name it by."""

    schema_: Literal["miaopi/rule-release/1"] = Field(default="miaopi/rule-release/1", alias="schema")
    registry: Short
    sequence: Annotated[int, Field(ge=1, le=2**53 - 1)]
    previous: Digest | None
    kind: Kind
    restores: Annotated[int, Field(ge=1)] | None = None
    book: Digest
    bundle: Digest
    files: Annotated[dict[str, Digest], Field(min_length=1, max_length=2000)]
    made_at: Short
    gate: dict[CheckName, Report]
    skipped: dict[CheckName, Reason]
    flips: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    acknowledgements: list[Acknowledgement] = Field(default_factory=list)
    signer_roles: list[str]

    @property
    def text(self) -> bytes:
        """The canonical line, newline included."""
        return canonical(self.model_dump(mode="json", by_alias=True)) + b"\n"

    @property
    def digest(self) -> str:
        """Hex SHA-256 of `text`."""
        return hashlib.sha256(self.text).hexdigest()


def read_manifest(text: bytes) -> Manifest:
    """Return the manifest in a signed text. Raises `ReleaseError`: not canonical, of a future schema, malformed."""
    line = text.removesuffix(b"\n")
    try:
        content = parse_json(line, "the manifest")
    except MalformedError as error:
        raise ReleaseError("manifest-malformed", str(error)) from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if isinstance(schema, str) and schema.startswith("miaopi/rule-release/") and schema != SCHEMA:
        raise ReleaseError("future-schema", f"the manifest is of schema {schema!r}; this program reads {SCHEMA}")
    try:
        canonically = canonical(content) + b"\n" == text
    except MalformedError as error:
        raise ReleaseError(
            "manifest-not-canonical", f"the manifest holds what no canonical form has: {error}"
        ) from error
    if not canonically:
        raise ReleaseError("manifest-not-canonical", "the manifest is JSON, but not in its canonical form (RFC 8785)")
    try:
        manifest = Manifest.model_validate(content)
        read_moment(manifest.made_at, "made_at")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "/".join(map(str, first["loc"]))
        raise ReleaseError(
            "manifest-malformed", f"manifest, /{where}: {first['msg']}; it is {str(first['input'])[:80]!r}"
        ) from error
    except MalformedError as error:
        raise ReleaseError("manifest-malformed", f"manifest, /made_at: {error}") from error
    if manifest.text != text:  # a member that has a default was left out: two texts for one meaning
        raise ReleaseError("manifest-malformed", "the manifest lacks a member that it must state")
    return manifest


def require_gate(manifest: Manifest, *, packaged: bool) -> None:
    """Raise `ReleaseError` unless the gate was passed as its kind asks for.

    A `release` passed all four checks and skipped none. A `rollback` passed `check` and `backtest`; its book passed the
    others when it was released, so they may be skipped with a reason. Of both the backtest compared this very book with the
    very release that it follows, and compared something. A `packaged` book came with the software and passed nothing: it is
    accepted only where `packaged` says so (development, demonstration).
    """
    if manifest.kind == "packaged":
        if not packaged:
            message = (
                "the release is of kind `packaged`, made without the gate; a registry with pinned signers takes none"
            )
            raise ReleaseError("gate-missing", message)
        return
    for name in GATE:
        report = manifest.gate.get(name)
        if report is not None and not report.ok:
            raise ReleaseError(
                "gate-missing", f"the check {name!r} failed; mend the rules and prepare the release anew"
            )
        may_skip = manifest.kind == "rollback" and name in ("prove", "test") and name in manifest.skipped
        if report is None and not may_skip:
            raise ReleaseError("gate-missing", f"the check {name!r} was not run for this {manifest.kind}")
    if (manifest.restores is None) == (manifest.kind == "rollback"):
        raise ReleaseError("gate-missing", "`restores` names the release that a rollback puts back, and only that")
    _require_backtest(manifest)
    accepted = {one.flip: one.count for one in manifest.acknowledgements}
    for flip, count in manifest.flips.items():
        if accepted.get(flip) != count:
            message = f"{count} decisions change as {flip!r}; acknowledged are {accepted.get(flip, 0)} of them"
            raise ReleaseError("unacknowledged", message)


def _require_backtest(manifest: Manifest) -> None:
    figures = manifest.gate["backtest"].figures
    follows = manifest.previous or FIRST
    wanted: dict[str, int | str] = {
        "against": follows, "book": manifest.book, "flips": sum(manifest.flips.values())
    }  # fmt: skip
    for name, value in wanted.items():
        if figures.get(name) != value:
            message = (
                f"the backtest says {name} {figures.get(name)!r}, and for this release it is {value!r}; prepare it anew"
            )
            raise ReleaseError("gate-missing", message)
    compared = figures.get("compared")
    if manifest.previous is not None and not (isinstance(compared, int) and compared > 0):
        message = "the backtest compared nothing; prepare it anew with --home or --export, or with cases"
        raise ReleaseError("gate-missing", message)
