"""Grounds outside the rules: law that was not checked lately or is not in force, and an item that was stopped."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.cases import moment
from engine.decide import decide
from engine.disclosure import disclosed
from engine.explain import findings_json, notice, unexplained
from engine.holds import ITEM_STOPPED, STALE, STOPPED, holds, stale_on
from engine.model import Outcome, Result
from rules.model import LegalBasis
from rules.register import Register

if TYPE_CHECKING:
    from rules.freshness import Relied

DAY = date(2026, 11, 20)
AT = moment(DAY)
_digests = iter(range(10**60, 10**60 + 10**6))


@pytest.fixture
def decided(document, application, evidence):
    """Decide a base application on a rule set, on a day, with facts of the case."""

    def run(rule_set, kind="llc", at=AT, **case):
        return decide(application(document(kind)), evidence(kind), rule_set, at, case)

    return run


def with_law(rule_set, **changes):
    """Return a rule set with other law on file, and a digest of its own."""
    return replace(rule_set, law=replace(rule_set.law, **changes), digest=f"{next(_digests):064d}")


def checked(rule_set, days: dict[str, date]):
    """Return a rule set in which some rules were last checked on other days."""
    relied = tuple(
        replace(one, checks=((days[one.rule], one.bases[:1]),)) if one.rule in days else one
        for one in rule_set.law.relied
    )
    return with_law(rule_set, relied=relied)


def held(decision) -> list[str]:
    return [finding.rule for finding in decision.findings if finding.rule.startswith("H")]


def test_a_base_application_is_approved_and_nothing_is_held(rule_set, decided) -> None:
    decision = decided(rule_set())
    assert (decision.outcome, held(decision)) == (Outcome.APPROVED, [])


def test_one_rule_checked_too_long_ago_makes_a_referral_that_names_rule_and_article(rule_set, decided) -> None:
    chosen = checked(rule_set(), {"C03": date(2026, 11, 1), "C04": date(2025, 11, 19)})
    decision = decided(chosen)
    assert decision.outcome is Outcome.REFERRED
    (finding,) = [one for one in decision.findings if one.rule == STALE]
    (place,) = finding.places
    assert (finding.result, finding.effect) == (Result.VIOLATED, "refer")
    assert place.observed["rule"] == "C04"
    assert "《公司法》第四十七条第一款" in place.notice.zh
    assert "2025-11-19" in place.notice.en
    assert decided(checked(rule_set(), {"C04": date(2025, 11, 20)})).outcome is Outcome.APPROVED  # the last day


def test_findings_stay_in_the_order_of_their_ids(rule_set, decided) -> None:
    decision = decided(checked(rule_set(), {"C04": date(2020, 1, 1)}), **{ITEM_STOPPED: "核查中"})
    ids = [finding.rule for finding in decision.findings]
    assert ids == sorted(ids)
    assert held(decision) == [STALE, STOPPED]


def test_a_stale_rule_that_does_not_apply_holds_nothing_back(rule_set, decided) -> None:
    chosen = checked(rule_set("individual"), {"A06": date(2020, 1, 1)})
    decision = decided(chosen, "individual")
    result = next(finding.result for finding in decision.findings if finding.rule == "A06")
    assert (result, decision.outcome) == (Result.NOT_APPLICABLE, Outcome.APPROVED)


def test_a_stale_rule_counts_though_it_does_not_apply_when_law_says_that_it_does_not(rule_set, decided) -> None:
    """`applies_when` of C13 reads a table of law: what took it out of the case may be out of date."""
    chosen = checked(rule_set(), {"C13": date(2020, 1, 1)})
    decision = decided(chosen)
    result = next(finding.result for finding in decision.findings if finding.rule == "C13")
    assert (result, decision.outcome, held(decision)) == (Result.NOT_APPLICABLE, Outcome.REFERRED, [STALE])


def test_the_law_of_the_item_counts_for_every_application(rule_set, decided) -> None:
    chosen = rule_set()
    gone = LegalBasis(law="公司登记管理条例", version="2016-02-06", article="4")
    decision = decided(with_law(chosen, item=(gone,)))
    (finding,) = [one for one in decision.findings if one.rule == STALE]
    (place,) = finding.places
    assert decision.outcome is Outcome.REFERRED
    assert place.observed["item"] == chosen.item.code
    assert chosen.item.name.zh in place.notice.zh
    assert chosen.item.basis == chosen.law.item


@pytest.mark.parametrize(
    ("period", "outcome"),
    [
        ({"from": "2024-07-01"}, Outcome.APPROVED),
        ({"from": "2024-07-01", "to": "2026-11-20"}, Outcome.APPROVED),
        ({"from": "2024-07-01", "to": "2026-11-19"}, Outcome.REFERRED),
        ({"from": "2026-11-21"}, Outcome.REFERRED),
    ],
    ids=["in force", "its last day", "the day after", "the day before"],
)
def test_an_edition_that_is_not_in_force_that_day_makes_a_referral(rule_set, decided, period, outcome) -> None:
    chosen = rule_set()
    editions = tuple(
        type(one).model_validate({**one.model_dump(by_alias=True), "in_force": period}) if one.law == "公司法" else one
        for one in chosen.law.register.editions
    )
    decision = decided(with_law(chosen, register=Register(editions)))
    assert decision.outcome is outcome
    assert held(decision) == ([] if outcome is Outcome.APPROVED else [STALE])


def test_an_article_that_is_not_on_file_makes_a_referral(rule_set, decided) -> None:
    decision = decided(with_law(rule_set(), register=Register(())))
    assert (decision.outcome, held(decision)) == (Outcome.REFERRED, [STALE])


def test_the_law_of_a_table_counts_for_the_rules_that_call_it(rule_set) -> None:
    chosen = rule_set()
    relied = next(one for one in chosen.law.relied if one.rule == "C17")
    assert len(relied.checks) == 2  # the rule's own, and that of the table of terms
    called = replace(relied, checks=(relied.checks[0], (date(2020, 1, 1), relied.checks[1][1])))
    law = replace(chosen.law, relied=(called,))
    assert [stale.reason for stale in law.stale(DAY)["C17"]] == ["unchecked", "unchecked"]


def test_the_law_of_a_parameter_counts_for_the_rules_that_read_it(rule_set) -> None:
    relied = next(one for one in rule_set().law.relied if one.rule == "P14")
    assert LegalBasis(law="民法典", version="2020-05-28", article="17") in relied.bases


def test_a_stopped_item_is_referred_and_its_reason_told(rule_set, decided) -> None:
    decision = decided(rule_set(), item_stopped="专项检查")
    (finding,) = [one for one in decision.findings if one.rule == STOPPED]
    assert decision.outcome is Outcome.REFERRED
    assert "专项检查" in finding.places[0].notice.zh
    assert "专项检查" in finding.places[0].notice.en
    assert decided(rule_set(), item_stopped="").outcome is Outcome.REFERRED  # stopped, even without a word
    assert decided(rule_set(), item_stopped=None).outcome is Outcome.APPROVED


def test_only_an_approval_is_held_back(rule_set, decided, document, application, evidence) -> None:
    broken = document()
    broken["declarations"]["truthful"] = False
    chosen = checked(rule_set(), {"C04": date(2020, 1, 1)})
    decision = decide(application(broken), evidence(), chosen, AT, {ITEM_STOPPED: "x"})
    assert (decision.outcome, held(decision)) == (Outcome.FIX, [])


def test_the_applicant_is_told_and_nothing_is_asked_of_them(rule_set, decided) -> None:
    chosen = checked(rule_set(), {"C04": date(2020, 1, 1)})
    decision = decided(chosen, **{ITEM_STOPPED: "核查中"})
    told = notice(decision, chosen.item.organ)
    assert [entry.rule for entry in told.with_a_person] == [STALE, STOPPED]
    assert told.defects == ()
    assert not unexplained(decision)
    for language in ("zh", "en"):
        assert "C04" in told.to_text(language)
    shown, withheld = disclosed(decision, chosen)
    assert (held(shown), withheld) == ([STALE, STOPPED], 0)
    for public in (True, False):
        ids = [finding["rule"] for finding in findings_json(decision, public=public)]
        assert {STALE, STOPPED} <= set(ids)


def test_what_is_stale_is_worked_out_once_a_day(rule_set) -> None:
    chosen = checked(rule_set(), {"C04": date(2020, 1, 1)})
    assert stale_on(chosen, DAY) is stale_on(chosen, DAY)
    assert set(stale_on(chosen, DAY)) == {"C04"}


def test_a_set_of_the_first_schema_has_no_law_on_file_to_ask(rule_set, decided) -> None:
    chosen = replace(rule_set(), law=None, digest=f"{next(_digests):064d}")
    assert decided(chosen).outcome is Outcome.APPROVED  # only an export loads such a set, to replay what was decided


def test_holds_says_nothing_without_findings(rule_set) -> None:
    chosen = checked(rule_set(), {"C04": date(2020, 1, 1)})
    assert holds(chosen, DAY, {}, ()) == ()


def test_an_explanation_says_which_row_of_a_table_decided(rule_set, document, application, evidence) -> None:
    wrong = document()
    wrong["shareholders"][1]["method"] = "labour"  # only the second
    wrong["officers"][0]["term_years"] = 4
    decision = decide(application(wrong), evidence(), rule_set(), AT)
    found = {finding.rule: finding for finding in decision.findings}
    (place,) = found["C06"].places
    assert place.at == "/shareholders/1/method"
    assert place.observed["tables.contribution_method"] == [4]
    assert found["C17"].places[0].observed["tables.term_allowed"] == ["default"]
    assert {"48", "13"} == {basis.article for basis in found["C06"].basis}
    public = next(one for one in findings_json(decision, public=True) if one["rule"] == "C06")
    assert public["places"][0]["observed"]["tables.contribution_method"] == "***"


def test_every_rule_of_every_item_rests_on_something_that_is_checked(book) -> None:
    for item in book.items:
        rule_set = book.rule_set(item.code, max(item.in_force.from_, DAY))
        relied: dict[str, Relied] = {one.rule: one for one in rule_set.law.relied}
        assert relied.keys() == {rule.rule.id for rule in rule_set.rules}
        assert all(one.bases and one.checks for one in relied.values())


def test_a_year_after_the_check_the_packaged_book_relies_on_no_rule(rule_set) -> None:
    chosen = rule_set()
    assert stale_on(chosen, date(2027, 11, 22)) == {}
    assert set(stale_on(chosen, date(2027, 11, 23))) == {rule.rule.id for rule in chosen.rules}
