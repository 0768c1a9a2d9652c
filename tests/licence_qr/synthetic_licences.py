"""Random licences that no dictionary was built from: what sizes and speeds are measured on.

Scope items, permit types and authorities come from the county's catalogues, as they do on real licences; names, persons,
places, dates, serials, permit numbers and indices are drawn. The words names and places are made of stand here and are
not those of `licence_qr/dictionary/vocabulary.yaml`, and one scope item in ten is no standard expression.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml

from licence_qr.claims import Issuance, LicenceSubject, LogPosition, Permit, Registry, ScopeItem
from licence_qr.identifiers import licence_identifier, serial_for
from licence_qr.uscc import ENTERPRISE, synthetic_block

ROOT = Path(__file__).resolve().parents[2]
ISS = "https://licence.anqiu.example"
REGISTRY = Registry("安丘市行政审批服务局", "113707847973232955", "370784")
# Characters that names are made of (Thousand Character Classic, first lines) and family names: nobody's vocabulary.
_SIGNS = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光果珍李柰"
_FAMILIES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_TRADES = ("园艺", "家政", "广告", "装饰", "酒店", "印务", "粮油", "果蔬", "养殖", "汽修", "教育咨询", "健身")
_STREETS = ("和平", "健康", "青年", "永安", "双丰", "向阳", "潍徐", "下小", "人民", "商场", "学府", "汶水")
_FREE = ("手工{}制作", "{}栽培与销售", "{}表演组织", "{}修复", "{}设备租赁")
_PREFIXES = (
    "JY2370784",
    "JY1370784",
    "SC1013707",
    "鲁公特潍字第",
    "鲁卫公证字〔2026〕第370784",
    "370784",
    "鲁潍",
    "B-鲁",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One random licence: what the register holds and what the registry adds."""

    subject: LicenceSubject
    issuance: Issuance


def draw(seed: int, count: int, *, scope: int = 10, permits: int = 5, free: float = 0.1) -> Iterator[Drawn]:
    """Yield `count` licences with so many scope items and permits held; `free` is the share of items in free words."""
    rng = random.Random(seed)
    catalogue, types, authorities = _catalogues()
    for serial in range(1, count + 1):
        signs = "".join(rng.sample(_SIGNS, rng.choice((2, 2, 3, 4))))
        items = [
            ScopeItem(rng.choice(_FREE).format("".join(rng.sample(_SIGNS, 2))), "general")
            if rng.random() < free
            else item
            for item in rng.sample(catalogue, scope)
        ]
        held = tuple(_permit(rng, kind, rng.choice(authorities), scope) for kind in rng.sample(types, permits))
        day = datetime(2026, 1, 5, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(4 * 365 * 86_400))
        subject = LicenceSubject(
            kind="llc",
            form=rng.choice(("natural_persons", "single_person")),
            uscc=_credit_code(rng),
            name=f"安丘市{signs}{rng.choice(_TRADES)}有限公司",
            person=rng.choice(_FAMILIES) + "".join(rng.sample(_SIGNS, rng.choice((1, 2)))),
            capital_fen=rng.choice((10, 30, 50, 100, 200, 500, 1000, 68, 1280)) * 1_000_000,
            premises=_premises(rng),
            scope=tuple(sorted(items, key=lambda item: item.kind)),
            established_on=(day + timedelta(hours=8)).date(),
            registry=REGISTRY,
            term_until=None if rng.random() < 0.7 else date(2031 + rng.randrange(25), 1 + rng.randrange(12), 28),
            permits=held,
        )
        places = tuple(rng.randrange(2**20) for _ in range(permits + 1))
        identifier = licence_identifier(REGISTRY.uscc, serial_for(subject.established_on, 1 + rng.randrange(400)))
        log = LogPosition("log.anqiu.example", rng.randrange(2_000_000))
        yield Drawn(subject, Issuance(ISS, identifier, day, 1 + serial % 4, places[0], log, places[1:]))


def _permit(rng: random.Random, kind: str, authority: str, items: int) -> Permit:
    begins = date(2024, 1, 1) + timedelta(days=rng.randrange(1400))
    ends = None if rng.random() < 0.2 else begins + timedelta(days=rng.choice((3, 5)) * 365)
    number = rng.choice(_PREFIXES) + "".join(rng.choices("0123456789", k=rng.choice((5, 7, 9))))
    covered = tuple(sorted(rng.sample(range(items), min(items, rng.choice((1, 1, 2, 3))))))
    return Permit(kind, authority, number, begins, ends, None, covered)


def _premises(rng: random.Random) -> str:
    town = rng.choice(("兴安街道", "新安街道", "凌河街道", "景芝镇", "石埠子镇", "郚山镇", "柘山镇"))
    number = rng.randrange(1, 400)
    tail = rng.choice(("", f"附{rng.randrange(1, 9)}号", f"{rng.randrange(1, 12)}号楼{rng.randrange(101, 3000)}"))
    return f"山东省潍坊市安丘市{town}{rng.choice(_STREETS)}{rng.choice(('路', '街', '大街', '村'))}{number}号{tail}"


def _credit_code(rng: random.Random) -> str:
    start = rng.randrange(10**6)
    return next(synthetic_block(ENTERPRISE, "370784", start, start + 1))


def _catalogues() -> tuple[list[ScopeItem], list[str], list[str]]:
    items = yaml.safe_load((ROOT / "rules" / "scope_catalogue.yaml").read_text("utf-8"))["items"]
    words = yaml.safe_load((ROOT / "licence_qr" / "dictionary" / "vocabulary.yaml").read_text("utf-8"))
    catalogue = [ScopeItem(item["text"]["zh"], item["kind"]) for item in items if not item["prohibited"]]
    return catalogue, words["permits"], words["authorities"]
