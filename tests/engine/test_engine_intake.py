import copy
import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from engine.errors import IntakeError
from engine.intake import MAX_PROBLEMS, read_application
from engine.schema import validator_of

DAY = date(2026, 11, 20)
KINDS = ("individual", "sole_proprietorship", "llc")


def problems(document, form):
    with pytest.raises(IntakeError) as caught:
        read_application(json.dumps(document, ensure_ascii=False).encode(), form)
    for problem in caught.value.problems:
        for text in (problem.why, problem.mend):
            assert text.zh.strip()
            assert text.en.strip()
    return {problem.pointer: problem for problem in caught.value.problems}


@pytest.mark.parametrize("kind", KINDS)
def test_the_base_applications_are_read(kind, document, rule_set):
    found = read_application(json.dumps(document(kind)).encode(), rule_set(kind).form)
    assert found.kind == kind
    assert found.item == rule_set(kind).item.code
    assert len(found.raw_digest) == len(found.content_digest) == 64


def test_every_problem_is_told_at_once(document, rule_set):
    found = document()
    del found["premises"]["use"]
    found["people"][1]["id_number"] = "x" * 21
    found["people"][2]["mobile"] = "123"
    found["registered_capital_fen"] = "100"
    found["shareholders"][1]["method"] = "love"
    found["shareholders"][1]["due_on"] = "2030-02-30"
    found["surprise"] = 1
    found["another"] = 2
    found["term"]["kind"] = None
    told = problems(found, rule_set().form)
    assert set(told) == {
        "/premises/use", "/people/1/id_number", "/people/2/mobile", "/registered_capital_fen", "/shareholders/1/method",
        "/shareholders/1/due_on", "/surprise", "/another", "/term/kind",
    }  # fmt: skip
    assert "missing" in told["/premises/use"].why.en
    assert "房屋用途" in told["/premises/use"].why.zh
    assert "real calendar date" in told["/shareholders/1/due_on"].mend.en


def test_only_the_second_person_is_bad(document, rule_set):
    found = document()
    found["people"][1]["mobile"] = "2"
    assert set(problems(found, rule_set().form)) == {"/people/1/mobile"}


def test_personal_values_are_masked_and_others_shown(document, rule_set):
    found = document()
    found["people"][0]["mobile"] = "23900000001"
    found["people"][1]["name"] = "张\u200b三丰"
    found["premises"]["division_code"] = "0"
    told = problems(found, rule_set().form)
    assert told["/people/0/mobile"].value == "2**********"
    assert told["/people/1/name"].value == "张***"
    assert told["/premises/division_code"].value == "0"


def test_hidden_characters_are_told_where_the_schema_does_not_see_them(document, rule_set):
    found = document()
    found["people"][1]["home_address"] = "山东\u2f08省"
    told = problems(found, rule_set().form)
    assert "U+2F08" in told["/people/1/home_address"].why.en
    assert "部首" in told["/people/1/home_address"].why.zh


def test_a_line_feed_at_the_end_of_a_patterned_field_is_told(document, rule_set):
    # In Python `$` also matches before a final line feed, so the pattern alone would let it through.
    found = document()
    found["scope"]["main"] += "\n"
    assert "/scope/main" in problems(found, rule_set().form)


def test_references_are_followed_in_both_directions(document, rule_set):
    found = document()
    found["shareholders"][1]["person"] = "p9"
    found["signatures"][3]["person"] = "p8"
    found["people"].append({**found["people"][0], "ref": "p2"})
    found["people"].append({**found["people"][0], "ref": "p7"})
    told = problems(found, rule_set().form)
    assert {"/shareholders/1/person", "/signatures/3/person", "/people/4/ref", "/people/5"} <= set(told)
    assert "no role" in told["/people/5"].why.en


def test_a_field_named_sid_or_id_is_no_field_of_the_form(document, rule_set):
    found = document()
    found["sid"] = "someone else"
    found["people"][0]["id"] = "1"
    found["premises"]["$s"] = 1
    assert set(problems(found, rule_set().form)) == {"/sid", "/people/0/id", "/premises/$s"}


def test_a_string_of_seventy_thousand_characters_is_refused_with_its_length(document, rule_set):
    found = document()
    found["entity"]["name"] = "字" * 70_000
    told = problems(found, rule_set().form)["/entity/name"]
    assert "70000" in told.why.en
    assert len(told.value) < 100


