"""The log shows which rules decided: releases in a row, each decision on the one that was live, old logs told apart."""

import json
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from api.local_signers import signed
from audit.cli import app
from audit.errors import MalformedError
from audit.export import Holdings, export
from audit.export_reader import Export
from audit.note import NoteSigner
from audit.publish import recover
from audit.record import ReleaseFacts, read_record, release_record, rule_set_record, switch_record
from audit.release_leaf import FIRST_BYTES, newest_release
from audit.release_manifest import GATE, ROLES
from audit.rule_release import Signers
from audit.verify import verify
from rules.bundle import digest_of
from tests.audit.conftest import DECIDED_AT, ORIGIN, LogWorld
from tests.support.licence_signing import LicenceKey
from tests.support.rule_releases import gate_of, manifest_of

ITEM = "00013112700401"
PEOPLE = [
    NoteSigner(role, Ed25519PrivateKey.from_private_bytes(bytes([place]) * 32)) for place, role in enumerate(ROLES, 1)
]
PINNED = {"schema": "miaopi/rule-signers/1",
          "signers": [{"name": one.key.name, "role": one.key.name, "key": one.key.to_text()} for one in PEOPLE]}  # fmt: skip


class Registry:
    """A log with releases, announcements and decisions in the order that a test says, and its export."""

    def __init__(self, office, folder):
        self.office, self.folder = office, folder
        (folder / "log").mkdir()
        self.world = LogWorld(folder / "log")
        self.world.at = DECIDED_AT - timedelta(hours=1)
        recover(self.world.log, self.world.engine, self.world.publication, self.world.at)
        self.notes, self.cases, self.live = {}, {}, None

    def release(self, *, logged=None, kept=None, signers=PEOPLE, **changed):
        """Append a release; `logged` changes members of the leaf, `kept` is another note for the export."""
        stated, _ = manifest_of(self.office.book, ORIGIN, self.live, self.world.tick(), **changed)
        note = signed(stated, signers)
        facts = {"sequence": stated.sequence, "previous": stated.previous, "kind": stated.kind, "restores": stated.restores,
                 "manifest": stated.digest, "note": digest_of(note), "book": stated.book, "bundle": stated.bundle,
                 "changes": {}, **(logged or {})}  # fmt: skip
        self.world.append(release_record(ReleaseFacts(**facts), self.world.tick()).leaf)
        self.notes[facts["sequence"]] = kept or note
        self.live = (stated.sequence, stated.digest)

    def announce(self, book=None):
        identity = self.office.book.rule_set(ITEM, DECIDED_AT.date()).identity
        self.world.append(rule_set_record(identity, book or self.office.book.digest, self.world.tick()).leaf)

    def switch(self, act, item=ITEM):
        leaf = switch_record(
            item=item, act=act, officer="officer-7", reason="the law", at=self.world.tick(), salt=b"s" * 32
        ).leaf
        return self.world.append(leaf)[0]

    def decide(self, number=1):
        made = self.office.case("llc", number=number)
        (index,) = self.world.append(made.record.leaf)
        self.cases[index] = made

    def faults(self, signers=None, *, listed=PINNED):
        folder = self.folder / "export"
        holdings = Holdings(
            self.office.keys_document, [self.office.book], {}.__getitem__, lambda index: self.cases[index].inputs.to_bytes(),
            DECIDED_AT, LicenceKey().jwks(), listed, self.notes.__getitem__,
        )  # fmt: skip
        with self.world.engine.connect() as connection:
            export(folder, self.world.log, connection, holdings)
        self.world.engine.dispose()
        self.found = verify(Export(folder), signers=signers)
        return [str(fault) for fault in self.found.faults]


@pytest.fixture
def registry(office, tmp_path):
    return Registry(office, tmp_path)


