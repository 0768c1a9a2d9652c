"""A picture leaves the house only after it was read back: render → read → decode → verify → compare.

The reader is independent of the writer, the verification is the one everybody runs, and what came back is compared
byte for byte with what was signed. A code that a phone could not read, or that says something else, is never released.
"""

from dataclasses import dataclass

from licence_qr import qr
from licence_qr.errors import CodeError, PictureError
from licence_qr.issue import Licence
from licence_qr.picture_reader import read_picture
from licence_qr.print_advice import PrintAdvice
from licence_qr.transport import decode
from licence_qr.trust import TrustList
from licence_qr.verify import authentic_claims


@dataclass(frozen=True, slots=True)
class ReleasedPicture:
    """A code that was read back and verified: its link, both pictures, and how to print it."""

    link: str
    svg: str
    png: bytes
    advice: PrintAdvice


def release(
    licence: Licence, trust: TrustList, *, page: str, side_mm: float | None = None, pixels: int = 8
) -> ReleasedPicture:
    """Return the pictures of a licence; raises PictureError when one does not read back as what was signed.

    `page` is the address of the scan page, `side_mm` the printed side with its quiet zone (the recommended side when
    not given), `pixels` the pixels of one module in the PNG.
    """
    link = licence.link(page)
    matrix = qr.matrix_of(link)
    advice = qr.advice(matrix)
    png = qr.png(matrix, pixels=pixels)
    svg = qr.svg(matrix, side_mm=advice.recommended_mm if side_mm is None else side_mm)
    require_signed(read_picture(png), "PNG", link, licence, trust)
    require_signed(read_picture(svg.encode()), "SVG", link, licence, trust)
    return ReleasedPicture(link, svg, png, advice)


def require_signed(text: str, kind: str, link: str, licence: Licence, trust: TrustList) -> None:
    """Raise PictureError unless `text`, read from a picture of this kind, is `link`, verifies, and says what was signed."""
    if text != link:
        raise PictureError(f"the {kind} reads back as another text than was drawn; it is not released")
    try:
        parts = decode(text)
        claims = authentic_claims(parts, trust)
    except CodeError as error:
        raise PictureError(f"the {kind} reads back as a code that does not verify ({error.reason}: {error})") from None
    if parts != licence.parts or claims != licence.claims:
        raise PictureError(f"the {kind} reads back as another licence than was signed; it is not released")
