"""What is no rule book: each fault is told with file, line and column; nothing hangs, nothing crashes."""

import copy
import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from rules.errors import RuleBookError
from rules.yaml_source import read

KINDS = ("law", "tables", "definitions", "parameters", "catalogue", "code_lists")


def problem_in(problems: list[str], file: str, expected: str) -> str:
    return next((one for one in problems if one.startswith(f"{file}:") and expected in one), f"none of {problems}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- " + "[" * 10_000 + "]" * 10_000 + "\n", "nested too deep"),
        ("a: " * 10_000 + "\n", "not YAML"),
        ("- a: &a [x, x]\n- *a\n", "anchors and aliases"),
        ("- id: " + "x" * 100_000 + "\n", "a value of 100,000 characters"),
        ("- from: 2026-02-30\n", "cannot be read"),
        ("- " + "9" * 10_000 + "\n", "cannot be read"),
        ("- \x07\n", "not YAML"),
    ],
    ids=["10,000 brackets", "10,000 keys in a line", "alias", "100 kB", "no such day", "10,000 digits", "control character"],
)  # fmt: skip
def test_a_bomb_is_refused_in_every_folder(small_book, kind: str, text: str, expected: str) -> None:
    small_book.write(f"{kind}/sample.yaml", text)
    assert f"{kind}/sample.yaml:1:" in problem_in(small_book.problems(), f"{kind}/sample.yaml", expected)


@pytest.mark.parametrize("name", ["facts.yaml", "scope_catalogue.yaml", "articles.yaml"])
@pytest.mark.parametrize(
    "text", ["", "[]", "5", "a: {b: 1}\n", "- x\n- y\n", "- " + "[" * 10_000, "items: 1\nfacts: 1\n"]
)
def test_the_single_files_may_hold_anything_and_the_error_names_them(small_book, name: str, text: str) -> None:
    small_book.write(name, text)
    assert any(problem.startswith(f"{name}:") for problem in small_book.problems())


def test_a_file_of_many_megabytes_is_not_read(small_book) -> None:
    small_book.write("tables/sample.yaml", "# " + "x" * 5_000_000)
    assert "4,000,000 bytes" in problem_in(small_book.problems(), "tables/sample.yaml", "bytes")


def test_a_form_that_is_no_json_is_named_with_its_line(small_book) -> None:
    small_book.write("forms/sample.schema.json", '{\n "a": }\n')
    assert any(problem.startswith("forms/sample.schema.json:2:7:") for problem in small_book.problems())
    for text in ("[" * 100_000, "[]"):
        small_book.write("forms/sample.schema.json", text)
        assert any(problem.startswith("forms/sample.schema.json:1:1:") for problem in small_book.problems())


PARAMETER = "- {id: NAME, type: TYPE, title: {zh: 一, en: one}, values: [{in_force: {from: 2020-01-01}, value: VALUE, source: x}]}\n"


