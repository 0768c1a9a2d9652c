"""The service guide of an item (服务指南) as Markdown, from the catalogue entry and the rule set."""

from collections.abc import Iterable

from engine.citation import citation
from rules.model import Item, LegalBasis, Text
from rules.typed import RuleSet

_HEADINGS: dict[str, tuple[str, str]] = {
    "organ": ("实施机关", "Organ"),
    "applicants": ("服务对象", "Who may apply"),
    "basis": ("设定依据", "Legal basis"),
    "conditions": ("办理条件", "Conditions"),
    "materials": ("申请材料", "Materials"),
    "procedure": ("办理程序", "Procedure"),
    "limits": ("办理时限", "Time limits"),
    "fee": ("收费", "Fee"),
    "result": ("办理结果", "Result"),
    "place": ("地点、时间与电话", "Place, hours and telephone"),
    "rules": ("审查标准", "The rules that are applied"),
    "remedies": ("救济途径", "Remedies"),
}


def guide_text(rule_set: RuleSet, language: str) -> str:
    """Return the guide in one language."""
    item = rule_set.item
    said = [f"# {item.name.in_language(language)}", ""]
    for key, lines in _sections(item, rule_set, language):
        said += [f"## {_HEADINGS[key][1 if language == 'en' else 0]}", "", *lines, ""]
    return "\n".join(said)


def _sections(item: Item, rule_set: RuleSet, language: str) -> Iterable[tuple[str, list[str]]]:
    def say(text: Text) -> str:
        return text.in_language(language)

    def bases(found: Iterable[LegalBasis]) -> list[str]:
        return [f"- {say(citation(basis))}" for basis in found]

    yield "organ", [say(item.organ.name)]
    yield "applicants", [say(item.applicants)]
    yield "basis", bases(item.basis)
    yield "conditions", [f"{number}. {say(text)}" for number, text in enumerate(item.conditions, 1)]
    yield "materials", [f"- {say(material.name)}" for material in item.materials]
    yield "procedure", [f"{number}. {say(text)}" for number, text in enumerate(item.procedure, 1)]
    yield "limits", [f"- {say(item.statutory_limit.note)}", f"- {say(item.promised_limit.note)}"]
    yield "fee", [f"{item.fee_fen // 100}.{item.fee_fen % 100:02d} 元 CNY"]
    yield "result", [say(item.result)]
    yield "place", [say(item.organ.place), say(item.organ.hours), item.organ.phone]
    yield (
        "rules",
        [
            f"- **{rule.rule.id}** {say(rule.rule.title)} ({'; '.join(say(citation(basis)) for basis in rule.rule.basis)})"
            for rule in rule_set.rules
        ],
    )
    yield "remedies", [f"- {say(remedy.body)}: {say(remedy.within)}, {remedy.channel}" for remedy in item.remedies]
