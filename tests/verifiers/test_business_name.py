"""Business names: taken apart in every usual order, described as facts, compared as 名 17 does, and never a crash."""

import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from verifiers.business_name import describe
from verifiers.name_comparison import near_name, normal_form, same_name
from verifiers.name_parts import split, unify
from verifiers.name_terms import (
    divisions,
    edge_only_terms,
    forms,
    industries,
    prohibited_terms,
    readings,
    sensitive_terms,
)

ROOT = Path(__file__).resolve().parents[2]
FACTS = yaml.safe_load((ROOT / "rules" / "facts.yaml").read_text(encoding="utf-8"))["records"]["business_name"]
SHORT_NAMES = ROOT.parent / "shared" / "data" / "company-short-names.txt"
HERE = "370784"


@pytest.mark.parametrize(
    ("full", "division", "code", "trade_name", "industry", "form"),
    [
        ("安丘市红光商贸有限公司", "安丘市", "370784", "红光", "商贸", "有限公司"),
        ("安丘红光商贸有限责任公司", "安丘", "370784", "红光", "商贸", "有限责任公司"),
        ("红光（安丘）商贸有限公司", "安丘", "370784", "红光", "商贸", "有限公司"),
        ("红光商贸（安丘市）有限公司", "安丘市", "370784", "红光", "商贸", "有限公司"),
        ("山东省潍坊市安丘市红光食品厂", "山东省潍坊市安丘市", "370784", "红光", "食品", "厂"),
        ("山东红光农业科技有限公司", "山东", "370000", "红光", "农业科技", "有限公司"),
        ("潍坊红光汽车维修部", "潍坊", "370700", "红光", "汽车维修", "部"),
        ("安丘市景芝镇红光小吃店", "安丘市景芝镇", "370784", "红光", "小吃", "店"),
        ("安丘市新安街道老王五金经营部", "安丘市新安街道", "370784", "老王", "五金", "经营部"),
        ("安丘市红光饭店", "安丘市", "370784", "红光", "饭店", "店"),
        ("安丘市好邻居超市", "安丘市", "370784", "好邻居", "超市", "超市"),
        ("安丘市康民大药房", "安丘市", "370784", "康民", "大药房", "大药房"),
        ("安丘市红光企业管理咨询中心", "安丘市", "370784", "红光", "企业管理咨询", "中心"),
        ("安丘市红光食品贸易有限公司", "安丘市", "370784", "红光", "食品贸易", "有限公司"),
        ("安丘市红光有限公司", "安丘市", "370784", "红光", None, "有限公司"),
        ("红光软件有限公司", None, None, "红光", "软件", "有限公司"),
        ("北京沐涵商贸有限公司", "北京", "110000", "沐涵", "商贸", "有限公司"),
    ],
)
def test_a_name_is_taken_apart(full, division, code, trade_name, industry, form) -> None:
    facts = describe(full, premises_division=HERE)
    assert facts["parsed"] is True
    assert facts["full"] == full
    found = (facts["division"], facts["division_code"], facts["trade_name"], facts["industry"], facts["form"])
    assert found == (division, code, trade_name, industry, form)
    assert facts["trade_name_length"] == len(trade_name)
    assert facts["standard_characters"] is True


@pytest.mark.parametrize(
    "full",
    [
        "",
        "红光",
        "有限公司",
        "安丘市",
        "安丘市有限公司",
        "红光商贸",  # no form
        "红光安丘商贸有限公司",  # the division stands in the middle without brackets
        "红光商贸安丘有限公司",
        "安丘市红光琥珀雕刻有限公司",  # an industry that is not in our list
        "安丘市红光（合伙）商贸有限公司",
        "安丘市红光）（商贸有限公司",
        "安丘市红光\u200b商贸有限公司",  # zero width
        "安丘市\u202e红光商贸有限公司",  # right to left
        "安丘市 红光商贸有限公司",
        "\ud800安丘市红光商贸有限公司",  # lone surrogate
        "安丘市红光商贸有限公司" * 10,
        "北京市红光（安丘）商贸有限公司",  # two places that are not one
        "安丘市红光（淄博）商贸有限公司",
        "安丘市安丘市红光商贸有限公司",
        "安丘市淄博红光商贸有限公司",  # a second division at the edge of the 字号
        "安丘市红光苏州商贸有限公司",
        "安丘市昆山市红光商贸有限公司",
    ],
)
def test_a_name_that_cannot_be_told_apart_says_so(full: str) -> None:
    assert describe(full, premises_division=HERE)["parsed"] is False


