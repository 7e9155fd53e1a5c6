"""Between the pool and a worker process: what goes through the two pipes.

To the worker: operation (one byte), stream (four), length (four), payload. From it: one line of
JSON an answer, in the order of the operations, each of which is answered exactly once; before
them one line that says whether the engine could be loaded. Here too is the port of an engine.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO, Final, Protocol

from hotline.errors import BadFrame

RATE: Final = 8000
"""Samples a second of all sound, 16-bit little-endian mono."""
BYTES_A_SECOND: Final = 2 * RATE

_HEAD: Final = struct.Struct("!BII")
_LARGEST: Final = 1 << 20


class Operation(IntEnum):
    """What the pool asks of a worker."""

    OPEN = 1
    SOUND = 2
    SOUND_WITHOUT_PARTIAL = 3
    FINISH = 4
    PING = 5


@dataclass(frozen=True, slots=True)
class Word:
    """One word and where it stood, in seconds of the stream's sound; confidence 0..1."""

    text: str
    from_s: float
    to_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Result:
    """What an engine heard. Final: words with their times. Partial: `guess` alone, words apart."""

    final: bool
    words: tuple[Word, ...] = ()
    guess: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation is done. `busy_s`: how long the engine worked on it."""

    stream: int
    operation: Operation
    busy_s: float
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine is loaded, or `fault` says in one sentence why it cannot be."""

    fault: str = ""


class EngineStream(Protocol):
    """One leg of one call inside an engine. Used by one thread."""

    def accept(self, pcm: bytes, *, partial: bool) -> Sequence[Result]:
        """Whole samples at RATE. A partial is given when it changed, and only when asked for."""

    def finish(self) -> Sequence[Result]:
        """No more sound: what was still open."""


class Engine(Protocol):
    """A recogniser of speech, loaded once a process."""

    def open(self) -> EngineStream:
        """A new stream, its clock at nought."""


def pack(operation: Operation, stream: int = 0, payload: bytes = b"") -> bytes:
    """One operation as it goes into the worker's pipe."""
    return _HEAD.pack(operation, stream, len(payload)) + payload


def operations(pipe: BinaryIO) -> Iterator[tuple[Operation, int, bytes]]:
    """The operations that come out of the pipe until it ends. BadFrame."""
    while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
        number, stream, size = _HEAD.unpack(head)
        if size > _LARGEST or number not in set(Operation):
            raise BadFrame("recogniser pipe: no operation of ours")
        payload = pipe.read(size)
        if len(payload) < size:
            return
        yield Operation(number), stream, payload


def line(message: Answer | Ready) -> bytes:
    """One message of the worker."""
    if isinstance(message, Ready):
        body: list[object] = ["ready", message.fault]
    else:
        results = [
            [
                result.final,
                [[w.text, w.from_s, w.to_s, w.confidence] for w in result.words],
                result.guess,
            ]
            for result in message.results
        ]
        body = ["done", message.stream, message.operation, round(message.busy_s, 6), results]
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


def read_line(raw: bytes) -> Answer | Ready:
    """What `line` wrote. BadFrame."""
    try:
        kind, *rest = json.loads(raw)
        if kind == "ready":
            return Ready(str(rest[0]))
        stream, number, busy_s, results = rest
        return Answer(
            int(stream),
            Operation(number),
            float(busy_s),
            tuple(
                Result(bool(final), tuple(Word(*one) for one in words), tuple(guess))
                for final, words, guess in results
            ),
        )
    except (ValueError, TypeError, IndexError) as fault:
        raise BadFrame("recogniser pipe: no answer of ours") from fault
