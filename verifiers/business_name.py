"""A business name taken apart: division, 字号, industry, form (名 6), in any of the orders that are in use.

安丘市红光商贸有限公司 · 红光（安丘）商贸有限公司 · 红光商贸（安丘）有限公司 · 安丘市景芝镇红光小吃店 (the town as 个体工商户 write it).

How it works: brackets are unified; a division is taken from the front or from brackets; the longest known form from the end; known
industry terms from the end of what is left; the rest is the 字号. Where the wording is not in our lists the name is
`parsed: False`, which a person then looks at: an unknown industry may not be taken for part of the 字号 silently.

What it approximates: industries and forms are finite lists (`terms/names.yaml`), so rare trades come out as not parsed;
`standard_characters` is exact (all 8,105 characters of the 通用规范汉字表, from Unicode 14), but says nothing of 民族文字.

>>> describe("安丘市红光商贸有限公司", premises_division="370784")["trade_name"]
'红光'
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from verifiers.name_terms import (
    Division,
    Industry,
    divisions_by_name,
    forms,
    industries,
    own_digits,
    prohibited_terms,
    readings,
    sensitive_terms,
)

LONGEST_NAME = 100   # characters; longer ones are not taken apart
NATIONAL = ("中国", "中华", "全国", "国家")   # 名 12 para. 2; at the beginning also 中央 (para. 1)
BRANCHES = ("分公司", "分厂", "分店", "分行", "分社", "分部", "办事处")
LONGEST_PLAIN_TRADE_NAME = 4   # without a known industry, a longer rest may well hold an unknown one

_LONGEST_DIVISION = 11
_LONGEST_FORM = 10
_LONGEST_TERM = 8
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BRACKETS = str.maketrans({"(": "（", ")": "）", "﹙": "（", "﹚": "）", "［": "（", "］": "）", "【": "（", "】": "）"})


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart; a part that was not found is None. `ordered` is False for an order that 名 6 does not know."""

    text: str   # with unified brackets and half-width letters
    division: str | None
    place: Division | None   # the last division of `division`
    place_has_city: bool   # a city stands before it
    trade_name: str | None
    industry: str | None
    industries: tuple[Industry, ...]
    form: str | None
    ordered: bool

    @property
    def told_apart(self) -> bool:
        """Tell whether 字号, industry and form are known for what they are, in an order of 名 6."""
        if not self.ordered or self.form is None or not self.trade_name:
            return False
        if any(unicodedata.category(character)[0] in "CZ" for character in self.text):   # invisible, blank, surrogate
            return False
        return self.industry is not None or len(self.trade_name) <= LONGEST_PLAIN_TRADE_NAME


def unify(full: str) -> str:
    """Return the name with full-width brackets of one kind and half-width letters and digits."""
    return full.translate(_HALF_WIDTH).translate(_BRACKETS)


def _front_divisions(text: str) -> tuple[str, list[Division]]:
    """Take divisions off the front, each a part of the one before; return the rest and what was taken."""
    found: list[Division] = []
    while True:
        for length in range(min(_LONGEST_DIVISION, len(text)), 1, -1):
            named = divisions_by_name().get(text[:length], ())
            fitting = [division for division in named if not found or division.lies_in(found[-1])]
            if len(fitting) == 1 or (fitting and len({division.level for division in fitting}) == 1):
                found.append(fitting[0])
                text = text[length:]
                break
        else:
            return text, found


def _whole_division(text: str) -> list[Division]:
    rest, found = _front_divisions(text)
    return found if not rest else []


def _back_division(text: str) -> tuple[str, list[Division]]:
    """Take a division off the end, as in the unbracketed order 红光安丘酒业; keep two characters before it."""
    for length in range(min(_LONGEST_DIVISION, len(text) - 2), 1, -1):
        found = _whole_division(text[-length:])
        if found:
            return text[:-length], found
    return text, []


def _bracketed(text: str) -> tuple[str, list[Division], bool]:
    """Take a bracketed division out; return the rest, the divisions, and whether any brackets are left over."""
    start, end = text.find("（"), text.find("）")
    if 0 < start < end:
        found = _whole_division(text[start + 1 : end])
        if found:
            text = text[:start] + text[end + 1 :]
            return text, found, "（" in text or "）" in text
        if text[start + 1 : end] == "集团":
            return text[:start] + "集团" + text[end + 1 :], [], False
    return text, [], "（" in text or "）" in text


def _candidate_forms(text: str) -> list[str]:
    """Return the forms that end the text, the longest first."""
    endings = (text[-length:] for length in range(min(_LONGEST_FORM, len(text)), 0, -1))
    return [ending for ending in endings if ending in forms()]


def _form_and_industry(text: str) -> tuple[str, str | None, str | None, tuple[Industry, ...]]:
    """Return 字号, form and industry: the longest form that leaves a known industry (汽车维修部 is 汽车维修 + 部)."""
    candidates = _candidate_forms(text)
    for form in candidates:
        trade_name, industry, found = _industry(text.removesuffix(form), form)
        if found:
            return trade_name, form, industry, found
    form = candidates[0] if candidates else ""
    trade_name, industry, found = _industry(text.removesuffix(form), form)
    return trade_name, form or None, industry, found


