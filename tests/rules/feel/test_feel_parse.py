"""Reading: what the text means, where an error stands, and names that hold spaces or keywords."""

from decimal import Decimal

import pytest

from rules.feel import FeelSyntaxError, parse, parse_unary_tests
from rules.feel import tree as t
from rules.feel.builtin_names import BUILTIN_NAMES
from rules.feel.builtins import REGISTRY
from rules.feel.types import DATE_TIME, NUMBER, ContextType, FunctionType, ListType

ONE, TWO = t.NumberLiteral(Decimal(1)), t.NumberLiteral(Decimal(2))
A, B, C = t.Name("a"), t.Name("b"), t.Name("c")
CLOSED = t.RangeNode(ONE, TWO, low_closed=True, high_closed=True)
OPEN = t.RangeNode(ONE, TWO, low_closed=False, high_closed=False)
HALF_OPEN = t.RangeNode(ONE, TWO, low_closed=True, high_closed=False)

MEANINGS = {
    "and binds closer than or": ("a or b and c", t.Or(A, t.And(B, C))),
    "comparison binds closer than and": ("a = 1 and b", t.And(t.Compare("=", A, ONE), B)),
    "product binds closer than sum": ("a + b * c", t.Arithmetic("+", A, t.Arithmetic("*", B, C))),
    "minus binds closer than power": ("-a ** 2", t.Arithmetic("**", t.Negate(A), TWO)),
    "difference goes from left to right": ("a - b - c", t.Arithmetic("-", t.Arithmetic("-", A, B), C)),
    "brackets": ("a * (b + c)", t.Arithmetic("*", A, t.Arithmetic("+", B, C))),
    "between ends at its own and": ("a between 1 and 2 and b", t.And(t.Between(A, ONE, TWO), B)),
    "every swallows what follows": (
        "a and every x in b satisfies x and c",
        t.And(A, t.Every((t.Binding("x", B),), t.And(t.Name("x"), C))),
    ),
    "two bindings": (
        "some x in a, y in b satisfies c",
        t.Some((t.Binding("x", A), t.Binding("y", B)), C),
    ),
    "a count from 1 to 2": (
        "for i in 1..2 return i",
        t.For((t.Binding("i", CLOSED),), t.Name("i")),
    ),
    "filter and path": ("a[b].c", t.Path(t.Filter(A, B), "c")),
    "in one test": ("a in [1..2]", t.In(A, (CLOSED,))),
    "in several tests": ("a in (1, > 2)", t.In(A, (ONE, t.UnaryTest(">", TWO)))),
    "open ends in three ways": ("[]1..2[, (1..2)]", t.ListNode((OPEN,) * 2)),
    "a range that ends in [ before a filter": (
        "a in [1..2[ and b[1]",
        t.And(t.In(A, (HALF_OPEN,)), t.Filter(B, ONE)),
    ),
    "an empty list and an empty context": ("[[], {}]", t.ListNode((t.ListNode(()), t.ContextNode(())))),
    "keys with spaces, operators and quotes": (
        '{a b: 1, c-d+e: 2, "in": 1}',
        t.ContextNode((t.ContextEntry("a b", ONE), t.ContextEntry("c-d+e", TWO), t.ContextEntry("in", ONE))),
    ),
    "named arguments": ("c(a b: 1)", t.Call(C, (), (t.NamedArgument("a b", ONE),))),
    "a member that is a keyword": ("a.in", t.Path(A, "in")),
    "instance of a type of several words": ("a instance of date and time", t.InstanceOf(A, DATE_TIME)),
    "instance of a nested type": (
        "a instance of list<context<b: number>>",
        t.InstanceOf(A, ListType(ContextType({"b": NUMBER}))),
    ),
    "instance of a function": (
        "a instance of function<number>->number",
        t.InstanceOf(A, FunctionType((NUMBER,), NUMBER)),
    ),
    "comments": ("a // the first\n + /* and */ b", t.Arithmetic("+", A, B)),
    "an empty list before a filter": ("[][1]", t.Filter(t.ListNode(()), ONE)),
    "Chinese names": ("股东.姓名", t.Path(t.Name("股东"), "姓名")),
    "a function": ("function(a, b: number) c", t.FunctionNode((t.Parameter("a", None), t.Parameter("b", NUMBER)), C)),
}


@pytest.mark.parametrize(("source", "meaning"), MEANINGS.values(), ids=MEANINGS.keys())
def test_a_text_means(source: str, meaning: t.Node) -> None:
    assert parse(source) == meaning


