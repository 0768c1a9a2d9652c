"""Every folder `tests/attacks/release_*_fail/` is refused for its own reason; the same without the attack is not."""

import json
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.plain import read_moment
from audit.release_errors import REASONS, ReleaseError
from audit.release_manifest import read_manifest
from audit.release_time import require_timely
from audit.rule_release import Signers, open_bundle, open_release, require_next
from rules.bundle import REASONS as BUNDLE_REASONS
from rules.bundle import BundleError, digest_of, pack, read_folder, unpack

FOLDER = Path(__file__).resolve().parents[1] / "attacks"
ATTACKS = sorted(FOLDER.glob("release_*_fail"))
MADE = runpy.run_path(str(Path(__file__).parent / "make_release_attacks.py"))
PINNED = {"schema": "miaopi/rule-signers/1", "signers": MADE["PINNED"]}


def verify(note, bundle, signers, registry, live, before=MADE["LIVE_MADE"], now=MADE["NOW"]):
    release = open_release(note, signers, registry)
    require_next(release.manifest, live)
    require_timely(release, signers, read_moment(now, "now"), before)
    return release, open_bundle(release.manifest, bundle)


@pytest.mark.parametrize("folder", ATTACKS, ids=lambda folder: folder.name)
def test_the_attack_is_refused_for_its_reason(folder):
    told = json.loads((folder / "attack.json").read_text())
    assert (folder / "README.md").read_text().startswith("# release ")
    signers = Signers.from_file(folder / "signers.json")
    with pytest.raises(ReleaseError) as refused:
        verify((folder / "manifest.note").read_bytes(), (folder / "bundle.tar").read_bytes(), signers, told["registry"],
               tuple(told["live"]), told["live_made_at"], told["now"])  # fmt: skip
    assert refused.value.reason == told["reason"]
    assert len(str(refused.value)) > 20
    assert refused.value.advice["zh"]


def test_without_an_attack_nothing_is_refused():
    note, files = MADE["note"](), MADE["FILES"]
    release, found = verify(note, pack(files), Signers.from_document(PINNED), MADE["REGISTRY"], MADE["LIVE"])
    assert found == dict(sorted(files.items()))
    assert release.signed_by == (("li", "author"), ("wang", "approver"))
    unknown_too = note + MADE["signature_of"](release.manifest.text, MADE["STRANGER"])
    assert open_release(unknown_too, Signers.from_document(PINNED), MADE["REGISTRY"]).signed_by == release.signed_by


def test_a_backdated_release_is_refused_at_the_moment_that_the_log_says():
    """An auditor knows when it was taken into use; `made_at` is what the signers wrote."""
    chen, made = MADE["signer"]("chen", 4), "2025-12-31T00:00:00.000000Z"
    note, signers = MADE["note"](MADE["manifest"](made_at=made), (MADE["AUTHOR"], chen)), Signers.from_document(PINNED)
    assert open_release(note, signers, MADE["REGISTRY"]).signed_by[1] == ("chen", "approver")
    assert open_release(note, signers, MADE["REGISTRY"], at="2026-01-01T00:00:00.000000Z").manifest.made_at == made
    with pytest.raises(ReleaseError) as refused:
        open_release(note, signers, MADE["REGISTRY"], at="2026-01-01T00:00:00.000001Z")
    assert refused.value.reason == "retired-signer"


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ("2026-11-22T02:00:00.000000Z", "2026-11-22T02:00:00.000000Z", None),
        (None, "2026-11-22T01:55:00.000000Z", None),  # the author's clock goes five minutes before
        (None, "2026-11-22T01:54:59.999999Z", "wrong-moment"),
        (None, "2026-12-22T02:00:00.000000Z", None),  # the last moment
        (None, "2026-12-22T02:00:00.000001Z", "wrong-moment"),
        ("2026-11-22T02:00:00.000001Z", "2026-11-22T03:00:00.000000Z", "wrong-moment"),
    ],
)
def test_a_release_is_taken_into_use_within_its_time(before, now, reason):
    signers = Signers.from_document(PINNED)
    release = open_release(MADE["note"](), signers, MADE["REGISTRY"])
    if reason is None:
        require_timely(release, signers, read_moment(now, "now"), before)
        return
    with pytest.raises(ReleaseError) as refused:
        require_timely(release, signers, read_moment(now, "now"), before)
    assert refused.value.reason == reason


def test_a_bundle_that_nobody_could_unpack_is_not_packed():
    files = {
        f"law/{number}.yaml": b"x" * (4 * 1024 * 1024) for number in range(4)
    }  # one byte too many with the headers
    with pytest.raises(
        BundleError, match="the 4 files make a bundle of 16780288 bytes; the limit is 16777216"
    ) as refused:
        pack(files)
    assert refused.value.reason == "oversized"


