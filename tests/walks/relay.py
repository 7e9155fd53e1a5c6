"""A TCP relay that can stop passing anything on without ending a connection: a cable cut whose
ends do not learn of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Relay:
    """Stands before ``port`` of this host; clients connect to ``own_port``."""

    port: int
    own_port: int = 0
    connections: int = 0
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def stall(self) -> None:
        """Pass nothing on from now: neither data nor ends nor new connections."""
        self._flowing.clear()

    def flow(self) -> None:
        """Pass everything on again, what was held back first."""
        self._flowing.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either side ends it."""
        self.connections += 1
        await self._flowing.wait()
        try:
            there, thither = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        ways = {
            asyncio.create_task(self._pass_on(reader, thither)),
            asyncio.create_task(self._pass_on(there, writer)),
        }
        self._tasks |= ways
        await asyncio.wait(ways)
        self._tasks -= ways

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
            await self._flowing.wait()
        with contextlib.suppress(OSError):
            writer.close()

    async def close(self) -> None:
        """End what is left of the connections."""
        self.flow()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def relay_before(port: int) -> AsyncIterator[Relay]:
    """A flowing relay before a port of this host."""
    relay = Relay(port)
    relay.flow()
    server = await asyncio.start_server(relay.take, "127.0.0.1", 0)
    relay.own_port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        await relay.close()
