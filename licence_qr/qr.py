"""The QR code of a link: matrix, SVG and PNG, and advice on how small it may be printed.

The matrix is made by `qrcode` from two explicit segments, bytes for the address and digits for the licence: left to
itself an encoder takes one byte segment and twice the area. Error correction M and one fixed mask: the digits are as
good as random, so that no mask is better than another on average, and every picture is read back before release.
"""

import io
import re
from collections.abc import Sequence

from PIL import Image
from qrcode import QRCode, constants, exceptions, util

from licence_qr.errors import PictureError
from licence_qr.print_advice import QUIET, PrintAdvice, advice_for, require_pixels, require_side

Matrix = Sequence[Sequence[bool]]

MASK = 3
LARGEST_VERSION = 22  # 40 mm; beyond it a pass takes the short form of its permits

_ROW = re.compile(r"M(\d{1,3}) (\d{1,3})h(\d{1,3})v1h-(\d{1,3})z")


def matrix_of(link: str) -> Matrix:
    """Return the dark modules of `link` (an address, `#`, digits), no quiet zone; raises PictureError if too large."""
    page, hash_sign, digits = link.partition("#")
    if not hash_sign or not digits.isdecimal() or not digits.isascii():
        raise PictureError(f"{link[:60]!r} is not an address, # and digits; take Licence.link()")
    code = QRCode(
        version=version_of((page + hash_sign).encode(), len(digits)),
        error_correction=constants.ERROR_CORRECT_M,
        border=QUIET,
        mask_pattern=MASK,
    )
    code.add_data(util.QRData((page + hash_sign).encode(), mode=util.MODE_8BIT_BYTE), optimize=0)
    code.add_data(util.QRData(digits.encode(), mode=util.MODE_NUMBER), optimize=0)
    try:
        code.make(fit=False)
    except exceptions.DataOverflowError as error:
        raise PictureError(f"the code does not fit its version: {error}") from None
    return [[bool(module) for module in row] for row in code.modules]


def version_of(address: bytes, digits: int) -> int:
    """Return the smallest version whose level M holds an address (with its #) and so many digits; raises PictureError."""
    for version in range(1, LARGEST_VERSION + 1):
        sizes = util.mode_sizes_for_version(version)
        bits = 4 + sizes[util.MODE_8BIT_BYTE] + 8 * len(address) + 4 + sizes[util.MODE_NUMBER]
        bits += digits // 3 * 10 + (0, 4, 7)[digits % 3]
        if bits <= util.BIT_LIMIT_TABLE[constants.ERROR_CORRECT_M][version]:
            return version
    raise PictureError(
        f"{digits} digits need more than version {LARGEST_VERSION}-M (40 mm): list further permits in short form"
    )


def advice(matrix: Matrix, *, dpi: int = 300) -> PrintAdvice:
    """Return how to print `matrix`: the smallest side, and one with room for ink that spreads."""
    return advice_for(len(matrix), dpi=dpi)


def svg(matrix: Matrix, *, side_mm: float) -> str:
    """Return an SVG of that side with quiet zone, one path; raises PictureError below four dots of 300 dpi a module."""
    require_side(len(matrix), side_mm)
    modules = len(matrix) + 2 * QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side_mm:g}mm" height="{side_mm:g}mm" '
        f'viewBox="0 0 {modules} {modules}" shape-rendering="crispEdges">'
        f'<rect width="{modules}" height="{modules}" fill="#fff"/><path d="{path_of(matrix)}"/></svg>\n'
    )


def path_of(matrix: Matrix) -> str:
    """Return the dark modules as one SVG path, one module a unit, the quiet zone included in the coordinates."""
    return "".join(
        f"M{start + QUIET} {row + QUIET}h{length}v1h-{length}z"
        for row, modules_of_row in enumerate(matrix)
        for start, length in _runs(modules_of_row)
    )


def matrix_of_svg(source: str) -> Matrix:
    """Return the modules that an SVG of ours draws; raises PictureError for any other SVG."""
    size = re.search(r'viewBox="0 0 (\d{2,3}) \1" shape-rendering="crispEdges"', source)
    path = re.search(r'<path d="([Mhvz0-9 -]+)"/></svg>\s*$', source)
    if size is None or path is None or _ROW.sub("", path[1]):
        raise PictureError("this SVG was not drawn here; give a PNG of it")
    side = int(size[1]) - 2 * QUIET
    modules = [[False] * side for _ in range(side)]
    for column, row, length, _ in (map(int, run) for run in _ROW.findall(path[1])):
        if not (QUIET <= row < side + QUIET and QUIET <= column <= column + length <= side + QUIET):
            raise PictureError("the SVG draws outside its own frame")
        modules[row - QUIET][column - QUIET : column - QUIET + length] = [True] * length
    return modules


def png(matrix: Matrix, *, pixels: int = 8, dpi: int = 300) -> bytes:
    """Return a PNG with whole modules of `pixels` pixels, so that none is wider than another.

    Raises PictureError when a module would have fewer than four pixels, or print below four dots of 300 dpi.
    """
    require_pixels(len(matrix), pixels, dpi=dpi)
    made = io.BytesIO()
    raster(matrix, pixels).save(made, "PNG", dpi=(dpi, dpi))
    return made.getvalue()


def raster(matrix: Matrix, pixels: int) -> Image.Image:
    """Return the code as a black and white picture with its quiet zone."""
    side = len(matrix) + 2 * QUIET
    white = bytes([255]) * side
    margin = white[:QUIET]
    rows = [margin + bytes(0 if module else 255 for module in row) + margin for row in matrix]
    small = Image.frombytes("L", (side, side), white * QUIET + b"".join(rows) + white * QUIET)
    return small.resize((side * pixels, side * pixels), Image.Resampling.NEAREST).convert("1", dither=Image.Dither.NONE)


def _runs(row: Sequence[bool]) -> list[tuple[int, int]]:
    """Return (start, length) of every run of dark modules."""
    runs, start = [], None
    for column, dark in enumerate([*row, False]):
        if dark and start is None:
            start = column
        elif not dark and start is not None:
            runs.append((start, column - start))
            start = None
    return runs
