"""Codes for made people and businesses: correct in every check character, and clearly not anybody's.

Sources: GB 11643-1999 (identity numbers), GB 32100-2015 (统一社会信用代码) with GB 11714 inside it.
"""

from datetime import date

from stdnum.cn import uscc

from verifiers.resident_id import check_character

_GB_11714_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def person_number(id_type: str, division: str, born: date, order: int) -> tuple[str, str]:
    """Return the kind of document and a number of that kind; `order` (800 to 999) is odd for men."""
    if id_type == "hk_macao_permit":
        return id_type, f"H{born:%y%m%d}{order % 100:02}"
    if id_type == "passport":
        return id_type, f"XX{born:%y%m%d}{order % 10}"
    number = f"{division}{born:%Y%m%d}{order:03}"
    return id_type, number + check_character(number + "0")


def organisation_check(first_eight: str) -> str:
    """Return the check character of GB 11714 for the first eight characters."""
    total = sum(int(character, 36) * weight for character, weight in zip(first_eight, _GB_11714_WEIGHTS, strict=True))
    remainder = 11 - total % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def social_credit_code(kind: str, division: str, serial: int) -> str:
    """Return a code for an enterprise (kind 1) or a 个体工商户 (kind 2); its body begins with MA9."""
    body = f"MA9{serial:05}"
    code = f"9{kind}{division}{body}{organisation_check(body)}"
    return code + str(uscc.calc_check_digit(code))
