import copy
import dataclasses
import itertools
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import decide as deciding
from engine import network as adapter
from engine.application import application_of
from engine.boolean import MAX_PRODUCTS
from engine.cases import moment
from engine.decide import compiled, decide
from engine.errors import EngineLimitError
from engine.model import Outcome, Result
from engine.network import NetworkError, network
from engine.program import Program, compile_program
from engine.verdict import Verdict
from rules import feel
from verifiers.model import Failure

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("individual", "sole_proprietorship", "llc")
DAY = date(2026, 11, 20)
AT = moment(DAY)


@pytest.fixture
def decided(document, evidence, rule_set, make_rule_set):
    """Decide the base application of a company on made-up rules."""

    def run(*rules, answers=None):
        made = make_rule_set(rule_set(), rules)
        return decide(application_of(document(), b""), evidence() if answers is None else answers, made, AT)

    return run


# --- the whole, on the published rules ---


@pytest.mark.parametrize("kind", KINDS)
def test_the_base_applications_are_approved(kind, document, evidence, rule_set):
    decision = decide(application_of(document(kind), b""), evidence(kind), rule_set(kind), AT)
    assert decision.disagreements == ()
    assert [
        (finding.rule, finding.effect) for finding in decision.findings if finding.effect not in {"none", "inform"}
    ] == []
    assert decision.outcome is Outcome.APPROVED
    assert (decision.at, decision.decided_on) == (AT, DAY)
    assert [finding.rule for finding in decision.findings] == sorted(rule.rule.id for rule in rule_set(kind).rules)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_approved_without_evidence(kind, document, evidence, rule_set):
    decision = decide(application_of(document(kind), b""), [], rule_set(kind), AT)
    assert decision.outcome is not Outcome.APPROVED
    assert decision.disagreements == ()


@pytest.mark.parametrize("kind", KINDS)
def test_no_approval_when_any_one_answer_is_missing_or_failed(kind, document, evidence, rule_set):
    application = application_of(document(kind), b"")
    answers = evidence(kind)
    for index, one in enumerate(answers):
        if one.verifier == "earlier_registrations" and one.subject != "/people/0":
            continue  # no rule of the law looks at the history of a mere liaison or shareholder
        for failure in Failure:
            changed = [*answers[:index], dataclasses.replace(one, failure=failure, value=None), *answers[index + 1 :]]
            decision = decide(application, changed, rule_set(kind), AT)
            wanted = Outcome.WAITING if failure is Failure.UNAVAILABLE else Outcome.REFERRED
            assert (decision.outcome, decision.disagreements) == (wanted, ()), (one.verifier, one.subject, failure)
        decision = decide(application, [*answers[:index], *answers[index + 1 :]], rule_set(kind), AT)
        assert decision.outcome in {Outcome.WAITING, Outcome.REFERRED}
        assert decision.disagreements == ()


@pytest.mark.parametrize("kind", KINDS)
def test_without_evidence_no_rule_that_reads_a_source_is_satisfied_or_held_against_the_applicant(
    kind, document, evidence, rule_set
):
    # In FEEL `null = "x"` is false, not unknown: a rule whose author forgot it would decide on silence.
    full = decide(application_of(document(kind), b""), evidence(kind), rule_set(kind), AT)
    bare = decide(application_of(document(kind), b""), [], rule_set(kind), AT)
    reading = {rule.rule.id for rule in rule_set(kind).rules if rule.sources}
    applying = {finding.rule for finding in full.findings if finding.result is not Result.NOT_APPLICABLE} & reading
    results = {finding.rule: finding.result for finding in bare.findings if finding.rule in applying}
    assert applying
    assert {rule: result for rule, result in results.items() if result is not Result.UNDETERMINED} == {}


def test_decide_reads_no_clock_and_is_repeatable(document, evidence, rule_set):
    application, answers = application_of(document(), b""), evidence()
    before = copy.deepcopy((application.document, [one.value for one in answers]))
    first = decide(application, answers, rule_set(), AT)
    assert decide(application, list(reversed(answers)), rule_set(), AT) == first
    assert (application.document, [one.value for one in answers]) == before


