from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from licence_qr import strict_json
from licence_qr.claims import GENERAL_NOTE, TYPES, LicenceSubject, ScopeItem, build
from licence_qr.identifiers import licence_identifier
from licence_qr.issue import issue, prepare
from licence_qr.lint import LINTS, Draft, LintError, lint
from licence_qr.qr import matrix_of
from licence_qr.registered_types import STATED
from licence_qr.trust import LICENCE_TYP
from tests.licence_qr.specimens import COMPANY, KINDERGARTEN, LICENCE_KEY, NGO_CERTIFICATE, PAGE, SHOP, STUDIO, issuance

HEADER = {"alg": "ES256", "kid": LICENCE_KEY.kid, "typ": LICENCE_TYP}


def draft(
    change: Callable[[dict[str, Any]], None] | None = None, subject: LicenceSubject = COMPANY, **header: Any
) -> Draft:
    claims = build(subject, issuance(permit_indexes=(100, 101), ngo=subject.kind == "ngo"))
    if change is not None:
        change(claims)
    return Draft({**HEADER, **header}, claims, len(strict_json.write(claims)))


def at(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(claims: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            claims = claims[step]
        claims[last] = value

    return change


def without(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(claims: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            claims = claims[step]
        del claims[last]

    return change


def as_operator(claims: dict[str, Any]) -> None:
    claims["licence"]["operator"] = claims["licence"].pop("representative")


BAD: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("shape", without("log"), "/log"),
    ("shape", at("permits", 1, "valid_from", value="2026-13-01"), "/permits/1/valid_from"),
    ("shape", without("licence", "name"), "/licence/name"),
    ("identifier", at("jti", value="1.2.156.3005.2.11100000MB0143028R001.113707847973232955.1.001.A"), "/jti"),
    (
        "identifier",
        at("jti", value="1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0"),
        "/jti",
    ),
    ("credit-code", at("sub", value="91370784MA0000024W"), "/sub"),
    ("credit-code", at("sub", value="92370784MA0000015Y"), "/sub"),
    ("credit-code", at("sub", value="91110000600037341L"), "/sub"),
    ("contents", at("licence", "type", value="股份有限公司"), "/licence/type"),
    ("contents", without("licence", "capital_fen"), "/licence/capital_fen"),
    ("contents", at("licence", "type", value="个人独资企业"), "/licence/investor"),
    ("established", at("licence", "established_on", value="2026-11-19"), "/licence/established_on"),
    ("scope", at("licence", "scope", 1, "note", value="依法自主经营"), "/licence/scope/1/note"),
    ("scope", at("licence", "scope", 1, "items", value=["甲", "乙", "甲"]), "/licence/scope/1/items"),
    ("scope", lambda claims: claims["licence"]["scope"].reverse(), "/licence/scope"),
    ("times", at("nbf", value=1_700_000_000), "/exp"),
    ("issuer", at("vct", value="https://licence.anqiu.example/types/other"), "/vct"),
    (
        "status",
        at("status", "status_list", "uri", value="https://elsewhere.example/status/1"),
        "/status/status_list/uri",
    ),
    ("status", at("permits", 1, "status_idx", value=100), "/permits/1/status_idx"),
    ("status", at("permits", 1, "status_idx", value=7), "/permits/1/status_idx"),
    ("permits", at("permits_total", value=2), "/permits_total"),
    ("permits", at("permits", 0, "valid_to", value="2026-10-31"), "/permits/0/valid_to"),
    ("private", at("licence", "representative", value="王示例 370784199001011234"), "/licence/representative"),
    ("private", at("licence", "premises", value="安丘市（电话13800138000）"), "/licence/premises"),
    ("private", at("licence", "scope", 1, "items", 1, value="烟草制品零售13800138000"), "/licence/scope/1/items/1"),
    ("private", at("permits", 1, "authority", value="经办人11010519491231002X"), "/permits/1/authority"),
]

# The same for the certificate of a 民办非企业单位: each of these is one change of the kindergarten.
BAD_NGO: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("shape", at("licence", "supervising_authority", value="安丘市教育局\u202e"), "/licence/supervising_authority"),
    ("identifier", at("jti", value=str(licence_identifier("113707840043210125", "1"))), "/jti"),
    ("identifier", at("jti", value=str(licence_identifier("113707847973232955", "1", 1, NGO_CERTIFICATE))), "/jti"),
    ("credit-code", at("sub", value="91370784MA0000023W"), "/sub"),
    ("credit-code", at("sub", value="52370784MJE0000135"), "/sub"),
    ("credit-code", at("licence", "registry", "uscc", value="113707840043210126"), "/licence/registry/uscc"),
    ("credit-code", at("licence", "registry", "division", value="370724"), "/sub"),
    ("ngo-contents", without("licence", "supervising_authority"), "/licence/supervising_authority"),
    ("ngo-contents", without("licence", "capital_fen"), "/licence/capital_fen"),
    ("ngo-contents", as_operator, "/licence/representative"),
    ("ngo-contents", at("licence", "composition", value="个人经营"), "/licence/composition"),
    (
        "ngo-contents",
        lambda claims: claims["permits"].append({"type": "消防安全许可", "held": False}),
        "/permits/2/held",
    ),
    ("ngo-established", at("licence", "established_on", value="2026-11-21"), "/licence/established_on"),
    ("ngo-scope", at("licence", "scope", 0, "kind", value="licensed"), "/licence/scope"),
    ("ngo-scope", lambda claims: claims["licence"]["scope"].append(claims["licence"]["scope"][0]), "/licence/scope"),
    ("ngo-scope", at("licence", "scope", 0, "note", value=GENERAL_NOTE), "/licence/scope/0/note"),
    ("ngo-scope", at("licence", "scope", 0, "items", value=["甲", "乙", "乙"]), "/licence/scope/0/items"),
    ("contents", at("licence", "type", value="民办非企业单位"), "/licence/type"),
    ("private", at("licence", "supervising_authority", value="教体局 13800138000"), "/licence/supervising_authority"),
]


@pytest.mark.parametrize(
    ("subject", "permits"), [(COMPANY, (100, 101)), (SHOP, ()), (STUDIO, ()), (KINDERGARTEN, (100, 101))]
)
def test_the_specimens_have_no_breach(subject, permits):
    claims = build(subject, issuance(permit_indexes=permits, ngo=subject.kind == "ngo"))
    assert lint(Draft(HEADER, claims, 2000)) == ()


@pytest.mark.parametrize(("name", "change", "place"), BAD, ids=[f"{name} {place}" for name, _, place in BAD])
def test_each_lint_finds_what_it_is_for_and_nothing_else(name, change, place):
    breaches = lint(draft(change))
    assert {(breach.lint.name, breach.fault.at) for breach in breaches if breach.lint.name == name} == {(name, place)}


@pytest.mark.parametrize(
    ("name", "change", "place"), BAD_NGO, ids=[f"{number} {one[0]} {one[2]}" for number, one in enumerate(BAD_NGO)]
)
def test_each_lint_finds_what_it_is_for_on_the_certificate_of_an_ngo(name, change, place):
    breaches = lint(draft(change, KINDERGARTEN))
    assert (name, place) in {(breach.lint.name, breach.fault.at) for breach in breaches}
    assert name == "contents" or not {breach.lint.name for breach in breaches} & {"contents", "established", "scope"}


@pytest.mark.parametrize("form", ["legal_person", "partnership", "individual"])
@pytest.mark.parametrize("established", [date(2005, 1, 1), date(2026, 11, 20)])
def test_every_form_of_ngo_is_signed_whenever_it_was_established(form, established):
    subject = replace(KINDERGARTEN, form=form, established_on=established)
    issued = issue(prepare(subject, issuance(permit_indexes=(100, 101), ngo=True), kid=LICENCE_KEY.kid), LICENCE_KEY)
    assert issued.claims["licence"]["established_on"] == established.isoformat()


@pytest.mark.parametrize("subject", [COMPANY, SHOP, STUDIO])
def test_a_business_has_no_supervising_authority(subject):
    wrong = replace(subject, supervising_authority="安丘市教育和体育局")
    with pytest.raises(LintError) as raised:
        prepare(wrong, issuance(permit_indexes=(100, 101)[: len(subject.permits)]), kid=LICENCE_KEY.kid)
    assert [(one.lint.name, one.fault.at) for one in raised.value.breaches] == [
        ("contents", "/licence/supervising_authority")
    ]


def test_a_permit_that_is_due_is_refused_for_an_ngo_and_the_second_one_is_found():
    scope = (KINDERGARTEN.scope[0], ScopeItem("小吃服务", "general", "食品小作坊登记证"))
    with pytest.raises(LintError, match="/permits/2/held '食品小作坊登记证'") as raised:
        prepare(replace(KINDERGARTEN, scope=scope), issuance(permit_indexes=(1, 2), ngo=True), kid=LICENCE_KEY.kid)
    assert "民办非企业单位登记管理暂行条例 (1998-10-25) 12" in str(raised.value)


def test_a_bad_example_is_there_for_every_lint():
    elsewhere = {"header", "size", "printable"}
    assert {name for name, _, _ in BAD + BAD_NGO} | elsewhere == {one.name for one in LINTS}


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"typ": "JWT"}, {"kid": "short"}, {"jku": "https://x.example"}, {"crit": []}]
)
def test_the_header_is_held_to_its_three_members(header):
    assert [breach.lint.name for breach in lint(draft(None, **header))] == ["header"]


