"""What the cases of a small book show and miss: a weak case lets a mutant live, and one case more kills it."""

import dataclasses
import shutil

import pytest

from engine.cases import run_cases
from engine.rule_judge import judge_of, outcome_of
from engine.rule_test import RuleTest, run_rule_test
from rules.case_files import case_files
from rules.errors import RuleBookError
from rules.load import PACKAGED, load, load_rule_book

LAW = """
- id: Z01
  title: {zh: 出资期限不早于今天, en: no contribution is due before today}
  basis: [{law: 公司法, version: 2023-12-29, article: 47, paragraph: 1}]
  in_force: {from: 2024-07-01}
  last_checked_on: 2026-11-22
  entities: [llc]
  holds_when: every s in shareholders satisfies s.due_on >= decided_on
  on_violation: fix
  at: "{s.at}/due_on"
  notice: {zh: 出资日期太早, en: due too early}
  remedy: {zh: 请改正, en: change it}
- id: Z02
  title: {zh: 地址存在, en: the address exists}
  basis: [{law: 公司法, version: 2023-12-29, article: 47, paragraph: 1}]
  in_force: {from: 2024-07-01}
  last_checked_on: 2026-11-22
  entities: [llc]
  applies_when: employees > 0
  holds_when: address.exists
  on_violation: refer
  at: /premises
  notice: {zh: 查无此地址, en: no such address}
  remedy: {zh: 请改正, en: change it}
- id: Z03
  title: {zh: 承诺属实, en: declared true}
  basis: [{law: 公司法, version: 2023-12-29, article: 47, paragraph: 1}]
  in_force: {from: 2024-07-01}
  last_checked_on: 2026-11-22
  holds_when: declarations.truthful
  on_violation: fix
  at: /declarations
  notice: {zh: 没有承诺, en: not declared}
  remedy: {zh: 请改正, en: change it}
"""
WEAK = """rule: Z01
undetermined: reads only what the form requires
cases:
  - {name: years later, on: 2026-11-20, base: llc, expect: {rule: satisfied, outcome: approved}}
  - {name: years ago, on: 2026-11-20, base: llc, application: {shareholders: {1: {due_on: 2020-01-01}}}, expect: {rule: violated, effect: fix, outcome: fix}}
  - {name: not asked of a sole proprietorship, on: 2026-11-20, base: sole_proprietorship, expect: {rule: absent}}
  - {name: not asked of an individual business, on: 2026-11-20, base: individual, expect: {rule: absent}}
"""
TODAY = """  - {name: due today, on: 2026-11-20, base: llc, application: {shareholders: {1: {due_on: 2026-11-20}}}, expect: {rule: satisfied, outcome: approved}}
"""
YESTERDAY = """  - {name: due yesterday, on: 2026-11-20, base: llc, application: {shareholders: {1: {due_on: 2026-11-19}}}, expect: {rule: violated, outcome: fix, places: [/shareholders/1/due_on]}}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book with the items, facts and tables of the shipped one, and two rules."""
    folder = tmp_path_factory.mktemp("small") / "rules"
    folder.mkdir()
    for path in PACKAGED.iterdir():
        if path.name in {"parameters", "catalogue", "code_lists", "forms", "tables", "definitions"}:
            shutil.copytree(path, folder / path.name)
        elif path.suffix == ".yaml":
            shutil.copy(path, folder / path.name)
    (folder / "law").mkdir()
    (folder / "law" / "small.yaml").write_text(LAW, encoding="utf-8")
    shutil.copytree(PACKAGED / "cases" / "base", folder / "cases" / "base")
    return load(folder)


def measured(book, text: str, *, rule: str = "Z01", mutation: bool = True) -> RuleTest:
    cases = book.folder / "cases"
    for path in cases.glob("*.yaml"):
        path.unlink()
    (cases / f"{rule}.yaml").write_text(text, encoding="utf-8")
    return run_rule_test(book, only=[rule], mutation=mutation)


def survivors(report: RuleTest) -> set[str]:
    return {one.verdict.mutant.changed for one in report.unargued}


