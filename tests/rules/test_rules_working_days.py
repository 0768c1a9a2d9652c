"""Working days in the rule book: rules that count them, the calendar in the digests, and days that nobody knows yet."""

import shutil
from datetime import date

import pytest

from rules import feel
from rules.callables import compiled_functions, interpreted_functions
from rules.load import PACKAGED, RuleBook, book_files, load_rule_book
from rules.typed_functions import CALENDAR
from rules.working_days import NAMES, NOTHING_PUBLISHED, working_day_functions

DAY = date(2026, 9, 30)
SOLE = "370784-GRDZ-01"
RULE = """\
- id: Z01
  title: {zh: 样例, en: sample}
  basis: [{law: 民法典, version: 2020-05-28, article: 13}]
  in_force: {from: 2022-03-01}
  last_checked_on: 2026-11-22
  holds_when: HOLDS
  on_violation: fix
  at: /people
  notice: {zh: "最迟{add working days(decided_on, 5)}", en: "by {add working days(decided_on, 5)}"}
  remedy: {zh: 样例, en: sample}
"""
NEXT_YEAR = """\
year: 2027
notice: {title: made up, number: "0", issued_on: 2026-11-20}
holidays:
  - {name: {zh: 元旦, en: New Year}, from: 2027-01-01, to: 2027-01-03, works: []}
"""
SWALLOWED = "here a day that no calendar is published for would count as an answer"


@pytest.fixture
def dated_book(small_book):
    """The small book with a calendar of working days."""
    shutil.copytree(PACKAGED / "calendar", small_book.folder / "calendar")
    return small_book


def rule(holds: str) -> str:
    return RULE.replace("HOLDS", f"'{holds}'")


def rule_of(book: RuleBook, day: date = DAY):
    chosen = book.rule_set(SOLE, day)
    return chosen, next(one for one in chosen.rules if one.rule.id == "Z01")


def both(book: RuleBook, **facts):
    """The answer of the rule's condition by closures, by the walk over the text, and by the lowered function."""
    chosen, found = rule_of(book)
    parts = chosen.parameters, chosen.tables, chosen.definitions, chosen.calendar
    compiled, interpreted = compiled_functions(*parts), interpreted_functions(*parts)
    answers = [
        feel.compile_node(found.holds)({**facts, **compiled}),
        feel.interpret(found.holds, {**facts, **interpreted}),
        feel.lower([found.holds], {})({**facts, **interpreted})[0],
    ]
    assert answers == [answers[0]] * 3
    return answers[0]


def test_a_rule_counts_working_days_over_the_october_holiday(dated_book) -> None:
    dated_book.write("law/sample.yaml", rule("term.until >= add working days(decided_on, 3)"))
    book = dated_book.load()
    # 1 to 7 October are days off; 8 and 9 October, and Saturday 10 October, are worked.
    assert both(book, decided_on=DAY, term={"until": date(2026, 10, 10)}) is True
    assert both(book, decided_on=DAY, term={"until": date(2026, 10, 9)}) is False
    assert both(book, decided_on=DAY, term={"until": None}) is None
    found = rule_of(book)[1]
    assert found.functions == {(CALENDAR, "add working days")}
    assert {path for path in found.paths if path[0] != "term"} == {("decided_on",)}
    assert found.sources == frozenset()


@pytest.mark.parametrize(
    "holds",
    [
        "term.until >= add working days(decided_on, 3)",
        "term.until >= add working days(days: 3, date: decided_on)",
        "not(term.until < working day on or after(decided_on))",
        "working days between(decided_on, term.until) <= 10 and is working day(term.until)",
        "term.until in [decided_on..add working days(decided_on, 3)]",
        "every p in people satisfies is working day(decided_on)",
        "if term.until = null then true else is working day(decided_on)",
        "definitions.soon(decided_on) <= term.until",
    ],
)
def test_a_day_beyond_the_calendar_is_undetermined_however_the_rule_asks(dated_book, holds: str) -> None:
    dated_book.write("definitions/sample.yaml", definition("add working days(day, 1)"))
    dated_book.write("law/sample.yaml", rule(holds))
    beyond = date(2026, 12, 31) if "between" in holds or "add" in holds or "soon" in holds else date(2027, 1, 5)
    facts = {"term": {"until": date(2027, 1, 6)}, "people": [{"ref": "p1"}]}
    assert both(dated_book.load(), decided_on=beyond, **facts) is None


def definition(expression: str) -> str:
    return (
        "- id: soon\n  title: {zh: 定义, en: definition}\n  parameters: [{name: day, type: date}]\n"
        f"  expression: {expression}\n"
    )


