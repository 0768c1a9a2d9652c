"""`differences`: what a changed book means, on copies of the shipped book with one thing changed."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from api.cli_rules import app
from engine.cases import evidence_of, moment
from engine.decide import decide
from engine.difference import differences
from engine.difference.as_json import plain_json, report_json
from engine.difference.as_text import report_lines
from engine.intake import read_application
from rules.case_files import Answer
from rules.feel.temporal import YearsMonths
from rules.load import PACKAGED, load
from tests.support.small_book import cut

DAY = date(2026, 11, 20)
LLC = "00013112700401"
RULES = frozenset({"C01", "C02", "C04", "C04a", "C05", "P01", "P01a", "P09", "P10"})


@cache
def shipped():
    """Return the shipped book, cut to the rules that are looked at: what goes for these is asked of nine, not of ninety."""
    with TemporaryDirectory() as folder:
        return copied(Path(folder) / "book")


@pytest.fixture
def changed(tmp_path):
    """A function that loads a copy of the shipped book with texts replaced: (file, old, new), …"""
    return lambda *edits: copied(tmp_path / "book", *edits)


def copied(folder, *edits):
    cut(folder, RULES)
    # Few cases keep the tests quick: the bases, and the cases of two rules.
    for path in (folder / "cases").glob("*.yaml"):
        if path.stem not in {"C04", "P09"}:
            path.unlink()
    (folder / "cases" / "base" / "llc_fifty_shareholders.yaml").unlink()  # it would be the witness of every limit
    for file, old, new in edits:
        text = (folder / file).read_text("utf-8")
        assert old in text, old
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    return load(folder)


def compared(changed, *edits, item=LLC, **asked):
    """Return the report of a change; the old book is a copy too, so that both have the same few cases."""
    new = changed(*edits)
    old = replace(shipped(), folder=new.folder)
    return differences(old, new, today=DAY, on=asked.pop("on", DAY), items=[item], **asked)


def only(report):
    assert [change.rule for change in report.changes] == [report.changes[0].rule]
    return report.changes[0]


def outcome_of(book, witness):
    """Decide the whole application of a witness again, from its bytes."""
    rule_set = book.rule_set(witness.item, witness.on)
    raw = json.dumps(witness.application, ensure_ascii=False).encode()
    answers = [
        Answer(one["verifier"], one["subject"], one.get("value"), one.get("failure")) for one in witness.evidence
    ]
    at = moment(witness.on)
    return decide(read_application(raw, rule_set.form), evidence_of(answers, at), rule_set, at).outcome


def verdicts(change):
    return {answer.direction: answer.verdict for answer in change.answers}


def test_the_same_book_differs_in_nothing(changed):
    report = compared(changed)
    assert not report.different
    assert (report.changes, report.words, report.beside, report.flips) == ((), (), (), ())
    assert report.looked_at > 0


def test_applications_at_hand_are_decided_whatever_the_comparison_of_texts_says(changed, monkeypatch):
    monkeypatch.setattr("engine.difference.compare.pairs", lambda _old, _new: ((), ()))
    report = compared(
        changed, ("law/company.yaml", "s.due_on <= decided_on + parameters", "s.due_on < decided_on + parameters")
    )
    assert report.changes == ()
    assert report.different
    assert "C04: the fifth anniversary is in time" in [flip.name for flip in report.flips]


def test_a_strict_comparison_shows_the_last_day_itself(changed):
    edit = ("law/company.yaml", "s.due_on <= decided_on + parameters", "s.due_on < decided_on + parameters")
    report = compared(changed, edit)
    change = only(report)
    assert change.rule == "C04"
    assert change.aspects == ("condition",)
    assert verdicts(change) == {"stricter": "witness", "laxer": "proved", "outcome": "proved"}
    witness = change.answer("stricter").witness
    assert witness.case == "C04: the fifth anniversary is in time"
    assert ("/shareholders/1/due_on", "2030-12-31", "2031-11-20") in [
        (one.at, one.before, one.after) for one in witness.patch
    ]
    assert (witness.old.outcome, witness.new.outcome, witness.new.causes) == ("approved", "fix", ("C04 fix",))
    assert change.answer("laxer").scope == (f"llc on {DAY}", "for lists of any length")
    assert report.different
    assert any(flip.rules == ("C04",) for flip in report.flips)


def test_the_solver_finds_the_boundary_where_no_case_shows_it(changed, tmp_path):
    new = changed(("law/company.yaml", "s.due_on <= decided_on + parameters", "s.due_on < decided_on + parameters"))
    (new.folder / "cases" / "C04.yaml").unlink()
    old = replace(shipped(), folder=new.folder)
    witness = only(differences(old, new, today=DAY, on=DAY, items=[LLC])).answer("stricter").witness
    assert witness.case is None
    patch = {line.at: line.after for line in witness.patch}
    assert "2031-11-20" in patch.values()
    assert sum(pointer.startswith("/shareholders") for pointer in patch) == 1
    assert (outcome_of(old, witness), outcome_of(new, witness)) == ("approved", "fix")


@pytest.mark.parametrize(("years", "direction", "other"), [("16", "laxer", "stricter"), ("20", "stricter", "laxer")])
def test_a_threshold_moves_in_one_direction_only(changed, years, direction, other):
    """P01a sends persons below full age to an officer; only a rule of the base year can be loosened or tightened."""
    edit = ("parameters/persons.yaml", "value: 18", f"value: {years}")
    change = only(compared(changed, edit, rules=["P01a"]))
    assert change.rule == "P01a"
    assert change.answer(direction).verdict == "witness"
    assert change.answer(other).none_exists
    witness = change.answer(direction).witness
    sides = (witness.old.outcome, witness.new.outcome)
    assert sides == (("approved", "referred") if direction == "stricter" else ("referred", "approved"))
    assert any("id_number" in line.at for line in witness.patch)


def test_one_more_in_a_limit_gives_a_list_of_just_that_length(changed):
    edit = ("parameters/company.yaml", "value: 50", "value: 40")
    change = only(compared(changed, edit, rules=["C01"]))
    assert change.values["parameter max_shareholders"] == (50, 40)
    witness = change.answer("stricter").witness
    assert len(witness.application["shareholders"]) == 41
    assert (witness.old.outcome, witness.new.causes) == ("approved", ("C01 fix",))
    assert change.answer("laxer").none_exists


def test_another_form_of_the_same_condition_is_proved_equal(changed):
    edit = (
        "law/company.yaml",
        "every s in shareholders satisfies s.due_on <= decided_on + parameters.contribution_term",
        "not(some s in shareholders satisfies s.due_on > decided_on + parameters.contribution_term)",
    )
    report = compared(changed, edit)
    assert only(report).equal
    assert set(verdicts(only(report)).values()) == {"proved"}
    assert not report.different


def test_a_removed_rule_lets_through_what_it_kept_back(changed):
    edit = ("law/company.yaml", "in_force: {from: 2024-07-01}\n  last_checked_on: 2026-11-22\n  entities: [llc]\n  # Establishment is",
            "in_force: {from: 2024-07-01, to: 2026-11-01}\n  last_checked_on: 2026-11-22\n  entities: [llc]\n  # Establishment is")  # fmt: skip
    change = only(compared(changed, edit))
    assert (change.rule, change.kind) == ("C04", "removed")
    assert verdicts(change) == {"stricter": "proved", "laxer": "witness", "outcome": "proved"}
    assert change.answer("laxer").witness.old.causes == ("C04 fix",)


def test_a_later_end_is_met_on_the_day_that_it_begins_to_matter(changed):
    edit = ("law/company.yaml", "in_force: {from: 2024-07-01}\n  last_checked_on: 2026-11-22\n  entities: [llc]\n  # Establishment is",
            "in_force: {from: 2024-07-01, to: 2026-12-31}\n  last_checked_on: 2026-11-22\n  entities: [llc]\n  # Establishment is")  # fmt: skip
    new = changed(edit)
    report = differences(replace(shipped(), folder=new.folder), new, today=DAY, items=[LLC], rules=["C04"])
    assert report.days[0] == DAY
    assert date(2027, 1, 1) in report.days
    change = only(report)
    assert change.where[0] == (LLC, date(2027, 1, 1))
    assert change.answer("laxer").verdict == "witness"
    assert change.answer("laxer").witness.on == date(2027, 1, 1)


def test_a_new_rule_shows_whom_it_keeps_back(changed):
    first = "- id: C01\n"
    new = """- id: C99
  title: {zh: 员工不少于十人, en: at least ten employees}
  basis: [{law: 公司法, version: 2023-12-29, article: 42}]
  in_force: {from: 2024-07-01}
  last_checked_on: 2026-11-22
  entities: [llc]
  holds_when: employees >= 10
  on_violation: fix
  at: /employees
  notice: {zh: 员工太少, en: too few employees}
  remedy: {zh: 请增加, en: add some}

