"""A TCP relay that can stall: both sides stay connected and hear nothing, as on a cut cable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Relay:
    """`stalled` while nothing is passed on; what was written meanwhile is lost with the link."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.connections = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._wires: list[asyncio.StreamWriter] = []

    def stall(self) -> None:
        """Stop passing on; new connections are taken and left alone."""
        self._flowing.clear()

    def flow(self) -> None:
        """Pass on again; what stood stalled is gone."""
        self.cut()
        self._flowing.set()

    def cut(self) -> None:
        """End every connection."""
        for wire in self._wires:
            wire.transport.abort()
        self._wires.clear()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        self.connections += 1
        self._wires.append(writer)
        await self._flowing.wait()
        try:
            onward_reader, onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._wires.append(onward)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, onward))
                both.create_task(self._pass_on(onward_reader, writer))
        finally:
            writer.transport.abort()
            onward.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.transport.abort()


@asynccontextmanager
async def stalling_relay(target: int) -> AsyncIterator[Relay]:
    """The relay before a port of the loopback, on a free port of its own."""
    relay = Relay(target)
    server = await asyncio.start_server(relay.take, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
        await asyncio.sleep(0)
