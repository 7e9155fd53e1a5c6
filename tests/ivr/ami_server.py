"""A small AMI server on loopback that does what a test tells it, faults included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

SECRET = "s3cret"

Answer = bytes | None
"""What to write back: frames without ActionID get it added; None is silence."""


def frame(**headers: str) -> bytes:
    """One message; ``Event`` or ``Response`` first, as Asterisk writes it."""
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode() + b"\r\n"


class AmiServer:
    """Greets, logs in, answers Ping; everything else as scripted in ``answers``."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[dict[str, str]], Answer]] = {
            "Ping": lambda _: frame(Response="Success", Ping="Pong"),
        }
        self.seen: list[dict[str, str]] = []
        self.connections = 0
        self.secret = SECRET
        self.silent = False
        self.boots = True
        self.writer: asyncio.StreamWriter | None = None
        self.logged_in = asyncio.Event()
        self.port = 0

    def named(self, action: str) -> list[dict[str, str]]:
        """The actions of this name that arrived, all connections together."""
        return [one for one in self.seen if one["Action"] == action]

    async def send(self, *pieces: bytes) -> None:
        """Write the pieces, each as a read of its own for the other side."""
        assert self.writer is not None
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0.02)

    def drop(self) -> None:
        """End the connection without a word."""
        assert self.writer is not None
        self.logged_in.clear()
        self.writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while raw := await reader.readuntil(b"\r\n\r\n"):
                if self.silent:
                    continue
                headers = dict(
                    line.partition(": ")[::2] for line in raw.decode().strip().split("\r\n")
                )
                self.seen.append(headers)
                await self.react(headers, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def react(self, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        mark = f"ActionID: {headers.get('ActionID', '')}\r\n".encode()
        if headers["Action"] == "Login":
            good = headers.get("Secret") == self.secret
            answer = frame(Response="Success", Message="Authentication accepted")
            if not good:
                answer = frame(Response="Error", Message="Authentication failed")
            writer.write(answer[:-2] + mark + b"\r\n")
            if not good:
                await writer.drain()
                writer.close()
            elif self.boots:
                writer.write(frame(Event="FullyBooted", Status="Fully Booted"))
                self.logged_in.set()
            return
        script = self.answers.get(headers["Action"])
        answered = script(headers) if script is not None else None
        if answered is not None:
            writer.write(answered.replace(b"\r\n\r\n", b"\r\n" + mark + b"\r\n"))


@asynccontextmanager
async def ami_server() -> AsyncIterator[AmiServer]:
    """The server on a free port of the loopback, gone with all its connections afterwards."""
    script = AmiServer()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        if script.writer is not None:
            script.writer.transport.abort()
        await asyncio.sleep(0)


async def until(true: Callable[[], object], within: float = 20.0) -> None:
    """Wait until it is true, or fail."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - it is the outside that is waited for
            await asyncio.sleep(0.005)
