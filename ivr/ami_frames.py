"""AMI bytes ↔ messages, without any socket: the one place that knows how the wire is cut up.

A message is a plain ``dict`` of headers. A header that Asterisk repeats (``ChanVariable`` with
several channel variables) is joined by ``"\\n"``, which no single value can contain, so that one
and many have the same shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.errors import BadFrame, ExchangeRefused

Message = Mapping[str, str]

FRAME_END: Final = b"\r\n\r\n"
LONGEST_FRAME: Final = 1 << 20
"""An un-terminated frame beyond this is a broken peer: Asterisk's own are below 16 KiB."""
LONGEST_LINE: Final = 1000
"""manager.c reads lines into 1,025 bytes and throws longer ones away without an answer."""

_FORBIDDEN: Final = ("\r", "\n", "\0")


class FrameSplitter:
    """Collects reads of any size and gives back whole frames, in linear time."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames completed by ``data``, without their terminators.

        Raises BadFrame when more than LONGEST_FRAME bytes stand without a terminator; what was
        held is gone then.
        """
        held = self._held
        if FRAME_END not in data and FRAME_END not in held[-3:] + data[:3]:
            held += data
            self._check(len(held))
            return []
        frames = (bytes(held) + data if held else data).split(FRAME_END)
        self._held = bytearray(frames.pop())
        self._check(len(self._held))
        return frames

    def _check(self, size: int) -> None:
        if size > LONGEST_FRAME:
            self._held = bytearray()
            raise BadFrame("AMI frame without an end")


def event_name(frame: bytes) -> bytes:
    """The event's name without parsing the rest; empty for responses and anything else.

    Asterisk writes ``Event:`` as the first header of every event.
    """
    if not frame.startswith(b"Event: "):
        return b""
    end = frame.find(b"\r\n", 7)
    return frame[7:] if end < 0 else frame[7:end]


def parse(frame: bytes) -> dict[str, str]:
    """The headers of a whole frame. Never raises: bytes that are no UTF-8 become U+FFFD (only
    whole frames are decoded, so no character is ever cut), lines without ``": "`` are left out."""
    headers: dict[str, str] = {}
    for line in frame.decode("utf-8", "replace").split("\r\n"):
        key, colon, value = line.partition(": ")
        if not colon:
            continue
        if key in headers:
            headers[key] += "\n" + value
        else:
            headers[key] = value
    return headers


def checked(action: Message) -> dict[str, str]:
    """The action as it may be sent.

    Raises ExchangeRefused (not retryable) for a CR, LF or NUL anywhere (it would be a second
    action to Asterisk), for a line longer than Asterisk reads, for text that is no UTF-8, for an
    ``ActionID`` (those are ours) and for an action without a name. The value itself is never
    repeated in the error.
    """
    name = action.get("Action", "")
    if not name.isalnum():
        raise ExchangeRefused("?", "the action has no proper name", retryable=False)
    for key, value in action.items():
        line = f"{key}: {value}"
        if any(sign in line for sign in _FORBIDDEN):
            raise ExchangeRefused(name, f"{key!a} holds a line break or NUL", retryable=False)
        if not key.isalnum() or key.lower() == "actionid":
            raise ExchangeRefused(name, f"{key!a} is no header to send", retryable=False)
        try:
            size = len(line.encode())
        except UnicodeEncodeError:
            raise ExchangeRefused(name, f"{key!a} is no proper text", retryable=False) from None
        if size > LONGEST_LINE:
            raise ExchangeRefused(name, f"{key!a} is too long", retryable=False)
    return dict(action)
