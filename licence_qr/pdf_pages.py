"""The pages of a PDF as pictures and as words, by PDFium (Apache 2.0 / BSD-3-Clause).

PDFium is not made for threads: one lock holds every call. A page is drawn with a bounded number of pixels whatever
size it claims, and a PDF with more pages than a batch of scans has is refused.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
from PIL import Image

from licence_qr.picture_errors import UnreadablePictureError

MOST_PAGES = 200
MOST_PAGE_PIXELS = 25_000_000  # an A3 page at 350 dpi
POINTS_PER_INCH = 72
MM_PER_POINT = 25.4 / 72
_LOCK = threading.Lock()


def page_pictures(source: bytes, *, dpi: int) -> Iterator[Image.Image]:
    """Yield every page as a grey picture at `dpi`, coarser where it would have more than 25 million pixels.

    Raises UnreadablePictureError: encrypted, truncated, broken, too_large.
    """
    with _LOCK, _document(source) as document:
        count = len(document)
    for number in range(count):
        with _LOCK, _document(source) as document, _told(number):
            page = document[number]
            wide, high = page.get_size()
            scale = min(dpi / POINTS_PER_INCH, (MOST_PAGE_PIXELS / max(1.0, wide * high)) ** 0.5)
            drawn = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().convert("L")
        yield drawn


def page_part(source: bytes, number: int, box_mm: tuple[float, float, float, float], *, dpi: float) -> Image.Image:
    """Return a part of page `number` (from 0) as a grey picture; `box_mm` is left, top, width, height on the page."""
    left, top, width, height = box_mm
    with _LOCK, _document(source) as document, _told(number):
        page = document[number]
        wide, high = page.get_size()
        crop = (
            left / MM_PER_POINT,
            high - (top + height) / MM_PER_POINT,
            wide - (left + width) / MM_PER_POINT,
            top / MM_PER_POINT,
        )
        drawn: Image.Image = page.render(scale=dpi / POINTS_PER_INCH, crop=crop, grayscale=True).to_pil()
    return drawn.convert("L")


def page_words(source: bytes) -> list[str]:
    """Return the words of every page in the order in which they were set."""
    with _LOCK, _document(source) as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


@contextmanager
def _document(source: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadablePictureError("encrypted", "the PDF is encrypted; save a copy without a password") from None
        if b"%%EOF" not in source[-2048:]:
            raise UnreadablePictureError(
                "truncated", "the PDF ends before its end (no %%EOF); fetch or save it again"
            ) from None
        raise UnreadablePictureError("broken", f"the PDF cannot be read: {error}") from None
    try:
        if len(document) > MOST_PAGES:
            raise UnreadablePictureError(
                "too_large", f"the PDF has {len(document)} pages, at most {MOST_PAGES} are read"
            )
        yield document
    finally:
        document.close()


@contextmanager
def _told(number: int) -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        raise UnreadablePictureError("broken", f"page {number + 1} of the PDF cannot be drawn: {error}") from None
