"""When two business names are the same (名 17), and when they are only near.

Same: equal 字号, and the name on record is of the same industry or shows none. The order of the four parts, the
brackets, the division and the form do not matter (红光（安丘）酒业有限公司 is 安丘市红光酒业厂); words for one trade
are one industry (地产 is 房地产). An anagram is another name: 光红 is not 红光. Near: the 字号 sounds the same, or
differs in one character of three or more, in the same industry; the applicant is told, no more (名 16).
"""

from dataclasses import dataclass

from verifiers.name_parts import split, unify
from verifiers.name_terms import readings


@dataclass(frozen=True, slots=True)
class NormalForm:
    """What of a name is compared; `industry` holds the first term of each industry in order, or nothing."""

    trade_name: str
    industry: tuple[str, ...]
    sound: str  # the readings of the 字号 without tone

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


def same_name(applied: NormalForm, on_record: NormalForm) -> bool:
    """Tell whether the name applied for is the same as the one on record, in the sense of 名 17."""
    return applied.trade_name == on_record.trade_name and on_record.industry in {(), applied.industry}


def near_name(applied: NormalForm, on_record: NormalForm) -> bool:
    """Tell whether the names are near and not the same."""
    if applied.trade_name == on_record.trade_name or applied.industry != on_record.industry:
        return False
    if applied.sound == on_record.sound:
        return True
    pairs = list(zip(applied.trade_name, on_record.trade_name, strict=False))
    equal_length = len(applied.trade_name) == len(on_record.trade_name) >= 3
    return equal_length and sum(one != other for one, other in pairs) == 1
