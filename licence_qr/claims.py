"""What a licence says: the claims of one token, from plain values of the register.

Names are readable, for a licence is read by strangers; nothing private is among them (个人信息保护法 6: no more than
the purpose needs): no identity number, no telephone, no home address. The closed shape of the claims is in `shape.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from licence_qr.identifiers import LicenceIdentifier

EntityKind = Literal["individual", "sole_proprietorship", "llc", "ngo"]

CHINA = timezone(timedelta(hours=8))  # one zone, no summer time since 1992
CODE_YEARS = 10  # how long one printed code stands before it is issued anew, unless the term ends earlier
VCT_PATH = "/types/business-licence/1"
STATUS_PATH = "/status/"

# 市监总局 licence format: the sentence that closes each half of the scope (domain rule B10).
GENERAL_NOTE = "除依法须经批准的项目外，凭营业执照依法自主开展经营活动"
LICENSED_NOTE = "依法须经批准的项目，经相关部门批准后方可开展经营活动，具体经营项目以相关部门批准文件或许可证件为准"
NOTES = {"general": GENERAL_NOTE, "licensed": LICENSED_NOTE}
HEADINGS = {"general": "一般项目", "licensed": "许可项目"}
# Closes the scope of a 民办非企业单位 in our own words: it acts for no profit (民办非企业单位登记管理暂行条例 4).
NGO_NOTE = "在登记的业务范围内开展活动，不得从事营利性经营活动"

# 类型 and 组成形式 as they stand on the licence, by kind and form of the application.
TYPES: dict[tuple[str, str], tuple[str, str | None]] = {
    ("individual", "personal"): ("个体工商户", "个人经营"),
    ("individual", "family"): ("个体工商户", "家庭经营"),
    ("sole_proprietorship", "sole"): ("个人独资企业", None),
    ("llc", "natural_persons"): ("有限责任公司（自然人投资或控股）", None),
    ("llc", "single_person"): ("有限责任公司（自然人独资）", None),
    ("ngo", "legal_person"): ("民办非企业单位（法人）", None),  # 民办非企业单位登记暂行办法 2
    ("ngo", "partnership"): ("民办非企业单位（合伙）", None),
    ("ngo", "individual"): ("民办非企业单位（个体）", None),
}
NGO_TYPES = tuple(words for (kind, _), (words, _) in TYPES.items() if kind == "ngo")
# The person a licence names, by kind (细则 23), and the first two characters of the credit code.
ROLES = {"individual": "operator", "sole_proprietorship": "investor", "llc": "representative", "ngo": "representative"}


@dataclass(frozen=True, slots=True)
class ScopeItem:
    """One item of the scope as the catalogue words it.

    `post_permit` names the permit that is due after registration (e.g. 食品经营许可证), None when none is; items that
    share a permit are told once.
    """

    text: str
    kind: Literal["general", "licensed"]
    post_permit: str | None = None
    permit_authority: str | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit that is held: who gave it, its number, its days (both included), and its own 标识 where known.

    `scope` are the items that it covers: their positions, rising from 0, among all items of the licence as printed
    (`printed_order`).
    """

    type: str
    authority: str
    number: str
    valid_from: date
    valid_to: date | None = None
    identifier: str | None = None
    scope: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """登记机关: its name, its credit code and its division (GB/T 2260)."""

    name: str
    uscc: str
    division: str


@dataclass(frozen=True, slots=True)
class LicenceSubject:
    """The items of 细则 23 for one business, or of 民办非企业单位登记管理暂行条例 12 for one NGO; money in fen.

    `name` may be None for an individual business alone (it may have none), `capital_fen` is None for it always (开办资金
    of an NGO); `term_until` None is 长期. `person` is the operator, investor, or legal representative (负责人 of an NGO
    that is no legal person). `supervising_authority` (业务主管单位) is given for an NGO, and None for a business.
    """

    kind: EntityKind
    form: str
    uscc: str
    name: str | None
    person: str
    capital_fen: int | None
    premises: str
    scope: tuple[ScopeItem, ...]
    established_on: date
    registry: Registry
    term_until: date | None = None
    permits: tuple[Permit, ...] = ()
    supervising_authority: str | None = None


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where the decision stands in the public log: no licence is signed without it."""

    origin: str
    index: int


@dataclass(frozen=True, slots=True)
class Issuance:
    """What the registry adds: issuer, identifier, time (UTC), places in the status list, place in the log.

    `iss` is an https origin without a path. `status_index` is the licence's own place in list `status_list`;
    `permit_indexes` are those of the permits held, in their order.
    """

    iss: str
    identifier: LicenceIdentifier
    issued_at: datetime
    status_list: int
    status_index: int
    log: LogPosition
    permit_indexes: tuple[int, ...] = ()


def build(subject: LicenceSubject, issuance: Issuance) -> dict[str, Any]:
    """Return the claims; raises ValueError when kind and form do not go together or an index is missing."""
    issued = int(issuance.issued_at.timestamp())
    return {
        "iss": issuance.iss,
        "iat": issued,
        "nbf": issued,
        "exp": expiry(issuance.issued_at, subject.term_until),
        "jti": str(issuance.identifier),
        "sub": subject.uscc,
        "vct": issuance.iss + VCT_PATH,
        "status": {
            "status_list": {
                "idx": issuance.status_index,
                "uri": f"{issuance.iss}{STATUS_PATH}{issuance.status_list}",
            }
        },
        "licence": _licence(subject),
        "permits": (permits := [*_held(subject, issuance.permit_indexes), *_due(subject)]),
        "permits_total": len(permits),
        "log": {"origin": issuance.log.origin, "index": issuance.log.index},
    }


def expiry(issued_at: datetime, term_until: date | None) -> int:
    """Return `exp`: ten years on, or the end of the last day of the term in China if that is earlier."""
    day = issued_at.astimezone(CHINA).date()
    last = date(day.year + CODE_YEARS, day.month, min(day.day, 28))
    if term_until is not None:
        last = min(last, term_until)
    return int(datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=CHINA).timestamp())


def issue_day(iat: int) -> date:
    """Return the day in China of a time in seconds: the day a licence is issued is its 成立日期 (条例 21)."""
    return datetime.fromtimestamp(iat, UTC).astimezone(CHINA).date()


def is_ngo(licence: Mapping[str, Any]) -> bool:
    """Tell whether the `licence` claim is the registration certificate of a 民办非企业单位."""
    return licence["type"] in NGO_TYPES


def printed_order(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the scope items of an application (`kind`) as a licence prints them: general, then licensed ones."""
    return sorted(items, key=lambda item: bool(item["kind"] != "general"))  # stable: within a kind as they stood


