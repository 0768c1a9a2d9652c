"""RFC 8725 (JWT best practice), RFC 7519 (JWT) and the Token Status List: header, issuer, times, places in lists."""

import re
from collections.abc import Iterator
from datetime import date

from licence_qr.claims import VCT_PATH
from licence_qr.lints.model import OURS_SINCE, Draft, Lint
from licence_qr.shape_parts import Fault
from licence_qr.trust import LICENCE_TYP


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


LINTS = (
    Lint(
        "header",
        "RFC 8725",
        "RFC 8725 3.1, 3.11; RFC 7638 3",
        date(2020, 2, 1),
        {
            "zh": "令牌头只含alg、kid、typ三项：ES256、密钥指纹、明确的类型。",
            "en": "The header holds exactly alg, kid and typ: ES256, a key thumbprint, an explicit type.",
        },
        _header,
    ),
    Lint(
        "times",
        "RFC 7519",
        "RFC 7519 4.1.4-4.1.6",
        date(2015, 5, 1),
        {
            "zh": "签发时间不晚于生效时间，生效时间早于失效时间。",
            "en": "Issued, in force and expired follow in this order.",
        },
        _times,
    ),
    Lint(
        "issuer",
        "RFC 8725",
        "RFC 8725 3.8",
        date(2020, 2, 1),
        {"zh": "证照类型由签发机关自己的地址定义。", "en": "The type is defined at the issuer's own address."},
        _issuer,
    ),
    Lint(
        "status",
        "Token Status List",
        "draft-ietf-oauth-status-list 6",
        OURS_SINCE,
        {
            "zh": "状态列表由签发机关公布，执照和每项许可各占一个序号。",
            "en": "The status list is the issuer's own, and the licence and each permit have a place of their own in it.",
        },
        _status,
    ),
)
