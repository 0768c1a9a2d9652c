import doctest
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from licence_qr import sheet_capital, sheet_content, sheet_fonts, sheet_lines
from licence_qr.claims import ScopeItem, build
from licence_qr.errors import PictureError
from licence_qr.print_advice import (
    GS1_MODULE_MM,
    QUIET,
    SMALLEST_MODULE_MM,
    advice_for,
    pixels_for,
    require_pixels,
    require_side,
)
from licence_qr.sheet_capital import capital_words
from licence_qr.sheet_fonts import Face, default_fonts, face_for, load_face
from licence_qr.sheet_layout import FLOOR_MM, lay_out
from licence_qr.sheet_lines import NOT_FIRST, NOT_LAST, break_lines
from licence_qr.sheet_page import Page, code_side
from tests.licence_qr.specimens import COMPANY, KINDERGARTEN, PAGE, SHOP, STUDIO, issuance

EM = Face(Path("none.otf"), "Square", dict.fromkeys(range(0x3000, 0xFFFF), 1.0) | dict.fromkeys(range(0x20, 0x7F), 0.5))
SIDE = 17 + 4 * 20


def content(subject=COMPANY, **options):
    indexes = tuple(range(100, 100 + len(subject.permits)))
    claims = build(subject, issuance(permit_indexes=indexes, ngo=subject.kind == "ngo"))
    return sheet_content.sheet_content(claims, page=PAGE, **options)


def words(pages: list[Page]) -> str:
    return "".join(line.text for page in pages for line in page.lines)


@pytest.mark.parametrize("module", [sheet_capital, sheet_content])
def test_the_examples_of_the_sheet_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (1, "壹分"),
        (10, "壹角整"),
        (105, "壹元零伍分"),
        (150, "壹元伍角整"),
        (101_000, "壹仟零壹拾元整"),
        (10_000_100, "壹拾万零壹元整"),
        (107_000_53, "壹拾万柒仟元零伍角叁分"),
        (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (1_409_50, "壹仟肆佰零玖元伍角整"),
        (12_345_678_900, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_203_040_506, "壹亿零贰佰零叁万零肆佰零伍元零陆分"),
        (10**15, "壹拾万亿元整"),
    ],
)
def test_capital_is_written_as_the_form_writes_it(fen, words):
    assert capital_words(fen) == words


@pytest.mark.parametrize("fen", [0, -1, 10**18])
def test_no_capital_is_no_words(fen):
    with pytest.raises(ValueError, match="capital numerals"):
        capital_words(fen)


def test_lines_lose_nothing_and_break_where_print_breaks():
    text = "一般项目：互联网销售（除销售需要许可的商品）；ABC-123服务。“引号”、《书名》…" * 7
    for width in (3.0, 5.5, 9.0, 20.0, 400.0):
        lines = break_lines(text, width, EM.width)
        assert "".join(lines) == text
        assert all(EM.width(line) <= width for line in lines)
    for width in (9.0, 20.0):
        lines = break_lines(text, width, EM.width)
        assert not any(line[0] in NOT_FIRST for line in lines[1:])
        assert not any(line[-1] in NOT_LAST for line in lines[:-1])
        assert not any(before[-1].isascii() and after[0].isascii() for before, after in pairwise(lines))
    assert break_lines("", 5, EM.width) == []
    assert break_lines("A" * 30, 5, EM.width) == ["A" * 10] * 3


def test_each_kind_has_the_labels_of_its_form():
    company, shop, studio = content(), content(SHOP), content(STUDIO)
    assert [field.label for field in (*company.left, *company.right)] == [
        "名称",
        "类型",
        "法定代表人",
        "注册资本",
        "成立日期",
        "住所",
    ]
    assert [field.label for field in (*shop.left, *shop.right)] == [
        "名称",
        "类型",
        "经营者",
        "组成形式",
        "成立日期",
        "经营场所",
    ]
    assert [field.label for field in (*studio.left, *studio.right)] == [
        "名称",
        "类型",
        "投资人",
        "出资额",
        "成立日期",
        "营业期限",
        "住所",
    ]
    assert shop.name == "无字号"
    assert company.right[0].text == "壹佰万元整"
    assert studio.right[2].text == "至2030年06月30日"
    assert company.registered_on == date(2026, 11, 20)
    assert company.scan_words[-1] == "网址必须是 licence.anqiu.example/v"


