"""Synthetic licences for tests, vectors and attacks: fixed keys, fixed times, nobody real."""

from dataclasses import replace
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from licence_qr.claims import Issuance, LicenceSubject, LogPosition, Permit, Registry, ScopeItem
from licence_qr.identifiers import BUSINESS_LICENCE, licence_identifier
from licence_qr.issue import Licence, issue, prepare
from licence_qr.keys import FileSigner
from licence_qr.status_list import Status, StatusList, sign_list
from licence_qr.trust import LICENCE_TYP, STATUS_TYP, TrustedKey, TrustList

ISS = "https://licence.anqiu.example"
PAGE = f"{ISS}/v"
LIST_URI = f"{ISS}/status/1"
ISSUED_AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
IAT = int(ISSUED_AT.timestamp())
AT = IAT + 3 * 86_400  # when the specimens are checked
KEY_FROM = IAT - 30 * 86_400


def signer(number: int) -> FileSigner:
    """A key anyone can work out: good for tests, for nothing else."""
    return FileSigner(ec.derive_private_key(0xA11CE0000 + number, ec.SECP256R1()))


LICENCE_KEY, STATUS_KEY, RETIRED_KEY, STOLEN_KEY, FOREIGN_KEY = (signer(number) for number in range(1, 6))

TRUST = TrustList(
    [
        TrustedKey(LICENCE_KEY.public_key, ISS, LICENCE_TYP, KEY_FROM),
        TrustedKey(STATUS_KEY.public_key, ISS, STATUS_TYP, KEY_FROM),
        TrustedKey(RETIRED_KEY.public_key, ISS, LICENCE_TYP, KEY_FROM - 86_400 * 365, KEY_FROM),
        TrustedKey(STOLEN_KEY.public_key, ISS, LICENCE_TYP, KEY_FROM, None, IAT + 3600),
    ]
)

REGISTRY = Registry("安丘市行政审批服务局", "113707847973232955", "370784")
MARKET = "安丘市市场监督管理局"
COMPANY = LicenceSubject(
    kind="llc",
    form="natural_persons",
    uscc="91370784MA0000023W",
    name="安丘市青云山食品有限公司",
    person="王示例",
    capital_fen=100_000_000,
    premises="山东省潍坊市安丘市兴安街道青云山路88号沿街6号商铺",
    scope=(
        ScopeItem("服装服饰零售", "general"),
        ScopeItem("食用农产品批发", "general"),
        ScopeItem("日用百货销售", "general"),
        ScopeItem("快餐服务", "licensed", "食品经营许可证", MARKET),
        ScopeItem("烟草制品零售", "licensed", "烟草专卖零售许可证", "安丘市烟草专卖局"),
    ),
    established_on=date(2026, 11, 20),
    registry=REGISTRY,
    permits=(
        Permit("食品经营许可证", MARKET, "JY23707840001234", date(2026, 11, 1), date(2031, 10, 31), None, (3,)),
        Permit(
            "公共场所卫生许可证",
            "安丘市卫生健康局",
            "鲁卫公证字〔2026〕第370784-0007号",
            date(2026, 11, 1),
            scope=(0, 2),
        ),
    ),
)
SHOP = LicenceSubject(
    kind="individual",
    form="family",
    uscc="92370784MA0000015Y",
    name=None,
    person="李示例",
    capital_fen=None,
    premises="山东省潍坊市安丘市景芝镇南关村中心街12号",
    scope=(ScopeItem("百货零售", "general"), ScopeItem("小吃服务", "licensed", "食品经营许可证")),
    established_on=date(2026, 11, 20),
    registry=REGISTRY,
)
STUDIO = replace(
    SHOP,
    kind="sole_proprietorship",
    form="sole",
    uscc="91370784MA00000152",
    name="安丘市清溪设计工作室",
    person="赵示例",
    capital_fen=5_000_050,
    scope=(ScopeItem("专业设计服务", "general"),),
    term_until=date(2030, 6, 30),
)
# An NGO: registered by civil affairs, under a type that 民政部 numbers (GB/T 36904).
CIVIL_AFFAIRS = Registry("安丘市民政局", "113707840043210125", "370784")
NGO_CERTIFICATE = "11100000000013338W009"
KINDERGARTEN = LicenceSubject(
    kind="ngo",
    form="legal_person",
    uscc="52370784MJE0000134",
    name="安丘市青云幼儿园",
    person="孙示例",
    capital_fen=30_000_000,
    premises="山东省潍坊市安丘市新安街道汶水路6号",
    scope=(ScopeItem("学前教育", "general"), ScopeItem("婴幼儿托育服务", "general")),
    established_on=date(2021, 5, 18),
    registry=CIVIL_AFFAIRS,
    permits=(
        Permit("民办学校办学许可证", "安丘市行政审批服务局", "教民137078460000123", date(2021, 5, 10), scope=(0,)),
        Permit("食品经营许可证", MARKET, "JY33707840005678", date(2026, 3, 1), date(2031, 2, 28), scope=(0, 1)),
    ),
    supervising_authority="安丘市教育和体育局",
)


def issuance(
    serial: int = 1, *, status_index: int = 7, permit_indexes: tuple[int, ...] = (), ngo: bool = False
) -> Issuance:
    issuer, type_code = (CIVIL_AFFAIRS.uscc, NGO_CERTIFICATE) if ngo else (REGISTRY.uscc, BUSINESS_LICENCE)
    return Issuance(
        iss=ISS,
        identifier=licence_identifier(issuer, f"20261120{serial:08d}", type_code=type_code),
        issued_at=ISSUED_AT,
        status_list=1,
        status_index=status_index,
        log=LogPosition("log.anqiu.example", 41),
        permit_indexes=permit_indexes,
    )


def licence(subject: LicenceSubject = COMPANY, *, key: FileSigner = LICENCE_KEY, status_index: int = 7) -> Licence:
    indexes = tuple(100 + number for number in range(len(subject.permits)))
    given = issuance(status_index=status_index, permit_indexes=indexes, ngo=subject.kind == "ngo")
    return issue(prepare(subject, given, kid=key.kid), key)


def status_token(values: dict[int, int] | None = None, *, iat: int = AT - 600, key: FileSigner = STATUS_KEY) -> str:
    entries = StatusList(1024)
    for index, value in (values or {}).items():
        entries.set(index, value)
    return sign_list(entries, uri=LIST_URI, iss=ISS, iat=iat, signer=key)


REVOKED, SUSPENDED, REPLACED = Status.INVALID, Status.SUSPENDED, Status.REPLACED
