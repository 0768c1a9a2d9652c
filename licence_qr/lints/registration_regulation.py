"""市场主体登记管理条例 (in force 2022-03-01) and its 实施细则: what a licence says, and how its scope is worded.

They bind businesses; what a 民办非企业单位 must state is in `ngo_regulation.py`.
"""

from collections.abc import Iterator
from datetime import date

from licence_qr.claims import NOTES, TYPES, is_ngo, issue_day
from licence_qr.lints.model import Draft, Lint
from licence_qr.registered_types import stated_by
from licence_qr.shape_parts import Fault

_IN_FORCE = date(2022, 3, 1)


def _contents(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    if is_ngo(licence):
        return
    if (licence["type"], licence.get("composition")) not in TYPES.values():
        yield Fault("/licence/type", licence["type"], "it is no type (组成形式) this registry registers")
    if (stated := stated_by(licence)) is not None:
        if stated.role not in licence:
            yield Fault(f"/licence/{stated.role}", None, f"a licence of type {licence['type']} names the {stated.role}")
        if ("capital_fen" in licence) is not stated.capital:
            why = "states its capital" if stated.capital else "states no capital"
            yield Fault(
                "/licence/capital_fen", licence.get("capital_fen"), f"a licence of type {licence['type']} {why}"
            )
        if stated.named and "name" not in licence:
            yield Fault("/licence/name", None, f"a licence of type {licence['type']} states its name")
    if "supervising_authority" in licence:
        named = licence["supervising_authority"]
        yield Fault("/licence/supervising_authority", named, "a business has no 业务主管单位; an NGO alone has one")


def _established(draft: Draft) -> Iterator[Fault]:
    if is_ngo(draft.claims["licence"]):
        return
    day, jti = draft.claims["licence"]["established_on"], draft.claims["jti"]
    issued = issue_day(draft.claims["iat"]).isoformat()
    first = jti.split(".")[-2:-1] == ["001"]
    if day != issued if first else day > issued:
        yield Fault("/licence/established_on", day, f"the day of establishment is the day of issue, {issued}")


def _scope(draft: Draft) -> Iterator[Fault]:
    if is_ngo(draft.claims["licence"]):
        return
    halves = draft.claims["licence"]["scope"]
    kinds = [half["kind"] for half in halves]
    if kinds not in (["general"], ["licensed"], ["general", "licensed"]):
        yield Fault("/licence/scope", kinds, "general items come first, licensed items second, each once")
    for number, half in enumerate(halves):
        if half["note"] != NOTES[half["kind"]]:
            yield Fault(f"/licence/scope/{number}/note", half["note"], "it is not the standard closing sentence")
        if len(set(half["items"])) != len(half["items"]):
            yield Fault(f"/licence/scope/{number}/items", half["items"], "an item stands twice")


LINTS = (
    Lint(
        "contents",
        "细则 23",
        "市场主体登记管理条例实施细则 (2022-03-01) 23",
        _IN_FORCE,
        {
            "zh": "执照须载明该类型市场主体应载明的事项：名称（个体工商户可无）、经营者或投资人或法定代表人、注册资本（出资额，个体工商户不载）；不载业务主管单位。",
            "en": "The licence states what its own type must state: a name (an individual business may have none), the person of "
            "that type, capital (an individual business states none), and no supervising authority.",
        },
        _contents,
    ),
    Lint(
        "established",
        "条例 21",
        "市场主体登记管理条例 (2021-07-27) 21",
        _IN_FORCE,
        {"zh": "营业执照签发日期为成立日期。", "en": "The day of issue is the day of establishment."},
        _established,
    ),
    Lint(
        "scope",
        "细则 12",
        "市场主体登记管理条例实施细则 (2022-03-01) 12",
        _IN_FORCE,
        {
            "zh": "经营范围先一般项目后许可项目，各带规范的结尾语，同一项目不重复。",
            "en": "General items come first, licensed items second, each with its closing sentence, none twice.",
        },
        _scope,
    ),
)
