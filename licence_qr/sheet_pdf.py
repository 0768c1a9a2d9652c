"""A sheet as PDF/A-2u, set by typst: the font is embedded, the code and the frame are vectors, the bytes are repeatable."""

import json
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import typst

from licence_qr.errors import PictureError
from licence_qr.qr import Matrix
from licence_qr.sheet_fonts import Face
from licence_qr.sheet_page import Line, Page
from licence_qr.sheet_svg import BOLD, background_svg

TEMPLATE = Path(__file__).parent / "sheet" / "sheet.typ"
STANDARD: Literal["a-2u"] = "a-2u"  # ISO 19005-2: what archives take; text can be searched
# typst narrows two such marks that stand together; they are set apart so that every letter stands where it was laid.
# And it sets an opening mark at the beginning of a run flush left, that is half its width too far.
_OPENING = frozenset("（《〈「『【〔“‘")
_MARKS = frozenset("、，。；：？！（）《》〈〉「」『』【】〔〕“”‘’…—·")


def sheet_pdf(
    pages: list[Page], matrix: Matrix, face: Face, *, title: str, author: str, at: int, alternative: str
) -> bytes:
    """Return the pages as one PDF dated `at` (seconds); same input, same bytes. Raises PictureError.

    `alternative` is what a screen reader says of the picture in the background.
    """
    sheet = {
        "title": title,
        "author": author,
        "alt": alternative,
        "family": face.family,
        "width": pages[0].width,
        "height": pages[0].height,
        "bold": BOLD,
        "pages": [
            {
                "background": background_svg(page, matrix),
                "lines": [_line(part) for line in page.lines for part in _apart(line, face)],
            }
            for page in pages
        ],
    }
    try:
        made = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts(face.path)).compile(
            format="pdf",
            sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)},
            timestamp=at,
            pdf_standards=STANDARD,
        )
    except typst.TypstError as error:
        raise PictureError(f"the sheet could not be set as PDF: {error}") from None
    if not isinstance(made, bytes):
        raise PictureError("the sheet could not be set as PDF: nothing came back")
    return made


def _line(line: Line) -> dict[str, Any]:
    return {
        "x": line.x,
        "y": line.y,
        "size": line.size,
        "text": line.text,
        "tracking": line.tracking,
        "colour": line.colour,
        "bold": line.bold,
    }


def _apart(line: Line, face: Face) -> list[Line]:
    """Return the line in runs none of which holds two marks side by side."""
    cuts = [0]
    cuts += [at for at in range(1, len(line.text)) if line.text[at - 1] in _MARKS and line.text[at] in _MARKS]
    cuts.append(len(line.text))
    runs = []
    for begin, end in pairwise(cuts):
        x = line.x + face.width(line.text[:begin]) * line.size + begin * line.tracking
        if line.text[begin] in _OPENING:
            x += face.width(line.text[begin]) * line.size / 2
        runs.append(Line(x, line.y, line.size, line.text[begin:end], 0.0, line.tracking, line.colour, line.bold))
    return runs


@lru_cache(maxsize=4)
def _fonts(path: Path) -> typst.Fonts:
    """Return the fonts of the folder: typst takes folders alone, and finds the face in it by its family."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[path.parent])
