"""Our AMI client at work against the scripted server, with everything it delivered."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ivr.ami import Ami
from ivr.ami_link import AmiAccess, AmiTiming, LinkState
from tests.ivr.ami_server import SECRET, AmiServer, until

QUICK = AmiTiming(
    connect_within=2.0,
    ping_every=0.15,
    ping_within=0.15,
    retry_first=0.02,
    retry_most=0.05,
    refused_within=0.2,
    refused_first=0.02,
    refused_retry=30.0,
)


class Ours:
    """Our client running against the server, with everything it delivered."""

    def __init__(self, server: AmiServer, secret: str = SECRET, **options: Any) -> None:
        access = AmiAccess("127.0.0.1", server.port, "bridge", secret)
        self.ami = Ami(access, timing=QUICK, **options)
        self.messages: list[Mapping[str, str]] = []
        self.ups = 0
        self.downs: list[str] = []
        self.on_up: Callable[[], Awaitable[None]] | None = None
        self.raising: set[str] = set()

    def heard(self, message: Mapping[str, str], received_at: dt.datetime) -> None:
        assert received_at.tzinfo is not None
        self.messages.append(message)
        if message["Event"] in self.raising:
            raise RuntimeError("a callback that fails")

    async def up(self) -> None:
        self.ups += 1
        if self.on_up is not None:
            await self.on_up()

    def events(self, name: str) -> list[Mapping[str, str]]:
        return [message for message in self.messages if message["Event"] == name]


@asynccontextmanager
async def our_client(
    server: AmiServer, *, wait: bool = True, **options: Any
) -> AsyncIterator[Ours]:
    ours = Ours(server, **options)
    running = asyncio.create_task(ours.ami.run(ours.heard, ours.up, ours.downs.append))
    try:
        if wait:
            await until(lambda: ours.ami.state is LinkState.UP and ours.ups)
        yield ours
    finally:
        ours.ami.close()
        await asyncio.wait_for(running, 20)
