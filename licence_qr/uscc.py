"""统一社会信用代码 (GB 32100-2015) with both of its check characters, and the pool that new ones are drawn from.

18 characters: registering department (1) and class (1), division of the registry (6, GB/T 2260), 主体标识码 (9,
GB 11714-1997, whose ninth is a check of its own), check (1). `stdnum.cn.uscc` holds the outer check only: a code whose
inner one is wrong was never allotted by anybody.

主体标识码 are allotted in blocks by the national code centre; a county draws from its block and mints none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stdnum.cn import uscc as outer

from licence_qr.errors import IdentifierError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
ENTERPRISE, INDIVIDUAL = "91", "92"  # 市场监管: 企业, 个体工商户
NGO = "52"  # 民政: 民办非企业单位
_INNER_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Classes a department may register (GB 32100-2015 table 1 and amendment 1); departments not listed take any.
_CLASSES = {"1": "1239", "5": "1239", "9": "1239", "N": "1239"}


@dataclass(frozen=True, slots=True)
class CreditCode:
    """The parts of a 统一社会信用代码; `str()` gives the whole."""

    kind: str  # department and class, e.g. 91
    division: str
    subject: str  # nine characters, with the inner check
    check: str

    def __str__(self) -> str:
        return f"{self.kind}{self.division}{self.subject}{self.check}"


def subject_check(body: str) -> str:
    """Return the GB 11714 check of an eight-character body: 11 minus the weighted sum mod 11 (10 is X, 11 is 0).

    >>> subject_check("60003734")
    '1'
    """
    total = sum(int(character, 36) * weight for character, weight in zip(body, _INNER_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def credit_code(kind: str, division: str, body: str) -> CreditCode:
    """Return the code of subject `body` (8 characters) with both checks computed; raises IdentifierError."""
    subject = body + subject_check(body)
    return parse_credit_code(f"{kind}{division}{subject}" + str(outer.calc_check_digit(f"{kind}{division}{subject}")))


def parse_credit_code(text: str, *, field: str = "统一社会信用代码") -> CreditCode:
    """Return the parts of `text`; raises IdentifierError naming the part that is wrong.

    >>> parse_credit_code("92370784MA0000015Y").division
    '370784'
    """

    def wrong(why: str) -> IdentifierError:
        return IdentifierError(field, text, why, "copy it from the certificate again")

    if len(text) != 18:
        raise wrong(f"it has {len(text)} characters, a credit code has 18")
    strange = next((c for c in text if c not in ALPHABET), None)
    if strange is not None:
        raise wrong(f"the character {strange!r} is not used (capital letters without I O S V Z, and digits)")
    kind, division, subject, check = text[:2], text[2:8], text[8:17], text[17]
    if kind[1] not in _CLASSES.get(kind[0], ALPHABET):
        raise wrong(f"department {kind[0]} registers no class {kind[1]}")
    if not division.isdecimal() or division[0] == "0":
        raise wrong(f"characters 3 to 8 ({division}) are not a division code")
    if subject_check(subject[:8]) != subject[8]:
        raise wrong(f"character 17 is {subject[8]}, GB 11714 gives {subject_check(subject[:8])}")
    if outer.calc_check_digit(text[:17]) != check:
        raise wrong(f"character 18 is {check}, GB 32100 gives {outer.calc_check_digit(text[:17])}")
    return CreditCode(kind, division, subject, check)


def synthetic_block(kind: str, division: str, start: int, stop: int, series: str = "MA") -> Iterator[str]:
    """Yield made-up codes with serials start..stop-1 for demo and tests; production loads a block with `load_block`.

    A serial is written in six characters of the GB 32100 alphabet, so that the body is e.g. MA000001. Such codes are
    well formed and allotted by nobody: they must never reach a real register.
    """
    for serial in range(start, stop):
        body, rest = "", serial
        for _ in range(6):
            rest, place = divmod(rest, len(ALPHABET))
            body = ALPHABET[place] + body
        yield str(credit_code(kind, division, series + body))


def load_block(path: Path, *, kind: str, division: str) -> tuple[str, ...]:
    """Return the codes of a file allotted by the code centre, one a line; raises IdentifierError with the line.

    Blank lines and lines that begin with # are skipped. A code of another kind or division, or a second time the same
    code, is an error: a block that is wrong anywhere is not drawn from.
    """
    codes: dict[str, int] = {}
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        place = f"{path.name} line {number}"
        code = parse_credit_code(line, field=place)
        if (code.kind, code.division) != (kind, division):
            why = f"it is of {code.kind}{code.division}, the block is for {kind}{division}"
            raise IdentifierError(place, line, why, "ask the code centre for the right block")
        if line in codes:
            raise IdentifierError(place, line, f"it stands on line {codes[line]} too", "remove the file and ask again")
        codes[line] = number
    return tuple(codes)
