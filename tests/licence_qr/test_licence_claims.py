from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from licence_qr import shape
from licence_qr.claims import CHINA, LICENSED_NOTE, NGO_TYPES, TYPES, build, expiry, is_ngo, issue_day, scope_text
from licence_qr.post_permits import post_permit_of
from tests.licence_qr.specimens import AT, COMPANY, IAT, ISSUED_AT, KINDERGARTEN, SHOP, STUDIO, issuance

PRIVATE = {"id_number", "mobile", "phone", "home_address", "id_valid_to"}


def test_the_claims_are_exactly_these():
    claims = build(COMPANY, issuance(permit_indexes=(100, 101)))
    assert list(claims) == (
        ["iss", "iat", "nbf", "exp", "jti", "sub", "vct", "status", "licence", "permits", "permits_total", "log"]
    )
    assert claims["jti"] == "1.2.156.3005.2.11100000MB0143028R001.113707847973232955.2026112000000001.001.Q"
    assert claims["status"] == {"status_list": {"idx": 7, "uri": "https://licence.anqiu.example/status/1"}}
    assert claims["log"] == {"origin": "log.anqiu.example", "index": 41}
    assert claims["licence"] == {
        "name": "安丘市青云山食品有限公司",
        "type": "有限责任公司（自然人投资或控股）",
        "representative": "王示例",
        "capital_fen": 100_000_000,
        "premises": "山东省潍坊市安丘市兴安街道青云山路88号沿街6号商铺",
        "scope": [
            {
                "kind": "general",
                "items": ["服装服饰零售", "食用农产品批发", "日用百货销售"],
                "note": "除依法须经批准的项目外，凭营业执照依法自主开展经营活动",
            },
            {
                "kind": "licensed",
                "items": ["快餐服务", "烟草制品零售"],
                "note": LICENSED_NOTE,
            },
        ],
        "established_on": "2026-11-20",
        "term": {"kind": "long"},
        "registry": {"name": "安丘市行政审批服务局", "uscc": "113707847973232955", "division": "370784"},
    }


def test_the_certificate_of_an_ngo_has_exactly_these_members_in_this_order():
    claims = build(KINDERGARTEN, issuance(permit_indexes=(100, 101), ngo=True))
    assert list(claims["licence"].items()) == [
        ("name", "安丘市青云幼儿园"),
        ("type", "民办非企业单位（法人）"),
        ("representative", "孙示例"),
        ("capital_fen", 30_000_000),
        ("supervising_authority", "安丘市教育和体育局"),
        ("premises", "山东省潍坊市安丘市新安街道汶水路6号"),
        (
            "scope",
            [
                {
                    "kind": "general",
                    "items": ["学前教育", "婴幼儿托育服务"],
                    "note": "在登记的业务范围内开展活动，不得从事营利性经营活动",
                }
            ],
        ),
        ("established_on", "2021-05-18"),
        ("term", {"kind": "long"}),
        ("registry", {"name": "安丘市民政局", "uscc": "113707840043210125", "division": "370784"}),
    ]
    assert claims["jti"].startswith("1.2.156.3005.2.11100000000013338W009.113707840043210125.2026112000000001.001.")
    assert [permit["held"] for permit in claims["permits"]] == [True, True]
    assert shape.faults_of(claims) == []


def test_the_scope_of_an_ngo_is_printed_without_the_headings_of_a_business():
    text = scope_text(build(KINDERGARTEN, issuance(permit_indexes=(1, 2), ngo=True))["licence"])
    assert text == "学前教育；婴幼儿托育服务。（在登记的业务范围内开展活动，不得从事营利性经营活动）"


def test_ngos_are_told_by_their_three_types_and_by_nothing_else():
    assert NGO_TYPES == ("民办非企业单位（法人）", "民办非企业单位（合伙）", "民办非企业单位（个体）")
    for (kind, _), (words, _composition) in TYPES.items():
        assert is_ngo({"type": words}) is (kind == "ngo")
    assert not is_ngo({"type": "民办非企业单位"})
    assert not is_ngo({"type": "民办非企业单位（法人） "})


def test_permits_held_come_first_and_those_due_are_told_as_not_held():
    permits = build(COMPANY, issuance(permit_indexes=(100, 101)))["permits"]
    assert [(permit["type"], permit["held"]) for permit in permits] == [
        ("食品经营许可证", True),
        ("公共场所卫生许可证", True),
        ("烟草专卖零售许可证", False),
    ]
    assert permits[0]["status_idx"] == 100
    assert "valid_to" not in permits[1]
    assert permits[2] == {"type": "烟草专卖零售许可证", "held": False, "authority": "安丘市烟草专卖局"}


