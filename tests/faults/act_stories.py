"""Two lives that end by kill -9 inside the writer: an authority's permit, and the drill on a stolen key.

`task["crash_at"]` is `seal:N` (the N-th transaction dies before its commit) or `publish:N` (the N-th checkpoint is
committed and nobody is told of it), counted from the moment the story says so.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from api import wire
from api.key_home import KeyHome
from api.key_operations import Place, drill
from audit.publish import Publication
from casework import permits
from casework.ports import Ports
from tests.casework.house import World, submit
from tests.support.authorities import offices, pin

SHOPS = ("individual/05-bakery", "individual/01-grocery")


def place_of(world: World) -> Place:
    ports = Ports(
        now=world.clock, new_id=world.new_id, salt=lambda: world.random.randbytes(32), below=world.random.randrange
    )
    return Place(world.settings, ports, world.sources)


async def permit(world: World, crash_at: str) -> None:
    """A shop has one permit; its second dies. The statement is written down, so that it can be sent again."""
    county = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), county)
    office, service = county["market-370784"], world.open()
    case = await submit(service, SHOPS[0])
    parts = service.flow.parts
    for number in ("JY1", "JY2"):
        wanted = {"type": "食品经营许可证", "number": number, "valid_from": "2026-11-22", "scope": ["F522902"]}
        compact = office.state(
            aud=parts.host, sub=case["licence"]["uscc"], iat=int(world.clock.at.timestamp()), act="add", permit=wanted
        )
        if number == "JY2":
            (world.settings.home / "statement").write_text(compact)
            kind, count = crash_at.split(":")
            armed = _deadly(int(count))
            setattr(parts.writer, f"_{kind}", armed(getattr(parts.writer, f"_{kind}")))
        await parts.writer.write(permits.endorse(parts, case["id"], read(service, compact), compact, None))


def read(service: Any, compact: str) -> Any:
    parts = service.flow.parts
    return permits.read_statement(
        parts, parts.authorities, parts.authorities.of_client(offices(0)["market-370784"].client), compact
    )


async def stolen(world: World, crash_at: str) -> None:
    """Two shops have licences; the drill on their key dies among its transactions."""
    service = world.open()
    for name in SHOPS:
        await submit(service, name)
    await service.stop()
    world.clock.move(minutes=5)
    kind, count = crash_at.split(":")
    armed = _deadly(int(count))
    if kind == "publish":
        Publication.publish = armed(Publication.publish)  # type: ignore[method-assign]  # in a process that dies of it
    else:
        sealing = wire.sealing
        wire.sealing = lambda log, now: armed(sealing(log, now))
    keys = KeyHome(world.settings)
    now = int(world.clock.at.timestamp())
    drill(place_of(world), kid=keys.open(keys.of_today(now)).kid, since=now - 60, go=True)


def _deadly(count: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    left = [count]

    def around(work: Callable[..., Any]) -> Callable[..., Any]:
        def until_death(*given: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*given)

        return until_death

    return around


STORIES = {"permit": permit, "stolen": stolen}
