"""The register of cited law (`articles.yaml`): which editions the book rests on, and what their articles said when read.

For every edition: when it is in force, where that was read, and for each cited article the SHA-256 of its text. The text
itself stays with its publisher. What is hashed is the text after normalisation, so that printing does not matter:

1. Unicode normalisation form NFKC (full-width letters, digits and punctuation become plain ones);
2. every character of the general categories Zs, Zl, Zp (spaces, separators), Cc and Cf (control and format characters,
   line ends among them) is removed;
3. the UTF-8 bytes of the rest.

Wording, punctuation and order stay: a comma that moves may move a meaning.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from pydantic import Field, model_validator

from rules.errors import Problem
from rules.model import Frozen, LegalBasis, Period
from rules.yaml_source import Source

_LEFT_OUT = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_DIGEST = r"^[0-9a-f]{64}$"
FILE = "articles.yaml"


def article_digest(text: str) -> str:
    r"""Return the hex SHA-256 of the normalised text of an article.

    >>> article_digest("第一条　为了\n规范，") == article_digest("第一条为了规范,")
    True
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(char for char in plain if unicodedata.category(char) not in _LEFT_OUT)
    return hashlib.sha256(kept.encode()).hexdigest()


class Edition(Frozen):
    """One edition of a law: its days in force, and the digest of each cited article, or null where none could be read."""

    law: str = Field(min_length=1)
    version: str = Field(min_length=1)
    in_force: Period
    source: str = Field(min_length=1)
    unread: str | None = Field(default=None, min_length=1)
    articles: Mapping[str, str | None] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """YAML reads `version: 2023-12-29` as a date; it is a name here."""
        if isinstance(value, dict) and isinstance(value.get("version"), date | int):
            return {**value, "version": str(value["version"])}
        return value

    @model_validator(mode="after")
    def _says_why_unread(self) -> Self:
        for article, digest in self.articles.items():
            if digest is None and self.unread is None:
                message = f"article {article} has no digest; say in `unread` why its text could not be read"
                raise ValueError(message)
            if digest is not None and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
                message = (
                    f"article {article}: {digest!r} is not a SHA-256 in hexadecimal; `rules check --laws` writes them"
                )
                raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Citation:
    """A legal basis where it stands in the book: file, path and line."""

    basis: LegalBasis
    owner: str
    source: Source = field(repr=False, compare=False)
    path: tuple[str | int, ...]

    def problem(self, message: str) -> Problem:
        """Make a problem at the place of the citation."""
        return self.source.problem(self.path, message)


@dataclass(frozen=True, slots=True)
class Register:
    """All editions, by law and version."""

    editions: tuple[Edition, ...]
    _known: Mapping[tuple[str, str], Edition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", {(edition.law, edition.version): edition for edition in self.editions})

    def edition(self, basis: LegalBasis) -> Edition | None:
        """Return the edition that a basis cites, or None."""
        return self._known.get((basis.law, basis.version))

    def why_not(self, basis: LegalBasis) -> str | None:
        """Say what keeps a basis from resolving, or None when it names an edition and an article of the register."""
        edition = self.edition(basis)
        if edition is None:
            held = sorted(known.version for known in self.editions if known.law == basis.law)
            hint = f"it holds {', '.join(held)}" if held else "no edition of that law is registered"
            return f"《{basis.law}》 {basis.version or '(no version)'} is not in {FILE}; {hint}"
        if basis.article is not None and basis.article not in edition.articles:
            return (
                f"《{basis.law}》 {basis.version} article {basis.article} is not in {FILE}; "
                "`miaopi rules check --laws DIR --write-register` adds it"
            )
        return None


def unresolved(register: Register, citations: Iterable[Citation]) -> Iterator[Problem]:
    """Yield a problem for every citation that does not resolve."""
    for citation in citations:
        reason = register.why_not(citation.basis)
        if reason is not None:
            yield citation.problem(f"{citation.owner}: {reason}")
