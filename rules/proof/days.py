"""Exact calendar arithmetic on day numbers: months added to a day that is not known.

Adding months never puts a later day before an earlier one, so `d + P5Y < c` with a known `c` is `d < t` for one day
`t`, found by search with the calendar of FEEL itself. Where both sides are unknown, the days, months and years of the
proleptic Gregorian calendar are spelt out in whole-number arithmetic.
"""

from datetime import date
from functools import cache

import z3

from rules.feel.temporal import add_months, date_of, day_number
from rules.proof.symbols import SDate, Term, negated

FIRST_DAY, LAST_DAY = day_number(date.min), day_number(date.max)
"""The days that a date of the facts may be: all that a form can be filled with (RFC 3339 full-date, years 0001 to 9999)."""


def known_day(number: int, null: Term) -> SDate:
    """Return a day that is known."""
    term = z3.IntVal(number)
    return SDate(null, lambda: term, term)


def plus_months(day: SDate, months: int) -> SDate:
    """Return `day` plus months, as FEEL adds them: the last day of a shorter month."""
    base = day.base if day.base is not None and day.months == 0 else day.value()
    if z3.is_int_value(base):
        return known_day(day_number(add_months(date_of(base.as_long()), months)), day.null)
    return SDate(day.null, lambda: _spelt_out(base, months), base, months)


def plus_days(day: SDate, days: Term) -> SDate:
    """Return `day` plus whole days."""
    term = z3.simplify(day.value() + days)
    return SDate(day.null, lambda: term, term)


@cache
def _first_from(bound: int, months: int) -> int:
    """Return the first day that lies on or after day `bound` once the months are added."""
    low, high = bound - months * 31 - 62, bound - months * 28 + 62
    low, high = min(low, high), max(low, high)
    while low < high:
        middle = (low + high) // 2
        if day_number(add_months(date_of(middle), months)) >= bound:
            high = middle
        else:
            low = middle + 1
    return low


def compared(op: str, left: SDate, right: SDate) -> Term:
    """Return `left op right` for two days that are not null."""
    if left.months and _is_known(right):
        return _against(op, left, right.value().as_long())
    if right.months and _is_known(left):
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        return _against(flipped, right, left.value().as_long())
    first, second = left.value(), right.value()
    answers = {"=": first == second, "!=": first != second, "<": first < second, "<=": first <= second,
               ">": first > second, ">=": first >= second}  # fmt: skip
    return answers[op]


def _is_known(day: SDate) -> bool:
    return day.months == 0 and z3.is_int_value(day.value())


def _against(op: str, shifted: SDate, bound: int) -> Term:
    base: Term = shifted.base
    from_bound, after_bound = _first_from(bound, shifted.months), _first_from(bound + 1, shifted.months)
    if op in {"<", ">="}:
        return base < from_bound if op == "<" else base >= from_bound
    if op in {"<=", ">"}:
        return base < after_bound if op == "<=" else base >= after_bound
    same = z3.And(base >= from_bound, base < after_bound)
    return same if op == "=" else negated(same)


def parts(number: Term) -> tuple[Term, Term, Term]:
    """Return year, month and day of a day number (Howard Hinnant's civil calendar, in floor division)."""
    shifted = number + 719_468
    era, of_era = shifted / 146_097, shifted % 146_097
    of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365
    of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100)
    index = (5 * of_year + 2) / 153
    month = z3.If(index < 10, index + 3, index - 9)
    year = of_era_year + era * 400 + z3.If(month <= 2, 1, 0)
    return year, month, of_year - (153 * index + 2) / 5 + 1


def _spelt_out(base: Term, months: int) -> Term:
    year, month, day = parts(base)
    total = year * 12 + month - 1 + months
    new_year, new_month = total / 12, total % 12 + 1
    leap = z3.And(new_year % 4 == 0, z3.Or(new_year % 100 != 0, new_year % 400 == 0))
    thirty = z3.Or(new_month == 4, new_month == 6, new_month == 9, new_month == 11)
    longest = z3.If(new_month == 2, z3.If(leap, 29, 28), z3.If(thirty, 30, 31))
    clipped = z3.If(day < longest, day, longest)
    shifted_year = new_year - z3.If(new_month <= 2, 1, 0)
    era, of_era = shifted_year / 400, shifted_year % 400
    of_year = (153 * (new_month + z3.If(new_month > 2, -3, 9)) + 2) / 5 + clipped - 1
    return era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
