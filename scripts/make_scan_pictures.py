"""Make the pictures of `examples/scan/`, one for each thing that a scan can say: `python -m scripts.make_scan_pictures`.

The keys are those of the test vectors, which anybody can work out; the businesses and the registry do not exist. A picture
that must read was read back before it was written; one that must not (a blot, a torn link) is held to its own answer by
a test.
"""

import io
import json
from dataclasses import replace
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw

from licence_qr import qr
from licence_qr.issue import Licence, issue, prepare
from licence_qr.release import release
from licence_qr.sheet_release import release_sheet
from licence_qr.transport import GROUP_DIGITS, Parts, encode
from tests.licence_qr import specimens as s

OUT = Path("examples/scan")
DOCS = Path("docs/pictures")
AT = "2026-11-23T10:30:00+08:00"  # the moment that the answers are for; an hour later the list is an hour old
VALUES = {21: s.REVOKED, 22: s.REPLACED, 123: s.SUSPENDED}  # what the status list says: of a licence, and of a permit
CASES = {  # file: verdict, reason, and the reasons of its permits
    "valid.png": ("valid", "current", ["held", "held", "not_held"]),
    "suspended-permit.jpg": ("valid", "current", ["suspended", "held", "not_held"]),
    "revoked.svg": ("not_valid", "revoked", ["not_held"]),
    "replaced.png": ("not_valid", "replaced", ["not_held"]),
    "tampered.png": ("not_valid", "signature", []),
    "foreign-key.png": ("cannot_say", "unknown_key", []),
    "damaged-link.png": ("cannot_say", "damaged", []),
    "damaged-paper.jpg": ("cannot_say", "unreadable", []),
    "pass.png": ("valid", "current", ["held", "held"]),
    "sheet.pdf": ("valid", "current", ["held", "held", "not_held"]),
}


def main() -> None:
    """Write every picture, the list of keys, the status list, what is to be expected, and the sheets of the documents."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, content in pictures().items():
        (OUT / name).write_bytes(content)
    good = made(s.COMPANY, 23, 131)
    (OUT / "sheet.pdf").write_bytes(release_sheet(good, s.TRUST, page=s.PAGE).pdf)
    (OUT / "jwks.json").write_text(json.dumps(s.TRUST.to_jwks(), indent=1) + "\n", encoding="ascii")
    (OUT / "status.jwt").write_text(s.status_token(VALUES) + "\n", encoding="ascii")
    rows = {name: dict(zip(("verdict", "reason", "permits"), told, strict=True)) for name, told in CASES.items()}
    (OUT / "expected.json").write_text(json.dumps({"at": AT, "files": rows}, indent=1) + "\n", encoding="ascii")
    for edition in ("original", "copy"):
        sheet = release_sheet(good, s.TRUST, page=s.PAGE, edition=edition)  # type: ignore[arg-type] # the two words
        _photograph(sheet.pdf, DOCS / f"sheet-{edition}.png")


def pictures() -> dict[str, bytes]:
    """Return the bytes of every picture but the sheet, which depends on the fonts of a machine."""
    good, barred = made(s.COMPANY, 23, 131), made(s.COMPANY, 24, 123)
    revoked, older = made(s.SHOP, 21), made(s.SHOP, 22)
    return {
        "valid.png": release(good, s.TRUST, page=s.PAGE).png,
        "suspended-permit.jpg": _jpeg(qr.raster(qr.matrix_of(barred.link(s.PAGE)), 6)),
        "revoked.svg": release(revoked, s.TRUST, page=s.PAGE).svg.encode(),
        "replaced.png": release(older, s.TRUST, page=s.PAGE).png,
        "tampered.png": _code(encode(_moved(good))),
        "foreign-key.png": _code(made(s.COMPANY, 25, 133, key=s.FOREIGN_KEY).digits),
        "damaged-link.png": _code(_torn(good.digits)),
        "damaged-paper.jpg": _jpeg(_blotted(qr.raster(qr.matrix_of(good.link(s.PAGE)), 6))),
        "pass.png": release(made(s.KINDERGARTEN, 26, 135), s.TRUST, page=s.PAGE).png,
    }


def made(subject: s.LicenceSubject, place: int, permit: int = 0, key: s.FileSigner = s.LICENCE_KEY) -> Licence:
    """Return a signed licence with its own place in the status list, its permits at `permit` and after."""
    given = s.issuance(status_index=place, ngo=subject.kind == "ngo")
    given = replace(given, permit_indexes=tuple(permit + number for number in range(len(subject.permits))))
    return issue(prepare(subject, given, kid=key.kid), key)


def _moved(licence: Licence) -> Parts:
    """Return the licence with another house number under the old signature, as a forger would print it."""
    parts = licence.parts
    return Parts(parts.header, parts.payload.replace("88号".encode(), "89号".encode()), parts.signature)


def _torn(digits: str) -> str:
    """Return the digits without one of their groups: what is left of a link that was cut and pasted together."""
    return digits[: 4 * GROUP_DIGITS] + digits[4 * GROUP_DIGITS + 7 :]


def _blotted(image: Image.Image) -> Image.Image:
    """Return the code under a coffee stain that takes a finder pattern with it."""
    ImageDraw.Draw(image).ellipse((0, 0, image.width * 0.55, image.height * 0.5), fill=0)
    return image


def _code(digits: str) -> bytes:
    return qr.png(qr.matrix_of(f"{s.PAGE}#{digits}"))


def _jpeg(image: Image.Image) -> bytes:
    kept = io.BytesIO()
    image.convert("L").save(kept, "JPEG", quality=82)
    return kept.getvalue()


def _photograph(pdf: bytes, out: Path) -> None:
    document = pypdfium2.PdfDocument(pdf)
    document[0].render(scale=1.2).to_pil().convert("RGB").quantize(32).save(out, optimize=True)


if __name__ == "__main__":
    main()
