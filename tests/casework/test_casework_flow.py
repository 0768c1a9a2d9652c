"""The user's cases: what becomes of an application, from the bytes of a portal to the licence in a phone."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from api.service import Service
from audit.proof import verify_proof
from audit.record import read_record
from casework import referrals
from casework.errors import NotReferredError
from casework.issuing import issue_licence
from casework.tables import decision, licence, rule_set_use
from engine.program import NetworkAnswer, Program
from licence_qr.status_list import StatusBook
from licence_qr.verify import Verdict, verify
from tests.casework.house import INDEX, World, rows, settle, submit, view
from tests.casework.invariants import finished

APPROVAL = {
    "verdict": "approve",
    "reasons": {"zh": "已电话核实经营者本人意愿，情况属实。", "en": "The operator was reached and confirmed it."},
}
REFUSAL = {
    "verdict": "refuse",
    "reasons": {"zh": "拟任法定代表人被列为失信被执行人，未提交修复材料。", "en": "The representative is listed; no proof of delisting."},
    "articles": [{"law": "公司法", "version": "2023-12-29", "article": "178", "paragraph": 1, "item": 5}],
}  # fmt: skip


def leaf(service: Service, index: int) -> bytes:
    with service.flow.parts.reader.connect() as connection:
        return service.flow.parts.log.leaf(connection, index)


def is_logged(service: Service, index: int) -> bool:
    """Verify the inclusion proof of a leaf as an outsider does: from the leaf, the proof and the log's public key."""
    log = service.flow.parts.log
    with service.flow.parts.reader.connect() as connection:
        proof = log.proof(connection, index).to_bytes()
    found, _ = verify_proof(proof, leaf(service, index), log.origin, service.public_log.publication.known)
    return found == index


async def test_an_application_is_approved_and_its_licence_stands_in_the_log(service: Service, world: World) -> None:
    case = await submit(service, "llc/01-software")
    assert (case["state"], case["outcome"]) == ("closed", "approved")
    now = int(world.clock().timestamp())
    read = verify(case["licence"]["token"], service.trust, at=now)
    assert read.authentic.verdict is Verdict.VALID
    assert read.claims is not None
    assert read.claims["sub"] == case["licence"]["uscc"]
    assert read.claims["log"]["index"] == case["decision"]["log_index"]
    assert is_logged(service, case["decision"]["log_index"])
    assert is_logged(service, case["licence"]["log_index"])
    decided = read_record(leaf(service, case["decision"]["log_index"])).content
    assert (decided["kind"], decided["outcome"]) == ("decision", "approved")
    token = service.status_list(0)
    assert token is not None
    book = StatusBook(service.trust)
    book.add(f"{service.settings.host}/status/0", token)
    assert verify(case["licence"]["token"], service.trust, at=now, status=book).headline.verdict is Verdict.VALID


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
async def test_every_example_ends_as_its_story_says(service: Service, world: World, entry: dict) -> None:
    if "down" in entry:
        world.sources.set(entry["down"], "down")
        case = await submit(service, entry["file"].removesuffix(".json"))
        assert case["outcome"] == "waiting"
        assert case["decision"]["waiting_for"] == [entry["down"]]
        world.sources.set(entry["down"])
        world.clock.move(seconds=10)
        await settle(service)
        case = view(service, case["id"])
    else:
        case = await submit(service, entry["file"].removesuffix(".json"))
    assert case["outcome"] == entry["outcome"]
    violated = {found["rule"] for found in case["decision"]["findings"] if found["effect"] not in ("inform", "none")}
    assert violated >= set(entry["rules"])
    assert ("licence" in case) == (entry["outcome"] == "approved")


async def test_defects_are_told_all_at_once_in_both_languages(service: Service) -> None:
    case = await submit(service, "individual/06-several-defects")
    assert (case["state"], case["outcome"]) == ("closed", "fix")
    found = [finding for finding in case["decision"]["findings"] if finding["effect"] == "fix"]
    assert [finding["rule"] for finding in found] == ["A04", "B01", "S07", "S14"]
    for finding in found:
        assert finding["basis"]
        for place in finding["places"]:
            assert all(place[part][language] for part in ("notice", "remedy") for language in ("zh", "en"))
    assert is_logged(service, case["decision"]["log_index"])


async def test_another_counties_case_is_routed(service: Service) -> None:
    case = await submit(service, "individual/12-next-county")
    assert (case["state"], case["outcome"]) == ("closed", "routed")


