"""The ears of the running system: every caller is listened to from the greeting on.

What a final of the caller means is judged by :func:`hotline.emergency.notice`; the rules hear it as
:class:`~hotline.events.EmergencySpoken` and decide. Words are kept in memory for as long as the
call lasts and are written nowhere: the journal gets codes. What they fill and what answers them is
made beside (:mod:`switchboard.aids`) and goes to the agent who has the call.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, Protocol

from agent_desk.said import Said
from hotline.calls import Call
from hotline.emergency import Alarm, EmergencyModel, notice
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
from hotline.words import AgentId, CallId, Stage
from hotline.world import World
from ivr.media import open_taps
from ivr.phone import Acts
from ivr.recognizer import Interrupted, NoModel, Resumed, Told, Words, running_recognizer
from ivr.speech_model import read_model
from ivr.taps import Ears
from switchboard.aids import Aid, NoAids

log = logging.getLogger(__name__)

HEARD_TOGETHER: Final = 2
"""Finals judged together: an emergency is often told in two breaths."""

KEPT_WORDS: Final = 200

_RANK: Final = {"none": 0, "amber": 1, "red": 2}


@dataclass(slots=True)
class _Hearing:
    """What was understood of one caller so far, and how alarming it was."""

    finals: deque[str] = field(default_factory=lambda: deque(maxlen=HEARD_TOGETHER))
    level: Literal["none", "amber", "red"] = "none"
    agent: AgentId | None = None
    said: deque[Said] = field(default_factory=lambda: deque(maxlen=KEPT_WORDS))
    """What was said so far, for whoever has the call next."""
    over: bool = False
    """The caller is gone; the last words may still come."""


class Desks(Protocol):
    """Where live words are shown, and what helps with them."""

    def said(self, agent: AgentId, said: Said) -> None:
        """To the agent who has the call; never waits."""

    def aid(self, agent: AgentId, aid: Aid) -> None:
        """To the agent who has the call; never waits."""


class Helps(Protocol):
    """Draft and answers: :class:`switchboard.aids.CallAids`."""

    def heard(self, said: Said, /) -> None:
        """Words of a call; never waits."""

    def of(self, call: CallId, /) -> Sequence[Aid]:
        """What stands beside a call now."""

    async def finish(self, call: CallId, /) -> None:
        """The call is over and its last words were told."""

    def drop(self, call: CallId, /) -> None:
        """This call is helped with no more."""


class Listener:
    """Turns facts into taps, words into frames for the desk, alarming words into events. ``watch``
    is called after every turn of the rules, ``told`` by the recogniser; neither waits."""

    def __init__(
        self,
        ears: Ears | None,
        model: EmergencyModel,
        put: Callable[[Event], None],
        desks: Desks,
    ) -> None:
        self.ears = ears
        self.aids: Helps = NoAids()
        self._desks = desks
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
                    agent, caller = fact.agent_channel or None, _called_back(world, fact)
                    self._later(self.ears.follow(fact.call, caller=caller, agent=agent))
                    self._taken(fact.call, fact.agent)
                case CallClosed():
                    self._later(self._end(fact.call))
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
        if call.agent is not None:
            self._taken(call.id, call.agent)
        caller, agent = call.channel or None, call.agent_channel or None
        self._later(self.ears.follow(call.id, caller=caller, agent=agent))

    def _leave(self, call: CallId) -> None:
        self._heard.pop(call, None)
        self.aids.drop(call)
        if self.ears is not None:
            self._later(self.ears.leave(call))

    async def _end(self, call: CallId) -> None:
        """The call is over. What was said to its end still comes to the desk and into the draft."""
        hearing = self._heard.get(call)
        if hearing is not None:
            hearing.over = True
        if self.ears is not None:
            await self.ears.leave(call)
        await self.aids.finish(call)
        self._heard.pop(call, None)

    def told(self, told: Told) -> None:
        """Something of the recogniser. Only what a caller said to the end is judged."""
        hearing = self._heard.get(told.call)
        if hearing is None:
            return
        match told:
            case Words():
                judged = told.leg == "caller" and told.final and bool(told.text)
                alarm = self._judge(told, hearing) if judged and not hearing.over else None
                said = _said(told, alarm)
                self._show(hearing, said)
                self.aids.heard(said)
            case Resumed():
                self._show(hearing, _gap(told))
            case Interrupted():
                pass  # the gap is told when it ends, with its seconds

    def _taken(self, call: CallId, agent: AgentId) -> None:
        """An agent has the call: what was said before is theirs to read."""
        hearing = self._heard.setdefault(call, _Hearing())
        if hearing.agent == agent:
            return
        hearing.agent = agent
        for said in hearing.said:
            self._desks.said(agent, said)
        for aid in self.aids.of(call):
            self._desks.aid(agent, aid)

    def aid(self, aid: Aid) -> None:
        """A draft or answers changed. Kept by who made them until somebody has the call."""
        hearing = self._heard.get(aid.call)
        if hearing is not None and hearing.agent is not None:
            self._desks.aid(hearing.agent, aid)

    def _show(self, hearing: _Hearing, said: Said) -> None:
        if said.final and not said.text and said.gap_s is None:
            # An empty final ends a partial that came to nothing.
            said = replace(said, final=False)
        if said.final:
            hearing.said.append(said)
        if hearing.agent is not None:
            self._desks.said(hearing.agent, said)

    def _judge(self, told: Words, hearing: _Hearing) -> Alarm | None:
        """Raise an alarm where the words call for one, and show it."""
        hearing.finals.append(told.text)
        alarm = notice(list(hearing.finals), self._model)
        # Said again is not more alarming; each call raises each level once.
        if alarm.level == "none" or _RANK[alarm.level] <= _RANK[hearing.level]:
            return None
        hearing.level = alarm.level
        self._put(
            EmergencySpoken(
                at=told.at,
                received_at=dt.datetime.now(dt.UTC),
                call=told.call,
                service=alarm.service,
                level=alarm.level,
                reason=alarm.reason,
                model_version=self._model.version,
            )
        )
        return alarm

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="ears")
        self._work.add(task)
        task.add_done_callback(self._work.discard)


def _said(words: Words, alarm: Alarm | None) -> Said:
    return Said(
        call=words.call,
        leg=words.leg,
        text=words.text,
        final=words.final,
        from_s=words.from_s,
        at=words.at,
        alarm=alarm.explanation if alarm else "",
        level=alarm.level if alarm and alarm.level != "none" else "",
        service=alarm.service if alarm else None,
    )


def _gap(back: Resumed) -> Said:
    return Said(
        call=back.call,
        leg=back.leg,
        text="",
        final=True,
        from_s=back.from_s,
        at=back.at,
        gap_s=back.gap_s,
    )


@asynccontextmanager
async def listening(
    act: Acts,
    model: EmergencyModel,
    put: Callable[[Event], None],
    desks: Desks,
    *,
    speech: Path | None,
) -> AsyncIterator[Listener]:
    """Ears for as long as the block lasts. Without a usable speech model there are none, which the
    log says: calls are taken all the same."""
    try:
        read_model(speech)
    except NoModel as missing:
        log.warning("no speech model", extra={"why": str(missing)})
        yield Listener(None, model, put, desks)
        return
    async with running_recognizer(speech) as recognizer, open_taps() as taps:
        listener = Listener(None, model, put, desks)
        listener.ears = ears = Ears(act, taps, recognizer, listener.told)
        try:
            yield listener
        finally:
            await ears.close()


def _called_back(world: World, fact: CallAnswered | CallTaken) -> str | None:
    """The citizen's leg of a return call: it is there from his answer on, where a caller's own is
    followed from the greeting."""
    call = world.calls.get(fact.call)
    return fact.caller_channel or None if call is not None and call.returns else None