- id: C01
"""
    change = only(compared(changed, ("law/company.yaml", first, new)))
    assert (change.rule, change.kind) == ("C99", "new")
    assert verdicts(change) == {"stricter": "witness", "laxer": "proved", "outcome": "proved"}
    assert change.answer("stricter").witness.new.causes == ("C99 fix",)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """One comparison with changes to rules that do not meet: loading a book is most of the time of a test."""
    table = "".join(
        (PACKAGED / "tables" / "company.yaml").read_text("utf-8").partition("in_force: {from: 2024-07-01}")[1:]
    )
    row = '{when: [\'"equity", "claim", "data", "virtual_property"\']'
    table = table[: table.index(row) + len(row)]
    changes = (
        ("law/company.yaml", 'every s in shareholders satisfies s.person.nationality = "CHN" and s.person.id_type = "resident_id"',
         'every one in shareholders satisfies "resident_id" = one.person.id_type and one.person.nationality = "CHN"'),
        ("law/company.yaml", 'at: "{s.at}/person"', 'at: "{one.at}/person"'),
        ("law/company.yaml", "股东{s.person.name}的国籍（地区）是{s.person.nationality}、证件是{s.person.id_type}", "股东的国籍或者证件不合"),
        ("law/company.yaml", "the shareholder {s.person.name} is of {s.person.nationality} with the document {s.person.id_type}", "the shareholder"),
        ("law/company.yaml", "s.due_on <= decided_on + parameters.contribution_term\n  on_violation: fix",
         "s.due_on <= decided_on + parameters.contribution_term\n  on_violation: refer"),
        ("law/company.yaml", "zh: 认缴出资日期不早于公司成立", "zh: 出资日期不早于成立"),
        ("law/persons.yaml", 'p.barred_office != null and p.barred_office != "military"', 'p.barred_office != null and p.barred_office != "judge"'),
        ("tables/company.yaml", table, table.replace(row, row.replace(', "claim"', ""))),
        ("parameters/registry.yaml", "value: P1Y", "value: P2Y"),
    )  # fmt: skip
    new = copied(tmp_path_factory.mktemp("many") / "book", *changes)
    return differences(replace(shipped(), folder=new.folder), new, today=DAY, on=DAY, items=[LLC])


def change_of(report, rule):
    return next(change for change in report.changes if change.rule == rule)


def test_reordered_conditions_and_renamed_variables_are_words(report):
    words = {one.rule: one.members for one in report.words}
    assert words == {"C02": ("holds_when", "at", "notice"), "C04a": ("title",)}
    assert not {"C02", "C04a"} & {change.rule for change in report.changes}


def test_another_effect_changes_the_outcome_and_no_approval(report):
    change = change_of(report, "C04")
    assert change.aspects == ("effect",)
    assert verdicts(change) == {"stricter": "proved", "laxer": "proved", "outcome": "witness"}
    witness = change.answer("outcome").witness
    assert (witness.old.outcome, witness.new.outcome) == ("fix", "referred")
    assert not change.equal


def test_a_row_of_a_table_reaches_the_rules_that_call_it(report):
    reached = [change for change in report.changes if "table contribution_method" in change.aspects]
    assert "C05" in {change.rule for change in reached}
    for change in reached:
        old, new = change.values["table contribution_method"]
        assert ("claim" in str(old), "claim" in str(new)) == (True, False)
        assert change.kind == "changed"


def test_a_change_that_another_rule_covers_names_it(report):
    """A judge is kept back by P09 as well, so nothing gets stricter; a soldier is let through, not the first of the list."""
    change = change_of(report, "P10")
    stricter = change.answer("stricter")
    assert (stricter.verdict, stricter.rules, stricter.witness) == ("covered", ("P09",), None)
    witness = change.answer("laxer").witness
    (line,) = witness.patch
    assert (line.at.startswith("/people/"), line.at.endswith("/barred_office")) == (True, True)
    assert (line.at != "/people/0/barred_office", line.after) == (True, "military")
    assert (witness.old.outcome, witness.new.outcome) == ("referred", "approved")


def test_what_no_condition_reads_is_told_beside(report):
    assert ("parameter read by no condition", "citation_check_valid_for") in [
        (one.kind, one.name) for one in report.beside
    ]


def test_every_application_decided_differently_is_listed(report):
    assert report.looked_at > len(report.flips) > 0
    for flip in report.flips:
        # A check of the law that counts for a longer time takes H01 away, which is no rule of the sets.
        assert flip.rules or flip.old.causes == ("H01 refer",)
        assert flip.old.outcome != flip.new.outcome


def test_the_report_reads_as_json_and_as_lines(report):
    found = json.loads(json.dumps(report_json(report)))
    assert found["different"] is True
    assert sum(found["verdicts"].values()) == 3 * len(report.changes)
    text = "\n".join(report_lines(report))
    assert "/barred_office = military (原 was none)" in text
    assert "P09本来就不允许" in text
    assert "C02: holds_when、at、notice" in text


def test_values_are_told_as_their_author_wrote_them():
    assert [plain_json(value) for value in (YearsMonths(48), date(2026, 1, 2), Decimal(3), ("a",))] == [
        "P4Y",
        "2026-01-02",
        3,
        ["a"],
    ]


def command(*arguments):
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


def test_the_command_ends_with_one_where_meaning_differs_and_with_zero_where_it_does_not(tmp_path):
    edit = ("law/company.yaml", "s.due_on <= decided_on + parameters", "s.due_on < decided_on + parameters")
    old, new = copied(tmp_path / "old").folder, copied(tmp_path / "new", edit).folder
    found = command(old, new, "--on", DAY, "--item", LLC, "--rule", "C04", "--json")
    assert found.exit_code == 1
    answers = {one["direction"]: one for one in json.loads(found.stdout)["changes"][0]["answers"]}
    assert (answers["stricter"]["verdict"], answers["laxer"]["verdict"]) == ("witness", "proved")
    assert answers["stricter"]["witness"]["application"]["shareholders"][1]["due_on"] == "2031-11-20"


def test_the_command_says_what_it_does_not_know(tmp_path):
    assert "neither book has it" in command(PACKAGED, PACKAGED, "--item", "1").output
    assert command(PACKAGED, tmp_path / "nowhere").exit_code == 2
    assert command(PACKAGED, PACKAGED, "--on", "2026-02-30").exit_code == 2