@pytest.mark.parametrize(
    "holds",
    [
        "term.until != add working days(decided_on, 3)",
        "not(term.until = add working days(decided_on, 3))",
        "if is working day(decided_on) then false else true",
        "not(is working day(decided_on) = true)",
        "add working days(decided_on, 3) in (term.until)",
        "count([add working days(decided_on, 3)]) = 1",
        "not(is working day(decided_on) instance of boolean)",
        "every d in [add working days(decided_on, 3)] satisfies d > decided_on",
        "people[is working day(decided_on)] = []",
        "not(definitions.soon(decided_on) = term.until)",
        "definitions.soon(add working days(decided_on, 1)) > term.until",
        "is working day = null",
    ],
)
def test_what_would_make_an_answer_of_an_unknown_day_does_not_load(dated_book, holds: str) -> None:
    dated_book.write("definitions/sample.yaml", definition("add working days(day, 1)"))
    dated_book.write("law/sample.yaml", rule(holds))
    (problem,) = dated_book.problems()
    assert problem.startswith("law/sample.yaml:6:")
    assert SWALLOWED in problem


def test_a_definition_and_a_table_are_held_to_it_too(dated_book) -> None:
    dated_book.write("definitions/sample.yaml", definition("if is working day(day) then day else null"))
    (problem,) = dated_book.problems()
    assert problem.startswith("definitions/sample.yaml:4:")
    assert SWALLOWED in problem
    (dated_book.folder / "definitions/sample.yaml").unlink()
    table = (
        "- id: due\n  title: {zh: 表, en: table}\n  basis: [{law: 民法典, version: 2020-05-28, article: 17}]\n"
        "  in_force: {from: 2022-03-01}\n  last_checked_on: 2026-11-22\n  hit_policy: F\n"
        "  inputs: [{name: day, type: date}]\n  outputs: [{name: due, type: date}]\n"
        "  rows:\n    - {when: ['-'], then: ['add working days(day, 3)']}\n"
    )
    dated_book.write("tables/sample.yaml", table)
    (problem,) = dated_book.problems()
    assert "a table cannot ask for working days" in problem


def test_a_misspelt_name_and_a_wrong_argument_are_pointed_at(dated_book) -> None:
    dated_book.write("law/sample.yaml", rule("term.until >= add working day(decided_on, 3)"))
    (problem,) = dated_book.problems()
    assert problem.startswith("law/sample.yaml:6:30")
    assert "add working days" in problem
    dated_book.write("law/sample.yaml", rule('term.until >= add working days(decided_on, "3")'))
    (problem,) = dated_book.problems()
    assert problem.startswith("law/sample.yaml:6:")
    assert "number" in problem


def test_only_a_rule_set_that_asks_the_calendar_holds_it(dated_book) -> None:
    plain = dated_book.load()
    dated_book.write("law/sample.yaml", rule("term.until >= add working days(decided_on, 3)"))
    asking = dated_book.load()
    dated_book.write("calendar/2027.yaml", NEXT_YEAR)
    later = dated_book.load()
    dated_book.write("law/sample.yaml", "[]")
    plain_later = dated_book.load()
    sets = [book.rule_set(SOLE, DAY) for book in (plain, asking, later, plain_later)]
    assert sets[1].digest != sets[2].digest
    assert set(sets[2].calendar.years) == {2024, 2025, 2026, 2027}
    assert sets[0].digest == sets[3].digest
    assert sets[0].calendar == sets[3].calendar == NOTHING_PUBLISHED
    assert len({plain.digest, asking.digest, later.digest, plain_later.digest}) == 4


def test_problems_of_the_calendar_stand_with_all_others(dated_book) -> None:
    dated_book.change("calendar/2026.yaml", "to: 2026-05-05", "to: 2027-05-05")
    dated_book.change("calendar/2025.yaml", "year: 2025", "year: 2024")
    dated_book.write("law/sample.yaml", rule("nonsense"))
    problems = dated_book.problems()
    assert [problem.split(":")[0] for problem in problems] == [
        "calendar/2025.yaml",
        "calendar/2026.yaml",
        "law/sample.yaml",
    ]


def test_a_rule_that_asks_in_a_book_without_a_calendar_does_not_load(small_book) -> None:
    small_book.write("law/sample.yaml", rule("is working day(decided_on)"))
    (problem,) = small_book.problems()
    assert problem.startswith("law/sample.yaml:1:")
    assert "calendar/<year>.yaml" in problem


def test_a_fact_cannot_take_the_name_of_a_working_day_function(dated_book) -> None:
    dated_book.change("facts.yaml", "facts:\n", "facts:\n  is working day: {type: boolean, from: application}\n")
    assert any("'is working day' is taken" in problem for problem in dated_book.problems())


def test_the_shipped_book_carries_its_calendar() -> None:
    assert set(load_rule_book().calendar.years) >= {2024, 2025, 2026}
    assert {f"calendar/{year}.yaml" for year in (2024, 2025, 2026)} <= {path.as_posix() for path in book_files()}
    assert working_day_functions(NOTHING_PUBLISHED).names == NAMES
    with feel.collecting() as problems:
        assert working_day_functions(NOTHING_PUBLISHED).functions["is working day"].call([DAY]) is None
    assert "for no year" in str(problems[0])
