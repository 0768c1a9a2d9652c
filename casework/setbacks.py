"""What becomes of a case that cannot go on: put off and tried again, left to the claim loop, or closed."""

from functools import partial

import structlog

from casework import cases, recording
from casework.cases import Case
from casework.errors import (
    FenceError,
    NameTakenError,
    NoRulesError,
    PoolEmptyError,
    RulesMovedError,
    StoreUnavailableError,
    place_of,
)
from casework.parts import Parts
from casework.ports import micros
from engine.errors import IntakeError
from licence_qr.errors import KeyWindowError
from rules.errors import ItemError

log = structlog.get_logger()
_EXPECTED = (StoreUnavailableError, NoRulesError, RulesMovedError, NameTakenError)


async def put_off(parts: Parts, case: Case, error: Exception) -> None:
    """Give a case back after an error, to be tried again after a pause that doubles; say where, never whose."""
    if isinstance(error, PoolEmptyError):  # the decision stands; the licence follows once codes are allotted
        log.critical("codes.exhausted", case=case.id, reason=str(error))
    elif isinstance(error, KeyWindowError):  # the decision stands; the licence follows once a key may sign again
        log.critical("keys.window_closed", case=case.id, reason=str(error))
    elif isinstance(error, NameTakenError):  # its message quotes a name
        log.error("case.put_off", case=case.id, reason=type(error).__name__)
    elif isinstance(error, _EXPECTED):
        log.error("case.put_off", case=case.id, reason=str(error))
    else:
        parts.measures.failure()
        log.critical("case.failed", case=case.id, error=type(error).__name__, place=place_of(error))
    due = micros(parts.ports.now()) + recording.pause(parts, case)
    try:
        await parts.writer.write(partial(cases.postpone, case=case, due_at=due))
    except (FenceError, StoreUnavailableError) as again:
        # Somebody else has it, or nothing can be written: the lease runs out by itself.
        log.warning("case.not_put_off", case=case.id, reason=type(again).__name__)


async def close_twin(parts: Parts, case: Case, holder: str) -> None:
    """Close a case whose very content is pending or approved already (S21): one confirmation, one licence."""
    problems = recording.twin_problem(parts.reader, case, holder)
    await parts.writer.write(partial(cases.unreadable, case=case, problems=problems))
    parts.measures.outcome("duplicate")


async def close_unreadable(parts: Parts, case: Case, error: IntakeError | ItemError) -> None:
    """Close a case whose bytes are no application, with every problem that was found."""
    problems = recording.intake_problems(error)
    await parts.writer.write(partial(cases.unreadable, case=case, problems=problems))
    parts.measures.outcome("unreadable")


async def take_or_leave(parts: Parts, case_id: str, state: str) -> Case | None:
    """Take up a case in this state; None when another worker has it, or the store fails: then the claim loop takes it."""
    now, lease = micros(parts.ports.now()), parts.limits.lease_us
    try:
        return await parts.writer.write(partial(cases.take, case_id=case_id, state=state, now=now, lease=lease))
    except StoreUnavailableError as error:
        log.warning("case.not_taken", case=case_id, reason=str(error))
        return None
