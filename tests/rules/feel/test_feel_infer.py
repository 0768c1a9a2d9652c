"""Types: what an expression is, and what is refused before any application is seen."""

import pytest

from rules.feel import FeelTypeError, infer, parse
from rules.feel.types import (
    ANY,
    BOOLEAN,
    DATE,
    DT_DURATION,
    NUMBER,
    STRING,
    YM_DURATION,
    ContextType,
    ListType,
    NamedType,
    RangeType,
    Type,
    UnionType,
)

SHAREHOLDER = ContextType({"due_on": DATE, "amount": NUMBER, "name": STRING}, name="shareholder")
SCOPE: dict[str, Type] = {
    "decided_on": DATE,
    "employees": NUMBER,
    "name": STRING,
    "listed": BOOLEAN,
    "shareholders": ListType(SHAREHOLDER),
    "premises": ContextType({"use": STRING, "town": STRING}, name="premises"),
    "unknown": ANY,
    "foreign": NamedType("Foreign"),
}

TYPES = {
    "employees + 1": NUMBER,
    'name + "x"': STRING,
    "shareholders.due_on": ListType(DATE),
    "shareholders[1].due_on": DATE,
    "shareholders[amount > 5].name": ListType(STRING),
    "shareholders[unknown]": ANY,
    "every s in shareholders satisfies s.amount > 0": BOOLEAN,
    'decided_on + duration("P5Y")': DATE,
    "decided_on - decided_on": DT_DURATION,
    'duration("P1Y")': YM_DURATION,
    'duration("P1D")': DT_DURATION,
    'duration(name) > duration("P1D")': BOOLEAN,
    "decided_on.year": NUMBER,
    "if listed then employees else null": NUMBER,
    "if listed then employees else name": UnionType((NUMBER, STRING)),
    "(if listed then employees else name) = 1": BOOLEAN,
    "sum(shareholders.amount)": NUMBER,
    "min(shareholders.due_on)": DATE,
    "max(1, employees)": NUMBER,
    "append(shareholders.name, name)": ListType(STRING),
    "sort(shareholders, function(a, b) a.amount < b.amount)[1].name": STRING,
    "for s in shareholders return s.name": ListType(STRING),
    "for i in 1..employees return i": ListType(NUMBER),
    "for d in decided_on..decided_on return d": ListType(DATE),
    "{a: employees, b: a * 2}.b": NUMBER,
    "[1..employees]": RangeType(NUMBER),
    "employees in (< 5, [10..20], 30)": BOOLEAN,
    'premises.use in ["a", "b"]': BOOLEAN,
    "premises != null": BOOLEAN,
    "unknown.anything.at.all > 5": BOOLEAN,
    "foreign.anything = 1": BOOLEAN,
    "-employees": NUMBER,
    "(function(x: number) x + 1)(2)": NUMBER,
    "string(employees)": STRING,
    "not(listed)": BOOLEAN,
    "count(shareholders)": NUMBER,
    "concatenate([1], [])": ListType(ANY),
    "name instance of string": BOOLEAN,
    'substring(string: name, start position: 1) = "x"': BOOLEAN,
    "get value(premises, name)": ANY,
    '@"P1D" * employees': DT_DURATION,
}


@pytest.mark.parametrize(("source", "declared"), TYPES.items())
def test_has_type(source: str, declared: Type) -> None:
    assert infer(parse(source, SCOPE), SCOPE) == declared


REFUSALS = {
    "employes > 1": (1, 1, 'there is no "employes"', 'did you mean "employees"?'),
    "premises.useage": (1, 10, 'there is no "useage" in premises', 'did you mean "use"?'),
    "every s in shareholders\n satisfies s.due_onn > decided_on": (2, 14, '"due_onn"', 'did you mean "due_on"?'),
    "shareholders[amout > 1]": (1, 14, '"amout"', 'did you mean "amount"?'),
    "name.x": (1, 6, "string has no members", None),
    "decided_on > employees": (1, 1, "date cannot be compared with number", None),
    'decided_on = "2026-11-20"': (1, 1, "date cannot be compared with string", "date("),
    "shareholders.amount > 5": (1, 1, "cannot be compared", "list contains"),
    'decided_on = date and time("2026-11-20T00:00:00")': (1, 1, "date and time", "date(x)"),
    "listed and employees": (1, 12, "number", "comparison"),
    "name or listed": (1, 1, "string", "comparison"),
    "listed < true": (1, 1, "boolean has no order", None),
    "if employees then 1 else 2": (1, 4, "number", None),
    "every s in shareholders satisfies s.amount": (1, 37, "satisfies", None),
    "some s in premises satisfies true": (1, 11, "a loop needs a list", None),
    'for i in 1.."a" return i': (1, 5, "counts numbers or dates", None),
    "employees + decided_on": (1, 1, "there is no number + date", None),
    "name + employees": (1, 1, "there is no string + number", "string(x)"),
    "-name": (1, 1, "string has no negative", None),
    "cuont(shareholders)": (1, 1, '"cuont"', 'did you mean "count"?'),
    "substring(name)": (1, 1, "does not take 1 arguments", None),
    'substring(name, "1")': (1, 17, "start position must be number", None),
    "substring(string: name, start: 1)": (1, 25, 'no parameter "start"', None),
    "substring(string: name)": (1, 1, "needs start position", None),
    "not(employees)": (1, 5, "negand must be boolean", None),
    "sum(shareholders.name)": (1, 18, "must be", None),
    "string length(null)": (1, 15, "this is Null", None),
    'date("2026-02-30")': (1, 6, '"2026-02-30" is not a date', None),
    '@"2026-02-30"': (1, 1, "no date, time or duration", None),
    'duration("5 years")': (1, 10, "not a duration", None),
    "employees in [decided_on..decided_on]": (1, 14, "number is never in range<date>", None),
    'employees in ("a", "b")': (1, 15, "number is never in string", None),
    "employees between 1 and name": (1, 25, "cannot be compared", None),
    "name instance of strng": (1, 1, '"strng"', 'did you mean "string"?'),
    "employees(1)": (1, 1, "cannot be called", None),
    "(function(x) x)(1, 2)": (1, 1, "takes 1 arguments, not 2", None),
    "{a: 1, a: 2}": (1, 8, "twice", None),
    "shareholders[name]": (1, 14, "a filter is a number or a condition", None),
    "now()": (1, 1, "replayable", None),
    "today() > decided_on": (1, 1, "replayable", None),
}


@pytest.mark.parametrize(("source", "wanted"), REFUSALS.items())
def test_is_refused(source: str, wanted: tuple[int, int, str, str | None]) -> None:
    line, column, words, hint = wanted
    with pytest.raises(FeelTypeError) as raised:
        infer(parse(source, SCOPE), SCOPE)
    assert words in raised.value.message
    assert (raised.value.line, raised.value.column) == (line, column)
    assert hint is None or hint in (raised.value.suggestion or "")


def test_only_the_second_of_two_uses_is_misspelt() -> None:
    with pytest.raises(FeelTypeError) as raised:
        infer(parse("premises.use = premises.usee"), SCOPE)
    assert raised.value.column == 25
