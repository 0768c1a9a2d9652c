"""Make a preset dictionary: `python -m licence_qr.dictionary.build N` writes `N.bin` beside this file.

It is built from what our own catalogues print (scope expressions, permit names, authorities, towns) and from one
specimen of the claims. An id that exists is never written over: codes printed with it must be readable for ever. After
a build, put the printed line into `transport.DICTIONARIES` and `page/verify.mjs`.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from licence_qr import strict_json
from licence_qr.claims import (
    HEADINGS,
    TYPES,
    EntityKind,
    Issuance,
    LicenceSubject,
    LogPosition,
    Permit,
    Registry,
    ScopeItem,
    build,
)
from licence_qr.identifiers import licence_identifier
from licence_qr.trust import LICENCE_TYP

HERE = Path(__file__).parent
SCOPE_CATALOGUE = HERE.parents[1] / "rules" / "scope_catalogue.yaml"
LARGEST = 32_000  # DEFLATE looks back 32,768 bytes, and the licence itself needs room


def phrases(scope_catalogue: Path = SCOPE_CATALOGUE) -> list[str]:
    """Return every phrase once, rarest group first."""
    words = yaml.safe_load((HERE / "vocabulary.yaml").read_text(encoding="utf-8"))
    found: list[str] = []
    if scope_catalogue.exists():
        found += _texts(yaml.safe_load(scope_catalogue.read_text(encoding="utf-8")))
    for group in ("places", "names", "authorities", "permits", "numbers"):
        found += words[group]
    found += [part for pair in TYPES.values() for part in pair if part] + [*HEADINGS.values()]
    return list(dict.fromkeys(found))


def dictionary_bytes(scope_catalogue: Path = SCOPE_CATALOGUE) -> bytes:
    """Return the dictionary: the phrases, then the specimens, the most usual one last."""
    made = "".join(phrases(scope_catalogue)).encode() + b"".join(_specimens())
    if len(made) > LARGEST:
        raise ValueError(f"{len(made)} bytes are more than the {LARGEST} DEFLATE can look back; drop rare phrases")
    return made


def _texts(document: Any) -> Iterator[str]:
    """Every Chinese expression of the scope catalogue, in its order."""
    yield from (item["text"]["zh"] for item in document["items"])


def _specimens() -> Iterator[bytes]:
    registry = Registry("安丘市行政审批服务局", "113707847973232955", "370784")
    day, authority = date(2026, 12, 1), "安丘市市场监督管理局"
    scope = (ScopeItem("", "general"), ScopeItem("", "licensed", "食品经营许可证", authority))
    held = (Permit("食品经营许可证", authority, "JY13707840", day, date(2031, 11, 30)),)
    two = tuple(Permit("公共场所卫生许可证", "安丘市卫生健康局", "", day, date(2030, 11, 30)) for _ in range(2))
    issuance = Issuance(
        "https://licence.anqiu.example",
        licence_identifier("113707847973232955", "2026120100000001"),
        datetime(2026, 12, 1, 4, tzinfo=UTC),
        1,
        0,
        LogPosition("log.anqiu.example", 0),
    )
    header = strict_json.write({"alg": "ES256", "kid": "", "typ": LICENCE_TYP})
    kinds: tuple[tuple[EntityKind, str, tuple[Permit, ...]], ...] = (
        ("sole_proprietorship", "sole", ()),
        ("llc", "single_person", two),
        ("individual", "personal", ()),
        ("llc", "natural_persons", held),
    )
    for kind, form, permits in kinds:
        uscc = ("92370784MA" if kind == "individual" else "91370784MA") + "00000000"
        capital = None if kind == "individual" else 0
        subject = LicenceSubject(
            kind, form, uscc, "安丘市", "", capital, "山东省潍坊市安丘市", scope, day, registry, None, permits
        )
        indexes = tuple(range(len(permits)))
        claims = build(subject, replace(issuance, permit_indexes=indexes))
        yield header + b"\n" + strict_json.write(claims)


def main() -> None:
    """Write the dictionary of the id given on the command line, unless it exists."""
    target = HERE / f"{int(sys.argv[1])}.bin"
    if target.exists():
        sys.exit(f"{target.name} exists: codes may be printed with it; build the next id")
    target.write_bytes(made := dictionary_bytes())
    sys.stdout.write(f'    {sys.argv[1]}: "{sha256(made).hexdigest()}",  # {len(made)} bytes\n')


if __name__ == "__main__":
    main()