def test_two_items_that_call_for_one_permit_list_it_once():
    twice = replace(SHOP, scope=(*SHOP.scope, replace(SHOP.scope[1], text="快餐服务")))
    claims = build(twice, issuance())
    assert claims["permits"] == [{"type": "食品经营许可证", "held": False}]
    assert claims["permits_total"] == 1


@pytest.mark.parametrize(
    ("subject", "role", "capital"),
    [(COMPANY, "representative", 100_000_000), (SHOP, "operator", None), (STUDIO, "investor", 5_000_050)],
)
def test_each_kind_names_its_person_and_its_capital(subject, role, capital):
    licence = build(subject, issuance(permit_indexes=tuple(range(len(subject.permits)))))["licence"]
    assert licence[role] == subject.person
    assert licence.get("capital_fen") == capital
    assert shape.faults_of(build(subject, issuance(permit_indexes=tuple(range(len(subject.permits)))))) == []


def test_the_printed_scope_has_both_standard_tails():
    text = scope_text(build(SHOP, issuance())["licence"])
    assert text == (
        "一般项目：百货零售。（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）"
        "许可项目：小吃服务。（依法须经批准的项目，经相关部门批准后方可开展经营活动，具体经营项目以相关部门批准文件或许可证件为准）"
    )
    assert scope_text(build(STUDIO, issuance())["licence"]).startswith("一般项目：专业设计服务。")


def test_nothing_private_has_a_place():
    claims = build(COMPANY, issuance(permit_indexes=(1, 2)))
    assert not PRIVATE & set(claims["licence"])
    for name in PRIVATE:
        changed = {**claims, "licence": {**claims["licence"], name: "370784199001011234"}}
        assert [fault.at for fault in shape.faults_of(changed)] == [f"/licence/{name}"]


def test_kind_and_form_must_go_together():
    with pytest.raises(ValueError, match="form 'family' does not go with kind 'llc'"):
        build(replace(COMPANY, form="family"), issuance(permit_indexes=(1, 2)))


def test_an_index_for_each_permit_is_needed():
    with pytest.raises(ValueError, match="shorter"):
        build(COMPANY, issuance(permit_indexes=(100,)))


def test_the_code_ends_in_ten_years_or_with_the_term():
    assert datetime.fromtimestamp(expiry(ISSUED_AT, None), CHINA) == datetime(2036, 11, 20, 23, 59, 59, tzinfo=CHINA)
    end = datetime.fromtimestamp(expiry(ISSUED_AT, date(2030, 6, 30)), CHINA)
    assert end == datetime(2030, 6, 30, 23, 59, 59, tzinfo=CHINA)
    leap = datetime(2028, 2, 29, 1, tzinfo=UTC)
    assert datetime.fromtimestamp(expiry(leap, None), CHINA).date() == date(2038, 2, 28)


def test_the_day_of_issue_is_the_day_in_china():
    assert issue_day(IAT) == date(2026, 11, 20)
    assert issue_day(int(datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC).timestamp())) == date(2026, 11, 20)
    assert issue_day(int(datetime(2026, 11, 20, 16, tzinfo=UTC).timestamp())) == date(2026, 11, 21)
    assert issue_day(AT) == date(2026, 11, 23)


def test_an_item_names_its_permit_or_says_that_it_needs_one():
    assert post_permit_of("H622001", "快餐服务") == "食品经营许可证"
    assert post_permit_of("X999999", "未列项目") == "未列项目许可"


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"iat": 1_795_142_400_000}, "/iat"),
        ({"permits_total": True}, "/permits_total"),
        ({"sub": "91370784MA0000023W\n"}, "/sub"),
        ({"iss": "https://LICENCE.example"}, "/iss"),
        ({"licence": []}, "/licence"),
        ({"permits": [{"type": "甲", "held": True, "number": "1", "status_idx": 1}, "x"]}, "/permits/1"),
        ({"extra": None}, "/extra"),
        ({"supervising_authority": "安丘市教育和体育局"}, "/supervising_authority"),
    ],
)
def test_the_shape_is_closed_and_names_the_place(change, at):
    claims = {**build(COMPANY, issuance(permit_indexes=(1, 2))), **change}
    assert {fault.at for fault in shape.faults_of(claims)} == {at}


def test_every_fault_of_the_shape_is_told_at_once():
    claims = {**build(COMPANY, issuance(permit_indexes=(1, 2))), "iat": "now", "exp": None, "sub": 1}
    assert [fault.at for fault in shape.faults_of(claims)] == ["/iat", "/exp", "/sub"]
    assert [fault.at for fault in shape.faults_of([])] == [""]
