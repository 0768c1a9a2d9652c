import io
from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image

from licence_qr import qr, release
from licence_qr.errors import PictureError
from licence_qr.issue import Licence
from licence_qr.picture_reader import read_picture
from licence_qr.print_advice import SMALLEST_MODULE_MM
from licence_qr.trust import TrustList
from tests.licence_qr.specimens import COMPANY, FOREIGN_KEY, PAGE, SHOP, TRUST, licence

LINK = licence().link(PAGE)
MATRIX = qr.matrix_of(LINK)


def picture(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def test_an_independent_reader_reads_every_form():
    released = release.release(licence(), TRUST, page=PAGE)
    assert released.link == LINK
    for source in (released.png, released.svg.encode(), picture(qr.raster(MATRIX, 5).convert("L"), "JPEG", quality=70)):
        assert read_picture(source) == LINK


def test_the_code_is_two_segments_of_the_smallest_version():
    found = zxingcpp.read_barcode(qr.raster(MATRIX, 4).convert("L"))
    assert found.text == LINK
    assert found.ec_level == "M"
    assert len(MATRIX) == 17 + 4 * 15, "the specimen with two permits is a version 15"
    assert len(qr.matrix_of(licence(SHOP).link(PAGE))) == 17 + 4 * 12


def test_a_licence_alone_stays_within_31_mm():
    assert f"{qr.advice(qr.matrix_of(licence(SHOP).link(PAGE))).recommended_mm:.2f}" == "30.90"


def test_the_svg_is_one_path_in_millimetres_and_draws_the_same_modules():
    drawn = qr.svg(MATRIX, side_mm=35)
    assert drawn.count("<path") == 1
    assert 'width="35mm" height="35mm"' in drawn
    assert 'shape-rendering="crispEdges"' in drawn
    assert [list(row) for row in qr.matrix_of_svg(drawn)] == [list(row) for row in MATRIX]


def test_the_png_has_whole_modules_a_quiet_zone_and_a_resolution():
    image = Image.open(io.BytesIO(qr.png(MATRIX, pixels=9, dpi=600)))
    assert image.size == ((len(MATRIX) + 8) * 9,) * 2
    assert image.mode == "1"
    assert round(image.info["dpi"][0]) == 600
    edge = 4 * 9
    border = image.convert("L").crop((0, 0, image.width, edge))
    assert border.getextrema() == (255, 255)
    assert image.convert("L").getpixel((edge, edge)) == 0


def test_modules_below_a_third_of_a_millimetre_are_refused():
    modules = len(MATRIX) + 8
    with pytest.raises(PictureError, match=r"phones need 0.3387: print at 28.79 mm"):
        qr.svg(MATRIX, side_mm=modules * 0.3385)
    assert qr.svg(MATRIX, side_mm=modules * 4 * 25.4 / 300)
    with pytest.raises(PictureError, match="too few"):
        qr.png(MATRIX, pixels=3)


def test_advice_is_computed_for_each_code():
    advice = qr.advice(MATRIX)
    assert (advice.version, advice.modules, advice.dpi) == (15, 85, 300)
    assert (f"{advice.smallest_mm:.2f}", f"{advice.recommended_mm:.2f}") == ("28.79", "35.98")
    assert advice.module_mm > SMALLEST_MODULE_MM
    assert "35.98毫米" in advice.sentence("zh")
    assert "35.98 mm" in advice.sentence("en")
    coarse = qr.advice(MATRIX, dpi=203)
    assert coarse.smallest_mm > 40, "four dots of a coarse printer are larger than 0.34 mm"


def test_what_is_no_link_is_not_drawn():
    for text in ("", "https://licence.anqiu.example/v", "#", f"{PAGE}#12a", f"{PAGE}#１２"):
        with pytest.raises(PictureError, match="is not an address"):
            qr.matrix_of(text)


def test_a_pass_that_outgrows_version_22_is_refused_with_the_way_out():
    with pytest.raises(PictureError, match="short form"):
        qr.matrix_of(f"{PAGE}#{'1' * 2000}")


@pytest.mark.parametrize(
    "source",
    [
        qr.svg(MATRIX, side_mm=40).replace("crispEdges", "auto"),
        qr.svg(MATRIX, side_mm=40).replace("</svg>", "<script/></svg>"),
        qr.svg(MATRIX, side_mm=40).replace("M4 4h7", "M1 4h7"),
        qr.svg(MATRIX, side_mm=40).replace("M4 4h7", "M4 4l7"),
        "<svg />",
    ],
    ids=["edges", "script", "outside", "line", "empty"],
)
def test_an_svg_that_is_not_ours_is_not_taken_by_its_path(source):
    with pytest.raises(PictureError, match=r"not drawn here|outside its own frame"):
        qr.matrix_of_svg(source)


def test_pictures_without_a_code_and_no_pictures_are_told_apart():
    with pytest.raises(PictureError, match="no QR code can be read"):
        read_picture(picture(Image.new("L", (200, 200), 255)))
    for source in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", picture(Image.new("L", (9, 9)), "GIF")):
        with pytest.raises(PictureError, match=r"no PNG, JPEG, SVG|cannot be read|is empty|ends before its end"):
            read_picture(source)
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture(qr.png(MATRIX)[:-400])
    with pytest.raises(PictureError, match="not UTF-8"):
        read_picture(b"<svg \xff")


def test_a_picture_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(PictureError, match="pixels, at most"):
        read_picture(picture(Image.new("1", (8000, 8000))))
    with pytest.raises(PictureError, match=r"cannot be read|pixels, at most"):
        read_picture(picture(Image.new("1", (30_000, 30_000))))
    with pytest.raises(PictureError, match="bytes, at most"):
        read_picture(b"\0" * 30_000_001)


def beside(*links: str) -> bytes:
    rasters = [qr.raster(qr.matrix_of(link), 4).convert("L") for link in links]
    wall = Image.new("L", (sum(image.width for image in rasters), max(image.height for image in rasters)), 255)
    left = 0
    for image in rasters:
        wall.paste(image, (left, 0))
        left += image.width
    return picture(wall)


def test_a_payment_code_on_the_same_wall_is_passed_over():
    payment = zxingcpp.write_barcode_to_image(zxingcpp.create_barcode("wxp://f2f0abc", zxingcpp.QRCode), scale=6)
    small = Image.fromarray(payment) if not isinstance(payment, Image.Image) else payment
    licence_code = qr.raster(MATRIX, 4).convert("L")
    wall = Image.new("L", (licence_code.width + small.width, licence_code.height), 255)
    wall.paste(licence_code, (0, 0))
    wall.paste(small.convert("L"), (licence_code.width, 0))
    assert read_picture(picture(wall)) == LINK


def test_two_licences_in_one_picture_are_an_error():
    with pytest.raises(PictureError, match="2 licence codes"):
        read_picture(beside(LINK, licence(SHOP).link(PAGE)))


def test_a_rotated_and_small_photograph_is_read():
    image = qr.raster(MATRIX, 6).convert("L").rotate(17, expand=True, fillcolor=255).resize((420, 420))
    assert read_picture(picture(image, "JPEG", quality=60)) == LINK


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[:-1] + ("1" if text[-1] == "0" else "0"), "another text"),
        (lambda _text: licence(SHOP).link(PAGE), "another text"),
    ],
)
def test_what_does_not_read_back_is_not_released(monkeypatch, spoil, why):
    monkeypatch.setattr(release, "read_picture", lambda source: spoil(read_picture(source)))
    with pytest.raises(PictureError, match=why):
        release.release(licence(), TRUST, page=PAGE)


def test_a_picture_of_a_licence_that_does_not_verify_is_not_released():
    with pytest.raises(PictureError, match=r"does not verify \(unknown_key"):
        release.release(licence(key=FOREIGN_KEY), TRUST, page=PAGE)
    with pytest.raises(PictureError, match=r"does not verify \(no_keys"):
        release.release(licence(), TrustList([]), page=PAGE)


def test_a_picture_that_says_something_else_than_was_signed_is_not_released():
    signed = licence()
    believed = Licence(signed.parts, signed.digits, {**signed.claims, "permits_total": 9})
    with pytest.raises(PictureError, match="another licence than was signed"):
        release.release(believed, TRUST, page=PAGE)
    mixed = replace(signed, digits=licence(SHOP).digits)
    with pytest.raises(PictureError, match="another licence than was signed"):
        release.release(mixed, TRUST, page=PAGE)


def test_the_specimen_scope_is_read_back_whole():
    assert [item.text for item in COMPANY.scope] == [
        text for half in licence().claims["licence"]["scope"] for text in half["items"]
    ]
