"""What became of a call, read from Asterisk's own files."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from switchboard.call_facts import LoggedCallFacts

pytestmark = pytest.mark.anyio

ID = "0b6f2d3e-1111-4222-8333-444455556666"
OTHER = "0b6f2d3e-9999-4222-8333-444455556666"
SINCE = dt.datetime.fromtimestamp(1_780_000_000.7, dt.UTC)


class Files:
    def __init__(self, folder: Path) -> None:
        self.queue_log = folder / "queue_log"
        self.records = folder / "Master.csv"

    def facts(self) -> LoggedCallFacts:
        return LoggedCallFacts(self.queue_log, self.records, patience=0.1)

    def log(self, *lines: str) -> None:
        with self.queue_log.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def record(self, caller: str, call: str) -> None:
        with self.records.open("a") as file:
            file.write(f'"","{caller}","12345","from-trunk","""x,y"" <1>","PJSIP/c-1","","Queue",')
            file.write(f'"","","","",9,8,"ANSWERED","DOCUMENTATION","178.1","{call}"\n')


def arrived(call: str = ID, channel: str = "178.1") -> str:
    return f"1780000000|{call}|hotline|NONE|HOTLINE_ARRIVED|12345|{channel}"


ENTERED = "1780000001|178.1|hotline|NONE|ENTERQUEUE||13800000000|1"
CONNECTED = "1780000004|178.1|hotline|1003|CONNECT|3|178.2|2"


def ended(what: str, call: str = ID) -> str:
    return f"1780000009|{call}|hotline|NONE|HOTLINE_END|{what}"


@pytest.mark.parametrize(
    ("lines", "outcome", "to"),
    [
        ((ENTERED, CONNECTED, ended("agent|||PJSIP/1003||no|16")), "answered", "1003"),
        ((ENTERED, ended("queue||TRUE|||no|0")), "abandoned", None),
        ((ENTERED, ended("queue|TIMEOUT|TRUE|||no|0")), "timed-out", None),
        ((ended("queue|JOINEMPTY||||no|0"),), "turned-away", None),
        ((ended("greeting|||||no|0"),), "greeting-hang-up", None),
        ((ended("emergency||||119|yes|16"),), "emergency", "119"),
        ((ended("emergency||||119|no|16"),), "emergency", None),
        ((ENTERED, CONNECTED, ended("emergency||||110|yes|16")), "answered", "110"),
    ],
)
async def test_the_outcome_is_the_hotlines_own_and_the_far_end_is_named(
    tmp_path: Path, lines: tuple[str, ...], outcome: str, to: str | None
) -> None:
    files = Files(tmp_path)
    facts = files.facts()
    files.log(arrived(), *lines)
    files.record("13800000000", ID)
    fact = await facts.find("13800000000", SINCE)
    assert fact is not None
    assert (fact.call, fact.outcome, fact.connected_to) == (ID, outcome, to)


async def test_it_waits_for_the_record_that_names_the_caller(tmp_path: Path) -> None:
    files = Files(tmp_path)
    facts = LoggedCallFacts(files.queue_log, files.records, patience=2)
    files.log(arrived(), ended("greeting|||||no|0"))
    asking = asyncio.create_task(facts.find("+8613800000000", SINCE))
    await asyncio.sleep(0.1)
    files.record("8613800000000", ID)
    fact = await asking
    assert fact is not None


async def test_calls_of_others_and_of_earlier_are_not_taken_for_ours(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.log(arrived(), ended("greeting|||||no|0"))
    files.record("13800000000", ID)
    facts = files.facts()
    assert await facts.find("13800000000", SINCE) is None
    files.log(arrived(OTHER), ended("greeting|||||no|0", OTHER))
    files.record("13900000000", OTHER)
    assert await facts.find("13800000000", SINCE) is None


async def test_it_tells_what_happens_as_it_happens(tmp_path: Path) -> None:
    files = Files(tmp_path)
    facts = files.facts()
    told: list[str] = []

    async def listen() -> None:
        async for what in facts.follow():
            told.append(what)  # noqa: PERF401 - each is looked at while more may come

    listening = asyncio.create_task(listen())
    stage = f"1780000000|{ID}|hotline|NONE|HOTLINE_STAGE|queue"
    step = f"1780000000|{ID}|hotline|NONE|HOTLINE_EMERGENCY"
    files.log(arrived(), stage, ENTERED, CONNECTED, "torn", "1|2")
    await asyncio.sleep(0.3)
    files.log(f"{step}|trying|119|1|key|", f"{step}|failed|119|1|key|BUSY")
    files.log(f"{step}|answered|119|2|key|ANSWER", ended("emergency||||119|yes|16"))
    await asyncio.sleep(0.3)
    # From the second arrival on nobody can say whose lines they are.
    files.log(arrived(OTHER, "178.5"), stage)
    await asyncio.sleep(0.3)
    listening.cancel()
    assert told == [
        "进入排队",
        "坐席 1003 接听",
        "正在接通 119（第 1 条中继）",
        "第 1 条中继未接通",
        "119 已接听",
    ]
