"""A camera and a printer made of arithmetic: what paper, lens and sensor do to a code. Simulated, not photographed.

Lengths are in modules unless said otherwise; pictures are grey arrays from 0 to 255. Every spoiling takes its random
numbers from a generator that is given, so that a figure can be seen again.
"""

import math

import numpy as np
from PIL import Image, ImageFilter

from licence_qr import qr
from licence_qr.print_advice import MM_PER_INCH, QUIET

FINE = 8  # pixels of a module before the camera
PRINTER_DPI = 300
_WALL = 6  # modules of wall around the code


def on_paper(matrix: qr.Matrix) -> Image.Image:
    """Return the code with its quiet zone on a pale wall, finely drawn."""
    code = qr.raster(matrix, FINE).convert("L")
    side = code.width + 2 * _WALL * FINE
    wall = Image.new("L", (side, side), 235)
    wall.paste(code, (_WALL * FINE, _WALL * FINE))
    return wall


def damaged(paper: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """Return the paper with one torn, stained or scratched place that covers `share` of the code's own area."""
    spoilt = paper.copy()
    low, high = (_WALL + QUIET) * FINE, paper.width - (_WALL + QUIET) * FINE
    side = high - low
    stretch = random.uniform(0.5, 2.0)
    wide, tall = side * math.sqrt(share * stretch), side * math.sqrt(share / stretch)
    wide, tall = min(wide, side), min(tall, side)
    left, top = random.uniform(low, high - wide), random.uniform(low, high - tall)
    box = tuple(int(edge) for edge in (left, top, left + wide, top + tall))
    spoilt.paste(int(random.choice([0, 128, 255])), box)
    return spoilt


def printed(matrix: qr.Matrix, side_mm: float, random: np.random.Generator) -> Image.Image:
    """Return the code as a 300 dpi printer lays it down: whole dots, ink that spreads, ragged edges."""
    dots = round(side_mm / MM_PER_INCH * PRINTER_DPI)
    modules = len(matrix) + 2 * QUIET
    fine = np.asarray(qr.raster(matrix, 1).convert("L"), dtype=np.float32)
    nearest = (np.arange(dots) + 0.5) * modules / dots
    laid = fine[np.ix_(nearest.astype(int), nearest.astype(int))]
    spread = np.asarray(Image.fromarray(laid.astype(np.uint8)).resize((dots * 3, dots * 3), 0).filter(ImageFilter.GaussianBlur(1.6)), dtype=np.float32)  # fmt: skip
    ragged = spread + random.normal(0, 22, spread.shape)
    ink = np.where(ragged < 150, 28, 246).astype(np.uint8)  # above the middle: ink runs outwards
    margin = dots // 5
    paper = Image.new("L", (dots * 3 + 2 * margin, dots * 3 + 2 * margin), 235)
    paper.paste(Image.fromarray(ink), (margin, margin))
    return paper


def photographed(
    paper: Image.Image,
    scale: float,
    random: np.random.Generator,
    *,
    degrees: float = 0.0,
    perspective: float = 0.0,
    blur: float = 0.0,
    noise: float = 4.0,
) -> Image.Image:
    """Return what a sensor sees: `scale` of its pixels for one of the paper's, turned, seen aslant, blurred, noisy.

    `perspective` moves each corner by up to that share of the side, `blur` is in sensor pixels, `noise` in grey levels.
    """
    width, height = paper.size
    turned = max(width, height) * scale * (abs(math.cos(math.radians(degrees))) + abs(math.sin(math.radians(degrees))))
    side = math.ceil(turned * 1.06) + 8
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
    centred = (corners - [width / 2, height / 2]) * scale
    angle = math.radians(degrees)
    spin = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    seen = centred @ spin.T + side / 2 + random.uniform(-0.5, 0.5, 2)
    seen += random.uniform(-perspective, perspective, (4, 2)) * max(width, height) * scale
    # Area average first: a sensor's pixel sees all of its area, a transform alone would look at points.
    shrink = max(1, math.floor(1 / (scale * 1.8)))
    small = paper.reduce(shrink) if shrink > 1 else paper
    plane = _homography(seen, corners / shrink)
    image = small.transform((side, side), Image.Transform.PERSPECTIVE, plane, Image.Resampling.BICUBIC, fillcolor=235)
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    lit = np.asarray(image, dtype=np.float32) * random.uniform(0.75, 1.0) + random.normal(0, noise, (side, side))
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _homography(seen: np.ndarray, source: np.ndarray) -> list[float]:
    """Return the eight numbers that take a pixel seen to its place in the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows), np.array(values))]
