"""Numeric functions (DMN 1.5, table 78), all in 34 decimal digits."""

import decimal
from decimal import Decimal
from typing import Any

from rules.feel.builtins.registry import BuiltinError, feel
from rules.feel.temporal import DaysTime, YearsMonths
from rules.feel.values import NUMBERS, small_whole

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
    rest = NUMBERS.remainder(dividend, divisor)
    return NUMBERS.add(rest, divisor) if rest != 0 and (rest < 0) != (divisor < 0) else rest


@feel("sqrt(number: number) -> number")
def sqrt(number: Decimal) -> Decimal:
    """Return the square root."""
    return NUMBERS.sqrt(number)


@feel("log(number: number) -> number")
def log(number: Decimal) -> Decimal:
    """Return the natural logarithm."""
    if number <= 0:
        raise BuiltinError("only numbers above 0 have a logarithm")
    return NUMBERS.ln(number)


@feel("exp(number: number) -> number")
def exp(number: Decimal) -> Decimal:
    """Return e to the power of the number."""
    return NUMBERS.exp(number)


@feel("odd(number: number) -> boolean")
def odd(number: Decimal) -> bool:
    """Tell whether a whole number is odd; a fraction is neither odd nor even."""
    return NUMBERS.remainder(number, 2) in {1, -1}


@feel("even(number: number) -> boolean")
def even(number: Decimal) -> bool:
    """Tell whether a whole number is even."""
    return NUMBERS.remainder(number, 2) == 0


@feel("random number() -> number")
def random_number() -> Decimal:
    """Refuse: a decision that depends on chance cannot be replayed."""
    raise BuiltinError("chance has no place in a decision that must be replayed")
