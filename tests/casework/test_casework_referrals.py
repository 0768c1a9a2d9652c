"""The lane for people: what a ruling must hold, and who may refuse."""

import ast
import asyncio
from pathlib import Path

import pytest

from api.service import Service
from casework import referrals
from casework.errors import NotReferredError, RulingError
from casework.referrals import read_ruling
from engine.model import Outcome
from tests.casework.house import submit
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
