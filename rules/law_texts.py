"""Law texts in a folder, held against the register of cited law: what changed, what is new, what nobody can read.

The folder holds JSON files `{title, file, articles: {number: text}}`, `file` being the name of the law with its edition in
brackets, as in 公司法(2023-12-29). The texts stay where they are: the register keeps their digests.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules.errors import Problem, RuleBookError
from rules.model import Period
from rules.register import Citation, Edition, Register, article_digest

_STEM = re.compile(r"(?P<name>.+?)(?:\((?P<version>[0-9-]+)\))?")
_BEGINS = re.compile(r"自([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日起施行")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNREAD = "原文未读 the text could not be read; only dates are looked at"


@dataclass(frozen=True, slots=True)
class LawText:
    """The articles of one edition; an empty `version` stands for any."""

    version: str
    articles: Mapping[str, str]


Laws = Mapping[str, tuple[LawText, ...]]


def read_laws(folder: Path) -> Laws:
    """Read every law in a folder, by its names. Raises `RuleBookError` for a file that is none, or an empty folder."""
    found: dict[str, tuple[LawText, ...]] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
            title, stem, articles = content["title"], content["file"], content["articles"]
            parts = _STEM.fullmatch(stem)
            sound = parts is not None and all(isinstance(text, str) for text in articles.values())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            problems.append(Problem(path.name, 1, 1, f"not a law text: {type(error).__name__}: {error}"))
            continue
        if not sound or parts is None:
            problems.append(Problem(path.name, 1, 1, "want `file` as name(edition) and `articles` as text by number"))
            continue
        text = LawText(parts["version"] or "", articles)
        for name in {parts["name"], title, title.removeprefix("中华人民共和国")}:
            found[name] = (*found.get(name, ()), text)
    if not found and not problems:
        problems.append(Problem(str(folder), 1, 1, "no law text (*.json) is in this folder"))
    if problems:
        raise RuleBookError(problems)
    return found


def article_text(laws: Laws, law: str, version: str, article: str) -> str | None:
    """Return the text of an article, or None where the folder does not hold it."""
    for text in laws.get(law, ()):
        if text.version in ("", version) and article in text.articles:
            return text.articles[article]
    return None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a look at the texts found: problems at the places that cite, and counts of articles."""

    problems: tuple[Problem, ...]
    same: int
    unread: int
    not_held: int


def compare(register: Register, citations: Iterable[Citation], laws: Laws) -> Comparison:
    """Hold every digest of the register against the texts; each change is told at every place that cites the article."""
    citing: dict[tuple[str, str, str], list[Citation]] = {}
    for citation in citations:
        if citation.basis.article is not None:
            key = (citation.basis.law, citation.basis.version, citation.basis.article)
            citing.setdefault(key, []).append(citation)
    problems: list[Problem] = []
    same = unread = not_held = 0
    for edition in register.editions:
        for article, digest in edition.articles.items():
            text = article_text(laws, edition.law, edition.version, article)
            if digest is None:
                unread += 1
            if text is None:
                not_held += digest is not None
                continue
            if digest == article_digest(text):
                same += 1
                continue
            what = "can be read now and has no digest" if digest is None else "changed since it was checked"
            message = (
                f"《{edition.law}》 {edition.version} article {article} {what}: read it against the rule, correct the rule or "
                "its `last_checked_on`, then write the register anew"
            )
            where = citing.get((edition.law, edition.version, article), [])
            problems += [citation.problem(f"{citation.owner}: {message}") for citation in where]
    return Comparison(tuple(sorted(set(problems))), same, unread, not_held)


def renewed(register: Register | None, citations: Iterable[Citation], laws: Laws) -> Register:
    """Return the register with every cited edition and article, digests taken from the texts.

    What an author wrote of an edition stays: its days, its source, its reason. A new edition gets its first day from the
    text that says so, or else the day of its version, and a source that says which it was.
    """
    known = {} if register is None else {(edition.law, edition.version): edition for edition in register.editions}
    cited: dict[tuple[str, str], set[str]] = {key: set(edition.articles) for key, edition in known.items()}
    for citation in citations:
        basis = citation.basis
        if basis.version:
            cited.setdefault((basis.law, basis.version), set()).update([basis.article] if basis.article else [])
    editions: list[Edition] = []
    for (law, version), articles in sorted(cited.items()):
        old = known.get((law, version))
        digests: dict[str, str | None] = {}
        for article in sorted(articles, key=_number):
            text = article_text(laws, law, version, article)
            kept = None if old is None else old.articles.get(article)
            digests[article] = kept if text is None else article_digest(text)
        unread = (old.unread if old else None) or (_UNREAD if None in digests.values() or not digests else None)
        begins, source = _first_day(laws, law, version)
        editions.append(
            Edition(
                law=law,
                version=version,
                in_force=old.in_force if old else Period.model_validate({"from": begins}),
                source=old.source if old else source,
                unread=unread,
                articles=digests,
            )
        )
    return Register(tuple(editions))


def _number(article: str) -> tuple[int, int]:
    number, _, inserted = article.partition("-")
    return int(number), int(inserted or 0)


def _first_day(laws: Laws, law: str, version: str) -> tuple[date, str]:
    """Return the first day of an edition as far as it can be known, and what says so."""
    published = date.fromisoformat(version) if _DAY.fullmatch(version) else None
    for text in laws.get(law, ()):
        if text.version not in ("", version):
            continue
        for article, wording in text.articles.items():
            found = _BEGINS.search(wording)
            if found is None:
                continue
            begins = date(int(found[1]), int(found[2]), int(found[3]))
            if published is None or begins >= published:
                return begins, f"第 {article} 条：自 {begins} 起施行"
    if published is None:
        return date(int(version[:4]), 1, 1), "施行日期未核实，按版本年份登记"
    return published, "施行日期未核实，按版本日期登记"


HEADER = """\
# The register of cited law: every edition that the book rests on, the days it is in force, where that was read, and the SHA-256 of
# each cited article's text (normalised as rules/register.py says). null: the text could not be read, `unread` says why.
# `miaopi rules check --laws DIR --write-register` takes the digests anew; dates, sources and reasons are kept by hand.
"""


def register_text(register: Register) -> str:
    """Return the register as YAML, as authors read it: one line an article."""
    lines = [HEADER]
    for edition in register.editions:
        end = f", to: {edition.in_force.to}" if edition.in_force.to else ""
        lines.append(f"- law: {edition.law}")
        lines.append(f"  version: {_quoted(edition.version)}")
        lines.append(f"  in_force: {{from: {edition.in_force.from_}{end}}}")
        lines.append(f"  source: {_quoted(edition.source)}")
        if edition.unread is not None:
            lines.append(f"  unread: {_quoted(edition.unread)}")
        lines.append("  articles:" if edition.articles else "  articles: {}")
        lines += [f'    "{article}": {digest or "null"}' for article, digest in edition.articles.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def lines_of(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield problems as people read them."""
    yield from map(str, problems)
