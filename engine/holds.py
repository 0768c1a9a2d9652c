"""Grounds outside the rules that keep an approval back: the case then goes to a person, and is told why.

Both are looked at only when every rule allows the approval, so nothing else about an outcome changes:

- `H01`: the law that a rule rests on was checked too long ago, or is not in force on the day of decision
  (`rules.freshness`). Rules that do not apply to the application count only where that is decided by law as well
  (`applies_when` reads a parameter, a table or a definition); the law of the item itself counts always.
- `H02`: the organ has stopped the automatic decision of this item (`case["item_stopped"]`, the reason in words). The
  facts of the case are recorded, so that a replay holds back what was held back.

Each is a finding like a rule's, in the order of ids; ids that begin with H belong to no rule.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.citation import citation
from engine.model import Finding, Place, Result
from rules.freshness import ITEM, StaleBasis
from rules.model import LegalBasis, Text
from rules.typed import RuleSet

STALE = "H01"
STOPPED = "H02"
ITEM_STOPPED = "item_stopped"
_KEPT = 256  # days and rule sets kept ready
# An approval is given under the powers, conditions and procedure that the law sets.
_BY_LAW = LegalBasis(law="行政许可法", version="2019-04-23", article="4")
_LISTED = LegalBasis(law="优化营商环境条例", version="2019-10-22", article="40", paragraph=1)
_RELIES = frozenset({Result.SATISFIED, Result.VIOLATED})
_WHY: Mapping[str, Text] = {
    "unchecked": Text(zh="核对已过有效期（最近核对：{checked}）", en="was last checked on {checked}, too long ago"),
    "not in force": Text(zh="在决定之日不是现行有效的版本", en="is not in force on the day of decision, in the edition cited"),
    "not on file": Text(zh="没有登记在册，不能确认", en="is not in the register of cited law"),
}  # fmt: skip

_stale: OrderedDict[tuple[str, date, bool], Mapping[str, tuple[StaleBasis, ...]]] = OrderedDict()


def holds(rule_set: RuleSet, day: date, case: Mapping[str, Any], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what stands against an approval on `day`, in the order of ids; empty when nothing does.

    `findings` are those of the rules: those that decided something are asked for the freshness of their law, the item always.
    """
    held: list[Finding] = []
    stale = stale_on(rule_set, day)
    if stale:
        by_law = {one.rule for one in rule_set.law.relied if one.by_law} if rule_set.law is not None else set()
        asked = [ITEM] + [one.rule for one in findings if one.result in _RELIES or one.rule in by_law]
        places = tuple(_place(rule_set, rule, reason) for rule in asked for reason in stale.get(rule, ()))
        if places:
            held.append(_finding(rule_set, STALE, _FRESH, (_BY_LAW,), places))
    if case.get(ITEM_STOPPED) is not None:
        held.append(
            _finding(rule_set, STOPPED, _RUNNING, (_BY_LAW, _LISTED), (_stopped(rule_set, case[ITEM_STOPPED]),))
        )
    return tuple(held)


def stale_on(rule_set: RuleSet, day: date) -> Mapping[str, tuple[StaleBasis, ...]]:
    """Return by rule what of its law is stale on a day; worked out once for each rule set and day."""
    if rule_set.law is None:
        return {}
    key = (rule_set.digest, day, rule_set.law.ages)
    known = _stale.get(key)
    if known is None:
        known = _stale[key] = rule_set.law.stale(day)
        while len(_stale) > _KEPT:
            _stale.popitem(last=False)
    return known


_FRESH = Text(
    zh="所依据的法律条文近期核对过并且现行有效", en="the articles relied on were checked recently and are in force"
)
_RUNNING = Text(zh="该事项没有暂停自动审批", en="the automatic decision of the item has not been stopped")


def _finding(
    rule_set: RuleSet, rule: str, required: Text, basis: tuple[LegalBasis, ...], places: tuple[Place, ...]
) -> Finding:
    return Finding(rule, rule_set.item.in_force.from_, Result.VIOLATED, "refer", required, basis, places)


def _place(rule_set: RuleSet, rule: str, stale: StaleBasis) -> Place:
    who = Text(zh=f"规则{rule}", en=f"rule {rule}")
    if rule == ITEM:
        rule, name = rule_set.item.code, rule_set.item.name
        who = Text(zh=f"事项“{name.zh}”", en=f"the item “{name.en}”")
    cited, why = citation(stale.basis), _WHY[stale.reason]
    checked = stale.last_checked_on.isoformat() if stale.last_checked_on else "—"
    edition = f"{stale.basis.law} {stale.basis.version}"
    seen = {
        "item" if stale.rule == ITEM else "rule": rule,
        "law": edition,
        "article": stale.basis.article,
        "reason": stale.reason,
    }
    if stale.last_checked_on is not None:
        seen["last_checked_on"] = checked
    return Place(
        at="",
        observed=seen,
        notice=Text(
            zh=f"{who.zh}所依据的{cited.zh}{why.zh.format(checked=checked)}",
            en=f"{cited.en}, on which {who.en} rests, {why.en.format(checked=checked)}",
        ),
        remedy=Text(
            zh="由工作人员按现行法律办理，您无需补充材料。",
            en="An officer decides by the law in force; you need not supply anything.",
        ),
    )


def _stopped(rule_set: RuleSet, reason: Any) -> Place:
    item = rule_set.item
    return Place(
        at="/item",
        observed={"item": item.code, ITEM_STOPPED: str(reason)},
        notice=Text(
            zh=f"本机关已暂停“{item.name.zh}”的自动审批：{reason}",
            en=f"the registry has stopped the automatic decision of “{item.name.en}”: {reason}",
        ),
        remedy=Text(
            zh="由工作人员办理，您无需重新提交，也无需补充材料。",
            en="An officer decides; you need not submit again, nor supply anything.",
        ),
    )
