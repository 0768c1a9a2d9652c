"""One confirmation serves one application, and one name one business, however fast two applications come."""

import asyncio
import json

from sqlalchemy import select

from audit.inputs import Inputs
from audit.record import read_record
from audit.replay import replay
from casework import referrals
from casework.flow import Submission
from casework.tables import content_claim, decision, licence
from engine.application import content_digest
from examples.vary import vary
from tests.casework.house import World, example, rows, submit, view

REFUSAL = {
    "verdict": "refuse",
    "reasons": {"zh": "经核实，申请人不符合登记条件，不予登记。", "en": "The conditions for registration are not met."},
    "articles": [{"law": "市场主体登记管理条例", "version": "2021-07-27", "article": "19"}],
}
LLC = "llc/01-software"


async def send(world: World, service, body: dict, key: str, client: str = "portal") -> dict:
    """Submit a document as it is, confirmed by its people."""
    world.sources.confirm(body)
    raw = json.dumps(body, ensure_ascii=False).encode()
    return view(service, await service.flow.submit(Submission(client, key, raw)))


async def test_the_same_content_under_another_key_gets_no_second_licence(world: World):
    service = world.open()
    first = await submit(service, LLC)
    twin = view(service, await service.flow.submit(Submission("portal", "another key", example(LLC))))
    assert (twin["state"], twin["problem"]) == ("unreadable", "duplicate")
    assert first["id"] in twin["errors"][0]["mend"]["en"]
    assert len(rows(service, select(licence))) == 1


async def test_another_client_is_not_told_whose_it_was(world: World):
    service = world.open()
    first = await submit(service, LLC)
    twin = view(service, await service.flow.submit(Submission("another portal", "key", example(LLC))))
    assert twin["problem"] == "duplicate"
    assert first["id"] not in json.dumps(twin)


async def test_twins_that_come_together_get_one_licence(world: World):
    service = world.open()
    sent = [Submission("portal", f"twin-{number}", example("individual/03-no-name")) for number in range(8)]
    told = [view(service, case) for case in await asyncio.gather(*map(service.flow.submit, sent))]
    assert sorted(case["outcome"] for case in told) == ["approved"] + ["unreadable"] * 7
    assert len(rows(service, select(licence))) == 1


async def test_two_applications_for_one_name_get_one_licence_and_one_notice(world: World):
    service = world.open()
    document = json.loads(example(LLC))
    other = vary(document, 7)
    other["entity"]["name"] = other["articles"]["values"]["company_name"] = document["entity"]["name"]
    other = {**other, "employees": other["employees"] + 1}
    other = _signed(other)
    told = await asyncio.gather(send(world, service, document, "first"), send(world, service, other, "second"))
    assert sorted(case["outcome"] for case in told) == ["approved", "fix"]
    (fixed,) = [case for case in told if case["outcome"] == "fix"]
    assert [finding["rule"] for finding in fixed["decision"]["findings"] if finding["effect"] == "fix"] == ["N18"]


async def test_a_name_of_our_own_is_a_fact_of_the_case_that_replay_sees(world: World):
    service = world.open()
    document = json.loads(example(LLC))
    await send(world, service, document, "first")
    second = await send(world, service, _signed({**document, "employees": document["employees"] + 5}), "second")
    (row,) = rows(service, select(decision).where(decision.c.application_id == second["id"]))
    inputs = Inputs.from_bytes(row.inputs)
    assert [match["full"] for match in inputs.case["own_names"]] == [document["entity"]["name"]]
    parts = service.flow.parts
    with parts.reader.connect() as connection:
        record = read_record(parts.log.leaf(connection, row.log_index))
    rule_set = parts.book.rule_set(inputs.item, inputs.day)
    assert replay(inputs, record, rule_set, service.source_keys) is None
    forgotten = Inputs.from_bytes(row.inputs)
    object.__setattr__(forgotten, "case", {})
    assert replay(forgotten, record, rule_set, service.source_keys) is not None


async def test_what_is_to_be_mended_may_be_sent_again_unchanged(world: World):
    service = world.open()
    document = _signed({**json.loads(example("individual/03-no-name")), "employees": 77})
    raw = json.dumps(document, ensure_ascii=False).encode()
    first = view(service, await service.flow.submit(Submission("portal", "before", raw)))
    assert first["outcome"] == "fix"  # nobody has confirmed this content yet
    assert (await send(world, service, document, "after"))["outcome"] == "approved"


async def test_a_refused_content_is_free_again(world: World):
    service = world.open()
    referred = await submit(service, "individual/11-many-shops")
    await service.rule(referred["id"], "officer-1", referrals.read_ruling(REFUSAL))
    assert rows(service, select(content_claim)) == []
    again = view(service, await service.flow.submit(Submission("portal", "k2", example("individual/11-many-shops"))))
    assert again["outcome"] == "referred"


def _signed(document: dict) -> dict:
    for signature in document["signatures"]:
        signature["content_digest"] = content_digest(document)
    return document