@pytest.mark.parametrize(
    "full",
    [
        "安丘市HongGuang商贸有限公司",
        "安丘市红光1号商贸有限公司",
        "安丘市紅光商貿有限公司",  # traditional
        "安丘市⼆光商贸有限公司",  # a Kangxi radical that looks like 二
        "安丘市豈光商贸有限公司",  # a compatibility ideograph
        "安丘市红光(安丘)商贸有限公司",  # half-width brackets
        "安丘市红\ufe00光商贸有限公司",  # a variation selector
        "安丘市红光\u3000商贸有限公司",
        "安丘市〇光商贸有限公司",
        "",
    ],
)
def test_only_characters_of_the_standard_list_are_standard(full: str) -> None:
    assert describe(full, premises_division=HERE)["standard_characters"] is False


def test_the_list_of_standard_characters_is_whole() -> None:
    assert len(readings()) == 8105
    assert all(unicodedata.name(character).startswith("CJK UNIFIED") for character in readings())
    assert readings()["玥"] == "yue"  # in the list and not in GB 2312
    assert "氽" not in readings()  # the other way round


@pytest.mark.parametrize(
    ("full", "premises", "covers"),
    [
        ("安丘市红光商贸有限公司", "370784", True),
        ("潍坊市红光商贸有限公司", "370784", True),
        ("山东红光商贸有限公司", "370784", True),
        ("北京红光商贸有限公司", "370784", False),
        ("诸城市红光商贸有限公司", "370784", False),
        ("奎文区红光商贸有限公司", "370705", False),  # a district needs its city before it (名 7)
        ("潍坊市奎文区红光商贸有限公司", "370705", True),
        ("红光商贸有限公司", "370784", None),
        ("山东红光（安丘）商贸有限公司", "370784", True),
        ("北京市红光（安丘）商贸有限公司", "370784", False),  # the inner place alone would do
        ("安丘市红光（北京）商贸有限公司", "370784", False),
    ],
)
def test_the_division_must_contain_the_premises(full, premises, covers) -> None:
    assert describe(full, premises_division=premises)["division_covers_premises"] is covers


@pytest.mark.parametrize(
    ("full", "is_division", "is_industry"),
    [
        ("安丘市潍坊商贸有限公司", True, False),
        ("安丘市潍坊市商贸有限公司", True, False),
        ("安丘市商贸有限公司", False, True),
        ("安丘市房地产软件有限公司", False, True),
        ("安丘市红光商贸有限公司", False, False),
        ("安丘市苏州商贸有限公司", True, False),
        ("安丘市昆山商贸有限公司", True, False),
        ("安丘市延边商贸有限公司", True, False),
        ("安丘市惠民县商贸有限公司", True, False),
        ("安丘市胶南商贸有限公司", False, False),  # given up in 2012
        ("安丘市东方红商贸有限公司", False, False),
        ("安丘市惠民商贸有限公司", False, False),  # 惠民县 exists; the word alone has another meaning (名 8)
    ],
)
def test_a_trade_name_may_be_no_division_and_no_industry(full, is_division, is_industry) -> None:
    facts = describe(full, premises_division=HERE)
    assert (facts["trade_name_is_division"], facts["trade_name_is_industry"]) == (is_division, is_industry)


@pytest.mark.parametrize(
    ("full", "main", "code"),
    [
        ("安丘市红光商贸有限公司", None, "51"),
        ("安丘市红光商贸有限公司", "F5212", "52"),  # 商贸 is retail as well as wholesale
        ("安丘市红光商贸有限公司", "H6210", "51"),  # and no catering
        ("安丘市红光科技有限公司", "H6210", "62"),  # 科技 fits every business
        ("安丘市红光科技有限公司", None, "75"),
        ("安丘市红光农业科技有限公司", None, "75"),
        ("安丘市红光食品贸易有限公司", "C1411", "14"),
        ("安丘市红光有限公司", "F5212", None),
    ],
)
def test_the_wording_stands_for_a_division_of_the_standard(full, main, code) -> None:
    assert describe(full, premises_division=HERE, main_industry=main)["industry_code"] == code


