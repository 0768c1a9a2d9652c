"""How small a code may be printed, and with how many dots: computed for each code, refused where phones would fail.

One rule: a module has at least four dots of a 300 dpi printer, 4 x 25.4 / 300 mm = 0.3387 mm (Denso Wave: four dots or
more; the 0.34 mm of the design, exactly), below which phones failed in our tests. GS1 asks 0.396 mm of a code read at a
counter. A printer draws whole dots: a side that gives 4.4 dots a module is drawn as 4 and 5 in turn, so every side that is
told here, the least, that of GS1 and the advised one, is a whole number of dots a module at its resolution.
"""

import math
from dataclasses import dataclass

from licence_qr.errors import PictureError

QUIET = 4  # modules of white around the code (ISO/IEC 18004)
GS1_MODULE_MM = 0.396  # GS1 General Specifications, QR Code at retail point of sale
DOTS_PER_MODULE = 4
MM_PER_INCH = 25.4
SMALLEST_MODULE_MM = DOTS_PER_MODULE * MM_PER_INCH / 300  # below it phones fail
ROOM = 1.05  # the advised module is so much larger than the least: ink spreads
RESOLUTIONS = (203, 300, 400, 600, 1200)  # label printers, office printers, imagesetters
TOLD_MM = 0.005  # sides are told to 0.01 mm, and a side is taken as it was told


@dataclass(frozen=True, slots=True)
class DotRow:
    """One printer: whole dots of a module at the floor, as advised, and at the GS1 size, and the side in mm of each."""

    dpi: int
    dots: int
    side_mm: float
    advised_dots: int
    advised_side_mm: float
    gs1_dots: int
    gs1_side_mm: float


@dataclass(frozen=True, slots=True)
class PrintAdvice:
    """How to print one code: its version, modules a side with the quiet zone, and sizes of a side in millimetres.

    `smallest_mm` is the floor at `dpi`, `recommended_mm` the side with room for ink that spreads, `gs1_mm` the side from
    which GS1 takes it at a counter, and `module_mm` what a module measures at the advised side.
    """

    version: int
    modules: int
    dpi: int

    @property
    def row(self) -> DotRow:
        """Whole dots at `dpi`, and the sides they give."""
        return self._row(self.dpi)

    @property
    def smallest_mm(self) -> float:
        """The least side in mm at `dpi`."""
        return self.row.side_mm

    @property
    def recommended_mm(self) -> float:
        """The advised side in mm at `dpi`."""
        return self.row.advised_side_mm

    @property
    def module_mm(self) -> float:
        """What a module measures at the advised side, in mm."""
        return self.recommended_mm / self.modules

    @property
    def gs1_mm(self) -> float:
        """The side in mm at which a module at `dpi` has the 0.396 mm of GS1."""
        return self.row.gs1_side_mm

    @property
    def table(self) -> tuple[DotRow, ...]:
        """Whole dots a module and the side they give, for the printers that are met."""
        return tuple(self._row(dpi) for dpi in RESOLUTIONS)

    def sentence(self, language: str) -> str:
        """Say it to a person in zh or en."""
        if language.startswith("en"):
            return (
                f"Print at {self.recommended_mm:.2f} mm a side, {self.row.advised_dots} dots a module at {self.dpi} dpi (never "
                f"below {self.smallest_mm:.2f} mm, {self.row.dots} dots), black on white; on another printer take the side of "
                f"its line in the table. Keep the white margin. QR version {self.version}-M."
            )
        return (
            f"请按边长{self.recommended_mm:.2f}毫米打印，即{self.dpi} dpi时每个模块{self.row.advised_dots}点"
            f"（最小{self.smallest_mm:.2f}毫米，{self.row.dots}点），白底黑码；其他分辨率请按表中该行的边长，"
            f"保留四周空白。二维码版本{self.version}-M。"
        )

    def to_json(self) -> dict[str, object]:
        """Return the advice as JSON values; lengths in mm as text to 0.01 (a module 0.001), for records hold no floats."""
        return {
            "version": self.version,
            "modules": self.modules,
            "error_correction": "M",
            "smallest_mm": f"{self.smallest_mm:.2f}",
            "gs1_mm": f"{self.gs1_mm:.2f}",
            "recommended_mm": f"{self.recommended_mm:.2f}",
            "module_mm": f"{self.module_mm:.3f}",
            "dpi": self.dpi,
            "table": [
                {
                    "dpi": row.dpi,
                    "dots": row.dots,
                    "side_mm": f"{row.side_mm:.2f}",
                    "advised_dots": row.advised_dots,
                    "advised_side_mm": f"{row.advised_side_mm:.2f}",
                    "gs1_dots": row.gs1_dots,
                    "gs1_side_mm": f"{row.gs1_side_mm:.2f}",
                }
                for row in self.table
            ],
        }

    def _row(self, dpi: int) -> DotRow:
        dot = MM_PER_INCH / dpi
        least, advised, gs1 = (
            max(DOTS_PER_MODULE, _whole(module / dot))
            for module in (SMALLEST_MODULE_MM, SMALLEST_MODULE_MM * ROOM, GS1_MODULE_MM)
        )
        sides = (self.modules * dots * dot for dots in (least, advised, gs1))
        least_mm, advised_mm, gs1_mm = sides
        return DotRow(dpi, least, least_mm, advised, advised_mm, gs1, gs1_mm)


