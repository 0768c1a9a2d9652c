"""A business name taken apart: division, 字号, industry, form (名 6), in any of the orders that are in use.

安丘市红光商贸有限公司 · 红光（安丘）商贸有限公司 · 红光商贸（安丘）有限公司 ·
安丘市景芝镇红光小吃店 (the town as 个体工商户 write it).

Brackets are unified; a division is taken from the front or from brackets; the longest known form from the end; known
industry terms from the end of what is left; the rest is the 字号. An unknown industry is never silently taken for a
part of the 字号: a long rest without an industry makes the name "not told apart", which a person then looks at.

>>> split("红光（安丘）商贸有限公司").trade_name
'红光'
"""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from verifiers.name_terms import Division, Industry, divisions_by_name, forms, industries
from verifiers.national_divisions import division_at_an_edge

LONGEST_NAME = 100  # characters; longer ones are not taken apart
NATIONAL = ("中国", "中华", "全国", "国家")  # 名 12 para. 2; at the beginning also 中央 (para. 1)
LONGEST_PLAIN_TRADE_NAME = 4  # without a known industry, a longer rest may well hold an unknown one

_LONGEST_DIVISION = 11
_LONGEST_FORM = 10
_LONGEST_TERM = 8
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BRACKETS = str.maketrans(
    {"(": "（", ")": "）", "﹙": "（", "﹚": "）", "［": "（", "］": "）", "【": "（", "】": "）"}
)


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart; a part that was not found is None. `ordered` is False for orders that 名 6 does not know."""

    text: str  # with unified brackets and half-width letters
    division: str | None
    places: tuple[Division, ...]  # the divisions of `division`, front before inner
    trade_name: str | None
    industry: str | None
    industries: tuple[Industry, ...]
    form: str | None
    ordered: bool

    @property
    def place(self) -> Division | None:
        """The last division named."""
        return self.places[-1] if self.places else None

    @property
    def nested(self) -> bool:
        """Tell whether each division is part of the one before: 北京市 ... （安丘）names two places, not one."""
        return all(inner.lies_in(outer) for outer, inner in pairwise(self.places))

    @property
    def told_apart(self) -> bool:
        """Tell whether 字号, industry and form are known for what they are, in an order of 名 6."""
        if not self.ordered or not self.nested or self.form is None or not self.trade_name:
            return False
        # A second division (安丘市淄博青岫), or a word that only looks like one: a person can tell.
        if division_at_an_edge(self.trade_name):
            return False
        if any(unicodedata.category(character)[0] in "CZ" for character in self.text):  # invisible, blank
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


def whole_division(text: str) -> list[Division]:
    """Return the divisions that the text consists of and nothing else, or none."""
    rest, found = _front_divisions(text)
    return found if not rest else []


def _back_division(text: str) -> tuple[str, list[Division]]:
    """Take a division off the end, as in the unbracketed order 红光安丘酒业; keep two characters before it."""
    for length in range(min(_LONGEST_DIVISION, len(text) - 2), 1, -1):
        found = whole_division(text[-length:])
        if found:
            return text[:-length], found
    return text, []


def _bracketed(text: str) -> tuple[str, list[Division], bool]:
    """Take a bracketed division out; return the rest, the divisions, and whether any brackets are left over."""
    start, end = text.find("（"), text.find("）")
    if 0 < start < end:
        found = whole_division(text[start + 1 : end])
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
    if form in terms and len(middle) >= 1:  # 红光超市: the form is the industry
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
        return NameParts(text, None, (), None, None, (), None, ordered=False)
    rest, inner, brackets_left = _bracketed(text)
    rest = next((rest[len(word) :] for word in (*NATIONAL, "中央") if rest.startswith(word)), rest)
    rest, front = _front_divisions(rest)
    ordered = not brackets_left
    places = front + inner
    trade_name, form, industry, found = _form_and_industry(rest)
    if not places and form:  # 红光酒业安丘有限公司: the division stands before the form
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
        places=tuple(places),
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
