"""Every fault of panoramisk 1.4 that we know: the bare library shows it, our client does not.

The first test of a pair documents the fault. Should it ever fail, the library was repaired, and a
fence can go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from panoramisk.manager import Manager
from panoramisk.message import Message as BareMessage

from hotline.errors import ExchangeRefused
from ivr.ami import Ami
from ivr.ami_frames import LONGEST_FRAME
from ivr.ami_link import AmiAccess, AmiTiming, LinkState
from ivr.ami_reading import call_of
from tests.ivr.ami_client import our_client
from tests.ivr.ami_server import SECRET, AmiServer, ami_server, frame, until

pytestmark = pytest.mark.anyio

CALL = "0f0e0d0c-1111-4222-8333-444455556666"


@asynccontextmanager
async def bare_client(server: AmiServer, **config: Any) -> AsyncIterator[Manager]:
    options = {"reconnect_timeout": 30, "secret": SECRET, "ping_delay": 60} | config
    manager = Manager(
        host="127.0.0.1",
        port=server.port,
        username="bridge",
        loop=asyncio.get_running_loop(),
        **options,
    )
    loop = asyncio.get_running_loop()
    usual = loop.get_exception_handler()
    # What the bare library throws out of data_received is what some tests are about.
    loop.set_exception_handler(lambda *_: None)
    await manager.connect()
    await asyncio.sleep(0.02)
    try:
        yield manager
    finally:
        loop.set_exception_handler(usual)
        # The only sure way to keep the bare library from connecting again.
        manager.connect = manager.connection_lost = lambda *_: None
        manager.close()
        await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The bare library is loud about some of its faults; they are asserted here, not printed."""
    loud = logging.getLogger("panoramisk.manager")
    loud.setLevel(logging.CRITICAL)
    yield
    loud.setLevel(logging.NOTSET)


NAME = "坐席一号李"
EVENT = frame(Event="AgentCalled", CallerIDName=NAME, Queue="hotline")


def cut_inside_a_character() -> tuple[bytes, bytes]:
    middle = EVENT.index("席".encode()) + 1
    return EVENT[:middle], EVENT[middle:]


async def test_bare_loses_a_character_that_two_reads_share() -> None:
    async with ami_server() as server, bare_client(server) as manager:
        got: list[Any] = []
        manager.register_event("AgentCalled", lambda _, event: got.append(event))
        await server.send(*cut_inside_a_character())
        await until(lambda: got)
        assert got[0].CallerIDName == NAME.replace("席", "")


async def test_a_character_that_two_reads_share_is_kept() -> None:
    async with ami_server() as server, our_client(server) as ours:
        await server.send(*cut_inside_a_character())
        await until(lambda: ours.events("AgentCalled"))
        assert ours.events("AgentCalled")[0]["CallerIDName"] == NAME


INJECTED = "x\r\n\r\nAction: Hangup\r\nChannel: PJSIP/carrier-00000001"


async def test_bare_lets_a_value_carry_a_second_action() -> None:
    async with ami_server() as server, bare_client(server) as manager:
        future = manager.send_action({"Action": "Setvar", "Value": INJECTED})
        await until(lambda: server.named("Hangup"))
        future.cancel()


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\n\r\nAction: Hangup", "\udcff", "x" * 2000])
@pytest.mark.parametrize("where", ["value", "key", "action"])
async def test_no_value_carries_a_second_action(bad: str, where: str) -> None:
    action = {
        "value": {"Action": "Setvar", "Channel": "PJSIP/a-00000001", "Value": f"x{bad}y"},
        "key": {"Action": "Setvar", f"Va{bad}lue": "x"},
        "action": {"Action": f"Set{bad}var"},
    }[where]
    async with ami_server() as server, our_client(server) as ours:
        before = len(server.seen)
        with pytest.raises(ExchangeRefused) as refused:
            await ours.ami.act(action)
        assert not refused.value.retryable
        await ours.ami.act({"Action": "Ping"})
        assert {one["Action"] for one in server.seen[before:]} == {"Ping"}


async def test_bare_sends_a_waiting_redirect_again_after_a_reconnect() -> None:
    async with ami_server() as server, bare_client(server, reconnect_timeout=0) as manager:
        future = manager.send_action({"Action": "Redirect", "Exten": "119"})
        await until(lambda: server.named("Redirect"))
        server.drop()
        await until(lambda: len(server.named("Redirect")) == 2)
        future.cancel()


