"""Numeric functions (DMN 1.5, table 78), all in 34 decimal digits."""

import decimal
from decimal import Decimal
from typing import Any

from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.limits import CURVE_STEPS, spend
from rules.feel.temporal import DaysTime, YearsMonths
from rules.feel.values import NUMBERS, small_whole

_EXACT = decimal.Context(prec=30_000, Emin=-decimal.MAX_EMAX, Emax=decimal.MAX_EMAX)
"""Wide enough for the remainder of any two numbers."""
MIN_SCALE, MAX_SCALE = -6111, 6176  # what decimal128 can hold


def _rounded(number: Decimal, scale: Decimal, rounding: str) -> Decimal:
    places = small_whole(scale)
    if places is None or not MIN_SCALE <= places <= MAX_SCALE:
        raise BuiltinError(f"scale must be a whole number between {MIN_SCALE} and {MAX_SCALE}")
    value = NUMBERS.plus(number)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= places:
        return value
    return value.quantize(Decimal((0, (1,), -places)), rounding=rounding, context=NUMBERS)


@feel("decimal(n: number, scale: number) -> number")
def decimal_(number: Decimal, scale: Decimal) -> Decimal:
    """Round half to even."""
    return _rounded(number, scale, decimal.ROUND_HALF_EVEN)


@feel("floor(n: number, scale?: number) -> number")
def floor(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round towards minus infinity."""
    return _rounded(number, scale, decimal.ROUND_FLOOR)


@feel("ceiling(n: number, scale?: number) -> number")
def ceiling(number: Decimal, scale: Decimal = Decimal(0)) -> Decimal:
    """Round towards plus infinity."""
    return _rounded(number, scale, decimal.ROUND_CEILING)


@feel("round up(n: number, scale: number) -> number")
def round_up(number: Decimal, scale: Decimal) -> Decimal:
    """Round away from zero."""
    return _rounded(number, scale, decimal.ROUND_UP)


@feel("round down(n: number, scale: number) -> number")
def round_down(number: Decimal, scale: Decimal) -> Decimal:
    """Round towards zero."""
    return _rounded(number, scale, decimal.ROUND_DOWN)


@feel("round half up(n: number, scale: number) -> number")
def round_half_up(number: Decimal, scale: Decimal) -> Decimal:
    """Round to the nearest, halves away from zero."""
    return _rounded(number, scale, decimal.ROUND_HALF_UP)


@feel("round half down(n: number, scale: number) -> number")
def round_half_down(number: Decimal, scale: Decimal) -> Decimal:
    """Round to the nearest, halves towards zero."""
    return _rounded(number, scale, decimal.ROUND_HALF_DOWN)


@feel("abs(n: number) -> number")
def abs_(number: Decimal) -> Decimal:
    """Return the number without its sign."""
    return NUMBERS.abs(number)


@feel("abs(n: years and months duration) -> years and months duration")
@feel("abs(n: days and time duration) -> days and time duration")
def abs_duration(duration: Any) -> Any:
    """Return the duration without its sign."""
    if isinstance(duration, YearsMonths):
        return YearsMonths(abs(duration.months))
    return DaysTime(abs(duration.nanos))


@feel("modulo(dividend: number, divisor: number) -> number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return the remainder with the sign of the divisor: `dividend - divisor * floor(dividend / divisor)`."""
    if divisor == 0:
        raise BuiltinError("the divisor is 0")
    # In whole numbers, exactly: Decimal's own remainder refuses a quotient of more than 34 digits.
    unit = min(_exponent(dividend), _exponent(divisor))
    rest = _in_units(dividend, unit) % _in_units(divisor, unit)
    return NUMBERS.plus(Decimal(rest).scaleb(unit, _EXACT))


def _exponent(number: Decimal) -> int:
    exponent = Decimal(number).as_tuple().exponent
    if not isinstance(exponent, int) or not -MAX_SCALE <= exponent <= MAX_SCALE:
        raise BuiltinError("the number is out of range")
    return exponent


def _in_units(number: Decimal, unit: int) -> int:
    """Return a number as a count of 10**unit, where it is a whole count."""
    exponent = _exponent(number)
    scale: int = 10 ** (exponent - unit)
    return int(Decimal(number).scaleb(-exponent, _EXACT)) * scale


def _parity(number: Decimal) -> int | None:
    """Return what is left of a whole number divided by 2; None for a fraction."""
    if _exponent(number) > 0:
        return 0  # a multiple of 10, and too long to write out
    whole = Decimal(number).to_integral_value(context=_EXACT)
    return int(whole) % 2 if whole == number else None


@feel("sqrt(number: number) -> number")
def sqrt(number: Decimal) -> Decimal:
    """Return the square root."""
    return NUMBERS.sqrt(number)


@feel("log(number: number) -> number")
def log(number: Decimal) -> Decimal:
    """Return the natural logarithm."""
    if number <= 0:
        raise BuiltinError("only numbers above 0 have a logarithm")
    spend(CURVE_STEPS, "log")
    return NUMBERS.ln(number)


@feel("exp(number: number) -> number")
def exp(number: Decimal) -> Decimal:
    """Return e to the power of the number."""
    spend(CURVE_STEPS, "exp")
    return NUMBERS.exp(number)


@feel("odd(number: number) -> boolean")
def odd(number: Decimal) -> bool:
    """Tell whether a whole number is odd; a fraction is neither odd nor even."""
    return _parity(number) == 1


@feel("even(number: number) -> boolean")
def even(number: Decimal) -> bool:
    """Tell whether a whole number is even."""
    return _parity(number) == 0


@feel("random number() -> number")
def random_number() -> Decimal:
    """Refuse: a decision that depends on chance cannot be replayed."""
    raise BuiltinError("chance has no place in a decision that must be replayed")
