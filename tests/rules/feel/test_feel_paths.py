"""Which facts an expression reads."""

import pytest

from rules.feel import parse, paths

PATHS = {
    'premises.use = "office"': {("premises", "use")},
    "decided_on": {("decided_on",)},
    'every s in shareholders satisfies s.due_on <= decided_on + duration("P5Y")': {
        ("shareholders", "*", "due_on"),
        ("decided_on",),
    },
    "some p in people satisfies some r in p.roles satisfies r = x.y": {("people", "*", "roles", "*"), ("x", "y")},
    "count(shareholders) > 1": {("shareholders",)},
    "shareholders.due_on": {("shareholders", "due_on")},
    "shareholders[1].due_on": {("shareholders", "*", "due_on")},
    "shareholders[item.amount > 5]": {("shareholders", "*", "amount")},
    "for s in shareholders return {n: s.name, m: n}": {("shareholders", "*", "name")},
    "(function(x) x.y + z)(1)": {("z",)},
    "every s in shareholders satisfies true": {("shareholders",)},
    "count(premises) = count": {("premises",)},
    "1 + 1": set(),
}


@pytest.mark.parametrize(("source", "wanted"), PATHS.items())
def test_reads(source: str, wanted: set[tuple[str, ...]]) -> None:
    assert paths(parse(source)) == wanted


def test_names_in_filters_are_told_apart_by_the_facts() -> None:
    node = parse("people[list contains(roles, agent.role)].name")
    entry, outer = ("people", "*", "roles"), ("roles",)
    assert {entry, outer} <= paths(node)
    known = paths(node, {"people", "agent"})
    assert entry in known
    assert outer not in known
    assert ("agent", "role") in known
