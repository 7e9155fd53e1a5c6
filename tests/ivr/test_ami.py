"""What our AMI client promises beyond the fences."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping

import pytest

import ivr.ami_link
from hotline.errors import ExchangeRefused
from ivr.ami import Ami
from ivr.ami_link import AmiAccess, LinkState
from tests.ivr.ami_client import Ours, our_client
from tests.ivr.ami_server import SECRET, AmiServer, ami_server, frame, until

pytestmark = pytest.mark.anyio


def listing(name: str, entry: str, count: int) -> bytes:
    """A list as Asterisk sends it."""
    return b"".join(
        (
            frame(Response="Success", EventList="start", Message=f"{name} will follow"),
            *(frame(Event=entry, Number=str(n)) for n in range(count)),
            frame(Event=f"{name}Complete", EventList="Complete", ListItems=str(count)),
        )
    )


async def test_a_list_comes_whole_and_in_order() -> None:
    async with ami_server() as server, our_client(server) as ours:
        server.answers["QueueStatus"] = lambda _: listing("QueueStatus", "QueueMember", 300)
        answers = await ours.ami.act({"Action": "QueueStatus"})
        assert [one["Number"] for one in answers[1:-1]] == [str(n) for n in range(300)]
        assert answers[-1]["ListItems"] == "300"
        assert not ours.events("QueueMember")


async def test_an_empty_list_is_no_hanging_list() -> None:
    async with ami_server() as server, our_client(server) as ours:
        server.answers["CoreShowChannels"] = lambda _: listing("CoreShowChannels", "-", 0)
        assert len(await ours.ami.act({"Action": "CoreShowChannels"})) == 2


async def test_ignored_events_are_dropped_but_entries_of_a_list_are_not() -> None:
    async with ami_server() as server, our_client(server, ignored=["VarSet"]) as ours:
        server.answers["Odd"] = lambda _: listing("Odd", "VarSet", 2)
        await server.send(frame(Event="VarSet", Number="1") + frame(Event="Hangup"))
        await until(lambda: ours.events("Hangup"))
        assert not ours.events("VarSet")
        assert len(await ours.ami.act({"Action": "Odd"})) == 4


async def test_what_asterisk_refuses_is_not_retryable_and_says_its_reason() -> None:
    async with ami_server() as server, our_client(server) as ours:
        server.answers["Redirect"] = lambda _: frame(
            Response="Error", Message="Channel does not exist"
        )
        with pytest.raises(ExchangeRefused) as refused:
            await ours.ami.act({"Action": "Redirect", "Channel": "PJSIP/x-00000001"})
        assert not refused.value.retryable
        assert refused.value.reply == "Channel does not exist"


async def test_events_during_the_picture_come_after_it() -> None:
    async with ami_server() as server:
        ours = Ours(server)
        told: list[str] = []

        async def read_picture() -> None:
            await server.send(frame(Event="Hangup", Number="early"))
            await ours.ami.act({"Action": "Ping"})
            assert not ours.events("Hangup")
            told.append("picture")

        def heard(message: Mapping[str, str], received_at: dt.datetime) -> None:
            ours.heard(message, received_at)
            if message["Event"] == "Hangup":
                told.append("event")

        ours.on_up = read_picture
        running = asyncio.create_task(ours.ami.run(heard, ours.up, ours.downs.append))
        await until(lambda: len(told) == 2)
        assert told == ["picture", "event"]
        ours.ami.close()
        await running


async def test_a_picture_that_cannot_be_read_starts_the_link_afresh() -> None:
    async with ami_server() as server, our_client(server, wait=False) as ours:

        async def fails_once() -> None:
            if ours.ups == 1:
                raise ExchangeRefused("CoreShowChannels", "no answer in time", retryable=True)

        ours.on_up = fails_once
        await until(lambda: ours.ups == 2)
        assert ours.downs == ["the picture could not be read"]
        await ours.ami.act({"Action": "Ping"})


async def test_what_was_received_before_the_link_broke_is_still_delivered() -> None:
    async with ami_server() as server, our_client(server) as ours:
        assert server.writer is not None
        server.writer.write(b"".join(frame(Event="Hangup", Number=str(n)) for n in range(500)))
        await server.writer.drain()
        server.writer.close()
        await until(lambda: ours.downs)
        assert len(ours.events("Hangup")) == 500


async def test_asterisk_saying_that_it_stops_ends_the_link_at_once() -> None:
    async with ami_server() as server, our_client(server) as ours:
        await server.send(frame(Event="Shutdown", Shutdown="Cleanly"))
        await until(lambda: ours.downs == ["Asterisk is stopping"], within=20)


async def test_the_link_is_up_only_when_asterisk_is_fully_booted() -> None:
    async with ami_server() as server:
        server.boots = False
        async with our_client(server, wait=False) as ours:
            await until(lambda: ours.ami.state is LinkState.BOOTING)
            await asyncio.sleep(0.4)  # pings go on meanwhile, and keep the link
            assert ours.ami.state is LinkState.BOOTING
            with pytest.raises(ExchangeRefused):
                await ours.ami.act({"Action": "Redirect"})
            await server.send(frame(Event="FullyBooted"))
            await until(lambda: ours.ups == 1)


async def test_a_refusal_while_asterisk_is_still_reading_its_users_is_not_a_wrong_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with ami_server() as server:
        server.secret = "not read yet"
        async with our_client(server, wait=False) as ours:
            await until(lambda: server.named("Login"))
            server.secret = SECRET
            await until(lambda: ours.ups == 1, within=20)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_an_exchange_that_is_not_there_yet_is_found_when_it_comes() -> None:
    async with ami_server() as first:
        port = first.port
    ours = Ours(first)
    running = asyncio.create_task(ours.ami.run(ours.heard, ours.up, ours.downs.append))
    await asyncio.sleep(0.1)
    assert not ours.ups
    script = AmiServer()
    server = await asyncio.start_server(script.serve, "127.0.0.1", port)
    await until(lambda: ours.ups == 1)
    assert not ours.downs
    ours.ami.close()
    await running
    server.close()


async def test_a_flood_pauses_the_reading_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ivr.ami_link, "INBOX_FULL", 50)
    monkeypatch.setattr(ivr.ami_link, "INBOX_LOW", 10)
    async with ami_server() as server, our_client(server) as ours:
        link = ours.ami._link
        assert link is not None
        paused = 0

        def count(pause: object = link.wire.pause if link.wire else None) -> None:
            nonlocal paused
            paused += 1
            assert callable(pause)
            pause()

        assert link.wire is not None
        monkeypatch.setattr(link.wire, "pause", count)
        stream = b"".join(frame(Event="Hangup", Number=str(n)) for n in range(3_000))
        assert server.writer is not None
        server.writer.write(stream)
        await until(lambda: len(ours.events("Hangup")) == 3_000)
        assert [int(one["Number"]) for one in ours.events("Hangup")] == list(range(3_000))
        assert paused
        await ours.ami.act({"Action": "Ping"})
        assert not ours.downs


async def test_received_at_is_the_clock_that_was_given() -> None:
    noon = dt.datetime(2026, 9, 25, 12, tzinfo=dt.UTC)
    times: list[dt.datetime] = []
    async with ami_server() as server:
        ours = Ours(server, clock=lambda: noon)
        running = asyncio.create_task(
            ours.ami.run(lambda _, at: times.append(at), ours.up, ours.downs.append)
        )
        await until(lambda: times)
        assert set(times) == {noon}
        ours.ami.close()
        await running


async def test_logs_tell_what_happened_and_nobodys_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    async with ami_server() as server, our_client(server) as ours:
        ours.raising = {"AgentCalled"}
        await server.send(frame(Event="AgentCalled", CallerIDNum="13800138000"))
        await until(lambda: ours.events("AgentCalled"))
        server.drop()
        await until(lambda: ours.ups == 2)
        with pytest.raises(ExchangeRefused):
            await ours.ami.act({"Action": "Setvar", "Value": "13800138000\n"})
    shown = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert any("ami callback failed" in line for line in shown)
    assert not [line for line in shown if "13800138000" in line or "s3cret" in line]


async def test_closing_before_anything_else_runs_nothing() -> None:
    ami = Ami(AmiAccess("127.0.0.1", 1, "bridge", "x"))
    ami.close()

    async def up() -> None:
        raise AssertionError

    await asyncio.wait_for(ami.run(lambda *_: None, up, lambda _: None), 20)
    assert ami.state is LinkState.CLOSED


def test_the_secret_does_not_show_itself() -> None:
    assert "s3cret" not in repr(AmiAccess("127.0.0.1", 1, "bridge", "s3cret"))
