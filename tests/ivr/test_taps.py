"""Which legs are listened to: one ChanSpy a leg, the new leg after a transfer, last words kept."""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from hotline.errors import ExchangeRefused
from hotline.words import CallId
from ivr.ami_frames import Message
from ivr.audio_frames import Named, Sound, encode
from ivr.media import HOST, open_taps
from ivr.recognizer import Told, Words, running_recognizer
from ivr.taps import Ears, order
from tests.ivr.scripted_worker import sound
from tests.ivr.telephones import until

CALL = CallId("0f0e0d0c-1111-4222-8333-444455556666")
CALLER, AGENT, SECOND = "PJSIP/trunk-00000001", "PJSIP/1001-00000002", "PJSIP/1002-web-00000003"


@dataclass(slots=True)
class SmallExchange:
    """Does what Asterisk does on the Originate of a tap: connects and sends what the leg says."""

    orders: list[Message] = field(default_factory=list)
    lines: dict[str, asyncio.StreamWriter] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    async def __call__(self, action: Message, timeout: float = 5.0) -> Sequence[Message]:
        self.orders.append(action)
        leg = action["Data"].split(",")[0]
        if leg in self.gone:
            raise ExchangeRefused("Originate", "no such channel", retryable=False)
        found = re.fullmatch(r"AudioSocket/(.+):(\d+)/(.+)/c\(slin\)", action["Channel"])
        assert found is not None
        assert found[1] == HOST
        _, writer = await asyncio.open_connection(HOST, int(found[2]))
        writer.write(encode(Named(uuid.UUID(found[3]))))
        self.lines[leg] = writer
        return ()

    def says(self, leg: str, text: str) -> None:
        self.lines[leg].write(encode(Sound(sound(text, 0.1))))

    def ends(self, leg: str) -> None:
        self.lines[leg].close()


@dataclass(frozen=True, slots=True)
class Scene:
    ears: Ears
    exchange: SmallExchange
    told: list[Told]

    def heard(self, leg: str) -> list[str]:
        return [one.text for one in self.told if isinstance(one, Words) and one.leg == leg]


@asynccontextmanager
async def listening() -> AsyncIterator[Scene]:
    told: list[Told] = []
    exchange = SmallExchange()
    command = (sys.executable, "-m", "tests.ivr.scripted_worker")
    async with running_recognizer(command=command) as recognizer, open_taps() as taps:
        await recognizer.ready()
        ears = Ears(exchange, taps, recognizer, told.append)
        try:
            yield Scene(ears, exchange, told)
        finally:
            await ears.close()
            for line in exchange.lines.values():
                line.transport.abort()
            assert not taps.live


def test_an_order_listens_to_one_leg_and_does_nothing_else() -> None:
    tap = uuid.UUID("12345678-1234-4234-8234-123456789abc")
    assert order(CALLER, tap, 40123) == {
        "Action": "Originate",
        "Channel": f"AudioSocket/127.0.0.1:40123/{tap}/c(slin)",
        "Application": "ChanSpy",
        "Data": "PJSIP/trunk-00000001,qoE",
        "Async": "true",
    }


@pytest.mark.parametrize("channel", ["", "PJSIP/1001,w", "PJSIP/1\r\nAction: x", "PJSIP"])
def test_a_channel_that_would_change_the_order_is_refused(channel: str) -> None:
    with pytest.raises(ExchangeRefused):
        order(channel, uuid.uuid4(), 40123)


@pytest.mark.anyio
async def test_caller_and_agent_are_heard_apart() -> None:
    async with listening() as scene:
        await scene.ears.follow(CALL, caller=CALLER)
        await scene.ears.follow(CALL, caller=CALLER, agent=AGENT)
        assert len(scene.exchange.orders) == 2
        scene.exchange.says(CALLER, "喂.")
        scene.exchange.says(AGENT, "您好.")
        await until(lambda: bool(scene.heard("caller")) and bool(scene.heard("agent")))
        assert scene.heard("caller") == ["喂"]
        assert scene.heard("agent") == ["您好"]


@pytest.mark.anyio
async def test_after_a_transfer_the_new_leg_is_heard_and_the_callers_tap_stays() -> None:
    async with listening() as scene:
        await scene.ears.follow(CALL, caller=CALLER, agent=AGENT)
        scene.exchange.says(AGENT, "转给同事.")
        await until(lambda: bool(scene.heard("agent")))
        scene.exchange.ends(AGENT)
        await scene.ears.follow(CALL, agent=SECOND)
        assert scene.ears.channel(CALL, "agent") == SECOND
        scene.exchange.says(SECOND, "我是同事.")
        scene.exchange.says(CALLER, "好.")
        await until(lambda: len(scene.heard("agent")) == 2 and bool(scene.heard("caller")))
        assert scene.heard("agent") == ["转给同事", "我是同事"]
        assert len(scene.exchange.orders) == 3


@pytest.mark.anyio
async def test_the_last_words_after_hanging_up_are_kept() -> None:
    async with listening() as scene:
        await scene.ears.follow(CALL, caller=CALLER)
        scene.exchange.says(CALLER, "谢谢再见")
        await until(lambda: bool(scene.heard("caller")))
        scene.exchange.ends(CALLER)
        await until(lambda: scene.ears.channel(CALL, "caller") is None)
        last = scene.told[-1]
        assert isinstance(last, Words)
        assert (last.text, last.final) == ("谢谢再见", True)


@pytest.mark.anyio
async def test_leaving_a_call_tells_its_last_words_and_frees_its_taps() -> None:
    async with listening() as scene:
        await scene.ears.follow(CALL, caller=CALLER, agent=AGENT)
        scene.exchange.says(CALLER, "还有")
        await until(lambda: bool(scene.heard("caller")))
        await scene.ears.leave(CALL)
        finals = [one.text for one in scene.told if isinstance(one, Words) and one.final]
        assert finals == ["还有"]
        assert scene.ears.channel(CALL, "agent") is None


@pytest.mark.anyio
async def test_a_leg_that_is_gone_already_is_no_harm() -> None:
    async with listening() as scene:
        scene.exchange.gone.add(AGENT)
        await scene.ears.follow(CALL, caller=CALLER, agent=AGENT)
        await until(lambda: scene.ears.channel(CALL, "agent") is None)
        scene.exchange.says(CALLER, "喂.")
        await until(lambda: scene.heard("caller") == ["喂"])
        await scene.ears.leave(CALL)
        await scene.ears.leave(CALL)