async def test_a_waiting_redirect_is_refused_when_the_link_drops_and_never_sent_again() -> None:
    async with ami_server() as server, our_client(server) as ours:
        acting = asyncio.create_task(ours.ami.act({"Action": "Redirect", "Exten": "119"}))
        await until(lambda: server.named("Redirect"))
        server.drop()
        with pytest.raises(ExchangeRefused) as refused:
            await acting
        assert refused.value.retryable
        await until(lambda: ours.ups == 2)
        await ours.ami.act({"Action": "Ping"})
        assert len(server.named("Redirect")) == 1


async def test_bare_closes_the_link_when_a_callback_raises() -> None:
    async with ami_server() as server, bare_client(server) as manager:
        got: list[str] = []

        def failing(_: Any, event: Any) -> None:
            got.append(event.Number)
            raise RuntimeError

        manager.register_event("AgentCalled", failing)
        await server.send(
            frame(Event="AgentCalled", Number="1") + frame(Event="AgentCalled", Number="2")
        )
        await until(lambda: manager.protocol.closed)
        assert got == ["1"]


async def test_a_raising_callback_neither_closes_the_link_nor_loses_messages() -> None:
    async with ami_server() as server, our_client(server) as ours:
        ours.raising = {"AgentCalled"}
        await server.send(
            frame(Event="AgentCalled", Number="1") + frame(Event="AgentCalled", Number="2")
        )
        await until(lambda: len(ours.events("AgentCalled")) == 2)
        assert ours.ups == 1
        assert not ours.downs


async def test_bare_lets_async_callbacks_overtake_each_other() -> None:
    async with ami_server() as server, bare_client(server) as manager:
        got: list[int] = []

        async def slow_when_even(_: Any, event: Any) -> None:
            if int(event.Number) % 2 == 0:
                await asyncio.sleep(0.05)
            got.append(int(event.Number))

        manager.register_event("AgentCalled", slow_when_even)
        await server.send(b"".join(frame(Event="AgentCalled", Number=str(n)) for n in range(6)))
        await until(lambda: len(got) == 6)
        assert got == [1, 3, 5, 0, 2, 4]


async def test_messages_come_in_the_order_of_the_wire() -> None:
    async with ami_server() as server, our_client(server) as ours:
        stream = b"".join(
            frame(Event="AgentCalled", Number=str(n), Name=NAME) for n in range(2_000)
        )
        for at in range(0, len(stream), 1_448):
            assert server.writer is not None
            server.writer.write(stream[at : at + 1_448])
        await until(lambda: len(ours.events("AgentCalled")) == 2_000)
        assert [int(one["Number"]) for one in ours.events("AgentCalled")] == list(range(2_000))


async def test_bare_never_notices_a_peer_that_went_silent() -> None:
    lost: list[object] = []
    async with (
        ami_server() as server,
        bare_client(
            server, ping_delay=1, ping_interval=1, on_disconnect=lambda *_: lost.append(1)
        ) as manager,
    ):
        server.silent = True
        await asyncio.sleep(1.4)
        assert not lost
        assert not manager.protocol.closed
        assert manager.responses  # the unanswered ping stays in the table, too


async def test_a_peer_that_went_silent_is_noticed_and_left() -> None:
    async with ami_server() as server, our_client(server) as ours:
        server.silent = True
        await until(lambda: ours.downs == ["the link went silent"], within=20)
        server.silent = False
        await until(lambda: ours.ups == 2)


async def test_by_default_a_silent_peer_is_noticed_within_fifteen_seconds() -> None:
    timing = AmiTiming()
    assert timing.ping_every + timing.ping_within + 0.1 <= 15


async def test_bare_knocks_for_ever_with_a_wrong_password_while_actions_hang() -> None:
    async with (
        ami_server() as server,
        bare_client(server, secret="wrong", reconnect_timeout=0) as manager,
    ):
        await until(lambda: len(server.named("Login")) > 5)
        future = manager.send_action({"Action": "Ping"})
        await asyncio.sleep(0.1)
        assert not future.done()
        future.cancel()


async def test_a_wrong_password_is_said_once_and_tried_again_slowly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with ami_server() as server, our_client(server, wait=False, secret="wrong") as ours:
        await until(lambda: ours.ami.state is LinkState.REFUSED)
        tried = len(server.named("Login"))
        await asyncio.sleep(0.3)
        assert len(server.named("Login")) == tried
        with pytest.raises(ExchangeRefused) as refused:
            await ours.ami.act({"Action": "Ping"})
        assert not refused.value.retryable
        assert not ours.ups
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "wrong" not in caplog.text


