"""The page by number, in the words for a business and for a 民办非企业单位."""

from dataclasses import replace

import pytest

from licence_qr.page.by_number import number_page
from licence_qr.status_list import StatusBook
from licence_qr.verify import verify
from tests.licence_qr.specimens import AT, COMPANY, KINDERGARTEN, LIST_URI, PAGE, TRUST, licence, status_token


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
        '业务主管单位 <span lang="zh-CN">安丘市教育和体育局</span>',
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
    assert f'<span class="state">{shown}</span>' in page
    assert '<li class="permit not_valid" data-reason="suspended">' in page
    assert "已取得" not in page


def test_a_company_is_told_as_before():
    page = told(COMPANY)
    assert "<title>营业执照查验</title>" in page
    assert "可以从事" in page
    assert "业务" not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_markup_in_the_name_of_the_authority_is_text(language):
    page = told(replace(KINDERGARTEN, supervising_authority='<b onload="x">教育局</b>'), language)
    assert "&lt;b onload=&quot;x&quot;&gt;教育局&lt;/b&gt;" in page
    assert "<b " not in page
