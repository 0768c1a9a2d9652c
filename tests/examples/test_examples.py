"""The examples in the repository are those that the script writes, and each fits the form of its item."""

import json
from datetime import date
from pathlib import Path

import pytest

from engine.intake import read_application
from examples import stories
from examples.make import build
from rules.load import load_rule_book

FOLDER = Path(__file__).resolve().parents[2] / "examples"
INDEX = json.loads((FOLDER / "index.json").read_text())
DAY = date(2026, 11, 20)


def test_the_index_lists_every_file_and_no_other() -> None:
    assert sorted(entry["file"] for entry in INDEX) == sorted(
        str(file.relative_to(FOLDER)) for file in FOLDER.glob("*/*.json") if file.parent.name != "scan"
    )


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
def test_each_example_fits_the_form_of_its_item(entry: dict[str, str]) -> None:
    raw = (FOLDER / entry["file"]).read_bytes()
    rule_set = load_rule_book().rule_set(json.loads(raw)["item"], DAY)
    assert read_application(raw, rule_set.form).item == rule_set.item.code


@pytest.mark.parametrize("kind", stories.KINDS)
def test_the_files_are_what_the_script_writes(kind: str) -> None:
    told = [story for story in stories.STORIES if story.kind == kind]
    for number in (0, len(told) // 2, len(told) - 1):
        file = FOLDER / kind / f"{number + 1:02d}-{told[number].slug}.json"
        assert json.loads(file.read_text()) == build(told[number], number)


def test_each_story_names_rules_of_the_book() -> None:
    known = {rule.rule.id for rule in load_rule_book().rules}
    assert {rule for entry in INDEX for rule in entry["rules"]} <= known