async def test_an_officer_approves_and_the_licence_names_the_ruling(service: Service) -> None:
    case = await submit(service, "individual/11-many-shops")
    assert (case["state"], case["outcome"]) == ("referred", "referred")
    assert [waiting["application_id"] for waiting in referrals.queue(service.flow.parts.reader)] == [case["id"]]
    document = await service.rule(case["id"], "officer-7", referrals.read_ruling(APPROVAL))
    assert document["title"]["zh"] == "准予登记决定书"
    assert "remedies" not in document
    case = view(service, case["id"])
    assert (case["state"], case["outcome"], case["referral"]["closed"]) == ("closed", "approved", True)
    assert referrals.queue(service.flow.parts.reader) == []
    ruled = read_record(leaf(service, case["ruling"]["log_index"])).content
    assert (ruled["kind"], ruled["act"], len(ruled["officer"])) == (
        "officer",
        "approval",
        64,
    )  # a commitment to the name
    assert ruled["decision"] == case["decision"]["log_index"]
    read = verify(case["licence"]["token"], service.trust, at=int(service.flow.ports.now().timestamp()))
    assert read.claims is not None
    assert read.claims["log"]["index"] == case["ruling"]["log_index"]


async def test_an_officer_refuses_with_reasons_articles_and_both_remedies(service: Service) -> None:
    case = await submit(service, "llc/10-listed-representative")
    document = await service.rule(case["id"], "officer-7", referrals.read_ruling(REFUSAL))
    assert document["title"] == {"zh": "不予登记通知书", "en": "Notice of refusal to register"}
    assert document["facts"] == case["decision"]["findings"]
    assert document["reasons"] == REFUSAL["reasons"]
    assert document["articles"][0]["article"] == "178"
    assert len(document["remedies"]) == 2  # reconsideration and suit, each with its limit and where to go
    assert document["organ"]["phone"]
    case = view(service, case["id"])
    assert (case["state"], case["outcome"]) == ("closed", "refused")
    assert "licence" not in case
    ruled = read_record(leaf(service, case["ruling"]["log_index"])).content
    assert (ruled["kind"], ruled["act"], len(ruled["remedies"])) == ("officer", "refusal", 2)
    assert REFUSAL["reasons"]["zh"] not in leaf(service, case["ruling"]["log_index"]).decode()  # committed to, not told
    with pytest.raises(NotReferredError):
        await service.rule(case["id"], "officer-8", referrals.read_ruling(APPROVAL))


async def test_a_silent_source_is_waited_for(service: Service, world: World) -> None:
    world.sources.set("court", "down")
    case = await submit(service, "individual/14-court-down")
    assert (case["state"], case["outcome"], case["decision"]["waiting_for"]) == ("open", "waiting", ["court"])
    assert case["retry_after"] == 1
    assert await service.loop.round() == 0  # not before its time
    for _ in range(4):  # still silent: asked again, but nothing new is to be said or logged
        world.clock.move(seconds=300)
        assert await service.loop.round() == 1
    assert 8 <= view(service, case["id"])["retry_after"] <= 16  # the pause has grown, and is told
    assert len(rows(service, select(decision))) == 1
    world.sources.set("court")
    world.clock.move(seconds=300)
    await settle(service)
    case = view(service, case["id"])
    assert (case["state"], case["outcome"]) == ("closed", "approved")
    assert "retry_after" not in case
    assert [(row.outcome, row.final) for row in rows(service, select(decision).order_by(decision.c.log_index))] == [
        ("waiting", False), ("approved", True),
    ]  # fmt: skip


async def test_waiting_for_another_source_is_another_decision(service: Service, world: World) -> None:
    world.sources.set("court", "down")
    case = await submit(service, "individual/01-grocery")
    world.sources.set("population", "down")
    world.clock.move(seconds=10)
    await service.loop.round()
    assert view(service, case["id"])["decision"]["waiting_for"] == ["court", "population"]
    assert len(rows(service, select(decision))) == 2


async def test_who_waited_a_day_goes_to_a_person(service: Service, world: World) -> None:
    world.sources.set("court", "down")
    case = await submit(service, "individual/01-grocery")
    world.clock.move(hours=23)
    await service.loop.round()
    assert view(service, case["id"])["outcome"] == "waiting"
    world.clock.move(hours=2)
    await service.loop.round()
    case = view(service, case["id"])
    assert (case["state"], case["outcome"]) == ("referred", "referred")
    assert case["referral"]["grounds"]
    assert case["decision"]["outcome"] == "waiting"  # what the rules said, and a replay will say again
    await service.rule(case["id"], "officer-7", referrals.read_ruling(APPROVAL))
    assert view(service, case["id"])["outcome"] == "approved"


