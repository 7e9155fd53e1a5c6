"""From sound to words: the port, and the pool of worker processes behind it.

    async with running_recognizer() as recognizer:
        stream = recognizer.open(call, "caller", told)
        stream.feed(pcm, at)                  # 8 kHz 16-bit mono, as it comes; never waits
        await stream.close()                  # the last words are told before it returns

`told` gets :class:`Words` (partial and final), :class:`Interrupted` and :class:`Resumed`, in order.
The death of an engine ends the words for a moment, never the call: a worker that dies is noticed
at once, a hung one within two seconds, and its streams go on at another worker or at a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from hotline.words import CallId
from ivr.recognizer_process import Worker, WorkerTiming, start_worker
from ivr.recognizer_stream import (
    Interrupted,
    Leg,
    Resumed,
    Statistics,
    Stream,
    Told,
    Words,
    total,
)
from ivr.recognizer_wire import Answer, Word
from ivr.speech_model import NoModel, SpeechModel, read_model

_log: Final = logging.getLogger(__name__)

_MOST_DEATHS: Final = 3
"""A stream whose sound took so many workers with it is not tried again."""
_YOUNG_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 4.0


class Recognizer:
    """The pool. Made by :func:`running_recognizer`."""

    def __init__(self, command: Sequence[str], timing: WorkerTiming) -> None:
        self._command = tuple(command)
        self._timing = timing
        self._workers: list[Worker] = []
        self._streams: list[Stream] = []
        self._owners: dict[int, Stream] = {}
        self._numbers = itertools.count(1)
        self._ended = Statistics()
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.restarts = 0
        """How many workers were replaced."""

    # ---- the port -------------------------------------------------------------------------------
    def open(self, call: CallId, leg: Leg, told: Callable[[Told], None]) -> Stream:
        """A stream for one leg. Works at once, with or without a live worker."""
        stream = Stream(call, leg, told, seat=self._seat, leave=self._leave)
        self._streams.append(stream)
        self._seat(stream)
        return stream

    async def ready(self) -> None:
        """Wait for the first loaded worker. NoModel when the model cannot be loaded."""
        await asyncio.shield(self._first)

    @property
    def listening(self) -> bool:
        """Whether a worker is there to hear."""
        return bool(self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """The worker processes."""
        return tuple(worker.pid for worker in self._workers)

    def statistics(self) -> Statistics:
        """Of all streams, open and closed, since the start."""
        return total([self._ended, *(stream.statistics() for stream in self._streams)])

    # ---- streams and workers --------------------------------------------------------------------
    def _seat(self, stream: Stream) -> None:
        """Bring a stream to the worker with the fewest; it waits where there is none."""
        if not self._workers or stream.deaths >= _MOST_DEATHS:
            return
        counts = dict.fromkeys(self._workers, 0)
        for other in self._streams:
            if other.worker in counts:
                counts[other.worker] += 1
        number = next(self._numbers)
        self._owners[number] = stream
        stream.attach(min(self._workers, key=counts.__getitem__), number)

    def _leave(self, stream: Stream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)
            self._ended = total([self._ended, stream.statistics()])
        for number in [n for n, owner in self._owners.items() if owner is stream]:
            del self._owners[number]

    def _answered(self, answer: Answer, size: int) -> None:
        stream = self._owners.get(answer.stream)
        if stream is not None and stream.answered(answer, size):
            self._owners.pop(answer.stream, None)

    async def keep(self) -> None:
        """One place of the pool: a worker, and after it the next one, until cancelled."""
        pause = 0.0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                worker = await start_worker(self._command, self._answered, self._timing)
            except (NoModel, OSError, TimeoutError) as fault:
                _log.warning("recogniser worker not started", extra={"fault": str(fault)})
                if not self._first.done():
                    self._first.set_exception(_as_no_model(fault))
                    self._first.exception()  # seen: who does not ask must not be warned
                pause = min(_LONGEST_PAUSE_S, max(0.2, pause * 2))
            else:
                await self._serve(worker)
                lived = asyncio.get_running_loop().time() - began
                pause = 0.0 if lived > _YOUNG_S else min(_LONGEST_PAUSE_S, max(0.1, pause * 2))
            await asyncio.sleep(pause)

    async def _serve(self, worker: Worker) -> None:
        if not self._first.done():
            self._first.set_result(None)
        self._workers.append(worker)
        why = "closed by us"
        try:
            for stream in list(self._streams):
                if stream.waiting:
                    self._seat(stream)
            why = await asyncio.shield(worker.over)
        finally:
            self._workers.remove(worker)
            if why != "closed by us":
                self.restarts += 1
                _log.warning("recogniser worker lost", extra={"why": why})
            self._bereave(worker, why)
            await worker.end(kill=why == "hung")

    def _bereave(self, worker: Worker, why: str) -> None:
        """Its streams go to another worker where there is one."""
        culprit = self._owners.get(worker.at_work_on or 0)
        if culprit is not None and why == "ended":
            culprit.deaths += 1
        for stream in list(self._streams):
            if stream.needs(worker):
                stream.bereaved(why)
                self._seat(stream)


def _as_no_model(fault: Exception) -> NoModel:
    if isinstance(fault, NoModel):
        return fault
    return NoModel("语音识别进程没有启动成功，请检查内存和语音模型目录")


def vosk_command(model: SpeechModel) -> tuple[str, ...]:
    """The worker with vosk on that model."""
    return (sys.executable, "-m", "ivr.vosk_engine", "--model", str(model.folder))


@asynccontextmanager
async def running_recognizer(
    model: Path | None = None,
    *,
    workers: int = 1,
    command: Sequence[str] | None = None,
    timing: WorkerTiming | None = None,
) -> AsyncIterator[Recognizer]:
    """A pool that lives as long as the block. NoModel when the folder is no model; whether it can
    be loaded tells `await recognizer.ready()`. `command` starts another engine's worker."""
    chosen = tuple(command) if command is not None else vosk_command(read_model(model))
    recognizer = Recognizer(chosen, timing or WorkerTiming())
    places = [
        asyncio.create_task(recognizer.keep(), name="recogniser") for _ in range(max(1, workers))
    ]
    try:
        yield recognizer
    finally:
        for place in places:
            place.cancel()
        for place in places:
            with contextlib.suppress(asyncio.CancelledError):
                await place


__all__ = [
    "Interrupted",
    "Leg",
    "NoModel",
    "Recognizer",
    "Resumed",
    "Statistics",
    "Stream",
    "Told",
    "Word",
    "Words",
    "WorkerTiming",
    "running_recognizer",
    "vosk_command",
]
