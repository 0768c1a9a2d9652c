"""How much a code stands: turned, aslant, blurred, noisy, damaged, printed small. Reader: zxing-cpp.

The codes are links of the exact size of each version (the digits of a licence are as good as random, so that nothing
but the version matters to a camera). A figure is the share of pictures that were read, and read rightly; a picture
that was read as something else is counted apart: there must be none.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image

from benchmarks import camera
from licence_qr import qr
from licence_qr.print_advice import advice_for

PAGE = "https://licence.anqiu.example/v"
VERSIONS = (14, 16, 20, 22)
SEED = 20261122
EACH, EACH_QUICK = 12, 1
PPM = 4.0  # camera pixels of a module, where the condition says nothing else
_QR = zxingcpp.BarcodeFormats(zxingcpp.QRCode)

Shot = Callable[[qr.Matrix, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True)
class Condition:
    """One column of a table: which table, what it says, and how a picture is taken."""

    table: str
    told: str
    shot: Shot


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: pictures taken, read rightly, read as something else, median milliseconds of a reading."""

    table: str
    condition: str
    version: int
    taken: int
    read: int
    wrong: int
    reading_ms: float

    def to_json(self) -> dict[str, Any]:
        """Return the figure as JSON values."""
        return {
            "table": self.table,
            "condition": self.condition,
            "version": self.version,
            "taken": self.taken,
            "read": self.read,
            "wrong": self.wrong,
            "reading_ms": self.reading_ms,
        }


def link_of(version: int) -> str:
    """Return a link that fills a code of that version: an address and digits out of the fixed seed."""
    random = np.random.default_rng([SEED, version])
    address = f"{PAGE}#"
    count = next(size for size in range(3000, 0, -1) if size < 2400 and _fits(address.encode(), size, version))
    return address + "1" + "".join(str(digit) for digit in random.integers(0, 10, count - 1))


def _fits(address: bytes, digits: int, version: int) -> bool:
    try:
        return qr.version_of(address, digits) <= version
    except qr.PictureError:
        return False


def conditions() -> list[Condition]:
    """Return every condition in the order of the tables."""
    found = [Condition("pixels of a module", f"{ppm:g}", _seen(ppm=ppm)) for ppm in (1.4, 1.7, 2.0, 2.5, 3.0, 4.0)]
    found += [Condition("rotation, degrees", f"{turn}", _seen(degrees=turn)) for turn in (0, 15, 30, 45, 90, 170)]
    found += [Condition("perspective, share of the side", f"{share:g}", _seen(perspective=share)) for share in (0.03, 0.06, 0.10, 0.14, 0.20)]  # fmt: skip
    found += [Condition("blur, sigma in modules", f"{blur:g}", _seen(blur=blur)) for blur in (0.2, 0.35, 0.45, 0.55)]
    found += [Condition("noise, sd of 255", f"{noise:g}", _seen(noise=noise)) for noise in (10, 20, 35, 50)]
    found += [
        Condition("damage, % of the area", f"{share:g}", _torn(share / 100)) for share in (3, 5, 8, 10, 12, 15, 20)
    ]
    found += [
        Condition(f"printed at {side} mm, 300 dpi; camera pixels across the code", f"{across}", _print(side, across))
        for side in (30, 35, 40)
        for across in (200, 250, 300, 400)
    ]
    return found


def _seen(*, ppm: float = PPM, degrees: float = 3.0, blur: float = 0.2, **more: float) -> Shot:
    def shot(matrix: qr.Matrix, random: np.random.Generator) -> Image.Image:
        paper = camera.on_paper(matrix)
        turn = degrees + random.uniform(-2, 2)
        return camera.photographed(paper, ppm / camera.FINE, random, degrees=turn, blur=blur * ppm, **more)

    return shot


def _torn(share: float) -> Shot:
    def shot(matrix: qr.Matrix, random: np.random.Generator) -> Image.Image:
        paper = camera.damaged(camera.on_paper(matrix), share, random)
        return camera.photographed(paper, PPM / camera.FINE, random, degrees=random.uniform(-5, 5), blur=0.2 * PPM)

    return shot


def _print(side_mm: int, across: int) -> Shot:
    def shot(matrix: qr.Matrix, random: np.random.Generator) -> Image.Image:
        paper = camera.printed(matrix, side_mm, random)
        dots = round(side_mm / 25.4 * camera.PRINTER_DPI) * 3
        return camera.photographed(
            paper, across / dots, random, degrees=random.uniform(-8, 8), perspective=0.015, blur=0.7, noise=7
        )

    return shot


def measure(*, quick: bool, tell: Callable[[str], None] = lambda _line: None) -> list[Cell]:
    """Return the figure of every condition and version."""
    each = EACH_QUICK if quick else EACH
    codes = [(version, link := link_of(version), qr.matrix_of(link)) for version in VERSIONS]
    cells = []
    for number, condition in enumerate(conditions()):
        if number % 10 == 0:
            tell(f"robustness: {condition.table} ...")
        cells += [_cell(condition, *code, each, number) for code in codes]
    return cells


def samples() -> Iterator[tuple[str, Image.Image]]:
    """Yield one picture of every condition, of the version meant for 40 mm."""
    matrix = qr.matrix_of(link_of(20))
    for number, condition in enumerate(conditions()):
        yield (
            f"{condition.table}: {condition.told}",
            condition.shot(matrix, np.random.default_rng([SEED, number, 20, 0])),
        )


def _cell(condition: Condition, version: int, link: str, matrix: qr.Matrix, each: int, number: int) -> Cell:
    read, wrong, times = 0, 0, []
    for turn in range(each):
        image = condition.shot(matrix, np.random.default_rng([SEED, number, version, turn]))
        began = time.perf_counter()
        texts = [found.text for found in zxingcpp.read_barcodes(image, formats=_QR)]
        times.append(time.perf_counter() - began)
        read += texts == [link]
        wrong += any(text != link for text in texts)
    return Cell(condition.table, condition.told, version, each, read, wrong, float(np.median(times)) * 1000)


def sizes() -> list[tuple[int, float, float, float]]:
    """Return version, smallest side, GS1 side and advised side in mm at 300 dpi for the versions of the bench."""
    found = []
    for version in VERSIONS:
        advice = advice_for(17 + 4 * version)
        found.append((version, advice.smallest_mm, advice.gs1_mm, advice.recommended_mm))
    return found
