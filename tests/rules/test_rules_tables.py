"""Decision tables and definitions in the book: what a rule gets from a call, and each thing that can be wrong."""

import os
import subprocess
import sys
import textwrap
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from rules import feel
from rules.callables import compiled_functions, interpreted_functions
from rules.load import load_rule_book
from rules.typed import RuleSet

DAY = date(2026, 11, 20)
SOLE = "370784-GRDZ-01"
BASIS = "basis: [{law: 民法典, version: 2020-05-28, article: 17}]"
TABLE = f"""\
- id: age_band
  title: {{zh: 年龄段, en: band of age}}
  {BASIS}
  in_force: {{from: 2022-03-01}}
  last_checked_on: 2026-11-22
  hit_policy: U
  inputs:
    - {{name: age, type: number, values: '>= 0'}}
  outputs:
    - {{name: full, type: boolean}}
  rows:
    - {{when: ['< parameters.full_age'], then: ['false']}}
    - {{when: ['>= parameters.full_age'], then: ['true'], note: {{zh: 成年, en: of age}}}}
"""
RULE = """\
- id: Z01
  title: {zh: 样例, en: sample}
  basis: [{law: 民法典, version: 2020-05-28, article: 13}]
  in_force: {from: 2022-03-01}
  last_checked_on: 2026-11-22
  holds_when: HOLDS
  on_violation: fix
  at: /people
  notice: {zh: 样例, en: sample}
  remedy: {zh: 样例, en: sample}
"""


def rule(holds: str) -> str:
    return RULE.replace("HOLDS", holds)


def definition(name: str, expression: str, parameters: str = "[{name: age, type: number}]") -> str:
    title = "title: {zh: 定义, en: definition}"
    return f"- id: {name}\n  {title}\n  parameters: {parameters}\n  expression: {expression}\n"


def typed(book, name: str):
    return next(one for one in book.rule_set(SOLE, DAY).rules if one.rule.id == name)


# --- what a call does


def test_a_rule_reads_what_its_table_and_definition_read_and_cites_what_they_cite(small_book) -> None:
    small_book.write("tables/sample.yaml", TABLE)
    small_book.write(
        "definitions/sample.yaml",
        definition(
            "grown", "p.court.capacity = parameters.wanted and tables.age_band(p.age)", "[{name: p, type: person}]"
        )
        + "  type: boolean\n"
        + "  basis: [{law: 民法典, version: 2020-05-28, article: 21}]\n",
    )
    small_book.write(
        "parameters/sample.yaml",
        "- {id: wanted, type: string, title: {zh: 一, en: one}, values: [{in_force: {from: 2022-03-01}, value: full, source: test}]}\n",
    )
    small_book.write("law/sample.yaml", rule("every p in people satisfies definitions.grown(p)"))
    found = typed(small_book.load(), "Z01")
    assert found.functions == {("definitions", "grown"), ("tables", "age_band")}
    assert found.sources == {"court"}
    assert {("people", "*", "age"), ("people", "*", "court", "capacity"), ("parameters", "full_age")} <= found.paths
    assert not {path for path in found.paths if path[0] in ("tables", "definitions")}
    assert [basis.article for basis in found.bases] == ["13", "17", "21"]


def test_both_evaluators_run_a_table_and_a_definition_by_their_own_way(small_book) -> None:
    small_book.write("tables/sample.yaml", TABLE)
    small_book.write("definitions/sample.yaml", definition("grown", "tables.age_band(age)"))
    rule_set = small_book.load().rule_set(SOLE, DAY)
    parts = rule_set.parameters, rule_set.tables, rule_set.definitions
    node = feel.parse("definitions.grown(age)", ["definitions", "age"])
    for age, expected in ((17, False), (18, True), (None, None), (-1, None)):
        facts = {"age": None if age is None else Decimal(age)}
        assert feel.compile_node(node)({**facts, **compiled_functions(*parts)}) is expected
        assert feel.interpret(node, {**facts, **interpreted_functions(*parts)}) is expected


