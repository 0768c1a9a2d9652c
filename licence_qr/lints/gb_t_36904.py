"""GB/T 36904-2018 电子证照标识: the identifier of the licence names its registry and its kind of document."""

from collections.abc import Iterator
from datetime import date

from licence_qr.claims import is_ngo
from licence_qr.errors import IdentifierError
from licence_qr.identifiers import BUSINESS_LICENCE, parse_identifier
from licence_qr.lints.model import Draft, Lint
from licence_qr.shape_parts import Fault


def _identifier(draft: Draft) -> Iterator[Fault]:
    jti = draft.claims["jti"]
    try:
        parts = parse_identifier(jti)
    except IdentifierError as error:
        yield Fault("/jti", jti, error.why)
        return
    licence = draft.claims["licence"]
    if parts.issuer != licence["registry"]["uscc"]:
        yield Fault("/jti", jti, "its issuing organ is not the registry of this licence")
    if is_ngo(licence):  # 民政部 numbers its own types; which number is the registry's to say
        if parts.type_code == BUSINESS_LICENCE:
            yield Fault("/jti", jti, "its type code is that of the business licence, this is the certificate of an NGO")
    elif parts.type_code != BUSINESS_LICENCE:
        yield Fault("/jti", jti, "its type code is not that of the business licence")


LINTS = (
    Lint(
        "identifier",
        "GB/T 36904",
        "GB/T 36904-2018 电子证照标识",
        date(2019, 1, 1),
        {
            "zh": "电子证照标识须六段齐全、校验位正确，并指明本登记机关和本证照的类型（营业执照或登记证书）。",
            "en": "The licence identifier has its six parts, the right check character, this registry and this type.",
        },
        _identifier,
    ),
)