def test_a_licence_no_reader_would_take_is_not_signed():
    assert [breach.lint.name for breach in lint(Draft(HEADER, draft().claims, 8193))] == ["size"]


def long_scope(items: int) -> LicenceSubject:
    """Scope expressions that share nothing a compressor could use, under the longest name there is."""
    signs = [chr(0x4E00 + 37 * number) for number in range(60 + items * 12)]
    texts = ["".join(signs[60 + number * 12 : 72 + number * 12]) for number in range(items)]
    return replace(COMPANY, name="".join(signs[:60]), scope=tuple(ScopeItem(text, "general") for text in texts))


def test_a_licence_whose_code_cannot_be_printed_is_not_signed_and_told_why():
    with pytest.raises(LintError, match="version 22-M") as raised:
        prepare(long_scope(40), issuance(permit_indexes=(100, 101)), kid=LICENCE_KEY.kid)
    assert [breach.lint.name for breach in raised.value.breaches] == ["printable"]
    assert raised.value.breaches[0].lint.source == "ours"


def test_what_the_lint_lets_through_is_drawn():
    passed = 0
    for items in range(2, 41, 2):
        try:
            token = prepare(long_scope(items), issuance(permit_indexes=(100, 101)), kid=LICENCE_KEY.kid)
        except LintError:
            continue
        matrix_of(issue(token, LICENCE_KEY).link(PAGE))
        passed = items
    assert 2 < passed < 40


