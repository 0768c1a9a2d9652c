"""The law as data: what every rule, item, form and list must carry, held against standards and stored law texts."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rules import feel
from rules.case_files import CaseFile, base, case_files
from rules.load import RuleBook, load_rule_book
from rules.model import Text
from rules.yaml_source import read

RULES = Path(__file__).resolve().parents[2] / "rules"
SHARED = Path(__file__).resolve().parents[2].parent / "shared"
FORMS = {
    "individual": "individual_establishment",
    "sole_proprietorship": "sole_proprietorship_establishment",
    "llc": "llc_establishment",
}
# Statistics that the form may ask and no rule may read (行政许可法 5: no discrimination).
PROTECTED = {"sex", "ethnicity", "political_status", "education", "occupation"}


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rule_book()


@cache
def cases_by_rule() -> dict[str, CaseFile]:
    return {file.rule: file for file in case_files()}


@cache
def form(kind: str) -> dict[str, Any]:
    return json.loads((RULES / "forms" / f"{FORMS[kind]}.schema.json").read_bytes())


def walk(schema: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema under a form with its place."""
    yield place, schema
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from walk(inner, f"{place}/{name}")
    if "items" in schema:
        yield from walk(schema["items"], f"{place}/*")


def test_at_least_forty_rules_over_all_groups(book: RuleBook) -> None:
    ids = [rule.rule.id for rule in book.rules]
    assert len(set(ids)) >= 40
    assert {id_[0] for id_ in ids} >= set("SNABPCGD")


def test_every_text_is_given_in_chinese_and_in_english(book: RuleBook) -> None:
    for typed in book.rules:
        for text in (typed.rule.title, typed.rule.notice, typed.rule.remedy):
            assert re.search(r"[一-鿿]", text.zh), (typed.rule.id, text.zh)
            without_quotes = re.sub(r"[{“].*?[}”]|[一-鿿、，]", "", text.en)
            assert re.search(r"[a-z]{2}", without_quotes), (typed.rule.id, text.en)
            assert text.zh != text.en


def test_no_effect_of_a_bar_is_left_to_guess(book: RuleBook) -> None:
    """A bar or a route stops a case for good: it must rest on at least one article of a text that was read."""
    for typed in book.rules:
        if typed.rule.on_violation in {"bar", "route"}:
            assert any("未读" not in (basis.note or "") for basis in typed.rule.basis), typed.rule.id


def test_every_rule_has_cases_of_every_result_it_can_have(book: RuleBook) -> None:
    files = cases_by_rule()
    assert set(files) == {rule.rule.id for rule in book.rules}
    for file in files.values():
        results = {case.result for case in file.cases}
        assert "satisfied" in results, file.rule
        assert ("violated" in results) != bool(file.violated), file.rule
        assert ("undetermined" in results) != bool(file.undetermined), file.rule


def test_every_loop_has_a_case_where_only_a_later_element_is_bad(book: RuleBook) -> None:
    files = cases_by_rule()
    for typed in book.rules:
        # Elements of signatures_missing and of lists with a constant body are bad by standing there at all.
        alone = typed.rule.holds_when.endswith("satisfies false") or "signatures_missing" in typed.rule.holds_when
        if typed.witness is None or alone or "articles_contents" in typed.rule.holds_when:
            continue
        bad = [case for case in files[typed.rule.id].cases if case.result == "violated" and case.places]
        numbered = [case for case in bad if all(re.search(r"/[1-9]\d*(/|$)", place) for place in case.places or ())]
        # Names found by a registry have no number of their own; the case says which of them is bad.
        named = [case for case in bad if case.places == ("/entity/name",) and "only the second" in case.name]
        assert numbered or named, typed.rule.id


