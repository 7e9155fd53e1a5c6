"""Calls as they happen at a real exchange, each told from its telephones' side.

Used twice: `record_traces.py` writes down what AMI says of them, `test_ami_exchange.py` lets our
own client listen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from hotline.effects import HandOver, PauseSeat, UnpauseSeat
from hotline.words import AgentId, CallId, EmergencyAction, Service
from ivr.call_acts import hold, resume, transfer, transfer_to
from ivr.phone import Acts, Hands
from ivr.telephone import Answer, Manner, Ring, Telephone
from ivr.telephone_call import Call
from tests.telephony.exchange_kit import RunningExchange

QUIET = 0.4
"""Long enough for what happened to be told, on a busy machine too."""


async def channel_of(act: Acts, beginning: str) -> str:
    """The newest channel whose name begins so."""
    shown = await act({"Action": "CoreShowChannels"})
    names = [one["Channel"] for one in shown if one.get("Channel", "").startswith(beginning)]
    return max(names, key=lambda name: name.rpartition("-")[2])


class Stage:
    """The people of one scene."""

    def __init__(self, exchange: RunningExchange, act: Acts, stack: AsyncExitStack) -> None:
        self.exchange = exchange
        self.act = act
        self.hands = Hands(act)
        self._stack = stack

    async def seat(self, number: str, manner: Manner | None = None) -> Telephone:
        return await self._stack.enter_async_context(self.exchange.seat(number, manner))

    async def citizen(self) -> Telephone:
        return await self._stack.enter_async_context(self.exchange.citizen())

    async def centre(self, trunk: int, manner: Manner | None = None) -> Telephone:
        return await self._stack.enter_async_context(self.exchange.centre(trunk, manner))

    async def talking(self, seat: Telephone) -> tuple[Call, Call]:
        """A citizen who talks with this seat: both ends."""
        call = await (await self.citizen()).call("12345")
        taken = await seat.next_call(60)
        await taken.answered()
        await asyncio.sleep(QUIET)
        return call, taken

    async def over(self, call: Call) -> None:
        await call.hang_up()
        await asyncio.sleep(QUIET)


async def ordinary(stage: Stage) -> None:
    """Answered, held, taken back, ended by the citizen."""
    call, taken = await stage.talking(await stage.seat("1001"))
    await hold(taken)
    await asyncio.sleep(QUIET)
    await resume(taken)
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def gives_up(stage: Stage) -> None:
    """Hangs up while a seat rings."""
    seat = await stage.seat("1001", Ring())
    call = await (await stage.citizen()).call("12345")
    await seat.next_call(60)
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def nobody_there(stage: Stage) -> None:
    """No seat is logged in: the queue does not take him."""
    call = await (await stage.citizen()).call("12345")
    await call.ended(60)
    await asyncio.sleep(QUIET)


async def next_agent(stage: Stage) -> None:
    """The first seat lets it ring, the second answers."""
    await stage.seat("1001", Ring())
    call = await (await stage.citizen()).call("12345")
    await asyncio.sleep(2.5)
    second = await stage.seat("1002")
    await (await second.next_call(60)).answered()
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def pause(stage: Stage) -> None:
    """A seat takes a break and comes back."""
    await stage.seat("1001")
    await stage.hands.do(PauseSeat(agent=AgentId("1001"), reason="小休"))
    await stage.hands.do(UnpauseSeat(agent=AgentId("1001")))
    await asyncio.sleep(QUIET)


async def blind_transfer(stage: Stage) -> None:
    """Sent on by REFER to a second seat."""
    call, taken = await stage.talking(await stage.seat("1001"))
    second = await stage.seat("1002", Answer(after=0.3))
    await transfer(taken, "1002")
    await (await second.next_call(60)).answered()
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def desk_transfer(stage: Stage) -> None:
    """The same, asked by the desk for a telephone without a transfer key."""
    call, _ = await stage.talking(await stage.seat("1001"))
    second = await stage.seat("1002", Answer(after=0.3))
    await stage.hands.blind_transfer(await channel_of(stage.act, "PJSIP/1001-"), "1002")
    await (await second.next_call(60)).answered()
    await asyncio.sleep(QUIET)
    await stage.hands.hang_up(await channel_of(stage.act, "PJSIP/1002-"))
    await call.ended(60)
    await asyncio.sleep(QUIET)


async def attended_transfer(stage: Stage) -> None:
    """Held, announced to a second seat, then joined by REFER with Replaces."""
    first = await stage.seat("1001")
    call, taken = await stage.talking(first)
    second = await stage.seat("1002")
    await hold(taken)
    consultation = await first.call("1002")
    await consultation.answered()
    await second.next_call(60)
    await asyncio.sleep(QUIET)
    await transfer_to(taken, consultation)
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def consulted_centre(stage: Stage) -> None:
    """The seat asks 119 itself with the citizen on hold, and goes back to him."""
    await stage.centre(1)
    first = await stage.seat("1001")
    call, taken = await stage.talking(first)
    await hold(taken)
    consultation = await first.call("119")
    await consultation.answered()
    await asyncio.sleep(QUIET)
    await consultation.hang_up()
    await resume(taken)
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def key_fire(stage: Stage) -> None:
    """9, then 2: the first trunk answers."""
    centre = await stage.centre(1)
    call = await (await stage.citizen()).call("12345")
    await call.answered()
    await asyncio.sleep(0.3)
    await call.press("9")
    await asyncio.sleep(0.8)
    await call.press("2")
    await (await centre.next_call(60)).answered()
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def handed_over(stage: Stage) -> None:
    """The agent's key: out of the conversation, to 119 at once."""
    centre = await stage.centre(1)
    call, taken = await stage.talking(await stage.seat("1001"))
    await stage.hands.do(await _hand_over(stage, EmergencyAction.TRANSFER, "agent"))
    await (await centre.next_call(60)).answered()
    await taken.ended(60)
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def called_off(stage: Stage) -> None:
    """His words meant an emergency; he presses the star and is with his agent again."""
    seat = await stage.seat("1001")
    call, _ = await stage.talking(seat)
    await stage.hands.do(await _hand_over(stage, EmergencyAction.CONFIRM, "words"))
    await asyncio.sleep(1)
    await call.press("*")
    await (await seat.next_call(60)).answered()
    await asyncio.sleep(QUIET)
    await stage.over(call)


async def both_trunks_dead(stage: Stage) -> None:
    """No centre anywhere: the emergency queue, and a seat takes it."""
    call = await (await stage.citizen()).call("12345")
    await call.answered()
    await asyncio.sleep(0.3)
    await call.press("9")
    await asyncio.sleep(0.8)
    await call.press("2")
    seat = await stage.seat("1001")
    await (await seat.next_call(60)).answered()
    # The agent first hears in words what is coming.
    await asyncio.sleep(3)
    await stage.over(call)


async def _hand_over(stage: Stage, how: EmergencyAction, reason: str) -> HandOver:
    return HandOver(
        call=CallId("unused"),
        channel=await channel_of(stage.act, "PJSIP/carrier-"),
        service=Service.FIRE,
        how=how,
        reason="words" if reason == "words" else "agent",
    )


SCENES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    scene.__name__: scene
    for scene in (
        ordinary,
        gives_up,
        nobody_there,
        next_agent,
        pause,
        blind_transfer,
        desk_transfer,
        attended_transfer,
        consulted_centre,
        key_fire,
        handed_over,
        called_off,
        both_trunks_dead,
    )
}
