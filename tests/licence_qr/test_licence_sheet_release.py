import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import zxingcpp

from licence_qr import pdf_pages, sheet_release
from licence_qr.claims import ScopeItem
from licence_qr.errors import PictureError
from licence_qr.issue import Licence
from licence_qr.picture_reader import codes_in, read_picture
from licence_qr.picture_svg import draw_svg
from licence_qr.sheet_fonts import default_fonts
from licence_qr.sheet_release import release_sheet
from tests.licence_qr.specimens import COMPANY, FOREIGN_KEY, KINDERGARTEN, PAGE, SHOP, TRUST, licence

pytestmark = pytest.mark.skipif(not default_fonts(), reason="no font with Chinese characters is installed here")

NASTY = '安丘市#let x=1 $x^2$ \\ *粗* _斜_ `代` @引 <b>&amp;"引"</b> ]] //注 {{0}} = 标题店'
LONG = tuple(ScopeItem(f"互联网销售（除销售需要许可的商品）及第{number}类", "general") for number in range(60))


@cache
def sheet(edition="copy"):
    return release_sheet(licence(), TRUST, page=PAGE, edition=edition)


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_code_of_a_sheet_reads_from_the_whole_page_of_pdf_and_svg():
    released = sheet()
    assert read_picture(released.pdf) == licence().link(PAGE)
    assert [code.page for code in codes_in(released.pdf)] == [1]
    assert zxingcpp.read_barcode(draw_svg(released.pages[0], width=1400)).text == licence().link(PAGE)


def test_the_words_of_the_licence_stand_in_both():
    released = sheet()
    svg = plain("".join(ET.fromstring(released.pages[0]).itertext()))
    pdf = plain(pdf_pages.page_words(released.pdf)[0])
    for words in (
        COMPANY.name,
        COMPANY.uscc,
        COMPANY.premises,
        "壹佰万元整",
        "2026年11月20日",
        "（副本）",
        "网址必须是",
    ):
        assert plain(words) in svg
        assert plain(words) in pdf


def test_the_sheet_of_an_ngo_is_read_back_before_it_is_handed_out():
    released = release_sheet(licence(KINDERGARTEN), TRUST, page=PAGE, edition="copy")
    assert read_picture(released.pdf) == licence(KINDERGARTEN).link(PAGE)
    for words in ("".join(ET.fromstring(released.pages[0]).itertext()), pdf_pages.page_words(released.pdf)[0]):
        for part in ("民办非企业单位（法人）登记证书", "安丘市教育和体育局", "业务范围", "叁拾万元整"):
            assert part in plain(words)
        assert "营业执照" not in plain(words)


def test_the_same_licence_gives_the_same_bytes_and_the_day_of_issue():
    first, again = sheet(), release_sheet(licence(), TRUST, page=PAGE, edition="copy")
    assert (first.pdf, first.pages) == (again.pdf, again.pages)
    assert b"/CreationDate (D:20261120" in first.pdf or b"2026-11-20" in first.pdf
    assert release_sheet(licence(SHOP), TRUST, page=PAGE).pdf != first.pdf


def test_both_editions_have_the_size_of_the_form():
    for edition, (width, height) in {"original": (420, 297), "copy": (297, 210)}.items():
        assert f'width="{width}mm" height="{height}mm"' in sheet(edition).pages[0]
        with pdf_pages._document(sheet(edition).pdf) as document:
            assert document[0].get_size() == pytest.approx((width / 25.4 * 72, height / 25.4 * 72), abs=0.1)
    assert sheet("original").code_mm > sheet("copy").code_mm >= sheet("copy").advice.recommended_mm - 1e-9


def test_the_font_is_embedded_and_the_code_is_drawn_with_vectors():
    pdf = sheet().pdf
    assert b"/FontFile" in pdf
    assert b"/Subtype /Image" not in pdf
    assert b"/Subtype/Image" not in pdf
    assert sheet().pages[0].count('shape-rendering="crispEdges"') == 1
    assert "<image" not in sheet().pages[0]