def test_a_mutant_lives_until_a_case_stands_on_the_boundary(small) -> None:
    weak = measured(small, WEAK)
    assert not weak.failed
    assert "s.due_on > decided_on" in survivors(weak)
    hint = next(one.hint[1] for one in weak.unargued if one.verdict.mutant.changed == "s.due_on > decided_on")
    assert "exactly at" in hint
    assert "decided_on = 2026-11-20" in hint
    better = measured(small, WEAK + TODAY)
    assert "s.due_on > decided_on" not in survivors(better)
    assert 's.due_on >= decided_on - @"P1D"' in survivors(better)
    best = measured(small, WEAK + TODAY + YESTERDAY)
    assert survivors(best) == set()
    assert best.ok
    assert best.killed > weak.killed


def test_boundaries_and_conditions_are_counted(small) -> None:
    weak = measured(small, WEAK, mutation=False).coverage[0]
    assert (weak.results, weak.conditions, weak.boundaries) == ((2, 2), (2, 2), (0, 2))
    best = measured(small, WEAK + TODAY + YESTERDAY, mutation=False).coverage[0]
    assert (best.boundaries, best.missing) == ((2, 2), ())
    alone = WEAK.splitlines(keepends=True)
    only_satisfied = measured(small, "".join(alone[:4]), mutation=False).coverage[0]
    assert (only_satisfied.results, only_satisfied.conditions) == ((1, 2), (1, 2))


def test_a_condition_that_no_source_answers_is_told_apart(small) -> None:
    text = "rule: Z02\ncases:\n  - {name: base, on: 2026-11-20, base: llc, expect: {rule: satisfied}}\n"
    found = measured(small, text, rule="Z02", mutation=False).coverage[0]
    assert found.unknowns == (0, 1)
    missing = {one.kind: one.hint_en for one in found.missing}
    assert "address_library does not answer" in missing["unknown"]
    down = "  - {name: down, on: 2026-11-20, base: llc, evidence: [{verifier: address_library, subject: /premises, failure: unavailable}], expect: {rule: undetermined}}\n"
    assert measured(small, text + down, rule="Z02", mutation=False).coverage[0].unknowns == (1, 1)


def test_an_argument_silences_a_survivor_and_goes_stale_when_a_case_kills_it(small) -> None:
    weak = measured(small, WEAK)
    entries = "".join(
        f"- {{id: {one.verdict.mutant.id}, rule: Z01, reason: {{zh: 因为, en: because}}}}\n" for one in weak.unargued
    )
    path = small.folder / "cases" / "equivalent.yaml"
    (small.folder / "cases" / "Z01.yaml").write_text(WEAK, encoding="utf-8")
    path.write_text(entries, encoding="utf-8")
    assert run_rule_test(small, only=["Z01"], mutation=True).ok
    (small.folder / "cases" / "Z01.yaml").write_text(WEAK + TODAY, encoding="utf-8")
    report = run_rule_test(small, only=["Z01"], mutation=True)
    assert not report.ok
    assert any("shown by Z01: due today" in problem.message for problem in report.stale)
    path.write_text(entries + "- {id: Z01-00000000, rule: Z01, reason: {zh: 无, en: none}}\n", encoding="utf-8")
    gone = run_rule_test(small, only=["Z01"], mutation=True)
    assert any("no longer there" in problem.message for problem in gone.stale)
    path.unlink()


def refused(book, text: str, *, rule: str = "Z01") -> str:
    with pytest.raises(RuleBookError) as raised:
        measured(book, text, rule=rule, mutation=False)
    return str(raised.value)


CASE = "rule: Z01\ncases:\n  - {name: good, on: 2026-11-20, base: llc, expect: {rule: satisfied}}\n"


