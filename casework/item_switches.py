"""The switch of an item: while it is stopped, what the engine would approve goes to a person instead (收权).

A stop works at once: the next decision of the item sees it, and a decision that was made a moment before it is not
recorded but made again, because the record's own transaction reads the switch once more. What was decided stays decided:
an approval that is recorded has its licence issued. An officer may go on approving what was referred.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select

from audit.record import switch_record
from casework.errors import SwitchError
from casework.parts import Parts
from casework.ports import micros, moment
from casework.sent_values import shown
from casework.tables import item_switch, rule_release

MIN_REASON, MAX_REASON = 10, 500  # characters: an applicant is told it
_OF_ITEM = item_switch.c.item == bindparam("of_item")
_LATEST = select(item_switch.c.log_index).where(_OF_ITEM).order_by(item_switch.c.log_index.desc()).limit(1)
_STATE = select(
    select(func.max(rule_release.c.sequence)).scalar_subquery(),
    select(item_switch.c.reason)
    .where(item_switch.c.log_index == _LATEST.scalar_subquery(), item_switch.c.stopped.is_(True))
    .scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class InForce:
    """What decisions of an item depend on beside the case: the newest release, and why the item is stopped, if it is."""

    sequence: int
    stopped: str | None

    def facts(self) -> dict[str, Any]:
        """Return the case fact that tells the engine of the stop."""
        return {} if self.stopped is None else {"item_stopped": self.stopped}


def in_force(connection: Connection, item: str) -> InForce:
    """Return what is in force for an item at this moment; one short question, asked inside the record's transaction."""
    sequence, stopped = connection.execute(_STATE, {"of_item": item}).one()
    return InForce(sequence or 0, stopped)


def read(reader: Engine, item: str) -> InForce:
    """Return the same outside a transaction."""
    with reader.connect() as connection:
        return in_force(connection, item)


def read_reason(document: Mapping[str, Any]) -> str:
    """Return the reason of a stop or resumption as sent. Raises `SwitchError` naming field, value and what is wanted."""
    problems: list[tuple[str, Any, str, str]] = [
        (
            f"/{name}",
            shown(document[name]),
            "没有这一项；只填 reason",
            "there is no such member; state `reason` alone",
        )
        for name in document
        if name != "reason"
    ]
    reason = document.get("reason")
    if not isinstance(reason, str) or not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        chinese = f"须写明理由，{MIN_REASON} 至 {MAX_REASON} 字；停办理由会告知申请人"
        english = (
            f"state the reason in {MIN_REASON} to {MAX_REASON} characters; applicants are told why an item is stopped"
        )
        problems.append(("/reason", shown(reason), chinese, english))
    if problems:
        raise SwitchError(problems)
    return str(reason).strip()


def switch(
    parts: Parts, item: str, *, stopped: bool, reason: str, officer: str
) -> Callable[[Connection], dict[str, Any]]:
    """Return the work that stops or resumes an item: row and leaf in one transaction; its result is the new state.

    The same act by the same officer for the same reason is told again without another leaf (the answer was lost on the
    way). Raises `SwitchError` for an item that is in that state already.
    """

    def work(connection: Connection) -> dict[str, Any]:
        newest = connection.execute(
            select(item_switch).where(_OF_ITEM).order_by(item_switch.c.log_index.desc()).limit(1), {"of_item": item}
        ).one_or_none()
        if (newest is not None and newest.stopped) == stopped:
            if newest is not None and (newest.officer, newest.reason) == (officer, reason):
                return _row(newest)
            chinese, english = ("该事项已经停办", "this item is stopped already") if stopped else (
                "该事项并未停办", "this item is not stopped")  # fmt: skip
            raise SwitchError([("/item", item, chinese, english)])
        now, salt = parts.ports.now(), parts.ports.salt()
        act = "stop" if stopped else "resume"
        leaf = switch_record(item=item, act=act, officer=officer, reason=reason, at=now, salt=salt).leaf
        index = parts.log.append(connection, [leaf], now)[0]
        connection.execute(
            insert(item_switch).values(
                log_index=index, item=item, stopped=stopped, reason=reason, officer=officer, at=micros(now), salt=salt
            )
        )
        return _row(connection.execute(select(item_switch).where(item_switch.c.log_index == index)).one())

    return work


def stopped_items(reader: Engine) -> list[dict[str, Any]]:
    """Return every item that is stopped now, by code, as everybody may see it: without the reason, which may name a person."""
    newest = select(func.max(item_switch.c.log_index)).group_by(item_switch.c.item)
    statement = (
        select(item_switch)
        .where(item_switch.c.log_index.in_(newest), item_switch.c.stopped.is_(True))
        .order_by(item_switch.c.item)
    )
    with reader.connect() as connection:
        found = [_row(row) for row in connection.execute(statement)]
    return [{name: value for name, value in one.items() if name != "reason"} for one in found]


def _row(row: Any) -> dict[str, Any]:
    return {
        "item": row.item,
        "stopped": bool(row.stopped),
        "reason": row.reason,
        "since": moment(row.at).isoformat(),
        "log_index": row.log_index,
    }
