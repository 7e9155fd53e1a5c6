"""One worker process as the pool sees it: started, spoken to, watched, ended.

A worker that ends or answers nothing for a while is over; the pool starts another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.errors import BadFrame
from ivr.recognizer_wire import Answer, Operation, Ready, pack, read_line
from ivr.speech_model import NoModel

_log: Final = logging.getLogger(__name__)

_ROOT: Final = Path(__file__).resolve().parent.parent
_LONGEST_LINE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class WorkerTiming:
    """Seconds. A dead worker is noticed at once, a hung one within `ping_every_s + hung_after_s +
    look_every_s`; a big public model takes its time to load."""

    start_within_s: float = 120.0
    ping_every_s: float = 0.3
    hung_after_s: float = 1.2
    look_every_s: float = 0.2
    end_within_s: float = 1.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """An operation without its answer."""

    operation: Operation
    stream: int
    size: int
    at: float


class Worker:
    """A live worker. `over` gets why it ended, once: "ended", "hung" or "closed by us"."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        on_answer: Callable[[Answer, int], None],
        timing: WorkerTiming,
    ) -> None:
        self._process = process
        self._on_answer = on_answer
        self._timing = timing
        self._asked: deque[_Asked] = deque()
        self._heard_at = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def at_work_on(self) -> int | None:
        """The stream whose operation it has not answered yet, the first of them."""
        return self._asked[0].stream if self._asked else None

    def watch(self) -> None:
        """Begin to read its answers and to look whether it lives."""
        self._tasks = [
            asyncio.create_task(self._read(), name="recogniser-answers"),
            asyncio.create_task(self._look(), name="recogniser-watch"),
        ]

    def send(self, operation: Operation, stream: int = 0, payload: bytes = b"") -> None:
        """One operation; its answer comes to `on_answer`. Nothing when the worker is over."""
        pipe = self._process.stdin
        if self.over.done() or pipe is None or pipe.is_closing():
            return
        self._asked.append(_Asked(operation, stream, len(payload), time.monotonic()))
        pipe.write(pack(operation, stream, payload))

    async def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - opened with PIPE by start_worker
        try:
            while raw := await pipe.readline():
                self._heard_at = time.monotonic()
                message = read_line(raw)
                asked = self._asked.popleft() if self._asked else None
                if not isinstance(message, Answer) or asked is None:
                    raise BadFrame("recogniser pipe: an answer to nothing")
                if message.operation is not Operation.PING:
                    self._on_answer(message, asked.size)
        except (BadFrame, ValueError) as fault:
            _log.warning("recogniser answer not understood", extra={"fault": type(fault).__name__})
        self._ends("ended")

    async def _look(self) -> None:
        """Ask for a sign of life where there is nothing else to answer, and miss it."""
        timing = self._timing
        while True:
            await asyncio.sleep(timing.look_every_s)
            now = time.monotonic()
            if not self._asked:
                if now - self._heard_at >= timing.ping_every_s:
                    self.send(Operation.PING)
            elif self._silent_since() > timing.hung_after_s:
                # A turn for the reader: it may be us who were busy, not the worker who was silent.
                await asyncio.sleep(0.05)
                if self._asked and self._silent_since() > timing.hung_after_s:
                    self._ends("hung")
                    return

    def _silent_since(self) -> float:
        return time.monotonic() - max(self._heard_at, self._asked[0].at)

    def _ends(self, why: str) -> None:
        if not self.over.done():
            self.over.set_result(why)

    async def end(self, *, kill: bool) -> None:
        """End it: by closing its input and waiting a moment, or at once. Leaves nothing."""
        self._ends("closed by us")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await _end(self._process, 0.0 if kill else self._timing.end_within_s)


async def start_worker(
    command: Sequence[str], on_answer: Callable[[Answer, int], None], timing: WorkerTiming
) -> Worker:
    """A worker whose engine is loaded. NoModel when it cannot be; TimeoutError, OSError."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        async with asyncio.timeout(timing.start_within_s):
            assert process.stdout is not None  # noqa: S101 - opened with PIPE above
            raw = await process.stdout.readline()
        ready = read_line(raw) if raw else Ready("语音识别进程没有启动成功，请看日志")
        if not isinstance(ready, Ready) or ready.fault:
            raise NoModel(ready.fault if isinstance(ready, Ready) else "语音识别进程应答不对")
    except BaseException:
        await _end(process, 0.0)
        raise
    worker = Worker(process, on_answer, timing)
    worker.watch()
    return worker


async def _end(process: asyncio.subprocess.Process, patience_s: float) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if patience_s:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await process.wait()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
    transport = process._transport  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to close its pipes now
    transport.close()
