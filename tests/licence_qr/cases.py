"""The shared vectors and attacks, as both verifiers are given them."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Case = dict[str, Any]


def all_cases() -> dict[str, Case]:
    """Every case by name: text, at, oldest_status, jwks, lists, expect."""
    shared = json.loads((HERE / "vectors.json").read_text("utf-8"))
    found: dict[str, Case] = {}
    for case in shared["cases"]:
        lists = {uri: shared["lists"][number] for uri, number in case["lists"].items()}
        found[case["name"]] = {"jwks": shared["jwks"], **case, "lists": lists}
    for folder in attack_folders():
        found[folder.name] = json.loads((folder / "case.json").read_text("utf-8"))
    return found


def attack_folders() -> list[Path]:
    """The folders tests/attacks/licence_*_fail, in their order."""
    return sorted((HERE.parent / "attacks").glob("licence_*_fail"))


def reasons(told: Case) -> Case:
    """The reasons of a verification (Python's or the page's JSON), in the form of `expect`."""
    return {
        "authentic": told["authentic"]["reason"],
        "current": told["current"]["reason"],
        "permits": [permit["reason"] for permit in told["permits"]],
    }
