"""The backtest: a changed rule shows on the days on which it works, however far ahead, and nothing else is told as a change."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

import pytest

from api.past_decisions import of_cases
from audit.backtest import MAX_DAYS, backtest, new_days, recorded_decision, verdict
from audit.inputs import Inputs
from engine.facts import decision_day
from rules.bundle import read_folder, write_folder
from rules.load import PACKAGED, load, load_rule_book
from tests.support.rule_releases import changed_book
from verifiers.keys import SourceKeys

LLC = "00013112700401"
COMPANY = "parameters/company.yaml"
TERM = """    - in_force: {from: 2024-07-01}
      value: P5Y
      basis: [{law: 公司法, version: 2023-12-29, article: 47, paragraph: 1}]
"""
SHORT = TERM.replace("P5Y", "P0Y")


def edition(value: str, first: date, last: date | None = None) -> str:
    until = "" if last is None else f", to: {last}"
    return TERM.replace("2024-07-01}", f"{first}{until}}}").replace("P5Y", value)


def from_day(day: date) -> str:
    return edition("P5Y", date(2024, 7, 1), day - timedelta(days=1)) + edition("P0Y", day)


@pytest.fixture(scope="module")
def approved():
    """Some cases of companies that the packaged book approves; a term of no years for contributions sends them back."""
    old, day = load_rule_book(), date(2026, 11, 20)
    of_companies = (one for one in of_cases(PACKAGED) if one.item == LLC and decision_day(one.at) == day)
    found = list(islice((one for one in of_companies if verdict(old, one).outcome == "approved"), 6))
    assert len(found) == 6
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Books by text of the contribution term, loaded once each."""
    books = {}

    def of(text):
        if text not in books:
            books[text] = changed_book(tmp_path_factory.mktemp("book"), (COMPANY, TERM, text))
        return books[text]

    return of


def test_the_same_book_changes_nothing_and_no_day_is_added(approved):
    old = load_rule_book()
    found = backtest(old, old, approved, today=date(2026, 11, 22))
    assert (found.compared, found.days, found.flips, found.reasons_changed) == (len(approved), (), [], [])


@pytest.mark.parametrize("day", [date(2026, 12, 1), date(2027, 11, 23), date(2028, 6, 1)])
def test_a_change_shows_on_its_day_beyond_the_time_for_which_checks_of_law_are_good(approved, made, day):
    now = backtest(load_rule_book(), made(SHORT), approved)
    assert now.kinds()["approved-to-fix"] > 0
    later = backtest(load_rule_book(), made(from_day(day)), approved)
    assert later.days == (day,)
    assert later.kinds() == now.kinds()
    assert {flip.on for flip in later.flips} == {day}
    assert later.flips[0].to_json()["gained"] == now.flips[0].to_json()["gained"]


def test_days_that_change_nothing_here_do_not_push_the_near_one_out(approved, made):
    near, years = date(2027, 1, 1), range(2090, 2090 + MAX_DAYS)
    first = edition("P5Y", date(2024, 7, 1), date(2026, 12, 31)) + edition("P0Y", near, date(2089, 12, 31))
    many = "".join(edition("P0Y", date(year, 1, 1), date(year, 12, 31)) for year in years)
    found = backtest(load_rule_book(), made(first + many), approved[:1])
    assert found.days[0] == near
    assert len(found.days) == MAX_DAYS
    assert found.days_left_out == (date(2090 + MAX_DAYS - 1, 1, 1), date(2090 + MAX_DAYS, 1, 1))
    assert found.to_json()["days_left_out"][-1] == f"{2090 + MAX_DAYS}-01-01"
    assert found.flips


def test_days_before_every_decision_are_no_days_to_decide_again_on(approved, made):
    assert backtest(load_rule_book(), made(SHORT), approved).days == ()


def test_law_and_calendar_have_days_and_with_today_everything_that_begins_later(tmp_path):
    files = dict(read_folder())
    calendar = next(path for path in sorted(files) if path.startswith("calendar/2026"))
    files[calendar] = files[calendar].replace("国务院办公厅关于".encode(), "国务院办公厅 关于".encode(), 1)
    write_folder(files, tmp_path)
    old, new = load_rule_book(), load(tmp_path)
    assert new_days(old, new) == (date(2026, 1, 1), date(2027, 1, 1))
    edited = replace(old, digest="0" * 64)
    assert new_days(old, edited) == ()
    assert new_days(old, edited, date(2026, 11, 22)) == (date(2027, 1, 1),)  # an item of the packaged book begins then
    shorter = old.register.editions[1:]
    assert new_days(old, replace(edited, register=replace(old.register, editions=shorter)))


def test_why_an_item_was_stopped_hides_no_change(approved, made):
    """Recorded while the item was stopped, so referred by both books; the approval that the new one loses is told."""
    one = approved[0]
    case = {"item_stopped": "核查中", "own_names": []}
    nobody = SourceKeys({}, {}, "0" * 64)
    inputs = Inputs(one.raw, (), one.at, one.item, decision_day(one.at), "0" * 64, b"", None, case)
    taken = recorded_decision("d-1", inputs, nobody)
    assert taken.case == {"own_names": []}
    stopped = [replace(case, case={"item_stopped": "x"}) for case in approved]
    hidden = backtest(load_rule_book(), made(SHORT), stopped).kinds()
    shown = backtest(load_rule_book(), made(SHORT), [replace(case, case=taken.case) for case in stopped]).kinds()
    assert "approved-to-fix" not in hidden
    assert shown["approved-to-fix"] > 0


def test_kinds_are_counted_and_the_report_lists_approvals_lost_first(approved, made):
    found = backtest(made(SHORT), load_rule_book(), approved)
    assert found.kinds() == dict(Counter(flip.kind for flip in found.flips))
    assert {one["kind"] for one in found.to_json()["listed"]} == {"fix-to-approved"}
    assert all(one["lost"] and not one["gained"] for one in found.to_json()["listed"])