def items_of(licence: Mapping[str, Any]) -> list[str]:
    """Return all scope items of the `licence` claim in the order in which permits count them."""
    return [item for half in licence["scope"] for item in half["items"]]


def scope_text(licence: Mapping[str, Any]) -> str:
    """Return 经营范围 as it is printed, both halves with their closing sentence, from the `licence` claim.

    业务范围 of an NGO is not told apart into general and licensed items, and has no headings.
    """
    headings = dict.fromkeys(HEADINGS, "") if is_ngo(licence) else {kind: f"{it}：" for kind, it in HEADINGS.items()}
    return "".join(
        f"{headings[half['kind']]}{'；'.join(half['items'])}。（{half['note']}）" for half in licence["scope"]
    )


def _licence(subject: LicenceSubject) -> dict[str, Any]:
    if (subject.kind, subject.form) not in TYPES:
        raise ValueError(f"form {subject.form!r} does not go with kind {subject.kind!r}; one of {sorted(TYPES)}")
    type_text, composition = TYPES[subject.kind, subject.form]
    licence: dict[str, Any] = {}
    if subject.name is not None:
        licence["name"] = subject.name
    licence["type"] = type_text
    if composition is not None:
        licence["composition"] = composition
    licence[ROLES[subject.kind]] = subject.person
    if subject.capital_fen is not None:
        licence["capital_fen"] = subject.capital_fen
    if subject.supervising_authority is not None:
        licence["supervising_authority"] = subject.supervising_authority
    licence["premises"] = subject.premises
    licence["scope"] = [
        {"kind": kind, "items": texts, "note": NGO_NOTE if subject.kind == "ngo" else NOTES[kind]}
        for kind in ("general", "licensed")
        if (texts := [item.text for item in subject.scope if item.kind == kind])
    ]
    licence["established_on"] = subject.established_on.isoformat()
    licence["term"] = (
        {"kind": "long"} if subject.term_until is None else {"kind": "until", "until": subject.term_until.isoformat()}
    )
    registry = subject.registry
    licence["registry"] = {"name": registry.name, "uscc": registry.uscc, "division": registry.division}
    return licence


def _held(subject: LicenceSubject, indexes: tuple[int, ...]) -> list[dict[str, Any]]:
    entries = []
    for permit, index in zip(subject.permits, indexes, strict=True):
        entry: dict[str, Any] = {"type": permit.type, "held": True, "authority": permit.authority}
        entry |= {"number": permit.number, "valid_from": permit.valid_from.isoformat()}
        if permit.valid_to is not None:
            entry["valid_to"] = permit.valid_to.isoformat()
        if permit.identifier is not None:
            entry["id"] = permit.identifier
        if permit.scope:
            entry["scope"] = list(permit.scope)
        entries.append({**entry, "status_idx": index})
    return entries


def _due(subject: LicenceSubject) -> list[dict[str, Any]]:
    """Permits that the scope calls for after registration and that are not held, each once, in the scope's order."""
    held = {permit.type for permit in subject.permits}
    due: dict[str, dict[str, Any]] = {}
    for item in subject.scope:
        if item.post_permit is None or item.post_permit in held or item.post_permit in due:
            continue
        entry: dict[str, Any] = {"type": item.post_permit, "held": False}
        if item.permit_authority is not None:
            entry["authority"] = item.permit_authority
        due[item.post_permit] = entry
    return list(due.values())
