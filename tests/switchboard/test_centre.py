"""The stand-in emergency centre, called by a real telephone on loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ivr import sound
from ivr.sip_link import Timers
from ivr.telephone import CallRefused, Setup, Telephone, open_telephone
from ivr.voice import VoiceTools
from switchboard.centre import Centre, CentreRefused
from switchboard.centre_book import open_book
from switchboard.centre_socket import CentreAway, CentreSaysNo, ask_centre, serve_centre

pytestmark = pytest.mark.anyio

QUICK = Timers(t1=0.05, t2=0.2, give_up=0.4)


@asynccontextmanager
async def a_centre(data: Path, tools: VoiceTools | None = None) -> AsyncIterator[Centre]:
    run = data / "run"
    run.mkdir(parents=True, exist_ok=True)
    centre = Centre(data, open_book(run / "centre.json", {}), tools)
    await centre.open()
    server = await serve_centre(data, centre.take)
    for trunk in (1, 2):
        await centre.take({"do": "set", "trunk": trunk, "ring_for": 0.05})
    try:
        yield centre
    finally:
        server.close()
        await centre.close()


@asynccontextmanager
async def the_exchange(
    centre: Centre, trunk: int = 1, timers: Timers | None = None
) -> AsyncIterator[Telephone]:
    host, _, port = centre.listing()["trunks"][trunk - 1]["address"].rpartition(":")
    setup = Setup("hotline", server=(host, int(port)), timers=timers or Timers())
    telephone = await open_telephone(setup)
    try:
        yield telephone
    finally:
        await telephone.close()


def last(centre: Centre) -> dict[str, Any]:
    call = centre.listing()["calls"][-1]
    assert isinstance(call, dict)
    return call


async def until_ended(centre: Centre) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while last(centre)["ended_at"] is None:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.01)
    return last(centre)


async def test_it_answers_speaks_hears_and_keeps_who_called(tmp_path: Path) -> None:
    async with a_centre(tmp_path) as centre, the_exchange(centre, 2) as exchange:
        headers = (("X-Hotline-Call", "c-1"), ("X-Hotline-Caller", "13800000000"))
        call = await exchange.call("119", caller="13800000000", headers=headers)
        await call.answered()
        call.play(sound.tone(1300, 0.4))
        await call.played()
        await asyncio.sleep(0.1)
        assert call.hears_tone(950)
        await call.hang_up()
        row = await until_ended(centre)
        assert (row["trunk"], row["dialled"], row["caller"]) == (2, "119", "13800000000")
        assert (row["call"], row["headers"]["X-Hotline-Caller"]) == ("c-1", "13800000000")
        assert row["at"] <= row["answered_at"] <= row["ended_at"]
        assert (row["ended"], row["ended_by"]) == ("hung-up", "them")
        path = Path(row["recording"])
        assert sound.has_tone(sound.read_wav(path), 1300)
        assert path.stat().st_mode & 0o077 == 0


async def test_with_a_voice_it_says_its_sentence(tmp_path: Path) -> None:
    code = (
        "import sys,wave,math,struct;w=wave.open(sys.stdout.buffer,'wb');w.setnchannels(1);"
        "w.setsampwidth(2);w.setframerate(8000);"
        "w.writeframes(b''.join(struct.pack('<h',round(9e3*math.sin(n*.55))) for n in range(8000)))"
    )
    async with (
        a_centre(tmp_path, VoiceTools((sys.executable, "-c", code))) as centre,
        the_exchange(centre) as exchange,
    ):
        async with asyncio.timeout(20):
            while "110" not in centre._sentences:  # noqa: ASYNC110 - a dict has no event
                await asyncio.sleep(0.02)
        call = await exchange.call("110")
        await call.answered()
        async with asyncio.timeout(20):
            while not call.hears_tone(700):  # noqa: ASYNC110 - sound has no event
                await asyncio.sleep(0.05)
        await call.hang_up()


@pytest.mark.parametrize(("mode", "status"), [("busy", 486), ("unavailable", 503)])
async def test_told_so_it_refuses(tmp_path: Path, mode: str, status: int) -> None:
    async with a_centre(tmp_path) as centre, the_exchange(centre) as exchange:
        await ask_centre(tmp_path, {"do": "set", "trunk": 1, "mode": mode})
        call = await exchange.call("110")
        with pytest.raises(CallRefused) as refused:
            await call.answered()
        assert refused.value.status == status
        row = await until_ended(centre)
        assert (row["ended"], row["answered_at"], row["recording"]) == ("refused", None, None)


async def test_told_to_be_silent_it_says_nothing_to_a_call(tmp_path: Path) -> None:
    async with a_centre(tmp_path) as centre, the_exchange(centre, timers=QUICK) as exchange:
        await ask_centre(tmp_path, {"do": "set", "trunk": 1, "mode": "silent"})
        call = await exchange.call("110")
        with pytest.raises(CallRefused):
            await call.answered(3)
        assert [one for one in exchange.log.story() if one.startswith("received")] == []
        options = await exchange.station.link.ask(
            call.dialog.request("OPTIONS", 5), exchange.setup.server
        ).final
        assert options.status == 200


async def test_told_to_ring_it_rings_until_the_caller_gives_up(tmp_path: Path) -> None:
    async with a_centre(tmp_path) as centre, the_exchange(centre) as exchange:
        await ask_centre(tmp_path, {"do": "set", "trunk": 1, "mode": "ringing"})
        call = await exchange.call("110")
        await call.ringing()
        with pytest.raises(TimeoutError):
            await call.answered(0.3)
        await call.hang_up()
        assert (await until_ended(centre))["ended"] == "cancelled"


async def test_told_to_be_dead_nobody_is_there_and_it_comes_back_at_its_place(
    tmp_path: Path,
) -> None:
    async with a_centre(tmp_path) as centre, the_exchange(centre, timers=QUICK) as exchange:
        place = centre.listing()["trunks"][0]["address"]
        await ask_centre(tmp_path, {"do": "set", "trunk": 1, "mode": "dead"})
        call = await exchange.call("110")
        with pytest.raises(CallRefused):
            await call.answered(3)
        answer = await ask_centre(tmp_path, {"do": "set", "trunk": 1, "mode": "answering"})
        assert answer["trunks"][0]["address"] == place
        again = await exchange.call("110")
        await again.answered()
        await again.hang_up()


async def test_it_can_be_told_to_hang_up(tmp_path: Path) -> None:
    async with a_centre(tmp_path) as centre, the_exchange(centre) as exchange:
        call = await exchange.call("120")
        await call.answered()
        await ask_centre(tmp_path, {"do": "hang-up", "id": last(centre)["id"]})
        assert (await call.ended()).by == "them"
        assert (await until_ended(centre))["ended_by"] == "us"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "dance"},
        {"do": "set", "trunk": 3},
        {"do": "set", "trunk": 1, "mode": "sleepy"},
        {"do": "set", "trunk": 1, "ring_for": "long"},
        {"do": "hang-up", "id": "nobody"},
    ],
)
async def test_a_wrong_request_is_answered_in_one_sentence(
    tmp_path: Path, message: dict[str, Any]
) -> None:
    async with a_centre(tmp_path):
        with pytest.raises(CentreSaysNo):
            await ask_centre(tmp_path, message)


async def test_rubbish_on_its_socket_is_answered_and_it_goes_on(tmp_path: Path) -> None:
    async with a_centre(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "run" / "centre.sock"))
        for junk in (b"rubbish\n", b"[1]\n", b"\xff\n", b'{"do":"list"}\n'):
            writer.write(junk)
        answers = [json.loads(await reader.readline()) for _ in range(4)]
        writer.close()
        assert [answer["ok"] for answer in answers] == [False, False, False, True]


async def test_a_deep_data_folder_still_has_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    async with a_centre(deep):
        assert (await ask_centre(deep, {"do": "list"}))["calls"] == []


async def test_a_book_that_cannot_be_read_is_begun_afresh(tmp_path: Path) -> None:
    for content in ("", "{}", '{"version": 1, "trunks": [{"number": 9}], "calls": []}'):
        path = tmp_path / "centre.json"
        path.write_text(content)
        assert open_book(path, {1: 5070}).trunks[1].port == 5070


async def test_nobody_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CentreAway, match=r"\./jiesu up"):
        await ask_centre(tmp_path, {"do": "list"})


async def started(data: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "switchboard.centre",
        "--data",
        str(data),
        "--espeak",
        "/nowhere/espeak-ng",
        *more,
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ready(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = json.loads(await process.stdout.readline())
    assert isinstance(line, dict)
    return line


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(30):
        _, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode


@pytest.mark.slow
async def test_the_process_keeps_ports_moods_and_calls_over_a_restart(tmp_path: Path) -> None:
    first = await started(tmp_path)
    try:
        before = await ready(first)
        await ask_centre(tmp_path, {"do": "set", "trunk": 2, "mode": "busy"})
        host, _, port = before["trunks"][1]["address"].rpartition(":")
        exchange = await open_telephone(Setup("hotline", server=(host, int(port))))
        with pytest.raises(CallRefused):
            await (await exchange.call("122")).answered()
        await exchange.close()
        # Its parent's terminal goes away: it stays.
        first.send_signal(signal.SIGHUP)
        assert (await ask_centre(tmp_path, {"do": "list"}))["ok"]
    finally:
        first.send_signal(signal.SIGTERM)
    assert await ended(first) == 0
    second = await started(tmp_path)
    try:
        after = await ready(second)
        assert [(one["address"], one["mode"]) for one in after["trunks"]] == [
            (before["trunks"][0]["address"], "answering"),
            (before["trunks"][1]["address"], "busy"),
        ]
        calls = (await ask_centre(tmp_path, {"do": "list"}))["calls"]
        assert [(call["dialled"], call["ended"]) for call in calls] == [("122", "refused")]
        third = await started(tmp_path)
        assert await ended(third) == 1
    finally:
        second.send_signal(signal.SIGTERM)
    assert await ended(second) == 0
    assert not (tmp_path / "run" / "centre.sock").exists()
    assert (tmp_path / "run" / "centre.json").stat().st_mode & 0o077 == 0


async def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    taken = await open_telephone(Setup("x", bind=("127.0.0.3", 0)))
    (tmp_path / "run").mkdir()
    book = open_book(tmp_path / "run" / "centre.json", {1: taken.address[1]})
    centre = Centre(tmp_path, book, None)
    with pytest.raises(CentreRefused, match="已被占用"):
        await centre.open()
    await centre.close()
    await taken.close()