def test_the_certificate_of_a_private_non_enterprise_unit_has_its_own_words():
    found = content(KINDERGARTEN)
    assert found.title == "民办非企业单位（法人）登记证书"
    assert [field.label for field in found.left] == ["名称", "类型", "法定代表人"]
    assert [(field.label, field.text) for field in found.right] == [
        ("开办资金", "叁拾万元整"),
        ("成立日期", "2021年05月18日"),
        ("住所", KINDERGARTEN.premises),
        ("业务主管单位", "安丘市教育和体育局"),
    ]
    assert (found.scope.label, found.registry.label) == ("业务范围", "登记管理机关")
    assert found.scope.text == "学前教育；婴幼儿托育服务。（在登记的业务范围内开展活动，不得从事营利性经营活动）"
    drawn = words(lay_out(found, EM, SIDE))
    for part in ("业务主管单位", "安丘市教育和体育局", "安丘市民政局", "扫码查验本证及全部许可", found.title):
        assert part in drawn
    for part in ("营业执照", "一般项目", "经营范围", "gsxt"):
        assert part not in drawn


@pytest.mark.parametrize("edition", ["original", "copy"])
def test_the_other_certificates_name_their_person_in_charge_and_their_term(edition):
    subject = replace(KINDERGARTEN, form="individual", term_until=date(2030, 6, 30))
    found = content(subject, edition=edition)
    assert found.title == "民办非企业单位（个体）登记证书"
    assert found.left[-1] == sheet_content.Field("负责人", "孙示例")
    assert sheet_content.Field("有效期限", "至2030年06月30日") in found.right
    assert content(replace(subject, form="partnership")).title == "民办非企业单位（合伙）登记证书"


def test_a_long_supervising_authority_is_never_cut():
    found = content(replace(KINDERGARTEN, supervising_authority="安丘市教育和体育局" * 6), edition="copy")
    pages = lay_out(found, EM, SIDE)
    assert found.right[-1].text in words(pages)
    assert max(line.x + line.width for line in pages[0].lines) < pages[0].width - 17


def test_an_original_has_no_number_and_a_copy_has_one():
    assert content().copy_number == ""
    assert content(edition="copy", copy=2, copies=3).copy_number == "3-2"
    for wrong in ({"copy": 0}, {"copy": 3, "copies": 2}, {"copy": 1, "copies": 100}):
        with pytest.raises(PictureError, match="number the copies"):
            content(edition="copy", **wrong)
    with pytest.raises(PictureError, match="original"):
        content(edition="poster")


@pytest.mark.parametrize("edition", ["original", "copy"])
@pytest.mark.parametrize("items", [1, 12, 30, 90])
def test_nothing_is_cut_and_nothing_overlaps_however_long(edition, items):
    scope = tuple(ScopeItem(f"互联网销售（除销售需要许可的商品）及第{number}类", "general") for number in range(items))
    subject = replace(
        COMPANY, scope=scope, name="安丘市青云山下老字号食品" * 8, premises="山东省潍坊市安丘市兴安街道" * 12
    )
    found = content(subject, edition=edition)
    pages = lay_out(found, EM, SIDE)
    ratio = pages[0].width / 297
    drawn = words(pages)
    for text in (found.name, found.right[-1].text, found.scope.text.partition("及第0类")[0], found.code.text):
        assert text in drawn
    read = ""
    for line in (line for page in pages for line in page.lines):
        read += line.text if found.scope.text.startswith(line.text, len(read)) else ""
    assert read == found.scope.text
    assert min(line.size for page in pages for line in page.lines) >= 2.4 * ratio
    body = [line for line in pages[0].lines if 84 * ratio < line.y < 150 * ratio]
    assert min(line.size for line in body) >= FLOOR_MM * ratio * 0.999
    for page in pages:
        for line in page.lines:
            assert 19 * ratio < line.x
            assert line.x + line.width < page.width - 17 * ratio
            assert 19 * ratio < line.y < page.height - 19 * ratio
    assert len(pages) == 1 if items <= 12 else len(pages) <= 3
    if len(pages) > 1:
        assert f"第1页，共{len(pages)}页" in drawn
        assert "续下页" in drawn
        assert found.code.text in words(pages[1:])


def test_two_lines_never_stand_on_each_other():
    scope = tuple(ScopeItem(f"日用百货销售第{number}类商品", "general") for number in range(14))
    for page in lay_out(content(replace(COMPANY, scope=scope)), EM, SIDE):
        lines = page.lines
        for number, one in enumerate(lines):
            for other in lines[number + 1 :]:
                apart = one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
                assert apart or abs(one.y - other.y) >= 0.9 * min(one.size, other.size)


def test_what_fits_no_sheet_is_an_error_and_not_a_smaller_letter():
    with pytest.raises(PictureError, match="do not fit a sheet"):
        lay_out(content(replace(COMPANY, name="长" * 1500)), EM, SIDE)


@pytest.mark.parametrize("version", [1, 12, 16, 20, 22])
def test_the_code_on_a_sheet_has_modules_that_phones_see(version):
    side = 17 + 4 * version
    for ratio in (1.0, 2**0.5):
        code_mm = code_side(side, ratio)
        require_side(side, code_mm)
        for dpi in (300, 600):
            dots = code_mm / (side + 2 * QUIET) / 25.4 * dpi
            assert dots == pytest.approx(round(dots))
            assert 30 * 0.999 <= code_mm <= 60


