"""Find the text of a code in a picture, with a reader that shares nothing with the writer (zxing-cpp)."""

import io
import warnings
from dataclasses import dataclass

import zxingcpp
from PIL import Image, UnidentifiedImageError

from licence_qr.errors import CodeError, PictureError
from licence_qr.pdf_pages import page_pictures
from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.picture_svg import svg_picture
from licence_qr.qr import matrix_of_svg, raster
from licence_qr.transport import digits_of

MOST_PIXELS = 50_000_000  # a 48-megapixel phone; more is a bomb or a poster
MOST_FILE_BYTES = 30_000_000
PDF_RESOLUTIONS = (200, 400)  # dpi; the finer only when the coarser shows nothing
_BLANK = b"\xef\xbb\xbf \t\r\n"
_XML = (b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE")
_QR = zxingcpp.BarcodeFormats(zxingcpp.QRCode)


@dataclass(frozen=True, slots=True)
class FoundCode:
    """The text of one code and the page (from 1) it stands on, None where a file has no pages."""

    text: str
    page: int | None = None


def read_picture(source: bytes) -> str:
    """Return the text of the one licence code in a PNG, JPEG, SVG or PDF; raises UnreadablePictureError.

    Codes of other kinds beside it (a payment code on the same wall) are passed over; two licences are an error.
    """
    return the_one_of(codes_in(source))


def the_one_of(found: list[FoundCode]) -> str:
    """Return the text that all codes of a file have; raises UnreadablePictureError when there are several."""
    if len({code.text for code in found}) > 1:
        pages = ", ".join(str(code.page) for code in found)
        raise UnreadablePictureError("several_codes", f"the PDF shows several codes (pages {pages}); give one page")
    return found[0].text


def codes_in(source: bytes) -> list[FoundCode]:
    """Return the code of a picture, or of every page of a PDF that shows one; never an empty list.

    SVG and PDF are drawn in this very process: strangers' go through `drawing_room`, which calls this in another. Raises UnreadablePictureError with a fault of `picture_errors.FAULTS`.
    """
    if not source:
        raise UnreadablePictureError("empty", "the file is empty; fetch or save it again")
    if len(source) > MOST_FILE_BYTES:
        raise UnreadablePictureError(
            "too_large", f"the file has {len(source)} bytes, at most {MOST_FILE_BYTES} are read"
        )
    if _is_pdf(source):
        return _codes_of_pages(source)
    texts = _texts(_image(source))
    if not texts:
        raise UnreadablePictureError(
            "no_code", "no QR code can be read in the picture; take it nearer, sharper and straighter"
        )
    return [FoundCode(_the_one(texts, "picture"))]


def is_picture(source: bytes) -> bool:
    """Return whether the bytes begin as one of the kinds read here; what does not is a text."""
    start = source[:1024].lstrip(_BLANK)
    return start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"%PDF-", *_XML)) or b"\0" in start


def is_drawn(source: bytes) -> bool:
    """Return whether the bytes are an SVG or a PDF, which a program must draw before a code can be seen."""
    return _is_pdf(source) or _is_svg(source)


def read_image(image: Image.Image) -> str:
    """Return the text of the one licence code in a picture that is already drawn; raises UnreadablePictureError."""
    texts = _texts(image)
    if not texts:
        raise UnreadablePictureError("no_code", "no QR code can be read in the picture")
    return _the_one(texts, "picture")


def _codes_of_pages(source: bytes) -> list[FoundCode]:
    pages = 0
    for dpi in PDF_RESOLUTIONS:
        found = []
        for pages, image in enumerate(page_pictures(source, dpi=dpi), start=1):
            texts = _texts(image)
            if texts:
                found.append(FoundCode(_the_one(texts, f"page {pages}"), pages))
        if found:
            return found
    raise UnreadablePictureError("no_code", f"no QR code can be read on any of the {pages} pages of the PDF")


def _is_pdf(source: bytes) -> bool:
    return b"%PDF-" in source[:1024]


def _is_svg(source: bytes) -> bool:
    return source[:1024].lstrip(_BLANK).startswith(_XML)


def _the_one(texts: list[str], place: str) -> str:
    """Return the licence among the codes of a picture, or what else there is: `verify` says why it is none."""
    ours = [text for text in texts if _is_ours(text)]
    if len(ours) > 1:
        raise UnreadablePictureError(
            "several_codes", f"the {place} shows {len(ours)} licence codes; cut it so that one is left"
        )
    return ours[0] if ours else texts[0]


def _texts(image: Image.Image) -> list[str]:
    return sorted({found.text for found in zxingcpp.read_barcodes(image, formats=_QR)})


def _image(source: bytes) -> Image.Image:
    if _is_svg(source):
        return _drawing(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(source), formats=("PNG", "JPEG"))
            if picture.width * picture.height > MOST_PIXELS:
                size = f"{picture.width} x {picture.height} pixels"
                raise UnreadablePictureError("too_large", f"{size}, at most {MOST_PIXELS} are read")
            return picture.convert("RGBA" if "transparency" in picture.info else "L").convert("L")
    except UnidentifiedImageError:
        raise UnreadablePictureError(
            "truncated" if source.startswith((b"\x89PNG", b"\xff\xd8\xff")) else "not_a_picture",
            "this is no PNG, JPEG, SVG or PDF that can be read; it may have been cut short or renamed",
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadablePictureError("too_large", f"the picture cannot be read: {error}") from None
    except (OSError, ValueError, SyntaxError, IndexError, EOFError) as error:
        fault = "truncated" if _cut_short(source) else "broken"
        raise UnreadablePictureError(fault, f"the picture cannot be read: {error}") from None


def _drawing(source: bytes) -> Image.Image:
    """Return an SVG as a picture: the modules themselves when it is a code drawn here, else what resvg draws."""
    try:
        return raster(matrix_of_svg(source.decode("utf-8")), 4).convert("L")
    except (UnicodeDecodeError, PictureError):
        return svg_picture(source)


def _cut_short(source: bytes) -> bool:
    """Return whether a PNG lacks its last chunk, or a JPEG its end mark."""
    return (b"IEND" if source.startswith(b"\x89PNG") else b"\xff\xd9") not in source[-64:]


def _is_ours(text: str) -> bool:
    try:
        digits_of(text)
    except CodeError:
        return False
    return True
