"""Values of the core written as record values: dates and moments as text, mappings and sequences as JSON has them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from audit.errors import MalformedError


def plain(value: Any) -> Any:
    """Return `value` as null, booleans, integers, text, lists and dicts. Raises MalformedError for anything else."""
    if value is None or type(value) in {str, int, bool}:
        return value
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _as_text(value)


def _as_text(value: Any) -> Any:
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    raise MalformedError(f"{value!r} of type {type(value).__name__} has no form in a record")


@lru_cache(maxsize=1024)  # the answers of one gathering share their times
def moment_text(moment: datetime) -> str:
    """Return a moment in UTC to the microsecond, always 27 characters: 2026-11-22T08:00:00.000000Z."""
    if moment.tzinfo is None:
        raise MalformedError(f"the moment {moment.isoformat()} has no time zone; records hold UTC")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: Any, what: str) -> datetime:
    """Return the moment in what `moment_text` wrote. Raises MalformedError naming `what` for any other spelling."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except (TypeError, ValueError) as error:
        raise MalformedError(f"{what} is {text!r}; moments are written 2026-11-22T08:00:00.000000Z") from error
    if moment_text(moment) != text:
        raise MalformedError(f"{what} is {text!r}; moments are written 2026-11-22T08:00:00.000000Z")
    return moment
