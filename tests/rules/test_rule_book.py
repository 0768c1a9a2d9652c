"""Loading a rule book: a wrong book names file, line and column; a right one gives the rule set of the day."""

import copy
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from rules.errors import ItemNotInForceError, ItemNotPublishedError, RuleBookError
from rules.load import FILES, FOLDERS, PACKAGED, book_files, load, load_rule_book

DAY = date(2026, 11, 20)
INDIVIDUAL = "00013112800001"
RULE = {
    "id": "Z01",
    "title": {"zh": "样例", "en": "sample"},
    "basis": [{"law": "公司法", "version": "2023-12-29", "article": 47}],
    "in_force": {"from": "2024-07-01"},
    "last_checked_on": "2026-11-22",
    "holds_when": 'premises.use = "office"',
    "on_violation": "fix",
    "at": "/premises/use",
    "notice": {"zh": "用途为{premises.use}", "en": "the use is {premises.use}"},
    "remedy": {"zh": "改正", "en": "mend it"},
}


@pytest.fixture
def book_folder(tmp_path: Path) -> Path:
    """A copy of the packaged book, to be spoilt."""
    for name in FOLDERS:
        shutil.copytree(PACKAGED / name, tmp_path / name)
    for name in FILES:
        shutil.copy(PACKAGED / name, tmp_path / name)
    return tmp_path


def write_rules(folder: Path, *rules: dict[str, object]) -> None:
    """Put more rules in the book, written as an author writes them: no aliases, days without quotes."""
    texts = (yaml.safe_dump([copy.deepcopy(rule)], allow_unicode=True, sort_keys=False, width=200) for rule in rules)
    (folder / "law" / "sample.yaml").write_text(re.sub(r"'(\d{4}-\d{2}-\d{2})'", r"\1", "".join(texts)))


def write_rule(folder: Path, **changes: object) -> None:
    """Put one more rule in the book, with these members changed."""
    write_rules(folder, {**RULE, **changes})


def problems_of(folder: Path) -> list[str]:
    """Load the book and return its problems as text."""
    with pytest.raises(RuleBookError) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def test_the_packaged_book_gives_the_rules_of_each_item_today() -> None:
    book = load_rule_book()
    found = {
        item.entity: len(book.rule_set(item.code, DAY).rules) for item in book.items if item.in_force.holds_on(DAY)
    }
    assert set(found) == {"individual", "sole_proprietorship", "llc"}
    assert all(count >= 40 for count in found.values())


def test_a_sound_rule_joins_the_set(book_folder: Path) -> None:
    write_rule(book_folder)
    rules = load(book_folder).rule_set(INDIVIDUAL, DAY).rules
    assert "Z01" in [rule.rule.id for rule in rules]


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        ({"holds_when": 'premises.usage = "office"'}, 12, "use"),
        ({"holds_when": "decided_on > 5"}, 12, "date"),
        ({"holds_when": "premises.use"}, 12, "not boolean"),
        ({"holds_when": "premises.use = "}, 12, "holds_when"),
        ({"notice": {"zh": "{premises.usage}", "en": "x"}}, 16, "use"),
        ({"notice": {"zh": "{premises.use", "en": "x"}}, 16, "brace"),
        ({"on_violation": "refuse"}, 13, "on_violation"),
        ({"in_force": {"from": "2024-07-01", "to": "2024-06-30"}}, None, "before it begins"),
        ({"basis": [{"law": "公司法"}]}, None, "without an article"),
        ({"surprise": 1}, None, "surprise"),
        ({"holds_when": "count(name_record.same) = 0"}, 12, "missing answer"),
    ],
    ids=[
        "misspelt fact", "date against number", "no boolean", "no expression", "misspelt fact in a notice", "open brace",
        "an effect that only officers have", "period backwards", "law without article", "unknown key", "counting evidence",
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named_with_its_line(
    book_folder: Path, changes: dict[str, object], line: int | None, expected: str
) -> None:
    write_rule(book_folder, **changes)
    problems = problems_of(book_folder)
    assert any(problem.startswith("law/sample.yaml:") and expected in problem for problem in problems), problems
    if line is not None:
        assert any(problem.startswith(f"law/sample.yaml:{line}:") for problem in problems), problems


def test_all_problems_are_told_at_once(book_folder: Path) -> None:
    write_rule(book_folder, holds_when="premises.usage = 1")
    parameter = "- id: Bad-Name\n  type: number\n  title: {zh: 一, en: one}\n  values: []\n"
    (book_folder / "parameters" / "sample.yaml").write_text(parameter)
    (book_folder / "forms" / "sample.schema.json").write_text("{")
    files = {problem.split(":")[0] for problem in problems_of(book_folder)}
    assert {"law/sample.yaml", "parameters/sample.yaml", "forms/sample.schema.json"} <= files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- &a [1]\n- *a\n", "anchors and aliases"),
        ("a: 1\na: 2\n", "twice"),
        ("- 1.5\n", "float"),
        ("- !!python/object:os.system x\n", "of type"),
        ("- [1\n", "not YAML"),
        ("- " + "[" * 60 + "]" * 60 + "\n", "nested too deep"),
        ("? [1, 2]\n: x\n", "key must be plain text"),
    ],
    ids=["alias", "duplicate key", "float", "object tag", "broken", "deep", "a list as key"],
)
def test_what_a_rule_book_has_no_use_for_is_refused(book_folder: Path, text: str, expected: str) -> None:
    (book_folder / "law" / "sample.yaml").write_text(text)
    assert any(expected in problem for problem in problems_of(book_folder))


