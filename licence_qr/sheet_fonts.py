"""The font of a sheet: found in a package or on the system, measured, and held to have every character of the licence.

Nothing is drawn in a box or a question mark: a name is a name. When no font at hand has a character, the error names
it and says what to install. Fonts are only named here, never shipped: all in the list are under open licences.
"""

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from licence_qr.errors import PictureError

# The search order: a serif of the Song style first, as the national form is set in; then what Debian brings.
PACKAGED = (("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf"),)  # SIL OFL 1.1
INSTALLED = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",  # fonts-noto-cjk, SIL OFL 1.1
    "/usr/share/fonts/opentype/source-han-serif/SourceHanSerifSC-Regular.otf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",  # fonts-wqy-microhei, Apache 2.0 or GPL with font exception
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",  # fonts-arphic-uming
)
REMEDY = (
    "install one: `pip install pylopdf-fonts-zh-cn` (Noto Serif SC), or fonts-noto-cjk or fonts-wqy-microhei of "
    "Debian, or name the file of a font that has it"
)


@dataclass(frozen=True, slots=True)
class Face:
    """One font: its file, its family as typst and browsers call it, and the advance of every character in em."""

    path: Path
    family: str
    advances: dict[int, float] = field(repr=False, hash=False, compare=False)

    def missing(self, text: str) -> str:
        """Return the characters of `text` that this font lacks, each once, in their order."""
        return "".join(dict.fromkeys(character for character in text if ord(character) not in self.advances))

    def width(self, text: str) -> float:
        """Return the advance of `text` in em; a character that is not there counts as one em."""
        return sum(self.advances.get(ord(character), 1.0) for character in text)


def default_fonts() -> tuple[Path, ...]:
    """Return the fonts of the search order that exist here."""
    found = []
    for package, name in PACKAGED:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            found.append(Path(spec.origin).parent / name)
    return tuple(path for path in (*found, *map(Path, INSTALLED)) if path.is_file())


def face_for(texts: Iterable[str], fonts: Sequence[Path] | None = None) -> Face:
    """Return the first font of `fonts` (the search order when None) that has every character; raises PictureError.

    One font sets the whole sheet: a name half in one face and half in another looks forged.
    """
    paths = default_fonts() if fonts is None else tuple(fonts)
    if not paths:
        raise PictureError(f"no font with Chinese characters was found, so no sheet can be set; {REMEDY}")
    whole = "".join(texts)
    lacking: list[tuple[str, Face]] = []
    for path in paths:
        face = load_face(path)
        missing = face.missing(whole)
        if not missing:
            return face
        lacking.append((missing, face))
    missing, face = min(lacking, key=lambda one: len(one[0]))
    told = ", ".join(f"{character} (U+{ord(character):04X})" for character in missing[:5])
    where = next((text for text in texts if missing[0] in text), "")
    raise PictureError(
        f"the font {face.family} lacks {told}{' and more' if len(missing) > 5 else ''} of {where[:40]!r}, and no other "
        f"font at hand has it; {REMEDY}"
    )


@lru_cache(maxsize=8)
def load_face(path: Path) -> Face:
    """Return the font in a file (of a collection, its simplified Chinese face); raises PictureError."""
    try:
        with path.open("rb") as file:
            font = _face_of(file, collection=path.suffix.lower() in {".ttc", ".otc"})
            advances = font["hmtx"].metrics
            em = font["head"].unitsPerEm
            widths = {code: advances[glyph][0] / em for code, glyph in font.getBestCmap().items()}
            # Names 16 and 1: what typst and browsers call the family.
            family = font["name"].getDebugName(16) or font["name"].getDebugName(1)
    except (OSError, TTLibError, KeyError, AttributeError) as error:
        raise PictureError(f"{path}: this is no font that can be read ({error}); {REMEDY}") from None
    return Face(path, family, widths)


def _face_of(file: BinaryIO, *, collection: bool) -> TTFont:
    if not collection:
        return TTFont(file, lazy=True)
    faces = TTCollection(file, lazy=True).fonts
    names = [face["name"].getDebugName(1) or "" for face in faces]
    return faces[next((number for number, name in enumerate(names) if name.endswith(" SC")), 0)]