async def test_a_rule_set_is_announced_once_before_its_first_decision(service: Service) -> None:
    for number in range(3):
        await submit(service, "llc/01-software", f"key-{number}")
    assert rows(service, select(func.count()).select_from(rule_set_use)) == [(1,)]
    kinds = [read_record(leaf(service, index)).content["kind"] for index in range(8)]
    assert kinds == ["release", "rule_set", *["decision", "licence"] * 3]


async def test_licences_of_a_day_are_numbered_and_begin_anew_the_next(service: Service, world: World) -> None:
    for key in ("a", "b"):
        await submit(service, "individual/01-grocery", key)
    world.clock.move(days=1)
    await submit(service, "individual/01-grocery", "c")
    serials = [row.serial for row in rows(service, select(licence).order_by(licence.c.log_index))]
    assert [(serial[:8], int(serial[8:])) for serial in serials] == [
        ("20261122", 1), ("20261122", 2), ("20261123", 1),
    ]  # fmt: skip


async def test_approved_before_midnight_and_issued_after_keeps_the_law_of_its_day(
    service: Service, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.clock.at = world.clock.at.replace(hour=15, minute=59, second=59)  # 23:59:59 in Shanghai
    days = []
    rule_set = type(service.flow.parts.book).rule_set
    monkeypatch.setattr(
        type(service.flow.parts.book), "rule_set", lambda book, code, day: days.append(day) or rule_set(book, code, day)
    )
    monkeypatch.setattr("casework.issuing.issue_licence", broken_once(service))
    case = await submit(service, "individual/01-grocery")
    assert (case["state"], case["outcome"]) == ("approved", "approved")
    world.clock.move(minutes=10)
    await settle(service)
    case = view(service, case["id"])
    read = verify(case["licence"]["token"], service.trust, at=int(world.clock().timestamp()))
    assert read.claims is not None
    assert "2026-11-23" in json.dumps(read.claims)  # established on the day of issue (公司法 33)
    assert {day.isoformat() for day in days} == {"2026-11-22"}  # read on the form of the day it was decided
    finished(service)


def broken_once(service: Service):
    """A step 6 that fails the first time, as a bug or a full disk would."""
    tries = []

    def issue(*given):
        tries.append(given)
        if len(tries) == 1:
            raise RuntimeError("王小明")  # an error's text may quote a person
        return issue_licence(*given)

    return issue


async def test_an_error_of_ours_loses_nothing_and_is_tried_again_later_and_later(
    service: Service, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("casework.flow.decide", fail)
        case = await submit(service, "individual/01-grocery")
        assert (case["state"], case["outcome"]) == ("open", None)
        world.clock.move(seconds=1)
        assert await service.loop.round() == 1  # soon, at first
        for _ in range(5):
            world.clock.move(seconds=300)
            assert await service.loop.round() == 1
            assert await service.loop.round() == 0
        world.clock.move(seconds=30)
        assert await service.loop.round() == 0  # by now the pauses are longer than a lease
    measured = service.flow.parts.measures.registry.get_sample_value("miaopi_case_failures_total")
    assert measured == 7
    world.clock.move(seconds=300)
    await settle(service)
    assert view(service, case["id"])["outcome"] == "approved"


async def test_two_evaluators_that_differ_are_a_referral(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(program, *given):
        answer = run(program, *given)
        return NetworkAnswer(
            **{**{name: getattr(answer, name) for name in answer.__slots__}, "violated": frozenset({0})}
        )

    run = Program.run
    monkeypatch.setattr(Program, "run", other)
    case = await submit(service, "individual/01-grocery")
    assert (case["state"], case["outcome"]) == ("referred", "referred")
    assert service.flow.parts.measures.registry.get_sample_value("miaopi_evaluator_disagreements_total") >= 1


async def test_a_restart_in_the_night_changes_nothing(world: World) -> None:
    first = world.open()
    told = await submit(first, "llc/01-software")
    await first.stop()
    world.clock.at += timedelta(days=30)
    second = world.open()
    assert await submit(second, "llc/01-software") == told
