"""Rules made for proofs, over the facts of the real book or over a small schema."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from rules.feel import parse, paths
from rules.load import load_rule_book
from rules.model import Item, Rule
from rules.proof.space_rules import SpaceRules
from rules.proof.terms import base_of
from rules.typed import RuleSet, TypedRule
from rules.working_days import NAMES

DAY = date(2026, 11, 22)
LLC = "00013112700401"


@cache
def book_set(code: str = LLC) -> RuleSet:
    return load_rule_book().rule_set(code, DAY)


def make_rule(id_: str, holds: str, applies: str = "true", effect: str = "fix", entities=("llc",)) -> TypedRule:
    pattern = book_set().rules[0]
    rule: Rule = pattern.rule.model_copy(
        update={"id": id_, "applies_when": applies, "holds_when": holds, "on_violation": effect, "entities": entities}
    )
    names = (*book_set().facts.scope, "parameters", *NAMES)
    nodes = parse(applies, names), parse(holds, names)
    read = paths(nodes[0], names) | paths(nodes[1], names)
    return replace(
        pattern, rule=rule, applies=nodes[0], holds=nodes[1], witness=None, paths=read, functions=frozenset()
    )


def make_set(*rules: TypedRule) -> RuleSet:
    return replace(book_set(), rules=rules)


@pytest.fixture
def item() -> Item:
    return book_set().item


@pytest.fixture(scope="session")
def base():
    return base_of(book_set(), DAY, SpaceRules.shipped())
