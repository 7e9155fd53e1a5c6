"""What became of a call, read from Asterisk's own file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchboard.call_facts import LoggedCallFacts

pytestmark = pytest.mark.anyio

ID = "0b6f2d3e-1111-4222-8333-444455556666"
OTHER = "0b6f2d3e-9999-4222-8333-444455556666"
SIP = "01fb809db4ac72ccc79fc79c21dc27d4"


class Log:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "queue_log"

    def facts(self, patience: float = 0.1) -> LoggedCallFacts:
        return LoggedCallFacts(self.path, patience=patience)

    def add(self, *lines: str) -> None:
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


def arrived(call: str = ID, channel: str = "178.1", sip: str = SIP) -> str:
    return f"1780000000|{call}|hotline|NONE|HOTLINE_ARRIVED|12345|{channel}|{sip}"


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
    log = Log(tmp_path)
    facts = log.facts()
    log.add(arrived(), *lines)
    fact = await facts.find(SIP)
    assert fact is not None
    assert (fact.call, fact.outcome, fact.connected_to) == (ID, outcome, to)


async def test_it_waits_for_the_end_to_be_written(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(arrived())
    log.path.unlink()
    facts = log.facts(patience=2)
    asking = asyncio.create_task(facts.find(SIP))
    await asyncio.sleep(0.1)
    log.add(arrived(), ended("greeting|||||no|0"))
    assert await asking is not None


async def test_calls_of_others_and_of_earlier_are_not_taken_for_ours(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add(arrived(), ended("greeting|||||no|0"))
    facts = log.facts()
    log.add(arrived(OTHER, sip="ffff"), ended("greeting|||||no|0", OTHER))
    assert await facts.find(SIP) is None


async def test_it_tells_what_happens_to_the_call_and_to_no_other(tmp_path: Path) -> None:
    log = Log(tmp_path)
    facts = log.facts()
    told: list[str] = []

    async def listen() -> None:
        async for what in facts.follow(SIP):
            told.append(what)  # noqa: PERF401 - each is looked at while more may come

    listening = asyncio.create_task(listen())
    stage = f"1780000000|{ID}|hotline|NONE|HOTLINE_STAGE|queue"
    step = f"1780000000|{ID}|hotline|NONE|HOTLINE_EMERGENCY"
    log.add(arrived(), arrived(OTHER, "178.5", "ffff"), stage, stage.replace(ID, OTHER))
    log.add(ENTERED, CONNECTED, CONNECTED.replace("178.1", "178.5"), "torn", "1|2")
    await asyncio.sleep(0.3)
    log.add(f"{step}|trying|119|1|key|", f"{step}|failed|119|1|key|BUSY")
    log.add(f"{step}|answered|119|2|key|ANSWER", ended("emergency||||119|yes|16"))
    await asyncio.sleep(0.3)
    listening.cancel()
    assert told == [
        "进入排队",
        "坐席 1003 接听",
        "正在接通 119（第 1 条中继）",
        "第 1 条中继未接通",
        "119 已接听",
    ]
