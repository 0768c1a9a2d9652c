"""What the proofs of the shipped book stand on: the axioms hold of real facts, and z3 stays off the path of decisions."""

import copy
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
import z3

from engine.cases import evidence_of, moment
from engine.decide import decide
from engine.errors import IntakeError
from engine.facts import facts
from engine.intake import read_application
from rules.case_files import _signed, case_files
from rules.case_files import base as base_application
from rules.difference.meaning import Pair
from rules.difference.question import Question
from rules.errors import ItemError
from rules.feel import interpret, parse
from rules.feel.temporal import day_number
from rules.feel.values import from_python
from rules.load import PACKAGED, load_rule_book
from rules.proof import days
from rules.proof.difference import ask
from rules.proof.protected import check_protected, read_protected
from rules.proof.space import LONGEST_TEXT, Space, admitted
from rules.proof.space_rules import SpaceRules
from rules.proof.terms import base_of, encoded

DAY = date(2026, 11, 22)
GIVEN = SpaceRules.shipped()


@cache
def real_facts():
    book = load_rule_book()
    found = []
    for file in case_files(PACKAGED / "cases"):
        for case in file.cases:
            try:
                rule_set = book.rule_set(case.application["item"], case.on)
                application = read_application(json.dumps(case.application).encode(), rule_set.form)
            except (ItemError, IntakeError):
                continue
            at = moment(case.on)
            made = facts(application, evidence_of(case.evidence, at), rule_set, at)
            found.append((case.name, from_python(made)))
    return found


def test_there_are_real_facts_to_hold_the_space_against():
    assert len(real_facts()) > 200


@pytest.mark.parametrize("name", sorted(GIVEN.axioms))
def test_an_axiom_is_true_of_every_case(name):
    node = parse(GIVEN.axioms[name], names=tuple(load_rule_book().facts.scope))
    wrong = [case for case, made in real_facts() if interpret(node, made) is not True]
    assert wrong == []


def test_every_value_of_every_case_lies_in_the_space():
    schema = load_rule_book().facts
    of_sources = Space(schema, DAY, GIVEN)._evidence_records  # a source may leave any member out
    wrong = set()

    def look(declared, leaf, value):
        inner, name = declared.removesuffix("?"), ".".join(leaf) if leaf[0] != "facts" else leaf[1]
        if value is None:
            origin = schema.sources.get(name, "application")
            allowed = (
                leaf[0] in of_sources
                or declared.endswith("?")
                or name in GIVEN.nullable
                or origin not in ("application", "derived")
            )
            wrong.update(() if allowed else {f"{name} is null"})
        elif inner.startswith("list<"):
            for item in value:
                look(inner[5:-1], (*leaf, "*"), item)
        elif inner in schema.records:
            for member, kind in schema.records[inner].items():
                look(str(kind), (inner, member), value[member])
        elif (
            (inner == "number" and not (value == int(value) and GIVEN.least <= value <= GIVEN.greatest))
            or (inner == "date" and not days.FIRST_DAY <= day_number(value) <= days.LAST_DAY)
            or (inner == "string" and len(value) > LONGEST_TEXT)
            or (name in GIVEN.values and value not in GIVEN.values[name])
        ):
            wrong.add(f"{name} is {value}")

    for _, made in real_facts():
        for name, declared in schema.records["facts"].items():
            look(str(declared), ("facts", name), made[name])
    assert wrong == set()


def test_deciding_never_loads_z3():
    code = "import api.service, casework, engine.decide, rules.load, sys; rules.load.load_rule_book(); sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


CHANGED = {"sex": "2", "ethnicity": "55", "political_status": "13", "education": "primary"}


@pytest.mark.parametrize("name", ["individual", "llc", "sole_proprietorship"])
def test_protected_attributes_change_neither_facts_nor_decision(name):
    document, answers = base_application(name)
    rule_set, at = load_rule_book().rule_set(document["item"], DAY), moment(DAY)
    other = copy.deepcopy(document)
    changed = 0
    for person in other["people"]:
        for key in ("sex", "ethnicity"):
            if key in rule_set.form["$defs"]["person"]["properties"]:
                person[key] = CHANGED[key]
                changed += 1
    statistics = (other.get("operator") or {}).get("statistics")
    if statistics is not None:
        for key in ("political_status", "education"):
            statistics[key] = CHANGED[key]
            changed += 1
    assert changed
    for signature in other["signatures"]:  # the content is another, so the persons sign that
        signature["content_digest"] = "auto"
    other = _signed(other)
    results = []
    for one in (document, other):
        application = read_application(json.dumps(one).encode(), rule_set.form)
        evidence = evidence_of(answers, at)
        decision = decide(application, evidence, rule_set, at)
        results.append((facts(application, evidence, rule_set, at), decision.outcome, decision.findings))
    assert results[0] == results[1]


