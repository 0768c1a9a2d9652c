"""When two business names are the same (名 17), and when they are only near.

Same: equal 字号, and the name on record is of the same industry or shows none. Words that say little of a trade (科技,
服务, 管理, 贸易 ...) are left out where another word says more: 红光餐饮管理 is of the industry of 红光餐饮, 红光软件科技 of that
of 红光软件; where nothing else is said they are one industry, so 科技 may not be had again as 发展. Industries that only
overlap (红光食品 and 红光食品机械) are not the same (名 17 says the same industry), they are near. The order of the four parts, the
brackets, the division and the form do not matter (红光（安丘）酒业有限公司 is 安丘市红光酒业厂); words for one trade
are one industry (地产 is 房地产). An anagram is another name: 光红 is not 红光. Near: the 字号 sounds the same, or
differs in one character of three or more, in the same industry, or is the same in an industry that overlaps; the
applicant is told, no more (名 16).
"""

from dataclasses import dataclass
from functools import cache

from verifiers.name_parts import split, unify
from verifiers.name_terms import generic_words, industries, readings


@dataclass(frozen=True, slots=True)
class NormalForm:
    """What of a name is compared; `industry` holds the first term of each industry in order, or nothing."""

    trade_name: str
    industry: tuple[str, ...]
    sound: str  # the readings of the 字号 without tone

    @property
    def trades(self) -> frozenset[str]:
        """What the industry says once the generic words are left out; empty when it says nothing else."""
        return frozenset(trade for term in self.industry if (trade := _trade(term)))

    @property
    def industry_key(self) -> str:
        """The industry as one text, for an index."""
        return "+".join(self.industry)


def normal_form(full: str) -> NormalForm:
    """Return the normal form; where no 字号 can be told apart the whole name stands for it. Never raises."""
    parts = split(full)
    trade_name = parts.trade_name or unify(full)
    industry = tuple(found.terms[0] for found in parts.industries)
    return NormalForm(trade_name, industry, " ".join(readings().get(character, character) for character in trade_name))


@cache
def _trade(term: str) -> str | None:
    """Return the trade that an industry term stands for without its generic words, or None when it is made of them."""
    if term in generic_words():
        return None
    for word in generic_words():
        shorter = industries().get(term.removesuffix(word)) if term.endswith(word) else None
        if shorter is not None and shorter.terms[0] not in generic_words():
            return shorter.terms[0]
    return term


def same_name(applied: NormalForm, on_record: NormalForm) -> bool:
    """Tell whether the name applied for is the same as the one on record, in the sense of 名 17."""
    if applied.trade_name != on_record.trade_name:
        return False
    return not on_record.industry or (bool(applied.industry) and applied.trades == on_record.trades)


def near_name(applied: NormalForm, on_record: NormalForm) -> bool:
    """Tell whether the names are near and not the same."""
    if applied.trade_name == on_record.trade_name:
        return not same_name(applied, on_record) and bool(applied.trades & on_record.trades)
    if applied.industry != on_record.industry:
        return False
    if applied.sound == on_record.sound:
        return True
    pairs = list(zip(applied.trade_name, on_record.trade_name, strict=False))
    equal_length = len(applied.trade_name) == len(on_record.trade_name) >= 3
    return equal_length and sum(one != other for one, other in pairs) == 1
