"""Who takes part in ``./jiesu demo`` on the hotline's side: agents with a telephone and a desk.

Each has a real registered SIP telephone and a real desk socket; what they do in a call is a scene's
(demo_scene.py). Seats that people use are left alone: only those that are offline are taken.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hotline.errors import HotlineError
from hotline.words import AgentId
from ivr.telephone import Ring, Setup, Telephone, open_telephone
from switchboard.beside import RunningSystem
from switchboard.demo_desk import Desk, Web, open_desk
from switchboard.demonstration import read_log_ins
from switchboard.refusals import Refusal
from switchboard.secrets_file import load_secrets
from switchboard.settings import Settings

SEATS: Final = 4
LEFT_TO_PEOPLE: Final = frozenset({"1001", "1002"})
"""Whoever looks on sits here: these are on the first screen of `up`."""


class NoCast(Refusal):
    """One Chinese sentence: why nobody can play the agents."""


@dataclass(slots=True, eq=False)
class Agent:
    """One agent of the demonstration at work."""

    number: str
    name: str
    telephone: Telephone
    desk: Desk
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def shown(self) -> str:
        return f"{self.name}（{self.number}）"


@asynccontextmanager
async def cast(
    settings: Settings, place: RunningSystem, origin: str, seats: int = SEATS
) -> AsyncIterator[Sequence[Agent]]:
    """Agents that are ready, signed off again afterwards. NoCast, DeskRefused, HotlineError."""
    people = {
        login: (password, name)
        for login, password, name, _role in read_log_ins(settings.users_file)
        if login.isdigit()
    }
    if not people:
        raise NoCast(
            f"演示要用演示用户，而 {settings.users_file} 不存在（或是空的）："
            "请另用一个演示目录，例如 --data /tmp/jiesu-demo。"
        )
    passwords = load_secrets(settings.secrets_file).sip
    chosen = await _free_seats(settings, origin, people, seats)
    async with AsyncExitStack() as stack:
        agents = []
        for number, web in chosen:
            desk = await stack.enter_async_context(open_desk(web))
            telephone = await stack.enter_async_context(
                _registered(place, number, passwords[AgentId(number)])
            )
            agents.append(Agent(number, people[number][1], telephone, desk))
        try:
            await asyncio.gather(*(agent.desk.ready() for agent in agents))
        except TimeoutError:
            late = [one.shown for one in agents if one.desk.seat.get("state") != "ready"]
            raise NoCast(
                f"演示的坐席没有就绪：{'、'.join(late)}。请看「系统状态」页，稍后再试。"
            ) from None
        yield agents


async def _free_seats(
    settings: Settings, origin: str, people: dict[str, tuple[str, str]], seats: int
) -> list[tuple[str, Web]]:
    """Seats with no telephone, each with its agent logged in."""
    first = await _log_in(settings, origin, min(people), people[min(people)][0])
    shown = (await asyncio.to_thread(first.get, "/api/seats"))["seats"]
    free = sorted(one["agent"] for one in shown if one["state"] == "offline")
    free = [one for one in free if one in people and one not in LEFT_TO_PEOPLE][:seats]
    if len(free) < 2:
        raise NoCast("演示至少要两个空着的坐席（1003–1012）：请先让几部话机下线。")
    webs = [await _log_in(settings, origin, one, people[one][0]) for one in free]
    return list(zip(free, webs, strict=True))


async def _log_in(settings: Settings, origin: str, login: str, password: str) -> Web:
    web = Web(origin, _ca(settings))
    await asyncio.to_thread(web.log_in, login, password)
    return web


def _ca(settings: Settings) -> Path:
    return settings.data / "tls" / "ca.crt"


@asynccontextmanager
async def _registered(place: RunningSystem, number: str, password: str) -> AsyncIterator[Telephone]:
    server = place.registrar
    setup = Setup(number, password, server=server, bind=(server[0], 0))
    telephone = await open_telephone(setup, Ring())
    try:
        await telephone.register()
        yield telephone
    finally:
        with contextlib.suppress(HotlineError, TimeoutError):
            async with asyncio.timeout(10):
                await telephone.hang_up_all()
                await telephone.unregister()
        await telephone.close()
