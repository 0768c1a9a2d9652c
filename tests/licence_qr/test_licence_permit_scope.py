"""What a permit covers: positions of scope items, in the claims, before signing, and wherever a licence is told."""

from dataclasses import replace

import pytest
from rich.console import Console

from licence_qr import scan, shape, strict_json
from licence_qr.claims import ScopeItem, build, items_of, printed_order
from licence_qr.lint import LintError
from licence_qr.page.by_number import number_page
from licence_qr.quick_claims import quick_claims
from licence_qr.short_form import fitted
from licence_qr.status_list import StatusBook
from licence_qr.verify import verify
from tests.licence_qr.forge import header_of, link, put, with_claims
from tests.licence_qr.specimens import AT, COMPANY, KINDERGARTEN, LIST_URI, PAGE, TRUST, issuance, licence, status_token
from tests.licence_qr.synthetic_licences import draw

CLAIMS = build(COMPANY, issuance(permit_indexes=(100, 101)))
BAD = [[], [5], [0, 5], [2, 0], [0, 0], [-1], [True], ["0"], [0.0], {"0": 0}, "0", None, list(range(101)), [200]]


def found(subject=COMPANY, values=None, at=AT):
    book = StatusBook(TRUST)
    book.add(LIST_URI, status_token(values))
    return verify(licence(subject).link(PAGE), TRUST, at=at, status=book)


def test_a_held_permit_carries_its_items_before_its_place_in_the_status_list():
    assert [list(one)[-2:] for one in CLAIMS["permits"][:2]] == [["scope", "status_idx"]] * 2
    assert [one.get("scope") for one in CLAIMS["permits"]] == [[3], [0, 2], None]
    assert items_of(CLAIMS["licence"])[3] == "快餐服务"


def test_positions_are_those_of_the_licence_whatever_the_order_of_the_application():
    kinds = ("licensed", "general", "licensed", "general")
    given = [{"text": f"项目{number}", "kind": kind} for number, kind in enumerate(kinds)]
    subject = replace(COMPANY, permits=(), scope=tuple(ScopeItem(one["text"], one["kind"]) for one in given))
    printed = items_of(build(subject, issuance())["licence"])
    assert [one["text"] for one in printed_order(given)] == printed == ["项目1", "项目3", "项目0", "项目2"]


@pytest.mark.parametrize("covered", BAD, ids=repr)
def test_only_the_second_permit_covers_what_cannot_be(covered):
    claims = {
        **CLAIMS,
        "permits": [CLAIMS["permits"][0], {**CLAIMS["permits"][1], "scope": covered}, CLAIMS["permits"][2]],
    }
    faults = [*(one.at for one in shape.faults_of(claims))] or [str(shape.permits_fault(claims))]
    assert faults[0].startswith("/permits/1/scope")
    assert (
        verify(
            link(with_claims(put("permits", 1, "scope", value=covered if covered != [0.0] else [6]))), TRUST, at=AT
        ).headline.reason
        == "claims"
    )


def test_the_quick_way_takes_what_rises_and_leaves_the_rest():
    assert quick_claims(strict_json.write(CLAIMS)) == CLAIMS
    for covered in BAD:
        if covered in ([5], [0, 5]):
            continue  # whether there are so many items is looked at after either way
        claims = {
            **CLAIMS,
            "permits": [CLAIMS["permits"][0], {**CLAIMS["permits"][1], "scope": covered}, CLAIMS["permits"][2]],
        }
        assert covered == [0.0] or quick_claims(strict_json.write(claims)) is None


def test_a_permit_that_is_due_says_nothing_of_items():
    due = {**CLAIMS["permits"][2], "scope": [4]}
    assert [one.at for one in shape.faults_of({**CLAIMS, "permits": [*CLAIMS["permits"][:2], due]})] == [
        "/permits/2/scope"
    ]


def test_a_permit_of_ours_names_its_items():
    first, second = COMPANY.permits
    with pytest.raises(LintError, match="/permits/1/scope") as refused:
        licence(replace(COMPANY, permits=(first, replace(second, scope=()))))
    assert [one.lint.name for one in refused.value.breaches] == ["permits"]
    with pytest.raises(LintError, match="names item 5, and the licence has 5"):
        licence(replace(COMPANY, permits=(first, replace(second, scope=(0, 5)))))


def test_the_short_form_leaves_it_out_with_the_authority():
    one = next(iter(draw(11, 1, permits=14)))
    made = fitted(build(one.subject, one.issuance), header_of())
    assert {("authority" in permit, "scope" in permit) for permit in made["permits"]} == {(True, True), (False, False)}


@pytest.mark.parametrize(
    ("language", "words", "covers"),
    [
        ("zh", "公共场所卫生许可证：许可已暂停，目前不得从事", "涵盖项目"),
        ("en", "公共场所卫生许可证: permit suspended: may not be done now", "covers"),
    ],
)
def test_the_items_of_a_suspended_permit_are_told_in_the_terminal_and_by_number(language, words, covers):
    seen = Console(width=200, no_color=True)
    with seen.capture() as captured:
        seen.print(scan.render(scan.Scan(found(values={101: 2})), language))
    told = captured.get()
    for item in ("服装服饰零售", "日用百货销售"):
        assert f"✕ {item}  {words}" in told
    assert "✕ 快餐服务" not in told
    assert f"{covers} 服装服饰零售；日用百货销售" in told
    page = number_page(COMPANY.uscc, found(values={101: 2}), language).decode()
    for item in ("服装服饰零售", "日用百货销售"):
        assert (
            f'<li>{item}<p class="item-barred" lang="{"zh-CN" if language == "zh" else "en"}">{words}</p></li>' in page
        )
    assert "<li>快餐服务</li>" in page
    assert f'{covers} <span lang="zh-CN">服装服饰零售；日用百货销售</span></p>' in page


@pytest.mark.parametrize(
    ("values", "at", "words"),
    [({100: 1}, AT, "许可已被撤销或注销，不得从事"), ({}, AT + 5 * 366 * 86_400, None), ({7: 1, 100: 1}, AT, None)],
    ids=["revoked", "stale list", "licence revoked"],
)
def test_an_item_is_barred_only_where_its_permit_is_known_to_be(values, at, words):
    told = number_page(COMPANY.uscc, found(values=values, at=at), "zh").decode()
    if words is None and at == AT:
        assert "item-barred" not in told, "nothing stands of it; that is said above"
    elif words is None:  # the food permit is over by its own day, the other cannot be said
        assert told.count("item-barred") == 1
        assert "食品经营许可证：许可已过有效期，目前不得从事" in told
    else:
        assert told.count("item-barred") == 1
        assert f'<li>快餐服务<p class="item-barred" lang="zh-CN">食品经营许可证：{words}</p></li>' in told


def test_an_item_under_two_barred_permits_tells_both():
    told = number_page(KINDERGARTEN.uscc, found(KINDERGARTEN, {100: 2, 101: 2}), "zh").decode()
    assert '学前教育<p class="item-barred" lang="zh-CN">民办学校办学许可证：许可已暂停，目前不得从事</p>' in told
    assert told.count("item-barred") == 3
