"""Bytes to an application: strict JSON, the form, the text itself, the cross-references, all problems at once.

Steps: (1) read strict JSON; a text that cannot be read has one problem, because nothing after it can be trusted. (2)
Validate against the form of the item. (3) Look for characters that hide something. (4) Where the shape holds, look at
the references between people and roles. Every problem of steps 2 to 4 is reported in one answer (一次性告知).
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from engine.application import Application, application_of, mentions, references
from engine.errors import IntakeError, IntakeProblem
from engine.schema import validator_of
from engine.schema_problems import masked, problems_of
from engine.strict_json import StrictJsonError, read_json
from engine.text_hygiene import hidden_characters
from rules.model import Text

MAX_PROBLEMS = 200  # an answer stays readable; the last one then says that there are more
_RETYPE = Text(zh="请重新键入这段文字，不要从其他软件粘贴。", en="Type the text again instead of pasting it.")


def read_application(raw: bytes, form: Mapping[str, Any]) -> Application:
    """Return the application in `raw`. Raises `IntakeError` with every problem: pointer, value, why, mend."""
    return application_in(read_document(raw), raw, form)


def item_code(document: Any) -> str:
    """Return the catalogue code that a document names. Raises `IntakeError` when it names none."""
    code = document.get("item") if isinstance(document, Mapping) else None
    if isinstance(code, str):
        return code
    why = Text(
        zh="申请表须为对象，并在 item 中写明事项编码。",
        en="The application must be an object that names its item in `item`.",
    )
    mend = Text(zh="请在 /v1/items 中选择事项。", en="Choose an item from /v1/items.")
    raise IntakeError([IntakeProblem("/item", None, why, mend)])


def application_in(document: Any, raw: bytes, form: Mapping[str, Any]) -> Application:
    """Return the application in a document that was just read from `raw`. Raises `IntakeError` with every problem."""
    # The validator finds errors one by one: beyond the limit nobody reads them, and a hostile text must not cost seconds.
    errors = islice(validator_of(form).iter_errors(document), MAX_PROBLEMS + 1)
    problems = [problem for error in errors for problem in problems_of(error)]
    shape_holds = not problems
    problems.extend(
        IntakeProblem(place, masked(place.split("/"), text), why, _RETYPE)
        for place, text, why in hidden_characters(document)
    )
    if shape_holds:
        problems.extend(_cross_references(document))
    if problems:
        raise IntakeError(_in_order(problems))
    return application_of(document, raw)


def read_document(raw: bytes) -> Any:
    """Return the JSON document in `raw`. Raises `IntakeError` with the one problem that made it unreadable."""
    try:
        return read_json(raw)
    except StrictJsonError as error:
        spot = error.spot
        why = Text(
            zh=f"第{spot.line}行第{spot.column}列：{error.why.zh}",
            en=f"Line {spot.line}, column {spot.column}: {error.why.en}",
        )
        raise IntakeError([IntakeProblem(spot.pointer, None, why, error.mend)], readable=False) from error


def _cross_references(document: Mapping[str, Any]) -> list[IntakeProblem]:
    problems: list[IntakeProblem] = []
    first: dict[str, int] = {}
    for index, person in enumerate(document["people"]):
        ref = person["ref"]
        if ref in first:
            why = Text(
                zh=f"人员编号{ref}已用于/people/{first[ref]}。",
                en=f"The person reference {ref} already stands at /people/{first[ref]}.",
            )
            mend = Text(zh="请为每个人使用不同的编号。", en="Give each person a reference of their own.")
            problems.append(IntakeProblem(f"/people/{index}/ref", ref, why, mend))
        first.setdefault(ref, index)
    named = [(place, ref) for place, ref, _ in mentions(document)]
    for place, ref in [*named, *references(document)]:
        if ref not in first:
            why = Text(zh=f"人员列表中没有编号{ref}。", en=f"There is no person {ref} in the list of people.")
            mend = Text(
                zh="请在人员列表中补充此人，或更正编号。", en="Add the person to the list, or correct the reference."
            )
            problems.append(IntakeProblem(place, ref, why, mend))
    bearers: dict[tuple[str, str], int] = {}
    for index, person in enumerate(document["people"]):
        bearer = (person["id_type"], person["id_number"].upper())
        if bearer in bearers:
            why = Text(
                zh=f"同一证件号码已用于/people/{bearers[bearer]}，同一人只填写一次。",
                en=f"The same identity number stands at /people/{bearers[bearer]}; one person is entered once.",
            )
            mend = Text(
                zh="请合并为一人，并让各身份引用同一编号。",
                en="Merge the two and let every role name the same reference.",
            )
            masked_number = masked(["people", str(index), "id_number"], person["id_number"])
            problems.append(IntakeProblem(f"/people/{index}/id_number", masked_number, why, mend))
        bearers.setdefault(bearer, index)
    with_role = {ref for _, ref in named}
    listed = {ref for place, ref in references(document) if place.startswith("/beneficial_owner/")}
    for ref, index in first.items():
        if ref not in with_role and ref not in listed:
            why = Text(zh=f"人员{ref}没有任何身份。", en=f"The person {ref} has no role in this application.")
            mend = Text(zh="请为此人指定身份，或将其删去。", en="Give the person a role, or leave the person out.")
            problems.append(IntakeProblem(f"/people/{index}", ref, why, mend))
    return problems


def _in_order(problems: list[IntakeProblem]) -> list[IntakeProblem]:
    """Sort by place with list positions as numbers, and cap the answer."""

    def key(problem: IntakeProblem) -> tuple[list[tuple[int, str]], str]:
        steps = [
            (int(step), "") if step.isdigit() and len(step) < 7 else (-1, step) for step in problem.pointer.split("/")
        ]
        return steps, problem.why.en

    ordered = sorted(problems, key=key)
    if len(ordered) <= MAX_PROBLEMS:
        return ordered
    rest = len(ordered) - MAX_PROBLEMS
    more = Text(zh=f"另有{rest}处问题未列出。", en=f"{rest} more problems are not listed.")
    return [
        *ordered[:MAX_PROBLEMS],
        IntakeProblem("", None, more, Text(zh="请对照表单填写。", en="Compare the document with the form.")),
    ]
