"""`iat` of a published list, whatever the clock of the service does."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from api.status_lists import FRESH, StatusLists
from casework.tables import status_act, status_entry, status_list
from licence_qr.status_list import LEEWAY
from tests.licence_qr.specimens import ISS, STATUS_KEY

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.at = NOON

    def __call__(self):
        return self.at

    def forward(self, **given):
        self.at += timedelta(**given)


@pytest.fixture
def made():
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    status_list.metadata.create_all(engine, tables=[status_list, status_entry, status_act])
    clock = Clock()
    yield StatusLists(engine, STATUS_KEY, ISS, clock), clock, engine
    engine.dispose()


def since_noon(lists):
    return lists.get(0).issued_at - int(NOON.timestamp())


def test_one_wrong_reading_of_the_clock_is_over_with_the_next(made):
    """Without that all lists would be of a month ahead, which nobody believes, until the service is started again."""
    lists, clock, _ = made
    assert since_noon(lists) == 0
    clock.forward(days=30)
    assert since_noon(lists) == 30 * 86_400
    clock.forward(days=-30, seconds=5)
    assert since_noon(lists) == 5
    assert lists.index()["lists"][0]["issued_at"] - int(NOON.timestamp()) == 5
    clock.forward(days=2)
    assert since_noon(lists) == 2 * 86_400 + 5


def test_a_clock_that_is_a_little_behind_takes_no_list_back(made):
    lists, clock, _ = made
    assert since_noon(lists) == 0
    clock.forward(seconds=-LEEWAY)
    lists.changed(0)
    assert since_noon(lists) == 0
    clock.forward(seconds=-1)
    lists.changed(0)
    assert since_noon(lists) == -LEEWAY - 1
    clock.forward(seconds=FRESH)
    assert since_noon(lists) == FRESH - LEEWAY - 1


def test_an_act_that_was_recorded_under_a_wrong_clock_holds_no_list_ahead(made):
    lists, clock, engine = made

    def recorded(number, **ahead):
        at = int((NOON + timedelta(**ahead)).timestamp()) * 1_000_000
        act = {"log_index": number, "application_id": "a", "act": "suspend", "reason": "r", "officer": "o", "salt": b""}
        with engine.begin() as connection:
            connection.execute(status_act.insert().values(at=at, **act))

    recorded(1, seconds=90)
    assert since_noon(lists) == 90, "the act is the newest thing there is"
    recorded(2, days=30)
    clock.forward(seconds=FRESH)
    lists.changed()
    assert since_noon(lists) == FRESH
