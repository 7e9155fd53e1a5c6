"""`./jiesu answer`: the citizen's telephone takes what the exchange dials."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.telephone import Answer, CallRefused, Manner, Reject, Setup, open_telephone
from switchboard.beside import RunningSystem
from switchboard.free_ports import Ports
from switchboard.home import NoLineOut, run_home

pytestmark = pytest.mark.anyio

HOST = "127.0.0.2"


async def ring_home(manner: Manner, data: Path) -> tuple[list[str], int | None]:
    """The exchange dials a citizen; what the terminal shows and the status of a refusal."""
    claims = Ports()
    port = claims.claim(26700, "udp", HOST)
    place = RunningSystem(data, ("127.0.0.1", 5060), "12345")
    shown: list[str] = []
    stop, opened = asyncio.Event(), asyncio.Event()

    def show(what: str) -> None:
        shown.append(what)
        opened.set()

    home = asyncio.create_task(run_home(port, place, manner, show, once=True, stop=stop))
    exchange = await open_telephone(Setup("12345", server=(HOST, port), bind=("127.0.0.1", 0)))
    refused = None
    try:
        await asyncio.wait_for(opened.wait(), 15)
        call = await exchange.call("13900139001")
        try:
            await call.answered(15)
        except CallRefused as no:
            refused = no.status
        await call.hang_up()
        stop.set()
        await asyncio.wait_for(home, 15)
    finally:
        home.cancel()
        await exchange.close()
        claims.close()
    return shown, refused


async def test_it_answers_and_tells_the_dialled_number_masked(tmp_path: Path) -> None:
    shown, refused = await ring_home(Answer(), tmp_path)
    assert refused is None
    assert "被叫号码 139****9001" in shown
    assert any("接听" in line for line in shown)
    assert not any("13900139001" in line for line in shown)


async def test_it_can_be_busy(tmp_path: Path) -> None:
    _, refused = await ring_home(Reject(486), tmp_path)
    assert refused == 486


async def test_a_second_one_is_told_that_the_place_is_taken(tmp_path: Path) -> None:
    claims = Ports()
    port = claims.claim(26800, "udp", HOST)
    place = RunningSystem(tmp_path, ("127.0.0.1", 5060), "12345")
    first = await open_telephone(Setup("citizen", bind=(HOST, port)))
    try:
        with pytest.raises(NoLineOut, match="已被占用"):
            await run_home(port, place, Answer(), lambda _: None)
    finally:
        await first.close()
        claims.close()