def test_the_dot_table_has_whole_dots_and_holds_both_floors():
    for version in (1, 14, 20, 22):
        advice = advice_for(17 + 4 * version)
        for row in advice.table:
            assert row.dots >= 4
            assert row.dots * 25.4 / row.dpi >= SMALLEST_MODULE_MM * 0.9999
            assert row.dots <= row.advised_dots <= row.dots + 1
            assert row.advised_dots * 25.4 / row.dpi >= SMALLEST_MODULE_MM * 1.05
            assert row.gs1_dots * 25.4 / row.dpi >= GS1_MODULE_MM
            assert row.side_mm == pytest.approx(advice.modules * row.dots * 25.4 / row.dpi)
    assert [(row.dpi, row.dots) for row in advice_for(97).table] == [(203, 4), (300, 4), (400, 6), (600, 8), (1200, 16)]
    told = advice_for(97).to_json()
    assert (told["version"], told["modules"], told["gs1_mm"], told["recommended_mm"]) == (20, 105, "44.45", "44.45")
    assert [(row["dpi"], row["advised_dots"]) for row in told["table"]] == [
        (203, 4),
        (300, 5),
        (400, 6),
        (600, 9),
        (1200, 17),
    ]


@pytest.mark.parametrize("version", range(1, 41))
def test_no_side_that_is_told_is_below_the_least_or_refused(version):
    side = 17 + 4 * version
    told = advice_for(side).to_json()
    sides = {told["smallest_mm"], told["recommended_mm"], told["gs1_mm"]}
    for row in told["table"]:
        sides |= {row["side_mm"], row["advised_side_mm"], row["gs1_side_mm"]}
        for name, dots in (("side_mm", "dots"), ("advised_side_mm", "advised_dots"), ("gs1_side_mm", "gs1_dots")):
            assert pixels_for(side, float(row[name]), dpi=row["dpi"]) == row[dots]
    assert min(sides, key=float) == told["smallest_mm"] == f"{advice_for(side).modules * 4 * 25.4 / 300:.2f}"
    for one in sides:
        require_side(side, float(one))
    with pytest.raises(PictureError, match=f"print at {told['smallest_mm']} mm"):
        require_side(side, float(told["smallest_mm"]) - 0.02)
    for sentence in (advice_for(side).sentence("zh"), advice_for(side).sentence("en")):
        assert told["smallest_mm"] in sentence


def test_a_refusal_names_the_size_asked_the_module_and_the_least_size():
    with pytest.raises(
        PictureError, match=r"side 30 mm gives modules of 0\.2857 mm, phones need 0\.3387: print at 35\.56 mm"
    ):
        require_side(97, 30)
    with pytest.raises(PictureError, match="phones need"):
        require_side(97, float("nan"))
    with pytest.raises(PictureError, match=r"4 pixels a module at 600 dpi .* 0\.1693 mm.* take 8 pixels"):
        require_pixels(97, 4, dpi=600)
    with pytest.raises(PictureError, match="too few"):
        pixels_for(97, 40, dpi=200)
    assert pixels_for(97, 40, dpi=300) == 4
    assert pixels_for(97, 40, dpi=600) == 9, "40.005 mm, which are told as 40.01"
    assert pixels_for(97, 39.99, dpi=600) == 8


def test_a_font_is_found_and_one_that_lacks_a_character_is_passed_over():
    fonts = default_fonts()
    if not fonts:
        pytest.skip("no font with Chinese characters is installed here")
    assert load_face(fonts[0]).width("执照") == pytest.approx(2.0, abs=0.1)
    assert face_for(["营业执照"]).path == fonts[0]
    with pytest.raises(PictureError, match=r"lacks \U000323af \(U\+323AF\) of '安丘市.*pip install"):
        face_for(["安丘市\U000323af食品"], fonts)


def test_without_a_font_the_error_says_what_to_install(tmp_path):
    with pytest.raises(PictureError, match="fonts-noto-cjk"):
        face_for(["营"], [])
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(PictureError, match=r"broken\.ttf: this is no font"):
        face_for(["营"], [broken])


def test_the_search_order_begins_with_what_a_package_brings(monkeypatch, tmp_path):
    monkeypatch.setattr(sheet_fonts, "PACKAGED", (("a_package_that_is_not_there", "a.otf"),))
    monkeypatch.setattr(sheet_fonts, "INSTALLED", (str(tmp_path / "none.ttc"),))
    assert default_fonts() == ()


def test_the_lines_of_marks_know_each_other():
    assert not sheet_lines.NOT_FIRST & sheet_lines.NOT_LAST
