"""The sound of one call as the two sides agree on it: offers, answers, hold (RFC 3264)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr import sdp, sound
from ivr.g711 import Law
from ivr.sound_line import SoundLine, open_line


@dataclass(slots=True)
class CallSession:
    """A line and what was agreed about it. `held_by_them`: the far end put us on hold."""

    # Reading the record works in any thread: time.monotonic is the clock of asyncio's loops.
    line: SoundLine
    laws: tuple[Law, ...]
    held_by_them: bool = False
    _number: int = field(default_factory=lambda: secrets.randbelow(10**9))
    _version: int = 0

    def offer(self, direction: sdp.Direction = "sendrecv") -> bytes:
        """Our end, offered (again)."""
        return self._render(sdp.offer(*self.line.address, self.laws, direction))

    def accept(self, body: bytes, direction: sdp.Direction = "sendrecv") -> None:
        """Their answer to our offer: speak to them from now on. BadSdp when it is none."""
        self.line.connect(sdp.parse(body), direction)

    def answer(self, body: bytes) -> bytes:
        """Our answer to their offer, in force at once; without an offer we make ours. BadSdp."""
        if not body:
            return self.offer()
        far = sdp.parse(body)
        ours = sdp.answer(far, *self.line.address, self.laws)
        self.held_by_them = far.direction in {"sendonly", "inactive"}
        # They may have offered several codecs: speak the one we chose.
        self.line.connect(replace(far, laws=ours.laws), ours.direction)
        return self._render(ours)

    @property
    def connected(self) -> bool:
        """Whether sound goes to and fro already."""
        return self.line.heard is not None

    def heard(self) -> bytes:
        """All the sound heard so far, gaps as silence; after the end as long as the call was."""
        record = self.line.heard
        return b"" if record is None else record.pcm(time.monotonic())

    def heard_lately(self, seconds: float) -> bytes:
        """The last so many seconds of it."""
        record = self.line.heard
        return b"" if record is None else record.last(time.monotonic(), seconds)

    def save(self, path: Path) -> None:
        """Write what was heard to a wav file."""
        sound.write_wav(path, self.heard())

    def _render(self, ours: sdp.Sound) -> bytes:
        self._version += 1
        return sdp.render(ours, session=self._number, version=self._version)


async def open_session(
    host: str, laws: tuple[Law, ...], on_key: Callable[[str], None]
) -> CallSession:
    """A session with its line open on a free port of `host`."""
    return CallSession(await open_line(host, on_key), laws)
