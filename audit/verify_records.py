"""Step 6 of the check of an export: what the leaves say, each by itself and against those before it.

One application goes through the log in one way only, and whatever else stands there is a fault:

1. any number of decisions that wait for a source, then at most one other, which is final;
2. at most one officer's act, on its newest decision, which was referred or waits (a case that waited too long is given up
   to a person, and its last record then says waiting); after the act there is no further decision;
3. at most one licence, on the leaf that approved: its own decision or the officer's act;
4. further versions of that licence, each replacing the one before: same holder's code, same number, version one higher.

A pass (民办非企业单位) goes through it in another: its authority states it once for a holder's code and may change it; a licence
stands on its newest statement, the first on the statement that added it.

Besides, a licence's number and its holder's code are given once in the whole log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.errors import AuditError, MalformedError
from audit.record import Record, read_record


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an export: the step that found it, the file or leaf, and a sentence."""

    step: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.step}: {self.place}: {self.message}"


@dataclass(slots=True)
class Verification:
    """What the check of an export found. It holds when `faults` is empty."""

    size: int
    counts: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # no fault, and the auditor should know

    def note(self, step: str, place: str, message: object) -> None:
        """Add one fault."""
        self.faults.append(Fault(step, place, str(message)))


def read_records(found: Verification, leaves: list[bytes]) -> list[Record | None]:
    """Return the record of each leaf, None where it is not one, and note what is wrong with them."""
    records: list[Record | None] = []
    history = _History()
    for index, leaf in enumerate(leaves):
        place = f"leaf {index}"
        try:
            record = read_record(leaf)
            for message in history.enter(index, record.content):
                found.note("records", place, message)
            found.counts[record.kind] = found.counts.get(record.kind, 0) + 1
            if record.kind == "decision":
                outcome = str(record.content["outcome"])
                found.outcomes[outcome] = found.outcomes.get(outcome, 0) + 1
            records.append(record)
        except (AuditError, KeyError, TypeError) as error:
            found.note("records", place, error if isinstance(error, AuditError) else f"lacks a member: {error!r}")
            records.append(None)
    return records


@dataclass(slots=True)
class _Case:
    """What the log has said of one application so far: leaf indexes, None for what has not been."""

    decision: int = -1
    outcome: str = "waiting"
    act: int | None = None
    licence: int | None = None


@dataclass(slots=True)
class _History:
    """All applications of the log so far, and which leaf belongs to which of them."""

    cases: dict[str, _Case] = field(default_factory=dict)
    decided: dict[int, str] = field(default_factory=dict)  # leaf of a decision -> application
    approved: dict[int, str] = field(default_factory=dict)  # leaf that approves -> application
    acted: dict[int, str] = field(default_factory=dict)  # leaf of an officer's act -> application
    given: dict[tuple[str, str], int] = field(default_factory=dict)
    numbers: dict[int, tuple[str, str]] = field(default_factory=dict)  # leaf of a licence -> its jti and holder's code

    def enter(self, index: int, content: Mapping[str, Any]) -> list[str]:
        """Take in one leaf, and return what speaks against it. A leaf that is at fault counts as well."""
        kinds = {"decision": self._decision, "officer": self._act, "pass": self._pass, "licence": self._licence}
        enter = kinds.get(content["kind"])
        return [] if enter is None else list(enter(index, content))

    def _decision(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        application, outcome = _text(content, "application_id"), _text(content, "outcome")
        case = self.cases.setdefault(application, _Case())
        if case.act is not None:
            yield f"decides {application} again, on which an officer acted at leaf {case.act}"
        elif case.outcome != "waiting":
            yield f"decides {application} again, which was finally decided ({case.outcome}) at leaf {case.decision}"
        case.decision, case.outcome = index, outcome
        self.decided[index] = application
        if outcome == "approved":
            self.approved[index] = application

    def _act(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        basis = _index(content)
        application = self.decided.get(basis)
        if application is None:
            yield f"is an officer's act on leaf {basis}, which is no earlier decision"
            return
        case = self.cases[application]
        if case.decision != basis:
            yield f"is an officer's act on leaf {basis}, and {application} was decided anew at leaf {case.decision}"
        elif case.outcome not in {"referred", "waiting"}:
            yield f"is an officer's act on leaf {basis}, which is {case.outcome} and was not referred"
        if case.act is not None:
            yield f"is a second officer's act on {application}; the first is leaf {case.act}"
        case.act = index
        self.acted[index] = application
        if content["act"] == "approval":
            self.approved[index] = application

    def _pass(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        """Take in what an authority stated of a pass; whether it may is held in step 12."""
        name, act = f"pass {_text(content, 'uscc')}", _text(content, "act")
        case = self.cases.get(name)
        if act == "add" and case is not None:
            yield f"is a second pass for {content['uscc']}; its newest statement is leaf {case.decision}"
        elif act == "change" and (case is None or case.licence is None):
            yield f"changes the pass of {content['uscc']}, which has none"
        elif act not in {"add", "change"}:
            yield f"has the act {act!r}; a pass is added or changed"
        if case is None:
            case = self.cases[name] = _Case()
        else:
            self.approved.pop(case.decision, None)  # what is stated anew is what a licence stands on from here
        case.decision, case.outcome = index, "stated"
        self.approved[index] = name

    def _licence(self, index: int, content: Mapping[str, Any]) -> Iterator[str]:
        basis = _index(content)
        jti, uscc = _text(content, "jti"), _text(content, "uscc")
        self.numbers[index] = (jti, uscc)
        earlier = None if "replaces" not in content else _index(content, "replaces")
        for name, value in (("jti", jti), ("uscc", uscc)):
            first = self.given.setdefault((name, value), index)
            if first != index and not (name == "uscc" and earlier is not None):
                yield f"{name} {value!r} was already used at leaf {first}"
        application = self.approved.get(basis)
        if application is None:
            known = basis in self.decided or basis in self.acted
            yield f"is a licence, and leaf {basis} " + (
                "does not approve anything" if known else "is no earlier approval"
            )
            return
        case = self.cases[application]
        if earlier is not None:
            yield from self._version(jti, uscc, earlier, case, application)
        elif case.licence is not None:
            yield f"is a second licence for {application}; the first is leaf {case.licence}"
        case.licence = index

    def _version(self, jti: str, uscc: str, earlier: int, case: _Case, application: str) -> Iterator[str]:
        """Hold a further version against the newest one: it replaces that one, and of its number the version alone changes."""
        if case.licence != earlier:
            yield f"replaces leaf {earlier}, and the licence of {application} is leaf {case.licence}"
        old_jti, old_uscc = self.numbers.get(earlier, ("", ""))
        if old_uscc != uscc:
            yield f"replaces leaf {earlier}, which is the licence of another holder"
        serial, version = _serial_and_version(old_jti)
        if _serial_and_version(jti) != (serial, version + 1):
            yield f"replaces leaf {earlier}, and {jti!r} is not the next version of {old_jti!r}"


def _serial_and_version(jti: str) -> tuple[str, int]:
    """Take a GB/T 36904 identifier apart: what stays, and the version before the check character."""
    stays, _, rest = jti.rpartition(".")[0].rpartition(".")
    return stays, int(rest) if rest.isascii() and rest.isdigit() else 0


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content[name]
    if not isinstance(value, str) or not value:
        raise MalformedError(f"the member {name} is {value!r}; it must be text")
    return value


def _index(content: Mapping[str, Any], name: str = "decision") -> int:
    value = content[name]
    if type(value) is not int:  # true is 1 in Python, and is no leaf
        raise MalformedError(f"the member {name} is {value!r}; it must be the number of a leaf")
    return value
