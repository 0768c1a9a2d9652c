"""Numbers of identity documents: what can be said of one without asking anybody.

居民身份证 (GB 11643-1999): 6 digits division, 8 date of birth, 3 order (odd: male), 1 check character. Hard: length,
digits, a day of the calendar that is not in the future, at most 130 years ago, the check character. The division is
*not* checked: numbers given before a county was renamed keep its old code (370722 for 安丘 before 1994). What is checked
is the kind of document that the first digits stand for: 81, 82, 83 begin the residence permits of 港澳台居民, 9 the
permanent residence of foreigners, and neither ever a resident identity card. python-stdnum is used for the check character alone: its `validate`
refuses all of these, and takes birth dates in the future.

>>> born_on("11010519491231002X")
datetime.date(1949, 12, 31)
"""

import re
from datetime import date

from stdnum.cn import ric

OLDEST = 130  # years

_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9Xx]", re.ASCII)
_PATTERNS = {
    "hk_macao_permit": re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    "taiwan_permit": re.compile(r"[0-9]{8}"),
    "passport": re.compile(r"[A-Z0-9]{5,20}"),
    "other": re.compile(r"[A-Z0-9()-]{4,40}"),
}
_HMT_RESIDENCE = ("81", "82", "83")
_OLD_FOREIGN = re.compile(r"[A-Z]{3}[0-9]{12}")


def check_character(number: str) -> str:
    """Return the check character that belongs to the first 17 digits of a number of 18 characters."""
    return str(ric.calc_check_digit(number))


def _checks(number: str) -> bool:
    return _RESIDENT.fullmatch(number) is not None and check_character(number) == number[-1].upper()


def born_on(number: str) -> date | None:
    """Return the date of birth that the number states, or None when it states no day of the calendar."""
    if _RESIDENT.fullmatch(number) is None:
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def full_years(born: date, on: date) -> int:
    """Return the age in full years, counted from the birthday itself; without a 29 February it is 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def resident_id_well_formed(number: str, on: date) -> bool:
    """Tell whether it is a possible number of a 居民身份证 or 港澳台居民居住证 on that day; a small x is accepted."""
    born = born_on(number)
    return born is not None and born <= on and full_years(born, on) <= OLDEST and _checks(number)


def well_formed(id_type: str, number: str, on: date) -> bool:
    """Tell whether the number is a possible one of its kind (`id_type` as in `rules/facts.yaml`); never raises."""
    if id_type == "resident_id":
        return not number.startswith((*_HMT_RESIDENCE, "9")) and resident_id_well_formed(number, on)
    if id_type == "hmt_residence":
        return number.startswith(_HMT_RESIDENCE) and resident_id_well_formed(number, on)
    if id_type == "foreign_permanent_residence":  # since 2023 in the form of a resident's number beginning with 9
        return _OLD_FOREIGN.fullmatch(number) is not None or (number.startswith("9") and _checks(number))
    pattern = _PATTERNS.get(id_type)
    return pattern is not None and pattern.fullmatch(number) is not None
