"""Find the text of a code in a picture, with a reader that shares nothing with the writer (zxing-cpp)."""

import io
import warnings

import zxingcpp
from PIL import Image, UnidentifiedImageError

from licence_qr.errors import CodeError, PictureError
from licence_qr.qr import matrix_of_svg, raster
from licence_qr.transport import digits_of

MOST_PIXELS = 50_000_000  # a 48-megapixel phone; more is a bomb or a poster
MOST_FILE_BYTES = 30_000_000


def read_picture(source: bytes) -> str:
    """Return the text of the one licence code in a PNG, a JPEG, or an SVG of ours; raises PictureError.

    Codes of other kinds beside it (a payment code on the same wall) are passed over; two licences are an error.
    """
    if len(source) > MOST_FILE_BYTES:
        raise PictureError(f"the file has {len(source)} bytes, at most {MOST_FILE_BYTES} are read")
    texts = sorted(
        {
            found.text
            for found in zxingcpp.read_barcodes(_image(source), formats=zxingcpp.BarcodeFormats(zxingcpp.QRCode))
        }
    )
    ours = [text for text in texts if _is_ours(text)]
    if len(ours) == 1:
        return ours[0]
    if ours:
        raise PictureError(f"the picture shows {len(ours)} licence codes; cut it so that one is left")
    if texts:
        return texts[0]  # one that is not ours is told as such, with its reason, by `verify`
    raise PictureError("no QR code can be read in the picture; take it nearer, sharper and straighter")


def _image(source: bytes) -> Image.Image:
    if source.lstrip()[:5] in {b"<svg ", b"<?xml"}:
        try:
            return raster(matrix_of_svg(source.decode("utf-8")), 4).convert("L")
        except UnicodeDecodeError:
            raise PictureError("the SVG is not UTF-8 text") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(source), formats=("PNG", "JPEG"))
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureError(f"{picture.width} x {picture.height} pixels, at most {MOST_PIXELS} are read")
            return picture.convert("RGBA" if "transparency" in picture.info else "L").convert("L")
    except UnidentifiedImageError:
        raise PictureError("this is no PNG, JPEG or SVG of ours") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"the picture cannot be read: {error}") from None


def _is_ours(text: str) -> bool:
    try:
        digits_of(text)
    except CodeError:
        return False
    return True
