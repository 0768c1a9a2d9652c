"""Money in the capital numerals of the licence form (正确填写票据和结算凭证的基本规定, annex 1 of 支付结算办法).

>>> print(capital_words(100_000_000))
壹佰万元整
>>> print(capital_words(5_000_050))
伍万元零伍角整
"""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
MOST_FEN = 10**18


def capital_words(fen: int) -> str:
    """Return an amount in fen as the form writes it; raises ValueError for nothing, less, or more than 10^18 fen.

    A run of zeros is told once (零), also when it spans a group of four; 整 closes yuan and jiao, never fen.
    """
    if not 0 < fen < MOST_FEN:
        raise ValueError(f"{fen} fen cannot be written in capital numerals; give 1 to {MOST_FEN - 1}")
    yuan, cents = divmod(fen, 100)
    jiao, rest = divmod(cents, 10)
    words = f"{_whole(yuan)}元" if yuan else ""
    if not cents:
        return words + "整"
    if yuan and (not jiao or yuan % 10 == 0):
        words += "零"
    words += f"{_DIGITS[jiao]}角" if jiao else ""
    return words + (f"{_DIGITS[rest]}分" if rest else "整")


def _whole(number: int) -> str:
    words, gap = "", False
    for group in range(len(_GROUPS) - 1, -1, -1):
        four = number // 10_000**group % 10_000
        if not four:
            gap = gap or bool(words)
            continue
        if words and (gap or four < 1000):
            words += "零"
        words += _four(four) + _GROUPS[group]
        gap = False
    return words


def _four(number: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return words
