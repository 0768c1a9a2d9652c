"""What can go wrong with a case, one class each; the API maps them to problem documents in one place."""

import traceback
from pathlib import Path
from typing import Any


class CaseworkError(Exception):
    """Base of all errors of this package."""


class KeyReusedError(CaseworkError):
    """The idempotency key was used before by the same client with another body."""


class InFlightError(CaseworkError):
    """The same request is being worked on at this moment; ask again shortly."""


class UnknownCaseError(CaseworkError):
    """No case of this client has that id."""


class StoreUnavailableError(CaseworkError):
    """The store could not commit (disk full, I/O error). Nothing of this request may be relied upon."""


class ContentTakenError(CaseworkError):
    """Another case with the very same content is pending or approved; its id is the message."""


class NameTakenError(CaseworkError):
    """Another approval took the same name while this case was being decided; it is decided again."""


class RulesMovedError(CaseworkError):
    """A release or a switch of the item came between the decision and its record; the case is decided again."""


class NoRulesError(CaseworkError):
    """No rule release is live, or the live one does not verify: nothing may be decided."""


class SwitchError(CaseworkError):
    """An item cannot be stopped or resumed; `problems` lists (pointer, value, zh, en)."""

    def __init__(self, problems: list[tuple[str, Any, str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{pointer}: {english}" for pointer, _, _, english in problems))


class StatusError(CaseworkError):
    """A licence or permit cannot change its status so; `problems` lists (pointer, value, zh, en)."""

    def __init__(self, problems: list[tuple[str, Any, str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{pointer}: {english}" for pointer, _, _, english in problems))


class PermitError(StatusError):
    """A permit cannot be added or changed so; `problems` lists (pointer, value, zh, en)."""


class PassError(StatusError):
    """The pass of a 民办非企业单位 cannot be made or changed so; `problems` lists (pointer, value, zh, en)."""


class NotTheirsError(CaseworkError):
    """An authority reached for another's permit or pass, or for the licence itself; its code is the message."""


class NotOursError(CaseworkError):
    """The registry reached for a pass as a whole, or would revoke a permit: that is its authority's, whose code is the message."""

    def __init__(self, authority: str, *, permit: bool = False) -> None:
        """Name the authority; `permit` tells that it was about a permit of it, and not about a pass."""
        self.permit = permit
        super().__init__(authority)


class OverloadedError(CaseworkError):
    """More applications are being decided than can be answered in time. Nothing was accepted."""


class FenceError(CaseworkError):
    """A worker tried to write to a case that it no longer holds; its work is dropped, the other's stands."""


class NotReferredError(CaseworkError):
    """The case is not waiting for an officer."""


class RulingError(CaseworkError):
    """The ruling lacks what the law asks for (reasons, articles); `problems` lists (pointer, zh, en)."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{pointer}: {english}" for pointer, _, english in problems))


class ReissueError(CaseworkError):
    """A licence cannot be issued in a further version; nothing was changed."""


class PoolEmptyError(CaseworkError):
    """No unified social credit code of this kind is left; load a new allotment."""


def place_of(error: BaseException) -> list[str]:
    """Return where an error was raised, innermost last, as `file:line`. Its message is left out: it may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
