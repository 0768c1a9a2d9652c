"""The fact record of a business name (`business_name` of `rules/facts.yaml`), computed without asking anybody.

What it approximates: forms, industries and terms are finite lists (`terms/names.yaml`), so rare trades come out as not
parsed, and a term of the lists may be harmless in context. `standard_characters` is exact: all 8,105 characters of the
通用规范汉字表 (from Unicode 14) and full-width brackets; 民族文字 is not provided for.

>>> describe("安丘市红光商贸有限公司", premises_division="370784")["trade_name"]
'红光'
"""

from typing import Any

from verifiers.name_parts import NATIONAL, NameParts, split, whole_division
from verifiers.name_terms import edge_only_terms, industries, own_digits, prohibited_terms, readings, sensitive_terms
from verifiers.national_divisions import national_division_names

BRANCHES = ("分公司", "分厂", "分店", "分行", "分社", "分部", "办事处")


def _covers(parts: NameParts, premises_division: str) -> bool | None:
    """Tell whether every division named contains the premises; a district without its city does not count (名 7)."""
    if not parts.places:
        return None
    if any(place.is_district for place in parts.places) and not any(place.level == 1 for place in parts.places):
        return False
    return all(premises_division.startswith(own_digits(place.code[:6])) for place in parts.places)


def _is_division(trade_name: str) -> bool:
    return trade_name in national_division_names() or bool(whole_division(trade_name))


def _hits(words: tuple[str, ...], parts: NameParts) -> list[str]:
    """Return the words that stand in the name: anywhere, or for those of `edge_only` where a part begins or ends.

    Plain search finds 日本 in 今日本色; that is accepted, because such hits only bring a person in (N24). Short words
    that everyday wording often runs into (海地 in 四海地产, 民建 in 富民建材) count only at the edge of a part.
    """
    pieces = (parts.trade_name or parts.text, parts.industry or "")
    edges = edge_only_terms()
    return [
        word
        for word in words
        if (
            any(piece.startswith(word) or piece.endswith(word) for piece in pieces)
            if word in edges
            else word in parts.text
        )
    ]


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

    `premises_division` is the GB/T 2260 code of the premises; `main_industry` the GB/T 4754 code of the main business
    with its letter (`F5212`): many wordings (商贸) stand for several divisions, and then the one of the main business
    is given. Never raises, whatever the text.
    """
    parts = split(full)
    trade_name = parts.trade_name
    term = industries().get(trade_name or "")
    text = parts.text
    starts_national = text.startswith((*NATIONAL, "中央"))
    # 企业 may belong to the industry (企业管理咨询); 公司 and 合作社 belong to nothing but a form, wherever they stand.
    outside_industry = text.replace(parts.industry, "") if parts.industry else text
    return {
        "full": full,
        "parsed": parts.told_apart,
        "division": parts.division,
        "division_code": parts.place.code[:6] if parts.place else None,
        "division_covers_premises": _covers(parts, premises_division),
        "trade_name": trade_name,
        "trade_name_length": len(trade_name) if trade_name else None,
        "trade_name_is_division": _is_division(trade_name) if trade_name else None,
        "trade_name_is_industry": term is not None if trade_name else None,
        "industry": parts.industry,
        "industry_code": _industry_code(parts, main_industry),
        "form": parts.form,
        "standard_characters": bool(full) and all(c in readings() or c in "（）" for c in full),
        "prohibited_terms": _hits(prohibited_terms(), parts),
        "sensitive_terms": _hits(sensitive_terms(), parts),
        "national_prefix": starts_national,
        "national_inside": any(text.find(word, 1) > 0 for word in NATIONAL),
        "group_or_branch": "集团" in text or text.endswith(BRANCHES),
        "form_implies_limited": "有限" in text or "公司" in text,
        "form_implies_company": any(word in text for word in ("公司", "专业合作社")) or "企业" in outside_industry,
    }
