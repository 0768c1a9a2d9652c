"""A page of a sheet: lines of text and the place of the code, in millimetres."""

import math
from dataclasses import dataclass, field

from licence_qr.print_advice import advice_for

SIZES = {"original": (420.0, 297.0), "copy": (297.0, 210.0)}  # mm, 市监注〔2018〕253号
SHEET_DPI, LEAST_SIDE_MM = 300, 30
INK, SOFT, GOLD = "#1d1a16", "#5f5647", "#8a6420"


@dataclass(frozen=True, slots=True)
class Line:
    """One run of text: left end and baseline, letter height, extra space between letters, all in mm.

    `width` is what it should measure in the font it was laid out with.
    """

    x: float
    y: float
    size: float
    text: str
    width: float
    tracking: float = 0.0
    colour: str = INK
    bold: bool = False


@dataclass(slots=True)
class Page:
    """One page: its lines, and where the code stands (left, top, side with quiet zone, in mm), if it does."""

    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    code: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How a run is set: its colour, its weight, and extra space between letters in letters."""

    colour: str = INK
    bold: bool = False
    tracking: float = 0.0


PLAIN, LABELS, SMALL = Style(), Style(colour=GOLD, bold=True), Style(colour=SOFT)


def code_side(side_modules: int, edition_ratio: float) -> float:
    """Return the side of the code on a sheet in mm: the advised one or 30 mm, on the 正本 up to a quarter larger.

    It is a whole number of dots a module at 300 dpi, and so at 600: no module is wider than another on either.
    """
    advised = advice_for(side_modules, dpi=SHEET_DPI).row
    dot = advised.side_mm / advised.dots  # one dot of every module
    dots = max(advised.advised_dots, math.ceil(LEAST_SIDE_MM / dot))
    return math.floor(dots * min(edition_ratio, 1.25)) * dot
