"""The word lists behind business names, read once from `terms/`: divisions, forms, industries, terms, characters."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

TERMS = Path(__file__).with_name("terms")
HOME = "3707"  # 潍坊: its counties are also known by their short names in business names

_SUFFIXES = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市", "县", "区")


@dataclass(frozen=True, slots=True)
class Division:
    """A division: GB/T 2260 code of six digits, or nine for a town; `names` are the spellings accepted in a name."""

    code: str
    name: str
    names: tuple[str, ...]
    level: int  # 0 province, 1 prefecture, 2 county, 3 town

    @property
    def is_district(self) -> bool:
        """Tell whether it is a 市辖区, whose name needs its city before it (名 7)."""
        return self.level == 2 and self.name.endswith("区")

    def lies_in(self, other: "Division") -> bool:
        """Tell whether this division is part of the other."""
        return self.code.startswith(own_digits(other.code)) and self.level > other.level


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry as names word it: the first term stands for all; codes: GB/T 4754 divisions, the usual one first."""

    terms: tuple[str, ...]
    codes: tuple[str, ...]
    fits_any: bool


def own_digits(code: str) -> str:
    """Return the digits of a division code that all its parts share: `370700` gives `3707`, `370000` gives `37`."""
    return code[:2] if code[2:6] == "0000" else code[:4] if code[4:6] == "00" else code


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            stem = name.removesuffix(suffix)
            return stem if len(stem) >= 2 else name
    return name


def _division(code: str, name: str) -> Division:
    level = 3 if len(code) == 9 else 0 if code.endswith("0000") else 1 if code.endswith("00") else 2
    known_by_short_name = level < 2 or (level == 2 and code.startswith(HOME) and not name.endswith("区"))
    names = (name, _short(name)) if known_by_short_name and _short(name) != name else (name,)
    return Division(code, name, names, level)


@cache
def divisions() -> tuple[Division, ...]:
    """Return all divisions of `terms/divisions.csv`, in the order of their codes."""
    lines = (TERMS / "divisions.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return tuple(_division(row["code"], row["name"]) for row in rows)


@cache
def divisions_by_name() -> Mapping[str, tuple[Division, ...]]:
    """Return the divisions that a spelling may stand for (市中区 stands for two)."""
    found: dict[str, list[Division]] = {}
    for division in divisions():
        for name in division.names:
            found.setdefault(name, []).append(division)
    return MappingProxyType({name: tuple(listed) for name, listed in found.items()})


@cache
def _names() -> Mapping[str, Any]:
    document: Mapping[str, Any] = yaml.safe_load((TERMS / "names.yaml").read_text(encoding="utf-8"))
    return document


@cache
def forms() -> frozenset[str]:
    """Return the organisation forms."""
    return frozenset(_names()["forms"])


@cache
def industries() -> Mapping[str, Industry]:
    """Return the industry that each term stands for. Raises `ValueError` when a term stands in two rows."""
    found: dict[str, Industry] = {}
    for row in _names()["industries"]:
        industry = Industry(tuple(row["terms"]), tuple(row["codes"]), row.get("any", False))
        for term in industry.terms:
            if term in found:
                raise ValueError(f"terms/names.yaml: {term} stands in two rows of industries; keep one")
            found[term] = industry
    return MappingProxyType(found)


@cache
def prohibited_terms() -> tuple[str, ...]:
    """Return the terms that no name may hold, in the order of the file."""
    return tuple(term for terms in _names()["prohibited"].values() for term in terms)


@cache
def sensitive_terms() -> tuple[str, ...]:
    """Return the terms that a person must judge, in the order of the file."""
    return tuple(term for terms in _names()["sensitive"].values() for term in terms)


@cache
def edge_only_terms() -> frozenset[str]:
    """Return those of the terms above that count only where the 字号 or the industry begins or ends with them."""
    return frozenset(_names()["edge_only"])


@cache
def generic_words() -> frozenset[str]:
    """Return the words that say little of a trade beside another word (科技, 服务, 贸易)."""
    return frozenset(_names()["generic_words"])


@cache
def readings() -> Mapping[str, str]:
    """Return the reading without tone of all 8,105 characters of the 通用规范汉字表; the keys are the table."""
    found: dict[str, str] = {}
    for line in (TERMS / "standard_characters.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            reading, characters = line.split(" ")
            found.update(dict.fromkeys(characters, reading))
    return MappingProxyType(found)