def test_the_table_in_force_on_the_day_answers(small_book) -> None:
    first = TABLE.replace("{from: 2022-03-01}", "{from: 2022-03-01, to: 2026-11-20}")
    second = TABLE.replace("{from: 2022-03-01}", "{from: 2026-11-21}").replace("['< parameters.full_age']", "['< 16']")
    second = second.replace("['>= parameters.full_age']", "['>= 16']")
    small_book.write("tables/sample.yaml", first + second)
    book = small_book.load()
    sets = [book.rule_set(SOLE, day) for day in (date(2026, 11, 20), date(2026, 11, 21))]
    assert [value_of(chosen, "tables.age_band(17)") for chosen in sets] == [False, True]
    assert sets[0].digest != sets[1].digest


def value_of(rule_set: RuleSet, text: str):
    node = feel.parse(text, ["tables", "definitions"])
    functions = compiled_functions(rule_set.parameters, rule_set.tables, rule_set.definitions)
    return feel.compile_node(node)(functions)


@pytest.mark.parametrize("spoil", ["cell", "note", "definition"])
def test_any_change_of_a_table_or_definition_changes_the_digests(small_book, spoil: str) -> None:
    small_book.write("tables/sample.yaml", TABLE)
    small_book.write("definitions/sample.yaml", definition("grown", "age >= 18"))
    before = small_book.load()
    if spoil == "cell":
        small_book.change("tables/sample.yaml", "['< parameters.full_age']", "['< 18']")
    elif spoil == "note":
        small_book.change("tables/sample.yaml", "of age", "grown up")
    else:
        small_book.change("definitions/sample.yaml", "18", "16")
    after = small_book.load()
    assert before.digest != after.digest
    assert before.rule_set(SOLE, DAY).digest != after.rule_set(SOLE, DAY).digest


def test_the_digest_is_the_same_in_every_process() -> None:
    """Python orders sets anew in every process; nothing of that may reach a digest."""
    program = "from rules.load import load_rule_book; print(load_rule_book().digest)"
    found = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{load_rule_book().digest}\n".encode()}


# --- what can be wrong: each is told with file and line, and all of them in one run


def wrong_table(old: str, new: str) -> str:
    assert old in TABLE
    return TABLE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TABLE[: TABLE.index("  rows:")] + "  rows: []\n", ":11:9: rows: this must not be empty"),
        (wrong_table("'< parameters.full_age'", "'< parameters.fullage'"), 'did you mean "full_age"'),
        (wrong_table("['< parameters.full_age']", "['< 18', '-']"), "2 tests for 1 inputs"),
        (wrong_table("then: ['false']", "then: ['\"no\"']"), "boolean"),
        (wrong_table("type: number", "type: numbr"), 'did you mean "number"'),
        (wrong_table("hit_policy: U", "hit_policy: X"), "hit_policy"),
        (wrong_table("name: age", "name: count"), "has a meaning already"),
        (wrong_table("{from: 2022-03-01}", "{from: 2022-03-01, to: 2021-01-01}"), "before it begins"),
        (wrong_table("article: 17", "article: 1799"), "article 1799 is not in articles.yaml"),
        (wrong_table("version: 2020-05-28", "version: 2021-05-28"), "it holds 2020-05-28"),
        (TABLE + TABLE.replace("{from: 2022-03-01}", "{from: 2025-01-01}"), "two editions in force on 2025-01-01"),
        (
            TABLE.replace("{from: 2022-03-01}", "{from: 2020-01-01, to: 2022-02-28}").replace("number", "string")
            .replace(">= 0", '"a"').replace("< parameters.full_age", '"a"').replace(">= parameters.full_age", "-")
            + TABLE, "in its other edition",
        ),
        (wrong_table("- id: age_band", "- id: Age-Band"), "id: "),
        (wrong_table("then: ['false']", "then: [['false']]"), "rows/0/then/0"),
        (TABLE.replace("- {when: ['< parameters.full_age'], then: ['false']}", "- nothing"), "rows/0"),
        (wrong_table("rows:\n", "rows: {}\n  surprise:\n"), "surprise"),
    ],
    ids=[
        "no rows", "misspelt parameter", "too many tests", "wrong type of output", "misspelt type", "no hit policy",
        "name of a function", "period backwards", "no such article", "no such edition", "editions overlap",
        "editions differ in type", "no id", "a list in a cell", "a row that is text", "unknown key",
    ],
)  # fmt: skip
def test_a_wrong_table_is_named_with_its_line(small_book, text: str, expected: str) -> None:
    small_book.write("tables/sample.yaml", text)
    problems = small_book.problems()
    assert any(problem.startswith("tables/sample.yaml:") and expected in problem for problem in problems), problems


