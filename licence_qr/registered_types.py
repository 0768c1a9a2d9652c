"""What each type of licence must state of itself, one row a type: the person, capital, a name, and the head of its code.

Person and capital: 市场主体登记管理条例实施细则 23 for businesses, 民办非企业单位登记管理暂行条例 12 for NGOs. A name:
an individual business alone may have none (个体工商户 may do without a 字号). Head of the code: GB 32100-2015 table 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from licence_qr.claims import ROLES, TYPES
from licence_qr.uscc import ENTERPRISE, INDIVIDUAL, NGO


@dataclass(frozen=True, slots=True)
class Stated:
    """The role of the one person, whether capital and a name must stand there, and the first characters of the code."""

    role: str
    capital: bool
    named: bool
    code: str


_BY_KIND = {
    "individual": Stated(ROLES["individual"], capital=False, named=False, code=INDIVIDUAL),
    "sole_proprietorship": Stated(ROLES["sole_proprietorship"], capital=True, named=True, code=ENTERPRISE),
    "llc": Stated(ROLES["llc"], capital=True, named=True, code=ENTERPRISE),
    "ngo": Stated(ROLES["ngo"], capital=True, named=True, code=NGO),
}
STATED = {words: _BY_KIND[kind] for (kind, _), (words, _) in TYPES.items()}


def stated_by(licence: Mapping[str, Any]) -> Stated | None:
    """Return the row of the licence's type, None for a type that is not registered here."""
    return STATED.get(licence["type"])
