"""The fault switch: how each source misbehaves at the moment, so that others can be tested against it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LONGEST_DELAY = 60_000  # ms


class Fault(StrEnum):
    """One way of misbehaving."""

    NONE = "none"
    SLOW = "slow"  # answers rightly, after `ms`
    DOWN = "down"  # 503, or a broken connection with `mode` refuse
    FLAPPING = "flapping"  # every second request is down
    WRONG_SIGNATURE = "wrong_signature"  # by a stranger's key, under the source's own key id
    STALE = "stale"  # a state of affairs of last year
    GARBAGE = "garbage"  # something else than an answer
    CONTRADICTING = "contradicting"  # says one thing and its opposite
    OTHER_PERSON = "other_person"  # answers about somebody, or something, else


@dataclass(frozen=True, slots=True)
class Setting:
    """A fault with its particulars."""

    fault: Fault = Fault.NONE
    ms: int = 5000  # delay of `slow`
    refuse: bool = False  # `down` breaks the connection instead of answering 503

    @classmethod
    def read(cls, document: object) -> "Setting":
        """Read `{"fault": "slow", "ms": 800}` or `{"fault": "down", "mode": "refuse"}`. Raises `ValueError`."""
        if not isinstance(document, dict) or not document.keys() <= {"fault", "ms", "mode"}:
            raise ValueError("write an object with fault, and ms or mode where it has them")
        names = [fault.value for fault in Fault]
        if document.get("fault") not in names:
            raise ValueError(f"fault {document.get('fault')!r} is unknown; there are {', '.join(names)}")
        ms, mode = document.get("ms", 5000), document.get("mode", "status")
        if type(ms) is not int or not 0 <= ms <= LONGEST_DELAY:
            raise ValueError(f"ms {ms!r} is not a whole number from 0 to {LONGEST_DELAY}")
        if mode not in {"status", "refuse"}:
            raise ValueError(f"mode {mode!r} is unknown; write status or refuse")
        return cls(Fault(document["fault"]), ms, mode == "refuse")

    def document(self) -> dict[str, Any]:
        """Return what `read` reads."""
        return {"fault": self.fault.value, "ms": self.ms, "mode": "refuse" if self.refuse else "status"}


@dataclass(slots=True)
class Faults:
    """The setting of each source, and how many requests it has had."""

    settings: dict[str, Setting] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def next_for(self, source: str) -> Setting:
        """Count a request and return how the source is to treat it: `flapping` becomes `down` or `none`."""
        self.requests[source] = count = self.requests.get(source, 0) + 1
        setting = self.settings.get(source, Setting())
        if setting.fault is Fault.FLAPPING:
            return Setting(Fault.DOWN if count % 2 else Fault.NONE, refuse=setting.refuse)
        return setting


def opposite(claim: dict[str, Any]) -> dict[str, Any]:
    """Return a claim that says something else: the first mark turned round."""
    for member, value in claim.items():
        if isinstance(value, bool):
            return {**claim, member: not value}
    return claim
