"""Every kind of defect, planted in a book, is found with a witness that shows it."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import make_rule, make_set

from rules.errors import RuleBookError
from rules.fact_schema import FactSchema
from rules.feel import parse
from rules.feel.table import Clause, Row, read_table
from rules.feel.tree import BooleanLiteral
from rules.model import LegalBasis, Text
from rules.proof.accepted import Accepted, judge
from rules.proof.duties import Duty, read_duties
from rules.proof.encode import Encoder
from rules.proof.protected import Protected, check_protected
from rules.proof.results import Result
from rules.proof.rule_checks import check_rule
from rules.proof.set_checks import check_set
from rules.proof.solve import Questions
from rules.proof.space import Space
from rules.proof.table_checks import check_table
from rules.proof.tables import table_term
from rules.proof.unbounded import reason_against

BASIS = (LegalBasis(law="公司法", version="2023-12-29", article="47"),)
WORDS = Text(zh="试", en="tried")


def findings(base, rule):
    return {result.id: result for result in check_rule(base, rule).results if not result.ok}


def test_a_rule_that_is_always_kept_is_found(base):
    found = findings(base, make_rule("T01", "employees >= 0"))
    assert "rule:T01:broken" in found


def test_a_rule_that_can_never_be_kept_is_found(base):
    found = findings(base, make_rule("T01", "employees < 0"))
    assert "rule:T01:holds" in found


def test_a_rule_that_never_applies_is_found(base):
    found = findings(base, make_rule("T01", "declarations.truthful", 'entity.kind = "individual"'))
    assert "rule:T01:applies" in found


def test_a_sound_rule_has_no_finding_and_a_witness_for_every_question(base):
    answers = check_rule(base, make_rule("T01", "declarations.truthful and employees < 10"))
    assert all(result.ok and result.facts is not None for result in answers.results)
    assert len(answers.results) == 2 + 1 + 2 * 2 - 0  # applies, holds, broken; two conditions, each true and false


def test_a_dead_conjunct_is_found_by_its_text(base):
    found = findings(base, make_rule("T01", "employees < 10 and employees < 20"))
    assert set(found) == {"condition:T01:2:false"}
    assert "employees < 20" in found["condition:T01:2:false"].en


def test_a_dead_disjunct_inside_a_loop_is_found(base):
    found = findings(
        base, make_rule("T01", "every s in shareholders satisfies s.subscribed_fen > 5 or s.subscribed_fen > 9")
    )
    assert "condition:T01:2:true" in found


def test_a_limit_of_fifty_is_reached_by_longer_lists(base):
    assert findings(base, make_rule("T01", "count(shareholders) <= parameters.max_shareholders")) == {}


def test_three_values_a_null_operand_makes_no_rule_kept(base):
    found = {r.id: r for r in check_rule(base, make_rule("T01", "address.exists")).results}
    assert found["rule:T01:broken"].facts["address"] == {"exists": False}


def test_months_are_added_by_the_calendar(base):
    # 2026-11-22 minus five years; only a day on or before 2021-11-22 keeps the rule.
    rule = make_rule(
        "T01", "legal_representative.person.court.economic_crime_until + parameters.crime_bar <= decided_on"
    )
    found = {r.id: r for r in check_rule(base, rule).results}
    day = found["rule:T01:broken"].facts["legal_representative"]["person"]["court"]["economic_crime_until"]
    assert day > "2021-11-22"


@pytest.mark.parametrize(
    ("policy", "cells", "bad", "facts"),
    [
        ("U", ["< 10", "> 10"], "gap", 10),
        ("U", ["<= 10", ">= 10"], "overlap:1:2", 10),
        ("A", ["<= 10", ">= 10"], "overlap:1:2", 10),
        ("F", ["<= 10", "<= 5", "> 10"], "decides:2", None),
    ],
)
def test_a_table_with_a_defect_is_found(base, policy, cells, bad, facts):
    rows = [Row([cell], [str(index)]) for index, cell in enumerate(cells)]
    table = read_table(
        "fees", policy, inputs=[Clause("amount", "number")], outputs=[Clause("fee", "number")], rows=rows
    )
    found = {result.id.removeprefix("table:fees:"): result for result in check_table(base, table) if not result.ok}
    assert set(found) == {bad}
    assert facts is None or found[bad].facts == {"amount": facts}


def test_a_sound_table_has_no_finding(base):
    rows = [Row(['"money"', "-"], ["1"]), Row(['"kind"', "< 5"], ["2"]), Row(['"kind"', ">= 5"], ["3"])]
    inputs = [Clause("method", "string", '"money", "kind"'), Clause("amount", "number")]
    table = read_table("fees", "U", inputs=inputs, outputs=[Clause("fee", "number")], rows=rows)
    results = list(check_table(base, table))
    assert len(results) == 1 + 3 + 3
    assert all(result.ok for result in results)


def test_one_table_asked_of_two_values_gives_two_answers(base):
    rows = [Row(["< 10"], ["1"]), Row([">= 10"], ["2"])]
    table = read_table("fees", "U", inputs=[Clause("amount", "number")], outputs=[Clause("fee", "number")], rows=rows)
    node = parse("tables.fees(employees) = 1 and tables.fees(employees + 10) = 2", ("employees", "tables"))
    encoder = Encoder(Space(base.schema, base.day, base.given), {}, {"tables.fees": table_term(table)})
    questions = Questions(encoder, [encoder.condition(node).true])
    assert 0 <= questions.ask().facts["employees"] < 10


def test_two_demands_that_cannot_both_be_met_are_found(base):
    rules = (
        make_rule("T01", "employees < 10"),
        make_rule("T02", "employees > 20"),
        make_rule("T03", "declarations.truthful"),
    )
    found = {result.id: result for result in check_set(base, make_set(*rules)) if not result.ok}
    item = make_set().item.code
    assert f"contradiction:{item}:T01:T02" in found
    assert found[f"contradiction:{item}:T01:T02"].facts["employees"] < 10
    assert f"approvable:{item}" in found
    assert not any("contradiction" in name and "T03" in name for name in found)


def duty(holds: str) -> Duty:
    return Duty(id="tried", title=WORDS, basis=BASIS, holds_when=holds)


def duty_result(base, rules, holds: str) -> Result:
    results = check_set(base, make_set(*rules), (duty(holds),))
    return next(result for result in results if result.check == "duty")


def test_a_duty_that_no_rule_carries_gives_an_application_without_it(base):
    found = duty_result(base, [make_rule("T01", "declarations.truthful")], "address.exists = true")
    assert not found.ok
    assert found.verdict == "witness"
    assert (found.facts["address"] or {"exists": None})["exists"] is not True


def test_a_duty_names_the_rules_that_carry_it_and_reaches_lists_of_any_length(base):
    rules = [
        make_rule("T01", "every s in shareholders satisfies s.due_on <= decided_on + parameters.contribution_term"),
        make_rule("T02", "employees < 10"),
    ]
    found = duty_result(base, rules, 'not(some s in shareholders satisfies s.due_on > decided_on + duration("P5Y"))')
    assert (found.ok, found.uses, found.scope) == (True, ("T01",), "for any number of entries")


LINKED = (
    "every s in shareholders, o in officers satisfies s.person.ref = o.person.ref or s.person.ref = liaison.ref"
    " or s.person.ref = legal_representative.person.ref or o.person.ref = liaison.ref"
    " or o.person.ref = legal_representative.person.ref or liaison.ref = legal_representative.person.ref"
)


def test_a_duty_that_four_people_can_break_is_not_proved_of_any_number_by_three(base):
    found = duty_result(base, [make_rule("T01", "legal_representative != null")], LINKED)
    assert base.given.entries["people"] == 3
    assert found.scope != "for any number of entries"


def reason(base, kept, claim, functions=()):
    names = tuple(base.schema.scope)
    nodes = [(BooleanLiteral(value=True), parse(text, names)) for text in kept]
    return reason_against(nodes, parse(claim, names), base.schema, base.given, functions)


def test_what_a_proof_reaches_is_counted_list_by_list(base):
    fine = "every s in shareholders satisfies s.subscribed_fen > 0"
    assert reason(base, [fine], fine) is None
    assert (
        reason(base, [fine], "every a in shareholders, b in shareholders satisfies a.person.ref = b.person.ref") is None
    )
    with_two = (
        "every a in shareholders, b in shareholders satisfies a.person.ref = b.person.ref or a.person.ref = liaison.ref"
    )
    assert reason(base, [fine], with_two) is None
    with_more = f"{with_two} or a.person.ref = agent.person.ref"
    assert "more entries" in (reason(base, [fine], with_more) or "")
    assert "more entries" in (reason(base, [fine, "agent.person.age > 1 and liaison.age > 1"], LINKED) or "")
    role = 'every s in shareholders satisfies list contains(s.person.roles, "shareholder")'
    assert reason(base, [role], fine) is None


def test_an_entry_for_each_entry_or_one_at_a_place_is_not_understood(base):
    fine = "every s in shareholders satisfies s.subscribed_fen > 0"
    for text in (
        "every s in shareholders satisfies some o in officers satisfies o.person.ref = s.person.ref",
        "officers[3] = null",
        "every s in shareholders satisfies list contains(s.person.roles, s.method)",
    ):
        assert "not understood" in (reason(base, [text], fine) or ""), text


ENTRY = "- {id: %s, title: {zh: 试, en: tried}, basis: [{law: 公司法, version: 2023-12-29, article: 47}], holds_when: '%s'}\n"


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (("two", "premises.address"), r"duties.yaml:2:\d+: two: holds_when: .*address"),
        (("two", "employees"), "duties.yaml:2:.*two: holds_when is of type number"),
        (("two", "employees >"), "duties.yaml:2:"),
        (("one", "employees > 1"), "duties.yaml:2:.*stands twice"),
        (("Two", "employees > 1"), "duties.yaml:2:"),
    ],
)
def test_the_second_of_two_duties_is_refused_with_its_place(base, tmp_path, second, message):
    scope = dict(base.schema.scope)
    (tmp_path / "duties.yaml").write_text(ENTRY % ("one", "employees > 1"), "utf-8")
    assert [one.id for one in read_duties(tmp_path, scope)] == ["one"]
    (tmp_path / "duties.yaml").write_text(ENTRY % ("one", "employees > 1") + ENTRY % second, "utf-8")
    with pytest.raises(RuleBookError, match=message):
        read_duties(tmp_path, scope)


def test_a_duty_that_counts_says_how_far_it_was_tried(base):
    found = duty_result(base, [make_rule("T01", "count(shareholders) < 50")], "count(shareholders) <= 50")
    assert found.ok
    assert found.scope != "for any number of entries"
    assert found.uses == ("T01",)


def test_a_duty_one_above_the_limit_is_found(base):
    found = duty_result(base, [make_rule("T01", "count(shareholders) <= 51")], "count(shareholders) <= 50")
    assert not found.ok
    assert len(found.facts["shareholders"]) == 51


def test_a_rule_on_ethnicity_is_found_and_the_book_has_none(base):
    rule_set = make_set(make_rule("T01", "declarations.truthful"))
    records = {**rule_set.facts.records, "person": {**rule_set.facts.records["person"], "ethnicity": "string"}}
    facts = FactSchema(rule_set.facts.scope, records, rule_set.facts.sources)
    guilty = make_rule("T02", 'every p in people satisfies p.ethnicity = "01"')
    whole = make_rule("T03", "some p in people satisfies p = liaison")
    attribute = Protected(id="ethnicity", title=WORDS, application=(), facts=("ethnicity",))
    clean = list(check_protected(replace(rule_set, facts=facts), [attribute]))
    found = list(check_protected(replace(rule_set, facts=facts, rules=(*rule_set.rules, guilty, whole)), [attribute]))
    assert clean[0].ok
    assert not found[0].ok
    assert found[0].uses == ("T02", "T03")


def test_an_accepted_finding_that_no_longer_occurs_is_an_error():
    bad = Result("rule:T01:broken", "rule", "T01", "proved", ok=False, zh="", en="")
    entries = [Accepted(findings=("rule:T01:*",), reason=WORDS), Accepted(findings=("rule:T02:broken",), reason=WORDS)]
    judged = judge([bad], entries, whole=True)
    assert (judged.open, judged.stale) == ((), ("rule:T02:broken",))


def test_a_witness_that_is_not_confirmed_cannot_be_accepted():
    bad = Result("rule:T01:broken", "rule", "T01", "not_confirmed", ok=False, zh="", en="")
    assert judge([bad], [Accepted(findings=("*",), reason=WORDS)], whole=True).open == (bad,)
