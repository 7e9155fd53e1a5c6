"""The server for taps, on real sockets: sound without gaps, and no peer keeps a socket."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr.audio_frames import Fault, Frame, HungUp, Key, Named, Sound, encode
from ivr.media import HOST, Tap, Taps, TapTiming, open_taps
from tests.ivr.telephones import until

pytestmark = pytest.mark.anyio

QUICK = TapTiming(first_frame_s=0.3, connect_s=0.3, silent_after_s=0.2, look_every_s=0.05)
FRAME = Sound(b"\x01\x00" * 160)


@dataclass(slots=True)
class Kept:
    """A listener that keeps everything."""

    pcm: bytearray = field(default_factory=bytearray)
    times: list[dt.datetime] = field(default_factory=list)

    def feed(self, pcm: bytes, at: dt.datetime) -> None:
        self.times.append(at)
        self.pcm += pcm

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 16000


class Fragile:
    """A listener that fails."""

    def feed(self, pcm: bytes, at: dt.datetime) -> None:
        raise ValueError("cannot")


@dataclass(frozen=True, slots=True)
class Peer:
    """Asterisk's end of a tap."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *frames: Frame) -> None:
        self.writer.write(b"".join(encode(frame) for frame in frames))

    async def closed(self, within: float = 20.0) -> bool:
        """Whether the server ends the connection in time."""
        try:
            async with asyncio.timeout(within):
                return await self.reader.read(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


@asynccontextmanager
async def peer(taps: Taps, tap: Tap | None = None) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection(HOST, taps.port)
    one = Peer(reader, writer)
    if tap is not None:
        one.send(Named(tap.id))
    try:
        yield one
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def sockets_left_half_closed(port: int) -> int:
    """CLOSE-WAIT of the kernel's own table, on our port."""
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "08" for row in rows)


async def test_the_sound_of_a_leg_arrives_whole_and_in_order() -> None:
    kept = Kept()
    async with open_taps() as taps:
        tap = taps.expect(kept)
        async with peer(taps, tap) as asterisk:
            for number in range(1, 6):
                asterisk.send(Sound(bytes((number, 0)) * 160))
            asterisk.send(HungUp())
            assert await asyncio.wait_for(tap.ended, 20) == "hung up"
            assert await asterisk.closed()
        assert kept.pcm == b"".join(bytes((number, 0)) * 160 for number in range(1, 6))
        gaps = [b - a for a, b in zip(kept.times, kept.times[1:], strict=False)]
        assert gaps == [dt.timedelta(milliseconds=20)] * 4
        assert tap.frames == 5


async def test_a_leg_that_sends_nothing_is_filled_with_silence_by_the_clock() -> None:
    kept = Kept()
    async with open_taps(QUICK) as taps:
        tap = taps.expect(kept)
        async with peer(taps, tap) as asterisk:
            await until(lambda: kept.seconds > 0.4)
            asterisk.send(FRAME)
            await until(lambda: tap.frames == 1)
            place = len(kept.pcm) / 16000
            await until(lambda: kept.seconds > place + 0.25)
            tap.stop()
            assert await asterisk.closed()
    assert bytes(kept.pcm).count(b"\x01") == 160
    assert tap.filled_s == pytest.approx(kept.seconds - 0.02, abs=0.001)
    assert kept.times == sorted(kept.times)


async def test_a_burst_after_a_stall_is_not_torn_by_silence() -> None:
    kept = Kept()
    async with open_taps() as taps:
        tap = taps.expect(kept)
        async with peer(taps, tap) as asterisk:
            asterisk.send(FRAME)
            await asyncio.sleep(0.3)
            asterisk.send(*[FRAME] * 15)
            await until(lambda: tap.frames == 16)
    assert bytes(kept.pcm) == FRAME.pcm * 16


async def test_who_does_not_say_who_it_is_is_cut_off() -> None:
    async with open_taps(QUICK) as taps:
        async with peer(taps) as stranger:
            assert await stranger.closed()
        async with peer(taps) as stranger:
            stranger.writer.write(encode(Named(uuid.uuid4()))[:7])
            assert await stranger.closed()
        await until(lambda: not taps.sockets)