@pytest.mark.parametrize(
    ("full", "marks"),
    [
        ("中国红光商贸有限公司", {"national_prefix"}),
        ("中央红光商贸有限公司", {"national_prefix"}),
        ("安丘市红光中国茶叶有限公司", {"national_inside"}),
        ("安丘市红光中央空调安装有限公司", set()),  # 中央 inside is fine (名 12)
        ("安丘市红光集团有限公司", {"group_or_branch"}),
        ("安丘市红光（集团）有限公司", {"group_or_branch"}),
        ("安丘市红光商贸有限公司景芝分公司", {"group_or_branch"}),
        ("安丘市红光商贸有限公司", set()),
    ],
)
def test_national_words_groups_and_branches(full, marks) -> None:
    facts = describe(full, premises_division=HERE)
    assert {mark for mark in ("national_prefix", "national_inside", "group_or_branch") if facts[mark]} == marks


@pytest.mark.parametrize(
    ("full", "limited", "company"),
    [
        ("安丘市红光商贸有限公司", True, True),
        ("安丘市红光商贸公司", True, True),
        ("安丘市红光有限商店", True, False),
        ("安丘市红光小吃店", False, False),
        ("安丘市红光企业", False, True),
        ("安丘市红光企业管理咨询中心", False, False),
        ("安丘市红光种植农民专业合作社", False, True),
        ("安丘市红光公司百货店", True, True),  # not only the ending
        ("安丘市红光企业百货店", False, True),
    ],
)
def test_the_form_says_what_it_implies(full, limited, company) -> None:
    facts = describe(full, premises_division=HERE)
    assert (facts["form_implies_limited"], facts["form_implies_company"]) == (limited, company)


def test_terms_are_found_even_the_second() -> None:
    facts = describe("安丘市红光国际赌博银行有限公司", premises_division=HERE)
    assert facts["prohibited_terms"] == ["赌博"]
    assert facts["sensitive_terms"] == ["国际", "银行"]
    assert describe("安丘市红光商贸有限公司", premises_division=HERE)["sensitive_terms"] == []


@pytest.mark.parametrize(
    "word",
    [
        "习近平",
        "中共中央",
        "党委",
        "纪委监委",
        "公安局",
        "人民检察",
        "税务局",
        "海关总署",
        "卖淫",
        "毒品",
        "纳粹",
        "支那",
        "台湾国",
        "联合国",
    ],
)
def test_what_article_11_forbids_is_found_wherever_it_stands(word: str) -> None:
    for full in (f"安丘市{word}软件有限公司", f"安丘市红光{word}软件有限公司"):
        assert word in describe(full, premises_division=HERE)["prohibited_terms"]


@pytest.mark.parametrize("word", ["中共", "公安", "海关", "加拿大", "苏联", "日本", "海地", "李强", "欧盟"])
def test_what_a_person_must_judge_is_found(word: str) -> None:
    assert word in describe(f"安丘市{word}软件有限公司", premises_division=HERE)["sensitive_terms"]


@pytest.mark.parametrize(
    ("full", "found"),
    [
        ("安丘市四海地产有限公司", []),
        ("安丘市青加纳米软件有限公司", []),
        ("安丘市富民建材有限公司", []),
        ("安丘市集中共享软件有限公司", []),
        ("安丘市今日本色服装店", ["日本"]),  # accepted: it only brings a person in
    ],
)
def test_short_words_count_only_at_the_edge_of_a_part(full: str, found: list[str]) -> None:
    facts = describe(full, premises_division=HERE)
    assert (facts["prohibited_terms"], facts["sensitive_terms"]) == ([], found)


def test_the_record_has_exactly_the_members_of_the_fact_schema() -> None:
    kinds = {"string": str, "boolean": bool, "number": int, "list<string>": list}
    for full in ("安丘市红光商贸有限公司", "", "\ud800"):
        facts = describe(full, premises_division=HERE)
        assert set(facts) == set(FACTS)
        for name, written in FACTS.items():
            if not (facts[name] is None and written.endswith("?")):
                assert type(facts[name]) is kinds[written.rstrip("?")], name


@given(
    st.text(max_size=40) | st.text(alphabet="安丘市山东潍坊红光商贸有限公司（）()集团中国店\u200b\ud800", max_size=30)
)
@example("安（集团）丘市红光店")
@example("山东安（山东）丘市红光商贸有限公司")
@example("中国山东（安丘）有限公司")
def test_no_text_breaks_the_parser(full: str) -> None:
    facts = describe(full, premises_division=HERE, main_industry=full)
    assert set(facts) == set(FACTS)
    form = normal_form(full)
    assert same_name(form, form)
    assert not near_name(form, form)