@pytest.mark.parametrize("code", ["00013112700401", "00013112800001", "370784-GRDZ-01"])
def test_no_rule_of_the_book_reads_a_protected_attribute(code):
    results = list(check_protected(load_rule_book().rule_set(code, DAY), read_protected(PACKAGED)))
    assert len(results) == 5
    assert all(result.ok for result in results)


LLC = "00013112700401"


def asked(id_, direction, near, *, holds=None, **parameters):
    """Ask when a rule of the book differs from itself with another condition, or with other parameters."""
    old = load_rule_book().rule_set(LLC, DAY)
    new = replace(old, parameters={**old.parameters, **parameters})
    rule = next(rule for rule in old.rules if rule.rule.id == id_)
    changed = rule if holds is None else replace(rule, holds=parse(holds, (*old.facts.scope, "parameters")))
    pair = Pair(id_, "changed", rule, changed, ("condition",), {})
    return ask(Question(old, new, pair, DAY, direction, near))


CAPITAL = {"capital": {"amount_fen": 7, "source": None, "shareholders_sum_fen": 7}}


def test_a_raised_threshold_is_found_in_one_direction_and_proved_in_the_other():
    condition = "capital.amount_fen < parameters.capital_looked_at_fen + 5"
    limit = load_rule_book().rule_set(LLC, DAY).parameters["capital_looked_at_fen"]
    found = asked("C08", "laxer", CAPITAL, holds=condition)
    # As near as can be to the seven fen of the application: the first amount that only the new condition lets through.
    assert (found.verdict, found.changes["capital.amount_fen"]) == ("sat", limit)
    assert asked("C08", "stricter", CAPITAL, holds=condition).verdict == "unsat"


def test_a_rule_that_says_the_same_in_other_words_is_proved_equal():
    condition = "not(capital.amount_fen >= parameters.capital_looked_at_fen)"
    for direction in ("stricter", "laxer"):
        assert asked("C08", direction, CAPITAL, holds=condition).verdict == "unsat"


def test_a_parameter_that_changes_shows_whom_it_touches():
    limit = load_rule_book().rule_set(LLC, DAY).parameters["capital_looked_at_fen"]
    raised = asked("C08", "laxer", CAPITAL, capital_looked_at_fen=limit * 2)
    assert (raised.verdict, raised.changes["capital.amount_fen"]) == ("sat", limit)
    assert asked("C08", "stricter", CAPITAL, capital_looked_at_fen=limit * 2).verdict == "unsat"


def test_only_the_prover_imports_z3():
    """Whatever decides, checks or compares asks `rules.proof`, and loads it only when a proof is wanted."""
    root = PACKAGED.parent
    packages = ("rules", "verifiers", "engine", "audit", "licence_qr", "casework", "api")
    users = {path.relative_to(root).parent.as_posix() for package in packages for path in (root / package).rglob("*.py")
             if re.search(r"^\s*(import|from) z3\b", path.read_text("utf-8"), re.MULTILINE)}  # fmt: skip
    assert users == {"rules/proof"}


def limits(node, key):
    """Yield every value that a keyword has anywhere in a form."""
    if isinstance(node, dict):
        if isinstance(node.get(key), int):
            yield node[key]
        for value in node.values():
            yield from limits(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from limits(value, key)


def test_what_the_forms_admit_lies_in_the_space():
    forms = [json.loads(path.read_text("utf-8")) for path in sorted((PACKAGED / "forms").glob("*.json"))]
    assert len(forms) == 3
    assert max(longest for form in forms for longest in limits(form, "maxLength")) <= LONGEST_TEXT
    most = max(most for form in forms for most in limits(form, "maximum"))
    entries = max(entries for form in forms for entries in limits(form, "maxItems"))
    assert most * entries <= GIVEN.greatest, "also a sum over a whole list"
    assert (day_number(date(1, 1, 1)), day_number(date(9999, 12, 31))) == (days.FIRST_DAY, days.LAST_DAY)
    assert admitted(GIVEN) == (
        "dates 0001-01-01 to 9999-12-31; texts of up to 4000 characters; numbers 0 to 100000000000000000"
    )


@pytest.mark.parametrize("condition", ["term.until > date(2200, 12, 31)", "string length(contact.email) > 60"])
def test_far_days_and_long_texts_are_no_reason_for_a_proof(condition):
    base = base_of(load_rule_book().rule_set("00013112800001", DAY), DAY, GIVEN)
    names = tuple(base.schema.scope)
    (term, _), encoder = encoded(base, lambda encoder: (encoder.condition(parse(condition, names)).true, None))
    solver = z3.Solver()
    solver.add(term, *encoder.space.constraints)
    assert solver.check() == z3.sat
