"""Releases while cases are under way: each case is of one book from intake to licence, and nothing unsigned ever decides."""

import asyncio
import json

import pytest
from sqlalchemy import delete, insert, select, update

from api.local_signers import local_signers
from audit.record import read_record
from audit.release_errors import ReleaseError
from casework import book_folders, flow, item_switches, referrals, releasing
from casework.errors import NoRulesError, SwitchError
from casework.flow import Submission
from casework.item_switches import read_reason
from casework.ports import STEPS
from casework.tables import decision, item_switch, licence, rule_bundle, rule_release, rule_set_use
from rules.bundle import digest_of, pack, read_folder
from rules.errors import Problem, RuleBookError
from tests.casework import invariants
from tests.casework.house import example, rows, settle, submit, view
from tests.support.rule_releases import release_for, rollback_members

LLC, ITEM = "llc/01-software", "00013112700401"
WHY = "法律修订尚未落实，暂停自动审批 the law changed"
APPROVAL = {"verdict": "approve", "reasons": {"zh": "经核查材料齐全属实，准予登记。", "en": "checked in person and found true"},
            "articles": []}  # fmt: skip


async def publish(service, book, **changed):
    return await service.publish_rules(*release_for(service, book, **changed), "releaser-1")


def leaves(service):
    parts = service.flow.parts
    with parts.reader.connect() as connection:
        head = parts.log.head(connection)
        return [read_record(leaf).content for leaf in parts.log.leaves(connection, 0, head.size)]


def require_one_book_each(service):
    """What the log must show: each decision on the book of the newest release before it; each licence after its decision."""
    live, announced = None, set()
    for content in leaves(service):
        if content["kind"] == "release":
            live = content["book"]
        elif content["kind"] == "rule_set":
            announced.add((content["digest"], content["book"]))
        elif content["kind"] == "decision":
            assert (content["rule_set"], live) in announced
    books = service.flow.parts.books
    for row in rows(service, select(decision)):
        day = service.flow.parts.today(service.flow.ports.now())
        assert (
            books.get(row.book_digest).rule_set(json.loads(row.view)["item"]["code"], day).digest == row.rule_set_digest
        )
    decided = {row.application_id for row in rows(service, select(decision)) if row.final}
    assert {row.application_id for row in rows(service, select(licence))} <= decided


def test_a_new_home_has_the_packaged_book_as_release_one_signed_by_two_local_keys(service):
    (row,) = rows(service, select(rule_release))
    assert (row.sequence, row.activated_by, row.log_index) == (1, "local", 0)
    assert service.flow.parts.books.live().sequence == 1
    for key in ("release-author.pem", "release-approver.pem"):
        assert (service.settings.keys / key).stat().st_mode & 0o777 == 0o600


async def test_a_release_decides_from_the_next_application_on(service, newer):
    first = await submit(service, LLC, "before")
    told = await publish(service, newer)
    second = await submit(service, LLC, "after")
    assert (told["sequence"], told["live"]) == (2, True)
    assert first["decision"]["rule_set"] != second["decision"]["rule_set"]
    assert [row.book_digest for row in rows(service, select(decision).order_by(decision.c.log_index))][
        1
    ] == newer.digest
    found = next(one for one in leaves(service) if one.get("sequence") == 2)
    assert found["changes"] == {"added": [], "changed": ["parameter contribution_term"], "removed": []}
    assert service.explain(
        second["decision"]["id"], {**second["decision"], "application_id": second["id"]}, whole=True
    )["rule_set_held"]
    assert service.explain(first["decision"]["id"], {**first["decision"], "application_id": first["id"]}, whole=True)[
        "rule_set_held"
    ]
    require_one_book_each(service)


async def test_the_same_release_sent_again_is_told_again_and_logged_once(service, newer):
    note, bundle = release_for(service, newer)
    once = await service.publish_rules(note, bundle, "releaser-1")
    assert await service.publish_rules(note, bundle, "releaser-1") == once
    assert len(rows(service, select(rule_release))) == 2


async def test_a_release_that_comes_while_sources_are_asked_makes_the_case_decide_anew(service, world, newer):
    note, bundle = release_for(service, newer)
    pending = [note]

    async def before(_source):
        if pending:
            pending.clear()
            await service.publish_rules(note, bundle, "releaser-1")

    world.sources.before = before
    told = await submit(service, LLC)
    (row,) = rows(service, select(decision))
    assert row.book_digest == newer.digest
    assert told["outcome"] in ("approved", "fix")
    require_one_book_each(service)


