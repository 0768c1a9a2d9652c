"""The names of all divisions of the country, to tell a 字号 that is one of them (名 8) or holds one in front or behind.

The table comes with python-stdnum (`stdnum/cn/loc.dat`, GB/T 2260 as collected by zh.wikipedia, with the years of each
code). Only names in force count. Full names count at every level. Short names (without 省, 市 ...): those of provinces
and prefectures always; those of county-level cities (昆山, 东方) only where they are the whole 字号, because too many are
everyday words (东方红); those of plain counties and of districts not at all (惠民, 和平, 新华), for 名 8 itself excepts a
word that has another meaning.
"""

import re
from functools import cache
from importlib.resources import files

_LINE = re.compile(r'\s+(?P<code>\d{4}) county="(?:\[(?P<years>[^\]]*)\])?(?P<name>[^"]+)"')
_NO_NAMES = ("市辖区", "直辖", "省属", "区属")
_SUFFIXES = ("特别行政区", "地区", "盟", "省", "市")
# Autonomous regions and prefectures: their short names leave the peoples out, so no suffix gives them.
_AUTONOMOUS = frozenset({
    "内蒙古", "广西", "西藏", "宁夏", "新疆", "延边", "恩施", "湘西", "阿坝", "甘孜", "凉山", "黔西南", "黔东南", "黔南", "楚雄", "红河", "文山",
    "西双版纳", "大理", "德宏", "怒江", "迪庆", "临夏", "甘南", "海北", "黄南", "海南", "果洛", "玉树", "海西", "昌吉", "博尔塔拉", "巴音郭楞",
    "克孜勒苏", "伊犁",
})  # fmt: skip
SHORTEST_FULL_NAME = 3  # 郊区 and 城区 are districts, and everyday words


@cache
def national_division_names() -> frozenset[str]:
    """Return the names, full and short, that stand for a division of the country today."""
    return _names()[0] | _names()[1]


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that count anywhere, and those that count only as a whole 字号."""
    found, whole = set(_AUTONOMOUS), set[str]()
    for line in (files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        entry = _LINE.fullmatch(line)
        if entry is None or not (entry["years"] or "-").endswith("-"):  # a code that was given up
            continue
        name = entry["name"]
        if len(name) < SHORTEST_FULL_NAME or any(word in name for word in _NO_NAMES):
            continue
        found.add(name)
        if entry["code"].endswith("00"):
            found.add(_short(name))
        elif name.endswith("市"):
            whole.add(_short(name))
    return frozenset(found), frozenset(whole)


def division_at_an_edge(text: str) -> str | None:
    """Return the longest division name that begins or ends the text and leaves something over, or None."""
    names = _names()[0]
    for length in range(len(text) - 1, 1, -1):
        for piece in (text[:length], text[-length:]):
            if piece in names:
                return piece
    return None


def _short(name: str) -> str:
    stem = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
    return stem if len(stem) >= 2 else name
