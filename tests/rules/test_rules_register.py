"""The register of cited law: what is hashed, what resolves, what changed, what is stale on a day."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from rules.errors import RuleBookError
from rules.freshness import LawOnFile, Relied
from rules.law_texts import compare, read_laws, register_text, renewed
from rules.load import FILES, FOLDERS, PACKAGED, load, load_rule_book
from rules.model import LegalBasis
from rules.read_book import read_citations
from rules.register import Edition, Register, article_digest

LAWS = Path(__file__).resolve().parents[3] / "shared" / "laws"
CITED = LegalBasis(law="公司法", version="2023-12-29", article="47")


# --- what is hashed


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("甲，乙。", "甲,乙。", True),
        ("甲　乙\n丙\u200b", "甲乙丙", True),
        ("3个工作日", "３个工作日", True),
        ("甲，乙。", "甲、乙。", False),
        ("应当", "可以", False),
        ("", "\u3000", True),
    ],
    ids=["full-width comma", "spaces and line ends", "full-width digit", "another mark", "another word", "nothing"],
)
def test_printing_does_not_matter_and_wording_does(one: str, other: str, *, same: bool) -> None:
    assert (article_digest(one) == article_digest(other)) is same


def test_the_digest_is_the_published_function_of_the_text() -> None:
    assert article_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4


# --- the register of the packaged book


def test_every_citation_of_the_packaged_book_resolves() -> None:
    book = load_rule_book()
    assert book.register is not None
    assert len(book.citations) > 300
    assert [why for citation in book.citations if (why := book.register.why_not(citation.basis))] == []


def test_the_packaged_register_agrees_with_the_texts_at_hand() -> None:
    if not LAWS.is_dir():
        pytest.skip("the law texts are not beside this repository")
    book = load_rule_book()
    assert book.register is not None
    laws = read_laws(LAWS)
    found = compare(book.register, book.citations, laws)
    assert found.problems == ()
    assert found.same > 100
    assert register_text(renewed(book.register, book.citations, laws)) == (PACKAGED / "articles.yaml").read_text()


def test_no_rule_of_the_packaged_book_is_stale_on_the_day_it_was_checked() -> None:
    book = load_rule_book()
    for item in book.items:
        day = max(item.in_force.from_, date(2026, 5, 1))
        rule_set = book.rule_set(item.code, day)
        assert rule_set.law is not None
        assert rule_set.law.stale(date(2026, 11, 22)) == {}


# --- texts that changed


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    """Texts of our own for two articles that the small book cites."""
    folder = tmp_path / "laws"
    folder.mkdir()
    write_law(folder, {"16": "本条甲。", "47": "本条乙。"})
    return folder


def write_law(folder: Path, articles: dict[str, str]) -> None:
    content = {"title": "中华人民共和国个人独资企业法", "file": "个人独资企业法(1999-08-30)", "articles": articles}
    (folder / "a.json").write_text(json.dumps(content))


def test_a_changed_article_is_told_at_every_place_that_cites_it(small_book, laws: Path) -> None:
    register, citations = read_citations(small_book.folder)
    small_book.write("articles.yaml", register_text(renewed(register, citations, read_laws(laws))))
    book = small_book.load()
    assert compare(book.register, book.citations, read_laws(laws)).problems == ()
    write_law(laws, {"16": "本条甲。", "47": "本条丙。"})
    (problem,) = compare(book.register, book.citations, read_laws(laws)).problems
    assert "D02: 《个人独资企业法》 1999-08-30 article 47 changed since it was checked" in problem.message
    line = (small_book.folder / "law/sole.yaml").read_text().splitlines()[problem.line - 1]
    assert (problem.file, "article: 47" in line) == ("law/sole.yaml", True)


def test_writing_the_register_keeps_what_an_author_wrote(small_book, laws: Path) -> None:
    small_book.change("articles.yaml", 'source: "第 48 条：自 2000-01-01 起施行"', 'source: "手写"')
    register, citations = read_citations(small_book.folder)
    first = renewed(register, citations, read_laws(laws))
    edition = first.edition(LegalBasis(law="个人独资企业法", version="1999-08-30", article="47"))
    assert edition is not None
    assert (edition.source, edition.in_force.from_) == ("手写", date(2000, 1, 1))
    assert edition.articles["47"] == article_digest("本条乙。")
    assert edition.articles["31"] == register.edition(CITED_SOLE).articles["31"]  # not in the folder: as it was
    assert register_text(renewed(first, citations, read_laws(laws))) == register_text(first)


CITED_SOLE = LegalBasis(law="个人独资企业法", version="1999-08-30", article="31")


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"title": "x"}', '{"title": "x", "file": "x", "articles": {"1": 1}}', ""]
)
def test_a_file_that_is_no_law_text_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "b.json").write_text(content)
    with pytest.raises(RuleBookError, match=r"b\.json"):
        read_laws(tmp_path)


def test_a_folder_without_texts_is_no_folder_of_laws(tmp_path: Path) -> None:
    with pytest.raises(RuleBookError, match="no law text"):
        read_laws(tmp_path)


# --- a book and its register


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- law: 个人独资企业法", "- law: 公司法", "is not in articles.yaml"),
        ('    "47": ', '    "470": ', "article 47 is not in articles.yaml"),
        ("{from: 2000-01-01}", "{from: 2000-01-01, to: 1999-01-01}", "before it begins"),
        ('    "47": ', '    "47": 00', "not a SHA-256"),
        ('version: "1999-08-30"', "version: 1999-08-31", "it holds 1999-08-31"),
    ],
    ids=["no such law", "no such article", "period backwards", "no digest", "no such edition"],
)
def test_a_basis_that_does_not_resolve_is_an_error(small_book, old: str, new: str, expected: str) -> None:
    text = (small_book.folder / "articles.yaml").read_text()
    before, start, after = text.partition("- law: 个人独资企业法")
    small_book.write("articles.yaml", before + (start + after).replace(old, new, 1))
    assert any(expected in problem for problem in small_book.problems())


def test_an_article_without_a_digest_needs_a_reason(small_book) -> None:
    text = (small_book.folder / "articles.yaml").read_text()
    begin = text.index('    "47": ', text.index("个人独资企业法"))
    end = text.index("\n", begin)
    small_book.write("articles.yaml", text[:begin] + '    "47": null' + text[end:])
    assert any("has no digest; say in `unread`" in problem for problem in small_book.problems())


def test_an_edition_that_stands_twice_is_an_error(small_book) -> None:
    text = (small_book.folder / "articles.yaml").read_text()
    start = text.index("- law: 个人独资企业法")
    small_book.write("articles.yaml", text + text[start : text.index("- law:", start + 5)])
    assert any("stands twice" in problem for problem in small_book.problems())


def test_without_its_register_a_book_does_not_load_unless_it_is_an_archived_one(small_book) -> None:
    (small_book.folder / "articles.yaml").unlink()
    assert any("the register of cited law is missing" in problem for problem in small_book.problems())
    assert small_book.load(archived=True).register is None


def test_an_archived_book_with_tables_must_have_its_register(small_book) -> None:
    (small_book.folder / "articles.yaml").unlink()
    small_book.write(
        "definitions/sample.yaml", "- {id: a, title: {zh: 一, en: one}, parameters: [], expression: 'true'}\n"
    )
    assert any("the register of cited law is missing" in problem for problem in small_book.problems(archived=True))


def test_the_register_is_part_of_the_digests(small_book) -> None:
    before = small_book.load()
    small_book.change("articles.yaml", "自 2000-01-01 起施行", "自 2000-01-01 起生效")
    after = small_book.load()
    day = date(2026, 11, 20)
    assert before.digest != after.digest
    assert before.rule_set("370784-GRDZ-01", day).digest != after.rule_set("370784-GRDZ-01", day).digest


def test_a_copy_by_name_carries_tables_definitions_and_register(tmp_path: Path) -> None:
    for name in FOLDERS:
        shutil.copytree(PACKAGED / name, tmp_path / name)
    for name in FILES:
        shutil.copy(PACKAGED / name, tmp_path / name)
    copied = load(tmp_path)
    assert copied.digest == load_rule_book().digest
    assert copied.functions.tables
    assert copied.functions.definitions


# --- freshness on a day


def on_file(valid_for, checked: date, *, begins: str = "2024-07-01", ends: str | None = None, held: str = "47"):
    period = {"from": begins} | ({"to": ends} if ends else {})
    edition = Edition.model_validate(
        {"law": "公司法", "version": "2023-12-29", "in_force": period, "source": "x", "articles": {held: "0" * 64}}
    )
    return LawOnFile(Register((edition,)), (Relied("C04", (CITED,), ((checked, (CITED,)),)),), valid_for)


def reasons(law: LawOnFile, day: date) -> list[str]:
    return [stale.reason for stale in law.stale(day).get("C04", ())]


def year():
    from rules.feel import read_duration  # noqa: PLC0415 (a word for the tests below)

    return read_duration("P1Y")


@pytest.mark.parametrize(
    ("checked", "day", "expected"),
    [
        (date(2026, 11, 22), date(2027, 11, 22), []),
        (date(2026, 11, 22), date(2027, 11, 23), ["unchecked"]),
        (date(2026, 11, 22), date(2026, 5, 1), []),
        (date(2028, 2, 29), date(2029, 2, 28), []),
        (date(2028, 2, 29), date(2029, 3, 1), ["unchecked"]),
        (date(9999, 6, 1), date(9999, 12, 31), []),
    ],
    ids=["the last day", "the day after", "checked later", "leap day", "after it", "end of the calendar"],
)
def test_a_check_is_good_for_its_time(checked: date, day: date, expected: list[str]) -> None:
    assert reasons(on_file(year(), checked), day) == expected


def test_without_a_known_time_no_check_is_good() -> None:
    assert reasons(on_file(None, date(2026, 11, 22)), date(2026, 11, 22)) == ["unchecked"]


def test_an_edition_is_in_force_from_its_first_to_its_last_day() -> None:
    law = on_file(year(), date(2026, 11, 22), ends="2026-12-31")
    assert [reasons(law, day) for day in (date(2024, 6, 30), date(2024, 7, 1), date(2026, 12, 31), date(2027, 1, 1))] == [
        ["not in force"], [], [], ["not in force"],
    ]  # fmt: skip


def test_an_article_that_is_not_on_file_is_stale() -> None:
    assert reasons(on_file(year(), date(2026, 11, 22), held="48"), date(2026, 11, 22)) == ["not on file"]
