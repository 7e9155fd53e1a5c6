"""RTP packets (RFC 3550) and pressed keys (RFC 4733), without a socket or a clock.

`parse_packet` turns a datagram into a Packet or raises BadFrame, whatever the bytes.
`Stream` numbers and stamps what one side sends; who calls it keeps the time.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from hotline.errors import BadFrame
from ivr.g711 import FRAME_SAMPLES

KEYS: Final = "0123456789*#ABCD"
"""Event codes 0 to 15 of RFC 4733, table 7."""
FRAME_SECONDS: Final = 0.02

_HEADER: Final = struct.Struct("!BBHII")
_EVENT: Final = struct.Struct("!BBH")
_VERSION: Final = 0x80
_END: Final = 0x80
_VOLUME: Final = 10  # -10 dBm0, as desk telephones send it
_END_REPEATS: Final = 3  # RFC 4733 §2.5.1.4: the end is sent three times


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet; `timestamp` counts samples, `marker` opens a talk spurt or an event."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        """The datagram; numbers wrap as the RFC has them."""
        return (
            _HEADER.pack(
                _VERSION,
                self.payload_type & 0x7F | (0x80 if self.marker else 0),
                self.sequence & 0xFFFF,
                self.timestamp & 0xFFFFFFFF,
                self.ssrc & 0xFFFFFFFF,
            )
            + self.payload
        )


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A telephone-event payload: which key, for how many samples so far, and whether it ended."""

    key: str
    duration: int
    ended: bool

    def encode(self) -> bytes:
        """Four bytes of payload."""
        return _EVENT.pack(
            KEYS.index(self.key), _VOLUME | (_END if self.ended else 0), min(self.duration, 0xFFFF)
        )


def parse_packet(data: bytes) -> Packet:
    """The packet in `data`; contributing sources, extension and padding are taken off."""
    if len(data) < _HEADER.size:
        raise BadFrame("RTP packet shorter than its header")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise BadFrame("RTP packet of another version")
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            raise BadFrame("RTP header extension cut off")
        start += 4 + 4 * struct.unpack_from("!H", data, start + 2)[0]
    end = len(data)
    if first & 0x20 and end > start:
        if not 0 < data[-1] <= end - start:
            raise BadFrame("RTP padding longer than the packet")
        end -= data[-1]
    if start > end:
        raise BadFrame("RTP packet shorter than its header says")
    return Packet(
        second & 0x7F, sequence, timestamp, ssrc, data[start:end], marker=bool(second & 0x80)
    )


def parse_key(payload: bytes) -> KeyEvent:
    """The key in a telephone-event payload; BadFrame for flash and other events we do not use."""
    if len(payload) < _EVENT.size:
        raise BadFrame("telephone-event shorter than four bytes")
    code, flags, duration = _EVENT.unpack_from(payload)
    if code >= len(KEYS):
        raise BadFrame("telephone-event that is no key")
    return KeyEvent(KEYS[code], duration, ended=bool(flags & _END))


def key_steps(key: str, seconds: float = 0.1) -> tuple[tuple[KeyEvent, ...], ...]:
    """What to send for a pressed key, one entry for each 20 ms; the last repeats the end.

    BadFrame for a sign that is not on a telephone.
    """
    if key not in KEYS or len(key) != 1:
        raise BadFrame("no such key on a telephone")
    ticks = max(2, round(seconds / FRAME_SECONDS))
    going = tuple((KeyEvent(key, FRAME_SAMPLES * tick, ended=False),) for tick in range(1, ticks))
    return (*going, (KeyEvent(key, FRAME_SAMPLES * ticks, ended=True),) * _END_REPEATS)


class Stream:
    """The numbering of what one side sends: sequence, timestamp, source."""

    __slots__ = ("_key_timestamp", "_sequence", "_spurt", "_ssrc", "_timestamp")

    def __init__(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        self._ssrc = ssrc
        self._sequence = sequence
        self._timestamp = timestamp
        self._key_timestamp: int | None = None
        self._spurt = True

    def audio(self, payload: bytes, payload_type: int) -> bytes:
        """The next 20 ms of sound as a datagram."""
        packet = self._packet(payload, payload_type, self._timestamp, marker=self._spurt)
        self._spurt = False
        self._timestamp += FRAME_SAMPLES
        return packet

    def key(self, step: tuple[KeyEvent, ...], payload_type: int) -> list[bytes]:
        """The datagrams of 20 ms of a pressed key: they all carry the time the key went down."""
        opens = self._key_timestamp is None
        stamp = self._timestamp if self._key_timestamp is None else self._key_timestamp
        packets = [
            self._packet(event.encode(), payload_type, stamp, marker=opens and number == 0)
            for number, event in enumerate(step)
        ]
        self._key_timestamp = None if step[-1].ended else stamp
        self._timestamp += FRAME_SAMPLES
        return packets

    def skip(self, ticks: int) -> None:
        """Time passed without a packet: the timestamp goes on, the next sound opens a spurt."""
        self._timestamp += FRAME_SAMPLES * ticks
        self._spurt = True

    def _packet(self, payload: bytes, payload_type: int, timestamp: int, *, marker: bool) -> bytes:
        packet = Packet(payload_type, self._sequence, timestamp, self._ssrc, payload, marker=marker)
        self._sequence += 1
        return packet.encode()