def test_a_wrong_cell_is_found_to_the_column(small_book) -> None:
    small_book.write("tables/sample.yaml", wrong_table("'>= parameters.full_age'", "'>= parameters.fullage'"))
    (problem,) = small_book.problems()
    line = next(number for number, text in enumerate(TABLE.splitlines(), 1) if ">= parameters" in text)
    written = TABLE.splitlines()[line - 1]
    assert problem.startswith(f"tables/sample.yaml:{line}:"), problem
    column = int(problem.split(":")[2])
    assert written.index(">=") < column <= written.index("full_age") + 1


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("tables.age_bond(17)", 'did you mean "age_band"'),
        ("definitions.grown_up(17)", 'did you mean "grown"'),
        ("tables.age_band(decided_on)", "number"),
        ("tables.age_band(17, 18)", "1"),
        ("tables.age_band", "boolean"),
        ("tables.age_band(17) != false", "true where the table cannot say"),
        ("count(definitions.kept(name_record)) = 0", "missing answer"),
    ],
    ids=["misspelt table", "misspelt definition", "wrong type", "too many", "not called", "unequal", "counting evidence"],
)  # fmt: skip
def test_a_wrong_call_is_named_with_its_line(small_book, holds: str, expected: str) -> None:
    small_book.write("tables/sample.yaml", TABLE)
    kept = definition("kept", "r.same", "[{name: r, type: name_record}]")
    small_book.write("definitions/sample.yaml", definition("grown", "age >= 18") + kept)
    small_book.write("law/sample.yaml", rule(holds))
    problems = small_book.problems()
    assert all(problem.startswith("law/sample.yaml:6:") for problem in problems), problems
    assert any(expected in problem for problem in problems), problems


def test_counting_evidence_inside_a_definition_is_refused_where_it_is_called(small_book) -> None:
    small_book.write(
        "definitions/sample.yaml", definition("none", "count(r.same) = 0", "[{name: r, type: name_record}]")
    )
    small_book.write("law/sample.yaml", rule("definitions.none(name_record)"))
    (problem,) = small_book.problems()
    assert problem.startswith("law/sample.yaml:6:")
    assert "name_registry" in problem


def test_a_rule_may_not_be_in_force_without_the_table_it_calls(small_book) -> None:
    small_book.write("tables/sample.yaml", TABLE.replace("{from: 2022-03-01}", "{from: 2024-01-01, to: 2026-12-31}"))
    small_book.write("law/sample.yaml", rule("tables.age_band(17)"))
    (problem,) = small_book.problems()
    assert "law/sample.yaml:4:" in problem
    assert "in force on 2022-03-01" in problem
    small_book.change("law/sample.yaml", "{from: 2022-03-01}", "{from: 2024-01-01, to: 2027-01-01}")
    (problem,) = small_book.problems()
    assert "in force on 2027-01-01" in problem


@pytest.mark.parametrize(
    ("texts", "chain"),
    [
        ([("one", "definitions.one(age)")], "definitions.one → definitions.one"),
        ([("one", "definitions.two(age)"), ("two", "definitions.one(age)")], "definitions.two → definitions.one"),
        ([("one", "tables.age_band(age)")], "tables.age_band → definitions.one"),
    ],
    ids=["itself", "each other", "through a table"],
)
def test_a_cycle_is_named_with_its_chain(small_book, texts: list[tuple[str, str]], chain: str) -> None:
    table = TABLE.replace("then: ['false']", "then: ['definitions.one(age)']")
    small_book.write("tables/sample.yaml", table if "tables" in texts[0][1] else TABLE)
    small_book.write("definitions/sample.yaml", "".join(definition(name, text) for name, text in texts))
    problems = [problem for problem in small_book.problems() if "calls itself" in problem]
    assert len(problems) == 1
    assert chain in problems[0] or " → ".join(reversed(chain.split(" → "))) in problems[0]