def test_real_short_names_do_not_break_the_parser() -> None:
    if not SHORT_NAMES.exists():
        pytest.skip("the shared corpus of short names is not there")
    names = SHORT_NAMES.read_text(encoding="utf-8").splitlines()
    for name in names[::7]:
        assert split(f"安丘市{name}商贸有限公司").text
        split(name)


@given(
    trade=st.sampled_from(["红光", "好邻居", "沐涵", "老王"]),
    place=st.sampled_from(["安丘", "安丘市", "潍坊", "山东安丘", "山东省潍坊市安丘市"]),
    industry=st.sampled_from(["商贸", "房地产", "农业科技", "软件"]),
    form=st.sampled_from(["有限公司", "有限责任公司", "中心"]),
)
def test_the_order_of_the_parts_does_not_matter_for_sameness(trade, place, industry, form) -> None:
    orders = [
        f"{place}{trade}{industry}{form}",
        f"{trade}（{place}）{industry}{form}",
        f"{trade}{industry}（{place}）{form}",
        f"{trade}({place}){industry}{form}",
        f"{trade}{place}{industry}{form}",
    ]
    assert {normal_form(order) for order in orders} == {normal_form(orders[0])}
    assert normal_form(orders[0]).trade_name == trade


@pytest.mark.parametrize(
    ("applied", "on_record", "same"),
    [
        ("北京红光酒业有限公司", "红光（北京）酒业有限公司", True),  # 比对规则 3(2)
        ("安丘市红光地产有限公司", "潍坊红光房地产有限责任公司", True),  # synonym: the same industry
        ("安丘市光红酒业有限公司", "安丘市红光酒业有限公司", False),  # anagram
        ("安丘市红光酒业有限公司", "安丘市红光软件有限公司", False),
        ("安丘市红光酒业有限公司", "安丘市红光有限公司", True),  # the one on record shows no industry
        ("安丘市红光有限公司", "安丘市红光酒业有限公司", False),
        ("安丘市宏光酒业有限公司", "安丘市红光酒业有限公司", False),  # only sounds the same
        ("安丘市红光酒业有限公司", "安丘市红光酒业厂", True),
        ("安丘市红光软件科技有限公司", "安丘市红光软件有限公司", True),  # 科技 says nothing more
        ("安丘市红光餐饮管理有限公司", "安丘市红光餐饮有限公司", True),
        ("安丘市红光软件有限公司", "安丘市红光软件服务有限公司", True),
        ("安丘市红光食品贸易有限公司", "安丘市红光食品有限公司", True),
        ("安丘市红光发展有限公司", "安丘市红光科技有限公司", True),
        ("安丘市红光小吃店", "安丘市红光科技有限公司", False),  # another trade
        ("安丘市红光食品机械有限公司", "安丘市红光食品有限公司", False),  # overlaps: near
    ],
)
def test_sameness_is_that_of_article_17(applied, on_record, same) -> None:
    assert same_name(normal_form(applied), normal_form(on_record)) is same


@pytest.mark.parametrize(
    ("applied", "on_record", "near"),
    [
        ("安丘市宏光酒业有限公司", "安丘市红光酒业有限公司", True),
        ("安丘市宏光软件有限公司", "安丘市红光酒业有限公司", False),
        ("安丘市好邻里超市", "安丘市好邻居超市", True),
        ("安丘市红光食品机械有限公司", "安丘市红光食品有限公司", True),
        ("安丘市红光软件科技有限公司", "安丘市红光软件有限公司", False),  # the same, not near
        ("安丘市红星酒业有限公司", "安丘市红光酒业有限公司", False),  # one of two characters is too much to differ
    ],
)
def test_nearness_is_told_and_no_more(applied, on_record, near) -> None:
    assert near_name(normal_form(applied), normal_form(on_record)) is near


def test_brackets_and_widths_are_one() -> None:
    assert unify("红光(安丘)ＡＢ１") == "红光（安丘）AB1"


def test_the_word_lists_are_consistent() -> None:
    assert len(divisions()) == 34 + 16 + 136 + 12
    assert not set(prohibited_terms()) & set(sensitive_terms())
    assert edge_only_terms() <= {*prohibited_terms(), *sensitive_terms()}
    for word in (*forms(), *industries(), *prohibited_terms(), *sensitive_terms()):
        assert all(character in readings() for character in word), word
    for industry in industries().values():
        assert all(len(code) == 2 and 1 <= int(code) <= 97 for code in industry.codes)