def test_number_without_leading_zero() -> None:
    assert parse("[.5, 1.5e3]") == t.ListNode((t.NumberLiteral(Decimal("0.5")), t.NumberLiteral(Decimal(1500))))


def test_string_escapes() -> None:
    node = parse(r'"a\"b\\c\n\t\u4e2d\U01F40E\ud83d\udc0e"')
    assert node == t.StringLiteral('a"b\\c\n\t中\U0001f40e\U0001f40e')


def test_the_longest_known_name_wins() -> None:
    names = ["date of birth", "date", "a-b", "is in office", "a"]
    assert parse("date of birth = date", names) == t.Compare("=", t.Name("date of birth"), t.Name("date"))
    assert parse("a-b", names) == t.Name("a-b")
    assert parse("a - b", names) == t.Arithmetic("-", A, B)
    assert parse("is  in\n office and a", names) == t.And(t.Name("is in office"), A)


def test_unknown_words_side_by_side_are_one_name() -> None:
    assert parse("Full Name = 1") == t.Compare("=", t.Name("Full Name"), ONE)


def test_names_of_builtin_functions_are_the_functions_that_are_there() -> None:
    assert frozenset(REGISTRY) == BUILTIN_NAMES


def test_places_count_from_one_over_lines() -> None:
    node = parse("a and\n  b.code > 1")
    assert isinstance(node, t.And)
    assert (node.line, node.column) == (1, 1)
    right = node.right
    assert isinstance(right, t.Compare)
    assert (right.line, right.column) == (2, 3)
    assert (right.left.line, right.left.column) == (2, 5), "a member's place is the member's own"


def test_slices_give_back_the_text() -> None:
    source = "  (a + b) * c  "
    node = parse(source)
    assert source[node.start : node.end] == "(a + b) * c"
    assert isinstance(node, t.Arithmetic)
    assert source[node.left.start : node.left.end] == "(a + b)"


def test_equal_nodes_are_one_wherever_they_stand() -> None:
    first, second = parse("a.b = 1"), parse("   a . b=1.0")
    assert first == second
    assert len({first, second}) == 1


ERRORS = {
    "empty": ("", 1, 1, "empty"),
    "only space": (" \n ", 2, 2, "empty"),
    "too early an end": ("if a then b", 1, 12, "too early"),
    "two operators": ("a = = 1", 1, 5, '"=" cannot stand here'),
    "an open bracket": ("[1, 2", 1, 6, "too early"),
    "an open string": ('a = "b', 1, 5, "not closed"),
    "a single quote": ("a = 'b'", 1, 5, "unexpected character"),
    "an ampersand": ("a && b", 1, 3, "unexpected character"),
    "a number before a letter": ("1a", 1, 1, "neither a number nor a name"),
    "a second line": ("a and\n)", 2, 1, '")" cannot stand here'),
    "more than 34 digits": ("1." + "1" * 34, 1, 1, "34 digits"),
    "a huge exponent": ("1e99999999999999999999", 1, 1, "34 digits"),
    "a character beyond Unicode": (r'"\U110000"', 1, 1, "beyond the last"),
    "a range without brackets": ("1..2", 1, 2, '".." cannot stand here'),
    "other digits": ("٣ + 1", 1, 1, "only the digits 0 to 9"),
}


@pytest.mark.parametrize(("source", "line", "column", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_a_syntax_error_has_its_place(source: str, line: int, column: int, words: str) -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        parse(source)
    assert (raised.value.line, raised.value.column) == (line, column)
    assert words in raised.value.message


def test_a_syntax_error_reads_as_a_sentence() -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        parse("if a b")
    assert str(raised.value).startswith("line 1, column ")


def test_cells_of_decision_tables() -> None:
    assert parse_unary_tests("-") == t.UnaryTests((), negated=False)
    assert parse_unary_tests("< 1, 2") == t.UnaryTests((t.UnaryTest("<", ONE), TWO), negated=False)
    assert parse_unary_tests("not(1, 2)") == t.UnaryTests((ONE, TWO), negated=True)
    assert parse_unary_tests("not(a) and b") == t.UnaryTests((t.And(t.Call(t.Name("not"), (A,)), B),), negated=False)
    assert parse_unary_tests("-1") == t.UnaryTests((t.Negate(ONE),), negated=False)
    with pytest.raises(FeelSyntaxError):
        parse_unary_tests("")
