"""What the service writes to its own log and counters holds no word about a person."""

import json
import re

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from api.service import Service
from casework import referrals
from casework.errors import StoreUnavailableError
from tests.casework.house import INDEX, World, example, settle, submit
from tests.casework.test_casework_flow import APPROVAL, REFUSAL

PRIVATE = ("name", "id_number", "mobile", "home_address", "email", "phone", "road", "number", "landmark")


def private_words(document) -> set[str]:
    """All texts of an application that speak of a person, a place or a business."""
    found = set()
    if isinstance(document, dict):
        for member, value in document.items():
            if member in PRIVATE and isinstance(value, str) and len(value) > 1:
                found.add(value)
            else:
                found |= private_words(value)
    elif isinstance(document, list):
        for value in document:
            found |= private_words(value)
    return found


async def test_logs_and_counters_hold_no_personal_value(
    service: Service, world: World, monkeypatch: pytest.MonkeyPatch
):
    words = set()
    with capture_logs() as lines:
        for entry in INDEX:
            name = entry["file"].removesuffix(".json")
            words |= private_words(json.loads(example(name)))
            world.sources.set("court", "down" if entry.get("down") == "court" else "none")
            case = await submit(service, name)
            if case["outcome"] == "referred" and "ruling" in entry:
                ruling = APPROVAL if entry["ruling"]["verdict"] == "approve" else REFUSAL
                await service.rule(case["id"], "officer-7", referrals.read_ruling(ruling))
        for fault in ("garbage", "wrong_signature", "other_person", "stale", "contradicting"):
            world.sources.set("population", fault)
            await submit(service, "llc/01-software", fault)
        world.sources.set("population")
        await failing(service, monkeypatch)
        world.clock.move(hours=1)
        await settle(service)
    told = json.dumps(lines, ensure_ascii=False, default=repr)
    assert {line["event"] for line in lines} >= {"case.decided", "licence.released", "case.failed", "store.unavailable"}
    assert len(words) > 200
    assert not [word for word in words if word in told]
    assert not re.search(r"\d{17}[\dX]|1[3-9]\d{9}", told)  # nor anything that looks like an id number or a mobile
    assert "exc_info" not in told
    counted = generate_latest(service.flow.parts.measures.registry).decode()
    assert not [word for word in words if word in counted]


async def failing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors whose texts quote the application: a bug of ours, and a statement that the store refuses."""
    body = example("llc/01-software").decode()

    def quote(*_):
        raise ValueError(body)

    with monkeypatch.context() as patched:
        patched.setattr("casework.flow.decide", quote)
        await submit(service, "llc/01-software", "bug")

    def refuse(connection):
        connection.exec_driver_sql("INSERT INTO no_such_table VALUES (?)", (body,))

    with pytest.raises(StoreUnavailableError):
        await service.flow.parts.writer.write(refuse)