def test_the_kept_folders_are_what_the_script_makes(tmp_path):
    MADE["main"](tmp_path)
    for folder in sorted(tmp_path.iterdir()):
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert files == {path.name: path.read_bytes() for path in (FOLDER / folder.name).iterdir()}


def test_every_reason_that_a_note_or_a_bundle_can_have_is_attacked():
    elsewhere = {"unknown-book", "book-broken", "other-book", "not-logged"}  # need a service or a log
    assert {
        json.loads((folder / "attack.json").read_text())["reason"] for folder in ATTACKS
    } == REASONS.keys() - elsewhere
    assert REASONS.keys() >= BUNDLE_REASONS


@given(st.data())
def test_no_changed_byte_of_a_note_is_accepted(data):
    """Mutation of every byte, as Go's note tests do: what differs from the signed note is refused or is the same release."""
    note, signers = MADE["note"](), Signers.from_document(PINNED)
    good = open_release(note, signers, MADE["REGISTRY"])
    place = data.draw(st.integers(0, len(note) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != note[place]))
    with pytest.raises(ReleaseError):
        open_release(note[:place] + bytes([byte]) + note[place + 1 :], signers, MADE["REGISTRY"])
    with pytest.raises(ReleaseError):
        open_release(note[:place], signers, MADE["REGISTRY"])
    assert good.manifest.sequence == 2


@given(st.data())
def test_no_changed_byte_of_a_bundle_is_accepted(data):
    bundle, manifest = pack(MADE["FILES"]), MADE["manifest"]()
    place = data.draw(st.integers(0, len(bundle) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != bundle[place]))
    with pytest.raises(ReleaseError):
        open_bundle(manifest, bundle[:place] + bytes([byte]) + bundle[place + 1 :])


@given(st.binary(max_size=2048))
def test_any_bytes_end_as_a_bundle_error(raw):
    with pytest.raises(BundleError):
        unpack(raw)


NAMES = st.from_regex(r"[a-z0-9_]{1,8}(/[a-z0-9_]{1,8})?\.yaml", fullmatch=True)


@given(st.dictionaries(NAMES, st.binary(max_size=1500), min_size=1, max_size=8))
def test_one_content_has_one_form(files):
    packed = pack(files)
    assert unpack(packed) == files
    assert pack(dict(reversed(files.items()))) == packed


def test_the_shipped_book_is_packed_byte_for_byte():
    files = read_folder()
    assert unpack(pack(files)) == files
    assert digest_of(pack(files)) == digest_of(pack(read_folder()))


def test_a_link_in_a_book_is_not_packed(tmp_path):
    for path, content in read_folder().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "law" / "zz.yaml").symlink_to("/etc/hostname")
    with pytest.raises(BundleError, match=r"zz\.yaml is a link; a bundle holds plain files"):
        read_folder(tmp_path)


ENTRY = MADE["PINNED"][0]


@pytest.mark.parametrize(
    ("signers", "says"),
    [
        ([], "no signer with role author and approver"),
        ([ENTRY], "no signer with role approver"),
        ([ENTRY, {**ENTRY}], "signers/1: 'li' has a name or a key that stands there already"),
        ([ENTRY, {**ENTRY, "name": "li2", "key": ENTRY["key"]}], "signers/1: the key belongs to 'li'"),
        ([ENTRY, {**ENTRY, "name": "li2", "key": MADE["signer"]("li2", 1).key.to_text()}], "stands there already"),
        ([{**ENTRY, "key": "li+00000000+AAAA"}], "signers/0"),
        ([{**ENTRY, "until": "yesterday"}], "signers/0: until is 'yesterday'"),
        ([{**ENTRY, "secret": 1}], "signers/0"),
        ("all", "no signer with role"),
    ],
)
def test_a_list_of_signers_that_cannot_be_relied_upon_is_refused(signers, says):
    with pytest.raises(ValueError, match=says):
        Signers.from_document({"schema": "miaopi/rule-signers/1", "signers": signers})


def test_a_list_of_another_kind_is_refused(tmp_path):
    for document in (None, [], {}, {"schema": "miaopi/rule-signers/2", "signers": []}):
        with pytest.raises(ValueError, match="want an object with schema"):
            Signers.from_document(document)
    (tmp_path / "signers.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        Signers.from_file(tmp_path / "signers.json")
    with pytest.raises(ValueError, match="cannot be read"):
        Signers.from_file(tmp_path / "none.json")


def test_a_manifest_reads_back():
    manifest = MADE["manifest"]()
    assert read_manifest(manifest.text) == manifest
    assert len(manifest.digest) == 64