POINTS = [f"{step}:{when}" for step in STEPS for when in ("before", "after")]


@pytest.mark.parametrize("point", POINTS)
async def test_a_release_at_every_point_of_a_case_mixes_nothing(service, newer, monkeypatch, point):
    """The release comes from outside (a row and a leaf of the same database) exactly when the case passes this point."""
    parts = service.flow.parts
    note, bundle = release_for(service, newer)
    release, book = releasing.verified(parts, note, bundle)
    waiting = [point]

    def failpoint(name):
        if waiting and name == waiting[0]:
            waiting.clear()
            parts.writer.write_now(releasing.activate(parts, release, bundle, book, "another process"))

    monkeypatch.setattr(flow, "failpoint", failpoint)
    told = await submit(service, LLC)
    if told["state"] != "closed":
        await settle(service)
    assert not waiting
    row = rows(service, select(decision))[-1]
    early = POINTS.index(point) < POINTS.index("record:after")
    assert (row.book_digest == newer.digest) is early  # decided after the release: on its book; before it: on the old
    assert parts.books.live().sequence == 2 or not early
    await service.loop.round()
    assert parts.books.live().sequence == 2  # the claim round notices what another process published
    require_one_book_each(service)
    invariants.finished(service)


async def test_an_approved_case_is_issued_on_its_own_book_after_a_release_and_a_restart(make_world, newer):
    world = make_world(codes=0)  # no code is left, so the licence waits
    service = world.open()
    told = await submit(service, LLC)
    assert told["state"] == "approved"
    await publish(service, newer)
    world.close()
    service = world.open()
    world.allot(service, 2)
    world.clock.move(seconds=600)
    await settle(service)
    (row,) = rows(service, select(decision))
    assert service.flow.parts.books.live().book.digest == newer.digest != row.book_digest
    assert view(service, told["id"])["licence"]
    require_one_book_each(service)


async def test_no_licence_without_the_book_of_its_decision(make_world, newer):
    world = make_world(codes=0)
    service = world.open()
    told = await submit(service, LLC)
    await publish(service, newer)
    first = rows(service, select(rule_release).order_by(rule_release.c.sequence))[0]
    service.flow.parts.writer.write_now(
        lambda connection: connection.execute(
            update(rule_release).where(rule_release.c.sequence == 1).values(note=b"{}\n")
        )
    )
    world.close()
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    service = world.open()
    world.allot(service, 2)
    for _ in range(3):
        world.clock.move(seconds=600)
        await service.loop.round()
    assert view(service, told["id"])["state"] == "approved"
    with pytest.raises(NoRulesError, match="does not verify"):
        service.flow.parts.books.get(first.book_digest)
    # The row is put back, and the licence follows.
    service.flow.parts.writer.write_now(
        lambda connection: connection.execute(
            update(rule_release).where(rule_release.c.sequence == 1).values(note=first.note)
        )
    )
    world.clock.move(seconds=600)
    await settle(service)
    assert view(service, told["id"])["licence"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("note", lambda row: row.note.partition(b"\n\n")[0] + b"\n", "stripped"),
        ("note", lambda row: row.note.rpartition(b"\n\xe2\x80\x94")[0] + b"\n", "too-few-signers"),
        ("note", lambda row: row.note.replace(b'"sequence":2', b'"sequence":3', 1), "bad-signature"),
        ("book_digest", lambda row: "0" * 64, "replayed"),
    ],
)
async def test_a_tampered_live_release_stops_a_start(make_world, newer, column, value, reason):
    world = make_world()
    service = world.open()
    await publish(service, newer)
    row = rows(service, select(rule_release).where(rule_release.c.sequence == 2))[0]
    changed = update(rule_release).where(rule_release.c.sequence == 2).values({column: value(row)})
    service.flow.parts.writer.write_now(lambda connection: connection.execute(changed))
    world.close()
    with pytest.raises(RuntimeError, match=f"rule release 2 does not verify: {reason}"):
        world.open()


