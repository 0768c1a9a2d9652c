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
RESULTS = ("satisfied", "violated", "undetermined", "not_applicable", "absent")
EFFECTS = ("fix", "refer", "bar", "route", "inform", "wait", "none")
OUTCOMES = ("approved", "fix", "waiting", "referred", "routed")
FAILURES = ("unavailable", "stale", "mismatch", "unreadable", "untrusted")
NOT_CASES = ("equivalent.yaml",)
_FILE_KEYS = {"rule", "undetermined", "violated", "cases"}
_CASE_KEYS = {"name", "on", "base", "application", "evidence", "expect"}
_SUBJECT = ("verifier", "subject")
_NEEDED: Mapping[str, type] = {"name": str, "on": date, "base": str, "expect": dict}
_WANTED = {
    "name": "a text",
    "on": "the day of decision, as 2026-11-20",
    "base": "the name of a base application",
    "expect": "a mapping with `rule`",
}
_EXPECTED = {"rule": RESULTS, "outcome": OUTCOMES, "effect": EFFECTS}


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
    effect: str | None = None
    place: Problem | None = None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one rule, and why it can never be undetermined or violated, if it cannot."""

    rule: str
    undetermined: str | None
    violated: str | None
    cases: tuple[Case, ...]


def case_files(folder: Path = CASES) -> Iterator[CaseFile]:
    """Yield every case file, in the order of rule ids. Raises `RuleBookError` with every problem of a file."""
    bases: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name not in NOT_CASES:
            yield _case_file(path, folder, bases)


def _case_file(path: Path, folder: Path, bases: dict[str, Mapping[str, Any]]) -> CaseFile:
    source = read(path, f"cases/{path.name}")
    found = source.value
    if not isinstance(found, dict) or found.get("rule") != path.stem or not isinstance(found.get("cases"), list):
        raise RuleBookError([Problem(source.file, 1, 1, f"want `rule: {path.stem}` and a list of `cases`")])
    problems = [
        source.problem((key,), f"a case file has no {key!r}; it has {', '.join(sorted(_FILE_KEYS))}")
        for key in set(found) - _FILE_KEYS
    ]
    cases: list[Case] = []
    names: set[str] = set()
    for index, entry in enumerate(found["cases"]):
        try:
            if not isinstance(entry, dict):
                raise _CaseError((), f"a case is a mapping of {', '.join(sorted(_CASE_KEYS))}")  # noqa: TRY301 (one road for all)
            name = entry.get("name")
            if name in names:
                raise _CaseError(("name",), f"the name {name!r} stands twice; give each case its own")  # noqa: TRY301 (as above)
            names.add(str(name))
            cases.append(_case(path.stem, entry, folder, bases, source.problem(("cases", index), "")))
        except _CaseError as error:
            problems.append(source.problem(("cases", index, *error.path), str(error)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problems.append(source.problem(("cases", index), f"{type(error).__name__}: {error}"))
    if not found["cases"]:
        problems.append(source.problem(("cases",), "want at least one case"))
    if problems:
        raise RuleBookError(problems)
    return CaseFile(path.stem, found.get("undetermined"), found.get("violated"), tuple(cases))


class _CaseError(ValueError):
    """What is wrong with one case, and at which of its members."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        self.path = path
        super().__init__(message)


def base(name: str, folder: Path = CASES) -> tuple[dict[str, Any], tuple[Answer, ...]]:
    """Return the base application and its evidence, e.g. `base("llc")`."""
    found = read(folder / "base" / f"{name}.yaml", f"cases/base/{name}.yaml").value
    return _signed(found["application"]), _answers(found["evidence"])


def _case(
    rule: str, entry: Mapping[str, Any], folder: Path, bases: dict[str, Mapping[str, Any]], place: Problem
) -> Case:
    _check_form(entry)
    expect = entry["expect"]
    if entry["base"] not in bases:
        path = folder / "base" / f"{entry['base']}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(one.stem for one in (folder / "base").glob("*.yaml")))
            raise _CaseError(("base",), f"there is no base application {entry['base']!r}; there are {known}")
        bases[entry["base"]] = read(path, f"cases/base/{path.name}").value
    start = bases[entry["base"]]
    places = expect.get("places")
    try:
        application = patched(start["application"], entry.get("application", {}))
    except ValueError as error:
        raise _CaseError(("application",), str(error)) from error
    return Case(
        rule=rule,
        name=entry["name"],
        on=entry["on"],
        application=_signed(application),
        evidence=_answers(_with_answers(start["evidence"], entry.get("evidence", ()))),
        result=expect["rule"],
        outcome=expect.get("outcome"),
        places=None if places is None else tuple(places),
        effect=expect.get("effect"),
        place=place,
    )


def _check_form(entry: Mapping[str, Any]) -> None:
    """Raise `_CaseError` for a case with a missing, unknown or unreadable member."""
    for key in entry:
        if key not in _CASE_KEYS:
            raise _CaseError((key,), f"a case has no {key!r}; it has {', '.join(sorted(_CASE_KEYS))}")
    for key, kind in _NEEDED.items():
        if not isinstance(entry.get(key), kind):
            raise _CaseError((key,), f"a case needs {key!r}: {_WANTED[key]}; here is {entry.get(key)!r}")
    _check_expectation(entry["expect"])
    if not isinstance(entry.get("application", {}), Mapping):
        raise _CaseError(("application",), "want a mapping: the members that differ from the base application")
    if not isinstance(entry.get("evidence", []), list):
        raise _CaseError(("evidence",), "want a list of {verifier, subject, value or failure}")
    for index, answer in enumerate(entry.get("evidence", ())):
        _check_answer(index, answer)


def _check_expectation(expect: Mapping[str, Any]) -> None:
    for key, value in expect.items():
        allowed = _EXPECTED.get(key)
        if allowed is None and key != "places":
            known = ", ".join(sorted(_EXPECTED))
            raise _CaseError(("expect", key), f"nothing is expected of {key!r}; want {known}, places")
        if allowed is not None and value not in allowed:
            raise _CaseError(("expect", key), f"expect.{key} is {value!r}; want one of {', '.join(allowed)}")
    if "rule" not in expect:
        raise _CaseError(("expect",), f"expect needs `rule`: one of {', '.join(RESULTS)}")
    if not isinstance(expect.get("places", []), list):
        raise _CaseError(("expect", "places"), "want a list of JSON pointers, such as [/people/1]")


def _check_answer(index: int, answer: Any) -> None:
    if not isinstance(answer, Mapping) or set(answer) not in ({*_SUBJECT, "value"}, {*_SUBJECT, "failure"}):
        raise _CaseError(("evidence", index), "want {verifier, subject} and either value or failure")
    if "failure" in answer and answer["failure"] not in FAILURES:
        raise _CaseError(
            ("evidence", index, "failure"), f"{answer['failure']!r} is no failure; want {', '.join(FAILURES)}"
        )
    if "value" in answer and not isinstance(answer["value"], Mapping):
        raise _CaseError(("evidence", index, "value"), "want the members of the answer that differ from the base")


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
