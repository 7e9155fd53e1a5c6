"""A worker process: takes operations from its standard input, answers on its standard output.

One thread, one engine, many streams in turn. It may die at any time (an engine can take the whole
process with it): the pool starts another and the call goes on. It ends when its input ends.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

from hotline.errors import HotlineError
from ivr.recognizer_wire import (
    Answer,
    Engine,
    EngineStream,
    Operation,
    Ready,
    Result,
    line,
    operations,
)


def serve(load: Callable[[], Engine]) -> int:
    """Load the engine and work until the input ends; the exit code of the process."""
    # Ctrl-C at the terminal is for the foreman: it ends us by closing our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints must not get between our answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        engine = load()
    except HotlineError as fault:
        answers.write(line(Ready(str(fault))))
        return 1
    try:
        answers.write(line(Ready()))
        _work(engine, sys.stdin.buffer, answers)
    except BrokenPipeError:  # the pool is gone
        return 0
    return 0


def _work(engine: Engine, pipe: BinaryIO, answers: BinaryIO) -> None:
    streams: dict[int, EngineStream] = {}
    for operation, number, payload in operations(pipe):
        began = time.perf_counter()
        results = _done(engine, streams, operation, number, payload)
        busy_s = time.perf_counter() - began
        answers.write(line(Answer(number, operation, busy_s, tuple(results))))


def _done(
    engine: Engine,
    streams: dict[int, EngineStream],
    operation: Operation,
    number: int,
    payload: bytes,
) -> list[Result]:
    match operation:
        case Operation.OPEN:
            streams[number] = engine.open()
            return []
        case Operation.SOUND | Operation.SOUND_WITHOUT_PARTIAL:
            partial = operation is Operation.SOUND
            return list(streams[number].accept(payload, partial=partial))
        case Operation.FINISH:
            return list(streams.pop(number).finish())
        case Operation.PING:
            return []
