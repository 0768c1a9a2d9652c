"""The page by number, in the words for a business and for a 民办非企业单位."""

import re
from dataclasses import replace

import pytest

from licence_qr.page.by_number import number_page
from licence_qr.status_list import StatusBook
from licence_qr.verify import verify
from tests.licence_qr.specimens import AT, COMPANY, IAT, KINDERGARTEN, LIST_URI, PAGE, TRUST, licence, status_token


def told(subject, language="zh", values=None):
    book = StatusBook(TRUST)
    book.add(LIST_URI, status_token(values))
    found = verify(licence(subject).link(PAGE), TRUST, at=AT, status=book)
    return number_page(subject.uscc, found, language).decode()


def test_an_ngo_is_told_in_its_own_words():
    page = told(KINDERGARTEN)
    for part in (
        "<title>民办非企业单位登记证书查验</title>",
        "民办非企业单位登记证书真实，登记状态正常。",
        '<dt>业务主管单位</dt><dd lang="zh-CN">安丘市教育和体育局</dd>',
        "<h3>业务范围</h3>",
        "学前教育",
        "民办学校办学许可证",
    ):
        assert part in page
    for part in ("执照真实", "可以从事", "一般项目", "这家店"):
        assert part not in page
    revoked = told(KINDERGARTEN, values={7: 1})
    assert "登记证书真实，但已被撤销" in revoked
    assert "<h3>登记的业务范围</h3>" in revoked


def test_an_ngo_is_told_in_english():
    page = told(KINDERGARTEN, "en-GB")
    assert "NGO registration certificate check" in page
    assert "<h3>Scope of activity</h3>" in page
    assert "No permits are listed on this certificate." in told(replace(KINDERGARTEN, permits=()), "en")


@pytest.mark.parametrize(
    ("status_index", "word", "shown"), [(7, "void", "登记证书无效"), (5000, "unsure", "登记证书未能确定")]
)
def test_of_a_certificate_that_does_not_stand_no_permit_is_told_as_held(status_index, word, shown):
    book = StatusBook(TRUST)
    book.add(LIST_URI, status_token({7: 2, 101: 2}))
    found = verify(licence(KINDERGARTEN, status_index=status_index).link(PAGE), TRUST, at=AT, status=book)
    page = number_page(KINDERGARTEN.uscc, found, "zh").decode()
    assert f'<li class="permit {word}" data-reason="held">' in page
    assert f'<span class="state"><span class="mark" aria-hidden="true">–</span>{shown}</span>' in page
    assert '<li class="permit not_valid" data-reason="suspended">' in page
    assert "已取得" not in page


def test_a_company_is_told_as_before():
    page = told(COMPANY)
    assert "<title>营业执照查验</title>" in page
    assert "可以从事" in page
    assert "业务" not in page


def test_it_is_told_which_version_was_judged_and_a_paper_of_another_is_named():
    page = told(COMPANY)
    identifier = str(licence(COMPANY).claims["jti"])
    rows = dict(re.findall(r"<dt>(.+?)</dt><dd[^>]*>(.+?)</dd>", page))
    assert (rows["电子证照标识"], rows["版本"], rows["法定代表人"]) == (identifier, "001", COMPANY.person)
    assert (rows["成立日期"], rows["登记机关"]) == ("2026-11-20", COMPANY.registry.name)
    assert rows["类型"].startswith("有限责任公司")
    words = "若与您手中证照的标识不同，该证照已被换发"
    assert words in page
    found = verify(licence(COMPANY).link(PAGE), TRUST, at=AT)
    assert words not in number_page(identifier, found, "zh").decode(), "it is the version that was asked for"
    assert "If the identifier on the paper differs, that paper was replaced by a newer version" in told(COMPANY, "en")


@pytest.mark.parametrize(
    ("values", "mark", "word", "due"),
    [({101: 2}, "✕", "不可从事", True), ({}, "✓", "已取得", True), ({7: 1}, "–", "执照无效", False)],
    ids=["suspended", "held", "licence revoked"],
)
def test_permits_have_their_mark_and_one_that_is_due_stands_beside_the_headline(values, mark, word, due):
    page = told(COMPANY, values=values)
    assert f'<span class="mark" aria-hidden="true">{mark}</span>{word}</span>' in page
    assert ('<p class="due">有 1 项许可尚未取得，相应项目不得经营，见下。</p>' in page) is due
    assert ('<p class="barred">有 1 项许可目前不可用，见下。</p>' in page) is (101 in values)


def test_the_other_language_is_a_link_and_the_form_keeps_the_one_that_was_chosen():
    page = told(COMPANY)
    assert f'href="/v/number?lang=en&amp;code={COMPANY.uscc}" lang="en" hreflang="en">English</a>' in page
    assert 'name="lang"' not in page
    page = number_page("", None, "en", chosen=True).decode()
    assert '<a class="switch" href="/v/number?lang=zh" lang="zh-CN" hreflang="zh-CN">中文</a>' in page
    assert '<input type="hidden" name="lang" value="en">' in page
    assert "&quot;" in number_page('"<b>', None, "en").decode()
    assert 'href="/v/number?lang=zh&amp;code=%22%3Cb%3E"' in number_page('"<b>', None, "en").decode()


def test_times_name_their_zone_and_a_wrong_clock_dates_nothing():
    assert "状态截至 2026-11-23 10:20" in told(COMPANY)
    assert "Status as of 2026-11-23 10:20 (UTC+8)" in told(COMPANY, "en")
    early = verify(licence().link(PAGE), TRUST, at=IAT - 86_400)
    page = number_page(COMPANY.uscc, early, "zh").decode()
    assert 'data-reason="clock"' in page
    assert "状态截至" not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_markup_in_the_name_of_the_authority_is_text(language):
    page = told(replace(KINDERGARTEN, supervising_authority='<b onload="x">教育局</b>'), language)
    assert "&lt;b onload=&quot;x&quot;&gt;教育局&lt;/b&gt;" in page
    assert "<b " not in page
