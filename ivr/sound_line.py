"""The sound of one call: RTP out every 20 ms by the wall clock, what comes in kept in a record."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from hotline.errors import BadFrame
from ivr import g711, rtp, sdp, sound

Address = tuple[str, int]

_LAWS: Final = {number: law for law, number in sdp.LAW_TYPES.items()}
_CATCH_UP: Final = 10
"""Frames sent at once after a pause of the process (200 ms); what is older is left out."""


def _deaf(_key: str) -> None:
    """Nobody listens for keys."""


@dataclass(slots=True)
class SoundLine(asyncio.DatagramProtocol):
    """Open with `open_line`; `connect` starts it; `close` ends timer and socket.

    While nothing is played silence is sent, as a telephone does.  `sent` and `received` count
    packets of sound; `strays` those from somebody else or of an unknown kind.  `key_sent_at` is
    the loop's time at the last packet of a pressed key.
    """

    on_key: Callable[[str], None] = _deaf
    address: Address = ("", 0)
    heard: sound.HeardSound | None = None
    sent: int = 0
    received: int = 0
    strays: int = 0
    key_sent_at: float = 0.0
    _transport: asyncio.DatagramTransport | None = None
    _far: sdp.Sound | None = None
    _sending: bool = True
    _stream: rtp.Stream = field(
        default_factory=lambda: rtp.Stream(
            ssrc=secrets.randbits(32), sequence=secrets.randbits(15), timestamp=secrets.randbits(31)
        )
    )
    _frames: deque[bytes] = field(default_factory=deque)
    _again: list[bytes] = field(default_factory=list)
    _keys: deque[tuple[rtp.KeyEvent, ...] | asyncio.Future[None] | None] = field(
        default_factory=deque
    )
    _key_heard: tuple[int, int] | None = None
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)
    _timer: asyncio.TimerHandle | None = None
    _began: float = 0.0
    _ticks: int = 0

    def connect(self, far: sdp.Sound, direction: sdp.Direction = "sendrecv") -> None:
        """Send to that end from now on; `direction` is ours. May be called again in mid-call."""
        loop = asyncio.get_running_loop()
        if self._far is not None and self._far.laws[0] != far.laws[0]:
            self._stream.skip(0)
        self._far = far
        self._sending = direction in {"sendrecv", "sendonly"}
        if self.heard is None:
            self.heard = sound.HeardSound(loop.time())
        if self._timer is None:
            self._began = loop.time()
            self._ticks = 0
            self._quiet.set()
            self._tick()

    # ---- speaking -------------------------------------------------------------------------------
    def play(self, pcm: bytes, *, loop: bool = False) -> None:
        """Put sound at the end of what is being played; `loop` repeats it until `hush`."""
        pieces = sound.frames(pcm)
        if not pieces:
            return
        self._frames.extend(pieces)
        self._again = pieces if loop else []
        self._quiet.clear()

    def hush(self) -> None:
        """Stop playing at once."""
        self._frames.clear()
        self._again = []
        self._quiet.set()

    async def played(self) -> None:
        """Return when everything put in `play` has been sent."""
        await self._quiet.wait()

    async def press(self, keys: str, *, seconds: float = 0.1, pause: float = 0.1) -> None:
        """Press keys one after the other (RFC 4733); return when the last one is sent.

        BadFrame for a sign that is no key; nothing is sent then.
        """
        steps = [rtp.key_steps(key, seconds) for key in keys]
        done = asyncio.get_running_loop().create_future()
        for one in steps:
            self._keys.extend(one)
            self._keys.extend([None] * max(1, round(pause / rtp.FRAME_SECONDS)))
        self._keys.append(done)
        await done

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = int((loop.time() - self._began) / rtp.FRAME_SECONDS) + 1 - self._ticks
        if due > _CATCH_UP:
            self._stream.skip(due - 1)
            self._ticks += due - 1
            due = 1
        for _ in range(due):
            self._send_frame()
            self._ticks += 1
        self._timer = loop.call_at(self._began + self._ticks * rtp.FRAME_SECONDS, self._tick)

    def _send_frame(self) -> None:
        far = self._far
        if far is None:
            return
        while self._keys and isinstance(self._keys[0], asyncio.Future):
            done = self._keys.popleft()
            if isinstance(done, asyncio.Future) and not done.done():
                done.set_result(None)
        if not self._sending:
            self._stream.skip(1)
            return
        law, number = far.laws[0]
        step = self._keys.popleft() if self._keys else None
        if isinstance(step, tuple):
            for packet in self._stream.key(step, far.key_type or sdp.KEY_TYPE):
                self._put(packet)
            self.key_sent_at = asyncio.get_running_loop().time()
            return
        pcm = self._next_frame()
        payload = g711.silence(law) if pcm is None else g711.encode(pcm, law)
        self._put(self._stream.audio(payload, number))
        self.sent += 1

    def _next_frame(self) -> bytes | None:
        if not self._frames:
            self._quiet.set()
            return None
        frame = self._frames.popleft()
        if not self._frames:
            self._frames.extend(self._again)
        return frame

    def _put(self, datagram: bytes) -> None:
        if self._transport is not None and self._far is not None:
            self._transport.sendto(datagram, (self._far.host, self._far.port))

    # ---- hearing --------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's own call when the socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        host, port = transport.get_extra_info("sockname")[:2]
        self.address = (host, port)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Asyncio's own call for each datagram; a stranger's is counted and left out."""
        far = self._far
        if far is None or addr[:2] != (far.host, far.port) or self.heard is None:
            self.strays += 1
            return
        try:
            packet = rtp.parse_packet(data)
            if packet.payload_type in {far.key_type, sdp.KEY_TYPE}:
                self._hear_key(packet)
                return
        except BadFrame:
            self.strays += 1
            return
        law = _LAWS.get(packet.payload_type)
        if law is None:
            self.strays += 1
            return
        self.received += 1
        now = asyncio.get_running_loop().time()
        self.heard.add(now, packet.ssrc, packet.timestamp, g711.decode(packet.payload, law))

    def _hear_key(self, packet: rtp.Packet) -> None:
        event = rtp.parse_key(packet.payload)
        this = (packet.ssrc, packet.timestamp)
        if this != self._key_heard:
            self._key_heard = this
            self.on_key(event.key)

    def error_received(self, exc: Exception) -> None:
        """Asyncio's own call for an ICMP refusal: the far end may not listen yet."""

    def close(self) -> None:
        """Stop; the record stays readable and is as long as the call was."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.heard is not None:
            self.heard.end(asyncio.get_running_loop().time())
        for waiting in self._keys:
            if isinstance(waiting, asyncio.Future) and not waiting.done():
                waiting.set_result(None)
        self._keys.clear()
        self._quiet.set()
        if self._transport is not None:
            self._transport.close()


async def open_line(host: str, on_key: Callable[[str], None] = _deaf) -> SoundLine:
    """A line with its socket on a free port of `host`."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_datagram_endpoint(
        lambda: SoundLine(on_key=on_key), local_addr=(host, 0)
    )
    return line
