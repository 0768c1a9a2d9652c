"""The examples in the docstrings of verifiers/ do what they say."""

import doctest
import importlib

import pytest

MODULES = ["business_name", "name_parts", "resident_id", "registries.county"]


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"verifiers.{module}"))
    assert tried
    assert not failed
