"""HTTP end to end: service and registries as processes of their own, the generator in a third, floors in the same run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api import local_issuer
from api.settings import Settings
from benchmarks import floors, invariants
from benchmarks.applications import Example, approved, fresh
from benchmarks.children import Child, free_port
from benchmarks.generator import Plan
from benchmarks.in_process import prepare
from benchmarks.load import SUSTAINED, Load, Step
from benchmarks.sources import LocalSources, today

FEW, MANY = 3_000, 20_000  # applications made beforehand, more than a run can send
QUIET_RATE = 10.0  # a second, to warm up and to guess
CODES = 60_000  # credit codes a pool; more than a run can use
Tell = Callable[[str], None]


def measure(folder: Path, registries: Path, tell: Tell, *, quick: bool) -> dict[str, Any]:
    """Measure the service, then the floors at the same rate and at their own ceilings."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    service = _service(folder, registries, tell, quick=quick)
    rate = service["sustained"]["rate"]
    compared = {kind: _floor(kind, folder, rate, tell, quick=quick) for kind in floors.KINDS}
    return {
        "service": service,
        "floors": compared,
        "ratios": {
            kind: {
                "ceiling": floor["ceiling"]["rate"] / service["ceiling"]["rate"],
                "cpu": service["sustained"]["cpu_ms"]["service"] / floor["at_the_same_rate"]["cpu_ms"][kind],
                "p99": service["sustained"]["ms"]["p99"] / floor["at_the_same_rate"]["ms"]["p99"],
            }
            for kind, floor in compared.items()
        },
    }


def _service(folder: Path, registries: Path, tell: Tell, *, quick: bool) -> dict[str, Any]:
    settings = Settings(home=folder / "home", source_keys=registries / "keys" / "source-keys.json")
    prepare(settings, CODES)
    sources_url, url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    sources = Child(
        "registries",
        "api.cli",
        ["registries", "--port", _port(sources_url), "--folder", str(registries), "--anchor", today().isoformat()],
        sources_url,
        folder,
    )
    service = Child(
        "service",
        "api.cli",
        ["serve", "--port", _port(url), "--home", str(settings.home), "--registries", sources_url,
         "--source-keys", str(settings.source_keys_file()), "--json"],
        url,
        folder,
    )  # fmt: skip
    applications = fresh(FEW if quick else MANY)
    tables = LocalSources(registries)
    tables.confirm(*applications)
    tables.close()
    with sources, service:
        load = Load(_plan(url, settings, applications), [service, sources])
        found = _ceiling_and_sustained("service", load, tell, quick=quick, factor=1.1)
    tell("invariants: keys, rows, decisions, licences, log")
    return {**found, "invariants": invariants.check(settings, load.steps, folder / "export")}


def _floor(kind: str, folder: Path, rate: float, tell: Tell, *, quick: bool) -> dict[str, Any]:
    url = f"http://127.0.0.1:{free_port()}"
    with Child(kind, "benchmarks.floors", [kind, _port(url), str(folder)], url, folder) as server:
        load = Load(_plan(url, None, approved(), kind), [server])
        load.offer(QUIET_RATE, 1.0)
        same = load.offer(rate, 4.0 if quick else 20.0)
        _say(tell, f"{kind} at the same rate", same)
        found = _ceiling_and_sustained(kind, load, tell, quick=quick, factor=1.5 if quick else 1.25)
    return {"at_the_same_rate": same.to_json(), **found}


def _ceiling_and_sustained(name: str, load: Load, tell: Tell, *, quick: bool, factor: float) -> dict[str, Any]:
    step_s, hold_s = (3.0, 10.0) if quick else (10.0, 60.0)
    if name != "service":
        step_s, hold_s = (2.0, 3.0) if quick else (5.0, 10.0)
    first = load.first_rate(QUIET_RATE, step_s, len(os.sched_getaffinity(0)))
    tell(f"{name}: ceiling from {first:.0f}/s")
    best, ended = load.ceiling(first, step_s, factor)
    _say(tell, f"{name} ceiling (then: {'; '.join(ended)})", best)
    held = load.offer(best.rate * SUSTAINED, hold_s)
    _say(tell, f"{name} at {SUSTAINED:.0%}", held)
    steps = [step.to_json() for step in load.steps]
    return {"ceiling": best.to_json(), "ended_by": ended, "sustained": held.to_json(), "steps": steps}


def _say(tell: Tell, title: str, step: Step) -> None:
    found = step.found["ms"]
    costs = ", ".join(f"{name} {step.cpu_ms(name):.2f} ms CPU" for name in step.cpu)
    tell(
        f"{title}: {step.rate:.0f}/s, p50 {found['p50']:.1f} p99 {found['p99']:.1f} max {found['max']:.0f} ms, {costs}"
        + (f" [{'; '.join(step.faults)}]" if step.faults else "")
    )


def _plan(url: str, settings: Settings | None, applications: list[Example], prefix: str = "service") -> Plan:
    headers = {"Content-Type": "application/json"}
    if settings is not None:
        token = local_issuer.token(
            settings.home, subject="benchmark", client="benchmark", scopes=["portal"],
            issuer=settings.token_issuer, audience=settings.token_audience,
        )  # fmt: skip
        headers["Authorization"] = f"Bearer {token}"
    bodies = [example.body.decode() for example in applications]
    return Plan(f"{url}/v1/applications", headers, bodies, prefix, QUIET_RATE, 1.0, 0, 201, '"approved"')


def _port(url: str) -> str:
    return url.rpartition(":")[2]
