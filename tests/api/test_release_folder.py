"""A release under way as a folder: what the manifest says is what the reports say, and people read nothing else."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api import signer_keys
from api.gate_outcome import Candidate, Outcome
from api.past_decisions import of_cases
from api.release_folder import Plan, ReleaseFolderError, acknowledge, manifest_in, prepared, sign, signatures_in
from api.release_history import HistoryError, require_still_live
from api.rules_gate import Backtested, WellFormed, run_gate
from audit.canonical import canonical
from audit.note import NoteSigner
from audit.release_errors import ReleaseError
from audit.release_manifest import GATE
from engine.errors import EngineLimitError
from rules.bundle import digest_of
from rules.load import PACKAGED, load_rule_book

BOOK = "a" * 64
FLIPS = {"fix-to-approved": 7}
TODAY = date(2026, 11, 22)


def outcome(name, **changed):
    figures = {"against": "1" * 64, "book": BOOK, "compared": 9, "flips": 7} if name == "backtest" else {"open": 0}
    document = {"flips": FLIPS} if name == "backtest" else {"findings": []}
    return replace(Outcome(name, ok=True, figures=figures, document=document, lines=(("好", "good"),)), **changed)


@pytest.fixture
def folder(tmp_path):
    plan = Plan("registry.test", (1, "1" * 64), datetime(2026, 11, 22, tzinfo=UTC))
    prepared(tmp_path / "release", {"facts.yaml": b"a: 1\n"}, BOOK, plan, [outcome(name) for name in GATE])
    return tmp_path / "release"


def person(name):
    return NoteSigner(name, Ed25519PrivateKey.generate())


def edited(folder, change):
    """Change the manifest alone, as an author could before anybody signs."""
    content = json.loads((folder / "manifest.json").read_text())
    change(content)
    (folder / "manifest.json").write_bytes(canonical(content) + b"\n")


def test_two_people_sign_what_was_prepared_once_its_changes_are_accepted(folder):
    with pytest.raises(ReleaseError, match="7 decisions change as 'fix-to-approved'"):
        sign(folder, person("li"), "author")
    acknowledge(folder, list(FLIPS), name="陈洁", role="法规处长", reason="the law of 2026 says so")
    assert sign(folder, person("li"), "author") == ["li"]
    assert sign(folder, person("wang"), "approver") == ["li", "wang"] == signatures_in(folder)
    assert (folder / "report.zh.txt").read_text().startswith("✓ check: 好\n")
    assert json.loads((folder / "report.json").read_text())["backtest"]["figures"]["compared"] == 9


def test_a_report_that_says_no_cannot_be_signed_as_a_yes(tmp_path):
    """The manifest alone is edited to say that the proof holds; the report, bound by its digest, says that it does not."""
    plan, made = Plan("registry.test", (1, "1" * 64), datetime(2026, 11, 22, tzinfo=UTC)), tmp_path / "release"
    outcomes = [outcome(name, ok=name != "prove", document={"flips": {}}) for name in GATE]
    prepared(made, {"facts.yaml": b"a: 1\n"}, BOOK, plan, outcomes)
    edited(made, lambda content: content["gate"]["prove"].update(ok=True))
    with pytest.raises(ReleaseError, match=r"says of 'prove' what reports/prove\.json does not") as refused:
        sign(made, person("li"), "author")
    assert refused.value.reason == "changed-file"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one.update(flips={}), r"outcomes change as \{\}, and reports/backtest\.json"),
        (lambda one: one["flips"].update({"fix-to-approved": 1}), "outcomes change as"),
        (lambda one: one["gate"]["backtest"]["figures"].update(flips=0), "says of 'backtest'"),
        (lambda one: one["gate"]["backtest"]["figures"].update(against="2" * 64), "says of 'backtest'"),
        (lambda one: one["gate"]["test"]["figures"].update(open=-1), "says of 'test'"),
        (lambda one: one["gate"]["test"].update(digest="2" * 64), "is not the report that the manifest names"),
        (lambda one: one["gate"].pop("backtest"), "outcomes change as"),
        (lambda one: one["gate"].pop("prove"), r"report\.json is not what the reports say"),
    ],
)
def test_a_manifest_that_says_other_than_its_reports_is_refused_at_every_step(folder, change, says):
    edited(folder, change)
    for step in (
        lambda: manifest_in(folder),
        lambda: sign(folder, person("li"), "author"),
        lambda: acknowledge(folder, list(FLIPS), name="L", role="R", reason="because of it"),
    ):
        with pytest.raises(ReleaseError, match=says) as refused:
            step()
        assert refused.value.reason == "changed-file"


@pytest.mark.parametrize("name", ["report.zh.txt", "report.en.txt", "report.json", "reports/test.json"])
def test_what_people_read_is_what_the_gate_wrote(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes().replace(b"good", b"fine").replace("好".encode(), b"!").replace(b"9", b"8"))
    with pytest.raises(ReleaseError, match=r"is not what the reports say|is not the report that") as refused:
        sign(folder, person("li"), "author")
    assert refused.value.reason == "changed-file"


def test_a_report_of_another_form_is_refused_even_with_its_digest(folder):
    (folder / "reports" / "test.json").write_bytes(b'{"check":"test"}')
    edited(folder, lambda one: one["gate"]["test"].update(digest=digest_of(b'{"check":"test"}')))
    with pytest.raises(ReleaseError, match=r"reports/test\.json is no report of the gate"):
        manifest_in(folder)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "--name '': "),
        ({"name": "  "}, "--name '  ': it is blank"),
        ({"name": "\u202eevil"}, r"--name '\\u202eevil': it holds the character U\+202E"),
        ({"role": "a\nb"}, r"--role 'a\\nb': it holds the character U\+000A"),
        ({"reason": "because\u200b of the law"}, r"--reason .* U\+200B"),
        ({"reason": "short"}, "at least ten characters"),
    ],
)
def test_who_accepts_a_change_is_named_as_it_is_read(folder, given, says):
    words = {"name": "Li", "role": "法规处长", "reason": "because of the law"} | given
    with pytest.raises(ReleaseFolderError, match=says):
        acknowledge(folder, list(FLIPS), **words)
    assert manifest_in(folder).acknowledgements == []


@pytest.mark.parametrize("key", ["AAAA", "x", "", 7, None])
def test_a_key_of_another_length_is_told_with_its_file(tmp_path, key):
    path = tmp_path / "li.key"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"schema": signer_keys.SCHEMA, "name": "li", "role": "author", "private_key": key}))
    with pytest.raises(
        ValueError, match=r"--key .*li\.key: not the key file of a signer \(.+\); `miaopi rules signer new`"
    ):
        signer_keys.open_key(path)


def test_a_release_that_went_live_meanwhile_stops_the_preparation():
    class Past:
        def live(self):
            return (3, "3" * 64)

    require_still_live(Past(), (3, "3" * 64))
    for before in ((2, "2" * 64), (3, "4" * 64), None):
        with pytest.raises(HistoryError, match="while the gate ran, release 3 went live in place of"):
            require_still_live(Past(), before)


@pytest.fixture(scope="module")
def book():
    return load_rule_book()


def test_a_backtest_of_nothing_is_not_green_and_says_which_books_it_was_given(book):
    cases = [one for one in of_cases(PACKAGED) if one.name.startswith("C04")][:2]
    assert len(cases) == 2
    found = Backtested().run(Candidate(book, book, [], TODAY, against="5" * 64))
    assert not found.ok
    assert "--home, --export or --cases" in found.lines[-1][1]
    found = Backtested().run(Candidate(book, book, cases, TODAY, against="5" * 64))
    assert found.ok
    assert {
        "against": "5" * 64,
        "book": book.digest,
        "compared": 2,
        "cases": 2,
        "decisions": 0,
    }.items() <= found.figures.items()
    assert "cases alone" in found.lines[-1][1]
    first = Backtested().run(Candidate(book, None, [], TODAY))
    assert (first.ok, first.figures["against"], first.figures["book"]) == (True, "none", book.digest)


def test_a_check_of_law_in_the_future_is_refused_and_one_of_today_is_not(book):
    assert WellFormed().run(Candidate(book, None, [], TODAY)).ok
    early = WellFormed().run(Candidate(book, None, [], date(2026, 11, 21)))
    assert not early.ok
    assert "last_checked_on 2026-11-22 is after 2026-11-21" in early.lines[-1][1]


def test_stale_law_is_told_by_the_gate(book):
    late = WellFormed().run(Candidate(book, None, [], date(2027, 11, 23)))
    assert late.ok
    assert "C04 (unchecked)" in late.lines[1][1]


def test_a_book_beyond_the_engine_is_an_outcome_that_is_not_ok(book):
    class Refuses:
        name = "check"

        def run(self, _candidate):
            message = "C99 has too many atoms"
            raise EngineLimitError(message)

    (found,) = run_gate(Candidate(book, None, [], TODAY), [Refuses()])
    assert not found.ok
    assert "C99 has too many atoms" in found.lines[0][1]
