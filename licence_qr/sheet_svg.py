"""A sheet as SVG, one file a page: text as text, the code as one path, millimetres throughout."""

from xml.sax.saxutils import escape, quoteattr

from licence_qr.print_advice import QUIET
from licence_qr.qr import Matrix, path_of
from licence_qr.sheet_fonts import Face
from licence_qr.sheet_ornament import frame
from licence_qr.sheet_page import Line, Page

FALLBACKS = ("Noto Serif SC", "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "SimSun")
BOLD = 0.022  # width of the line around bold letters, in letters: the open fonts at hand have one weight


def sheet_svg(page: Page, matrix: Matrix, face: Face, *, title: str) -> str:
    """Return one page as SVG; every text is escaped and set to the width it was laid out with."""
    families = ", ".join(f"'{name}'" for name in dict.fromkeys((face.family, *FALLBACKS)) if "'" not in name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page.width:g}mm" height="{page.height:g}mm" '
        f'viewBox="0 0 {page.width:g} {page.height:g}"><title>{escape(title)}</title>'
        f"{background(page, matrix)}"
        f"<g font-family={quoteattr(families + ', serif')}>\n"
        + "\n".join(_text(line) for line in page.lines)
        + "\n</g></svg>\n"
    )


def background_svg(page: Page, matrix: Matrix) -> str:
    """Return what is no text, as an SVG of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page.width:g}mm" height="{page.height:g}mm" '
        f'viewBox="0 0 {page.width:g} {page.height:g}">{background(page, matrix)}</svg>\n'
    )


def background(page: Page, matrix: Matrix) -> str:
    """Return the elements of the frame and of the code: black on white, crisp, with its quiet zone."""
    drawn = frame(page.width, page.height, rosette=page.code is not None)
    if page.code is None:
        return drawn
    left, top, side = page.code
    modules = len(matrix) + 2 * QUIET
    return (
        f'{drawn}<svg x="{left:.3f}" y="{top:.3f}" width="{side:g}" height="{side:g}" viewBox="0 0 {modules} {modules}" '
        f'shape-rendering="crispEdges"><rect width="{modules}" height="{modules}" fill="#fff"/>'
        f'<path d="{path_of(matrix)}"/></svg>'
    )


def _text(line: Line) -> str:
    stroke = f' stroke="{line.colour}" stroke-width="{line.size * BOLD:.3f}"' if line.bold else ""
    spread = f' textLength="{line.width:.2f}"' if len(line.text) > 1 else ""
    return (
        f'<text x="{line.x:.2f}" y="{line.y:.2f}" font-size="{line.size:.3f}" fill="{line.colour}"{stroke}{spread} '
        f'xml:space="preserve">{escape(line.text)}</text>'
    )
