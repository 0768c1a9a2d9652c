"""What a schema error means, in a sentence an applicant can act on, with the place and the value that caused it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from engine.errors import IntakeProblem
from rules.model import Text

# Members whose values are shown masked in every message, because messages end in logs and on shared screens.
PERSONAL = frozenset({"id_number", "mobile", "phone", "email", "home_address", "family_member_names"})
SHOWN = 60  # characters of a value that a message repeats
_TYPES = {
    "object": ("一组字段", "an object"),
    "array": ("列表", "a list"),
    "string": ("文字", "a text"),
    "integer": ("整数", "an integer"),
    "boolean": ("true或false", "true or false"),
    "null": ("null", "null"),
}
Sentences = tuple[str, str, str, str]  # why zh, why en, mend zh, mend en


def pointer(path: Iterable[str | int]) -> str:
    """Write a path as an RFC 6901 pointer.

    >>> pointer(["people", 0, "a/b"])
    '/people/0/a~1b'
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def masked(path: Iterable[str | int], value: Any) -> Any:
    """Return `value` as a message may show it: long texts cut, personal values reduced to their first character.

    >>> masked(["people", 0, "name"], "张小三"), masked(["scope", "main"], "5212")
    ('张**', '5212')
    """
    if isinstance(value, dict | list):
        return None
    steps = list(path)
    if any(step in PERSONAL for step in steps) or ("people" in steps and "name" in steps):
        text = str(value)
        return text[:1] + "*" * min(len(text) - 1, SHOWN) if text else ""
    return value if not isinstance(value, str) or len(value) <= SHOWN else value[:SHOWN] + "…"


def problems_of(error: ValidationError) -> Iterator[IntakeProblem]:
    """Yield the problems that one schema error stands for; a member too many is one problem each."""
    path = list(error.absolute_path)
    keyword = str(error.validator)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if keyword == "additionalProperties" and isinstance(error.instance, Mapping):
        for name in error.instance:
            if name not in schema.get("properties", {}):
                yield _extra_member(path, str(name))
        return
    if keyword in {"required", "dependentRequired"} and isinstance(error.instance, Mapping):
        name = _missing_member(error)
        place = schema.get("properties", {}).get(name, {})
        title = _title(place if isinstance(place, Mapping) else {}, name)
        mend = _mend(place, "请填写这一项。", "Fill it in.")
        why = Text(zh=f"缺少“{title.zh}”（{name}）。", en=f"{title.en} ({name}) is missing.")
        yield IntakeProblem(pointer([*path, name]), None, why, mend)
        return
    sentences = _SENTENCES.get(keyword, _other)(error.validator_value, error.instance)
    title = _title(schema, str(path[-1]) if path else "application")
    why = Text(zh=f"“{title.zh}”{sentences[0]}", en=f"{title.en} {sentences[1]}")
    yield IntakeProblem(pointer(path), masked(path, error.instance), why, _mend(schema, sentences[2], sentences[3]))


def _missing_member(error: ValidationError) -> str:
    """Find which member this error is about: the library words it, quoted, at the beginning of the message."""
    asked: Any = error.validator_value
    names = asked if isinstance(asked, list) else [name for each in asked.values() for name in each]
    return next((str(name) for name in names if error.message.startswith(repr(name))), "")


def _extra_member(path: list[str | int], name: str) -> IntakeProblem:
    shown = name if len(name) <= SHOWN else name[:SHOWN] + "…"
    why = Text(zh=f"表单没有“{shown}”这一项。", en=f"The form has no member {shown!r}.")
    return IntakeProblem(pointer([*path, name]), None, why, Text(zh="请删去这一项。", en="Leave it out."))


def _title(schema: Mapping[str, Any], name: str) -> Text:
    return Text(
        zh=str(schema.get("title") or name or "申请"), en=str(schema.get("x-title-en") or name or "The application")
    )


def _mend(schema: Any, zh: str, en: str) -> Text:
    """Prefer the form's own advice: it knows what the field is for."""
    own = schema.get("x-mend") if isinstance(schema, Mapping) else None
    if isinstance(own, Mapping):
        return Text(zh=str(own.get("zh") or zh), en=str(own.get("en") or en))
    own_en = schema.get("x-mend-en") if isinstance(schema, Mapping) else None
    return Text(zh=str(own or zh), en=str(own_en or en))


def _listed(values: Iterable[Any]) -> str:
    return "、".join("null" if value is None else str(value) for value in values)


def _type(wanted: Any, instance: Any) -> Sentences:
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    zh = "或".join(_TYPES.get(name, (name, name))[0] for name in names)
    en = " or ".join(_TYPES.get(name, (name, name))[1] for name in names)
    found = _TYPES[_type_name(instance)]
    return (f"应为{zh}，现为{found[0]}。", f"must be {en}, not {found[1]}.", f"请填写{zh}。", f"Write {en}.")


def _type_name(instance: Any) -> str:
    names: dict[type, str] = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(instance), "integer")


def _choice(allowed: Any, _instance: Any) -> Sentences:
    listed = _listed(allowed if isinstance(allowed, list | tuple) else [allowed])
    return (
        "不在可选值之内。",
        "is not one of the values of the form.",
        f"请从中选择：{listed}。",
        f"Choose one of: {listed}.",
    )


def _format(name: Any, _instance: Any) -> Sentences:
    if name == "date":
        return (
            "不是日期。",
            "is not a date.",
            "请填写真实日期，形如2026-11-20。",
            "Write a real date such as 2026-11-20.",
        )
    example = "2026-11-20T08:00:00Z"
    return ("不是日期时间。", "is not a date and time.", f"形如{example}。", f"Write it like {example} (RFC 3339).")


def _pattern(_pattern: Any, _instance: Any) -> Sentences:
    return (
        "的写法不对。",
        "is not written as the form asks.",
        "请核对后重新填写。",
        "Check how it is written, and write it again.",
    )


def _limit(zh: str, en: str) -> Callable[[Any, Any], Sentences]:
    def sentences(limit: Any, instance: Any) -> Sentences:
        size = len(instance) if isinstance(instance, str | list | dict) else instance
        why_zh, why_en = zh.format(limit=limit), en.format(limit=limit)
        return (f"{why_zh}，现为{size}。", f"{why_en}; it is {size}.", f"请改为{why_zh}。", f"Change it: it {why_en}.")

    return sentences


def _other(_value: Any, _instance: Any) -> Sentences:
    return ("与表单的要求不符。", "does not agree with the form.", "请对照表单填写。", "Compare it with the form.")


_SENTENCES: Mapping[str, Callable[[Any, Any], Sentences]] = {
    "type": _type,
    "enum": _choice,
    "const": _choice,
    "format": _format,
    "pattern": _pattern,
    "minLength": _limit("不得少于{limit}个字", "must have at least {limit} characters"),
    "maxLength": _limit("不得超过{limit}个字", "must have at most {limit} characters"),
    "minItems": _limit("不得少于{limit}项", "must have at least {limit} entries"),
    "maxItems": _limit("不得超过{limit}项", "must have at most {limit} entries"),
    "minimum": _limit("不得小于{limit}", "must be at least {limit}"),
    "maximum": _limit("不得大于{limit}", "must be at most {limit}"),
    "exclusiveMinimum": _limit("应大于{limit}", "must be more than {limit}"),
    "exclusiveMaximum": _limit("应小于{limit}", "must be less than {limit}"),
    "uniqueItems": lambda _value, _instance: (
        "有重复项。",
        "has the same entry twice.",
        "请删去重复项。",
        "Leave one of them out.",
    ),
}
