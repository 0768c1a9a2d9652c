"""What the submitter may be told of a person: court and register facts only once that person took part.

A portal could otherwise name anybody in an application and read in the notice whether that person is a listed debtor, was
sentenced, or is dead (个人信息保护法 6, 28: no more than the purpose needs). Until a person has confirmed this very
application on their own phone, places that rest on such facts are kept back; the record, the log and the officer see them
all, and the outcome does not change.
"""

from collections.abc import Iterable
from dataclasses import replace

from engine.model import Decision, Finding, Result
from rules.typed import RuleSet, TypedRule

_CONFIRMING = ("S07", "S13")  # the person passed the check, and for the final content and the right roles
_SENSITIVE_SOURCES = frozenset({"court", "earlier_registrations"})
_SENSITIVE_FACTS = frozenset({"alive", "barred_office", "capacity"})


def disclosed(decision: Decision, rule_set: RuleSet) -> tuple[Decision, int]:
    """Return the decision as its submitter is told it, and how many places were kept back."""
    unconfirmed = _unconfirmed(decision.findings)
    if not unconfirmed:
        return decision, 0
    rules = {rule.rule.id: rule for rule in rule_set.rules}
    kept: list[Finding] = []
    withheld = 0
    for finding in decision.findings:
        rule = rules.get(finding.rule)  # none for a ground outside the rules, which says nothing of a person
        if rule is not None and finding.places and sensitive(rule):
            places = tuple(place for place in finding.places if _person(place.at) not in unconfirmed)
            withheld += len(finding.places) - len(places)
            if len(places) < len(finding.places) and not places:
                continue  # even the number of the rule would tell
            finding = replace(finding, places=places)  # noqa: PLW2901 (the finding as told)
        kept.append(finding)
    return replace(decision, findings=tuple(kept)), withheld


def sensitive(rule: TypedRule) -> bool:
    """Tell whether the result of a rule says of a person what a court, the past, an office or a death record says.

    Such results are kept from whoever has not shown to be asked by that person, and from the public leaf.
    """
    return bool(_SENSITIVE_SOURCES & rule.sources) or any(path[-1] in _SENSITIVE_FACTS for path in rule.paths)


def _unconfirmed(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the pointers of people who have not confirmed, or of whom it is not known."""
    return frozenset(
        _person(place.at)
        for finding in findings
        if finding.rule in _CONFIRMING and finding.result in (Result.VIOLATED, Result.UNDETERMINED)
        for place in finding.places
    )


def _person(pointer: str) -> str:
    """Return the person's own pointer: `/people/1` of `/people/1/id_number`; other pointers are returned whole."""
    steps = pointer.split("/")
    return "/".join(steps[:3]) if steps[1:2] == ["people"] else pointer
