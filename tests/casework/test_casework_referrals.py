"""The lane for people: what a ruling must hold, and who may refuse."""

import ast
import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.service import Service
from casework import referrals
from casework.errors import NotReferredError, RulingError
from casework.referrals import deadline, read_ruling
from engine.model import Outcome
from rules.load import load_rule_book
from tests.casework.house import submit, view
from tests.casework.test_casework_flow import APPROVAL, REFUSAL

ARTICLE = REFUSAL["articles"][0]


def pointers(document) -> list[str]:
    with pytest.raises(RulingError) as found:
        read_ruling(document)
    assert all(zh and en for _, zh, en in found.value.problems)
    return [pointer for pointer, _, _ in found.value.problems]


def test_a_complete_ruling_is_read():
    ruling = read_ruling(REFUSAL)
    assert ruling.verdict == "refuse"
    assert ruling.articles[0].paragraph == 1
    assert read_ruling(APPROVAL).articles == ()


def test_everything_that_is_missing_is_told_at_once():
    assert pointers({}) == ["/verdict", "/reasons"]
    assert pointers({"verdict": "refuse"}) == ["/reasons", "/articles"]
    assert pointers({"verdict": "refuse", "reasons": {"zh": "不符合", "en": "no"}}) == [
        "/reasons/zh", "/reasons/en", "/articles",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"verdict": "close"}, ["/verdict"]),
        ({"verdict": ["refuse"]}, ["/verdict"]),
        ({"reasons": None}, ["/reasons"]),
        ({"reasons": {"zh": "只有中文的理由是不够的。"}}, ["/reasons"]),
        ({"reasons": {"zh": "理" * 4001, "en": "r" * 4001}}, ["/reasons/zh", "/reasons/en"]),
        ({"reasons": {"zh": " " * 40, "en": " " * 40}}, ["/reasons/zh", "/reasons/en"]),
        ({"articles": []}, ["/articles"]),
        ({"articles": None}, ["/articles"]),
        ({"articles": [ARTICLE] * 21}, ["/articles"]),
        ({"articles": [ARTICLE, {"law": 7, "article": []}]}, ["/articles/1/law", "/articles/1/article"]),
        ({"articles": [ARTICLE, "178"]}, ["/articles/1"]),
    ],
)
def test_a_ruling_that_is_not_complete_is_not_read(change, where):
    found = pointers({**REFUSAL, **change})
    assert [pointer for pointer in found if not pointer.endswith("/version")] == where


def test_the_engine_has_no_word_for_refusal():
    assert {outcome.value for outcome in Outcome} == {"approved", "fix", "referred", "routed", "waiting"}


def test_only_the_officers_lane_writes_a_refusal():
    """`refused` and `refusal` stand in one module of casework, which is called with an officer's name, and where rows are read."""
    folder = Path(referrals.__file__).parent
    speakers = {
        file.name
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and node.value in ("refused", "refusal")
    }
    assert speakers == {"referrals.py", "views.py"}
    assert "update(" not in (folder / "views.py").read_text()
    assert "insert(" not in (folder / "views.py").read_text()


async def test_a_case_that_is_not_referred_takes_no_ruling(service: Service):
    case = await submit(service, "individual/06-several-defects")
    for ruling in (APPROVAL, REFUSAL):
        with pytest.raises(NotReferredError):
            await service.rule(case["id"], "officer-7", read_ruling(ruling))
    with pytest.raises(NotReferredError):
        await service.rule("no such case", "officer-7", read_ruling(REFUSAL))


async def test_a_ruling_sent_twice_is_made_once(service: Service):
    case = await submit(service, "llc/10-listed-representative")
    first = await service.rule(case["id"], "officer-7", read_ruling(REFUSAL))
    size = service.flow.parts.writer.published
    assert await service.rule(case["id"], "officer-7", read_ruling(REFUSAL)) == first
    assert service.flow.parts.writer.published == size
    for officer, other in (
        ("officer-8", REFUSAL),
        ("officer-7", APPROVAL),
        ("officer-7", {**REFUSAL, "articles": [ARTICLE, ARTICLE]}),
    ):
        with pytest.raises(NotReferredError):
            await service.rule(case["id"], officer, read_ruling(other))


async def test_of_two_officers_one_rules(service: Service):
    case = await submit(service, "individual/11-many-shops")
    answers = await asyncio.gather(
        service.rule(case["id"], "officer-7", read_ruling(APPROVAL)),
        service.rule(case["id"], "officer-8", read_ruling(REFUSAL)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [dict, NotReferredError]


async def test_the_queue_is_in_order_and_names_the_grounds(service: Service, world):
    first = await submit(service, "individual/11-many-shops")
    world.clock.move(minutes=1)
    second = await submit(service, "individual/09-deceased")
    queue = referrals.queue(service.flow.parts.reader)
    assert [waiting["application_id"] for waiting in queue] == [first["id"], second["id"]]
    assert "S11" in queue[1]["grounds"]
    assert queue[0]["due_at"] > queue[0]["referred_at"] >= queue[0]["received_at"]
    assert len(referrals.queue(service.flow.parts.reader, limit=1)) == 1


@pytest.mark.parametrize(
    ("received", "due", "provisional"),
    [
        ("2026-09-30T08:00", "2026-10-10T15:59:59", False),  # 1 to 7 October off; 8, 9 and Saturday 10 October worked
        ("2026-02-13T02:00", "2026-02-25T15:59:59", False),  # Saturday 14 February worked, 15 to 23 February off
        ("2026-05-07T02:00", "2026-05-11T15:59:59", False),  # Friday, the made-up Saturday 9 May, Monday
        ("2026-11-20T15:59", "2026-11-25T15:59:59", False),  # still Friday in Shanghai
        ("2026-11-20T16:00", "2026-11-25T15:59:59", False),  # Saturday in Shanghai
        ("2026-11-22T02:00", "2026-11-25T15:59:59", False),  # received on a Sunday
        ("2026-12-28T02:00", "2026-12-31T15:59:59", False),
        (
            "2026-12-29T02:00",
            "2027-01-01T15:59:59",
            True,
        ),  # of 2027 nothing is published: counted as it falls in the week
    ],
)
def test_a_deadline_counts_working_days_from_the_day_of_receipt(received, due, provisional):
    book = load_rule_book()
    item = next(item for item in book.items if item.statutory_limit.working_days == 3)
    found = deadline(datetime.fromisoformat(received).replace(tzinfo=UTC), item, book.calendar)
    assert (found.at, found.provisional) == (datetime.fromisoformat(due).replace(tzinfo=UTC), provisional)


async def test_a_referral_at_the_end_of_the_published_calendar_is_marked(service: Service, world):
    world.clock.move(days=38)  # to 30 December
    case = await submit(service, "individual/11-many-shops")
    (waiting,) = referrals.queue(service.flow.parts.reader)
    told = view(service, case["id"])["referral"]
    assert told["due_at"] == waiting["due_at"] == "2027-01-04T15:59:59+00:00"
    assert told["due_provisional"] is waiting["due_provisional"] is True
