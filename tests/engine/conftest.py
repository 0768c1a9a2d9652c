import copy
import json
from dataclasses import replace
from datetime import date

import pytest

from engine.cases import evidence_of, moment
from engine.intake import read_application
from rules import feel
from rules.case_files import base
from rules.load import load_rule_book
from rules.model import LegalBasis, Period, Rule, Text
from rules.template import parse_template
from rules.typed import TypedRule, TypedTexts, witness_of

DAY = date(2026, 11, 20)
AT = moment(DAY)
KINDS = ("individual", "sole_proprietorship", "llc")


@pytest.fixture(scope="session")
def book():
    return load_rule_book()


@pytest.fixture(scope="session")
def bases():
    """The base applications by kind: JSON document and answers of the sources."""
    return {kind: base(kind) for kind in KINDS}


@pytest.fixture
def document(bases):
    """A function that returns a fresh copy of a base document."""
    return lambda kind="llc": copy.deepcopy(bases[kind][0])


@pytest.fixture
def rule_set(book, bases):
    return lambda kind="llc": book.rule_set(bases[kind][0]["item"], DAY)


@pytest.fixture
def application(book):
    """A function from a document to the application in it, signed anew where its content changed."""
    return lambda found: read(found, book)


@pytest.fixture
def evidence(bases):
    return lambda kind="llc": list(evidence_of(bases[kind][1], AT))


def read(document, book):
    return read_application(
        json.dumps(document, ensure_ascii=False).encode(), book.rule_set(document["item"], DAY).form
    )


@pytest.fixture(scope="session")
def make_rule():
    return typed_rule


@pytest.fixture(scope="session")
def make_rule_set():
    return made_rule_set


def typed_rule(
    rule_id, holds, *, applies="true", effect="fix", at="/premises/use", sources=(), names=frozenset(), notice="broken"
):
    """Make a rule that no law knows."""
    text = Text(zh=notice, en=notice)
    rule = Rule(
        id=rule_id,
        title=Text(zh=f"题目{rule_id}", en=f"title {rule_id}"),
        basis=(LegalBasis(law="公司法", article="47", paragraph=1),),
        in_force=Period.model_validate({"from": date(2024, 7, 1)}),
        last_checked_on=date(2026, 11, 1),
        applies_when=applies,
        holds_when=holds,
        on_violation=effect,
        at=at,
        notice=text,
        remedy=text,
    )
    applies_node, holds_node = feel.parse(applies, names), feel.parse(holds, names)
    texts = TypedTexts(parse_template(notice, names), parse_template(notice, names))
    paths = feel.paths(applies_node) | feel.paths(holds_node)
    return TypedRule(
        rule,
        applies_node,
        holds_node,
        witness_of(holds_node),
        parse_template(at, names),
        texts,
        texts,
        paths,
        frozenset(sources),
    )


_numbers = iter(range(10**9))


def made_rule_set(like, rules):
    """Return a rule set with other rules; its digest is its own, so nothing compiled before is used for it."""
    return replace(like, rules=tuple(rules), digest=f"{next(_numbers):064x}")
