"""Duties of our own: the closed shape, the signed count of permits, and the limits of readers and of paper."""

from collections.abc import Iterator

from licence_qr import shape, strict_json
from licence_qr.code_size import qr_version
from licence_qr.errors import CodeError, PictureError
from licence_qr.lints.model import OURS_SINCE, Draft, Lint
from licence_qr.shape_parts import Fault
from licence_qr.transport import MOST_JSON


def _shape(draft: Draft) -> Iterator[Fault]:
    yield from shape.faults_of(draft.claims)


def _permits(draft: Draft) -> Iterator[Fault]:
    claims = draft.claims
    if (why := shape.permits_fault(claims)) is not None:
        yield Fault("/permits_total", claims["permits_total"], why)
    for number, permit in enumerate(claims["permits"]):
        if permit.get("valid_from", "") > permit.get("valid_to", "9"):
            yield Fault(f"/permits/{number}/valid_to", permit["valid_to"], "it ends before it begins")
        if permit["held"] and "authority" in permit and "scope" not in permit:  # without either it is a short one
            why = "it covers no item of this licence; its authority changes or revokes it first"
            yield Fault(f"/permits/{number}/scope", None, why)


def _size(draft: Draft) -> Iterator[Fault]:
    if draft.size > MOST_JSON:
        yield Fault("", draft.size, f"readers inflate at most {MOST_JSON} bytes")


def _printable(draft: Draft) -> Iterator[Fault]:
    if draft.size > MOST_JSON:
        return  # `_size` says so; nothing larger is packed
    header, payload = strict_json.write(draft.header), strict_json.write(draft.claims)
    try:
        qr_version(header, payload, draft.claims["iss"])
    except (CodeError, PictureError) as error:
        yield Fault(
            "",
            draft.size,
            f"its code cannot be printed: {error}; shorten the scope, or let permits take the short form",
        )


SHAPE = Lint(
    "shape",
    "ours",
    "closed claims of licence type 1 (docs/licence.md 3)",
    OURS_SINCE,
    {
        "zh": "只有类型1规定的各项，形式和长度合规，不得增减。",
        "en": "The claims are those of type 1, in their forms and lengths, and no others.",
    },
    _shape,
)
LINTS = (
    Lint(
        "permits",
        "ours",
        "permits_total is signed, so that none is left out quietly (docs/licence.md 3)",
        OURS_SINCE,
        {
            "zh": "许可总数与所列一致，少列的须有摘要；有效期止不早于起；已取得的许可须指明所涵盖的项目。",
            "en": "The count of permits is that of the list, or a digest stands for the rest; none ends before it begins; one that is held names the items that it covers.",
        },
        _permits,
    ),
    Lint(
        "size",
        "ours",
        "limit of readers against inflation bombs (docs/licence.md 4)",
        OURS_SINCE,
        {"zh": f"解压后不超过{MOST_JSON}字节。", "en": f"It has at most {MOST_JSON} bytes once inflated."},
        _size,
    ),
    Lint(
        "printable",
        "ours",
        "a code of version 22-M or below, 40 mm, that phones read (docs/licence.md 9)",
        OURS_SINCE,
        {
            "zh": "二维码不超过22-M版，40毫米可印可扫。",
            "en": "Its code is version 22-M or below: 40 mm, read by phones.",
        },
        _printable,
    ),
)
