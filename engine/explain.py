"""From a decision to what people read: one complete notice, and the findings as JSON for records and the public.

The notice holds every defect at once (一次性告知): where, what was observed, what is required, on what basis, how to
mend it. It says what is waiting or with a person meanwhile, and how to ask for a person instead of the engine. It
never says refused: the engine has no such word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.citation import citations
from engine.model import Decision, Finding, Outcome, Place, Result
from rules.model import Organ, Text

# The last member of paths whose values the public and the log never see.
PERSONAL = frozenset({"id_number", "born_on", "age", "mobile", "home_address", "email", "phone"})
MASK = "***"

HEADLINES: Mapping[Outcome, Text] = {
    Outcome.APPROVED: Text(zh="准予登记。", en="The registration is approved."),
    Outcome.FIX: Text(
        zh="以下各项需要更正，更正后可随时重新提交；本通知不是不予登记的决定。",
        en="The following has to be mended. Submit again at any time; this is not a refusal.",
    ),
    Outcome.WAITING: Text(
        zh="部分信息来源尚未答复，系统将继续办理，您无需重新提交。",
        en="A source has not answered yet. The case goes on by itself; you need not submit again.",
    ),
    Outcome.REFERRED: Text(
        zh="本件已转登记机关由工作人员办理，您无需重新提交。",
        en="A person at the registry now handles this case; you need not submit again.",
    ),
    Outcome.ROUTED: Text(
        zh="本件不属于本系统自动办理的范围，请按下列指引办理。",
        en="This case cannot be decided here; please go on as described below.",
    ),
}
_HUMAN = Text(
    zh="您有权要求由工作人员代替系统办理，并要求说明理由（个人信息保护法第二十四条）。",
    en="You may ask for a person to decide instead of the system, and for an explanation "
    "(Personal Information Protection Law art. 24).",
)


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """One line of a notice: `at` is a JSON pointer into the application, `observed` what stood there."""

    rule: str
    at: str
    notice: Text
    observed: Mapping[str, Any]
    required: Text
    basis: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Notice:
    """The whole answer to an applicant. `defects` are for the applicant to mend; nothing else asks anything of them."""

    outcome: Outcome
    headline: Text
    defects: tuple[NoticeEntry, ...]
    elsewhere: tuple[NoticeEntry, ...]  # where to go instead
    with_a_person: tuple[NoticeEntry, ...]
    waiting: tuple[NoticeEntry, ...]
    informed: tuple[NoticeEntry, ...]
    human: Text

    def to_text(self, language: str) -> str:
        """Return the notice as plain text in Chinese, or in English for a language tag that begins with `en`."""
        english = language.lower().startswith("en")
        lines = [self.headline.in_language(language)]
        for title, entries in (
            (Text(zh="需要更正：", en="To be mended:"), self.defects),
            (Text(zh="请到别处办理：", en="To be handled elsewhere:"), self.elsewhere),
            (Text(zh="由工作人员办理：", en="With a person:"), self.with_a_person),
            (Text(zh="等待核实：", en="Waiting:"), self.waiting),
            (Text(zh="提示：", en="For your information:"), self.informed),
        ):
            if entries:
                lines += ["", title.in_language(language)]
            for number, entry in enumerate(entries, 1):
                lines.append(f"{number}. {entry.notice.in_language(language)}")
                basis = entry.basis.in_language(language)
                lines.append(
                    f"   {'Field' if english else '字段'} {entry.at or '/'}; {basis}"
                    if english
                    else f"   字段：{entry.at or '/'}；依据：{basis}"
                )
                lines.append(f"   {entry.remedy.in_language(language)}")
        lines += ["", self.human.in_language(language)]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the notice as JSON, texts in both languages."""
        return {
            "outcome": self.outcome.value,
            "headline": _text(self.headline),
            **{
                name: [_entry_json(entry) for entry in getattr(self, name)]
                for name in ("defects", "elsewhere", "with_a_person", "waiting", "informed")
            },
            "human": _text(self.human),
        }


