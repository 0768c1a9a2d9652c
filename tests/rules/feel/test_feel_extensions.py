"""Functions beside the standard: in force only where a caller brings them; types read from text."""

from typing import Any

import pytest

from rules.feel import FeelError, FeelTypeError, collecting, compile_node, infer, interpret, parse, paths
from rules.feel.builtins.registry import BuiltinError
from rules.feel.extensions import Library
from rules.feel.parse import parse_type
from rules.feel.types import ContextType, FunctionType, ListType, member_names


@pytest.fixture
def library() -> Library:
    made = Library()

    @made.add("share of(part: number, whole: number) -> number")
    def share_of(part: Any, whole: Any) -> Any:
        if whole == 0:
            raise BuiltinError("there is no whole")
        return part / whole

    return made


def test_both_evaluators_call_it_by_place_and_by_name(library: Library) -> None:
    for source in ("share of(1, 4) * 2", "share of(whole: 4, part: 1) * 2", "[1][share of(item, 2) = 0.5][1] / 2"):
        node = parse(source, library.names)
        infer(node, library.types)
        assert compile_node(node)(library.functions) == interpret(node, library.functions)
        assert float(interpret(node, library.functions)) == 0.5


@pytest.mark.parametrize("source", ['share of("a", 1)', "share of(1, null)", "share of(1, 0)", "share of(1)"])
def test_what_does_not_fit_is_null_and_told(library: Library, source: str) -> None:
    node = parse(source, library.names)
    with collecting() as found:
        assert compile_node(node)(library.functions) is None
        assert interpret(node, library.functions) is None
    assert len(found) == 2
    assert all(problem.message.startswith("share of") for problem in found)


def test_without_the_library_it_is_unknown(library: Library) -> None:
    node = parse("share of(1, 2)", library.names)
    with pytest.raises(FeelTypeError, match='there is no "share of" here'):
        infer(node, {})
    with pytest.raises(FeelTypeError, match="did you mean"):
        infer(parse("share off(1, 2)"), library.types)


@pytest.mark.parametrize(
    "declaration",
    [
        "count(n: number) -> number",
        "share of(n: number) -> number",
        "some(n?: number) -> number",
        "more(n...: number) -> number",
        "nonsense",
    ],
)
def test_a_declaration_must_be_a_new_one(library: Library, declaration: str) -> None:
    with pytest.raises(ValueError, match=r"already|fixed count|declares no function"):
        library.add(declaration)(lambda number: number)


def test_functions_are_no_facts(library: Library) -> None:
    node = parse("share of(a.b, c) > tables.limits(d)", library.names)
    assert paths(node, functions=[*library.names, "tables"]) == {("a", "b"), ("c",), ("d",)}


@pytest.mark.parametrize(
    "text",
    ["number", "list<string>", "context<a: date, b: list<number>>", "range<date>", "function<number>->boolean", "Any"],
)
def test_a_type_is_read_as_it_is_written(text: str) -> None:
    assert str(parse_type(text)) == text


@pytest.mark.parametrize(
    ("text", "place"),
    [("numbr", 1), ("list<numbr>", 1), ("", 1), ("number + 1", 8), ("list<", 6), ("1", 1), ("number = 1", 1)],
)
def test_a_wrong_type_is_refused_with_its_place(text: str, place: int) -> None:
    with pytest.raises(FeelError) as raised:
        parse_type(text)
    assert (raised.value.line, raised.value.column) == (1, place)


def test_names_of_members_are_found_inside() -> None:
    inner = ContextType({"due on": parse_type("date")})
    scope = {"all shares": ListType(inner), "f": FunctionType((), inner, ("first one",))}
    assert member_names(scope) == {"all shares", "due on", "f", "first one"}
