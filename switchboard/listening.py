"""The ears of the running system: every caller is listened to from the greeting on.

What a final of the caller means is judged by :func:`hotline.emergency.notice`; the rules hear it as
:class:`~hotline.events.EmergencySpoken` and decide. Words are kept in memory for as long as the
call lasts and are written nowhere: the journal gets codes.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from hotline.calls import Call
from hotline.emergency import EmergencyModel, notice
from hotline.events import EmergencySpoken, Event
from hotline.facts import (
    CallAnswered,
    CallClosed,
    CallOpened,
    CallTaken,
    EmergencyStepped,
    Fact,
    GapClosed,
)
from hotline.words import CallId, Stage
from hotline.world import World
from ivr.media import open_taps
from ivr.phone import Acts
from ivr.recognizer import NoModel, Told, Words, running_recognizer
from ivr.speech_model import read_model
from ivr.taps import Ears

log = logging.getLogger(__name__)

HEARD_TOGETHER: Final = 2
"""Finals judged together: an emergency is often told in two breaths."""

_RANK: Final = {"none": 0, "amber": 1, "red": 2}


@dataclass(slots=True)
class _Hearing:
    """What was understood of one caller so far, and how alarming it was."""

    finals: deque[str] = field(default_factory=lambda: deque(maxlen=HEARD_TOGETHER))
    level: Literal["none", "amber", "red"] = "none"


class Listener:
    """Turns facts into taps and words into events. ``watch`` is called after every turn of the
    rules, ``told`` by the recogniser; neither waits."""

    def __init__(
        self, ears: Ears | None, model: EmergencyModel, put: Callable[[Event], None]
    ) -> None:
        self.ears = ears
        self._model = model
        self._put = put
        self._heard: dict[CallId, _Hearing] = {}
        self._work: set[asyncio.Task[None]] = set()

    def watch(self, world: World, facts: Sequence[Fact]) -> None:
        """Follow the legs of live calls; leave a call that is over or with a service."""
        if self.ears is None:
            return
        for fact in facts:
            match fact:
                case CallOpened():
                    self._heard[fact.call] = _Hearing()
                    self._later(self.ears.follow(fact.call, caller=fact.channel or None))
                case CallAnswered() | CallTaken():
                    agent = fact.agent_channel or None
                    self._later(self.ears.follow(fact.call, agent=agent))
                case CallClosed():
                    self._leave(fact.call)
                case GapClosed():
                    for call in world.calls.values():
                        self._take_up(call)
                case EmergencyStepped(phase="answered"):
                    # Whoever speaks with 119 is not listened to.
                    self._leave(fact.call)
                case _:
                    pass

    def _take_up(self, call: Call) -> None:
        """A call that lived through a gap is listened to (again)."""
        if self.ears is None or call.stage is Stage.EMERGENCY_LINKED:
            return
        self._heard.setdefault(call.id, _Hearing())
        caller, agent = call.channel or None, call.agent_channel or None
        self._later(self.ears.follow(call.id, caller=caller, agent=agent))

    def _leave(self, call: CallId) -> None:
        self._heard.pop(call, None)
        if self.ears is not None:
            self._later(self.ears.leave(call))

    def told(self, told: Told) -> None:
        """Something of the recogniser. Only what a caller said to the end is judged."""
        match told:
            case Words(leg="caller", final=True) if told.text:
                self._judge(told.call, told.text, told.at)
            case _:
                pass

    def _judge(self, call: CallId, text: str, at: dt.datetime) -> None:
        hearing = self._heard.get(call)
        if hearing is None:
            return
        hearing.finals.append(text)
        alarm = notice(list(hearing.finals), self._model)
        # Said again is not more alarming; each call raises each level once.
        if alarm.level == "none" or _RANK[alarm.level] <= _RANK[hearing.level]:
            return
        hearing.level = alarm.level
        self._put(
            EmergencySpoken(
                at=at,
                received_at=dt.datetime.now(dt.UTC),
                call=call,
                service=alarm.service,
                level=alarm.level,
                reason=alarm.reason,
                model_version=self._model.version,
            )
        )

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="ears")
        self._work.add(task)
        task.add_done_callback(self._work.discard)


@asynccontextmanager
async def listening(
    act: Acts, model: EmergencyModel, put: Callable[[Event], None], *, speech: Path | None
) -> AsyncIterator[Listener]:
    """Ears for as long as the block lasts. Without a usable speech model there are none, which the
    log says: calls are taken all the same."""
    try:
        read_model(speech)
    except NoModel as missing:
        log.warning("no speech model", extra={"why": str(missing)})
        yield Listener(None, model, put)
        return
    async with running_recognizer(speech) as recognizer, open_taps() as taps:
        listener = Listener(None, model, put)
        listener.ears = ears = Ears(act, taps, recognizer, listener.told)
        try:
            yield listener
        finally:
            await ears.close()
