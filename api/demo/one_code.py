"""One paper through its life: five permits are endorsed, one is suspended, a sixth makes a new version; and a pass of an NGO.

Each picture is kept as it was printed, and the status list as it stood, so that the scans can be done again by hand.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.demo.authorities import DIVISION, Office
from api.demo.portal import Portal, Told
from api.demo.processes import DemoError
from licence_qr import strict_json
from licence_qr.token import parts_of
from licence_qr.transport import MOST_JSON
from licence_qr.uscc import NGO, synthetic_block

SHOP = "individual/01-grocery.json"
# Whose permit, its name and number: in the order in which they are endorsed. The first is suspended, the last one added later.
_PERMITS = (
    ("market", "食品经营许可证", "JY13707840001234"),
    ("tobacco", "烟草专卖零售许可证", "370784100123"),
    ("culture", "出版物经营许可证", "新出发鲁零字第G0123号"),
    ("market", "第二类医疗器械经营备案凭证", "鲁潍药监械经营备20260123号"),
    ("health", "公共场所卫生许可证", "鲁卫公证字〔2026〕第370784-0012号"),
    ("medicines", "药品经营许可证", "鲁DB5360123"),
)
_SUSPENSION = "监督检查发现冷藏柜温度不合格，暂停经营待整改 cold storage out of range, until mended"
_CARE_HOME = {
    "name": "安丘市青云养老服务中心",
    "form": "legal_person",
    "representative": "周示例",
    "capital_fen": 30_000_000,
    "supervising_authority": "安丘市民政局",
    "premises": "山东省潍坊市安丘市新安街道青云山路12号",
    "scope": [{"code": "1", "text": "老年人养护、康复服务"}, {"code": "2", "text": "老年人膳食供应"}],
    "established_on": "2024-03-18",
    "term": {"kind": "long"},
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A printed code and the status list it is scanned with, and what a scan of it must say."""

    story: dict[str, str]
    picture: Path
    status: Path
    verdict: str
    reason: str
    permits: list[str]


async def tell(portal: Portal, offices: Mapping[str, Office], told: list[Told], out: Path) -> list[Paper]:
    """Act as the authorities do, print as the holder does, and return the papers. Raises `DemoError`."""
    shop = next(one.case for one in told if one.example.file == SHOP)
    case, holder, registry = shop["id"], shop["licence"]["uscc"], _issuer(shop["licence"]["token"])
    scope = [
        item["code"] for item in json.loads((next(o for o in told if o.case is shop)).example.body)["scope"]["items"]
    ]
    await asyncio.to_thread((out / "one-code").mkdir)
    for permit in _PERMITS[:5]:
        await _endorse(portal, offices, registry, case, holder, permit, scope[:1])
    five = await _print(portal, case, out / "one-code" / "five-permits.png")
    act = json.dumps({"act": "suspend", "reason": _SUSPENSION}).encode()
    await portal.act("POST", f"/v1/licences/{case}/permits/1/status", "market", act)
    before = await _list(portal, out / "one-code" / "status-suspended.jwt")
    await _endorse(portal, offices, registry, case, holder, _PERMITS[5], scope[:1])
    six = await _print(portal, case, out / "one-code" / "six-permits.png")
    home = await _pass(portal, offices, registry, out / "one-code" / "ngo-pass.png")
    after = await _list(portal, out / "status-0.jwt")
    barred = ["suspended", *["held"] * 4]
    return [
        Paper({"zh": "五证一码，食品许可已暂停", "en": "five permits on one code, the food permit suspended"},
              five, before, "valid", "current", barred),
        Paper({"zh": "加印第六证后的旧照", "en": "the same paper after a sixth was added"}, five, after, "not_valid", "replaced", barred),
        Paper({"zh": "新照，六证", "en": "the new paper with six"}, six, after, "valid", "current", [*barred, "held"]),
        Paper({"zh": "民办非企业单位通行证，两证", "en": "the pass of an NGO with two"}, home, after, "valid", "current", ["held"] * 2),
    ]  # fmt: skip


async def _pass(portal: Portal, offices: Mapping[str, Office], registry: str, picture: Path) -> Path:
    """Have civil affairs state a care home, two authorities endorse their permits on it, and print its pass."""
    holder = next(synthetic_block(NGO, DIVISION, 0, 1))
    stated = offices["civil"].certificate(registry, holder, _CARE_HOME)
    made = await portal.act("POST", "/v1/passes", "civil", stated)
    number = made["pass"]["id"]
    for permit in (_PERMITS[0], _PERMITS[4]):
        await _endorse(portal, offices, registry, number, holder, permit, ["2"])
    return await _print(portal, number, picture, role="civil")


async def _endorse(
    portal: Portal, offices: Mapping[str, Office], registry: str, case: str, holder: str, permit: tuple[str, str, str],
    scope: list[str],
) -> None:  # fmt: skip
    code, kind, number = permit
    stated = {"type": kind, "number": number, "valid_from": "2026-01-01", "valid_to": "2030-12-31", "scope": scope}
    await portal.act("POST", f"/v1/licences/{case}/permits", code, offices[code].permit(registry, holder, stated))


async def _print(portal: Portal, case: str, picture: Path, role: str = "portal") -> Path:
    await asyncio.to_thread(picture.write_bytes, await portal.fetch(f"/v1/licences/{case}.png", role))
    return picture


async def _list(portal: Portal, file: Path) -> Path:
    await asyncio.to_thread(file.write_bytes, await portal.fetch("/status/0"))
    return file


def _issuer(token: str) -> str:
    claims = strict_json.read(parts_of(token).payload, limit=MOST_JSON, reason="claims")
    if not isinstance(claims, dict):
        raise DemoError("the licence of the demonstration holds no claims")
    return str(claims["iss"])
