"""The examples of the package's README are true."""

import doctest
from pathlib import Path
from types import ModuleType

import pytest

import rules.feel
import rules.working_days
from rules.feel import extensions, table


def test_examples_of_the_readme() -> None:
    readme = Path(rules.feel.__file__).with_name("README.md")
    found = doctest.testfile(str(readme), module_relative=False)
    assert found.attempted >= 10
    assert found.failed == 0


@pytest.mark.parametrize("module", [extensions, table, rules.working_days], ids=lambda module: module.__name__)
def test_examples_of_the_modules(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted >= 4
    assert found.failed == 0


def test_public_names_are_those_that_are_declared() -> None:
    for name in rules.feel.__all__:
        assert hasattr(rules.feel, name)
