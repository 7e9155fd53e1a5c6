"""The citizen's telephone at a hotline of two lines: a telephone that answers."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hotline.errors import BadInput
from ivr import sound
from ivr.telephone import Answer, Manner, Reject, Ring, Setup, Telephone, open_telephone
from switchboard.beside import RunningSystem, assert_only_stand_in
from switchboard.call_facts import CallFact
from switchboard.citizen import CallOptions, CallReport, Pace, Step, conclusion, run_call
from switchboard.emergency_trunks import EmergencyRefused

pytestmark = pytest.mark.anyio

TALK = sound.tone(440, 0.5)
BRISK = Pace(key_after=0.2, key_at_latest=3, words_after=0.2, reply_after=0.1)


class Facts:
    """Knows what it is told."""

    def __init__(self, fact: CallFact | None, *told: tuple[float, str]) -> None:
        self.fact = fact
        self.told = told
        self.asked: list[str] = []

    async def find(self, sip_id: str) -> CallFact | None:
        self.asked.append(sip_id)
        return self.fact

    async def follow(self, sip_id: str) -> AsyncIterator[str]:
        for after, what in self.told:
            await asyncio.sleep(after)
            yield what
        self.asked.append(sip_id)


@asynccontextmanager
async def a_hotline(
    tmp_path: Path, manner: Manner
) -> AsyncIterator[tuple[Telephone, RunningSystem]]:
    hotline = await open_telephone(Setup("12345"), manner)
    try:
        yield hotline, RunningSystem(tmp_path, hotline.address, "12345")
    finally:
        await hotline.close()


def quiet(_step: Step) -> None:
    """Nobody watches."""


ANSWERED = CallFact("c-1", "answered", "1003")


async def test_each_step_is_told_and_the_report_says_who_answered(tmp_path: Path) -> None:
    told: list[str] = []
    facts = Facts(ANSWERED, (0.1, "进入排队"), (0.1, "坐席 1003 接听"))
    async with a_hotline(tmp_path, Answer(say=TALK, loop=True)) as (hotline, place):
        report = await run_call(
            CallOptions(caller="13900000001", hang_up_after=0.9),
            place,
            facts,
            lambda step: told.append(step.what),
            words=sound.tone(1300, 0.3),
            pace=BRISK,
        )
        taken = await hotline.next_call()
    assert (report.call, report.outcome, report.connected_to) == ("c-1", "answered", "1003")
    assert told[0] == "拨打 12345（主叫 13900000001）"
    assert told[-1] == "挂断"
    for what in ("热线应答", "听到声音", "进入排队", "坐席 1003 接听"):
        assert what in told
    assert [step.what for step in report.steps] == told
    assert facts.asked == [taken.id, taken.id]
    assert taken.number == "13900000001"
    assert taken.peer[0] == "127.0.0.2"


async def test_what_was_heard_is_in_a_file_of_its_owner(tmp_path: Path) -> None:
    async with a_hotline(tmp_path, Answer(say=TALK, loop=True)) as (_, place):
        report = await run_call(CallOptions(hang_up_after=0.6), place, Facts(None), quiet)
    assert report.recording is not None
    path = Path(report.recording)
    assert path.parent == tmp_path / "recordings" / "citizen"
    assert sound.has_tone(sound.read_wav(path), 440)
    assert path.stat().st_mode & 0o077 == 0
    assert (report.call, report.outcome, report.connected_to) == (None, "unknown", None)


async def test_the_citizen_speaks_in_the_greeting_and_again_to_whoever_answers(
    tmp_path: Path,
) -> None:
    facts = Facts(ANSWERED, (0.9, "坐席 1003 接听"))
    async with a_hotline(tmp_path, Answer()) as (hotline, place):
        told: list[str] = []
        await run_call(
            CallOptions(say="着火了", hang_up_after=1.9),
            place,
            facts,
            lambda step: told.append(step.what),
            words=sound.tone(1300, 0.3),
            pace=BRISK,
        )
        taken = await hotline.next_call()
    assert told.count("说：着火了") == 2
    spoken = [level > -30 for level in sound.levels(taken.heard())]
    spells = sum(now and not before for before, now in pairwise(spoken))
    assert spells == 2


async def test_keys_are_pressed_one_after_the_other_when_the_far_end_speaks(
    tmp_path: Path,
) -> None:
    async with a_hotline(tmp_path, Answer(say=TALK, loop=True)) as (hotline, place):
        report = await run_call(
            CallOptions(keys="9, 2", silent=True, hang_up_after=1.5),
            place,
            Facts(None),
            quiet,
            pace=BRISK,
        )
        taken = await hotline.next_call()
    assert taken.keys_heard == "92"
    nine, two = (
        dt.datetime.fromisoformat(step.at) for step in report.steps if step.what.startswith("按")
    )
    assert (two - nine).total_seconds() >= BRISK.key_after


async def test_no_key_is_pressed_into_silence_before_its_time(tmp_path: Path) -> None:
    async with a_hotline(tmp_path, Answer()) as (hotline, place):
        await run_call(
            CallOptions(keys="9", silent=True, hang_up_after=0.8),
            place,
            Facts(None),
            quiet,
            pace=BRISK,
        )
        taken = await hotline.next_call()
    assert taken.keys_heard == ""


@pytest.mark.parametrize("status", [486, 503, 404])
async def test_a_refused_call_is_reported_as_refused(tmp_path: Path, status: int) -> None:
    facts = Facts(ANSWERED)
    async with a_hotline(tmp_path, Reject(status)) as (_, place):
        report = await run_call(CallOptions(), place, facts, quiet)
    assert (report.outcome, report.connected_to, report.recording) == ("refused", None, None)
    assert str(status) in report.steps[-1].what
    assert facts.asked == []


async def test_when_the_far_end_hangs_up_the_call_is_over(tmp_path: Path) -> None:
    async with a_hotline(tmp_path, Answer()) as (hotline, place):
        calling = asyncio.create_task(run_call(CallOptions(silent=True), place, Facts(None), quiet))
        taken = await hotline.next_call()
        await taken.answered()
        await taken.hang_up()
        report = await calling
    assert report.steps[-1].what == "对方挂断"


@pytest.mark.parametrize("manner", [Answer(), Ring()])
async def test_ctrl_c_hangs_up_properly(tmp_path: Path, manner: Manner) -> None:
    async with a_hotline(tmp_path, manner) as (hotline, place):
        calling = asyncio.create_task(run_call(CallOptions(silent=True), place, Facts(None), quiet))
        taken = await hotline.next_call()
        with contextlib.suppress(TimeoutError):
            await taken.answered(0.2)
        os.kill(os.getpid(), signal.SIGINT)
        report = await calling
        ending = await taken.ended()
    assert ending.by == "them"
    assert ending.how in {"hung-up", "cancelled"}
    assert report.outcome in {"unknown", "no-answer"}


@pytest.mark.parametrize(
    "wrong",
    [
        CallOptions(caller="abc"),
        CallOptions(caller="1\r\nX: y"),
        CallOptions(keys="9;2"),
        CallOptions(keys="九"),
        CallOptions(hang_up_after=-1),
        CallOptions(say="你好", silent=True),
    ],
)
async def test_a_wrong_option_is_told_in_one_sentence(tmp_path: Path, wrong: CallOptions) -> None:
    place = RunningSystem(tmp_path, ("127.0.0.1", 9), "12345")
    with pytest.raises(BadInput):
        await run_call(wrong, place, Facts(None), quiet)


def test_the_json_has_the_keys_people_were_promised() -> None:
    report = CallReport(
        "c-1", "emergency", "119", "/r.wav", (Step("2026-01-01T00:00:00Z", "挂断"),)
    )
    assert json.loads(report.as_json()) == {
        "call": "c-1",
        "outcome": "emergency",
        "connected_to": "119",
        "recording": "/r.wav",
        "steps": [{"at": "2026-01-01T00:00:00Z", "what": "挂断"}],
    }
    assert conclusion(report) == "结果：紧急来电，接通的是 119\n听到的声音录在 /r.wav"


STAND_IN: dict[str, str | int] = {
    "emergency_live": 0,
    "emergency_trunk_1": "127.0.0.3:5110",
    "emergency_trunk_2": "127.0.0.3:5120",
}


def test_with_the_stand_in_on_every_trunk_it_may_ring() -> None:
    assert_only_stand_in(STAND_IN, "./jiesu call ")


@pytest.mark.parametrize(
    "change",
    [
        {"emergency_live": 1},
        {"emergency_trunk_1": "10.1.2.3:5060"},
        {"emergency_trunk_2": "127.0.0.30:5060"},
        {"emergency_trunk_2": ""},
    ],
)
def test_with_any_other_trunk_it_refuses_to_start(change: dict[str, str | int]) -> None:
    with pytest.raises(EmergencyRefused, match="模拟报警中心"):
        assert_only_stand_in({**STAND_IN, **change}, "./jiesu call ")


@pytest.mark.parametrize("missing", sorted(STAND_IN))
def test_what_is_not_said_is_not_taken_for_safe(missing: str) -> None:
    places = {name: value for name, value in STAND_IN.items() if name != missing}
    with pytest.raises(EmergencyRefused):
        assert_only_stand_in(places, "./jiesu call ")
