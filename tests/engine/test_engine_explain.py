import dataclasses
import json
import re
from datetime import date

import pytest

from engine.application import application_of
from engine.cases import moment
from engine.citation import ENGLISH_TITLES, chinese_number, citation, citations
from engine.decide import decide
from engine.explain import HEADLINES, MASK, findings_json, notice, unexplained
from engine.model import Outcome
from rules.model import LegalBasis
from verifiers.model import Failure

AT = moment(date(2026, 11, 20))
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("basis", "zh", "en"),
    [
        ({"law": "公司法", "article": 47, "paragraph": 1}, "《公司法》第四十七条第一款", "Company Law art. 47 para. 1"),
        (
            {"law": "公司法", "article": "178", "paragraph": 1, "item": 5},
            "《公司法》第一百七十八条第一款第（五）项",
            "Company Law art. 178 para. 1 item (5)",
        ),
        ({"law": "刑法", "article": "120-2"}, "《刑法》第一百二十条之二", "刑法 art. 120-2"),
        ({"law": "民法典", "article": "1010"}, "《民法典》第一千零一十条", "Civil Code art. 1010"),
    ],
)
def test_citations_in_both_languages(basis, zh, en):
    found = citation(LegalBasis.model_validate(basis))
    assert (found.zh, found.en) == (zh, en)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (101, "一百零一"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (1260, "一千二百六十"),
        (2005, "二千零五"),
    ],
)
def test_numbers_of_articles(number, written):
    assert chinese_number(number) == written


def test_every_law_of_the_rule_book_has_an_english_title(book):
    laws = {basis.law for rule in book.rules for basis in rule.rule.basis}
    assert laws - set(ENGLISH_TITLES) == set()


def test_several_bases_are_listed_in_order():
    both = (LegalBasis(law="公司法", article="10"), LegalBasis(law="民法典", article="18"))
    assert citations(both).zh == "《公司法》第十条、《民法典》第十八条"


@pytest.fixture
def broken(document, evidence, rule_set):
    """A company with several defects, a source that is down, and what goes with it."""
    found = document()
    found["shareholders"][1]["due_on"] = "2040-01-01"
    found["registered_capital_fen"] += 1
    found["people"][1]["id_number"] = "370784199508120030"
    answers = [
        dataclasses.replace(one, failure=Failure.UNAVAILABLE, value=None) if one.verifier == "court" else one
        for one in evidence()
    ]
    return decide(application_of(found, b""), answers, rule_set(), AT)


def test_the_notice_holds_every_defect_and_what_waits(broken):
    told = notice(broken)
    assert broken.outcome is Outcome.WAITING
    places = {entry.at for entry in told.defects}
    assert any(place.startswith("/shareholders/1") for place in places)
    assert any(place.startswith("/people/1") for place in places)
    assert told.waiting
    for entry in (*told.defects, *told.waiting):
        assert HAN.search(entry.notice.zh)
        assert entry.notice.en
        assert entry.basis.zh.startswith("《")
        assert entry.remedy.zh
        assert entry.remedy.en


def test_the_text_is_of_one_language_and_names_every_defect(broken):
    told = notice(broken)
    chinese, english = told.to_text("zh-CN"), told.to_text("en-GB")
    assert HEADLINES[Outcome.WAITING].zh in chinese
    assert HEADLINES[Outcome.WAITING].en in english
    for entry in told.defects:
        assert entry.notice.zh in chinese
        assert entry.notice.en in english
    assert "工作人员" in chinese
    assert "person" in english
    assert "refused" not in english


def test_the_notice_says_where_a_person_is(broken, rule_set):
    organ = rule_set().item.organ
    assert organ.phone in notice(broken, organ).to_text("zh")
    assert organ.phone in notice(broken, organ).to_text("en")


def test_the_json_is_json_and_without_floats(broken):
    def floats(value):
        if isinstance(value, float):
            return True
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return any(map(floats, below))

    for found in (notice(broken).to_json(), findings_json(broken, public=False), findings_json(broken, public=True)):
        assert json.loads(json.dumps(found, ensure_ascii=False)) == found
        assert not floats(found)


def test_the_public_never_sees_a_person(broken, document):
    text = json.dumps(findings_json(broken, public=True), ensure_ascii=False)
    for person in document()["people"]:
        assert person["name"] not in text
        assert person["id_number"][:14] not in text
        assert person["mobile"] not in text
    assert "3707841995" not in text
    assert MASK in text
    assert "贾样例" in json.dumps(findings_json(broken, public=False), ensure_ascii=False)


def test_an_approval_has_a_notice_too(document, evidence, rule_set):
    told = notice(decide(application_of(document(), b""), evidence(), rule_set(), AT))
    assert told.headline == HEADLINES[Outcome.APPROVED]
    assert told.defects == told.waiting == told.with_a_person == told.elsewhere == ()


@pytest.mark.parametrize(
    ("effect", "group"),
    [
        ("fix", "defects"),
        ("bar", "with_a_person"),
        ("refer", "with_a_person"),
        ("route", "elsewhere"),
        ("inform", "informed"),
    ],
)
def test_each_effect_has_its_place_in_the_notice(effect, group, document, evidence, rule_set, make_rule, make_rule_set):
    made = make_rule_set(rule_set(), [make_rule("T01", "employees > 1000", effect=effect)])
    decision = decide(application_of(document(), b""), evidence(), made, AT)
    (entry,) = getattr(notice(decision), group)
    assert entry.observed == {"employees": 8}
    assert not unexplained(decision)


def test_a_disagreement_leaves_an_outcome_without_a_reason(document, evidence, rule_set):
    decision = decide(application_of(document(), b""), evidence(), rule_set(), AT)
    assert not unexplained(decision)
    assert unexplained(dataclasses.replace(decision, outcome=Outcome.REFERRED))
