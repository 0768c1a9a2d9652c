"""How small a code may be printed, and with how many dots: computed for each code, refused where phones would fail.

Two sizes of a module count: 0.34 mm, four dots of a 300 dpi printer (Denso Wave: four dots or more), below which phones
failed in our tests; and 0.396 mm, the least that GS1 asks of a code read at a counter. A printer draws whole dots: a
side that gives 4.4 dots a module is drawn as 4 and 5 in turn, so the table tells sides of whole dots only.
"""

import math
from dataclasses import dataclass

from licence_qr.errors import PictureError

QUIET = 4  # modules of white around the code (ISO/IEC 18004)
SMALLEST_MODULE_MM = 0.34  # four dots of a 300 dpi printer, rounded up; below it phones fail
GS1_MODULE_MM = 0.396  # GS1 General Specifications, QR Code at retail point of sale
DOTS_PER_MODULE = 4
MM_PER_INCH = 25.4
RESOLUTIONS = (203, 300, 400, 600, 1200)  # label printers, office printers, imagesetters
USUAL_SIDES = (30, 35, 40, 45, 50)  # mm
_FOUR_DOTS_MM = DOTS_PER_MODULE * MM_PER_INCH / 300


@dataclass(frozen=True, slots=True)
class DotRow:
    """One printer: whole dots of a module at the floor and at the GS1 size, and the side in mm that each gives."""

    dpi: int
    dots: int
    side_mm: float
    gs1_dots: int
    gs1_side_mm: float


@dataclass(frozen=True, slots=True)
class PrintAdvice:
    """How to print one code: its version, modules a side with the quiet zone, and sizes of a side in millimetres.

    `smallest_mm` is the floor at `dpi`, `gs1_mm` the side at which GS1 would take it at a counter, `recommended_mm` the
    usual side with room for ink that spreads, and `module_mm` what a module measures there.
    """

    version: int
    modules: int
    smallest_mm: float
    recommended_mm: int
    dpi: int
    module_mm: float

    @property
    def gs1_mm(self) -> float:
        """The side in mm at which a module has the 0.396 mm of GS1."""
        return math.ceil(self.modules * GS1_MODULE_MM * 10) / 10

    @property
    def table(self) -> tuple[DotRow, ...]:
        """Whole dots a module and the side they give, for the printers that are met."""
        return tuple(self._row(dpi) for dpi in RESOLUTIONS)

    def sentence(self, language: str) -> str:
        """Say it to a person in zh or en."""
        if language.startswith("en"):
            return (
                f"Print at {self.recommended_mm} mm a side or larger (never below {self.smallest_mm:.1f} mm), black on "
                f"white, at {self.dpi} dpi or finer; keep the white margin. QR version {self.version}-M."
            )
        return (
            f"请以不小于{self.recommended_mm}毫米的边长打印（最小{self.smallest_mm:.1f}毫米），白底黑码，"
            f"分辨率不低于{self.dpi} dpi，保留四周空白。二维码版本{self.version}-M。"
        )

    def to_json(self) -> dict[str, object]:
        """Return the advice as JSON values; lengths in mm as text with two or three places, for records hold no floats."""
        return {
            "version": self.version,
            "modules": self.modules,
            "error_correction": "M",
            "smallest_mm": f"{self.smallest_mm:.1f}",
            "gs1_mm": f"{self.gs1_mm:.1f}",
            "recommended_mm": self.recommended_mm,
            "module_mm": f"{self.module_mm:.3f}",
            "dpi": self.dpi,
            "table": [
                {
                    "dpi": row.dpi,
                    "dots": row.dots,
                    "side_mm": f"{row.side_mm:.2f}",
                    "gs1_dots": row.gs1_dots,
                    "gs1_side_mm": f"{row.gs1_side_mm:.2f}",
                }
                for row in self.table
            ],
        }

    def _row(self, dpi: int) -> DotRow:
        dot = MM_PER_INCH / dpi
        dots = max(DOTS_PER_MODULE, _whole(_FOUR_DOTS_MM / dot))
        gs1 = max(DOTS_PER_MODULE, _whole(GS1_MODULE_MM / dot))
        return DotRow(dpi, dots, self.modules * dots * dot, gs1, self.modules * gs1 * dot)


def advice_for(side_modules: int, *, dpi: int = 300) -> PrintAdvice:
    """Return how to print a code of so many modules a side (no quiet zone): its floor and its usual side."""
    modules = side_modules + 2 * QUIET
    smallest = modules * max(SMALLEST_MODULE_MM, DOTS_PER_MODULE * MM_PER_INCH / dpi)
    recommended = next((side for side in USUAL_SIDES if side >= smallest * 1.05), math.ceil(smallest * 1.25))
    version = (side_modules - 17) // 4
    return PrintAdvice(version, modules, math.ceil(smallest * 10) / 10, recommended, dpi, recommended / modules)


def require_side(side_modules: int, side_mm: float) -> None:
    """Raise PictureError when a code printed at `side_mm` with its quiet zone has modules that phones cannot see."""
    modules = side_modules + 2 * QUIET
    if not side_mm / modules >= SMALLEST_MODULE_MM:  # so that NaN is refused too
        smallest = advice_for(side_modules).smallest_mm
        raise PictureError(
            f"side {side_mm:g} mm gives modules of {side_mm / modules:.3f} mm, phones need {SMALLEST_MODULE_MM}: "
            f"print at {smallest} mm or larger"
        )


def pixels_for(side_modules: int, side_mm: float, *, dpi: int) -> int:
    """Return the whole pixels a module gets in a PNG that is at most `side_mm` wide at `dpi`; raises PictureError.

    The picture comes out smaller than asked by less than one pixel a module; it is never stretched.
    """
    require_side(side_modules, side_mm)
    modules = side_modules + 2 * QUIET
    pixels = math.floor(side_mm / modules * dpi / MM_PER_INCH + 1e-9)
    require_pixels(side_modules, pixels, dpi=dpi)
    return pixels


def require_pixels(side_modules: int, pixels: int, *, dpi: int) -> None:
    """Raise PictureError when a PNG of `pixels` a module is too coarse, or prints too small at `dpi`."""
    if pixels < DOTS_PER_MODULE:
        finer = math.ceil(DOTS_PER_MODULE * MM_PER_INCH / SMALLEST_MODULE_MM)
        raise PictureError(
            f"{pixels} pixels a module are too few; take {DOTS_PER_MODULE} or more (a larger side, or {finer} dpi or finer)"
        )
    module_mm = pixels * MM_PER_INCH / dpi
    if module_mm < _FOUR_DOTS_MM * 0.999:
        modules = side_modules + 2 * QUIET
        least = _whole(_FOUR_DOTS_MM * dpi / MM_PER_INCH)
        raise PictureError(
            f"{pixels} pixels a module at {dpi} dpi give a side of {modules * module_mm:.1f} mm and modules of "
            f"{module_mm:.3f} mm, phones need {SMALLEST_MODULE_MM}: take {least} pixels a module "
            f"({advice_for(side_modules).smallest_mm} mm or larger)"
        )


def _whole(dots: float) -> int:
    """Return dots rounded up, forgiving the last digit of a division."""
    return math.ceil(dots - 1e-6)
