"""民办非企业单位登记管理暂行条例 (国务院令第251号, in force 1998-10-25): what the certificate of an NGO says.

The three kinds of certificate are those of 民办非企业单位登记暂行办法 2: legal person, partnership, individual.
"""

from collections.abc import Iterator
from datetime import date

from licence_qr.claims import NGO_NOTE, is_ngo, issue_day
from licence_qr.lints.model import Draft, Lint
from licence_qr.shape_parts import Fault

_IN_FORCE = date(1998, 10, 25)
_NEEDED = {
    "name": "its name",
    "representative": "its legal representative, or the person in charge",
    "capital_fen": "its founding funds (开办资金)",
    "supervising_authority": "the authority that supervises its work (业务主管单位)",
}


def _contents(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    if not is_ngo(licence):
        return
    for name, what in _NEEDED.items():
        if name not in licence:
            yield Fault(f"/licence/{name}", None, f"the certificate of an NGO states {what}")
    if "composition" in licence:
        yield Fault("/licence/composition", licence["composition"], "an NGO has no 组成形式: its type says its form")
    for number, permit in enumerate(draft.claims["permits"]):
        if not permit["held"]:  # approvals come before registration (3, 8), so that none falls due by it
            yield Fault(f"/permits/{number}/held", permit["type"], "an NGO lists the permits it holds and no others")


def _established(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    issued = issue_day(draft.claims["iat"]).isoformat()
    if is_ngo(licence) and licence["established_on"] > issued:
        yield Fault("/licence/established_on", licence["established_on"], f"it lies after the day of issue, {issued}")


def _scope(draft: Draft) -> Iterator[Fault]:
    halves = draft.claims["licence"]["scope"]
    if not is_ngo(draft.claims["licence"]):
        return
    kinds = [half["kind"] for half in halves]
    if kinds != ["general"]:
        yield Fault("/licence/scope", kinds, "the scope of an NGO is one list of general items")
    for number, half in enumerate(halves):
        if half["note"] != NGO_NOTE:
            yield Fault(f"/licence/scope/{number}/note", half["note"], f"it is not the sentence {NGO_NOTE!r}")
        if len(set(half["items"])) != len(half["items"]):
            yield Fault(f"/licence/scope/{number}/items", half["items"], "an item stands twice")


LINTS = (
    Lint(
        "ngo-contents",
        "民非条例 12",
        "民办非企业单位登记管理暂行条例 (1998-10-25) 12; 民办非企业单位登记暂行办法 (1999-12-28) 2",
        _IN_FORCE,
        {
            "zh": "民办非企业单位登记证书须载明名称、法定代表人或负责人、开办资金、业务主管单位；只列已取得的许可。",
            "en": "The certificate of an NGO states its name, legal representative or person in charge, founding funds and "
            "supervising authority; it lists only permits that are held.",
        },
        _contents,
    ),
    Lint(
        "ngo-established",
        "民非条例 3",
        "民办非企业单位登记管理暂行条例 (1998-10-25) 3",
        _IN_FORCE,
        {
            "zh": "民办非企业单位经登记成立，成立日期不晚于签发日期。",
            "en": "An NGO is established by registration, on or before the day of issue.",
        },
        _established,
    ),
    Lint(
        "ngo-scope",
        "民非条例 4",
        "民办非企业单位登记管理暂行条例 (1998-10-25) 4, 12",
        _IN_FORCE,
        {
            "zh": "业务范围为一组项目，不重复，并写明不得从事营利性经营活动。",
            "en": "The scope of activity is one list, no item twice, and says that no activity is for profit.",
        },
        _scope,
    ),
)
