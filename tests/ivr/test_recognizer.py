"""The pool of recogniser workers: words in order, and what happens when a worker does not live."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from hotline.errors import BadFrame
from hotline.words import CallId
from ivr.recognizer import (
    Interrupted,
    NoModel,
    Recognizer,
    Resumed,
    Statistics,
    Told,
    Words,
    running_recognizer,
)
from ivr.recognizer_stream import INPUT_S, readable
from tests.ivr.scripted_worker import sound
from tests.ivr.telephones import until

pytestmark = pytest.mark.anyio

CALL = CallId("0f0e0d0c-1111-4222-8333-444455556666")
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
WORKER = (sys.executable, "-m", "tests.ivr.scripted_worker")


T = TypeVar("T")


@dataclass(slots=True)
class Ear:
    """Everything told of one leg."""

    told: list[Told] = field(default_factory=list)

    def __call__(self, what: Told) -> None:
        self.told.append(what)

    def of(self, kind: type[T]) -> list[T]:
        return [one for one in self.told if isinstance(one, kind)]

    @property
    def finals(self) -> list[str]:
        return [one.text for one in self.of(Words) if one.final]


@asynccontextmanager
async def pool(*options: str, workers: int = 1) -> AsyncIterator[Recognizer]:
    async with running_recognizer(command=(*WORKER, *options), workers=workers) as recognizer:
        await recognizer.ready()
        await until(lambda: len(recognizer.pids) == workers)
        yield recognizer


async def test_what_is_said_comes_as_partials_then_final_with_words_and_times() -> None:
    ear = Ear()
    async with pool() as recognizer:
        stream = recognizer.open(CALL, "caller", ear)
        stream.feed(sound("着", 0.5), NOON)
        await until(lambda: bool(ear.told))
        stream.feed(sound("火了.", 0.5), NOON + dt.timedelta(seconds=0.5))
        await stream.close()
    first, last = ear.of(Words)
    assert (first.text, first.final, first.confidence) == ("着", False, None)
    assert (last.text, last.final, last.confidence) == ("着火了", True, 0.5)
    assert (last.call, last.leg, last.spoken) == (CALL, "caller", ("着", "火", "了"))
    assert [word.from_s for word in last.words] == [0.0, 0.5, 0.5]
    assert last.at == NOON + dt.timedelta(seconds=last.to_s)


async def test_the_last_words_are_told_before_close_returns() -> None:
    ear = Ear()
    async with pool() as recognizer:
        stream = recognizer.open(CALL, "agent", ear)
        stream.feed(sound("再见"), NOON)
        told = await stream.close()
        assert ear.finals == ["再见"]
        assert told.decoded_s == told.fed_s
        stream.feed(sound("没有人听"), NOON)
        await stream.close()
    assert ear.finals == ["再见"]


async def test_two_legs_are_kept_apart() -> None:
    caller, agent = Ear(), Ear()
    async with pool(workers=2) as recognizer:
        one = recognizer.open(CALL, "caller", caller)
        two = recognizer.open(CALL, "agent", agent)
        for letter in "甲乙丙":
            one.feed(sound(letter, 0.1), NOON)
            two.feed(sound("您", 0.1), NOON)
        await asyncio.gather(one.close(), two.close())
    assert caller.finals == ["甲乙丙"]
    assert agent.finals == ["您您您"]


async def test_a_killed_worker_is_told_at_once_and_words_are_back_with_the_gap_in_seconds() -> None:
    ear = Ear()
    async with pool() as recognizer:
        stream = recognizer.open(CALL, "caller", ear)
        stream.feed(sound("甲", 0.8), NOON)
        await until(lambda: bool(ear.told) and stream.statistics().lag_s < 0.1)
        os.kill(recognizer.pids[0], signal.SIGKILL)
        await until(lambda: bool(ear.of(Interrupted)), 20)
        for _ in range(35):
            stream.feed(bytes(1600), NOON)
        stream.feed(sound("乙."), NOON)
        await until(lambda: bool(ear.of(Resumed)), 20)
        await stream.close()
        assert recognizer.restarts == 1
        statistics = recognizer.statistics()
    (gap,) = ear.of(Resumed)
    # What had been shown of the sentence in progress is kept; of the sound without a worker the
    # last two seconds are heard.
    assert ear.finals == ["甲", "乙"]
    assert gap.from_s == pytest.approx(0.8, abs=0.09)
    assert gap.to_s == pytest.approx(0.8 + 35 * 0.1 - INPUT_S, abs=0.01)
    assert gap.gap_s == pytest.approx(statistics.dropped_s, abs=0.01)
    assert ear.of(Words)[-1].words[0].from_s == pytest.approx(0.8 + 3.5, abs=0.01)
    assert statistics.interruptions == 1


async def test_a_hung_worker_is_noticed_and_replaced() -> None:
    ear = Ear()
    async with pool() as recognizer:
        stream = recognizer.open(CALL, "caller", ear)
        stream.feed(sound("甲.", 0.1), NOON)
        await until(lambda: bool(ear.finals))
        (old,) = recognizer.pids
        os.kill(old, signal.SIGSTOP)
        await until(lambda: bool(ear.of(Interrupted)), 20)
        await until(lambda: bool(ear.of(Resumed)), 20)
        stream.feed(sound("乙."), NOON)
        await stream.close()
        with pytest.raises(ProcessLookupError):
            os.kill(old, 0)
    assert ear.of(Interrupted)[0].why == "hung"
    assert ear.finals == ["甲", "乙"]


async def test_with_a_second_worker_the_streams_move_over_at_once() -> None:
    ears = [Ear(), Ear()]
    async with pool(workers=2) as recognizer:
        streams = [recognizer.open(CALL, "caller", ear) for ear in ears]
        for stream in streams:
            stream.feed(sound("甲.", 0.1), NOON)
        await until(lambda: all(ear.finals for ear in ears))
        os.kill(recognizer.pids[0], signal.SIGKILL)
        await until(lambda: any(ear.of(Resumed) for ear in ears), 20)
        for stream in streams:
            stream.feed(sound("乙."), NOON)
            await stream.close()
    assert [ear.finals for ear in ears] == [["甲", "乙"]] * 2
    assert sorted(len(ear.of(Interrupted)) for ear in ears) == [0, 1]


async def test_sound_that_ends_every_worker_is_given_up_and_the_others_go_on() -> None:
    poison, healthy = Ear(), Ear()
    async with pool() as recognizer:
        bad = recognizer.open(CALL, "caller", poison)
        good = recognizer.open(CALL, "agent", healthy)
        for death in range(1, 4):
            await until(lambda: recognizer.listening and not bad.waiting, 20)
            bad.feed(sound("!", 0.1), NOON)
            await until(lambda count=death: len(poison.of(Interrupted)) == count, 20)  # type: ignore[misc]  # a lambda with a default
        assert [one.for_good for one in poison.of(Interrupted)] == [False, False, True]
        await until(lambda: recognizer.listening and not good.waiting, 20)
        good.feed(sound("还在."), NOON)
        await good.close()
        assert bad.waiting
        await bad.close()
    assert healthy.finals[-1] == "还在"


async def test_an_engine_that_is_late_sheds_partials_before_finals() -> None:
    ear = Ear()
    async with pool("--slow", "0.01") as recognizer:
        stream = recognizer.open(CALL, "caller", ear)
        text = "一二三四五六七八九十" * 9
        for letter in text:
            stream.feed(sound(letter, 0.08), NOON)
        told = await stream.close(10.0)
    assert ear.finals == [text]
    assert told.partials_shed > 20
    assert len(ear.of(Words)) + told.partials_shed == len(text) + 1
    assert told.worst_lag_s > INPUT_S
    assert told.dropped_s == 0


async def test_an_engine_that_cannot_follow_loses_sound_counted_and_told() -> None:
    ear = Ear()
    async with pool("--slow", "0.01") as recognizer:
        stream = recognizer.open(CALL, "caller", ear)
        for _ in range(200):
            stream.feed(sound("山", 0.08), NOON)
        await until(lambda: bool(ear.of(Resumed)), 20)
        told = await stream.close(10.0)
    (gap,) = ear.of(Resumed)
    assert ear.of(Interrupted)[0].why == "overloaded"
    assert told.dropped_s == pytest.approx(gap.gap_s, abs=0.01)
    assert len("".join(ear.finals)) == pytest.approx((told.fed_s - told.dropped_s) / 0.08, abs=2)


async def test_whoever_reads_a_file_waits_for_room_and_loses_nothing() -> None:
    ear = Ear()
    async with pool("--slow", "0.002") as recognizer:
        stream = recognizer.open(CALL, "caller", ear)
        for _ in range(300):
            stream.feed(sound("水", 0.08), NOON)
            await stream.room()
        told = await stream.close()
    assert ear.finals == ["水" * 300]
    assert (told.partials_shed, told.dropped_s) == (0, 0)


async def test_a_model_that_cannot_be_loaded_is_one_sentence() -> None:
    async with running_recognizer(command=(*WORKER, "--broken")) as recognizer:
        with pytest.raises(NoModel, match="装不上这个模型"):
            await recognizer.ready()
        assert not recognizer.listening


async def test_half_a_sample_is_refused() -> None:
    async with pool() as recognizer:
        stream = recognizer.open(CALL, "caller", Ear())
        with pytest.raises(BadFrame):
            stream.feed(b"abc", NOON)
        await stream.close()


async def test_a_listener_that_raises_does_not_end_the_listening() -> None:
    heard: list[str] = []

    def fragile(what: Told) -> None:
        heard.append(what.text if isinstance(what, Words) else "")
        raise ValueError("not taken")

    async with pool() as recognizer:
        stream = recognizer.open(CALL, "caller", fragile)
        stream.feed(sound("甲."), NOON)
        stream.feed(sound("乙."), NOON)
        await stream.close()
    assert heard[-2:] == ["甲", "乙"] or heard == ["甲", "乙"]


async def test_no_process_is_left_behind() -> None:
    async with pool(workers=2) as recognizer:
        pids = recognizer.pids
        recognizer.open(CALL, "caller", Ear()).feed(bytes(16000), NOON)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_before_the_first_sound_there_is_no_factor() -> None:
    assert Statistics().real_time_factor is None


def test_people_read_hanzi_without_spaces_and_letters_with_them() -> None:
    assert readable(("我", "要", "投诉")) == "我要投诉"
    assert readable(("车牌", "A", "B", "3", "号")) == "车牌A B 3号"
    assert readable(()) == ""
