"""A report as lines that a lawyer can read, each in Chinese and English."""

from collections.abc import Iterator
from typing import Any

from engine.difference.as_json import plain_json
from engine.difference.model import Answer, Change, Direction, PatchLine, Report, Side, Witness
from engine.difference.patch import MAX_LINES

_KINDS = {"new": "新规则 new rule", "removed": "删去的规则 removed rule", "changed": "含义有变 changed"}
_DIRECTIONS: dict[Direction, str] = {
    "stricter": "OLD批准而NEW不批准 OLD approves, NEW does not",
    "laxer": "NEW批准而OLD不批准 NEW approves, OLD does not",
    "outcome": "都不批准而结果不同 neither approves, the outcomes differ",
}
MAX_VALUE = 400
MAX_NAMED = 8


def report_lines(report: Report) -> Iterator[str]:
    """Yield the lines of a report."""
    days = "、".join(str(day) for day in report.days)
    yield f"比较的日期 days compared: {days}"
    for change in report.changes:
        yield ""
        yield from _change_lines(change)
    if report.words:
        yield ""
        yield "只改文字，含义不变 words only, the same meaning:"
        for words in report.words:
            members = "、".join(words.members) or "—"
            cited = f"；依据或核对日期 citation: {'、'.join(words.citation)}" if words.citation else ""
            yield f"  {words.rule}: {members}{cited}"
    if report.beside or report.items_apart:
        yield ""
        yield "含义比较以外的变化 outside of the comparison of meaning:"
        yield from (f"  {line}" for line in report.items_apart)
        for found in report.beside:
            members = f" ({'、'.join(found.members)})" if found.members else ""
            yield f"  {found.kind} {found.name}: {found.change}{members}"
    yield ""
    yield from _flip_lines(report)
    yield (
        "两部规则库含义不同 the two books differ in meaning"
        if report.different
        else "两部规则库含义相同 no difference of meaning"
    )


def _flip_lines(report: Report) -> Iterator[str]:
    yield (
        f"手头的申请受影响 applications at hand decided differently: {len(report.flips)} / {report.looked_at}"
        "（基准申请与案例 bases and cases）"
    )
    for flip in report.flips[:MAX_NAMED]:
        rules = "、".join(flip.rules) or "规则以外 beside the rules"
        yield f"  {flip.name} ({flip.on}): {_side(flip.old)} → {_side(flip.new)} [{rules}]"
    if len(report.flips) > MAX_NAMED:
        yield f"  … {len(report.flips) - MAX_NAMED} 件从略 more; --json lists all"


def _change_lines(change: Change) -> Iterator[str]:
    aspects = "、".join(change.aspects)
    yield f"{change.rule}: {_KINDS[change.kind]}{f' ({aspects})' if aspects else ''}"
    for name, (old, new) in change.values.items():
        yield f"  {name}: {_value(old)} → {_value(new)}"
    items = "、".join(sorted({item for item, _ in change.where}))
    days = sorted({str(day) for _, day in change.where})
    yield f"  事项 items: {items}；日期 days: {'、'.join(days)}"
    if change.equal:
        yield "  已证明：含义相同 proved: they mean the same"
    for answer in change.answers:
        yield f"  {_DIRECTIONS[answer.direction]}:"
        yield from (f"    {line}" for line in _answer_lines(answer))


def _answer_lines(answer: Answer) -> Iterator[str]:
    scope = "; ".join(answer.scope)
    if answer.verdict == "witness" and answer.witness is not None:
        yield from _witness_lines(answer.witness)
    elif answer.verdict == "proved":
        yield f"已证明没有 proved: no application ({scope})"
    elif answer.verdict == "covered":
        rules = "、".join(answer.rules)
        yield f"已证明没有：{rules}本来就不允许 proved: no application, {rules} forbid it anyway ({scope})"
    elif answer.verdict == "facts":
        yield "规则本身有差别，没有找到整件申请 the rule itself differs; no whole application was found"
        yield from (f"  {name} = {_value(value)}" for name, value in list((answer.facts or {}).items())[:MAX_LINES])
        yield f"  原因 why: {answer.why}"
    else:
        yield f"未能判定 undecided: {answer.why}"


def _witness_lines(witness: Witness) -> Iterator[str]:
    named = (
        f"案例 case {witness.case}" if witness.case else f"由 {witness.made_from} 改成 made from {witness.made_from}"
    )
    yield f"{named} ({witness.item}, {witness.on}): {_side(witness.old)} → {_side(witness.new)}"
    yield from (f"  {_patch(line)}" for line in witness.patch[:MAX_LINES])
    if not witness.patch:
        yield f"  与 {witness.made_from} 相同 the same as {witness.made_from}"
    if len(witness.patch) > MAX_LINES:
        yield f"  … {len(witness.patch) - MAX_LINES} 处从略 more places; --json has the whole application"


def _patch(line: PatchLine) -> str:
    if line.after is None:
        return f"{line.at}: {_value(line.before)} 删去 removed"
    return f"{line.at} = {_value(line.after)}" + (f" (原 was {_value(line.before)})" if line.before is not None else "")


def _side(side: Side) -> str:
    return side.outcome + (f" ({', '.join(side.causes)})" if side.causes else "")


def _value(value: Any) -> str:
    text = str(plain_json(value))
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"