def advice_for(side_modules: int, *, dpi: int = 300) -> PrintAdvice:
    """Return how to print a code of so many modules a side (no quiet zone): its floor and its advised side."""
    return PrintAdvice((side_modules - 17) // 4, side_modules + 2 * QUIET, dpi)


def require_side(side_modules: int, side_mm: float) -> None:
    """Raise PictureError when a code printed at `side_mm` with its quiet zone has modules that phones cannot see."""
    modules = side_modules + 2 * QUIET
    smallest = modules * SMALLEST_MODULE_MM
    if not side_mm >= smallest - TOLD_MM:  # so that NaN is refused too
        raise PictureError(
            f"side {side_mm:g} mm gives modules of {side_mm / modules:.4f} mm, phones need {SMALLEST_MODULE_MM:.4f}: "
            f"print at {smallest:.2f} mm or larger"
        )


def pixels_for(side_modules: int, side_mm: float, *, dpi: int) -> int:
    """Return the whole pixels a module gets in a PNG that is at most `side_mm` wide at `dpi`; raises PictureError.

    The picture comes out smaller than asked by less than one pixel a module; it is never stretched.
    """
    require_side(side_modules, side_mm)
    modules = side_modules + 2 * QUIET
    pixels = math.floor((side_mm + TOLD_MM) / modules * dpi / MM_PER_INCH + 1e-9)
    require_pixels(side_modules, pixels, dpi=dpi)
    return pixels


def require_pixels(side_modules: int, pixels: int, *, dpi: int) -> None:
    """Raise PictureError when a PNG of `pixels` a module is too coarse, or prints too small at `dpi`."""
    if pixels < DOTS_PER_MODULE:
        raise PictureError(
            f"{pixels} pixels a module are too few; take {DOTS_PER_MODULE} or more (a larger side, or 300 dpi or finer)"
        )
    module_mm = pixels * MM_PER_INCH / dpi
    if pixels < (least := _whole(SMALLEST_MODULE_MM * dpi / MM_PER_INCH)):
        modules = side_modules + 2 * QUIET
        raise PictureError(
            f"{pixels} pixels a module at {dpi} dpi give a side of {modules * module_mm:.2f} mm and modules of "
            f"{module_mm:.4f} mm, phones need {SMALLEST_MODULE_MM:.4f}: take {least} pixels a module "
            f"({modules * least * MM_PER_INCH / dpi:.2f} mm or larger)"
        )


def _whole(dots: float) -> int:
    """Return dots rounded up, forgiving the last digit of a division."""
    return math.ceil(dots - 1e-6)
