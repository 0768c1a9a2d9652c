"""The shapes of a stranger's SVG, written anew: what is drawn is never the text that came, but what was read out of it.

A real parser (expat) says what the elements are, so that no prefix, entity or comment hides one. Kept are the elements
that draw plain shapes, with the attributes and style properties that shapes need; what could fetch, run, or multiply
(`use`, `pattern`, `filter`, `url(`, an entity) is refused by name; editors' own notes are left out.
"""

import re
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from licence_qr.picture_errors import UnreadablePictureError

SVG = "http://www.w3.org/2000/svg"
MOST_ELEMENTS = 50_000  # a code of version 22 with one square a module has 6,000
DEEPEST = 50
SHAPES = frozenset({"svg", "g", "path", "rect", "circle", "ellipse", "line", "polygon", "polyline"})
WORDS = frozenset({"title", "desc", "metadata", "text"})  # left out with all below them: no part of a code
_PAINT = frozenset(
    {"fill", "fill-opacity", "fill-rule", "opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"}
    | {"stroke-miterlimit", "stroke-opacity", "shape-rendering", "display", "visibility", "color"}
)
_PLACE = frozenset(
    {"x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "x1", "y1", "x2", "y2", "points", "d", "transform"}
    | {"viewBox", "preserveAspectRatio"}
)
_DTD = re.compile(r"-//W3C//DTD SVG [0-9.a-zA-Z ]+//EN")
_SPACE = "\n"  # between namespace and name in what expat tells; no name holds it


def shapes_of(source: bytes) -> tuple[str, dict[str, str]]:
    """Return an SVG of plain shapes that draws what `source` draws, and the attributes of its root.

    Raises UnreadablePictureError: broken for what is no SVG in UTF-8, refused for what is more than shapes, too_large.
    """
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadablePictureError("broken", "the SVG is not UTF-8 text") from None
    reading = _Reading()
    try:
        reading.parser.Parse(text.encode(), True)  # noqa: FBT003  (expat takes it by place alone)
    except expat.ExpatError as error:
        raise UnreadablePictureError("broken", f"the SVG cannot be read: {error}") from None
    return "".join(reading.written), reading.root


class _Reading:
    """One pass over an SVG."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.root: dict[str, str] = {}
        self._open: list[str] = []  # names of elements that were written; "" for one that is left out
        self._elements = 0
        self.parser = expat.ParserCreate("utf-8", _SPACE)  # utf-8 whatever the text says of itself
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = lambda *_: _refuse("an entity")
        self.parser.SkippedEntityHandler = lambda *_: _refuse("an entity")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _doctype(self, _name: str, _system: str | None, public: str | None, internal: int) -> None:
        if internal or public is None or not _DTD.fullmatch(public):  # that of SVG 1.1 is harmless: nothing is fetched
            _refuse("<!DOCTYPE")

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise UnreadablePictureError(
                "too_large", f"the SVG has more than {MOST_ELEMENTS} elements, or more than {DEEPEST} in one another"
            )
        namespace, _, name = full.rpartition(_SPACE)
        if not self._open and (namespace, name) != (SVG, "svg"):
            raise UnreadablePictureError("broken", f"the file begins with <{name}>, not with <svg xmlns='{SVG}'>")
        left_out = bool(self._open) and self._open[-1] == ""
        active = _active(attributes)
        if active is not None:
            _refuse(active)
        if left_out or namespace != SVG or name in WORDS or (name == "defs" and not attributes.keys() - {"id"}):
            if namespace == SVG and name not in SHAPES | WORDS | {"defs", "tspan"}:
                _refuse(f"<{name}")
            self._open.append("")
            return
        if name not in SHAPES:
            _refuse(f"<{name}")
        kept = _kept(attributes)
        if not self._open:
            self.root = kept
        named = f"{name} xmlns={quoteattr(SVG)}" if not self._open else name
        self.written.append(f"<{' '.join((named, *(f'{key}={quoteattr(value)}' for key, value in kept.items())))}>")
        self._open.append(name)

    def _end(self, _full: str) -> None:
        if name := self._open.pop():
            self.written.append(f"</{name}>")


def _active(attributes: dict[str, str]) -> str | None:
    """Return the attribute that fetches or runs, or a value that draws with something else than a colour."""
    for full, value in attributes.items():
        name = full.rpartition(_SPACE)[2].lower()
        if name == "href" or name.startswith("on"):
            return f"{name}="
        if "url(" in value.replace(" ", "").lower():
            return f"{name}=url("
    return None


def _kept(attributes: dict[str, str]) -> dict[str, str]:
    """Return the attributes that shapes need; `style` becomes the presentation attributes it stands for."""
    kept = {name: value for name, value in attributes.items() if name in _PLACE | _PAINT}
    for declaration in attributes.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in _PAINT:
            kept[name.strip()] = value.strip()
    return kept


def _refuse(what: str) -> None:
    raise UnreadablePictureError("refused", f"the SVG draws with {what!r}, only shapes are read; give a PNG of it")
