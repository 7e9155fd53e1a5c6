"""AudioSocket: bytes → frames and back, without any socket.

The wire (Asterisk's res_audiosocket): kind, one byte; length of the payload, two bytes, big end
first; payload. The first frame of a connection names it (16 bytes of a UUID); then sound, 16-bit
little-endian mono, in pieces of 20 ms; a key is one ASCII character.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final, assert_never

from hotline.errors import BadFrame

RATES: Final = {
    0x10: 8000,
    0x11: 12000,
    0x12: 16000,
    0x13: 24000,
    0x14: 32000,
    0x15: 44100,
    0x16: 48000,
    0x17: 96000,
    0x18: 192000,
}
"""Kind of a frame with sound → its samples a second."""

_HANG_UP: Final = 0x00
_NAME: Final = 0x01
_KEY: Final = 0x03
_FAULT: Final = 0xFF
_KIND_OF: Final = {rate: kind for kind, rate in RATES.items()}
_KEYS: Final = "0123456789*#ABCD"
_HEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Named:
    """The first frame: which connection this is."""

    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of sound, 16-bit little-endian mono."""

    pcm: bytes = field(repr=False)
    rate: int = 8000


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed."""

    key: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The far end says good-bye. Asterisk mostly just closes the connection."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The far end reports an error; `code` as it sent it, b"" for none."""

    code: bytes


Frame = Named | Sound | Key | HungUp | Fault


class FrameReader:
    """Takes bytes as they come, cut anywhere; gives whole frames in order.

    BadFrame at the first thing that is no AudioSocket: the connection is of no use from then on
    and every further `feed` raises it too. Holds at most one frame (64 KiB and three bytes).
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._named = False
        self._broken: str | None = None

    @property
    def midway(self) -> bool:
        """Whether part of a frame has come and its rest has not."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole now. BadFrame after the last good one of `data` is kept for
        the next call, so that nothing before it is lost."""
        if self._broken is not None:
            raise BadFrame(self._broken)
        self._held += data
        frames: list[Frame] = []
        start = 0
        while len(self._held) - start >= _HEAD:
            size = int.from_bytes(self._held[start + 1 : start + _HEAD], "big")
            end = start + _HEAD + size
            # A stranger is told by the first three bytes: nobody waits for the rest.
            fault = self._unfit(self._held[start], size)
            if fault is None and len(self._held) < end:
                break
            try:
                if fault is not None:
                    raise BadFrame(fault)
                frames.append(_frame(self._held[start], bytes(self._held[start + _HEAD : end])))
            except BadFrame as bad:
                self._broken = str(bad)
                self._held.clear()
                if frames:
                    return frames
                raise
            self._named = True
            start = end
        del self._held[:start]
        return frames

    def _unfit(self, kind: int, size: int) -> str | None:
        if not self._named and kind != _NAME:
            return "audiosocket: the first frame is not the name"
        if self._named and kind == _NAME:
            return "audiosocket: a second name"
        if kind in RATES:
            return "audiosocket: sound with half a sample" if size % 2 else None
        sizes = {_HANG_UP: range(1), _NAME: range(16, 17), _KEY: range(1, 2), _FAULT: range(256)}
        if kind not in sizes:
            return f"audiosocket: unknown kind {kind:#04x}"
        return None if size in sizes[kind] else f"audiosocket: kind {kind:#04x} with {size} bytes"


def _frame(kind: int, payload: bytes) -> Frame:
    match kind:
        case 0x00:
            return HungUp()
        case 0x01:
            return Named(uuid.UUID(bytes=payload))
        case 0x03:
            key = payload.decode("ascii", "replace").upper()
            if key not in _KEYS:
                raise BadFrame("audiosocket: no key of a telephone")
            return Key(key)
        case 0xFF:
            return Fault(payload)
        case _:
            return Sound(payload, RATES[kind])


def encode(frame: Frame) -> bytes:
    """One frame as it goes on the wire. BadFrame when it does not fit one."""
    match frame:
        case Named():
            kind, payload = _NAME, frame.id.bytes
        case Sound():
            if len(frame.pcm) % 2 or frame.rate not in _KIND_OF:
                raise BadFrame("audiosocket: sound that has no frame")
            kind, payload = _KIND_OF[frame.rate], frame.pcm
        case Key():
            kind, payload = _KEY, frame.key.encode("ascii", "replace")
        case HungUp():
            kind, payload = _HANG_UP, b""
        case Fault():
            kind, payload = _FAULT, frame.code
        case _:
            assert_never(frame)
    if len(payload) > 0xFFFF:
        raise BadFrame("audiosocket: a frame holds 65535 bytes at most")
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload


__all__ = [
    "RATES",
    "Fault",
    "Frame",
    "FrameReader",
    "HungUp",
    "Key",
    "Named",
    "Sound",
    "encode",
]