async def test_a_tampered_bundle_stops_a_start(make_world, newer):
    world = make_world()
    service = world.open()
    await publish(service, newer)
    row = rows(
        service, select(rule_bundle).where(rule_bundle.c.digest != rows(service, select(rule_release))[0].bundle_digest)
    )[0]
    content = row.content.replace(b"value: P3Y", b"value: P9Y")
    service.flow.parts.writer.write_now(
        lambda connection: connection.execute(
            update(rule_bundle).where(rule_bundle.c.digest == row.digest).values(content=content)
        )
    )
    world.close()
    with pytest.raises(RuntimeError, match=r"changed-file: parameters/company\.yaml"):
        world.open()


async def test_a_release_of_another_process_that_does_not_verify_stops_decisions_and_loses_no_case(
    service, world, newer
):
    first = rows(service, select(rule_release))[0]
    forged = {**first._mapping, "sequence": 2, "manifest_digest": "1" * 64, "log_index": 999}
    service.flow.parts.writer.write_now(lambda connection: connection.execute(insert(rule_release).values(forged)))
    await service.loop.round()
    with pytest.raises(NoRulesError, match="rule release 2 does not verify: replayed"):
        await service.flow.submit(Submission("portal", "k", example(LLC)))
    assert any(fault.startswith("rules: rule release 2") for fault in service.faults())
    service.flow.parts.writer.write_now(
        lambda connection: connection.execute(delete(rule_release).where(rule_release.c.sequence == 2))
    )
    await service.loop.round()
    assert (await submit(service, LLC))["outcome"] == "approved"


async def test_a_home_with_pinned_signers_and_no_release_accepts_nothing_until_the_first_is_published(
    make_world, newer
):
    world = make_world("pinned")
    signers = local_signers(world.settings)
    pinned = world.settings.release_signers_file().rename(world.settings.home / "pinned.json")
    world.settings = world.settings.model_copy(update={"release_signers": pinned})
    service = world.open()
    with pytest.raises(NoRulesError, match="no rule release is live: prepare and sign one"):
        await service.flow.submit(Submission("portal", "k", example(LLC)))
    assert any("no rule release is live" in fault for fault in service.faults())
    with pytest.raises(ReleaseError) as refused:
        await service.publish_rules(*release_for(service, newer, signers, kind="packaged", gate={}), "releaser-1")
    assert refused.value.reason == "gate-missing"
    await service.publish_rules(*release_for(service, newer, signers), "releaser-1")
    assert (await submit(service, LLC))["decision"]
    require_one_book_each(service)


async def test_a_rollback_is_a_new_release_of_a_book_that_was_live(service, newer):
    packaged = service.flow.parts.books.live().book
    await publish(service, newer)
    with pytest.raises(ReleaseError) as refused:
        await publish(service, newer, **rollback_members({"sequence": 1}))
    assert refused.value.reason == "unknown-book"
    told = await publish(service, packaged, **rollback_members({"sequence": 1}))
    assert (told["sequence"], told["book"]) == (3, packaged.digest)
    assert len(rows(service, select(rule_bundle))) == 2  # by content: no second copy
    assert (await submit(service, LLC))["outcome"] == "approved"
    require_one_book_each(service)


async def test_an_announcement_names_set_and_book(service, newer):
    await submit(service, LLC, "one")
    await publish(service, newer)
    await submit(service, LLC, "two")
    assert {row.book for row in rows(service, select(rule_set_use))} == {
        newer.digest, service.flow.parts.books.get(rows(service, select(rule_release))[0].book_digest).digest
    }  # fmt: skip


def test_a_folder_of_a_book_that_was_edited_is_put_back(tmp_path, newer):
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    files = read_folder(newer.folder)
    bundle = digest_of(pack(files))
    kept = book_folders.book_of_files(newer.digest, bundle, files, tmp_path).folder
    (kept / "facts.yaml").write_text("edited")
    (kept / "law" / ".facts.yaml.swp").write_text("left by an editor: no bundle holds such a name")
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    again = book_folders.book_of_files(newer.digest, bundle, files, tmp_path)
    assert again.folder == kept
    assert read_folder(kept) == files
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


async def test_rules_that_do_not_load_are_never_live(service, tmp_path, newer, monkeypatch):
    def broken(_folder):
        raise RuleBookError([Problem("law/x.yaml", 3, 1, "no such field")])

    monkeypatch.setattr(book_folders, "load", broken)
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    with pytest.raises(ReleaseError) as refused:
        await publish(service, newer)
    assert (refused.value.reason, "law/x.yaml:3:1" in str(refused.value)) == ("book-broken", True)
    assert service.flow.parts.books.live().sequence == 1


