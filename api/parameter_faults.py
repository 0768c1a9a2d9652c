"""What is wrong with a parameter of path, query or header, in words of both languages, and how it is mended.

The framework says it in English, in terms of patterns; whoever calls from a form needs to know what is wanted.
"""

from collections.abc import Mapping
from typing import Any

from casework.sent_values import shown

# What each pattern of a route asks for (zh, en); a test holds that every pattern of the description is here.
PATTERNS: Mapping[str, tuple[str, str]] = {
    r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$": (
        "编号：36 个字符的 UUID（小写十六进制，四个连字符）",
        "an id: a UUID of 36 characters, small hexadecimal digits and four hyphens",
    ),
    r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Z]{18})$": (
        "证照编号（36 个字符的 UUID）或 18 位统一社会信用代码（数字与大写字母）",
        "the id of a licence (a UUID of 36 characters) or a credit code of 18 digits and capital letters",
    ),
    r"^[0-9A-Z-]{4,40}$": ("事项编码：4 至 40 个数字、大写字母或连字符", "the code of an item: 4 to 40 digits, capital letters or hyphens"),
    r"^[a-z-]{1,40}$": ("问题代号：1 至 40 个小写字母或连字符", "the name of a problem: 1 to 40 small letters or hyphens"),
    r"^[A-Za-z0-9_-]{43}$": ("密钥指纹（kid）：43 个 base64url 字符", "the thumbprint (kid) of a key: 43 characters of base64url"),
    r"^[a-z0-9_-]{1,40}\.[a-z]{2,5}$": ("页面文件名，如 verify.mjs", "the name of a file of the page, such as verify.mjs"),
    r"^[\x21-\x7e]{1,255}$": ("1 至 255 个可见 ASCII 字符，无空格", "1 to 255 visible ASCII characters, without a space"),
}  # fmt: skip
_BOUNDS = {
    "greater_than_equal": ("ge", "不小于 {} 的整数", "a whole number, {} or more"),
    "less_than_equal": ("le", "不大于 {} 的整数", "a whole number, {} or less"),
    "string_too_long": ("max_length", "不超过 {} 个字符的文字", "text of at most {} characters"),
    "string_too_short": ("min_length", "至少 {} 个字符的文字", "text of at least {} characters"),
}
_NUMBER = ("整数", "a whole number")
_OTHERWISE = ("符合接口说明（/openapi.json）的值", "a value as the description (/openapi.json) has it")


def parameter_fault(fault: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of `errors[]` for one fault that the framework found (`ValidationError.errors()`)."""
    name, place = str(fault["loc"][-1]), str(fault["loc"][0])
    if fault["type"] == "missing":
        why = {"zh": f"缺少参数 {name}。", "en": f"the parameter {name} is missing"}
        return {"parameter": name, "in": place, "why": why, "mend": {"zh": f"请提供 {name}。", "en": f"give {name}"}}
    zh, en = _wanted(fault["type"], fault.get("ctx", {}))
    return parameter_error(name, place, fault.get("input"), zh, en)


def parameter_error(name: str, place: str, value: Any, zh: str, en: str) -> dict[str, Any]:
    """Return the entry of `errors[]` for a parameter; `zh` and `en` name what is wanted."""
    why = {"zh": f"参数 {name} 不符合要求：须为{zh}。", "en": f"the parameter {name} is not valid: it must be {en}"}
    mend = {"zh": f"请将 {name} 改为{zh}。", "en": f"send {en} as {name}"}
    return {"parameter": name, "in": place, "value": shown(value), "why": why, "mend": mend}


def _wanted(kind: str, asked: Mapping[str, Any]) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(asked["pattern"]), _OTHERWISE)
    if kind in ("literal_error", "enum"):
        listed = str(asked["expected"])
        return f"下列之一：{listed.replace(' or ', '、').replace(', ', '、')}", f"one of {listed}"
    if kind in _BOUNDS:
        member, zh, en = _BOUNDS[kind]
        return zh.format(asked[member]), en.format(asked[member])
    return _NUMBER if kind.startswith("int_") else _OTHERWISE
