"""The line to one agent: numbered frames, acknowledgement, replay; and the socket behind it.

TCP is no proof of delivery (the kernel hides megabytes of undelivered frames), so each reliable
frame has a number, is acknowledged by the page once painted, and is sent again until it is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from agent_desk import wire
from hotline.words import AgentId

_KEPT_FRAMES = 512
_QUEUE = 256


class Browser:
    """The outgoing side of one socket. Nobody ever waits for it but its own writer."""

    def __init__(self, limit: int = _QUEUE) -> None:
        self._limit = limit
        self._frames: deque[str] = deque()
        self._latest: dict[str, str] = {}
        self._wake = asyncio.Event()
        self.closed = asyncio.Event()
        self.close_code = 1000

    def send(self, frame: str) -> None:
        """Queue a frame; the socket closes when too many wait already."""
        if self.closed.is_set():
            return
        if len(self._frames) >= self._limit:
            self.close(wire.CLOSE_TOO_SLOW)
            return
        self._frames.append(frame)
        self._wake.set()

    def send_latest(self, kind: str, frame: str) -> None:
        """Queue a frame that replaces the one of its kind that was not sent yet."""
        if not self.closed.is_set():
            self._latest[kind] = frame
            self._wake.set()

    def close(self, code: int) -> None:
        """What is queued is still sent if the browser reads it, then the socket closes."""
        if not self.closed.is_set():
            self.close_code = code
            self.closed.set()
            self._wake.set()

    async def frames(self) -> AsyncIterator[str]:
        """What to send, in order, until closed. For the one writer."""
        while True:
            if self._frames:
                yield self._frames.popleft()
            elif self.closed.is_set():
                return
            elif self._latest:
                yield self._latest.pop(next(iter(self._latest)))
            else:
                self._wake.clear()
                await self._wake.wait()


class Stall(Enum):
    """What :meth:`Line.chase` found."""

    NONE = auto()
    FIRST = auto()
    """Unacknowledged for the first time: tell the supervisors."""
    GIVEN_UP = auto()
    """Unacknowledged too long: the socket was closed, so that the page comes back anew."""


@dataclass(slots=True)
class _Frame:
    seq: int
    text: str
    sent_at: float | None = None
    pushed_at: float = 0.0


class Line:
    """The reliable way to one agent's telephone tab. Outlives its sockets."""

    def __init__(self, agent: AgentId, monotonic: Callable[[], float]) -> None:
        self.agent = agent
        self.seq = 0
        self.acked = 0
        self.browser: Browser | None = None
        self._monotonic = monotonic
        self._kept: deque[_Frame] = deque(maxlen=_KEPT_FRAMES)
        self._told = False

    def push(self, message: wire.ToBrowser) -> None:
        """Number the message, keep it, and send it if a tab is there."""
        self.seq += 1
        frame = _Frame(self.seq, wire.to_json(message, self.seq))
        self._kept.append(frame)
        if self.browser is None:
            return
        if self.acked == self.seq - 1:
            self._told = False
        self._send([frame])

    def attach(self, browser: Browser) -> None:
        """This is the telephone tab from now on; the one that was it before is told."""
        if self.browser is not None and self.browser is not browser:
            self.browser.send(wire.to_json(wire.Elsewhere()))
            self.browser.close(wire.CLOSE_ELSEWHERE)
        self.browser = browser
        self._told = False

    def replay(self, after: int) -> bool:
        """Send what came after ``after``, in order; False where that is not kept any more."""
        oldest = self._kept[0].seq if self._kept else self.seq + 1
        if not max(oldest - 1, 1) <= after <= self.seq:
            return False
        self.acked = after
        for frame in (missed := self._outstanding()):
            frame.sent_at = None
        self._send(missed)
        return True

    def start_anew(self, picture: wire.Picture) -> None:
        """The picture stands for everything before it."""
        self.acked = self.seq
        self._kept.clear()
        self.push(picture)

    def ack(self, browser: Browser, seq: int) -> None:
        """Everything up to ``seq`` is painted. What was never sent cannot be acknowledged."""
        if self.browser is browser and self.acked < seq <= self.seq:
            self.acked = seq
            self._told = False

    def detach(self, browser: Browser) -> None:
        """The socket is gone; frames are kept for the page's return."""
        if self.browser is browser:
            self.browser = None

    def chase(self, *, ack_within: float, give_up_after: float) -> Stall:
        """Send again what was not acknowledged in time."""
        waiting = self._outstanding()
        if self.browser is None or not waiting or waiting[0].sent_at is None:
            return Stall.NONE
        now = self._monotonic()
        if now - waiting[0].sent_at >= give_up_after:
            self.browser.close(wire.CLOSE_TOO_SLOW)
            self.browser = None
            return Stall.GIVEN_UP
        if now - waiting[0].pushed_at < ack_within:
            return Stall.NONE
        self._send(waiting)
        first, self._told = not self._told, True
        return Stall.FIRST if first else Stall.NONE

    def _outstanding(self) -> list[_Frame]:
        if self.acked >= self.seq:
            return []
        return [frame for frame in self._kept if frame.seq > self.acked]

    def _send(self, frames: Sequence[_Frame]) -> None:
        if self.browser is None:
            return
        now = self._monotonic()
        for frame in frames:
            frame.sent_at = now if frame.sent_at is None else frame.sent_at
            frame.pushed_at = now
            self.browser.send(frame.text)