# The switch of an item.


async def test_a_stopped_item_goes_to_a_person_and_is_told_why(service):
    told = await service.switch_item(ITEM, "officer-7", WHY, stopped=True)
    assert (told["stopped"], told["reason"]) == (True, WHY)
    case = await submit(service, LLC)
    assert case["outcome"] == "referred"
    assert "H02" in json.dumps(case["decision"], ensure_ascii=False)
    other = await submit(service, "individual/01-grocery")
    assert other["outcome"] == "approved"  # another item goes on
    kinds = [content["kind"] for content in leaves(service)]
    assert kinds.count("switch") == 1
    assert WHY not in json.dumps(leaves(service), ensure_ascii=False)  # a commitment: it may name a person
    await service.switch_item(ITEM, "chief-1", "已核对新条文，恢复自动审批", stopped=False)
    assert (await submit(service, LLC, "again"))["outcome"] == "approved"


async def test_an_officer_may_approve_what_a_stop_referred(service):
    await service.switch_item(ITEM, "officer-7", WHY, stopped=True)
    case = await submit(service, LLC)
    await service.rule(case["id"], "officer-7", referrals.read_ruling(APPROVAL))
    assert view(service, case["id"])["licence"]


@pytest.mark.parametrize("point", POINTS)
async def test_a_stop_at_any_point_before_the_record_keeps_the_approval_back(service, monkeypatch, point):
    parts = service.flow.parts
    waiting = [point]

    def failpoint(name):
        if waiting and name == waiting[0]:
            waiting.clear()
            parts.writer.write_now(item_switches.switch(parts, ITEM, stopped=True, reason=WHY, officer="officer-7"))

    monkeypatch.setattr(flow, "failpoint", failpoint)
    case = await submit(service, LLC)
    before = POINTS.index(point) < POINTS.index("record:after")
    assert case["outcome"] == ("referred" if before else "approved")
    assert bool(case.get("licence")) is not before  # what was decided is decided: its licence is issued


async def test_a_resumption_while_a_case_is_decided_counts_too(service, world):
    await service.switch_item(ITEM, "officer-7", WHY, stopped=True)
    pending = [1]

    async def before(_source):
        if pending:
            pending.clear()
            await service.switch_item(ITEM, "chief-1", "已核对新条文，恢复自动审批", stopped=False)

    world.sources.before = before
    assert (await submit(service, LLC))["outcome"] == "approved"


async def test_the_switch_survives_a_restart_and_is_not_thrown_twice(make_world):
    world = make_world()
    service = world.open()
    await service.switch_item(ITEM, "officer-7", WHY, stopped=True)
    world.close()
    service = world.open()
    assert await service.switch_item(ITEM, "officer-7", WHY, stopped=True)  # the answer was lost: told again
    with pytest.raises(SwitchError, match="stopped already"):
        await service.switch_item(ITEM, "officer-8", WHY, stopped=True)
    assert len(rows(service, select(item_switch))) == 1
    assert (await submit(service, LLC))["outcome"] == "referred"
    with pytest.raises(SwitchError, match="not stopped"):
        await service.switch_item("00013112800001", "officer-8", WHY, stopped=False)


async def test_many_cases_and_a_stop_at_once(service):
    cases = asyncio.gather(*(submit(service, LLC, f"k{number}") for number in range(4)))
    await asyncio.sleep(0)
    told = await service.switch_item(ITEM, "officer-7", WHY, stopped=True)
    for case in await cases:
        if case["outcome"] == "approved":
            assert case["decision"]["log_index"] < told["log_index"]
        else:
            assert case["decision"]["log_index"] > told["log_index"]


@pytest.mark.parametrize("sent", [{}, {"reason": ""}, {"reason": "short"}, {"reason": 7}, {"reason": "x" * 501},
                                  {"reason": WHY, "item": "?"}])  # fmt: skip
def test_a_reason_that_is_none_is_refused_with_field_and_value(sent):
    with pytest.raises(SwitchError) as refused:
        read_reason(sent)
    assert all(pointer.startswith("/") and english for pointer, _, _, english in refused.value.problems)