def _industry(middle: str, form: str) -> tuple[str, str | None, tuple[Industry, ...]]:
    """Take industry terms off the end; return the 字号, the wording and what it stands for.

    A term may run into the form: 红光饭店 is 红光 + 饭店 with the form 店.
    """
    if not middle:
        return "", None, ()
    whole, terms, taken = middle + form, industries(), len(form)
    found: list[Industry] = []
    for length in range(min(_LONGEST_TERM, len(whole) - 1), len(form), -1):
        term = whole[-length:]
        if term in terms and len(term) - len(form) < len(middle) and term.endswith(form):
            return middle[: len(middle) - (length - len(form))], term, (terms[term],)
    if form in terms and len(middle) >= 1:   # 红光超市: the form is the industry
        return middle, form, (terms[form],)
    end = len(middle)
    while True:
        keep = 1 if not found else 2
        for length in range(min(_LONGEST_TERM, end - keep), 1, -1):
            term = middle[end - length : end]
            if term in terms:
                found.insert(0, terms[term])
                end -= length
                break
        else:
            wording = whole[end : len(whole) - taken]
            return middle[:end], wording or None, tuple(found)


def split(full: str) -> NameParts:
    """Take a name apart; never raises, whatever the text."""
    text = unify(full)
    if len(text) > LONGEST_NAME:
        return NameParts(text, None, None, False, None, None, (), None, ordered=False)
    rest, inner, brackets_left = _bracketed(text)
    rest = next((rest[len(word) :] for word in (*NATIONAL, "中央") if rest.startswith(word)), rest)
    rest, front = _front_divisions(rest)
    ordered = not brackets_left
    places = front + inner
    trade_name, form, industry, found = _form_and_industry(rest)
    if not places and form:   # 红光酒业安丘有限公司: the division stands before the form
        before, places = _back_division(rest.removesuffix(form))
        if places:
            ordered, rest = False, before + form
            trade_name, form, industry, found = _form_and_industry(rest)
    if not places and trade_name:
        trade_name, places = _back_division(trade_name)
        ordered = ordered and not places
    return NameParts(
        text=text,
        division=_written(text, front, inner, places),
        place=places[-1] if places else None,
        place_has_city=any(place.level == 1 for place in places),
        trade_name=trade_name or None,
        industry=industry,
        industries=found,
        form=form,
        ordered=ordered,
    )


def _written(text: str, front: list[Division], inner: list[Division], places: list[Division]) -> str | None:
    """Return the division as the applicant wrote it."""
    if not places:
        return None
    written, position = "", 0
    for place in places if not (front and inner) else [*front, *inner]:
        spellings = [(text.find(name, position), -len(name), name) for name in place.names]
        start, _, name = min((spelling for spelling in spellings if spelling[0] >= 0), default=(0, 0, place.name))
        written, position = written + name, start + len(name)
    return written


def _covers(parts: NameParts, premises_division: str) -> bool | None:
    """Tell whether the division named contains the premises; a district without its city does not count (名 7)."""
    if parts.place is None:
        return None
    if parts.place.is_district and not parts.place_has_city:
        return False
    return premises_division.startswith(own_digits(parts.place.code[:6]))


def _industry_code(parts: NameParts, main_industry: str | None) -> str | None:
    """Return the GB/T 4754 division of the wording: the one of the main business where the wording admits it (名 9)."""
    if not parts.industries:
        return None
    main = (main_industry or "")[1:3]
    admitted = {code for industry in parts.industries for code in industry.codes}
    if len(main) == 2 and (main in admitted or all(industry.fits_any for industry in parts.industries)):
        return main
    specific = [industry for industry in parts.industries if not industry.fits_any]
    return (specific or list(parts.industries))[-1].codes[0]


def describe(full: str, *, premises_division: str, main_industry: str | None = None) -> dict[str, Any]:
    """Return the record `business_name` of `rules/facts.yaml`.

    `premises_division` is the GB/T 2260 code of the premises; `main_industry` the GB/T 4754 code of the main business with
    its letter (`F5212`): many wordings (商贸) stand for several divisions, and then the one of the main business is given.
    Never raises, whatever the text.
    """
    parts = split(full)
    trade_name, form = parts.trade_name, parts.form or ""
    term = industries().get(trade_name or "")
    text = parts.text
    starts_national = text.startswith((*NATIONAL, "中央"))
    ending = form or text[-8:]
    return {
        "full": full,
        "parsed": parts.told_apart,
        "division": parts.division,
        "division_code": parts.place.code[:6] if parts.place else None,
        "division_covers_premises": _covers(parts, premises_division),
        "trade_name": trade_name,
        "trade_name_length": len(trade_name) if trade_name else None,
        "trade_name_is_division": bool(_whole_division(trade_name)) if trade_name else None,
        "trade_name_is_industry": term is not None if trade_name else None,
        "industry": parts.industry,
        "industry_code": _industry_code(parts, main_industry),
        "form": parts.form,
        "standard_characters": bool(full) and all(c in readings() or c in "（）" for c in full),
        "prohibited_terms": [word for word in prohibited_terms() if word in text],
        "sensitive_terms": [word for word in sensitive_terms() if word in text],
        "national_prefix": starts_national,
        "national_inside": any(text.find(word, 1) > 0 for word in NATIONAL),
        "group_or_branch": "集团" in text or text.endswith(BRANCHES),
        "form_implies_limited": "有限" in text or "公司" in ending,
        "form_implies_company": any(word in ending for word in ("公司", "企业", "农民专业合作社")),
    }