def test_releases_in_a_row_and_decisions_on_the_live_one_hold(registry):
    registry.release()
    registry.announce()
    registry.decide(1)
    registry.release()  # the same book again: the set is a part of it still
    registry.decide(2)
    assert registry.faults(Signers.from_document(PINNED)) == []
    assert registry.found.remarks == []
    assert registry.found.counts == {"release": 2, "rule_set": 1, "decision": 2}
    opened = CliRunner().invoke(app, ["verify", str(registry.folder / "export"), "--json"])
    assert json.loads(opened.output)["remarks"] == []


def test_a_decision_on_rules_that_no_release_made_live_is_a_fault(registry):
    registry.release(book="a" * 64)
    registry.announce()
    registry.decide()
    faults = registry.faults()
    assert any(
        "leaf 2: was decided on a rule set of the book" in fault and "live was release 1" in fault for fault in faults
    )


def test_a_decision_on_an_unannounced_set_is_a_fault(registry):
    registry.release()
    registry.decide()
    assert any("which no leaf before it announces" in fault for fault in registry.faults())


def test_an_announcement_for_a_book_that_does_not_give_the_set_is_a_fault(registry):
    registry.release(book="a" * 64)
    registry.announce("a" * 64)
    registry.decide()
    assert any("releases: leaf 2: the released book aaaa" in fault for fault in registry.faults())


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ({}, {"logged": {"sequence": 3}}, "is release 3, and release 1 was live"),
        ({}, {"logged": {"sequence": 1}}, "is release 1, and release 1 was live"),
        ({}, {"logged": {"previous": "b" * 64}}, "follows the manifest bbbb"),
        ({}, {"logged": {"book": "b" * 64}}, "says book 'bbbb"),
        ({}, {"logged": {"kind": "rollback"}}, "says release 'rollback', and the signed manifest 'release'"),
        ({}, {"kept": b"{}\n"}, "is not the note that leaf 1 logged"),
        ({}, {"signers": PEOPLE[:1]}, "signed by author alone"),
        (
            {},
            {"signers": [PEOPLE[0], NoteSigner("approver", Ed25519PrivateKey.from_private_bytes(b"9" * 32))]},
            "wrong-key|signed with the key",
        ),
    ],
)
def test_a_release_leaf_that_is_not_as_it_was_signed_is_a_fault(registry, first, second, says):
    registry.release(**first)
    registry.release(**second)
    assert any(re.search(says, fault) for fault in registry.faults()), registry.found.faults


def test_a_log_from_before_releases_is_told_apart_and_no_fault(registry):
    registry.announce()
    registry.decide()
    assert registry.faults() == []
    assert "written before releases were logged" in registry.found.remarks[0]


def test_with_the_signers_in_hand_a_log_without_releases_is_a_fault(registry):
    registry.announce()
    registry.decide()
    assert any(
        "holds 1 decisions and no rule release" in fault for fault in registry.faults(Signers.from_document(PINNED))
    )


def test_a_log_that_went_over_to_releases_says_how_many_decisions_are_older(registry):
    registry.announce()
    registry.decide(1)
    registry.release()
    registry.announce()
    registry.decide(2)
    assert registry.faults() == []
    assert registry.found.remarks == [
        "1 decisions (the last at leaf 1) are older than the first rule release and are held to the rule books in the export alone"
    ]


def test_older_decisions_are_faults_for_an_auditor_with_the_list(registry):
    registry.announce()
    registry.decide(1)
    registry.release()
    assert any("is a decision before any rule release" in one for one in registry.faults(Signers.from_document(PINNED)))


def test_an_export_without_the_list_of_signers_is_a_fault(registry):
    registry.release()
    assert any("signers.json" in fault for fault in registry.faults(listed=None))


def test_another_list_than_the_exports_finds_the_forgery(registry):
    strangers = [NoteSigner(role, Ed25519PrivateKey.from_private_bytes(b"7" * 32)) for role in ROLES]
    registry.release(signers=strangers)
    assert any("signed with the key" in fault for fault in registry.faults(Signers.from_document(PINNED)))


