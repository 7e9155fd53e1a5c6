"""One leg of one call on its way to words: what waits, what was lost, what was heard when.

Seconds count the sound of the leg from its first sample on, gaps included, whichever worker heard
it. Sound waits at most INPUT_S for its partials; later it is decoded without them (shed, counted).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hotline.errors import BadFrame
from hotline.words import CallId
from ivr.recognizer_process import Worker
from ivr.recognizer_wire import BYTES_A_SECOND, Answer, Operation, Result, Word

_log: Final = logging.getLogger(__name__)

INPUT_S: Final = 2.0
"""Sound that waits longer gets no partials; without a worker only the last so much is kept."""
MOST_S: Final = 10.0
"""An engine so far behind is given up catching up: what follows is a gap until it has."""
CLOSE_WITHIN_S: Final = 3.0
PIECE: Final = 1280
"""Bytes sent at once, 80 ms. The end of an utterance may depend on it by as much."""
_SPACE_BETWEEN_LETTERS: Final = re.compile(r"(?<=[A-Za-z0-9]) (?=[A-Za-z0-9])")

Leg = Literal["caller", "agent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Something was said on a leg.

    A partial replaces the partial before it; a final ends it, with an empty text where nothing
    came of it. `text` is for people (no spaces between hanzi), `spoken` are the words apart.
    `from_s` and `to_s` are seconds of the leg's sound, `at` is `to_s` on the wall clock. `words`
    (with their times) and `confidence` belong to finals; a final whose worker was lost before its
    end has neither.
    """

    call: CallId
    leg: Leg
    text: str
    spoken: tuple[str, ...]
    final: bool
    from_s: float
    to_s: float
    at: dt.datetime
    words: tuple[Word, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """Nobody listens to this leg from `from_s` on. `why`: "ended", "hung", "overloaded" or "no
    worker". `for_good`: its sound ended the engine again and again."""

    call: CallId
    leg: Leg
    from_s: float
    at: dt.datetime
    why: str
    for_good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The leg is heard again; what was said between `from_s` and `to_s` is missing."""

    call: CallId
    leg: Leg
    from_s: float
    to_s: float
    at: dt.datetime

    @property
    def gap_s(self) -> float:
        """The seconds nobody heard."""
        return self.to_s - self.from_s


Told = Words | Interrupted | Resumed


@dataclass(frozen=True, slots=True)
class Statistics:
    """Seconds of sound fed, decoded and lost; seconds the engine worked; how far it is behind."""

    fed_s: float = 0.0
    decoded_s: float = 0.0
    busy_s: float = 0.0
    dropped_s: float = 0.0
    lag_s: float = 0.0
    worst_lag_s: float = 0.0
    partials_shed: int = 0
    interruptions: int = 0

    @property
    def real_time_factor(self) -> float | None:
        """Work for a second of sound; None before the first."""
        return self.busy_s / self.decoded_s if self.decoded_s else None


def total(parts: Sequence[Statistics]) -> Statistics:
    """Sums, and the worst of the lags."""
    return Statistics(
        fed_s=sum(one.fed_s for one in parts),
        decoded_s=sum(one.decoded_s for one in parts),
        busy_s=sum(one.busy_s for one in parts),
        dropped_s=sum(one.dropped_s for one in parts),
        lag_s=max((one.lag_s for one in parts), default=0.0),
        worst_lag_s=max((one.worst_lag_s for one in parts), default=0.0),
        partials_shed=sum(one.partials_shed for one in parts),
        interruptions=sum(one.interruptions for one in parts),
    )


def readable(spoken: Iterable[str]) -> str:
    """Words as people read them: hanzi run together, letters and digits apart."""
    return "".join(_SPACE_BETWEEN_LETTERS.sub("\0", " ".join(spoken)).split(" ")).replace("\0", " ")


@dataclass(slots=True)
class _Part:
    """One engine stream: the piece of the leg between two losses. Bytes."""

    worker: Worker
    base: int
    sent: int = 0
    done: int = 0
    firm: int = 0
    guess: tuple[str, ...] = ()


class Stream:
    """See the module; opened by :meth:`ivr.recognizer.Recognizer.open`."""

    def __init__(
        self,
        call: CallId,
        leg: Leg,
        told: Callable[[Told], None],
        *,
        seat: Callable[[Stream], None],
        leave: Callable[[Stream], None],
    ) -> None:
        self.call = call
        self.leg = leg
        self.worker: Worker | None = None
        self.deaths = 0
        self._told = told
        self._seat = seat
        self._leave = leave
        self._number = 0
        self._parts: dict[int, _Part] = {}
        self._waiting = bytearray()
        self._fed = 0
        self._decoded = 0
        self._dropped = 0
        self._busy_s = 0.0
        self._worst_lag_s = 0.0
        self._shed = 0
        self._interruptions = 0
        self._gap_from: int | None = None
        self._began: dt.datetime | None = None
        self._closing = False
        self._moved = asyncio.Event()

    # ---- the port -------------------------------------------------------------------------------
    def feed(self, pcm: bytes, at: dt.datetime) -> None:
        """Sound without gaps; `at`, aware, is when its first sample was said (the first call sets
        the clock). Never waits. BadFrame for half a sample."""
        if len(pcm) % 2:
            raise BadFrame("sound with half a sample")
        if self._closing:
            return
        if self._began is None:
            self._began = at
        self._fed += len(pcm)
        self._waiting += pcm
        self._worst_lag_s = max(self._worst_lag_s, self._lag_s())
        self._pass_on()

    async def room(self) -> None:
        """Wait until less than a second of sound waits: for who reads files, not calls."""
        while self._lag_s() > 1.0:
            self._moved.clear()
            await self._moved.wait()

    async def close(self, within_s: float = CLOSE_WITHIN_S) -> Statistics:
        """No more sound: the last words are told, then the stream is gone."""
        if not self._closing:
            self._pass_on()
            self._closing = True
            if self.worker is not None:
                if self._waiting:
                    self._send(bytes(self._waiting))
                    self._waiting.clear()
                self.worker.send(Operation.FINISH, self._number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._parts:
                    self._moved.clear()
                    await self._moved.wait()
        self._keep_guesses()
        self._parts.clear()
        self.worker = None
        self._leave(self)
        return self.statistics()

    def statistics(self) -> Statistics:
        """As it stands."""
        return Statistics(
            fed_s=self._fed / BYTES_A_SECOND,
            decoded_s=self._decoded / BYTES_A_SECOND,
            busy_s=self._busy_s,
            dropped_s=self._dropped / BYTES_A_SECOND,
            lag_s=self._lag_s(),
            worst_lag_s=self._worst_lag_s,
            partials_shed=self._shed,
            interruptions=self._interruptions,
        )

    @property
    def waiting(self) -> bool:
        """Whether it has no worker and could use one."""
        return self.worker is None and not self._closing and not self._parts

    # ---- for the pool ---------------------------------------------------------------------------
    def needs(self, worker: Worker) -> bool:
        """Whether that worker still has something of it."""
        return any(part.worker is worker for part in self._parts.values())

    def attach(self, worker: Worker, number: int) -> None:
        """A worker listens from now on, beginning with what waits."""
        self.worker, self._number = worker, number
        base = self._fed - len(self._waiting)
        self._parts[number] = _Part(worker, base)
        worker.send(Operation.OPEN, number)
        if self._gap_from is not None:
            from_s, to_s = self._gap_from / BYTES_A_SECOND, base / BYTES_A_SECOND
            self._gap_from = None
            self._tell(
                Resumed(
                    call=self.call, leg=self.leg, from_s=from_s, to_s=to_s, at=self._clock(to_s)
                )
            )
        self._pass_on()

    def bereaved(self, why: str) -> None:
        """The worker is gone, and with it what it had not answered."""
        part = self._parts.get(self._number)
        self._keep_guesses()
        self._dropped += sum(one.sent - one.done for one in self._parts.values())
        self._parts.clear()
        self.worker = None
        self._moved.set()
        if not self._closing and self._gap_from is None:
            known = part.base + part.done if part is not None else self._fed - len(self._waiting)
            self._interrupted(known, why)

    def answered(self, answer: Answer, size: int) -> bool:
        """An operation is done; True when it was the last of its engine stream."""
        part = self._parts.get(answer.stream)
        if part is None:
            return True
        part.done += size
        self._decoded += size
        self._busy_s += answer.busy_s
        for result in answer.results:
            self._hear(part, result)
        last = answer.operation is Operation.FINISH
        if last:
            del self._parts[answer.stream]
            if self.waiting:
                self._seat(self)
        self._moved.set()
        return last

    # ---- within ---------------------------------------------------------------------------------
    def _lag_s(self) -> float:
        unanswered = sum(part.sent - part.done for part in self._parts.values())
        return (unanswered + len(self._waiting)) / BYTES_A_SECOND

    def _pass_on(self) -> None:
        if self.worker is None:
            spare = len(self._waiting) - int(INPUT_S * BYTES_A_SECOND)
            if spare > 0:
                if self._gap_from is None:
                    self._interrupted(self._fed - len(self._waiting), "no worker")
                del self._waiting[:spare]
                self._dropped += spare
            return
        while len(self._waiting) >= PIECE:
            if self._lag_s() - len(self._waiting) / BYTES_A_SECOND > MOST_S:
                self._overloaded()
                return
            self._send(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]

    def _send(self, piece: bytes) -> None:
        assert self.worker is not None  # noqa: S101 - asked by both who call
        part = self._parts[self._number]
        late = part.sent - part.done > INPUT_S * BYTES_A_SECOND
        self._shed += late
        part.sent += len(piece)
        operation = Operation.SOUND_WITHOUT_PARTIAL if late else Operation.SOUND
        self.worker.send(operation, self._number, piece)

    def _overloaded(self) -> None:
        """The engine finishes what it has; the stream is seated anew when it is done."""
        if self.worker is not None:
            self.worker.send(Operation.FINISH, self._number)
        self.worker = None
        self._interrupted(self._fed - len(self._waiting), "overloaded")
        self._pass_on()

    def _interrupted(self, known: int, why: str) -> None:
        self._interruptions += 1
        self._gap_from = known
        from_s = known / BYTES_A_SECOND
        self._tell(
            Interrupted(
                call=self.call,
                leg=self.leg,
                from_s=from_s,
                at=self._clock(from_s),
                why=why,
                for_good=self.deaths >= 3,
            )
        )

    def _keep_guesses(self) -> None:
        """What was shown as a partial is the best that is known of it."""
        for part in self._parts.values():
            if part.guess:
                guess, part.guess = part.guess, ()
                self._say(guess, part.base + part.firm, part.base + part.done, final=True)

    def _hear(self, part: _Part, result: Result) -> None:
        base_s = part.base / BYTES_A_SECOND
        if not result.final:
            part.guess = result.guess
            self._say(result.guess, part.base + part.firm, part.base + part.done, final=False)
            return
        part.guess = ()
        words = tuple(
            Word(w.text, round(base_s + w.from_s, 3), round(base_s + w.to_s, 3), w.confidence)
            for w in result.words
        )
        spoken = tuple(word.text for word in words)
        self._say(spoken, part.base + part.firm, part.base + part.done, final=True, words=words)
        part.firm = part.done

    def _say(
        self,
        spoken: tuple[str, ...],
        from_: int,
        to: int,
        *,
        final: bool,
        words: tuple[Word, ...] = (),
    ) -> None:
        to_s = words[-1].to_s if words else to / BYTES_A_SECOND
        sure = [word.confidence for word in words]
        self._tell(
            Words(
                call=self.call,
                leg=self.leg,
                text=readable(spoken),
                spoken=spoken,
                final=final,
                from_s=words[0].from_s if words else from_ / BYTES_A_SECOND,
                to_s=to_s,
                at=self._clock(to_s),
                words=words,
                confidence=round(sum(sure) / len(sure), 4) if sure else None,
            )
        )

    def _clock(self, seconds: float) -> dt.datetime:
        began = self._began or dt.datetime.now(dt.UTC)
        return began + dt.timedelta(seconds=seconds)

    def _tell(self, what: Told) -> None:
        try:
            self._told(what)
        except Exception as fault:  # noqa: BLE001 - whoever listens must not end the listening
            _log.warning("words not taken", extra={"error": type(fault).__name__})
