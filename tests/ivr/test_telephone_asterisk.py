"""Our telephone at a real Asterisk: sound, keys, hold and both kinds of transfer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ivr import sound
from ivr.call_acts import hold, resume, transfer, transfer_to, update
from ivr.telephone import Answer, Call, RegistrationRefused, Setup, Telephone, open_telephone
from tests.ivr.telephones import until
from tests.telephony.exchange_kit import RunningExchange, running_exchange

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


@asynccontextmanager
async def a_conversation(
    exchange: RunningExchange,
) -> AsyncIterator[tuple[Call, Call, Telephone]]:
    """The citizen's call, the agent's side of it, and the agent's telephone."""
    async with exchange.seat("1001") as seat, exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await call.answered()
        taken = await seat.next_call(25)
        await taken.answered()
        yield call, taken, seat


async def hears(call: Call, hz: float, within: float = 20.0) -> None:
    await until(lambda: sound.has_tone(call.heard_lately(1.0), hz), within)


async def test_a_queue_call_carries_sound_keys_hold_and_refresh(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        a_conversation(exchange) as (citizen, agent, _seat),
    ):
        citizen.play(sound.tone(1300, 0.5), loop=True)
        agent.play(sound.tone(440, 0.5), loop=True)
        await hears(citizen, 440)
        await hears(agent, 1300)
        await agent.press("5#")
        await until(lambda: citizen.keys_heard == "5#")
        await citizen.press("7")
        await until(lambda: agent.keys_heard == "7")
        await hold(agent)
        await asyncio.sleep(1.2)
        assert not sound.has_tone(citizen.heard_lately(1.0), 440)
        await resume(agent)
        await hears(citizen, 440)
        assert await update(agent) == 200
        await citizen.hang_up()
        assert (await agent.ended()).by == "them"
        assert citizen.line is not None
        assert citizen.line.strays == 0
        assert exchange.complaints() == []


async def test_a_blind_transfer_reaches_the_other_agent_with_sound(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        a_conversation(exchange) as (citizen, agent, seat),
        exchange.seat("1002", Answer(say=sound.tone(700, 0.5), loop=True)) as other,
    ):
        assert await transfer(agent, "1002") == 200
        taken = await other.next_call(10)
        await agent.ended()
        await hears(citizen, 700)
        assert seat.log.sent("REFER", agent.id)
        await citizen.hang_up()
        await taken.ended()


async def test_an_attended_transfer_joins_the_citizen_and_the_colleague(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        a_conversation(exchange) as (citizen, agent, seat),
        exchange.seat("1002", Answer(say=sound.tone(700, 0.5), loop=True)) as other,
    ):
        await hold(agent)
        consult = await seat.call("1002")
        await consult.answered()
        colleague = await other.next_call(10)
        await hears(consult, 700)
        assert await transfer_to(agent, consult) == 200
        await agent.ended()
        await consult.ended()
        await hears(citizen, 700)
        citizen.play(sound.tone(1300, 0.5), loop=True)
        await hears(colleague, 1300)
        await citizen.hang_up()
        await colleague.ended()


async def test_a_wrong_password_is_refused_by_a_real_exchange(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange:
        telephone = await open_telephone(Setup("1001", "wrong", server=exchange.sip))
        with pytest.raises(RegistrationRefused):
            await telephone.register()
        await telephone.close()