def parameter(type_: str, value: str, name: str = "sample") -> str:
    return PARAMETER.replace("NAME", name).replace("TYPE", type_).replace("VALUE", value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("number", "many"), ("number", "true"), ("number", '"NaN"'), ("duration", "five years"), ("duration", "5"),
        ("date", '"2026-13-01"'), ("date", "5"), ("boolean", '"yes"'), ("string", "5"), ("list<string>", "true"),
        ("number", "[a, b]"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_of_its_type_is_named(small_book, type_: str, value: str) -> None:
    small_book.write("parameters/sample.yaml", parameter(type_, value))
    problem = problem_in(small_book.problems(), "parameters/sample.yaml", f"is not a {type_}")
    assert problem.startswith("parameters/sample.yaml:1:"), problem


def test_a_day_may_stand_without_quotes(small_book) -> None:
    small_book.write("parameters/sample.yaml", parameter("date", "2026-05-01"))
    found = next(one for one in small_book.load().parameters if one.id == "sample")
    assert found.values[0].value == "2026-05-01"


def test_duplicates_and_overlaps_are_named_and_only_the_second_is_bad(small_book) -> None:
    small_book.write("parameters/sample.yaml", parameter("number", "1") * 2)
    assert problem_in(small_book.problems(), "parameters/sample.yaml", "stands twice").startswith(
        "parameters/sample.yaml:2:"
    )
    second = "{in_force: {from: 2021-01-01}, value: 2, source: x}]}"
    small_book.write("parameters/sample.yaml", parameter("number", "1").replace("]}", ", " + second))
    assert "two values on 2021-01-01" in problem_in(small_book.problems(), "parameters/sample.yaml", "two values")
    (small_book.folder / "parameters/sample.yaml").unlink()
    first = (small_book.folder / "law/sole.yaml").read_text().split("\n- id:")[1]
    small_book.write("law/twice.yaml", "- id:" + first + "\n")
    assert "two versions in force" in problem_in(small_book.problems(), "law/twice.yaml", "versions")
    (small_book.folder / "law/twice.yaml").unlink()
    item = "catalogue/sole_proprietorship_establishment.yaml"
    small_book.write("catalogue/twice.yaml", (small_book.folder / item).read_text())
    assert "published twice" in problem_in(small_book.problems(), "catalogue/twice.yaml", "twice")


def test_an_id_of_a_ground_outside_the_rules_is_kept(small_book) -> None:
    small_book.change("law/sole.yaml", "- id: D02", "- id: H02")
    assert "kept for grounds outside the rules" in problem_in(small_book.problems(), "law/sole.yaml", "kept")


def test_the_facts_name_what_is_wrong_with_them(small_book) -> None:
    facts = (small_book.folder / "facts.yaml").read_text()
    for old, new, expected in (
        ("    kind: string            #", "    kind: entity            #", "holds itself: entity → entity"),
        ("    kind: string            #", "    kind: " + "list<" * 10_000 + "   #", "a type of 50000 characters"),
        ("    kind: string            #", "    kind: strng            #", "neither a scalar type nor a record"),
        ("  employees:  ", "  tables:  ", "is taken"),
        ("  - [person, court, court]", "  - [person, court]", "record, member, verifier"),
        ("  - [person, court, court]", "  - [person, curt, court]", "no record of this file has"),
    ):
        small_book.write("facts.yaml", facts)
        small_book.change("facts.yaml", old, new)
        assert expected in problem_in(small_book.problems(), "facts.yaml", expected)


def test_every_problem_of_the_whole_book_is_told_in_one_run(small_book) -> None:
    small_book.write("parameters/sample.yaml", parameter("number", "many"))
    small_book.write("tables/sample.yaml", "- id: x\n")
    small_book.write("definitions/sample.yaml", "- id: x\n")
    small_book.write("forms/sample.schema.json", "{")
    small_book.write("catalogue/sample.yaml", "- {}\n")
    small_book.change("law/sole.yaml", "holds_when: capital.amount_fen > 0", "holds_when: capital.amont_fen > 0")
    small_book.change("law/sole.yaml", "article: 47}", "article: 470}")
    small_book.change("scope_catalogue.yaml", "code: F521101", "code: [F521101]")
    small_book.change("articles.yaml", "- law: 食品安全法", "- lawyer: 食品安全法")
    files = {problem.split(":")[0] for problem in small_book.problems()}
    assert files == {
        "parameters/sample.yaml", "tables/sample.yaml", "definitions/sample.yaml", "forms/sample.schema.json",
        "catalogue/sample.yaml", "law/sole.yaml", "scope_catalogue.yaml", "articles.yaml",
    }  # fmt: skip


# --- a value of another type in every place

WRONG = ([], {}, 7, "x", None, True, [[1]], {"a": {"b": 1}})
LOADS = 12  # of each file; a load takes a twentieth of a second
FILES = (
    "law/sole.yaml", "parameters/registry.yaml", "catalogue/sole_proprietorship_establishment.yaml", "facts.yaml",
    "scope_catalogue.yaml", "articles.yaml",
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value; of the elements of a list only the first stands for all."""
    yield path
    if isinstance(value, dict):
        for key in list(value)[:12]:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = with_value(value[path[0]], path[1:], new)
    return changed


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_type_in_any_place_is_a_problem_of_that_file_or_none(small_book, name: str) -> None:
    source = read(small_book.folder / name, name)
    refused: list[RuleBookError] = []
    found = list(places(source.value))
    for path, wrong in zip(found[:: len(found) // LOADS + 1], cycle(WRONG)):
        changed = with_value(source.value, path, wrong)
        small_book.write(name, json.dumps(changed, default=str, ensure_ascii=False, indent=1))  # JSON is YAML
        try:
            small_book.load()
        except RuleBookError as error:
            refused.append(error)
    assert len(refused) > 5
    assert all(problem.line >= 1 and problem.column >= 1 for error in refused for problem in error.problems)
