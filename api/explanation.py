"""Why a decision came out as it did: every rule, what it saw, from which source, at what time (个人信息保护法 24; 许可法 38).

It is worked out again from the stored inputs, so it shows what was decided and not what somebody wrote about it later.
"""

from typing import Any

from audit.inputs import Inputs
from engine.decide import decide
from engine.disclosure import disclosed
from engine.explain import findings_json
from engine.intake import read_application
from rules.typed import RuleSet
from verifiers.catalogue import BY_KEY, attest_again
from verifiers.keys import SourceKeys


def explain(
    view: dict[str, Any], inputs: Inputs, rule_set: RuleSet | None, keys: SourceKeys, *, whole: bool
) -> dict[str, Any]:
    """Return the explanation of a decision. Without the rule set it ran on, say so and show what is kept.

    `whole` shows facts about people who have not confirmed too: for officers and auditors, not for the portal.
    """
    told = {name: view[name] for name in ("id", "application_id", "item", "outcome", "decided_at", "notice", "counts")}
    told["how"] = {
        "zh": "本决定由系统依公布的规则自动作出；您有权要求人工办理并说明理由（个人信息保护法第二十四条）。",
        "en": "This decision was made by published rules without a person. You may ask for a person and for reasons "
        "(Personal Information Protection Law art. 24).",
    }
    if rule_set is None or rule_set.digest != inputs.rule_set_digest:
        return {**told, "findings": view["findings"], "rule_set": inputs.rule_set_digest, "rule_set_held": False}
    evidence = tuple(attest_again(piece, keys) for piece in inputs.evidence)
    made = decide(read_application(inputs.raw, rule_set.form), evidence, rule_set, inputs.at, inputs.case)
    if not whole:
        made, _ = disclosed(made, rule_set)
    titles = {rule.rule.id: rule.rule for rule in rule_set.rules}
    return {
        **told,
        "rule_set": rule_set.digest,
        "rule_set_held": True,
        "findings": [
            {**found, "title": titles[found["rule"]].title.model_dump(), "holds_when": titles[found["rule"]].holds_when}
            for found in findings_json(made, public=False)
        ],
        "evidence": [
            {
                "source": {"zh": BY_KEY[piece.verifier].title_zh, "en": BY_KEY[piece.verifier].title_en},
                "verifier": piece.verifier,
                "subject": piece.subject,
                "asked_at": piece.asked_at.isoformat(),
                "as_of": None if piece.as_of is None else piece.as_of.isoformat(),
                "key": piece.key_id,
                "failure": piece.failure,
            }
            for piece in evidence
        ],
    }
