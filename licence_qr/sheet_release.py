"""A licence sheet leaves the house only after it was read back: code and words, from the SVG and from the PDF.

(1) the words of the sheet from the signed claims, the code from the signed token
(2) one font that has every character
(3) the layout, then the SVG of each page and the PDF
(4) the code is read from both as a camera near it would, decoded, verified, compared with what was signed
(5) the words of both are read back and compared with what was laid out: a letter that was not drawn ends it here
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from licence_qr import qr
from licence_qr.errors import PictureError
from licence_qr.issue import Licence
from licence_qr.pdf_pages import page_part, page_words
from licence_qr.picture_reader import read_image
from licence_qr.picture_svg import draw_svg
from licence_qr.print_advice import MM_PER_INCH, QUIET, PrintAdvice, require_side
from licence_qr.release import require_signed
from licence_qr.sheet_content import Edition, SheetContent, sheet_content
from licence_qr.sheet_fonts import face_for
from licence_qr.sheet_layout import lay_out
from licence_qr.sheet_page import Page
from licence_qr.sheet_pdf import sheet_pdf
from licence_qr.sheet_svg import sheet_svg
from licence_qr.trust import TrustList

PROOF_PIXELS = 4  # of a module, in the pictures that are read back
_SVG = "{http://www.w3.org/2000/svg}"
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ReleasedSheet:
    """A sheet that was read back: one SVG a page, one PDF, the font that set it, and how its code is printed."""

    link: str
    pages: tuple[str, ...]
    pdf: bytes
    font: str
    advice: PrintAdvice
    code_mm: float


def release_sheet(
    licence: Licence,
    trust: TrustList,
    *,
    page: str,
    edition: Edition = "original",
    copy: int = 1,
    copies: int = 1,
    fonts: Sequence[Path] | None = None,
) -> ReleasedSheet:
    """Return the sheet of a licence, 正本 or 副本 number `copy` of `copies`; steps (1) to (5).

    `page` is the address of the scan page, `fonts` the fonts to try in their order (those of `sheet_fonts` when None).
    Raises PictureError: a copy that cannot be, a character no font has, a code too large, or a sheet that does not read
    back as what was signed.
    """
    link = licence.link(page)
    matrix = qr.matrix_of(link)
    content = sheet_content(licence.claims, page=page, edition=edition, copy=copy, copies=copies)
    face = face_for(words_of(content), fonts)
    laid = lay_out(content, face, len(matrix))
    title = f"{content.title}{content.edition_words} {content.name}"
    svgs = tuple(sheet_svg(one, matrix, face, title=title) for one in laid)
    pdf = sheet_pdf(
        laid,
        matrix,
        face,
        title=title,
        author=content.registry.text,
        at=licence.claims["iat"],
        alternative=f"{content.title}二维码，{'，'.join(content.scan_words)}",
    )
    code_mm = _proved_codes(laid, svgs[0], pdf, len(matrix), link, licence, trust)
    _prove_words(laid, svgs, pdf)
    return ReleasedSheet(link, svgs, pdf, face.family, qr.advice(matrix), code_mm)


def words_of(content: SheetContent) -> list[str]:
    """Return every text of a sheet, so that a font can be held to all of them."""
    fields = (content.code, *content.left, *content.right, content.scope, content.registry, content.identifier)
    fixed = "（副本）续页下第页，共年月日：0123456789-　 "
    texts = [text for one in fields for text in (one.text, one.label)]
    return [*texts, content.title, content.copy_number, *content.scan_words, content.reminder, fixed]


def _proved_codes(
    laid: Sequence[Page], svg: str, pdf: bytes, side: int, link: str, licence: Licence, trust: TrustList
) -> float:
    """Step (4); return the side of the code in mm."""
    if laid[0].code is None:
        raise PictureError("the sheet shows no code; it is not released")
    left, top, code_mm = laid[0].code
    require_side(side, code_mm)
    modules = side + 2 * QUIET
    near = re.sub(
        r'width="[0-9.]+mm" height="[0-9.]+mm" viewBox="[0-9. ]+"',
        f'width="{code_mm:g}mm" height="{code_mm:g}mm" viewBox="{left:.3f} {top:.3f} {code_mm:g} {code_mm:g}"',
        svg,
        count=1,
    )
    drawn = {
        "sheet SVG": draw_svg(near, width=modules * PROOF_PIXELS),
        "sheet PDF": page_part(
            pdf, 0, (left, top, code_mm, code_mm), dpi=modules * PROOF_PIXELS * MM_PER_INCH / code_mm
        ),
    }
    for kind, image in drawn.items():
        require_signed(read_image(image), kind, link, licence, trust)
    return code_mm


def _prove_words(laid: Sequence[Page], svgs: Sequence[str], pdf: bytes) -> None:
    """Step (5): the words on every page are those laid out there, none more and none fewer."""
    from_pdf = page_words(pdf)
    from_svg = [
        "".join(one.text or "" for one in ET.fromstring(svg).iter(f"{_SVG}text"))  # noqa: S314 (our own file)
        for svg in svgs
    ]
    for kind, found in (("PDF", from_pdf), ("SVG", from_svg)):
        if len(found) != len(laid):
            raise PictureError(
                f"the sheet {kind} has {len(found)} pages, {len(laid)} were laid out; it is not released"
            )
        for number, (words, one) in enumerate(zip(found, laid, strict=True), start=1):
            meant = "".join(line.text for line in one.lines)
            if _BLANKS.sub("", words) != _BLANKS.sub("", meant):
                raise PictureError(f"page {number} of the sheet {kind} reads back with other words; it is not released")
