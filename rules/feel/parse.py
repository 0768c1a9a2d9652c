"""From tokens to the syntax tree, by lark's LALR parser over grammar.lark."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path as FilePath
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from rules.feel.builtin_names import BUILTIN_NAMES
from rules.feel.errors import FeelError, FeelSyntaxError, FeelTypeError, did_you_mean
from rules.feel.limits import MAX_DEPTH
from rules.feel.nodes import TreeBuilder
from rules.feel.tokens import TYPE_NAMES, FeelLexer, normalise, tokenize
from rules.feel.tree import InstanceOf, Node, UnaryTests, children
from rules.feel.types import SIMPLE_TYPES, ContextType, FunctionType, ListType, NamedType, RangeType, Type

_READABLE = {
    "$END": "the end", "NAME": "a name", "KEY": "a key", "NUMBER": "a number", "STRING": "a string",
    "RPAR": '")"', "RSQB": '"]"', "RBRACE": '"}"', "COMMA": '","', "COLON": '":"', "THEN": '"then"', "ELSE": '"else"',
    "RETURN": '"return"', "SATISFIES": '"satisfies"', "IN": '"in"', "AND": '"and"', "DOTDOT": '".."', "LPAR": '"("',
}  # fmt: skip

REMEMBERED = 4_000  # characters of an expression whose tree is remembered


@cache
def _parser() -> Lark:
    grammar = (FilePath(__file__).parent / "grammar.lark").read_text("utf-8")
    return Lark(
        grammar, parser="lalr", lexer=FeelLexer, start=["start", "cell"], keep_all_tokens=True, maybe_placeholders=False
    )


def parse(source: str, names: Iterable[str] = (), types: Mapping[str, Type] | None = None) -> Node:
    """Return the tree of one expression.

    `names` are the variables, and the members with spaces or operators in them, that the text may use; `types` are
    named types for `instance of` and parameters. Names of one word need not be given.

    Raises: FeelSyntaxError with line and column.
    """
    return _parse(source, names, types, "start")


def parse_unary_tests(source: str, names: Iterable[str] = (), types: Mapping[str, Type] | None = None) -> UnaryTests:
    """Return the tree of one cell of a decision table: `-`, `< 5, [10..20]`, `not("a", "b")`; `?` is the input.

    Raises: FeelSyntaxError with line and column.
    """
    node = _parse(source, names, types, "cell")
    assert isinstance(node, UnaryTests)
    return node


def parse_type(source: str, types: Mapping[str, Type] | None = None) -> Type:
    """Return the type that a text names, such as `number`, `list<string>` or `context<a: date>`.

    Raises: FeelSyntaxError or, for a name that is no type, FeelTypeError, with the place in the text.
    """
    before = "null instance of "
    try:
        node = parse(before + source, types=types)
        if isinstance(node, InstanceOf):
            check_defined(node.type, types or {})
            return node.type
        raise FeelSyntaxError("this is no type", 1, len(before) + 1)
    except FeelError as error:
        column = error.column - len(before) if error.line == 1 else error.column
        raise type(error)(error.message, max(error.line, 1), max(column, 1), error.suggestion) from None


def check_defined(declared: Type, types: Mapping[str, Type]) -> None:
    """Refuse a type that mentions a name nobody defined.

    Raises: FeelTypeError.
    """
    pending = [declared]
    while pending:
        found = pending.pop()
        if isinstance(found, NamedType):
            message = f'there is no type "{found}"'
            raise FeelTypeError(message, 1, 0, did_you_mean(found.name, [*SIMPLE_TYPES, *types]))
        if isinstance(found, ListType | RangeType):
            pending.append(found.element)
        elif isinstance(found, ContextType):
            pending.extend(found.fields.values())
        elif isinstance(found, FunctionType):
            pending.extend((*found.parameters, found.result))


def _parse(source: str, names: Iterable[str], types: Mapping[str, Type] | None, start: str) -> Node:
    builder = TreeBuilder(types or {}, source)
    parsed = _parsed if len(source) <= REMEMBERED else _parsed.__wrapped__
    node = builder.build(parsed(source, frozenset(names), start))
    check_depth(node)
    return node


@lru_cache(maxsize=1024)  # whoever compares books, or makes a release of one, reads the same expressions several times
def _parsed(source: str, names: frozenset[str], start: str) -> Tree[Token]:
    """Return lark's tree, which nobody changes; our own nodes are made anew from it, as places are told apart by identity."""
    tokens = tokenize(source, _known(names))
    if start == "cell" and _is_negated(tokens):
        tokens[0] = Token.new_borrow_pos("NOT", "not", tokens[0])
    try:
        return _parser().parse(tokens, start=start)
    except UnexpectedInput as error:
        raise _syntax_error(error, source) from None


@lru_cache(maxsize=64)  # a book asks for the same few sets of names hundreds of times
def _known(names: frozenset[str]) -> frozenset[str]:
    return frozenset(normalise(name) for name in names) | BUILTIN_NAMES | frozenset(TYPE_NAMES)


def _is_negated(tokens: Sequence[Token]) -> bool:
    """Tell whether the cell is `not( ... )` as a whole; `not(a) and b` is an expression."""
    if [str(token) for token in tokens[:2]] != ["not", "("]:
        return False
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token.type in {"LPAR", "LSQB", "LBRACE", "RANGE_OPEN"}) - (
            token.type in {"RPAR", "RSQB", "RBRACE", "RANGE_CLOSE"}
        )
        if depth == 0 and token.type == "RPAR":
            return place == len(tokens) - 1
    return False


def _syntax_error(error: UnexpectedInput, source: str) -> FeelSyntaxError:
    token: Any = error.token if isinstance(error, UnexpectedToken) else None
    expected = sorted({_READABLE[name] for name in getattr(error, "expected", ()) if name in _READABLE})
    hint = f"expected {' or '.join(expected)}" if 0 < len(expected) <= 6 else None
    if token is None or token.type == "$END":
        line = source.count("\n") + 1
        column = len(source) - (source.rfind("\n") + 1) + 1
        what = "the expression is empty" if not source.strip() else "the expression ends too early"
        return FeelSyntaxError(what, line, column, hint)
    return FeelSyntaxError(f'"{token}" cannot stand here', token.line, token.column, hint)


def check_depth(root: Node) -> None:
    """Refuse trees so deep that evaluating them could exhaust Python's stack.

    Raises: FeelSyntaxError at the first node that is too deep.
    """
    level: list[Node] = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    first = min(level, key=lambda node: node.start)
    message = f"the expression is nested more than {MAX_DEPTH} levels deep"
    raise FeelSyntaxError(message, first.line, first.column, "name parts of it in rules of their own")
