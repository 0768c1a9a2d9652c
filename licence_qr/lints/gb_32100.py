"""GB 32100-2015 统一社会信用代码: the codes of the business or NGO and of its registry."""

from collections.abc import Iterator
from datetime import date

from licence_qr.errors import IdentifierError
from licence_qr.lints.model import Draft, Lint
from licence_qr.registered_types import stated_by
from licence_qr.shape_parts import Fault
from licence_qr.uscc import parse_credit_code


def _credit_code(draft: Draft) -> Iterator[Fault]:
    licence = draft.claims["licence"]
    codes = (("/sub", draft.claims["sub"]), ("/licence/registry/uscc", licence["registry"]["uscc"]))
    for at, code in codes:
        try:
            parse_credit_code(code)
        except IdentifierError as error:
            yield Fault(at, code, error.why)
    stated = stated_by(licence)  # a type that is not registered here is the fault of `contents`
    if stated is not None and not draft.claims["sub"].startswith(stated.code):
        yield Fault("/sub", draft.claims["sub"], f"the code of a {licence['type']} begins with {stated.code}")
    if draft.claims["sub"][2:8] != licence["registry"]["division"]:
        yield Fault("/sub", draft.claims["sub"], "its division is not that of the registry")


LINTS = (
    Lint(
        "credit-code",
        "GB 32100",
        "GB 32100-2015; GB 11714-1997",
        date(2015, 10, 1),
        {
            "zh": "统一社会信用代码须校验正确，且类别、登记机关行政区划与执照一致。",
            "en": "Credit codes have right check characters, and the kind and division of this licence.",
        },
        _credit_code,
    ),
)