def test_a_bomb_of_aliases_is_refused_before_it_unfolds(book_folder: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(9))}]" for n in range(1, 12)]
    (book_folder / "law" / "sample.yaml").write_text("\n".join(lines))
    assert any("anchors and aliases" in problem for problem in problems_of(book_folder))


def test_bytes_that_are_not_utf_8_are_refused(book_folder: Path) -> None:
    (book_folder / "law" / "sample.yaml").write_bytes(b"- \xff\xfe\n")
    assert any("not UTF-8" in problem for problem in problems_of(book_folder))


def test_outside_the_catalogue_nothing_is_decided() -> None:
    with pytest.raises(ItemNotPublishedError, match="published are"):
        load_rule_book().rule_set("370784-NOSUCH", DAY)


def test_an_item_not_yet_in_force_says_from_when() -> None:
    book = load_rule_book()
    later = next(item for item in book.items if not item.in_force.holds_on(DAY))
    with pytest.raises(ItemNotInForceError, match=str(later.in_force.from_)):
        book.rule_set(later.code, DAY)


def test_the_day_of_decision_chooses_the_version(book_folder: Path) -> None:
    first = {**RULE, "in_force": {"from": "2026-05-01", "to": "2026-11-20"}}
    second = {**RULE, "in_force": {"from": "2026-11-21"}, "holds_when": "true"}
    write_rules(book_folder, first, second)
    book = load(book_folder)
    sets = [book.rule_set(INDIVIDUAL, day) for day in (date(2026, 11, 20), date(2026, 11, 21))]
    held = [next(rule.rule.holds_when for rule in chosen.rules if rule.rule.id == "Z01") for chosen in sets]
    assert held == [RULE["holds_when"], "true"]
    assert sets[0].digest != sets[1].digest


def test_two_versions_in_force_on_one_day_are_a_problem(book_folder: Path) -> None:
    write_rules(book_folder, RULE, {**RULE, "in_force": {"from": "2025-01-01"}})
    assert any("two versions in force on 2025-01-01" in problem for problem in problems_of(book_folder))


def test_equal_content_has_one_digest_and_one_object() -> None:
    book = load_rule_book()
    assert book.rule_set(INDIVIDUAL, DAY) is book.rule_set(INDIVIDUAL, date(2026, 11, 21))


def test_a_copy_of_the_book_has_the_same_digests(book_folder: Path) -> None:
    copy, packaged = load(book_folder), load_rule_book()
    assert copy.digest == packaged.digest
    assert copy.rule_set(INDIVIDUAL, DAY).digest == packaged.rule_set(INDIVIDUAL, DAY).digest


def test_the_files_of_the_book_are_enough_to_load_it(tmp_path: Path) -> None:
    for file in book_files():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGED / file, tmp_path / file)
    assert load(tmp_path).digest == load_rule_book().digest


@pytest.mark.parametrize("spoil", ["rule", "parameter", "form", "scope", "facts"])
def test_any_change_of_content_changes_the_digest_of_the_set(book_folder: Path, spoil: str) -> None:
    before = load_rule_book().rule_set(INDIVIDUAL, DAY).digest
    if spoil == "rule":
        write_rule(book_folder)
    elif spoil == "parameter":
        file = min((book_folder / "parameters").glob("*.yaml"))
        sample = "\n- {id: sample_limit, type: number, title: {zh: 样例, en: sample}, values: [{in_force: {from: 2020-01-01}, value: 1, source: test}]}\n"
        file.write_text(file.read_text() + sample)
    elif spoil == "form":
        file = book_folder / "forms" / "individual_establishment.schema.json"
        file.write_text(file.read_text().replace('"maxLength": 100', '"maxLength": 101', 1))
    elif spoil == "scope":
        file = book_folder / "scope_catalogue.yaml"
        file.write_text(file.read_text().replace("百货零售", "百货商品零售", 1))
    else:
        file = book_folder / "facts.yaml"
        file.write_text(file.read_text().replace("  contact:\n", "  contact:\n    fax: string?\n", 1))
    assert load(book_folder).rule_set(INDIVIDUAL, DAY).digest != before


def test_each_rule_names_the_sources_it_reads() -> None:
    sources = {rule.rule.id: rule.sources for rule in load_rule_book().rules}
    assert sources["S08"] == {"population"}
    assert sources["P07"] == {"court"}
    assert sources["N18"] == {"name_registry"}
    assert sources["C04"] == set()
