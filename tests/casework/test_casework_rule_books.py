"""What the books of a service are held to when they are taken up, and what may go wrong meanwhile."""

import multiprocessing
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from api.exporting import write_export
from api.local_signers import local_signers, signed
from audit.errors import AuditError
from audit.release_errors import ReleaseError
from audit.rule_release import open_release
from casework import book_folders, flow, releasing
from casework.errors import NameTakenError, NoRulesError
from casework.flow import Submission
from casework.release_fault import LONGEST_PAUSE
from casework.tables import rule_bundle, rule_release
from rules.bundle import digest_of, pack, read_folder
from tests.casework.house import example, rows, settle, submit, view
from tests.support.rule_releases import changed_book, gate_of, manifest_of, release_for

LLC = "llc/01-software"


def published_elsewhere(service, book):
    """Publish a release as another process does: row and leaf are there, and this process does not know it yet."""
    parts = service.flow.parts
    note, bundle = release_for(service, book)
    release, opened = releasing.verified(parts, note, bundle)
    parts.writer.write_now(releasing.activate(parts, release, bundle, opened, "another process"))


def rewrite(service, statement):
    service.flow.parts.writer.write_now(lambda connection: connection.execute(statement))


async def test_what_passes_is_tried_again_by_itself_after_longer_and_longer_pauses(service, newer, monkeypatch):
    books = service.flow.parts.books
    published_elsewhere(service, newer)
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    clock, tries, place = [0.0], [], book_folders.place

    def full(made, folder, files):
        tries.append(clock[0])
        if len(tries) < 4:
            raise OSError(28, "No space left on device")
        place(made, folder, files)

    monkeypatch.setattr(books, "clock", lambda: clock[0])
    monkeypatch.setattr(book_folders, "place", full)
    monkeypatch.setattr(books, "_kept", books._kept / "new")  # where nothing lies yet
    await service.loop.round()
    await service.loop.round()
    assert len(tries) == 1  # not at every round
    with pytest.raises(NoRulesError, match=r"release 2 cannot be taken up now: OSError: .*No space left.*by itself"):
        books.live()
    while len(tries) < 4:
        clock[0] += 0.5
        await service.loop.round()
    assert tries == [0.0, 1.0, 3.0, 7.0]
    assert LONGEST_PAUSE >= 4
    assert (books.fault(), books.sequence()) == (None, 2)


def _unpack(folder, files, barrier, found):
    for number in range(20):
        barrier.wait(30)
        made = folder / multiprocessing.current_process().name / f"made-{number}"
        try:
            book_folders.write_folder(files, made)
            book_folders.place(made, folder / f"b{number}", files)
        except OSError as error:
            found.put(str(error))


