"""Built-in functions: one line each, where the outside cases do not reach; every answer by both evaluators."""

from typing import Any

import pytest

from rules.feel.builtins import REGISTRY

TRUE_LINES = """
substring("𐀀bc", 2) = "bc"
substring("abc", -2, 1) = "b"
upper case("aß") = "ASS"
substring before("a/b", "/") = "a"
substring before("ab", "/") = ""
substring after("a/b", "/") = "b"
substring after("ab", "") = "ab"
starts with("安丘市", "安丘")
not(ends with("安丘市", "安丘"))
matches("370784199001011234", "^[0-9]{17}[0-9X]$")
matches("abc", "B", "i")
replace("a1b22", "[0-9]+", "#") = "a#b#"
replace("2026-11-20", "([0-9]+)-([0-9]+)", "$2/$1") = "11/2026-20"
replace("a.b", "\\.", "\\$") = "a$b"
split("a;b;;c", ";") = ["a", "b", "", "c"]
string(1.50) = "1.5"
string(100) = "100"
string([1, "a", null]) = "[1, \\"a\\", null]"
string({a: true}) = "{a: true}"
string(@"2026-11-20") = "2026-11-20"
string([1..5)) = "[1..5)"
string((< 5)) = "(< 5)"
string(null) = null
number("1.5") = 1.5
number("1 000,5", " ", ",") = 1000.5
date("2026-11-20").weekday = 5
date(2026, 2, 30) = null
date(@"2026-11-20T10:00:00") = @"2026-11-20"
time("10:20:30").minute = 20
time(@"2026-11-20T10:00:00") = @"10:00:00"
time(10, 20, 30.5).second = 30.5
date and time(@"2026-11-20", @"10:00:00") = @"2026-11-20T10:00:00"
date and time(2026, 11, 20, 10, 0, 0) = @"2026-11-20T10:00:00"
@"2026-11-20T10:00:00+08:00".time offset = @"PT8H"
@"2026-07-20T10:00:00@Europe/Paris".time offset = @"PT2H"
@"2026-11-20T10:00:00@Asia/Shanghai".timezone = "Asia/Shanghai"
@"2026-11-20T10:00:00@Asia/Shanghai" = @"2026-11-20T02:00:00Z"
@"P1Y2M".months = 2
@"-P1DT2H3M4.5S".seconds = -4.5
[1..5].end = 5
[1..5).end included = false
day of week(@"2026-11-20") = "Friday"
month of year(@"2026-11-20") = "November"
week of year(@"2027-01-01") = 53
day of year(@"2024-12-31") = 366
abs(-1) = 1
abs(@"-P1D") = @"P1D"
modulo(-10, 3) = 2
sqrt(16) = 4
decimal(2.5, 0) = 2
decimal(1234.5, -2) = 1200
round up(1.1, 0) = 2
round half down(1.5, 0) = 1
odd(3) and even(4) and not(odd(1.5))
log(1) = 0 and exp(0) = 1
sum([1, 2, 3]) = 6 and sum(1, 2, 3) = 6
sum([]) = null
product(2, 3) = 6
mean([1, 2]) = 1.5
median([3, 1, 2]) = 2
mode([1, 2, 2, 3, 3]) = [2, 3]
min("b", "a") = "a" and max([@"2026-01-01", @"2026-02-01"]) = @"2026-02-01"
min([]) = null
max([1, "a"]) = null
count([null, null]) = 2
list contains([1, null], null)
append([1], 2, 3) = [1, 2, 3]
concatenate([1], [2], [3]) = [1, 2, 3]
insert before([1, 3], 2, 2) = [1, 2, 3]
remove([1, 2, 3], -1) = [1, 2]
list replace([1, 2, 3], 2, 9) = [1, 9, 3]
list replace([1, 2, 3], function(item, new) item < new, 2) = [2, 2, 3]
reverse([1, 2]) = [2, 1]
index of([1, 2, 1], 1) = [1, 3]
union([1, 2], [2, 3]) = [1, 2, 3]
distinct values([1, 1.0, "1", null, null, [1], [1], {a: 1}, {a: 1}]) = [1, "1", null, [1], {a: 1}]
flatten([1, [2, [3, []]]]) = [1, 2, 3]
sublist([1, 2, 3], 2, 1) = [2]
sublist([1, 2, 3], 3, 2) = null
string join(["a", null, "b"], "-") = "a-b"
all([]) and not(any([]))
all(true, null) = null and all(false, null) = false and any(true, null)
get value({a: 1}, "a") = 1 and get value({a: {b: 2}}, ["a", "b"]) = 2
get entries({a: 1})[1].key = "a"
context put({a: 1}, ["b"], 2) = {a: 1, b: 2}
context merge([{a: 1}, {a: 2, b: 3}]) = {a: 2, b: 3}
before(1, 2) and after(2, 1) and before([1..2), [2..3])
not(before([1..2], [2..3]))
meets([1..2], [2..3]) and met by([2..3], [1..2]) and not(meets([1..2), [2..3]))
overlaps([1..3], [2..4]) and overlaps before([1..3], [2..4]) and overlaps after([2..4], [1..3])
not(overlaps([1..2), [2..3]))
finishes(3, [1..3]) and finished by([1..3], 3) and not(finishes(3, [1..3)))
includes([1..3], 2) and during(2, [1..3]) and includes([1..5], [2..3]) and not(includes([1..3), 3))
starts(1, [1..3]) and started by([1..3], [1..2]) and not(starts((1..2], [1..3]))
coincides([1..3], [1..3]) and coincides(1, 1) and not(coincides([1..3], [1..3)))
during(5, (> 3)) and not(during(5, (< 3)))
includes((>= 3), [4..5])
range("[18..21)") = [18..21)
range("(..5]") = (<= 5)
range("[1..0]") = null
is(@"10:00:00", @"10:00:00") and not(is(@"10:00:00", @"10:00:00Z"))
date("0000-01-01") + @"P1Y" = @"0001-01-01"
date("9999-12-31") + @"P1D" = date("10000-01-01")
date("10000-01-01") - @"P1D" = @"9999-12-31"
date("-0001-12-31") < @"2026-01-01"
date("2026-02-29") = null
@"2026-01-31T23:30:00" + @"PT1H" = @"2026-02-01T00:30:00"
@"23:00:00" + @"PT2H" = @"01:00:00"
@"2026-03-01" - @"2026-02-01" = @"P28D"
@"PT1H" / 4 = @"PT15M" and @"P1Y" / @"P1M" = 12
even(duration("P1D")) = null
now() = null
today() = null
random number() = null
matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$") = null
matches("a", "(a|a)*$") = null
matches("a", "[") = null
matches("a", "(?=a)") = null
matches("a", "a", "z") = null
replace("a", "a*", "b") = null
replace("a", "a", "$") = null
"""


@pytest.mark.parametrize("source", TRUE_LINES.strip().splitlines())
def test_is_true(both: Any, source: str) -> None:
    assert both(source) is True


@pytest.mark.parametrize("name", sorted(REGISTRY))
@pytest.mark.parametrize("arguments", ["", "null", '"x", "y", "z", "u", "v", "w", "r", "s"', "{a: [null]}", "[[1]]"])
def test_no_function_raises_on_wrong_arguments(both: Any, name: str, arguments: str) -> None:
    both(f"{name}({arguments})")


def test_builtin_functions_are_values(both: Any) -> None:
    assert both("sort([2, 1], before) = [1, 2]") is True
    assert both("{f: max, r: f([1, 2])}.r = 2") is True
    assert both("max instance of function<Any>->Any") is True
