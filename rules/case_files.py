"""Read the case files beside the rules: a small change to a valid application, and what one rule must say of it.

A file `cases/<rule id>.yaml` is `{rule, undetermined?, violated?, cases: [...]}`. `undetermined` and `violated` give
the reason why no application can bring the rule to that result; without it at least one case must expect it. A case is
`{name, on, base, application?, evidence?, expect}`: `base` names a complete application with its evidence in
`cases/base/`; `application` is a JSON merge patch (RFC 7396) over it, with one addition: a mapping whose keys are all
digits, laid over a list, changes the elements with those numbers (the next free number appends, null removes). Each
entry of `evidence` replaces members of the answer that one source gave about one subject, or makes it a failure.

The engine runs the cases; nothing here evaluates a rule.
"""

import copy
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import rfc8785

from rules.errors import Problem, RuleBookError
from rules.yaml_source import read

CASES = Path(__file__).parent / "cases"
AUTO = "auto"
RESULTS = ("satisfied", "violated", "undetermined", "not_applicable")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source said of one subject: `value` as the records of facts.yaml, or the name of a failure."""

    verifier: str
    subject: str
    value: Mapping[str, Any] | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to decide. `application` is plain JSON, its signatures over the content as patched."""

    rule: str
    name: str
    on: date
    application: Mapping[str, Any]
    evidence: tuple[Answer, ...]
    result: str
    outcome: str | None
    places: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one rule, and why it can never be undetermined or violated, if it cannot."""

    rule: str
    undetermined: str | None
    violated: str | None
    cases: tuple[Case, ...]


def case_files(folder: Path = CASES) -> Iterator[CaseFile]:
    """Yield every case file, in the order of rule ids. Raises `RuleBookError` for a file that is not one."""
    bases: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        source = read(path, f"cases/{path.name}")
        found = source.value
        if not isinstance(found, dict) or found.get("rule") != path.stem or not found.get("cases"):
            raise RuleBookError([Problem(source.file, 1, 1, f"want `rule: {path.stem}` and a list of `cases`")])
        cases: list[Case] = []
        for index, entry in enumerate(found["cases"]):
            try:
                cases.append(_case(path.stem, entry, folder, bases))
            except (KeyError, TypeError, ValueError) as error:
                raise RuleBookError([source.problem(("cases", index), f"{type(error).__name__}: {error}")]) from error
        yield CaseFile(path.stem, found.get("undetermined"), found.get("violated"), tuple(cases))


def base(name: str, folder: Path = CASES) -> tuple[dict[str, Any], tuple[Answer, ...]]:
    """Return the base application and its evidence, e.g. `base("llc")`."""
    found = read(folder / "base" / f"{name}.yaml", f"cases/base/{name}.yaml").value
    return _signed(found["application"]), _answers(found["evidence"])


def _case(rule: str, entry: Mapping[str, Any], folder: Path, bases: dict[str, Mapping[str, Any]]) -> Case:
    unknown = set(entry) - {"name", "on", "base", "application", "evidence", "expect"}
    expect = entry["expect"]
    unknown |= set(expect) - {"rule", "outcome", "places"}
    if unknown:
        raise ValueError(f"a case has no {', '.join(sorted(unknown))}")
    if expect["rule"] not in RESULTS:
        raise ValueError(f"expect.rule is {expect['rule']!r}; want one of {', '.join(RESULTS)}")
    if entry["base"] not in bases:
        bases[entry["base"]] = read(folder / "base" / f"{entry['base']}.yaml").value
    start = bases[entry["base"]]
    places = expect.get("places")
    return Case(
        rule=rule,
        name=entry["name"],
        on=entry["on"],
        application=_signed(patched(start["application"], entry.get("application", {}))),
        evidence=_answers(_with_answers(start["evidence"], entry.get("evidence", ()))),
        result=expect["rule"],
        outcome=expect.get("outcome"),
        places=None if places is None else tuple(places),
    )


def patched(target: Any, patch: Any) -> Any:
    """Return `target` with the merge patch applied; neither argument is changed.

    >>> patched({"a": 1, "b": [{"c": 1}, {"c": 2}]}, {"a": None, "b": {"1": {"c": 3}}})
    {'b': [{'c': 1}, {'c': 3}]}
    """
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    if isinstance(target, list) and patch and all(str(key).isdigit() for key in patch):
        return _patched_list(target, {int(key): value for key, value in patch.items()})
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result


def _patched_list(target: list[Any], patch: Mapping[int, Any]) -> list[Any]:
    result = copy.deepcopy(target)
    for index, value in sorted(patch.items()):
        if index > len(result):
            raise ValueError(f"the list has {len(result)} elements; element {index} cannot be patched")
        element = None if value is None else patched(result[index] if index < len(result) else None, value)
        result[index : index + 1] = [element]
    return [element for index, element in enumerate(result) if index not in patch or patch[index] is not None]


def _with_answers(start: Any, patches: Any) -> list[dict[str, Any]]:
    answers = [copy.deepcopy(entry) for entry in start]
    for patch in patches:
        key = (patch["verifier"], patch["subject"])
        known = next((entry for entry in answers if (entry["verifier"], entry["subject"]) == key), None)
        if known is None:
            answers.append(copy.deepcopy(dict(patch)))
        elif "failure" in patch:
            known.pop("value", None)
            known["failure"] = patch["failure"]
        else:
            known["value"] = _with_members(known["value"], patch["value"])
    return answers


def _with_members(value: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Lay members over an answer; unlike in an application, null here is a value (a source has nothing to report)."""
    return {**value, **patch}


def _answers(entries: Any) -> tuple[Answer, ...]:
    return tuple(
        Answer(entry["verifier"], entry["subject"], entry.get("value"), entry.get("failure")) for entry in entries
    )


def _signed(application: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in each `content_digest: auto` with the digest of the content: SHA-256 of RFC 8785 without `signatures`."""
    plain: dict[str, Any] = _with_text_dates(application)
    content = {key: value for key, value in plain.items() if key != "signatures"}
    digest = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
    for signature in plain.get("signatures", ()):
        if signature["content_digest"] == AUTO:
            signature["content_digest"] = digest
    return plain


def _with_text_dates(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_text_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_text_dates(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
