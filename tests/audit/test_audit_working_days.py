"""A rule that counts working days, from the decision by both evaluators to an export that replays with its calendar."""

from dataclasses import replace
from datetime import timedelta

import pytest

from audit.export import export
from audit.export_reader import Export
from audit.replay import replay
from audit.verify import verify
from engine.model import Outcome, Result
from rules.load import book_files, load
from tests.audit.conftest import DECIDED_AT

RULE = """\
- id: Z01
  title: {zh: 出资期限不早于五个工作日, en: five working days at least to contribute}
  basis: [{law: 公司法, version: 2023-12-29, article: 47, paragraph: 1}]
  in_force: {from: 2024-07-01}
  last_checked_on: 2026-11-22
  entities: [llc]
  holds_when: every s in shareholders satisfies add working days(decided_on, 5) <= s.due_on
  on_violation: fix
  at: "{s.at}/due_on"
  notice: {zh: "早于{add working days(decided_on, 5)}", en: "before {add working days(decided_on, 5)}"}
  remedy: {zh: 请改正, en: correct it}
"""


@pytest.fixture(scope="module")
def counting(office, tmp_path_factory):
    """An office whose book has a rule that counts working days."""
    folder = tmp_path_factory.mktemp("counting")
    for path in book_files(office.book.folder):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((office.book.folder / path).read_bytes())
    (folder / "law" / "sample.yaml").write_text(RULE, "utf-8")
    other = object.__new__(type(office))
    other.__dict__.update(office.__dict__, book=load(folder))
    return other


def finding(case):
    assert case.decision.disagreements == ()
    return next(one for one in case.decision.findings if one.rule == "Z01")


def test_the_decision_counts_and_the_notice_names_the_day(counting):
    assert finding(counting.case("llc")).result is Result.SATISFIED
    soon = (DECIDED_AT + timedelta(days=6)).date().isoformat()
    late = counting.case("llc", patch={"shareholders": {"1": {"due_on": soon}}})
    found = finding(late)
    assert (found.result, [place.at for place in found.places]) == (Result.VIOLATED, ["/shareholders/1/due_on"])
    assert found.places[0].notice.en.startswith("before 20")


def test_beyond_the_calendar_nobody_is_approved(counting):
    at = DECIDED_AT.replace(year=2026, month=12, day=30)
    case = counting.case("llc", at=at)
    assert finding(case).result is Result.UNDETERMINED
    assert finding(case).effect == "refer"
    assert case.decision.outcome is Outcome.REFERRED


def test_an_export_carries_the_calendar_and_replays(world, counting, tmp_path):
    case = counting.case("llc", number=1)
    cases = dict(zip(world.append(case.record.leaf), (case,), strict=True))
    with world.engine.connect() as connection:
        export(tmp_path / "export", world.log, connection, replace(counting.holdings(cases, {})))
    opened = Export(tmp_path / "export")
    assert verify(opened).faults == []
    (calendar,) = {path.parent for path in (tmp_path / "export" / "rules").rglob("calendar/2026.yaml")}
    rule_sets = opened.rule_sets()
    for index, record in opened.records():
        assert replay(opened.inputs(index), record, rule_sets.get(record.content["rule_set"]), counting.keys) is None
    (calendar / "2026.yaml").write_text("[]")
    assert verify(Export(tmp_path / "export")).faults