def test_every_cycle_is_told_in_one_run(small_book) -> None:
    texts = [("one", "definitions.one(age)"), ("two", "definitions.three(age)"), ("three", "definitions.two(age)")]
    small_book.write("definitions/sample.yaml", "".join(definition(name, text) for name, text in texts))
    assert len([problem for problem in small_book.problems() if "calls itself" in problem]) == 2


def test_definitions_that_double_at_each_level_are_refused(small_book) -> None:
    texts = [definition("d0", "age > 1")]
    texts += [definition(f"d{n}", f"definitions.d{n - 1}(age) or definitions.d{n - 1}(age)") for n in range(1, 15)]
    small_book.write("definitions/sample.yaml", "".join(texts))
    (problem,) = small_book.problems()
    assert "further calls" in problem


def test_a_chain_without_end_is_refused(small_book) -> None:
    texts = [definition("d0", "age > 1")]
    texts += [definition(f"d{n}", f"definitions.d{n - 1}(age)") for n in range(1, 400)]
    small_book.write("definitions/sample.yaml", "".join(texts))
    (problem,) = small_book.problems()
    assert "more than 20 deep" in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (definition("grown", "age >= 18") * 2, "stands twice"),
        (definition("grown", "aje >= 18"), 'did you mean "age"'),
        (definition("grown", "decided_on > age"), 'there is no "decided_on"'),
        (definition("grown", "age >= 18", "[{name: age, type: persn}]"), 'did you mean "person"'),
        (definition("grown", "age", "[{name: age, type: number}, {name: age, type: number}]"), "stands twice"),
        (definition("grown", "count >= 18", "[{name: count, type: number}]"), "has a meaning already"),
        (definition("grown", "age >= 18") + "  type: number\n", "not number as `type` says"),
        (definition("grown", '"' + "(" * 10_000 + '"'), "expression"),
        (definition("grown", "age" + " + 1" * 30_000), "a value of 120,003 characters"),
        (definition("grown", "[1]"), "expression"),
        ("grown: 1\n", "id"),
        ("", "entry"),
    ],
    ids=[
        "twice", "misspelt", "reads a fact", "misspelt type", "parameter twice", "named as a function", "other type",
        "10,000 brackets", "100 kB", "a list for an expression", "no list", "empty file",
    ],
)  # fmt: skip
def test_a_wrong_definition_is_named_with_its_line(small_book, text: str, expected: str) -> None:
    small_book.write("definitions/sample.yaml", text)
    problems = small_book.problems()
    assert any(problem.startswith("definitions/sample.yaml:") and expected in problem for problem in problems), problems


def test_of_two_tables_the_second_may_be_the_bad_one(small_book) -> None:
    second = TABLE.replace("age_band", "other_band").replace("'< parameters.full_age'", "'< '")
    small_book.write("tables/sample.yaml", TABLE + second)
    (problem,) = small_book.problems()
    assert int(problem.split(":")[1]) > len(TABLE.splitlines())


# --- the shipped tables say what the rules said before

METHODS = (
    "currency", "in_kind", "intellectual_property", "land_use_right", "equity", "claim", "data", "virtual_property",
    "labour", "credit", "name", "goodwill", "franchise", "encumbered",
)  # fmt: skip
CHECKED = {"currency", "in_kind", "intellectual_property", "land_use_right"}
FORBIDDEN = {"labour", "credit", "name", "goodwill", "franchise", "encumbered"}