@pytest.mark.parametrize("field", ["name", "premises"])
def test_text_is_never_markup(field):
    signed = licence(replace(COMPANY, **{field: NASTY}))
    released = release_sheet(signed, TRUST, page=PAGE, edition="copy")
    assert plain(NASTY) in plain("".join(ET.fromstring(released.pages[0]).itertext()))
    assert plain(NASTY) in plain(pdf_pages.page_words(released.pdf)[0])
    assert {one.tag.rpartition("}")[2] for one in ET.fromstring(released.pages[0]).iter()} <= {
        "svg", "title", "g", "rect", "path", "text",
    }  # fmt: skip


def test_a_long_scope_goes_on_to_a_continued_page_with_nothing_lost():
    signed = licence(replace(COMPANY, scope=LONG[:30]))
    laid = release_sheet(signed, TRUST, page=PAGE, edition="copy")
    read = plain("".join(pdf_pages.page_words(laid.pdf)))
    for item in LONG[:30]:
        assert plain(item.text[-5:]) in read
    assert len(laid.pages) == len(pdf_pages.page_words(laid.pdf))


def test_a_character_that_no_font_has_is_named_and_nothing_is_released():
    with pytest.raises(PictureError, match=r"lacks .*U\+323AF"):
        release_sheet(licence(replace(COMPANY, name="安丘市\U000323af食品有限公司")), TRUST, page=PAGE)


def test_a_font_that_is_asked_for_is_used():
    if len(default_fonts()) < 2:
        pytest.skip("only one font with Chinese characters is installed here")
    released = release_sheet(licence(), TRUST, page=PAGE, edition="copy", fonts=[default_fonts()[-1]])
    assert released.font != sheet().font
    assert f"'{released.font}'" in released.pages[0]


def test_a_licence_that_does_not_verify_has_no_sheet():
    with pytest.raises(PictureError, match=r"does not verify \(unknown_key"):
        release_sheet(licence(key=FOREIGN_KEY), TRUST, page=PAGE)


@pytest.mark.parametrize("spoilt", ["pdf", "svg"])
def test_a_sheet_whose_code_says_something_else_is_not_released(monkeypatch, spoilt):
    other = release_sheet(licence(SHOP), TRUST, page=PAGE, edition="copy")
    if spoilt == "pdf":
        monkeypatch.setattr(sheet_release, "sheet_pdf", lambda *_, **__: other.pdf)
    else:
        monkeypatch.setattr(sheet_release, "sheet_svg", lambda *_, **__: other.pages[0])
    with pytest.raises(PictureError, match=r"reads back as another text|no QR code"):
        release_sheet(licence(), TRUST, page=PAGE, edition="copy")


@pytest.mark.parametrize("kind", ["PDF", "SVG"])
def test_a_sheet_with_a_letter_missing_is_not_released(monkeypatch, kind):
    if kind == "PDF":
        real = pdf_pages.page_words
        monkeypatch.setattr(sheet_release, "page_words", lambda pdf: [words.replace("食", "") for words in real(pdf)])
    else:
        real_svg = sheet_release.sheet_svg
        monkeypatch.setattr(sheet_release, "sheet_svg", lambda *a, **k: real_svg(*a, **k).replace(">王示例<", ">王例<"))
    with pytest.raises(PictureError, match=f"page 1 of the sheet {kind} reads back with other words"):
        release_sheet(licence(), TRUST, page=PAGE, edition="copy")


def test_typst_says_what_it_could_not_set(monkeypatch, tmp_path):
    broken = tmp_path / "sheet.typ"
    broken.write_text("#panic()")
    monkeypatch.setattr("licence_qr.sheet_pdf.TEMPLATE", Path(broken))
    with pytest.raises(PictureError, match="could not be set as PDF"):
        release_sheet(licence(), TRUST, page=PAGE)


def test_a_name_that_turns_round_is_never_set():
    signed = licence()
    turned = {**signed.claims, "licence": {**signed.claims["licence"], "name": "安丘市\u202e司公限有品食"}}
    with pytest.raises(PictureError, match=r"U\+202E|another licence than was signed"):
        release_sheet(Licence(signed.parts, signed.digits, turned), TRUST, page=PAGE, edition="copy")
    swapped = {**signed.claims, "licence": {**signed.claims["licence"], "name": "安丘市别家食品有限公司"}}
    with pytest.raises(PictureError, match="another licence than was signed"):
        release_sheet(Licence(signed.parts, signed.digits, swapped), TRUST, page=PAGE, edition="copy")
