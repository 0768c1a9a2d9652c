from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from licence_qr import strict_json
from licence_qr.claims import LicenceSubject, ScopeItem, build
from licence_qr.issue import issue, prepare
from licence_qr.lint import LINTS, Draft, LintError, lint
from licence_qr.qr import matrix_of
from licence_qr.trust import LICENCE_TYP
from tests.licence_qr.specimens import COMPANY, LICENCE_KEY, PAGE, SHOP, STUDIO, issuance

HEADER = {"alg": "ES256", "kid": LICENCE_KEY.kid, "typ": LICENCE_TYP}


def draft(change: Callable[[dict[str, Any]], None] | None = None, **header: Any) -> Draft:
    claims = build(COMPANY, issuance(permit_indexes=(100, 101)))
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


@pytest.mark.parametrize(("subject", "permits"), [(COMPANY, (100, 101)), (SHOP, ()), (STUDIO, ())])
def test_the_specimens_have_no_breach(subject, permits):
    claims = build(subject, issuance(permit_indexes=permits))
    assert lint(Draft(HEADER, claims, 2000)) == ()


@pytest.mark.parametrize(("name", "change", "place"), BAD, ids=[f"{name} {place}" for name, _, place in BAD])
def test_each_lint_finds_what_it_is_for_and_nothing_else(name, change, place):
    breaches = lint(draft(change))
    assert {(breach.lint.name, breach.fault.at) for breach in breaches if breach.lint.name == name} == {(name, place)}


def test_a_bad_example_is_there_for_every_lint():
    elsewhere = {"header", "size", "printable"}
    assert {name for name, _, _ in BAD} | elsewhere == {one.name for one in LINTS}


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


def test_every_lint_names_its_source_citation_and_day():
    for one in LINTS:
        assert one.source
        assert one.citation
        assert date(2015, 1, 1) <= one.effective_from <= date(2026, 12, 31)