def test_citations_name_articles_that_exist() -> None:
    tool = SHARED / "tools" / "check_citations"
    if not tool.exists():
        pytest.skip("the stored law texts (../shared) are not here")
    done = subprocess.run([sys.executable, str(tool), str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_rule_is_not_in_force_before_its_law() -> None:
    in_force = {
        "公司法": "2024-07-01",
        "市场主体登记管理条例": "2022-03-01",
        "市场主体登记管理条例实施细则": "2022-03-01",
        "企业名称登记管理规定": "2021-03-01",
        "促进个体工商户发展条例": "2022-11-01",
    }
    own_law = {"C": "公司法", "N": "企业名称登记管理规定"}
    for path in sorted((RULES / "law").glob("*.yaml")):
        for rule in read(path).value:
            first = rule["basis"][0]["law"]
            if first in in_force:
                assert str(rule["in_force"]["from"]) >= in_force[first], rule["id"]
            if (law := own_law.get(rule["id"][0])) and law == first:
                assert str(rule["in_force"]["from"]) >= in_force[law], rule["id"]


@pytest.mark.parametrize("kind", FORMS)
def test_forms_are_valid_and_titled_and_bounded(kind: str) -> None:
    schema = form(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("urn:miaopi:form:")
    for place, node in walk(schema):
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"], place
            continue
        assert re.search(r"[一-鿿]", node["title"]), place
        assert re.search(r"[a-z]", node["x-title-en"]), place
        assert ("description" in node) == ("x-description-en" in node), place
        match node["type"]:
            case "string":
                assert node["maxLength"] <= 4000, place
                assert "enum" in node or "pattern" in node, place
            case "array":
                assert node["maxItems"] <= 300, place
            case "object":
                assert node["additionalProperties"] is False, place
                assert set(node["required"]) <= set(node["properties"]), place
            case "integer":
                assert node["minimum"] >= 0, place
                assert node["maximum"] < 2**53, place  # RFC 8785 writes larger numbers in another way
            case other:
                assert other == "boolean", place
        if "pattern" in node:
            re.compile(node["pattern"])
            assert {"zh", "en"} == set(node["x-mend"]), place  # a bare "does not match" tells nobody how to mend it


def test_shared_definitions_are_the_same_in_all_forms() -> None:
    assert form("individual")["$defs"] == form("llc")["$defs"] == form("sole_proprietorship")["$defs"]


@pytest.mark.parametrize("kind", FORMS)
def test_base_applications_pass_their_form(kind: str) -> None:
    application, answers = base(kind)
    validator = jsonschema.Draft202012Validator(form(kind), format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(application)] == []
    assert {answer.failure for answer in answers} == {None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "甄\u202e本"),
        ("name", "甄\u200b本"),
        ("home_address", "样本路1号\u2066"),
        ("home_address", "样本路\n1号"),
        ("mobile", "12800000001"),
        ("nationality", "chn"),
        ("id_valid_to", "2026-02-30"),
        ("nickname", "小甄"),
    ],
)
def test_forms_refuse_what_cannot_be_seen_or_is_not_asked(field: str, value: str) -> None:
    application, _ = base("individual")
    application["people"][1][field] = value
    validator = jsonschema.Draft202012Validator(form("individual"), format_checker=jsonschema.FormatChecker())
    errors = list(validator.iter_errors(application))
    assert errors
    assert all(list(error.absolute_path)[:2] == ["people", 1] for error in errors)


def test_nothing_is_asked_that_a_source_supplies(book: RuleBook) -> None:
    """S06: no field of a form bears the name of what a source attests."""
    attested = {
        member
        for record in (
            "population_record",
            "real_name_record",
            "court_record",
            "history_record",
            "address_record",
            "name_record",
        )
        for member in book.facts.records[record]
    }
    # The applicant says where the premises are; S02a holds it against the library.
    said_by_both = {"division_code"}
    for kind in FORMS:
        asked = {place.rsplit("/", 1)[-1] for place, _ in walk(form(kind)) if place}
        assert not asked & attested - said_by_both, kind


def test_no_rule_reads_a_protected_attribute(book: RuleBook) -> None:
    for typed in book.rules:
        read_names = {name for path in typed.paths for name in path}
        assert not read_names & PROTECTED, typed.rule.id
    assert not PROTECTED & set(book.facts.records["person"])


def test_company_law_bars_touch_officers_only(book: RuleBook) -> None:
    """Over-blocking is unlawful: article 178 reaches no shareholder, operator, investor or liaison."""
    offices = next(parameter for parameter in book.parameters if parameter.id == "company_offices").values[-1].value
    assert not {"shareholder", "operator", "investor", "liaison", "agent", "family_member"} & set(offices)
    for typed in book.rules:
        if typed.rule.id in {"P03", "P04", "P05", "P06", "P07"}:
            assert typed.rule.entities == ("llc",), typed.rule.id
            assert "parameters.company_offices" in typed.rule.holds_when, typed.rule.id


def test_scope_catalogue_is_unique_and_follows_the_industry_standard() -> None:
    entries = read(RULES / "scope_catalogue.yaml").value["items"]
    assert len(entries) >= 80
    assert len({entry["code"] for entry in entries}) == len(entries)
    assert len({entry["text"]["zh"] for entry in entries}) == len(entries)
    for entry in entries:
        assert re.fullmatch(r"[A-T]\d{4}\d{2}", entry["code"]), entry
        assert entry["code"].startswith(entry["industry_code"])
        assert entry["kind"] == (
            "licensed" if entry["pre_approval"] or entry["post_permit"] or entry["prohibited"] else "general"
        )
        Text.model_validate(entry["text"])
        if entry["pre_approval"] or entry["legal_person_only"]:
            assert entry.get("basis") or entry["special_consultation"], entry["code"]
    for mark in ("pre_approval", "post_permit", "legal_person_only", "prohibited", "special_consultation", "online"):
        assert any(entry[mark] for entry in entries), mark


def test_industry_codes_exist_in_the_standard() -> None:
    table = SHARED / "data" / "gbt4754-2017.csv"
    if not table.exists():
        pytest.skip("the industry table (../shared/data) is not here")
    with table.open(encoding="utf-8") as lines:
        known = {row["code"] for row in csv.DictReader(lines)}
    for entry in read(RULES / "scope_catalogue.yaml").value["items"]:
        assert entry["industry_code"] in known, entry["code"]


def test_forms_and_code_lists_agree() -> None:
    lists = {
        path.stem: [row["code"] for row in read(path).value["codes"]] for path in (RULES / "code_lists").glob("*.yaml")
    }
    offered: dict[str, list[str]] = {}
    for kind in FORMS:
        for place, node in walk(form(kind)):
            if "x-labels" in node:
                assert set(node["enum"]) == set(node["x-labels"]), place
                offered[place] = node["enum"]
    assert offered
    for place, codes in offered.items():
        held = [name for name, known in lists.items() if set(codes) <= set(known)]
        assert held, place
    assert len(lists["ethnicity"]) == 58
    for name, codes in lists.items():
        assert len(set(codes)) == len(codes), name


def test_items_carry_remedies_with_an_online_channel_and_no_fee(book: RuleBook) -> None:
    codes = {item.code for item in book.items}
    assert codes >= {"00013112800001", "00013112700401", "370784-GRDZ-01"}
    for item in book.items:
        assert item.fee_fen == 0
        assert (item.item_class, item.statutory_limit.working_days, item.promised_limit.working_days) == (
            "on_the_spot",
            3,
            0,
        )
        assert {remedy.kind for remedy in item.remedies} == {"reconsideration", "litigation"}
        assert all(remedy.channel.startswith("https://example.org/") for remedy in item.remedies)
        assert "engine" not in item.refused_by  # only the bureau refuses
        assert all(material.source != "applicant" or "身份证" not in material.name.zh for material in item.materials)


def test_a_published_item_waits_for_its_day(book: RuleBook) -> None:
    later = [item for item in book.items if str(item.in_force.from_) > "2026-11-22"]
    assert [item.code for item in later] == ["370784-ZRXZ-02"]


def test_no_number_stands_in_an_expression_without_a_name(book: RuleBook) -> None:
    """Thresholds are dated parameters; only 0, 1, 2, list positions and fen-to-yuan remain as figures."""
    for typed in book.rules:
        figures = re.findall(r"(?<![\w.\"])\d+", typed.rule.holds_when + " " + typed.rule.applies_when)
        assert {int(figure) for figure in figures} <= {0, 1, 2}, typed.rule.id


@pytest.mark.parametrize(("people", "holds"), [(0, False), (1, True), (50, True), (51, False)])
def test_fifty_shareholders_are_enough(book: RuleBook, *, people: int, holds: bool) -> None:
    """公司法 42: the cases would need fifty-one persons written out, so the expression is asked alone."""
    rule = next(typed for typed in book.rules if typed.rule.id == "C01")
    shareholders = [{"person": {"ref": f"p{number}"}} for number in range(1, people + 1)]
    limit = next(parameter for parameter in book.parameters if parameter.id == "max_shareholders").values[-1].value
    scope = {"shareholders": shareholders, "parameters": {"max_shareholders": limit}}
    assert feel.interpret(rule.holds, scope) is holds
    assert feel.compile_node(rule.holds)(scope) is holds