def test_a_re_issue_may_keep_its_day_of_establishment():
    def second_version(claims: dict[str, Any]) -> None:
        claims["jti"] = str(issuance().identifier.next_version())
        claims["licence"]["established_on"] = "2020-01-01"

    assert lint(draft(second_version)) == ()


def test_all_breaches_are_told_together_with_their_citation():
    def several(claims: dict[str, Any]) -> None:
        claims["permits_total"] = 9
        claims["sub"] = "91370784MA0000024W"

    breaches = lint(draft(several))
    told = str(LintError(breaches))
    assert "GB 32100-2015" in told
    assert "permits_total" in told
    assert "mend the register entry first" in told


def test_a_private_value_is_not_repeated_in_the_error():
    breaches = lint(draft(at("licence", "representative", value="王示例 370784199001011234")))
    assert "370784199001011234" not in str(LintError(breaches))


PRIVATE = {
    "an identity number": "370784199001011239",
    "in full width": "３７０７８４１９９００１０１１２３９",
    "in groups": "370784 19900101 1239",
    "in groups with dashes": "370784-19900101-1239",
    "with a small x": "11010519491231002x",
    "behind letters": "ID370784199001011239",
    "the older one": "370784900101123",
    "a mobile number": "13812345678",
    "a mobile number in full width": "１３８１２３４５６７８",
    "a mobile number in groups": "138-1234-5678",
    "a mobile number in Arabic digits": "١٣٨١٢٣٤٥٦٧٨",
    "a mobile number with a country": "+86 138 1234 5678",
    "a mobile number with an x": "13812345678x",
}
SHOWN = [
    ("permits", 1, "number"),
    ("licence", "premises"),
    ("licence", "registry", "name"),
    ("licence", "scope", 1, "items", 1),
    ("licence", "scope", 0, "note"),
    ("permits", 1, "type"),
    ("log", "origin"),
]


@pytest.mark.parametrize("text", PRIVATE.values(), ids=list(PRIVATE))
def test_private_numbers_are_found_in_every_text_and_spelling(text):
    for path in SHOWN:
        if text == PRIVATE["the older one"] and path[-1] == "number":
            continue  # a permit whose number is a division and nine digits looks like one in a thousand times
        found = lint(draft(at(*path, value=text)))
        pointer = "/" + "/".join(map(str, path))
        assert (pointer, "private") in {(one.fault.at, one.lint.name) for one in found}, path


def test_a_private_number_among_words_is_found():
    for text in ("安丘市兴安街道88号-13812345678", "电话：138·1234·5678，联系人王", "身份证（370784900101123）"):
        assert "private" in {one.lint.name for one in lint(draft(at("licence", "premises", value=text)))}


