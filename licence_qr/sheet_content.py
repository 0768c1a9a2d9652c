"""What stands on the sheet of a licence or certificate: the signed claims in the words and order of the national form.

The form in use since 2019-03-01 (市监注〔2018〕253号): 正本 297 mm high and 420 mm wide, 副本 210 by 297, both
lying. Title, credit code, the items of 细则 23, the registry and its day; a copy shows its number. Our sheet carries no
national emblem and no picture of a seal: those are printed and set by the organ, not by software.

The certificate of a 民办非企业单位 takes the same sheet; its three titles are those of 民办非企业单位登记管理暂行条例 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from licence_qr.claims import TYPES, is_ngo, issue_day, scope_text
from licence_qr.errors import PictureError
from licence_qr.sheet_capital import capital_words

Edition = Literal["original", "copy"]  # 正本, 副本
MOST_COPIES = 99


@dataclass(frozen=True, slots=True)
class Field:
    """One item of the form: its label and what stands there."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SheetContent:
    """Every word of a sheet. `copy_number` is e.g. "1-1" on a 副本 and empty on the 正本."""

    edition: Edition
    title: str
    copy_number: str
    code: Field
    left: tuple[Field, ...]
    right: tuple[Field, ...]
    scope: Field
    registry: Field
    registered_on: date
    scan_words: tuple[str, ...]
    reminder: str
    identifier: Field

    @property
    def name(self) -> str:
        """The name as it stands on the sheet."""
        return self.left[0].text

    @property
    def edition_words(self) -> str:
        """What stands under the title of a copy."""
        return "（副本）" if self.edition == "copy" else ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The labels of one kind of licence, by the claim that each shows."""

    title: str
    person: tuple[str, str]
    capital: str
    premises: str
    scope: str
    registry: str
    established: str
    reminder: str
    term: str = "营业期限"
    document: str = "本照"


_ANNUAL = "自成立次年起，每年1月1日至6月30日通过国家企业信用信息公示系统（www.gsxt.gov.cn）报送并公示上一年度年度报告。"
_ANNUAL_NGO = (  # 民办非企业单位登记管理暂行条例 23
    "每年3月31日前向业务主管单位报送上一年度工作报告，经初审同意后于5月31日前报送登记管理机关，接受年度检查。"
)
WORDINGS = {
    "company": Wording(
        "营业执照", ("法定代表人", "representative"), "注册资本", "住所", "经营范围", "登记机关", "成立日期", _ANNUAL
    ),
    "sole_proprietorship": Wording(
        "营业执照", ("投资人", "investor"), "出资额", "住所", "经营范围", "登记机关", "成立日期", _ANNUAL
    ),
    "individual": Wording(
        "营业执照", ("经营者", "operator"), "资金数额", "经营场所", "经营范围", "登记机关", "成立日期", _ANNUAL
    ),
    "ngo": Wording(
        "登记证书",  # behind the type: 民办非企业单位（法人）登记证书
        ("法定代表人", "representative"),
        "开办资金",
        "住所",
        "业务范围",
        "登记管理机关",
        "成立日期",
        _ANNUAL_NGO,
        "有效期限",
        "本证",
    ),
}
NO_NAME = "无字号"
NGO_LEGAL_PERSON = TYPES["ngo", "legal_person"][0]  # the other two have no 法定代表人 but a 负责人


def wording_of(licence: Mapping[str, Any]) -> Wording:
    """Return the title and the labels for the `licence` claim."""
    if is_ngo(licence):
        words = WORDINGS["ngo"]
        person = words.person if licence["type"] == NGO_LEGAL_PERSON else ("负责人", "representative")
        return replace(words, title=licence["type"] + words.title, person=person)
    if "operator" in licence:
        return WORDINGS["individual"]
    return WORDINGS["sole_proprietorship" if "investor" in licence else "company"]


def sheet_content(
    claims: Mapping[str, Any], *, page: str, edition: Edition = "original", copy: int = 1, copies: int = 1
) -> SheetContent:
    """Return the words of a sheet from the claims of a licence; raises PictureError for a copy that cannot be.

    `page` is the address of the scan page, told in words beside the code: a forger's code leads elsewhere.
    `copy` of `copies` numbers a 副本 as the form does, e.g. 1-1; the 正本 exists once and has no number.
    """
    if edition not in {"original", "copy"}:
        raise PictureError(f"edition {edition!r}: a sheet is an original (正本) or a copy (副本)")
    if not 1 <= copy <= copies <= MOST_COPIES:
        raise PictureError(f"copy {copy} of {copies}: number the copies from 1 to at most {MOST_COPIES}")
    licence = claims["licence"]
    words = wording_of(licence)
    label, claim = words.person
    right = [Field("组成形式", licence["composition"])] if "composition" in licence else []
    if "capital_fen" in licence:
        right.append(Field(words.capital, capital_words(licence["capital_fen"])))
    right.append(Field(words.established, day_words(date.fromisoformat(licence["established_on"]))))
    if licence.get("term", {}).get("kind") == "until":
        right.append(Field(words.term, f"至{day_words(date.fromisoformat(licence['term']['until']))}"))
    right.append(Field(words.premises, licence["premises"]))
    if "supervising_authority" in licence:
        right.append(Field("业务主管单位", licence["supervising_authority"]))
    left = (Field("名称", licence.get("name", NO_NAME)), Field("类型", licence["type"]), Field(label, licence[claim]))
    return SheetContent(
        edition=edition,
        title=words.title,
        copy_number=f"{copies}-{copy}" if edition == "copy" else "",
        code=Field("统一社会信用代码", claims["sub"]),
        left=left,
        right=tuple(right),
        scope=Field(words.scope, scope_text(licence)),
        registry=Field(words.registry, licence["registry"]["name"]),
        registered_on=issue_day(claims["iat"]),
        scan_words=(f"扫码查验{words.document}及全部许可", f"网址必须是 {address_words(page)}"),
        reminder=words.reminder,
        identifier=Field("电子证照标识", claims["jti"]),
    )


def day_words(day: date) -> str:
    """Return a day as the form writes it.

    >>> print(day_words(date(2026, 11, 2)))
    2026年11月02日
    """
    return f"{day.year}年{day.month:02d}月{day.day:02d}日"


def address_words(page: str) -> str:
    """Return what a person compares in the address bar: the address without its scheme.

    >>> address_words("https://licence.anqiu.example/v")
    'licence.anqiu.example/v'
    """
    return page.partition("://")[2] or page
