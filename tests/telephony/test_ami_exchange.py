"""Our AMI client at a real Asterisk: what it hears, and what it knows after it was deaf."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from asterisk_conf import exchange as asterisk
from asterisk_conf.plan import Timing
from hotline.events import Event, ExchangeBack, Noted
from ivr.ami import Ami
from ivr.ami_frames import Message
from ivr.ami_link import AmiAccess, AmiTiming, LinkState
from ivr.ami_reading import IGNORED
from ivr.ami_snapshot import read
from ivr.ami_translator import Translator
from ivr.queue_log import read_from, reconcile
from tests.ivr.told import STORIES, story
from tests.telephony.exchange_kit import RunningExchange, running_exchange
from tests.telephony.scenes import SCENES, Stage
from tests.telephony.stalling_relay import stalling_relay

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]

TIMING = Timing(agent_rings=6, emergency_queue=20)
LINK = AmiTiming(ping_every=2, ping_within=2)
SOON_REFUSED = AmiTiming(ping_every=2, ping_within=2, refused_within=4)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Listener:
    """The exchange side in little: link, translator, picture."""

    def __init__(
        self, exchange: RunningExchange, port: int = 0, secret: str = "", timing: AmiTiming = LINK
    ) -> None:
        host, real_port, user, real_secret = exchange.ami
        access = AmiAccess(host, port or real_port, user, secret or real_secret)
        self.ami = Ami(access, ignored=IGNORED, timing=timing)
        self.events: list[Event] = []
        self.downs: list[str] = []
        self._translate = Translator()

    def heard(self, message: Message, received_at: dt.datetime) -> None:
        self.events += self._translate(message, received_at)

    async def up(self) -> None:
        self.events.append(await read(self.ami.act, clock=now, gap_from=None))

    @property
    def pictures(self) -> list[ExchangeBack]:
        return [event for event in self.events if isinstance(event, ExchangeBack)]

    async def until(self, true: Callable[[], object], within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not true():  # noqa: ASYNC110 - it is the outside that is waited for
                await asyncio.sleep(0.02)


@asynccontextmanager
async def listening(
    exchange: RunningExchange, port: int = 0, secret: str = "", timing: AmiTiming = LINK
) -> AsyncIterator[Listener]:
    listener = Listener(exchange, port, secret, timing)
    running = asyncio.create_task(
        listener.ami.run(listener.heard, listener.up, listener.downs.append)
    )
    try:
        if not secret:
            await listener.until(lambda: listener.pictures)
        yield listener
    finally:
        listener.ami.close()
        await asyncio.wait_for(running, 20)


def in_order(told: str) -> tuple[list[str], list[str]]:
    """What must come in this order, and the ends of agents' legs, which another thread of Asterisk
    reports: they may be a little earlier or later on a busy machine. That a trunk rang is told
    where it rang before it answered, which depends on the far end."""
    lines = [line for line in told.split(", ") if not line.startswith("ringing ")]
    overs = [line for line in lines if line.startswith("over ")]
    return [line for line in lines if line not in overs], overs


LIVE = ("ordinary", "next_agent", "blind_transfer", "attended_transfer", "handed_over")


@pytest.mark.parametrize("scene", LIVE)
async def test_a_call_at_a_real_exchange_tells_the_story_of_its_trace(
    scene: str, tmp_path: Path
) -> None:
    async with (
        running_exchange(tmp_path, timing=TIMING) as exchange,
        listening(exchange) as listener,
    ):
        async with AsyncExitStack() as stack:
            await SCENES[scene](Stage(exchange, listener.ami.act, stack))
        await listener.until(lambda: in_order(story(listener.events)) == in_order(STORIES[scene]))
        assert not [event for event in listener.events if isinstance(event, Noted)]
        assert not listener.downs


async def test_after_ten_seconds_of_a_stalled_link_the_picture_and_the_log_are_whole(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path, timing=TIMING) as exchange,
        stalling_relay(exchange.plan.ports.ami) as relay,
        listening(exchange, relay.port) as listener,
        AsyncExitStack() as stack,
    ):
        stage = Stage(exchange, listener.ami.act, stack)
        seat = await stage.seat("1001")
        early, taken = await stage.talking(seat)
        relay.stall()
        stalled = time.monotonic()
        # Meanwhile: the known call ends, a new one is answered, a third waits.
        await early.hang_up()
        await taken.ended()
        later = await (await stage.citizen()).call("12345")
        await (await seat.next_call(60)).answered()
        waiting = await (await stage.citizen()).call("12345")
        await waiting.answered()
        await listener.until(lambda: listener.downs, 20)
        noticed = time.monotonic() - stalled
        assert listener.downs == ["the link went silent"]
        assert noticed <= 15
        await asyncio.sleep(max(10 - noticed, 0))
        relay.flow()
        await listener.until(lambda: len(listener.pictures) == 2, 20)
        talking, in_queue = sorted(
            listener.pictures[-1].calls, key=lambda call: call.queue is not None
        )
        assert (talking.agent, talking.stage) == ("1001", "agent")
        assert (in_queue.queue, in_queue.position, in_queue.stage) == ("hotline", 1, "queue")
        assert talking.caller.digits == "13800138000"
        first = listener.events[1:]
        lines, end = read_from(exchange.log / "queue_log", 0)
        reading = reconcile(lines, end, now())
        (lost,) = reading.calls
        assert lost.agent == "1001"
        assert lost.call in {getattr(event, "call", None) for event in first}
        assert reading.resume_at < end
        await later.hang_up()
        await waiting.hang_up()
        await listener.until(lambda: "abandoned" in story(listener.events))


async def test_asterisk_stopped_and_started_is_found_again_when_it_knows_its_users(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path, timing=TIMING) as exchange,
        listening(exchange) as listener,
    ):
        pid = exchange.pid
        await asterisk.stop(pid)
        await listener.until(lambda: listener.downs)
        assert listener.ami.state is not LinkState.UP
        await asterisk.start(exchange.installation, exchange.plan)
        await listener.until(lambda: len(listener.pictures) == 2, 20)
        assert listener.pictures[-1].calls == ()
        assert {seat.agent for seat in listener.pictures[-1].seats} == {"1001", "1002"}


async def test_a_wrong_password_is_a_state_and_not_a_flood(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path, timing=TIMING) as exchange,
        listening(exchange, secret="not-it", timing=SOON_REFUSED) as listener,
    ):
        await listener.until(lambda: listener.ami.state is LinkState.REFUSED, 20)
        messages = exchange.log / "messages"
        told = messages.read_text("utf-8", "replace").count("failed to authenticate")
        assert told <= 1 + SOON_REFUSED.refused_within
        await asyncio.sleep(1.5)
        assert messages.read_text("utf-8", "replace").count("failed to authenticate") == told
