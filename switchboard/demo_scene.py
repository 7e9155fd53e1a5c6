"""One call of ``./jiesu demo``: the citizen dials, the agent takes part, both by the script.

Everything goes over real SIP and RTP, the desk's socket and its addresses; nothing is written past
them. What happened is asked of Asterisk's own record (call_facts.py) afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.errors import HotlineError
from ivr import sound
from ivr.call_acts import transfer
from ivr.station import CallRefused
from ivr.telephone import Call, Ring, Setup, open_telephone
from switchboard.beside import RunningSystem
from switchboard.call_facts import CallFact, LoggedCallFacts
from switchboard.demo_cast import Agent
from switchboard.demo_script import WITHHELD, Scene, Script
from switchboard.refusals import Refusal

PATIENCE: Final = 90.0
AGENT_RINGS: Final = 1.0
GIVES_UP_AFTER: Final = 4.0
LISTENS_FOR: Final = 3.0
SILENT_FOR: Final = 4.0
WITH_THE_CENTRE: Final = 4.0
_LOUD: Final = -45.0

Note = Callable[[Scene, str], None]
Words = Mapping[tuple[str, str], bytes]
"""What is said, as PCM, by (text, voice)."""
AGENT_VOICE: Final = "f5"


@dataclass(slots=True, eq=False)
class Encounter:
    """A scene under way, and what became of it. `fact` is the hotline's own count,
    `elsewhere` that somebody at a seat of their own took the call."""

    scene: Scene
    rang: asyncio.Event = field(default_factory=asyncio.Event)
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    said: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    linked: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    agents: list[Agent] = field(default_factory=list)
    call: str | None = None
    earlier_calls: int | None = None
    ticket: dict[str, Any] | None = None
    fact: CallFact | None = None
    elsewhere: bool = False
    trouble: str = ""

    @property
    def as_planned(self) -> bool:
        """Whether the hotline counted what the script says."""
        scene, fact = self.scene, self.fact
        if fact is None or self.trouble or fact.outcome != scene.outcome:
            return False
        if self.elsewhere:  # what people at their own seats do is theirs to say
            return True
        reached = scene.to is None or fact.connected_to == scene.to
        return reached and (scene.ticket is None or self.ticket is not None)


@dataclass(frozen=True, slots=True)
class Stage:
    """What every scene is played on."""

    script: Script
    place: RunningSystem
    agents: Sequence[Agent]
    words: Words
    note: Note

    # ------------------------------------------------------------------------------- the citizen
    async def citizen(self, one: Encounter) -> None:
        """Dial, behave, hang up, and learn what was counted. Never raises but to be cancelled."""
        scene, place = one.scene, self.place
        setup = Setup(scene.caller, server=place.exchange, bind=(place.citizen_host, 0))
        facts = LoggedCallFacts(place.queue_log, patience=10.0)
        try:
            telephone = await open_telephone(setup, Ring())
        except OSError as no:
            one.trouble = f"{place.citizen_host} 上开不了电话（{no.strerror}）"
            return
        try:
            call = await telephone.call(place.access_number)
            self.note(scene, "拨入" + ("（不显示号码）" if scene.caller == WITHHELD else ""))
            following = asyncio.create_task(self._follow(one, facts, call))
            try:
                await self._behave(one, call)
            except (HotlineError, Refusal, TimeoutError) as fault:
                one.trouble = str(fault) or "等得太久，没有等到下一步"
                self.note(scene, f"没有照脚本：{one.trouble}")
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                await _end(call)
            one.fact = await facts.find(call.id)
        finally:
            await telephone.close()
            one.over.set()

    async def _follow(self, one: Encounter, facts: LoggedCallFacts, call: Call) -> None:
        ours = {f"坐席 {agent.number} 接听" for agent in self.agents}
        async for what in facts.follow(call.id):
            if what.endswith("已接听"):
                one.linked.set()
            elif what in ours:
                continue  # told by the agent, with the name
            elif what.startswith("坐席"):
                one.elsewhere = True
                one.taken.set()
                one.done.set()
            self.note(one.scene, what)

    async def _behave(self, one: Encounter, call: Call) -> None:
        scene = one.scene
        await call.answered(PATIENCE)
        if scene.leaves == "greeting":
            await asyncio.sleep(LISTENS_FOR)
            self.note(scene, "没听完就挂断")
        elif scene.keys or scene.told:
            await self._emergency(one, call)
        elif scene.leaves == "ringing":
            await _first(PATIENCE, one.rang, call)
            await asyncio.sleep(GIVES_UP_AFTER)
            self.note(scene, "等不及，挂断")
        else:
            await self._converse(one, call)

    async def _emergency(self, one: Encounter, call: Call) -> None:
        scene = one.scene
        if scene.told:
            await asyncio.sleep(LISTENS_FOR)
            self.note(scene, f"问候还没完就说：{scene.told}")
            call.play(self.words[scene.told, scene.voice])
        for key in scene.keys:
            await _when_they_speak(call)
            self.note(scene, f"按 {key}")
            await call.press(key)
        await _first(PATIENCE, one.linked, call)
        await asyncio.sleep(WITH_THE_CENTRE)

    async def _converse(self, one: Encounter, call: Call) -> None:
        """Speak when spoken to; end when the agent has done what the scene asks."""
        scene = one.scene
        await _first(PATIENCE, one.taken, call)
        if scene.silent:
            await _first(PATIENCE, one.done, call)
            return
        self.note(scene, f"说：{scene.says}")
        call.play(self.words[scene.says, scene.voice])
        await call.played()
        one.said.set()
        await _first(PATIENCE, one.done, call)
        if scene.hand_over is not None and not one.elsewhere:
            await _first(PATIENCE, one.linked, call)
            await asyncio.sleep(WITH_THE_CENTRE)

    # ------------------------------------------------------------------------------- the agents
    async def agent(self, agent: Agent, expected: Mapping[str, Encounter]) -> None:
        """Take every call that rings at this seat, until cancelled."""
        while True:
            call = await agent.telephone.next_call(None)
            one = expected.get(digits_of(call.number))
            try:
                async with agent.busy:
                    await self._take(agent, call, one)
            except (HotlineError, Refusal, TimeoutError) as fault:
                if one is not None and call.answered_at is not None:
                    one.trouble = one.trouble or str(fault) or "话务员等得太久"
                    one.done.set()
            finally:
                await _end(call)
            with contextlib.suppress(TimeoutError, Refusal):
                await agent.desk.ready(10.0)

    async def _take(self, agent: Agent, call: Call, one: Encounter | None) -> None:
        if one is None:  # a call of somebody who looks on: it is answered as well
            await call.answer()
            call.play(self.words[self.script.welcome, AGENT_VOICE])
            await call.ended(PATIENCE)
            return
        one.rang.set()
        if one.scene.leaves == "ringing":
            await call.ended(PATIENCE)
            return
        await asyncio.sleep(AGENT_RINGS)
        await call.answer()
        one.agents.append(agent)
        self.note(one.scene, f"{agent.shown}接听")
        await self._say(call, self.script.welcome)
        await self._learn(agent, one)
        if len(one.agents) > 1:
            await self._finish(agent, call, one)
            return
        one.taken.set()
        if one.scene.silent:
            await asyncio.sleep(SILENT_FOR)
            self.note(one.scene, "没有声音，话务员说明后挂断")
            await self._say(call, self.script.silence)
            one.done.set()
            return
        await _first(PATIENCE, one.said, call)
        self.note(one.scene, f"话务员：{one.scene.reply}")
        await self._say(call, one.scene.reply)
        await self._act(agent, call, one)

    async def _learn(self, agent: Agent, one: Encounter) -> None:
        """What the pop shows: the hotline's id of the call, and who calls again."""
        pop = await agent.desk.talking()
        one.call = str(pop["call"])
        # The history follows when the ledger has answered: a pop never waits for it.
        with contextlib.suppress(TimeoutError):
            one.earlier_calls = await agent.desk.history(one.call)
        if one.earlier_calls:
            self.note(one.scene, f"弹屏：此号码之前来过 {one.earlier_calls} 次")

    async def _act(self, agent: Agent, call: Call, one: Encounter) -> None:
        scene = one.scene
        if scene.hand_over is not None and one.call is not None:
            self.note(scene, f"话务员按 F9，转 {scene.hand_over}")
            await agent.desk.act("hand_over", call=one.call, service=str(scene.hand_over))
            one.done.set()
            await call.ended(PATIENCE)
        elif scene.transfer:
            other = await self._colleague(agent)
            self.note(scene, f"转给 {other.shown}")
            await transfer(call, other.number, timeout=PATIENCE)
        else:
            await self._finish(agent, call, one)

    async def _colleague(self, agent: Agent) -> Agent:
        """Somebody else who is free; TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for other in self.agents:
                    if other is not agent and other.desk.seat.get("state") == "ready":
                        return other
                await asyncio.sleep(0.2)

    async def _finish(self, agent: Agent, call: Call, one: Encounter) -> None:
        """Save the ticket while the caller is on the line, promise its date, say good-bye."""
        ticket = one.scene.ticket
        if ticket is not None and one.call is not None:
            phone = digits_of(one.scene.caller)
            one.ticket = await agent.desk.save(ticket, one.call, phone)
            self.note(one.scene, f"存工单 {one.ticket['number']}（{ticket.type}）")
        one.done.set()
        with contextlib.suppress(TimeoutError):
            await call.ended(20.0)

    async def _say(self, call: Call, text: str) -> None:
        call.play(self.words[text, AGENT_VOICE])
        await call.played()


def digits_of(number: str) -> str:
    """A number as both sides of the exchange write it; '' for a withheld one."""
    return number if number.isdigit() else ""


async def _first(within: float, event: asyncio.Event, call: Call) -> None:
    """The event; CallRefused when the call ends before it, TimeoutError."""
    waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(call.ended(None))]
    try:
        async with asyncio.timeout(within):
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
    if not event.is_set():
        raise CallRefused(0, "对方已经挂断")


async def _when_they_speak(call: Call) -> None:
    """Two seconds of listening, then as soon as the far end speaks; a key is pressed into it."""
    await asyncio.sleep(2.0)
    for _ in range(40):
        if max(sound.levels(call.heard_lately(0.3)), default=sound.SILENT) > _LOUD:
            return
        await asyncio.sleep(0.1)


async def _end(call: Call) -> None:
    with contextlib.suppress(HotlineError, TimeoutError):
        async with asyncio.timeout(10):
            await call.hang_up()
            await call.ended()
