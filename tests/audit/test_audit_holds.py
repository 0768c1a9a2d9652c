"""A decision that was held back: its record, its private inputs and its replay agree byte for byte."""

from dataclasses import replace

import pytest

from audit.decision_leaf import decision_record
from audit.inputs import Inputs
from audit.record import read_record
from audit.replay import replay
from engine.decide import decide
from engine.model import Outcome


@pytest.mark.parametrize("stopped", ["专项检查，自 2026-11-20 起", None])
def test_a_held_decision_is_recorded_and_replayed(office, stopped):
    case = office.case("llc")
    rule_set = office.book.rule_set(case.inputs.item, case.inputs.day)
    if stopped is None:  # the law of one rule was checked too long ago
        stale = replace(
            rule_set.law.relied[3], checks=((rule_set.item.in_force.from_.replace(year=2020), rule_set.rules[3].bases),)
        )
        relied = (*rule_set.law.relied[:3], stale, *rule_set.law.relied[4:])
        rule_set = replace(rule_set, law=replace(rule_set.law, relied=relied), digest="5" * 64)
    facts = {**case.inputs.case, **({"item_stopped": stopped} if stopped else {})}
    decision = decide(case.application, case.evidence, rule_set, case.inputs.at, facts)
    assert decision.outcome is Outcome.REFERRED
    kept = replace(case.inputs, case=facts, rule_set_digest=rule_set.digest)
    record = decision_record(decision, case.application, case.evidence, kept.circumstances, kept.salt, facts)
    again = Inputs.from_bytes(kept.to_bytes())
    assert replay(again, read_record(record.leaf), rule_set, office.keys) is None
    plain = next(one for one in record.content["findings"] if one["rule"] == ("H02" if stopped else "H01"))
    assert (plain["result"], plain["effect"]) == ("violated", "refer")
    assert "专项检查" not in record.leaf.decode()  # the reason is committed to, with the facts of the case
    unstopped = replace(again, case={"attempt": 1})
    difference = replay(unstopped, read_record(record.leaf), rule_set, office.keys)
    assert (difference is None) is (stopped is None)
