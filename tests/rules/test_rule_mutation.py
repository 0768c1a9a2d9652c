"""Mutants of expressions, parameters and books: what is planted, how it is named, what is argued about it."""

from collections import Counter
from pathlib import Path

import pytest

from rules import feel
from rules.errors import RuleBookError
from rules.feel.table import Clause, Row, read_table
from rules.load import load_rule_book
from rules.mutation import mutants_of, questions_of, read_arguments, written_node
from rules.mutation.book_mutants import type_scope
from rules.mutation.expressions import changes
from rules.mutation.function_mutants import _core_mutants
from rules.mutation.model import Ids
from rules.mutation.places import places_of
from rules.mutation.positions import put, spots

PERSON = feel.ContextType({"age": feel.NUMBER, "name": feel.STRING, "alive": feel.BOOLEAN, "full_age": feel.NUMBER})
SCOPE = {
    "n": feel.NUMBER, "day": feel.DATE, "kind": feel.STRING, "ok": feel.BOOLEAN, "people": feel.ListType(PERSON),
    "clock": feel.TIME, "moment": feel.DATE_TIME, "numbers": feel.ListType(feel.NUMBER),
}  # fmt: skip


def mutants(text: str) -> Counter[tuple[str, str]]:
    found = changes(feel.parse(text, frozenset(SCOPE)), SCOPE)
    return Counter((kind, written_node(mutated)) for kind, _, _, mutated in found)


def test_every_expression_of_the_book_is_written_as_text_that_means_the_same() -> None:
    book = load_rule_book()
    names = frozenset(type_scope(book))
    for typed in book.rules:
        for node in (typed.applies, typed.holds):
            assert feel.parse(written_node(node), names) == node, typed.rule.id


def test_a_comparison_is_swapped_shifted_and_fixed() -> None:
    found = {text for _, text in mutants("n <= 3")}
    assert found >= {"n < 3", "n > 3", "n >= 3", "n = 3", "n != 3", "n <= 4", "n <= 2", "true", "false"}
    assert {'day < day + @"P1D"', 'day < day - @"P1D"'} <= {text for _, text in mutants("day < day")}


def test_conditions_are_joined_otherwise_dropped_and_negated() -> None:
    found = mutants("ok and n = 1 or not(ok)")
    texts = {text for _, text in found}
    assert {
        "ok or n = 1 or not(ok)",
        "n = 1 or not(ok)",
        "ok or not(ok)",
        "ok and n = 1",
        "ok and n = 1 or ok",
    } <= texts
    assert max(found.values()) == 1


def test_a_loop_its_body_and_the_members_it_reads_are_mutated() -> None:
    texts = {text for _, text in mutants("every p in people satisfies p.age >= 18")}
    assert "some p in people satisfies p.age >= 18" in texts
    assert "every p in people satisfies false" in texts
    assert "every p in people satisfies p.full_age >= 18" in texts
    assert not any("p.name" in text for text in texts), "a sibling of another type does not fit"


def test_an_if_a_text_and_a_call_are_mutated() -> None:
    texts = {text for _, text in mutants('if ok then kind = "a" else starts with(kind, "b")')}
    assert 'if ok then kind != "a" else starts with(kind, "b")' in texts
    assert 'kind = "a"' in texts
    assert 'if ok then kind = "a" else ends with(kind, "b")' in texts
    assert 'if ok then kind = "a〇" else starts with(kind, "b")' in texts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('clock < @"10:00:00"', {'clock < @"10:00:01"', 'clock < @"09:59:59"'}),
        ('clock < time("23:59:59+08:00")', {'clock < time("00:00:00+08:00")', 'clock < time("23:59:58+08:00")'}),
        ('moment < @"2026-01-01T00:00:00"', {'moment < @"2025-12-31T23:59:59"', 'moment < @"2026-01-01T00:00:01"'}),
        ('moment < date and time("2026-01-01T00:00:00Z")', {'moment < date and time("2025-12-31T23:59:59Z")'}),
        ('day < date("2026-01-01")', {'day < date("2026-01-02")', 'day < date("2025-12-31")'}),
        ('day < date(from: "2026-01-01")', {'day < date(from: "2026-01-02")', 'day < date(from: "2025-12-31")'}),
        ('day + duration("P1Y") < day', {'day + duration("P2Y") < day', 'day + duration("P0Y") < day'}),
        ('day < @"9999-12-31"', {'day < @"9999-12-30"'}),
        ('kind < "b"', {'kind <= "b"', 'kind > "b"', 'kind >= "b"', 'kind = "b"', 'kind != "b"'}),
        ("count(people) > n", {"count(people) + 1 > n", "count(people) - 1 > n"}),
        ("count(numbers) > n", {"sum(numbers) > n"}),
        ("mean(numbers) > n", {"median(numbers) > n", "max(numbers) > n"}),
        ("median(numbers) > n", {"mean(numbers) > n"}),
    ],
)
def test_constants_of_every_type_and_counts_are_moved(text: str, wanted: set[str]) -> None:
    found = {text for _, text in mutants(text)}
    assert found >= wanted
    assert not any("〇" in one for one in found if "kind" not in one and "from:" not in one), (
        "a text that is no date shows nothing"
    )


