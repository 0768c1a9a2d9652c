"""The normal form of conditions: what it takes as one is one, and names that mean another thing stay apart."""

import pytest

from rules.difference.normal import normal
from rules.difference.places import UNKNOWN, steps_of, symbol_value, with_changes
from rules.feel import parse

NAMES = ("a", "b", "c", "list", "other")


def same(one, other):
    return normal(parse(one, NAMES)) == normal(parse(other, NAMES))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a and b and c", "c and (a and b)"),
        ("a > 1 or b", "b or 1 < a"),
        ("a = b", "b = a"),
        ("every x in list satisfies x > 1", "every y in list satisfies 1 < y"),
        (
            "some x in list satisfies every y in other satisfies x = y",
            "some y in list satisfies every x in other satisfies x = y",
        ),
        ("a = 1.0", "a = 1"),
    ],
)
def test_these_are_one(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a < b", "b < a"),
        ("a <= b", "a < b"),
        ("a and b or c", "a and (b or c)"),
        ("some x in list satisfies x > 1", "every x in list satisfies x > 1"),
        (
            "every x in list satisfies every y in list satisfies x < y",
            "every x in list satisfies every y in list satisfies y < x",
        ),
        # In a filter a name can be a member of the element, in a context an earlier entry.
        ("some at in list satisfies count(other[at = 1]) > 0", "some of in list satisfies count(other[of = 1]) > 0"),
        ("every a in list satisfies {a: 1, b: a}.b = 1", "every c in list satisfies {a: 1, b: c}.b = 1"),
        ('a = "name b"', "a = b"),
        # A name that is bound twice is two variables.
        (
            "every x in list satisfies every x in other satisfies every y in list satisfies x < y",
            "every x in list satisfies every x in other satisfies every y in list satisfies y < x",
        ),
        (
            "every x in list, x in other, y in list satisfies x < y",
            "every x in list, x in other, y in list satisfies y < x",
        ),
        ("(function(x, x2) function(x) x - x2)", "(function(x, x2) function(x) x2 - x)"),
        ("(function(x, y) x - y)(x: 1, y: 2) = a", "(function(y, x) y - x)(x: 1, y: 2) = a"),
        (
            "every partial in list satisfies count(for x in other return partial) > 0",
            "every c in list satisfies count(for x in other return c) > 0",
        ),
        # More digits than a default decimal has, within those of FEEL.
        ("a = 1.0000000000000000000000000000001", "a = 1"),
        ("a > 99999999999999999999999999999999", "a > 100000000000000000000000000000000"),
    ],
)
def test_these_are_not(one, other):
    assert not same(one, other)


def test_a_place_is_read_and_written_in_its_second_entry_alone():
    person = {"ref": "p1", "age": 20}
    facts = {"people": [person, {"ref": "p2", "age": 30}], "owners": [{"person": person}, {"person": None}]}
    assert steps_of("people[2].age") == ("people", 1, "age")
    assert (symbol_value(facts, "people[2].age"), symbol_value(facts, "people#")) == (30, 2)
    assert (symbol_value(facts, "owners[1].person@"), symbol_value(facts, "owners[2].person?")) == (0, True)
    assert symbol_value(facts, "people[3].age") is UNKNOWN
    changed = with_changes(facts, {"people[1].age": 17, "people#": 3})
    assert [one["age"] for one in changed["people"]] == [17, 30, 30]
    assert changed["owners"][0]["person"]["age"] == 17
    assert len({one["ref"] for one in changed["people"]}) == 3
    assert facts["people"][0]["age"] == 20