def test_a_flood_of_problems_is_capped(document, rule_set):
    found = document()
    found.update({f"x{index}": 1 for index in range(500)})
    with pytest.raises(IntakeError) as caught:
        read_application(json.dumps(found).encode(), rule_set().form)
    assert len(caught.value.problems) == MAX_PROBLEMS + 1
    assert "300 more" in caught.value.problems[-1].why.en


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'"x"', b"1", b"{", b'{"item": 1, "item": 2}', b"\xff", b"[" * 100_000], ids=repr
)
def test_what_is_no_application_at_all_is_told(raw, rule_set):
    with pytest.raises(IntakeError) as caught:
        read_application(raw, rule_set().form)
    assert caught.value.problems[0].why.zh


def test_unreadable_text_names_line_and_column(rule_set):
    with pytest.raises(IntakeError) as caught:
        read_application(b'{\n "item": 1.5}', rule_set().form)
    assert caught.value.problems[0].pointer == "/item"
    assert "Line 2" in caught.value.problems[0].why.en
    assert "第2行" in caught.value.problems[0].why.zh


def test_the_wrong_form_says_so(document, rule_set):
    told = problems(document("individual"), rule_set("llc").form)
    assert "/item" in told


def test_the_digest_is_of_the_content_without_signatures(document, rule_set, application):
    first, second = document(), document()
    second["signatures"] = second["signatures"][:1]
    assert application(first).content_digest == application(second).content_digest
    assert application(first).raw_digest != application(second).raw_digest
    second["employees"] += 1
    assert application(first).content_digest != application(second).content_digest


# --- the lean validator gives the errors of the library's own ---


def places(document):
    """All paths in a document."""
    found = [()]
    pending = [((), document)]
    while pending:
        path, value = pending.pop()
        below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in below:
            found.append((*path, key))
            pending.append(((*path, key), item))
    return found


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.text(max_size=8), st.just("x" * 5000), st.just([]),
    st.just({}), st.just({"person": "p1"}), st.lists(st.just("submit"), max_size=3),
    st.sampled_from(["2026-02-30", "2026-11-20", "p1", "p1\n", "CHN"]),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=st.data())
def test_the_lean_validator_agrees_with_the_library(kind, bases, book, choice):
    document = copy.deepcopy(bases[kind][0])
    form = book.rule_set(document["item"], DAY).form
    for _ in range(choice.draw(st.integers(1, 4))):
        path = choice.draw(st.sampled_from(sorted(places(document), key=repr)))
        if not path:
            continue
        owner = document
        for step in path[:-1]:
            owner = owner[step]
        action = choice.draw(st.sampled_from(["junk", "drop", "extra", "repeat"]))
        if action == "junk":
            owner[path[-1]] = choice.draw(JUNK)
        elif action == "drop":
            del owner[path[-1]]
        elif action == "extra" and isinstance(owner, dict):
            owner[choice.draw(st.text(max_size=4))] = 1
        elif isinstance(owner, list):
            owner.append(copy.deepcopy(owner[path[-1]]))
    library = Draft202012Validator(form, format_checker=FormatChecker(("date", "date-time", "email")))

    def told(validator):
        return sorted(
            (list(map(str, error.absolute_path)), str(error.validator), error.message)
            for error in validator.iter_errors(document)
        )

    assert told(validator_of(form)) == told(library)


def test_equal_forms_share_a_validator_and_a_remote_reference_is_refused(rule_set):
    form = rule_set().form
    assert validator_of(copy.deepcopy(dict(form))) is validator_of(form)
    with pytest.raises(ValueError, match="only references into the form"):
        validator_of({"$ref": "https://example.org/x.json"})
    with pytest.raises(ValueError, match="circles"):
        validator_of({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"})


def test_two_constraints_beside_a_reference_both_hold():
    form = {"$defs": {"n": {"type": "integer", "minimum": 3}}, "properties": {"x": {"$ref": "#/$defs/n", "minimum": 5}}}
    validator = validator_of(form)
    assert not list(validator.iter_errors({"x": 5}))
    assert [error.validator for error in validator.iter_errors({"x": 4})] == ["minimum"]
    assert sorted(error.validator for error in validator.iter_errors({"x": "a"})) == ["type"]
    assert len(list(validator.iter_errors({"x": 1}))) == 2