async def test_bare_breaks_on_an_action_before_the_link_stands() -> None:
    with pytest.raises(AttributeError):
        Manager().send_action({"Action": "Ping"})


async def test_an_action_before_the_link_stands_is_refused_cleanly() -> None:
    ami = Ami(AmiAccess("127.0.0.1", 1, "bridge", SECRET))
    with pytest.raises(ExchangeRefused) as refused:
        await ami.act({"Action": "Ping"})
    assert refused.value.retryable


async def test_bare_connects_again_after_close() -> None:
    async with (
        ami_server() as server,
        bare_client(server, reconnect_timeout=0, on_disconnect=lambda manager, _: manager.close()),
    ):
        server.drop()
        await until(lambda: server.connections == 2)


async def test_close_ends_the_link_and_the_reconnecting() -> None:
    async with ami_server() as server:
        async with our_client(server) as ours:
            server.drop()
            await until(lambda: ours.downs)
            ours.ami.close()
        await asyncio.sleep(0.15)
        assert server.connections == 1
        assert ours.ami.state is LinkState.CLOSED


async def test_bare_waits_for_ever_for_an_answer_that_does_not_come() -> None:
    async with ami_server() as server, bare_client(server) as manager:
        future = manager.send_action({"Action": "Redirect", "Exten": "119"})
        await asyncio.sleep(0.2)
        assert not future.done()
        assert manager.responses
        future.cancel()


async def test_every_action_has_a_deadline_and_leaves_nothing_behind() -> None:
    async with ami_server() as server, our_client(server) as ours:
        with pytest.raises(ExchangeRefused) as refused:
            await ours.ami.act({"Action": "Redirect", "Exten": "119"}, timeout=0.05)
        assert refused.value.retryable
        session = ours.ami._session
        assert session is not None
        assert not session.protocol.responses


QUEUED = {
    "QueueAdd": "Added interface to queue",
    "Atxfer": "Atxfer successfully queued",
    "Originate": "Originate successfully queued",
    "PlayDTMF": "DTMF successfully queued",
}


@pytest.mark.parametrize("name", QUEUED)
async def test_bare_hangs_or_breaks_on_answers_it_guesses_about(name: str) -> None:
    async with ami_server() as server, bare_client(server) as manager:
        server.answers[name] = lambda _: frame(Response="Success", Message=QUEUED[name])
        future = manager.send_action({"Action": name})
        await asyncio.sleep(0.1)
        assert not future.done()
        if name != "QueueAdd":
            assert manager.protocol.closed  # KeyError 'async' inside data_received
        future.cancel()


@pytest.mark.parametrize("name", QUEUED)
async def test_an_answer_is_an_answer_whatever_its_words(name: str) -> None:
    async with ami_server() as server, our_client(server) as ours:
        server.answers[name] = lambda _: frame(Response="Success", Message=QUEUED[name])
        assert (await ours.ami.act({"Action": name}))[0]["Message"] == QUEUED[name]
        assert ours.ups == 1
        if name == "Originate":
            assert server.named(name)[0]["Async"] == "true"


async def test_bare_keeps_a_frame_that_never_ends() -> None:
    async with ami_server() as server, bare_client(server) as manager:
        await server.send(*[b"x" * (LONGEST_FRAME // 2)] * 3)
        await asyncio.sleep(0.1)
        assert len(manager.protocol.queue[0]) > LONGEST_FRAME
        assert not manager.protocol.closed


async def test_a_frame_that_never_ends_ends_the_link() -> None:
    async with ami_server() as server, our_client(server) as ours:
        await server.send(*[b"x" * (LONGEST_FRAME // 2)] * 3)
        await until(lambda: ours.downs == ["a frame without an end"])
        await until(lambda: ours.ups == 2)


async def test_bare_cannot_read_one_channel_variable_as_it_reads_two() -> None:
    one = BareMessage.from_line(f"Event: Hangup\r\nChanVariable: HOTLINE_CALL={CALL}")
    with pytest.raises(TypeError):
        one.getdict("ChanVariable")
    assert one.no_such_header == ""


@pytest.mark.parametrize("others", ["", "ChanVariable: LANG=zh\r\n"])
async def test_one_channel_variable_reads_like_two(others: str) -> None:
    wire = f"Event: Hangup\r\n{others}ChanVariable: HOTLINE_CALL={CALL}\r\n\r\n".encode()
    async with ami_server() as server, our_client(server) as ours:
        await server.send(wire)
        await until(lambda: ours.events("Hangup"))
        message = ours.events("Hangup")[0]
        assert call_of(message) == CALL
        assert "NoSuchHeader" not in message