def test_a_clock_reading_without_a_zone_is_refused(document, evidence, rule_set):
    with pytest.raises(ValueError, match="time zone"):
        decide(application_of(document(), b""), evidence(), rule_set(), datetime(2026, 11, 20))  # noqa: DTZ001 - what is refused


def test_the_decision_does_not_depend_on_the_hash_seed():
    program = """
import dataclasses, json
from datetime import date
from engine.cases import evidence_of, moment
from engine.decide import decide
from engine.application import application_of
from engine.explain import findings_json, notice
from rules.case_files import base
from rules.load import load_rule_book
document, answers = base("llc")
document["employees"] = 7
document["people"][1]["id_number"] = "370784199508120030"
document["shareholders"][1]["due_on"] = "2040-01-01"
at = moment(date(2026, 11, 20))
rule_set = load_rule_book().rule_set(document["item"], date(2026, 11, 20))
found = decide(application_of(document, b""), evidence_of(answers, at)[3:], rule_set, at)
print(json.dumps([found.outcome, findings_json(found, public=False), notice(found).to_json()], ensure_ascii=False))
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout
        for seed in ("0", "1", "4242")
    }  # fmt: skip
    assert len(outputs) == 1
    assert json.loads(outputs.pop())[0] != "approved"


# --- the notice is complete, however bad the application ---


def test_more_than_64_violated_rules_in_one_application(decided, make_rule):
    rules = [
        make_rule(f"T{index // 26:02d}{chr(97 + index % 26)}", f"employees > {1000 + index}") for index in range(230)
    ]
    decision = decided(*rules)
    assert decision.disagreements == ()
    assert decision.outcome is Outcome.FIX
    assert sum(finding.result is Result.VIOLATED for finding in decision.findings) == 230


def test_more_than_200_rules_can_still_approve(decided, make_rule):
    rules = [
        make_rule(f"T{index // 26:02d}{chr(97 + index % 26)}", f"employees < {1000 + index}") for index in range(450)
    ]
    assert decided(*rules).outcome is Outcome.APPROVED
    broken = [*rules[:-1], make_rule("Z99", "employees > 1000")]
    assert decided(*broken).outcome is Outcome.FIX
    assert decided(make_rule("A00", "employees > 1000"), *rules[1:]).outcome is Outcome.FIX


def test_only_the_second_element_is_bad(decided, make_rule):
    rule = make_rule(
        "T01",
        'every p in people satisfies p.name != "贾样例"',
        at="{p.at}/name",
        notice="{p.name} cannot",
        names=frozenset({"p"}),
    )
    (finding,) = decided(rule).findings
    assert [(place.at, place.notice.en) for place in finding.places] == [("/people/1/name", "贾样例 cannot")]
    assert finding.places[0].observed == {"people.*.name": "贾样例"}


def test_the_second_person_who_is_unknown_is_the_place(decided, make_rule, evidence):
    rule = make_rule("T01", "every p in people satisfies p.population.alive", at="{p.at}/name", sources=["population"])
    answers = [
        dataclasses.replace(one, failure=Failure.UNAVAILABLE, value=None)
        if (one.verifier, one.subject) == ("population", "/people/1")
        else one
        for one in evidence()
    ]
    decision = decided(rule, answers=answers)
    (finding,) = decision.findings
    assert decision.outcome is Outcome.WAITING
    assert (finding.result, finding.effect, finding.unanswered) == (Result.UNDETERMINED, "wait", ("population",))
    assert [place.at for place in finding.places] == ["/people/1/name"]


def test_a_loop_over_some_is_broken_where_its_body_is_true(decided, make_rule):
    rule = make_rule("T01", 'not(some o in officers satisfies o.post = "supervisor")', at="{o.at}/post")
    (finding,) = decided(rule).findings
    assert [place.at for place in finding.places] == ["/officers/2/post"]


# --- outcomes ---

GROUNDS = {
    "route": ("route", "false"),
    "refer": ("refer", "false"),
    "bar": ("bar", "false"),
    "wait": ("fix", "not(people[2].court.dishonest)"),
    "doubt": ("fix", "entity.name > 1"),
    "fix": ("fix", "false"),
    "inform": ("inform", "false"),
    "unknown information": ("inform", "null"),
    "fine": ("fix", "true"),
    "out of place": ("bar", "true"),
}
PRECEDENCE = (
    ({"route"}, Outcome.ROUTED),
    ({"refer", "bar", "doubt"}, Outcome.REFERRED),
    ({"wait"}, Outcome.WAITING),
    ({"fix"}, Outcome.FIX),
)  # fmt: skip


@pytest.mark.parametrize(
    "grounds", [each for size in (1, 2, 3, 10) for each in itertools.combinations(GROUNDS, size)], ids="+".join
)
def test_the_first_outcome_that_holds(grounds, decided, make_rule, evidence):
    rules = [
        make_rule(
            f"T{index:02d}",
            GROUNDS[ground][1],
            applies="false" if ground == "out of place" else "true",
            effect=GROUNDS[ground][0],
            sources=["court"] if ground == "wait" else [],
        )
        for index, ground in enumerate(grounds)
    ]
    answers = [
        dataclasses.replace(one, failure=Failure.UNAVAILABLE, value=None) if one.verifier == "court" else one
        for one in evidence()
    ]
    decision = decided(*rules, answers=answers)
    expected = next((outcome for causes, outcome in PRECEDENCE if causes & set(grounds)), Outcome.APPROVED)
    assert decision.disagreements == ()
    assert decision.outcome is expected
    assert len(decision.findings) == len(grounds)


@pytest.mark.parametrize(
    ("applies", "holds", "result"),
    [
        ("true", "true", Result.SATISFIED), ("true", "false", Result.VIOLATED), ("true", "null", Result.UNDETERMINED),
        ("false", "true", Result.NOT_APPLICABLE),
        ("false", "false", Result.NOT_APPLICABLE),
        ("false", "null", Result.NOT_APPLICABLE),
        ("null", "true", Result.UNDETERMINED),
        ("null", "false", Result.UNDETERMINED),
        ("null", "null", Result.UNDETERMINED),
    ],
)  # fmt: skip
def test_the_nine_cases_of_a_rule(applies, holds, result, decided, make_rule):
    decision = decided(make_rule("T01", holds, applies=applies))
    assert (decision.findings[0].result, decision.disagreements) == (result, ())


def test_a_source_that_was_never_asked_is_waited_for(decided, make_rule):
    decision = decided(make_rule("T01", "address.exists", sources=["address_library"]), answers=[])
    assert (decision.outcome, decision.findings[0].unanswered) == (Outcome.WAITING, ("address_library",))


@pytest.mark.parametrize("failure", [failure for failure in Failure if failure is not Failure.UNAVAILABLE])
def test_an_answer_that_cannot_be_used_goes_to_a_person(failure, decided, make_rule, evidence):
    answers = [
        dataclasses.replace(one, failure=failure, value=None) if one.verifier == "court" else one for one in evidence()
    ]
    decision = decided(make_rule("T01", "not(people[2].court.dishonest)", sources=["court"]), answers=answers)
    assert (decision.outcome, decision.findings[0].unanswered) == (Outcome.REFERRED, ("court",))


def test_an_expression_beyond_the_limits_of_the_language_goes_to_a_person(decided, make_rule):
    decision = decided(make_rule("T01", "count(for i in 1..1000000000 return i) > 0"))
    assert (decision.outcome, decision.disagreements) == (Outcome.REFERRED, ())


# --- two evaluators ---


def test_an_approval_by_the_network_alone_is_a_referral(decided, make_rule, monkeypatch):
    monkeypatch.setattr(deciding.AtomTable, "evaluate", lambda table, _scope: [True] * len(table.nodes))
    decision = decided(make_rule("T01", "employees > 1000"), make_rule("T02", "employees < 1000"))
    assert decision.outcome is Outcome.REFERRED
    assert {(each.rule, each.network, each.reference) for each in decision.disagreements} == {
        ("T01", "satisfied", "violated"), (None, "approved", "fix"),
    }  # fmt: skip


def test_an_approval_by_the_reference_alone_is_a_referral(decided, make_rule, monkeypatch):
    monkeypatch.setattr(deciding.AtomTable, "evaluate", lambda table, _scope: [None] * len(table.nodes))
    decision = decided(make_rule("T01", "employees < 1000"))
    assert decision.outcome is Outcome.REFERRED
    assert ("T01", "undetermined", "satisfied") in {
        (each.rule, each.network, each.reference) for each in decision.disagreements
    }


def test_a_wrong_outcome_over_right_results_is_a_referral(decided, make_rule, monkeypatch):
    monkeypatch.setattr(Verdict, "outcome", lambda *_args: Outcome.APPROVED)
    decision = decided(make_rule("T01", "employees > 1000"))
    assert decision.outcome is Outcome.REFERRED
    assert [(each.rule, each.network, each.reference) for each in decision.disagreements] == [(None, "approved", "fix")]


def test_two_wrongs_that_cancel_out_in_the_outcome_are_a_referral(decided, make_rule, monkeypatch):
    monkeypatch.setattr(deciding.AtomTable, "evaluate", lambda _table, _scope: [True, False])
    decision = decided(make_rule("T01", "employees > 1000"), make_rule("T02", "employees < 1000"))
    assert decision.outcome is Outcome.REFERRED
    assert {each.rule for each in decision.disagreements} == {"T01", "T02"}


@pytest.mark.parametrize("words", ["the sentinel did not fire", "the library failed: 303"])
def test_a_network_without_an_answer_is_a_referral(words, decided, make_rule, monkeypatch):
    def fails(*_args):
        raise NetworkError(words)

    monkeypatch.setattr(Program, "run", fails)
    decision = decided(make_rule("T01", "employees < 1000"))
    assert decision.outcome is Outcome.REFERRED
    assert words in decision.disagreements[0].network


BOOLEAN_NAMES = ("a", "b", "c", "d", "e")
expressions = st.recursive(
    st.sampled_from([*BOOLEAN_NAMES, "true", "false", "null"]),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not({})".format, inner),
    ),
    max_leaves=6,
)
source_sets = st.sets(st.sampled_from(["s", "t"]))
made_rules = st.lists(
    st.tuples(expressions, expressions, st.sampled_from(["fix", "refer", "bar", "route", "inform"]), source_sets),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=made_rules,
    valuations=st.lists(
        st.tuples(*[st.sampled_from([True, False, None])] * len(BOOLEAN_NAMES)), min_size=1, max_size=5
    ),
    silent=st.sets(st.sampled_from(["s", "t"])),
)
def test_both_evaluators_agree_on_any_rules_and_facts(rules, valuations, silent, make_rule, make_rule_set, rule_set):
    typed = [
        make_rule(f"T{index:02d}", holds, applies=applies, effect=effect, sources=sources)
        for index, (applies, holds, effect, sources) in enumerate(rules)
    ]
    made = make_rule_set(rule_set(), typed)
    table = deciding.atom_table(made.rules)
    program = compile_program(table, network())
    reference = deciding.reference_rules(made)
    for valuation in valuations:
        scope = dict(zip(BOOLEAN_NAMES, valuation, strict=True))
        answer = program.run(network(), table.evaluate(scope), frozenset(silent))
        expected = reference.answer(scope, frozenset(silent), frozenset(silent))
        assert answer.outcome is expected.outcome
        for position, finding in enumerate(expected.findings):
            assert (position in answer.violated) == (finding.result is Result.VIOLATED)
            assert (position in answer.undetermined) == (finding.result is Result.UNDETERMINED)
    for ruleset in program.rulesets:
        network().forget(ruleset)


# --- limits, when a rule set loads ---


def test_a_rule_beyond_the_limits_fails_when_it_loads_and_is_named(make_rule, make_rule_set, rule_set):
    def side(first):
        return " and ".join(f"employees = {index}" for index in range(first, first + 9))

    wide = make_rule("T77", f"({side(0)}) or ({side(20)})")
    assert MAX_PRODUCTS < 9 * 9
    with pytest.raises(EngineLimitError, match="rule T77"):
        compiled(make_rule_set(rule_set(), [make_rule("T01", "true"), wide]))


def test_a_rule_set_without_rules_approves_nothing(make_rule_set, rule_set):
    with pytest.raises(EngineLimitError, match="no rules"):
        compiled(make_rule_set(rule_set(), []))


def test_the_number_of_compiled_rule_sets_is_bounded(make_rule, make_rule_set, rule_set, monkeypatch):
    monkeypatch.setattr(deciding, "MAX_COMPILED", 3)
    for index in range(8):
        compiled(make_rule_set(rule_set(), [make_rule("T01", f"employees > {index}")]))
    assert len(deciding._ready) == 3
    monkeypatch.undo()
    assert compiled(rule_set()).network is network()


# --- what reaches the library in C ---


class Spy:
    """Stands where the C module stands and looks at everything that passes."""

    def __init__(self, library):
        self._library = library
        self.passed = []

    def __getattr__(self, name):
        function = getattr(self._library, name)

        def spied(*arguments):
            self.passed.extend(argument for argument in arguments if isinstance(argument, str))
            return function(*arguments)

        return spied


GENERATED = {"s", "1"}


def is_generated(text):
    """Tell whether a string that went to C holds only names made by the compiler, and true and false."""
    if text in GENERATED:
        return True
    found = json.loads(text)
    names = set(found) - {"sid", "id", "$s"}
    assert found.get("sid", "s") == "s"
    assert found.get("id", "1") in {"1", "sid-s"}
    assert all(found[name] is True or found[name] is False for name in names), text
    return all(name.replace("_", "").isalnum() and name.isascii() and len(name) < 40 for name in names)


CANARIES = st.one_of(
    st.text(min_size=1), st.sampled_from(["x" * 70_000, "sid", "id", "$s", "\x00", '"}', "1e16", "a0x", "k32728"])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=st.data())
def test_nothing_an_applicant_wrote_reaches_the_c_code(choice, bases, evidence, rule_set):
    kind = choice.draw(st.sampled_from(KINDS))
    document = copy.deepcopy(bases[kind][0])
    # Straight into the document, past intake: the fence must hold even where the form would have said no.
    for owner, member in (
        (document["people"][1], "name"), (document["people"][0], "home_address"), (document["premises"], "number"),
        (document["scope"]["items"][1], "text"), (document["entity"], "name"), (document["contact"], "email"),
    ):  # fmt: skip
        if choice.draw(st.booleans()):
            owner[member] = choice.draw(CANARIES)
    document["sid"] = document["people"][0]["sid"] = choice.draw(CANARIES)
    document["id"] = "1"
    ready = compiled(rule_set(kind))
    assert ready is not None
    spy = Spy(adapter.library)
    adapter.library = spy
    try:
        application = dataclasses.replace(application_of(copy.deepcopy(bases[kind][0]), b""), document=document)
        decision = decide(application, evidence(kind), rule_set(kind), AT)
    finally:
        adapter.library = spy._library
    assert decision.disagreements == ()
    assert spy.passed
    assert all(is_generated(text) for text in spy.passed)


def test_strings_of_seventy_thousand_characters_are_decided(document, evidence, rule_set):
    found = document()
    found["entity"]["name"] = "字" * 70_000
    found["people"][1]["name"] = "a" * 65_536
    decision = decide(application_of(found, b""), evidence(), rule_set(), AT)
    assert decision.outcome is not Outcome.APPROVED
    assert decision.disagreements == ()


def test_decisions_in_many_threads_are_the_same_as_in_one(document, evidence, rule_set):
    made = []
    for employees in (1, 8, 400):
        for kind in KINDS:
            found = document(kind)
            found["employees"] = employees
            made.append((application_of(found, b""), evidence(kind), rule_set(kind)))
    expected = [decide(*each, AT) for each in made]
    wrong = []

    def work(own):
        for step in range(12):
            index = (own + step) % len(made)
            if decide(*made[index], AT) != expected[index]:
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(own,)) for own in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_moment_is_kept_in_utc(document, evidence, rule_set):
    local = AT.astimezone(deciding.decision_day.__globals__["SHANGHAI"])
    decision = decide(application_of(document(), b""), evidence(), rule_set(), local)
    assert decision.at.tzinfo is UTC
    assert decision == decide(application_of(document(), b""), evidence(), rule_set(), AT)
    assert feel.FeelError is not None
