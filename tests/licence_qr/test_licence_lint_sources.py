from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from licence_qr import lints
from licence_qr.lint import LINTS, Breach, Draft, LintError, lint
from licence_qr.lints.model import Lint
from licence_qr.shape_parts import Fault
from tests.licence_qr.test_licence_lint import BAD, HEADER, draft

FOLDER = Path(lints.__file__).parent
MODULES = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in {"__init__", "model"})


def own(name: str) -> tuple[Lint, ...]:
    module = import_module(f"licence_qr.lints.{name}")
    return (*module.LINTS, *([module.SHAPE] if hasattr(module, "SHAPE") else []))


def test_every_module_is_one_source_and_every_lint_is_run():
    assert {one.name for name in MODULES for one in own(name)} == {one.name for one in LINTS}
    assert len({one.name for one in LINTS}) == len(LINTS)
    assert {"GB/T 36904", "GB 32100", "细则 23", "RFC 8725", "ours"} <= {one.source for one in LINTS}


@pytest.mark.parametrize("one", LINTS, ids=[one.name for one in LINTS])
def test_every_lint_says_what_it_demands_in_both_languages_with_its_citation(one):
    breach = Breach(one, Fault("/x", 1, "why"))
    assert one.demands["zh"][0] >= "\u4e00" or one.demands["zh"][0].isascii()
    assert one.demands["en"].isascii()
    for language in ("zh", "en", "en-GB"):
        assert one.citation in breach.sentence(language)
        assert "/x" in breach.sentence(language)
    assert breach.sentence("zh") != breach.sentence("en")


@pytest.mark.parametrize(("name", "change", "place"), BAD[:3] + BAD[10:14], ids=lambda value: str(value)[:30])
def test_a_breach_is_told_to_people_with_place_and_duty(name, change, place):
    told = [breach.sentence("zh") for breach in lint(draft(change)) if breach.lint.name == name]
    assert told
    assert all(place in one for one in told)


def test_a_duty_binds_from_its_day_on(monkeypatch):
    late = tuple(replace(one, effective_from=date(2030, 1, 1)) if one.name == "permits" else one for one in LINTS)
    bad = draft(lambda claims: claims.update(permits_total=2))
    assert [breach.lint.name for breach in lint(bad)] == ["permits"]
    monkeypatch.setattr("licence_qr.lint.LINTS", late)
    assert lint(bad) == ()


def test_a_digest_without_a_missing_permit_is_not_signed():
    bad = draft(lambda claims: claims.update(permits_digest="A" * 43))
    assert [(breach.lint.name, breach.fault.at) for breach in lint(bad)] == [("permits", "/permits_total")]
    assert "digest" in str(LintError(lint(bad)))
    assert (
        lint(Draft(HEADER, draft(lambda claims: claims.update(permits_digest="A" * 43, permits_total=9)).claims, 1))
        == ()
    )