@pytest.mark.parametrize(
    ("line", "place", "told"),
    [
        ("  - {name: good, on: 2026-11-20, base: llc, expect: {rule: satisfied}}", "4:", "stands twice"),
        ("  - {name: x, on: 2026-11-20, base: llc, expcet: {rule: satisfied}}", "4:", "no 'expcet'"),
        ("  - {name: x, on: 20 November, base: llc, expect: {rule: satisfied}}", "4:", "the day of decision"),
        ("  - {name: x, on: 2026-11-20, base: plc, expect: {rule: satisfied}}", "4:", "individual, llc"),
        ("  - {name: x, on: 2026-11-20, base: llc, expect: {rule: good}}", "4:", "satisfied, violated"),
        ("  - {name: x, on: 2026-11-20, base: llc, expect: {outcome: approved}}", "4:", "expect needs `rule`"),
        ("  - {name: x, on: 2026-11-20, base: llc, expect: {rule: violated, outcome: refused}}", "4:", "waiting"),
        ("  - {name: x, on: 2026-11-20, base: llc, expect: {rule: violated, place: /a}}", "4:", "places"),
        ("  - {name: x, on: 2026-11-20, base: llc, application: {people: {9: {}}}, expect: {rule: satisfied}}", "4:", "element 9"),
        ("  - {name: x, on: 2026-11-20, base: llc, evidence: [{verifier: court, subject: /a, failure: tired}], expect: {rule: satisfied}}", "4:", "stale"),
        ("  - {name: x, on: 2026-11-20, base: llc, evidence: [{verifier: curt, subject: /a, value: {}}], expect: {rule: satisfied}}", "4:", "no source is called 'curt'"),
        ("  - {name: x, on: 2026-11-20, base: llc, evidence: [{verifier: court, subject: /people/0, value: {dishonset: true}}], expect: {rule: satisfied}}", "4:", "'dishonset'"),
        ("  - {name: x, on: 2020-01-01, base: llc, expect: {rule: satisfied}}", "4:", "not in force on 2020-01-01"),
        ("  - {name: x, on: 2026-11-20, base: individual, expect: {rule: satisfied}}", "4:", "expect `rule: absent`"),
        ("  - just text", "4:", "a case is a mapping"),
    ],
)  # fmt: skip
def test_only_the_second_case_is_bad_and_its_place_is_told(small, line: str, place: str, told: str) -> None:
    message = refused(small, f"{CASE}{line}\n")
    assert f"cases/Z01.yaml:{place}" in message
    assert told in message


def test_a_file_about_an_unknown_rule_and_an_unknown_rule_asked_for_are_told(small) -> None:
    assert "there is no rule Z77" in refused(small, CASE.replace("Z01", "Z77"), rule="Z77")
    (small.folder / "cases" / "Z77.yaml").unlink()
    with pytest.raises(RuleBookError, match="no rule Z88"):
        run_rule_test(small, only=["Z88"])


def test_a_rule_asked_alone_says_what_the_decision_says() -> None:
    """The quick judge is held to both evaluators: same result, effect and places for every rule, same outcome."""
    book = load_rule_book()
    files = list(case_files())
    chosen = [dataclasses.replace(file, cases=file.cases[1:2]) for file in files]
    judges = {id(typed.rule): judge_of(typed) for typed in book.rules}
    asked = 0
    for result in run_cases(chosen, book):
        assert result.facts is not None
        assert result.decision is not None
        findings = {finding.rule: finding for finding in result.decision.findings}
        for typed in result.facts.rule_set.rules:
            judge = judges[id(typed.rule)]
            found = judge.result(result.facts.scope)
            told = findings[typed.rule.id]
            assert found is told.result, (typed.rule.id, result.case.name)
            assert judge.effect(found, result.facts.silent) == told.effect
            assert judge.places(found, result.facts.scope) == sorted(place.at for place in told.places)
            asked += 1
        assert outcome_of(finding.effect for finding in findings.values()) is result.decision.outcome
    assert asked > 5000


def test_the_cases_of_some_shipped_rules_kill_every_mutant() -> None:
    """A sample; `make mutation` holds the whole book."""
    report = run_rule_test(load_rule_book(), only=SAMPLE, mutation=True)
    assert {f"{one.verdict.mutant.id}: {one.verdict.mutant.changed}" for one in report.unargued} == set()
    assert report.ok
    assert report.killed > 100


SAMPLE: list[str] = ["A02", "A04", "A07", "B03a", "B07a", "B08"]
