"""The server that Asterisk brings the sound of a leg to: AudioSocket taps on loopback.

    async with open_taps() as taps:
        tap = taps.expect(listener)            # then: Originate AudioSocket/127.0.0.1:PORT/<tap.id>
        await tap.ended                        # why it ended
        tap.stop()                             # or end it ourselves

A tap only listens: nothing is ever written to the far end. Its listener gets sound without gaps: a
leg that sends nothing (muted, on hold, a silent line) is filled up with silence by the clock, so
that a place in the sound is a time. Whatever a peer does, its socket is gone within two seconds.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from hotline.errors import BadFrame
from ivr.audio_frames import Fault, FrameReader, HungUp, Named, Sound

_log: Final = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
RATE: Final = 8000
FIRST_SOUND_S: Final = 2.0
"""A leg that has sent nothing for so long is told to the log."""
_BYTES_A_SECOND: Final = 2 * RATE


@dataclass(frozen=True, slots=True)
class TapTiming:
    """Seconds. A connection names itself within `first_frame_s` of its opening and brings the rest
    of a frame within as much; a tap is connected within `connect_s` of being expected. A leg is
    silent when nothing came for `silent_after_s`; it is looked at every `look_every_s`."""

    first_frame_s: float = 2.0
    connect_s: float = 5.0
    silent_after_s: float = 0.5
    look_every_s: float = 0.1


class Listener(Protocol):
    """Who gets the sound of a leg."""

    def feed(self, pcm: bytes, at: dt.datetime) -> None:
        """8 kHz 16-bit mono, without gaps; `at` is when its first sample came. Never waits."""


class Tap:
    """One leg that is listened to, from the order to the end."""

    def __init__(self, listener: Listener, leave: Callable[[Tap], None], timing: TapTiming) -> None:
        loop = asyncio.get_running_loop()
        self.id = uuid.uuid4()
        self.ended: asyncio.Future[str] = loop.create_future()
        """Why: "closed by Asterisk", "hung up", "stopped", "never connected" or what was wrong."""
        self.connected = False
        self.frames = 0
        self.filled_s = 0.0
        """Silence put in because nothing came."""
        self._listener = listener
        self._leave = leave
        self._timing = timing
        self._transport: asyncio.Transport | None = None
        self._began = 0.0
        self._began_at = dt.datetime.now(dt.UTC)
        self._given = 0
        self._heard_at = 0.0
        self._look_due = 0.0
        self._told_silent = False
        self._timer = loop.call_later(timing.connect_s, self.end, "never connected")

    def stop(self) -> None:
        """End it; what has come is with the listener already."""
        self.end("stopped")

    def begin(self, transport: asyncio.Transport) -> None:
        """Its connection is there: the clock of the sound starts."""
        self._timer.cancel()
        self._transport = transport
        self.connected = True
        self._began = self._heard_at = time.monotonic()
        self._began_at = dt.datetime.now(dt.UTC)
        self._look_again()

    def hear(self, pcm: bytes) -> None:
        """Sound from the wire."""
        self.frames += 1
        self._heard_at = time.monotonic()
        self._give(pcm)

    def end(self, why: str) -> None:
        """It is over, for the first reason given; the socket is gone with it."""
        if self.ended.done():
            return
        self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        self.ended.set_result(why)
        self._leave(self)

    def _look_again(self) -> None:
        wait = self._timing.look_every_s
        self._look_due = time.monotonic() + wait
        self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    def _look(self) -> None:
        """Fill up with silence, unless it is we who are late: then frames wait to be read first."""
        now = time.monotonic()
        punctual = now - self._look_due < self._timing.look_every_s
        if punctual and now - self._heard_at > self._timing.silent_after_s:
            missing = int((now - self._began) * RATE) * 2 - self._given
            if missing > 0:
                self.filled_s += missing / _BYTES_A_SECOND
                self._give(bytes(missing))
        if not self.frames and not self._told_silent and now - self._began > FIRST_SOUND_S:
            # A muted telephone, or asterisk/asterisk#2089: the tap stands and stays silent.
            self._told_silent = True
            _log.warning("tap brought no sound yet", extra={"tap": str(self.id)})
        if not self.ended.done():
            self._look_again()

    def _give(self, pcm: bytes) -> None:
        at = self._began_at + dt.timedelta(seconds=self._given / _BYTES_A_SECOND)
        self._given += len(pcm)
        try:
            self._listener.feed(pcm, at)
        except Exception as fault:  # noqa: BLE001 - a listener in trouble must not keep a socket
            _log.warning("tap listener failed", extra={"error": type(fault).__name__})
            self.end("its listener failed")


class _Connection(asyncio.Protocol):
    """One socket: a stranger until it names a tap that is expected."""

    def __init__(self, taps: Taps) -> None:
        self._taps = taps
        self._reader = FrameReader()
        self._tap: Tap | None = None
        self._transport: asyncio.Transport | None = None
        self._watchdog: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a TCP server makes
        self._transport = transport
        self._taps.sockets.add(self)
        self._watch("no first frame")

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._calm()
                match frame:
                    case Named():
                        self._named(frame)
                    case Sound(rate=8000) if self._tap is not None:
                        self._tap.hear(frame.pcm)
                    case Sound():
                        raise BadFrame("audiosocket: not 8 kHz")
                    case HungUp():
                        self.close("hung up")
                    case Fault():
                        self.close("Asterisk reports an error")
                    case _:
                        pass  # a key pressed: AMI tells it too
                if self._transport is None:
                    return
            self._reader.feed(b"")  # what came after the last good frame may be none
            if self._reader.midway and self._watchdog is None:
                self._watch("half a frame")
        except BadFrame as bad:
            self.close(str(bad))

    def eof_received(self) -> bool:
        self.close("closed by Asterisk")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.close("closed by Asterisk" if exc is None else "the connection broke")

    def close(self, why: str) -> None:
        """Gone at once: nothing waits to be written."""
        self._calm()
        if self._transport is None:
            return
        self._transport.abort()
        self._transport = None
        self._taps.sockets.discard(self)
        if self._tap is not None:
            self._tap.end(why)
        else:
            _log.warning("tap refused", extra={"why": why})

    def _named(self, frame: Named) -> None:
        tap = self._taps.waiting.pop(frame.id, None)
        if tap is None or self._transport is None:
            self.close("no such tap")
            return
        self._tap = tap
        tap.begin(self._transport)

    def _watch(self, why: str) -> None:
        """A frame is to be whole in time, however its bytes trickle in."""
        wait = self._taps.timing.first_frame_s
        self._watchdog = asyncio.get_running_loop().call_later(wait, self.close, why)

    def _calm(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None


class Taps:
    """The server. Made by :func:`open_taps`."""

    def __init__(self, timing: TapTiming) -> None:
        self.timing = timing
        self.port = 0
        self.waiting: dict[uuid.UUID, Tap] = {}
        """Expected and not yet connected."""
        self.live: set[Tap] = set()
        self.sockets: set[_Connection] = set()
        """Every open connection, strangers included."""

    def expect(self, listener: Listener) -> Tap:
        """A tap for one leg: tell Asterisk its id. It ends by itself when nobody connects."""
        tap = Tap(listener, self._left, self.timing)
        self.waiting[tap.id] = tap
        self.live.add(tap)
        return tap

    def close(self) -> None:
        """End every tap and every connection."""
        for tap in list(self.live):
            tap.stop()
        for socket in list(self.sockets):
            socket.close("stopped")

    def _left(self, tap: Tap) -> None:
        self.waiting.pop(tap.id, None)
        self.live.discard(tap)


@asynccontextmanager
async def open_taps(timing: TapTiming | None = None, *, port: int = 0) -> AsyncIterator[Taps]:
    """A server on loopback, on a free port unless one is named; everything ends with the block."""
    taps = Taps(timing or TapTiming())
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(taps), HOST, port)
    taps.port = server.sockets[0].getsockname()[1]
    try:
        yield taps
    finally:
        server.close()
        taps.close()
        await server.wait_closed()
        await asyncio.sleep(0)  # asyncio closes its sockets in the next turn of the loop
