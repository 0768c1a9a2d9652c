"""The days that matter to a comparison: the given one, or today and every later day on which an edition begins or ends."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from rules.load import RuleBook
from rules.model import Period


def days_that_matter(books: Iterable[RuleBook], today: date) -> tuple[date, ...]:
    """Return `today` and every later day on which some rule, parameter value, table or item of a book begins or ends."""
    turns = {turn for book in books for period in _periods(book) for turn in _turns(period) if turn > today}
    return (today, *sorted(turns))


def _periods(book: RuleBook) -> Iterator[Period]:
    yield from (rule.rule.in_force for rule in book.rules)
    yield from (value.in_force for parameter in book.parameters for value in parameter.values)
    yield from (table.table.in_force for table in book.functions.tables)
    yield from (item.in_force for item in book.items)


def _turns(period: Period) -> Iterator[date]:
    yield period.from_
    if period.to is not None and period.to < date.max:
        yield period.to + timedelta(days=1)
