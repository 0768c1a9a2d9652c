"""电子证照标识 (GB/T 36904-2018): the identifier of one licence, version by version.

`1.2.156.3005.2` . type code (18-character code of the organ that defined the type + 3 digits) . issuing organ (its
18-character code) . serial . version (3 digits) . check character. The check is ISO/IEC 7064 MOD 37,36 over the four
middle parts without dots and without the root. The version goes up when a licence changes: it is our re-issue number.

>>> print(licence_identifier("113707847973232955", "2021092000000001"))
1.2.156.3005.2.11100000MB0143028R001.113707847973232955.2021092000000001.001.O
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from stdnum.iso7064 import mod_37_36

from licence_qr.errors import IdentifierError

ROOT = "1.2.156.3005.2"
BUSINESS_LICENCE = "11100000MB0143028R001"  # 营业执照, as defined by 国家市场监督管理总局

_SHAPE = re.compile(
    r"1\.2\.156\.3005\.2\.(?P<type>[0-9A-Z]{18}[0-9]{3})\.(?P<issuer>[0-9A-Z]{18}|[0-9]{6})"
    r"\.(?P<serial>[0-9A-Z]{1,32})\.(?P<version>[0-9]{3})\.(?P<check>[0-9A-Z])"
)


@dataclass(frozen=True, slots=True)
class LicenceIdentifier:
    """The parts of a 标识; `str()` gives the whole with its check character."""

    type_code: str
    issuer: str
    serial: str
    version: int = 1

    @property
    def check(self) -> str:
        """The check character, MOD 37,36."""
        return str(mod_37_36.calc_check_digit(f"{self.type_code}{self.issuer}{self.serial}{self.version:03d}"))

    def next_version(self) -> Self:
        """Return the identifier of the licence that replaces this one; raises IdentifierError after 999."""
        if self.version >= 999:
            raise IdentifierError("version", str(self.version), "999 is the last", "issue under a new serial")
        return replace(self, version=self.version + 1)

    def __str__(self) -> str:
        return f"{ROOT}.{self.type_code}.{self.issuer}.{self.serial}.{self.version:03d}.{self.check}"


def licence_identifier(
    issuer: str, serial: str, version: int = 1, type_code: str = BUSINESS_LICENCE
) -> LicenceIdentifier:
    """Return a new identifier; raises IdentifierError when a part breaks the standard.

    `issuer` is the 18-character code of the organ: 6-digit issuers exist in the wild and are read, never written.
    """
    if len(issuer) != 18:
        raise IdentifierError("issuer", issuer, "an issuing organ has 18 characters", "give the organ's credit code")
    if not 1 <= version <= 999:
        raise IdentifierError("version", str(version), "a version runs from 1 to 999", "count up from 1")
    made = LicenceIdentifier(type_code, issuer, serial, version)
    return parse_identifier(str(made))


def serial_for(day: date, number: int) -> str:
    """Return the serial of the `number`-th licence (from 1) issued on `day`: the date and eight digits."""
    if not 1 <= number <= 99_999_999:
        raise IdentifierError("serial", str(number), "a day holds 1 to 99999999", "count from 1 each day")
    return f"{day:%Y%m%d}{number:08d}"


def parse_identifier(text: str) -> LicenceIdentifier:
    """Return the parts of `text`; raises IdentifierError when its shape or check character is wrong."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise IdentifierError(
            "电子证照标识", text, "it does not have the six parts of GB/T 36904", "copy it again, dots included"
        )
    made = LicenceIdentifier(found["type"], found["issuer"], found["serial"], int(found["version"]))
    if made.version < 1:
        raise IdentifierError("电子证照标识", text, "version 000 does not exist", "the first version is 001")
    if made.check != found["check"]:
        why = f"the check character is {found['check']}, the other parts give {made.check}"
        raise IdentifierError("电子证照标识", text, why, "copy it again")
    return made
