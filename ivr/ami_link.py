"""One connection to Asterisk from greeting to loss: its inbox, its life signs, its end."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from ivr.ami_frames import Message

INBOX_FULL: Final = 5_000
"""Messages waiting for the consumer at which reading pauses; Asterisk buffers from there on."""
INBOX_LOW: Final = 1_000
INBOX_LIMIT: Final = 50_000
"""While the picture is being read nothing is consumed; beyond this the link starts afresh."""


class LinkState(StrEnum):
    """Where the link to Asterisk stands, as the doctor and the screens show it."""

    OFF = "off"
    CONNECTING = "connecting"
    BOOTING = "booting"
    UP = "up"
    WAITING = "waiting"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AmiAccess:
    """Where Asterisk's AMI listens, and who we are there."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AmiTiming:
    """Seconds. Half-open is noticed within ``ping_every + ping_within``.

    Asterisk listens before it has read who may log in, and refuses everybody until then, on a busy
    machine for seconds: so the password counts as wrong only when nothing but refusals came for
    ``refused_within``. Each refusal takes Asterisk a second, so that is no flood.
    """

    connect_within: float = 5.0
    ping_every: float = 5.0
    ping_within: float = 5.0
    retry_first: float = 0.2
    retry_most: float = 1.0
    refused_within: float = 20.0
    refused_first: float = 0.1
    refused_retry: float = 30.0


class Wire(Protocol):
    """What a link asks of the socket below it."""

    def pause(self) -> None:
        """Stop reading; Asterisk buffers from there on."""

    def resume(self) -> None:
        """Read on."""

    def close(self) -> None:
        """End at once; whoever waits for an answer is refused."""


class Link:
    """One connection from greeting to loss: its inbox, its life signs, its end."""

    def __init__(self, clock: Callable[[], dt.datetime], ignored: frozenset[bytes]) -> None:
        self.clock = clock
        self.ignored = ignored
        self.bytes_heard = 0
        self.inbox: deque[tuple[Message, dt.datetime]] = deque()
        self.mail = asyncio.Event()
        self.booted = asyncio.Event()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.consuming = False
        self.paused = False
        self.wire: Wire | None = None

    def arrived(self, message: Message, received_at: dt.datetime) -> None:
        """From the wire, in order; does nothing that can fail or wait."""
        self.inbox.append((message, received_at))
        self.mail.set()
        event = message["Event"]
        if event == "FullyBooted":
            self.booted.set()
        elif event == "Shutdown":
            self.fail("Asterisk is stopping")
        waiting = len(self.inbox)
        if not self.consuming:
            if waiting >= INBOX_LIMIT:
                self.fail("too many messages before the picture was read")
        elif waiting >= INBOX_FULL and not self.paused and self.wire is not None:
            self.paused = True
            self.wire.pause()

    def drained(self) -> None:
        """The consumer took a message; where reading paused and it has caught up, read on."""
        if self.paused and len(self.inbox) <= INBOX_LOW:
            self.paused = False
            if self.wire is not None:
                self.wire.resume()

    def fail(self, why: str) -> None:
        """The link is over, for the first reason given; everybody who waits on it goes on."""
        if not self.lost.done():
            self.lost.set_result(why)
        self.booted.set()
        self.mail.set()
        if self.wire is not None:
            self.wire.close()
