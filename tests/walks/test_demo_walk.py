"""`./jiesu demo --quick` on a running system: what it says happened is what the ledger has.

It is the process people start; afterwards the facts are asked, and the pages of the demonstration
are opened as their readers would.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hotline.facts import AlarmRaised, CallMoved
from hotline.words import CallId, Outcome
from switchboard.demo_script import read_script
from switchboard.settings import ROOT
from tests.walks.system_kit import System, eventually, running_system

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]

QUICK = {scene.name: scene for scene in read_script(quick=True).scenes}
SECONDS = 90.0


@pytest.fixture(scope="module")
async def played(anyio_backend: str) -> AsyncIterator[tuple[System, dict[str, Any], str]]:
    """The demonstration, played once on a system with the whole greeting."""
    assert anyio_backend == "asyncio"
    async with running_system("", whole_greeting=True) as system:
        demo = await start(system.data, "--quick", "--json")
        out, err = await asyncio.wait_for(demo.communicate(), 3 * SECONDS)
        assert demo.returncode == 0, err.decode() + out.decode()
        yield system, json.loads(out), err.decode()


async def start(data: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "switchboard.cli", "demo", "--data", str(data), *options),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def row_of(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in report["calls"] if row["name"] == name)


@asynccontextmanager
async def visitor(system: System, login: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=system.web.base_url, trust_env=False) as web:
        await system._log_in(web, login)
        yield web


Played = tuple[System, dict[str, Any], str]


async def test_it_says_its_bounds_first_and_keeps_to_them(played: Played) -> None:
    _, report, said = played
    assert report["maximum"] == {"calls": len(QUICK), "seconds": SECONDS}
    assert f"最多 {len(QUICK)} 通电话，最多 90 秒" in said.splitlines()[0]
    assert report["ending"] == "finished"
    assert [row["name"] for row in report["calls"]] == [one.name for one in QUICK.values()]


async def test_every_call_is_in_the_ledger_as_the_script_says(played: Played) -> None:
    system, report, _ = played
    for row in report["calls"]:
        scene = QUICK[row["name"]]
        assert row["as_planned"], row
        booked = await system.booked(CallId(row["call"]))
        assert booked.outcome == scene.outcome, row
        assert booked.service == scene.to, row
        assert booked.linked == (scene.to is not None), row
        assert booked.agent == (row["agents"][0] if row["agents"] else None), row


async def test_the_board_counts_the_morning(played: Played) -> None:
    system, _, _ = played
    today = await system.figures()
    outcomes = [scene.outcome for scene in QUICK.values()]
    assert today["answered"] == outcomes.count(Outcome.ANSWERED)
    assert today["abandoned"] == outcomes.count(Outcome.ABANDONED)
    assert today["greeting_hang_up"] == outcomes.count(Outcome.GREETING_HANG_UP)
    assert today["emergency"] == outcomes.count(Outcome.EMERGENCY)


async def test_the_fire_was_heard_and_the_agent_s_key_reached_120(played: Played) -> None:
    system, report, _ = played
    fire = CallId(row_of(report, "火警，在问候里说")["call"])
    alarms = [fact for fact in await system.facts(fire) if isinstance(fact, AlarmRaised)]
    assert [(one.service, one.level) for one in alarms if one.level == "red"] == [("119", "red")]
    reasons = {}
    for name in ("火警，在问候里说", "报警，按 9 再按 1", "老人晕倒，话务员转 120"):
        linkage = await system.ledger.book.linkage(CallId(row_of(report, name)["call"]))
        assert linkage is not None
        reasons[name] = linkage.reason
    assert list(reasons.values()) == ["words", "key", "agent"]


async def test_the_caller_who_rings_again_was_known_and_the_withheld_one_was_not(
    played: Played,
) -> None:
    _, report, _ = played
    assert row_of(report, "同一个人再打来催办")["earlier_calls"] == 1
    assert row_of(report, "投诉夜间施工")["earlier_calls"] == 0
    withheld = row_of(report, "不显示号码的举报")
    assert withheld["caller"] is None
    assert withheld["earlier_calls"] == 0


async def test_the_transfer_moved_the_caller_to_a_colleague(played: Played) -> None:
    system, report, _ = played
    row = row_of(report, "转给另一位话务员")
    moves = [
        (fact.by, fact.to)
        for fact in await system.facts(CallId(row["call"]))
        if isinstance(fact, CallMoved)
    ]
    assert moves == [tuple(row["agents"])]


async def test_every_ticket_is_on_its_page_with_its_due_date_and_its_mark(played: Played) -> None:
    system, report, _ = played
    rows = [row for row in report["calls"] if row["ticket"]]
    assert {QUICK[row["name"]].ticket.type for row in rows} >= {"投诉", "求助", "举报"}  # type: ignore[union-attr]
    async with visitor(system, "banzhang") as web:
        for row in rows:
            page = await web.get(row["look"])
            assert page.status_code == 200, row
            assert QUICK[row["name"]].ticket.summary in page.text  # type: ignore[union-attr]
            assert "演示数据" in page.text
            assert "到期" in row["due"]


async def test_every_page_it_points_at_is_there(played: Played) -> None:
    system, report, _ = played
    async with visitor(system, "banzhang") as web:
        for row in report["calls"]:
            assert (await web.get(row["look"])).status_code == 200, row


async def test_those_who_were_lost_are_on_the_page_of_people_to_call_back(played: Played) -> None:
    system, report, _ = played
    lost = [row for row in report["calls"] if row["look"].endswith("/return-calls")]
    assert [row["outcome"] for row in lost] == ["greeting-hang-up", "abandoned"]
    async with visitor(system, "banzhang") as web:
        owed = (await web.get("/api/return-calls")).json()
    assert owed["open"] == len(lost)
    shown = {one["caller"].replace(" ", "") for one in owed["rows"]}
    assert shown == {row["caller"].replace(" ", "") for row in lost}


async def test_ctrl_c_hangs_up_signs_off_and_the_next_one_can_begin(played: Played) -> None:
    system, _, _ = played
    demo = await start(system.data, "--quick")
    assert demo.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(60):
        while not lines or "拨入" not in lines[-1]:
            lines.append((await demo.stdout.readline()).decode())
        refused = await start(system.data, "--quick")
        _, why = await refused.communicate()
        assert refused.returncode == 1
        assert "已经有一场演示在进行" in why.decode()
        demo.send_signal(signal.SIGINT)
        out, err = await demo.communicate()
    assert demo.returncode == 130, err.decode()
    assert "已中断" in out.decode()
    for number in ("1003", "1004", "1005", "1006"):
        await system.seat_is(number, "offline", within=60)

    async def quiet() -> bool:
        return "0 active calls" in await system.console("core show channels count")

    await eventually(quiet, 60, "no call is left")
