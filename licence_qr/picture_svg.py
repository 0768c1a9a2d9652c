"""An SVG of strangers as a picture: its shapes alone (`svg_shapes`), drawn by resvg (MIT) with a bounded number of pixels."""

import io
import re

import resvg_py
from PIL import Image

from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.svg_shapes import shapes_of

MOST_SVG_BYTES = 5_000_000
MOST_SIDE = 4000  # pixels
_NUMBER = r"\s*([0-9]{1,6}+(?:\.[0-9]{0,9}+)?)"
_SIDE = re.compile(rf"{_NUMBER}(?!\s*%)", re.ASCII)
_BOX = re.compile(rf"[-+0-9.eE]{{1,20}}[\s,]+[-+0-9.eE]{{1,20}}[\s,]+{_NUMBER}[\s,]+{_NUMBER}\s*", re.ASCII)


def svg_picture(source: bytes, *, side: int = 1600) -> Image.Image:
    """Return an SVG as a grey picture, its longer side `side` pixels; raises UnreadablePictureError."""
    if len(source) > MOST_SVG_BYTES:
        raise UnreadablePictureError("too_large", f"the SVG has {len(source)} bytes, at most {MOST_SVG_BYTES} are read")
    text, root = shapes_of(source)
    wide, high = _proportion(root)
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


def _proportion(root: dict[str, str]) -> tuple[float, float]:
    """Return width and height in units of the file's own; raises UnreadablePictureError when a picture has none."""
    sides = [_SIDE.match(root.get(name, "")) for name in ("width", "height")]
    box = _BOX.fullmatch(root.get("viewBox", "").strip())
    if sides[0] is not None and sides[1] is not None:
        wide, high = float(sides[0][1]), float(sides[1][1])
    elif box is not None:
        wide, high = float(box[1]), float(box[2])
    else:
        raise UnreadablePictureError("broken", "the SVG tells neither width and height nor a viewBox; give a PNG of it")
    if not (wide > 0 and high > 0 and max(wide, high) / min(wide, high) <= 20):
        raise UnreadablePictureError("too_large", f"the SVG is {wide:g} by {high:g}, that is no picture of a code")
    return wide, high