@pytest.fixture(scope="module")
def ask():
    """Ask both evaluators of the packaged company rule set; they must agree."""
    rule_set = load_rule_book().rule_set("00013112700401", DAY)
    sole = load_rule_book().rule_set("00013112800001", DAY)
    parts = rule_set.parameters, (*rule_set.tables, *sole.tables), rule_set.definitions
    compiled, interpreted = compiled_functions(*parts), interpreted_functions(*parts)

    def answer(text: str, **facts):
        node = feel.parse(text, ["tables", "definitions", *facts])
        one = feel.compile_node(node)({**facts, **compiled})
        assert feel.interpret(node, {**facts, **interpreted}) == one
        return one

    return answer


@pytest.mark.parametrize("method", METHODS)
def test_methods_of_contribution_stand_as_they_did(ask, method: str) -> None:
    found = ask("tables.contribution_method(m)", m=method)
    assert found["by_officer"] is (method not in CHECKED | FORBIDDEN)
    assert found["excluded"] is (method in FORBIDDEN)
    assert found["valued"] is not (method == "currency" or method in FORBIDDEN)


def test_a_method_that_no_form_knows_is_undetermined_and_never_allowed(ask) -> None:
    assert ask("not(tables.contribution_method(m).by_officer)", m="bitcoin") is None
    assert ask("not(tables.contribution_method(m).excluded)", m="bitcoin") is None


def test_lists_of_supervisors_fit_as_they_did(ask) -> None:
    text = "tables.supervision_fits(k, s, e, c, a)"
    kinds = ("board", "single", "none")
    for kind, supervisors, employees, chairs, committee in product(kinds, range(6), range(4), range(3), range(2)):
        before = (
            (kind == "board" and supervisors >= 3 and employees * 3 >= supervisors > employees and chairs == 1)
            or (kind == "single" and supervisors == 1 and chairs == 0)
            or (kind == "none" and supervisors == 0)
        ) and committee == 0  # fmt: skip
        numbers = {
            name: Decimal(value)
            for name, value in zip("seca", (supervisors, employees, chairs, committee), strict=True)
        }
        assert ask(text, k=kind, **numbers) is before, (kind, supervisors, employees, chairs, committee)


def test_terms_are_allowed_as_they_were(ask) -> None:
    for post, years in product(("director", "supervisor", "senior_manager"), (None, *range(1, 11))):
        before = (
            years is None
            or post == "senior_manager"
            or (post == "director" and years <= 3)
            or (post == "supervisor" and years == 3)
        )
        number = None if years is None else Decimal(years)
        assert ask("tables.term_allowed(post, years)", post=post, years=number) is before


def test_operators_are_eligible_as_they_were(ask) -> None:
    eligible = {
        "CHN/resident_id", "HKG/hk_macao_permit", "MAC/hk_macao_permit", "TWN/taiwan_permit", "HKG/hmt_residence",
        "MAC/hmt_residence", "TWN/hmt_residence",
    }  # fmt: skip
    documents = (
        "resident_id", "hk_macao_permit", "taiwan_permit", "hmt_residence", "foreign_permanent_residence", "passport", "other",
    )  # fmt: skip
    for nationality, document in product(("CHN", "HKG", "MAC", "TWN", "USA"), documents):
        found = ask("tables.operator_eligible(n, d)", n=nationality, d=document)
        assert found is (f"{nationality}/{document}" in eligible)


def test_a_bar_is_over_as_it_was(ask) -> None:
    text = 'definitions.bar_over(since, duration("P3Y"), day)'
    for since, day, before in (
        (None, date(2026, 1, 1), True),
        (date(2023, 1, 1), date(2026, 1, 1), False),
        (date(2023, 1, 1), date(2026, 1, 2), True),
    ):
        assert ask(text, since=since, day=day) is before


def test_one_of_the_shipped_tables_has_a_hit_policy_other_than_unique() -> None:
    tables = load_rule_book().functions.tables
    assert len({table.table.id for table in tables}) >= 3
    assert {table.table.hit_policy for table in tables} - {"U"}


def test_the_sample_rule_is_well_formed(small_book) -> None:
    """The tests of wrong calls rest on this: with a right call the sample loads."""
    small_book.write("tables/sample.yaml", textwrap.dedent(TABLE))
    small_book.write("law/sample.yaml", rule("tables.age_band(17)"))
    assert typed(small_book.load(), "Z01").functions == {("tables", "age_band")}
