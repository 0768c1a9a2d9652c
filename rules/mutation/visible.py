"""Which days a case can look at: those on which some published item is in force. Before them nothing is decided."""

from datetime import date, timedelta

from rules.load import RuleBook
from rules.model import Period

Unseen = tuple[str, str]  # the reason in Chinese and in English
_DAY = timedelta(days=1)


def seen_on(book: RuleBook, day: date, entities: tuple[str, ...] | None = None) -> bool:
    """Tell whether an item for one of `entities` (any by default) is in force on `day`."""
    return any(item.in_force.holds_on(day) and (entities is None or item.entity in entities) for item in book.items)


def seen_during(book: RuleBook, period: Period, entities: tuple[str, ...] | None = None) -> bool:
    """Tell whether an item is in force on some day of `period`."""
    return any(
        (entities is None or item.entity in entities)
        and (item.in_force.to is None or period.from_ <= item.in_force.to)
        and (period.to is None or item.in_force.from_ <= period.to)
        for item in book.items
    )


def unseen_day(day: date) -> Unseen:
    """Say that nothing is decided on `day`."""
    return (
        f"{day} 当日没有任何已公布并施行的事项，不会作出决定",
        f"no published item is in force on {day}, so nothing is decided on that day",
    )


def unseen_period(period: Period) -> Unseen:
    """Say that nothing is decided in a period."""
    end = period.to or ""
    return (
        f"{period.from_} 至 {end} 期间没有任何已公布并施行的事项",
        f"no published item is in force between {period.from_} and {end}",
    )


def moved(period: Period) -> list[tuple[Period, date]]:
    """Return the period with each end one day off, and the day on which that can be seen."""
    first, last = period.from_, period.to
    found = [
        (first + _DAY, last, first),
        (first - _DAY, last, first - _DAY),
    ]
    if last is not None:
        found += [(first, last + _DAY, last + _DAY), (first, last - _DAY, last)]
    return [(Period(from_=begin, to=end), day) for begin, end, day in found if end is None or begin <= end]