def notice(decision: Decision, organ: Organ | None = None) -> Notice:
    """Return the notice for a decision; with `organ` it says where a person can be reached."""
    groups: dict[str, list[NoticeEntry]] = {"fix": [], "route": [], "refer": [], "wait": [], "inform": []}
    for finding in decision.findings:
        group = groups.get("refer" if finding.effect == "bar" else finding.effect)
        if group is not None:
            group.extend(_entry(finding, place) for place in finding.places)
    human = _HUMAN
    if organ is not None:
        human = Text(
            zh=f"{_HUMAN.zh}联系{organ.name.zh}，电话{organ.phone}，{organ.place.zh}。",
            en=f"{_HUMAN.en} Contact {organ.name.en}, phone {organ.phone}, {organ.place.en}.",
        )
    return Notice(
        outcome=decision.outcome,
        headline=HEADLINES[decision.outcome],
        defects=tuple(groups["fix"]),
        elsewhere=tuple(groups["route"]),
        with_a_person=tuple(groups["refer"]),
        waiting=tuple(groups["wait"]),
        informed=tuple(groups["inform"]),
        human=human,
    )


def findings_json(decision: Decision, *, public: bool) -> list[dict[str, Any]]:
    """Return the findings as JSON in their order.

    With `public`, values about persons are masked, and so are the sentences made from them: a title says what was
    asked.
    """
    return [_finding_json(finding, public=public) for finding in decision.findings]


def _finding_json(finding: Finding, *, public: bool) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "in_force_from": finding.rule_from.isoformat(),
        "result": finding.result.value,
        "effect": finding.effect,
        "required": _text(finding.required),
        "basis": [basis.model_dump(mode="json", exclude_none=True) for basis in finding.basis],
        "places": [_place_json(place, public=public) for place in finding.places],
        "unanswered": list(finding.unanswered),
    }


def _place_json(place: Place, *, public: bool) -> dict[str, Any]:
    if public:
        return {"at": place.at, "observed": masked_observed(place.observed)}
    return {
        "at": place.at,
        "observed": dict(place.observed),
        "notice": _text(place.notice),
        "remedy": _text(place.remedy),
    }


def masked_observed(observed: Mapping[str, Any]) -> dict[str, Any]:
    """Mask what says something of a person: all under `people` or a `person`, and the members of `PERSONAL`.

    >>> masked_observed({"people.*.court.dishonest": True, "premises.use": "office"})
    {'people.*.court.dishonest': '***', 'premises.use': 'office'}
    """
    return {path: MASK if _personal(path) else value for path, value in observed.items()}


def _personal(path: str) -> bool:
    steps = path.split(".")
    persons = {"people", "person", "operator", "investor", "entrusted_manager", "liaison"}
    # A row of a table says what was put into it, and that may have been a person's.
    return bool(persons & set(steps)) or steps[0] == "tables" or steps[-1] in PERSONAL


def _entry(finding: Finding, place: Place) -> NoticeEntry:
    basis = citations(finding.basis)
    return NoticeEntry(finding.rule, place.at, place.notice, place.observed, finding.required, basis, place.remedy)


def _entry_json(entry: NoticeEntry) -> dict[str, Any]:
    return {
        "rule": entry.rule,
        "at": entry.at,
        "notice": _text(entry.notice),
        "observed": dict(entry.observed),
        "required": _text(entry.required),
        "basis": _text(entry.basis),
        "remedy": _text(entry.remedy),
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def unexplained(decision: Decision) -> bool:
    """Tell whether the notice would give no reason for an outcome that needs one (the two evaluators disagreed)."""
    return decision.outcome is not Outcome.APPROVED and not any(
        finding.result in {Result.VIOLATED, Result.UNDETERMINED} and finding.effect != "inform"
        for finding in decision.findings
    )
