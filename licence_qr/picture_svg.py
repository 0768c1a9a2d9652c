"""An SVG of strangers as a picture: shapes alone, drawn by resvg (MIT) with a bounded number of pixels.

An SVG is a program for a drawing. What could fetch, run, or multiply is refused by name before anything is drawn.
"""

import io
import re

import resvg_py
from PIL import Image

from licence_qr.picture_errors import UnreadablePictureError

MOST_SVG_BYTES = 5_000_000
MOST_SIDE = 4000  # pixels
_ACTIVE = re.compile(
    r"<!(?:DOCTYPE|ENTITY)|<(?:[A-Za-z0-9]+:)?(script|image|use|foreignObject|pattern|filter|mask|marker|style|feImage)\b|"
    r"\bon[a-z]+\s*=|\bhref\s*=",
    re.IGNORECASE,
)
_DOCTYPE = re.compile(r'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG [0-9.a-zA-Z ]+//EN"\s+"[^"\[\]<>]*"\s*>')
_ROOT = re.compile(r"<(?:[A-Za-z0-9]+:)?svg\b[^>]*>")
_NUMBER = r"\s*([0-9]{1,6}(?:\.[0-9]*)?)"


def svg_picture(source: bytes, *, side: int = 1600) -> Image.Image:
    """Return an SVG as a grey picture, its longer side `side` pixels; raises UnreadablePictureError."""
    if len(source) > MOST_SVG_BYTES:
        raise UnreadablePictureError("too_large", f"the SVG has {len(source)} bytes, at most {MOST_SVG_BYTES} are read")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadablePictureError("broken", "the SVG is not UTF-8 text") from None
    text = _DOCTYPE.sub("", text, count=1)  # the one of SVG 1.1 is harmless: nothing is fetched
    if (active := _ACTIVE.search(text)) is not None:
        raise UnreadablePictureError(
            "refused", f"the SVG draws with {active[0].strip()!r}, only shapes are read; give a PNG of it"
        )
    wide, high = _proportion(text)
    scale = min(side, MOST_SIDE) / max(wide, high)
    return draw_svg(text, width=max(1, round(wide * scale)))


def draw_svg(text: str, *, width: int) -> Image.Image:
    """Return an SVG that is trusted in form as a grey picture on white, `width` pixels wide, its words left out."""
    try:
        drawn = resvg_py.svg_to_bytes(
            svg_string=text, width=width, dpi=96, background="#ffffff", skip_system_fonts=True
        )
    except ValueError as error:
        raise UnreadablePictureError("broken", f"the SVG cannot be drawn: {error}") from None
    return Image.open(io.BytesIO(drawn)).convert("L")


def _proportion(text: str) -> tuple[float, float]:
    """Return width and height in units of the file's own; raises UnreadablePictureError when a picture has none."""
    root = _ROOT.search(text)
    if root is None:
        raise UnreadablePictureError("broken", "the SVG has no <svg> element; it may have been cut short")
    sides = [re.search(rf'\s{name}\s*=\s*["\']{_NUMBER}(?!\s*%)', root[0]) for name in ("width", "height")]
    box = re.search(rf'\sviewBox\s*=\s*["\'][-0-9.\s,]*?[\s,]{_NUMBER}[\s,]+{_NUMBER}\s*["\']', root[0])
    if sides[0] is not None and sides[1] is not None:
        wide, high = float(sides[0][1]), float(sides[1][1])
    elif box is not None:
        wide, high = float(box[1]), float(box[2])
    else:
        raise UnreadablePictureError("broken", "the SVG tells neither width and height nor a viewBox; give a PNG of it")
    if not (wide > 0 and high > 0 and max(wide, high) / min(wide, high) <= 20):
        raise UnreadablePictureError("too_large", f"the SVG is {wide:g} by {high:g}, that is no picture of a code")
    return wide, high
