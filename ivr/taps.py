"""Which legs are listened to: one ChanSpy a leg, ordered by AMI, brought to our server as sound.

    ears = Ears(ami.act, taps, recognizer, told)
    await ears.follow(call, caller="PJSIP/trunk-in-00000001")            # from the greeting on
    await ears.follow(call, agent="PJSIP/1001-00000002")                 # AgentConnect; again after
    await ears.leave(call)                                               # a transfer: the new leg

The tap of the caller's leg lives as long as that leg, through queue and transfers; an agent's ends
with the agent's leg. A tap that fails costs the words of that leg, never the call.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hotline.errors import ExchangeRefused
from hotline.words import CallId
from ivr.ami_frames import Message
from ivr.media import HOST, Tap, Taps
from ivr.phone import Acts
from ivr.recognizer import Leg, Recognizer, Statistics, Told
from ivr.recognizer_stream import Stream

_log: Final = logging.getLogger(__name__)

_CHANNEL: Final = re.compile(r"[A-Za-z]+/[A-Za-z0-9_.@;-]{1,80}")


def order(channel: str, tap: uuid.UUID, port: int) -> Message:
    """The Originate that brings what `channel` says to our server, and nothing else: `q` no beep,
    `o` only what comes from that channel, `E` ends with it. ExchangeRefused for an unfit name."""
    if _CHANNEL.fullmatch(channel) is None:
        raise ExchangeRefused("Originate", "unfit channel", retryable=False)
    return {
        "Action": "Originate",
        "Channel": f"AudioSocket/{HOST}:{port}/{tap}/c(slin)",
        "Application": "ChanSpy",
        "Data": f"{channel},qoE",
        "Async": "true",
    }


@dataclass(slots=True)
class _Ear:
    """One leg that is listened to."""

    channel: str
    tap: Tap
    stream: Stream
    task: asyncio.Task[Statistics] | None = None


class Ears:
    """Keeps a tap and a stream for each leg it is told of."""

    def __init__(
        self, act: Acts, taps: Taps, recognizer: Recognizer, told: Callable[[Told], None]
    ) -> None:
        self._act = act
        self._taps = taps
        self._recognizer = recognizer
        self._told = told
        self._ears: dict[CallId, dict[Leg, _Ear]] = {}
        self._endings: set[asyncio.Task[Statistics]] = set()

    def channel(self, call: CallId, leg: Leg) -> str | None:
        """The channel a leg is listened to on; None when it is not."""
        ear = self._ears.get(call, {}).get(leg)
        return ear.channel if ear is not None else None

    async def follow(
        self, call: CallId, *, caller: str | None = None, agent: str | None = None
    ) -> None:
        """Listen to these channels; None leaves a leg as it is. The same channel again is nothing,
        another one replaces it. Raises nothing: a leg that cannot be tapped is logged."""
        if caller is not None:
            await self._listen(call, "caller", caller)
        if agent is not None:
            await self._listen(call, "agent", agent)

    async def leave(self, call: CallId) -> None:
        """Stop listening to a call; its last words are told before this returns."""
        ears = self._ears.pop(call, {})
        for ear in ears.values():
            ear.tap.stop()
        endings = [ear.task for ear in ears.values() if ear.task is not None]
        await asyncio.gather(*endings, return_exceptions=True)

    async def close(self) -> None:
        """Leave every call; nothing is left behind."""
        for call in list(self._ears):
            await self.leave(call)
        await asyncio.gather(*self._endings, return_exceptions=True)

    async def _listen(self, call: CallId, leg: Leg, channel: str) -> None:
        ears = self._ears.setdefault(call, {})
        old = ears.get(leg)
        if old is not None:
            if old.channel == channel and not old.tap.ended.done():
                return
            old.tap.stop()
        stream = self._recognizer.open(call, leg, self._told)
        tap = self._taps.expect(stream)
        ear = ears[leg] = _Ear(channel, tap, stream)
        ear.task = asyncio.create_task(self._until_over(call, leg, ear), name="tap")
        self._endings.add(ear.task)
        ear.task.add_done_callback(self._endings.discard)
        try:
            await self._act(order(channel, tap.id, self._taps.port))
        except ExchangeRefused as refused:
            # Mostly the leg is gone already: a call is never the worse for not being heard.
            _log.warning("leg not tapped", extra={"call": call, "leg": leg, "why": refused.reply})
            tap.stop()

    async def _until_over(self, call: CallId, leg: Leg, ear: _Ear) -> Statistics:
        """Wait for the end of a tap, then for its last words."""
        why = await ear.tap.ended
        statistics = await ear.stream.close()
        if why not in {"closed by Asterisk", "hung up", "stopped"}:
            _log.warning("tap ended", extra={"call": call, "leg": leg, "why": why})
        ears = self._ears.get(call, {})
        if ears.get(leg) is ear:
            del ears[leg]
            if not ears:
                self._ears.pop(call, None)
        return statistics