def test_rows_of_a_table_that_takes_the_first_change_places() -> None:
    rows = [Row([">= 18"], ['"a"']), Row([">= 16"], ['"a"']), Row([">= 14"], ['"b"'])]
    for policy, wanted in (("F", [(1, "order")]), ("U", [])):
        core = read_table("t", policy, [Clause("n", "number")], [Clause("found", "string")], rows)
        swapped = [one for one in _core_mutants(core, {"n": feel.NUMBER}) if one[1] == "order"]
        assert [(one[0][1], one[1]) for one in swapped] == wanted, "rows that say the same may stand in any order"
        for _, _, _, changed, _ in swapped:
            assert changed.rows == (core.rows[0], core.rows[2], core.rows[1])


def test_a_node_is_replaced_where_it_stands_and_nowhere_else() -> None:
    root = feel.parse("ok and (ok or n = 1)", frozenset(SCOPE))
    inner = [spot for spot in spots(root, SCOPE) if written_node(spot.node) == "ok"][1]
    assert written_node(put(root, inner.path, feel.parse("n = 2", frozenset(SCOPE)))) == "ok and (n = 2 or n = 1)"
    assert written_node(root) == "ok and (ok or n = 1)"


def test_ids_hang_on_the_change_alone() -> None:
    first, second = Ids(), Ids()
    second.give("X01", "something else")
    assert first.give("X01", "a", "b") == second.give("X01", "a", "b")
    assert first.give("X01", "a", "b") != second.give("X02", "a", "b")
    assert first.give("X01", "c") != first.give("X01", "c"), "equal changes are numbered apart"


def test_the_mutants_of_the_book_have_ids_of_their_own_and_places() -> None:
    book = load_rule_book()
    found = mutants_of(book).all
    assert len({mutant.id for mutant in found}) == len(found) > 3000
    assert {mutant.kind for mutant in found} >= {
        "effect",
        "entities",
        "in_force",
        "element",
        "parameter",
        "cell",
        "row",
    }
    assert all(mutant.line > 1 for mutant in found)
    early = [m for m in found if m.owner == "C04" and m.kind == "in_force"]
    assert [bool(mutant.unseen) for mutant in early] == [True, True], "no item was published in 2024"
    late = [m for m in found if m.owner == "S13" and m.kind == "in_force"]
    assert [bool(mutant.unseen) for mutant in late] == [False, True], "the items begin on the day of S13"


def test_conditions_inside_loops_and_filters_are_asked_about() -> None:
    book = load_rule_book()
    scope, places = type_scope(book), places_of(book.folder)
    by_id = {typed.rule.id: typed for typed in book.rules}
    found = questions_of(by_id["B01a"], book, scope, places)
    assert "item.code = i.code" in {condition.text for condition in found.conditions}
    limits = questions_of(by_id["C04"], book, scope, places).limits
    assert [(limit.op, limit.step_up) for limit in limits] == [("<=", True)]
    court = [c for c in questions_of(by_id["P07"], book, scope, places).conditions if c.text == "p.court.dishonest"]
    assert court[0].sources == {"court"}


def argued(folder: Path, text: str) -> str:
    (folder / "equivalent.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleBookError) as raised:
        read_arguments(folder)
    return str(raised.value)


def test_an_argument_has_an_id_a_rule_and_a_reason_in_both_languages(tmp_path: Path) -> None:
    assert read_arguments(tmp_path) == {}
    good = "- {id: X01-1, rule: X01, reason: {zh: 因为, en: because}}\n"
    (tmp_path / "equivalent.yaml").write_text(good, encoding="utf-8")
    assert read_arguments(tmp_path)["X01-1"].reason.en == "because"
    assert "equivalent.yaml:2:" in argued(tmp_path, good + "- {id: X01-2, rule: X01, reason: {zh: 因为}}\n")
    assert "twice" in argued(tmp_path, good + good)
    assert "want a list" in argued(tmp_path, "id: X01-1\n")
    assert "exactly id, rule and reason" in argued(tmp_path, "- X01-1\n")
