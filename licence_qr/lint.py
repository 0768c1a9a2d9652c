"""Pre-issuance lint: everything a licence must satisfy before a key sees it, by the source of the duty.

Each lint names the duty it serves and since when. All run on the very bytes that will be signed, read back by the
strict reader; all faults are told at once.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from licence_qr import shape, strict_json
from licence_qr.claims import NOTES, TYPES, VCT_PATH, issue_day
from licence_qr.errors import CodeError, IdentifierError, LicenceError, PictureError
from licence_qr.identifiers import BUSINESS_LICENCE, parse_identifier
from licence_qr.keys import SIGNATURE_BYTES
from licence_qr.qr import version_of
from licence_qr.shape import Fault
from licence_qr.transport import MOST_JSON, Parts, encode
from licence_qr.trust import LICENCE_TYP
from licence_qr.uscc import parse_credit_code

Claims = dict[str, Any]
PAGE_PATH = "/v"  # the scan page, at the issuer's own address


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be signed, read back from its bytes."""

    header: dict[str, Any]
    claims: Claims
    size: int


@dataclass(frozen=True, slots=True)
class Lint:
    """One duty: a short name, who imposes it, the citation, the day it took effect, and the search for faults."""

    name: str
    source: str
    citation: str
    effective_from: date
    faults: Callable[[Draft], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Breach:
    """A fault and the lint that found it."""

    lint: Lint
    fault: Fault

    def __str__(self) -> str:
        fault = self.fault
        return f"{fault.at or '/'} {fault.value!r}: {fault.why} [{self.lint.name}, {self.lint.citation}]"


class LintError(LicenceError):
    """The licence must not be signed; `breaches` holds every reason."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        """Tell all breaches, one a line."""
        super().__init__("not signed, mend the register entry first:\n" + "\n".join(map(str, breaches)))
        self.breaches = breaches


def lint(draft: Draft) -> tuple[Breach, ...]:
    """Return every breach, in the order of LINTS; none means that it may be signed.

    The closed shape comes first: the other lints may then rely on every member being there.
    """
    found = tuple(Breach(_SHAPE, fault) for fault in _SHAPE.faults(draft))
    return found or tuple(Breach(one, fault) for one in LINTS[1:] for fault in one.faults(draft))


def _shape(draft: Draft) -> Iterator[Fault]:
    yield from shape.faults_of(draft.claims)


def _identifier(draft: Draft) -> Iterator[Fault]:
    jti = draft.claims["jti"]
    try:
        parts = parse_identifier(jti)
    except IdentifierError as error:
        yield Fault("/jti", jti, error.why)
        return
    if parts.issuer != draft.claims["licence"]["registry"]["uscc"]:
        yield Fault("/jti", jti, "its issuing organ is not the registry of this licence")
    if parts.type_code != BUSINESS_LICENCE:
        yield Fault("/jti", jti, "its type code is not that of the business licence")


def _credit_code(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    codes = (("/sub", draft.claims["sub"]), ("/licence/registry/uscc", licence["registry"]["uscc"]))
    for at, code in codes:
        try:
            parse_credit_code(code)
        except IdentifierError as error:
            yield Fault(at, code, error.why)
    kind = "92" if "operator" in licence else "91"
    if draft.claims["sub"][:2] != kind:
        yield Fault("/sub", draft.claims["sub"], f"a licence of this type has a code that begins with {kind}")
    if draft.claims["sub"][2:8] != licence["registry"]["division"]:
        yield Fault("/sub", draft.claims["sub"], "its division is not that of the registry")


def _contents(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    individual = "operator" in licence
    if (licence["type"], licence.get("composition")) not in TYPES.values():
        yield Fault("/licence/type", licence["type"], "it is no type (组成形式) this registry registers")
    if ("capital_fen" in licence) is individual:
        yield Fault("/licence/capital_fen", licence.get("capital_fen"), "companies and enterprises alone show capital")
    role = "operator" if individual else "investor" if licence["type"] == "个人独资企业" else "representative"
    if role not in licence:
        yield Fault(f"/licence/{role}", None, f"a licence of type {licence['type']} names the {role}")


def _established(draft: Draft) -> Iterator[Fault]:
    day, jti = draft.claims["licence"]["established_on"], draft.claims["jti"]
    issued = issue_day(draft.claims["iat"]).isoformat()
    first = jti.split(".")[-2:-1] == ["001"]
    if day != issued if first else day > issued:
        yield Fault("/licence/established_on", day, f"the day of establishment is the day of issue, {issued}")


def _scope(draft: Draft) -> Iterator[Fault]:
    halves = draft.claims["licence"]["scope"]
    kinds = [half["kind"] for half in halves]
    if kinds not in (["general"], ["licensed"], ["general", "licensed"]):
        yield Fault("/licence/scope", kinds, "general items come first, licensed items second, each once")
    for number, half in enumerate(halves):
        if half["note"] != NOTES[half["kind"]]:
            yield Fault(f"/licence/scope/{number}/note", half["note"], "it is not the standard closing sentence")
        if len(set(half["items"])) != len(half["items"]):
            yield Fault(f"/licence/scope/{number}/items", half["items"], "an item stands twice")


def _header(draft: Draft) -> Iterator[Fault]:
    header = draft.header
    if list(header) != ["alg", "kid", "typ"]:
        yield Fault("/header", list(header), "the header holds exactly alg, kid, typ")
    elif header["alg"] != "ES256" or header["typ"] != LICENCE_TYP:
        yield Fault("/header", header, f"alg is ES256 and typ is {LICENCE_TYP}")
    elif not re.fullmatch(r"[A-Za-z0-9_-]{43}", header["kid"], re.ASCII):
        yield Fault("/header/kid", header["kid"], "it is not an RFC 7638 thumbprint")


def _times(draft: Draft) -> Iterator[Fault]:
    claims = draft.claims
    if not claims["iat"] <= claims["nbf"] < claims["exp"]:
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        yield Fault("/exp", times, "iat, nbf and exp are not in their order")


def _issuer(draft: Draft) -> Iterator[Fault]:
    claims = draft.claims
    if claims["vct"] != claims["iss"] + VCT_PATH:
        yield Fault("/vct", claims["vct"], f"the type of this issuer's licences is {claims['iss']}{VCT_PATH}")


def _status(draft: Draft) -> Iterator[Fault]:
    own = draft.claims["status"]["status_list"]
    if not own["uri"].startswith(draft.claims["iss"] + "/"):
        yield Fault("/status/status_list/uri", own["uri"], "the list is not published by the issuer")
    seen = {own["idx"]}
    for number, permit in enumerate(draft.claims["permits"]):
        if permit["held"] and permit["status_idx"] in seen:
            yield Fault(f"/permits/{number}/status_idx", permit["status_idx"], "the index is used twice")
        seen.add(permit.get("status_idx", own["idx"]))


def _permits(draft: Draft) -> Iterator[Fault]:
    permits = draft.claims["permits"]
    if draft.claims["permits_total"] != len(permits):
        yield Fault("/permits_total", draft.claims["permits_total"], f"{len(permits)} permits are listed")
    for number, permit in enumerate(permits):
        if permit.get("valid_from", "") > permit.get("valid_to", "9"):
            yield Fault(f"/permits/{number}/valid_to", permit["valid_to"], "it ends before it begins")


# An identity number (17 digits with a plausible date of birth, then a digit or X) or a mobile number, on their own.
_PRIVATE = re.compile(
    r"(?<![0-9A-Z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Z])"
    r"|(?<!\d)1[3-9]\d{9}(?!\d)",
    re.ASCII,
)


def _private(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    shown = [(f"/licence/{name}", value) for name, value in licence.items() if isinstance(value, str)]
    for number, half in enumerate(licence["scope"]):
        shown += [(f"/licence/scope/{number}/items/{place}", text) for place, text in enumerate(half["items"])]
    for number, permit in enumerate(draft.claims["permits"]):
        shown += [(f"/permits/{number}/{name}", permit[name]) for name in ("type", "authority") if name in permit]
    for at, text in shown:
        if _PRIVATE.search(text):
            yield Fault(at, "(not repeated)", "it holds what looks like an identity or telephone number")


def _size(draft: Draft) -> Iterator[Fault]:
    if draft.size > MOST_JSON:
        yield Fault("", draft.size, f"readers inflate at most {MOST_JSON} bytes")


def _printable(draft: Draft) -> Iterator[Fault]:
    if draft.size > MOST_JSON:
        return  # `_size` says so; nothing larger is packed
    parts = Parts(strict_json.write(draft.header), strict_json.write(draft.claims), bytes(SIGNATURE_BYTES))
    try:  # the signature has one length: the code of a signed licence has the same number of digits
        version_of(f"{draft.claims['iss']}{PAGE_PATH}#".encode(), len(encode(parts)))
    except (CodeError, PictureError) as error:
        yield Fault(
            "", draft.size, f"its code cannot be printed: {error}; shorten the scope or list fewer permits in full"
        )


_SHAPE = Lint("shape", "ours", "closed claims of licence type 1 (licence_qr/shape.py)", date(2026, 11, 22), _shape)

LINTS: tuple[Lint, ...] = (
    _SHAPE,
    Lint("identifier", "GB/T 36904", "GB/T 36904-2018 电子证照标识", date(2019, 1, 1), _identifier),
    Lint("credit-code", "GB 32100", "GB 32100-2015; GB 11714-1997", date(2015, 10, 1), _credit_code),
    Lint("contents", "细则 23", "市场主体登记管理条例实施细则 (2022-03-01) 23", date(2022, 3, 1), _contents),
    Lint("established", "条例 21", "市场主体登记管理条例 (2021-07-27) 21", date(2022, 3, 1), _established),
    Lint("scope", "细则 12", "市场主体登记管理条例实施细则 (2022-03-01) 12", date(2022, 3, 1), _scope),
    Lint("header", "RFC 8725", "RFC 8725 3.1, 3.11; RFC 7638 3", date(2020, 2, 1), _header),
    Lint("times", "RFC 7519", "RFC 7519 4.1.4-4.1.6", date(2015, 5, 1), _times),
    Lint("issuer", "RFC 8725", "RFC 8725 3.8", date(2020, 2, 1), _issuer),
    Lint("status", "Token Status List", "draft-ietf-oauth-status-list 6", date(2026, 11, 22), _status),
    Lint("permits", "ours", "permits_total is signed, so that none is left out quietly", date(2026, 11, 22), _permits),
    Lint("private", "个保法 6", "个人信息保护法 (2021-08-20) 6, 28", date(2021, 11, 1), _private),
    Lint(
        "size", "ours", "limit of readers against inflation bombs (licence_qr/transport.py)", date(2026, 11, 22), _size
    ),
    Lint(
        "printable",
        "ours",
        "a code of at most 40 mm that phones read (licence_qr/qr.py)",
        date(2026, 11, 22),
        _printable,
    ),
)