PERMIT_NUMBERS = [
    "JY13707840001234",
    "370784751114151",  # the division and nine digits, which happen to hold a day
    "鲁卫公证字〔2026〕第370784410415410",
    "JY23707840001234",
    "SC10637078400123",
    "教民137078460000123",
    "教民137078461012345",  # a class digit, the division, and what looks like a day
    "教民137070061012345",
    "13707840001",  # as long as a mobile number
    "鲁卫公证字〔2026〕第370784-0007号",
    "鲁卫公证字(2012)第370784-2012-01234号",
    "370784202600123",
    "370784201201234",
    "370784199812345",
    "鲁交运管许可潍字370784000001号",
    "370784100001",
    "370784201901011235",  # 18 digits, a day, and a check character that does not fit
    "91370784MA0000023W",
    "PDY00123437078419D2112",
    "13-2026-11001",
    "鲁潍危化经[2026]000123",
    "新出发鲁零字第370784-1380号",
    "20261101-20311031",
]


@pytest.mark.parametrize("number", PERMIT_NUMBERS)
def test_numbers_of_permits_are_no_private_numbers(number):
    assert lint(draft(at("permits", 1, "number", value=number))) == ()


def with_type(words: str, composition: str | None = None, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """Another type over the claims of a specimen: what stands there stays, but for `changes` (None takes away)."""

    def change(claims: dict[str, Any]) -> None:
        licence = claims["licence"]
        for name, value in {"type": words, "composition": composition, **changes}.items():
            licence[name] = value
            if value is None:
                del licence[name]

    return change


LLC, SOLE, ONE = "有限责任公司（自然人投资或控股）", "个人独资企业", "个体工商户"
SWAPS = [
    (COMPANY, with_type(ONE, "个人经营"), {"/licence/operator", "/licence/capital_fen", "/sub"}),
    (COMPANY, with_type(ONE, "家庭经营", representative=None, operator="王", capital_fen=None), {"/sub"}),
    (COMPANY, with_type(ONE), {"/licence/type", "/licence/operator", "/licence/capital_fen", "/sub"}),
    (COMPANY, with_type(SOLE), {"/licence/investor"}),
    (COMPANY, with_type(LLC, "个人经营"), {"/licence/type"}),
    (COMPANY, with_type(LLC, representative=None, operator="王"), {"/licence/representative"}),
    (COMPANY, with_type(LLC, capital_fen=None), {"/licence/capital_fen"}),
    (COMPANY, with_type("民办非企业单位（法人）"), {"/sub", "/licence/supervising_authority", "/permits/2/held"}),
    (SHOP, with_type(LLC), {f"/licence/{one}" for one in ("representative", "capital_fen", "name")} | {"/sub"}),
    (SHOP, with_type(SOLE), {"/licence/investor", "/licence/capital_fen", "/licence/name", "/sub"}),
    (SHOP, with_type(SOLE, operator=None, investor="李", name="甲", capital_fen=1), {"/sub"}),
    (SHOP, with_type(ONE, "家庭经营", capital_fen=1), {"/licence/capital_fen"}),
    (SHOP, with_type(ONE, "家庭经营", operator=None, investor="李", name="甲"), {"/licence/operator"}),
    (STUDIO, with_type(LLC), {"/licence/representative"}),
    (STUDIO, with_type(ONE, "个人经营"), {"/licence/operator", "/licence/capital_fen", "/sub"}),
    (STUDIO, with_type(SOLE, investor=None, operator="赵", name=None), {"/licence/investor", "/licence/name"}),
    (KINDERGARTEN, with_type(LLC), {"/sub", "/licence/supervising_authority"}),
    (
        KINDERGARTEN,
        with_type("民办非企业单位（个体）", representative=None, investor="孙"),
        {"/licence/representative"},
    ),
]


@pytest.mark.parametrize(("subject", "change", "places"), SWAPS)
def test_type_person_capital_name_and_code_go_together(subject, change, places):
    claims = build(subject, issuance(permit_indexes=(100, 101)[: len(subject.permits)], ngo=subject.kind == "ngo"))
    change(claims)
    found = lint(Draft(HEADER, claims, 2000))
    demanded = {"shape", "credit-code", "contents", "ngo-contents"}
    assert {one.fault.at for one in found if one.lint.name in demanded} == places


def test_every_type_that_is_registered_has_its_row():
    assert set(STATED) == {words for words, _ in TYPES.values()}


def test_every_lint_names_its_source_citation_and_day():
    for one in LINTS:
        assert one.source
        assert one.citation
        assert date(1998, 10, 25) <= one.effective_from <= date(2026, 12, 31)