def test_a_switch_leaf_commits_to_officer_and_reason():
    record = switch_record(
        item=ITEM, act="stop", officer="officer-7", reason="张三 says", at=DECIDED_AT, salt=b"s" * 32
    )
    assert read_record(record.leaf).kind == "switch"
    assert "张三".encode() not in record.leaf
    assert b"officer-7" not in record.leaf
    with pytest.raises(MalformedError, match="stopped or resumed"):
        switch_record(item=ITEM, act="pause", officer="o", reason="r", at=DECIDED_AT, salt=b"s" * 32)


def test_a_release_of_very_many_changes_still_fits_a_leaf():
    changes = {"added": [f"rule LLC-C{number:05d} 2024-07-01" for number in range(5000)], "changed": [], "removed": []}
    facts = ReleaseFacts(1, None, "release", None, "a" * 64, "b" * 64, "c" * 64, "d" * 64, changes)
    assert read_record(release_record(facts, DECIDED_AT).leaf).content["changes"]["added"] == 5000


def test_an_approval_of_a_stopped_item_is_a_fault(registry):
    registry.release()
    registry.announce()
    stop = registry.switch("stop")
    registry.decide(1)
    registry.switch("resume")
    registry.decide(2)
    (fault,) = registry.faults(Signers.from_document(PINNED))
    assert f"leaf {stop + 1}: approves item {ITEM}, which leaf {stop} stopped" in fault


def test_another_item_goes_on_under_a_stop_and_what_a_stop_referred_is_no_fault(registry):
    registry.release()
    registry.announce()
    registry.switch("stop", "00013112800001")
    registry.decide(1)
    assert registry.faults() == []


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        (["stop", "stop"], "says stop of item .* which leaf 1 has stopped"),
        (["resume"], "says resume .* is not stopped"),
    ],
)
def test_stops_and_resumptions_take_turns(registry, acts, says):
    registry.release()
    for act in acts:
        registry.switch(act)
    (fault,) = registry.faults()
    assert re.search(says, fault)


def test_a_release_without_the_gate_is_a_fault_for_an_auditor_with_the_list_alone(registry):
    registry.release(kind="packaged", gate={}, skipped=dict.fromkeys(GATE, "came with the software"))
    assert registry.faults() == []


def test_an_auditor_who_brings_the_list_accepts_no_release_without_the_gate(registry):
    registry.release(kind="packaged", gate={}, skipped=dict.fromkeys(GATE, "came with the software"))
    (fault,) = registry.faults(Signers.from_document(PINNED))
    assert "made without the gate" in fault


@pytest.mark.parametrize(("book", "faulty"), [(None, False), ("b" * 64, True)])
def test_a_rollback_restores_the_very_book_that_it_names(registry, book, faulty):
    registry.release()
    registry.release()
    changed = {} if book is None else {"book": book}
    gate = gate_of(registry.live[1], book or registry.office.book.digest)
    registry.release(kind="rollback", restores=1, gate=gate, **changed)
    faults = registry.faults(Signers.from_document(PINNED))
    assert any("restores release 1, which gave another book" in fault for fault in faults) is faulty
    assert faulty or faults == []


def test_a_signer_who_was_retired_when_the_release_was_taken_into_use_is_a_fault_whatever_it_says(registry):
    registry.release(made_at="2020-01-01T00:00:00.000000Z")
    entries = [{**PINNED["signers"][0], "until": "2021-01-01T00:00:00.000000Z"}, PINNED["signers"][1]]
    (fault,) = registry.faults(Signers.from_document({**PINNED, "signers": entries}))
    assert "author (author) was retired on 2021-01-01" in fault


def test_only_release_leaves_begin_as_release_leaves_do(registry):
    registry.release()
    registry.announce()
    registry.switch("stop")
    registry.decide()
    with registry.world.engine.connect() as connection:
        head = registry.world.log.head(connection)
        leaves = registry.world.log.leaves(connection, 0, head.size)
        assert newest_release(connection) == 0
    for leaf in leaves:
        assert leaf.startswith(FIRST_BYTES) is (read_record(leaf).kind == "release")