@pytest.mark.parametrize(
    "wire",
    [b"GET / HTTP/1.1\r\n\r\n", encode(Named(uuid.uuid4())), encode(FRAME)],
    ids=["http", "unknown tap", "no name"],
)
async def test_a_stranger_is_cut_off_at_once(wire: bytes) -> None:
    async with open_taps() as taps, peer(taps) as stranger:
        stranger.writer.write(wire)
        assert await stranger.closed(1.0)
        assert not taps.sockets


@pytest.mark.parametrize(
    "last",
    [encode(Sound(b"ab", 16000)), b"\x42\x00\x00", b"\x10\x00\x03abc", encode(Fault(b"\x01"))],
    ids=["other rate", "unknown kind", "half a sample", "fault"],
)
async def test_a_wrong_frame_ends_the_tap_after_what_was_good(last: bytes) -> None:
    kept = Kept()
    async with open_taps() as taps:
        tap = taps.expect(kept)
        async with peer(taps, tap) as asterisk:
            asterisk.send(FRAME, Key("5"))
            asterisk.writer.write(last)
            assert await asterisk.closed(1.0)
            await asyncio.wait_for(tap.ended, 20)
    assert bytes(kept.pcm) == FRAME.pcm


async def test_half_a_frame_that_goes_no_further_ends_the_tap() -> None:
    async with open_taps(QUICK) as taps:
        tap = taps.expect(Kept())
        async with peer(taps, tap) as asterisk:
            asterisk.send(FRAME)
            asterisk.writer.write(encode(FRAME)[:100])
            assert await asyncio.wait_for(tap.ended, 20) == "half a frame"
            assert await asterisk.closed()


async def test_frames_that_always_come_cut_in_two_are_no_half_frames() -> None:
    kept = Kept()
    async with open_taps(QUICK) as taps:
        tap = taps.expect(kept)
        async with peer(taps, tap) as asterisk:
            wire = encode(FRAME) * 12
            asterisk.writer.write(wire[:100])
            for start in range(100, len(wire), 323):
                await asyncio.sleep(0.06)
                asterisk.writer.write(wire[start : start + 323])
            await until(lambda: tap.frames == 12)
            assert not tap.ended.done()


async def test_a_half_close_leaves_no_socket_behind() -> None:
    async with open_taps() as taps:
        tap = taps.expect(Kept())
        async with peer(taps, tap) as asterisk:
            asterisk.send(FRAME)
            asterisk.writer.write_eof()
            assert await asyncio.wait_for(tap.ended, 20) == "closed by Asterisk"
            assert await asterisk.closed()
            assert not taps.sockets
            assert sockets_left_half_closed(taps.port) == 0


async def test_a_tap_that_nobody_connects_to_ends_by_itself() -> None:
    async with open_taps(QUICK) as taps:
        tap = taps.expect(Kept())
        assert await asyncio.wait_for(tap.ended, 20) == "never connected"
        assert not taps.live
        assert not taps.waiting


async def test_a_name_serves_one_connection_only() -> None:
    async with open_taps() as taps:
        tap = taps.expect(Kept())
        async with peer(taps, tap), peer(taps, tap) as second:
            assert await second.closed(1.0)
            assert not tap.ended.done()


async def test_a_failing_listener_ends_its_tap_alone() -> None:
    kept = Kept()
    async with open_taps() as taps:
        bad, good = taps.expect(Fragile()), taps.expect(kept)
        async with peer(taps, bad) as one, peer(taps, good) as two:
            one.send(FRAME)
            assert await asyncio.wait_for(bad.ended, 20) == "its listener failed"
            assert await one.closed()
            two.send(FRAME)
            await until(lambda: good.frames == 1)


async def test_closing_the_server_ends_everything() -> None:
    async with open_taps() as taps:
        live, waiting = taps.expect(Kept()), taps.expect(Kept())
        async with peer(taps, live) as asterisk, peer(taps) as stranger:
            await until(lambda: live.connected and len(taps.sockets) == 2)
            taps.close()
            assert await asterisk.closed()
            assert await stranger.closed()
            assert (live.ended.result(), waiting.ended.result()) == ("stopped", "stopped")