def test_two_processes_may_unpack_one_book_at_once(tmp_path):
    kind = multiprocessing.get_context("fork")
    files = read_folder()
    barrier, found = kind.Barrier(2), kind.Queue()
    workers = [kind.Process(target=_unpack, args=(tmp_path, files, barrier, found)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert found.empty(), found.get()
    assert all(book_folders.holds(tmp_path / f"b{number}", files) for number in range(20))


async def test_an_export_writes_nothing_into_the_home_of_a_running_service(service, world, newer, tmp_path):
    await submit(service, LLC)
    await service.publish_rules(*release_for(service, newer), "releaser-1")
    await submit(service, LLC, "two")
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    kept = world.settings.books
    for path in (kept / f"bundle-{rows(service, select(rule_release.c.bundle_digest))[1][0]}").iterdir():
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = {path: path.stat().st_mtime_ns for path in [kept, *kept.rglob("*")]}
    write_export(world.settings, tmp_path / "export")
    assert {path: path.stat().st_mtime_ns for path in [kept, *kept.rglob("*")]} == before
    assert newer.digest in {path.name for path in (tmp_path / "export" / "rules").iterdir()}


async def test_a_refused_release_leaves_no_folder_and_blocks_no_export(service, world, newer, tmp_path):
    await submit(service, LLC)
    await service.publish_rules(*release_for(service, newer), "releaser-1")
    await submit(service, LLC, "two")
    names = sorted(path.name for path in world.settings.books.iterdir())
    other = changed_book(tmp_path / "other", ("parameters/company.yaml", "value: P5Y", "value: P2Y"))
    with pytest.raises(ReleaseError) as refused:
        await publish_as(service, other, named=newer.digest)
    assert refused.value.reason == "other-book"
    files = {**read_folder(newer.folder), "law/zz.yaml": b"- id: Z1\n  newer_field: 1\n"}
    with pytest.raises(ReleaseError) as refused:
        await publish_as(service, newer, files=files)
    assert refused.value.reason == "book-broken"
    assert sorted(path.name for path in world.settings.books.iterdir()) == names
    stranger = world.settings.books / ("a" * 64)  # as older versions of this program left them
    (stranger / "law").mkdir(parents=True)
    write_export(world.settings, tmp_path / "export")


async def publish_as(service, book, files=None, named=None):
    """Publish what two people signed although its digests belong to other rules."""
    books = service.flow.parts.books
    live = books.live()
    place = (live.sequence, live.manifest_digest)
    manifest, bundle = manifest_of(book, books.registry, place, service.flow.ports.now())
    if named is not None:
        manifest = manifest.model_copy(update={"book": named, "gate": gate_of(live.manifest_digest, named)})
    if files is not None:
        bundle = pack(files)
        digests = {path: digest_of(content) for path, content in files.items()}
        manifest = manifest.model_copy(update={"bundle": digest_of(bundle), "files": digests})
    return await service.publish_rules(signed(manifest, local_signers(service.settings)), bundle, "releaser-1")


async def test_a_stray_file_in_a_kept_folder_does_not_stop_a_start(make_world, newer):
    world = make_world()
    service = world.open()
    await service.publish_rules(*release_for(service, newer), "releaser-1")
    (folder,) = world.settings.books.glob("bundle-*")
    (folder / "law" / ".x.swp").write_text("x")
    world.close()
    book_folders._loaded.cache_clear()
    book_folders._required.cache_clear()
    assert world.open().flow.parts.books.fault() is None
    assert not (folder / "law" / ".x.swp").exists()


def test_pinned_signers_take_up_no_release_that_came_with_the_software(make_world):
    world = make_world()
    world.open()
    world.close()
    pinned = world.settings.release_signers_file()
    world.settings = world.settings.model_copy(update={"release_signers": pinned})
    with pytest.raises(RuntimeError, match="rule release 1 does not verify: gate-missing"):
        world.open()


async def test_a_signed_twin_that_was_never_published_does_not_decide(make_world, newer, tmp_path):
    world = make_world()
    service = world.open()
    note, bundle = release_for(
        service, changed_book(tmp_path / "o", ("parameters/company.yaml", "value: P5Y", "value: P30Y"))
    )
    await service.publish_rules(*release_for(service, newer), "releaser-1")
    stated = open_release(note, service.flow.parts.books.signers, service.flow.parts.books.registry).manifest
    rewrite(service, insert(rule_bundle).values(digest=stated.bundle, content=bundle))
    rewrite(
        service,
        update(rule_release)
        .where(rule_release.c.sequence == 2)
        .values(manifest_digest=stated.digest, note=note, book_digest=stated.book, bundle_digest=stated.bundle),
    )
    world.close()
    with pytest.raises(RuntimeError, match=r"rule release 2 does not verify: not-logged: leaf [0-9]+ says note"):
        world.open()


async def test_the_newest_row_taken_out_does_not_bring_back_older_rules(make_world, newer):
    world = make_world()
    service = world.open()
    await service.publish_rules(*release_for(service, newer), "releaser-1")
    rewrite(service, delete(rule_release).where(rule_release.c.sequence == 2))
    asked = len(world.sources.asked)
    case = await submit(service, LLC)  # a service that runs on the release notices before it records
    assert case["state"] == "open"
    assert len(world.sources.asked) - asked <= flow.TRIES * 10
    with pytest.raises(NoRulesError, match="not-logged: the newest release of the log is leaf"):
        await service.flow.submit(Submission("portal", "k", example(LLC)))
    with pytest.raises(ReleaseError) as refused:
        await service.publish_rules(*release_for_row(service, newer), "releaser-1")
    assert refused.value.reason == "not-logged"
    world.close()
    with pytest.raises(RuntimeError, match="rule release 1 does not verify: not-logged"):
        world.open()


def release_for_row(service, book):
    (row,) = rows(service, select(rule_release))
    books = service.flow.parts.books
    place = (row.sequence, row.manifest_digest)
    manifest, bundle = manifest_of(book, books.registry, place, service.flow.ports.now())
    return signed(manifest, local_signers(service.settings)), bundle


async def test_a_row_that_names_another_moment_than_its_leaf_is_refused(make_world, newer):
    world = make_world()
    service = world.open()
    await service.publish_rules(*release_for(service, newer), "releaser-1")
    earlier = update(rule_release).values(activated_at=rule_release.c.activated_at - 1)
    rewrite(service, earlier.where(rule_release.c.sequence == 2))
    world.close()
    with pytest.raises(RuntimeError, match="not-logged"):
        world.open()


async def test_a_retired_signer_publishes_nothing_by_an_older_date(make_world, newer):
    world = make_world()
    service = world.open()
    books = service.flow.parts.books
    past = (service.flow.ports.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    document = books.signers.to_document()
    document["signers"][0]["until"] = past
    books.signers = type(books.signers).from_document(document)
    for made_at in (past, "2099-12-31T00:00:00.000000Z"):
        with pytest.raises(AuditError):
            await service.publish_rules(*release_for(service, newer, made_at=made_at), "releaser-1")
    assert len(rows(service, select(rule_release))) == 1


async def test_a_case_under_which_things_move_without_end_is_put_off(service, world, monkeypatch):
    calls = []

    async def moved(*_given):
        calls.append(1)
        raise NameTakenError("another")

    with monkeypatch.context() as patched:
        patched.setattr(flow.Flow, "record", moved)
        case = await submit(service, LLC)
    assert (case["state"], len(calls)) == ("open", flow.TRIES)
    world.clock.move(seconds=600)
    await settle(service)
    assert view(service, case["id"])["outcome"] == "approved"


async def test_the_day_of_the_rules_is_the_day_of_the_decision(service, world, monkeypatch):
    """Midnight comes between two readings of the clock after the sources answered: the decision is of one day."""
    days, read = [], service.flow.parts.books.live().book.rule_set
    real = flow.decide

    def looked(application, evidence, rule_set, at, facts):
        days.append((rule_set.digest, at))
        return real(application, evidence, rule_set, at, facts)

    monkeypatch.setattr(flow, "decide", looked)
    asked, parts_type = [], type(service.flow.parts)
    today = parts_type.today

    def told(parts, now):
        asked.append(now)
        return today(parts, now)

    monkeypatch.setattr(parts_type, "today", told)
    await submit(service, LLC)
    ((digest, at),) = days
    assert at in asked  # the moment whose day was held against the rule set is the moment of the decision
    assert digest == read("00013112700401", today(service.flow.parts, at)).digest


def test_the_books_in_memory_are_few_and_the_items_are_known_under_a_fault(service, newer, monkeypatch):
    books = service.flow.parts.books
    published_elsewhere(service, newer)
    note = rows(service, select(rule_release.c.note).where(rule_release.c.sequence == 2))[0][0]
    rewrite(service, update(rule_release).where(rule_release.c.sequence == 2).values(note=b"{}\n"))
    books.refresh()
    assert books.fault()
    assert "00013112700401" in books.items()
    rewrite(service, update(rule_release).where(rule_release.c.sequence == 2).values(note=note))
    monkeypatch.setattr("casework.rule_books.BOOKS_KEPT", 1)
    assert books.get(newer.digest).digest == newer.digest
    assert len(books._books) == 1


async def test_releases_are_told_page_by_page_and_one_by_one(service, newer):
    packaged = service.flow.parts.books.live().book
    for book in (newer, packaged, newer):
        await service.publish_rules(*release_for(service, book), "releaser-1")
    parts = service.flow.parts
    published = parts.writer.published
    first = releasing.listed(parts.reader, published, limit=2)
    assert [(one["sequence"], one["live"]) for one in first] == [(4, True), (3, False)]
    second = releasing.listed(parts.reader, published, limit=2, before=3)
    assert [(one["sequence"], one["live"]) for one in second] == [(2, False), (1, False)]
    assert releasing.told(parts.reader, 4, published)["live"]
    assert not releasing.told(parts.reader, 2, published)["live"]


def test_every_part_of_a_book_is_named_when_it_changes(tmp_path):
    packaged = changed_book(tmp_path / "same", ("parameters/company.yaml", "value: P5Y", "value: P5Y"))
    assert releasing.changes(packaged, packaged) == {"added": [], "changed": [], "removed": []}
    kinds = {name.split(" ")[0] for name in releasing._named(packaged)}
    assert {"rule", "parameter", "item", "table", "calendar", "law", "form", "code", "facts", "scope"} <= kinds
