"""A worker process with an engine of our own: what it hears is written in the sound itself.

Each sample is a letter of the text (0 is silence); a full stop ends an utterance. The stream's
clock is the sound's, so that times can be checked. `!` ends the process at once, `~` makes it hang.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from array import array
from collections.abc import Sequence

from hotline.errors import HotlineError
from ivr.recognizer_wire import RATE, EngineStream, Result, Word
from ivr.recognizer_worker import serve


def sound(text: str, seconds: float = 0.0) -> bytes:
    """PCM that says `text`, then silence up to `seconds`."""
    letters = array("H", (ord(letter) for letter in text))
    return letters.tobytes().ljust(2 * round(seconds * RATE), b"\0")


class ScriptedStream:
    def __init__(self, slow_s: float) -> None:
        self._slow_s = slow_s
        self._place = 0
        self._letters: list[tuple[str, int]] = []

    def accept(self, pcm: bytes, *, partial: bool) -> Sequence[Result]:
        time.sleep(self._slow_s)
        results: list[Result] = []
        before = len(self._letters)
        for number in array("H", pcm):
            letter = chr(number) if number > 0 else ""
            if letter == "!":
                os._exit(3)
            if letter == "~":
                time.sleep(60)
            if letter == ".":
                results += self.finish()
                before = 0
            elif letter:
                self._letters.append((letter, self._place))
            self._place += 1
        if partial and len(self._letters) != before:
            results.append(Result(final=False, guess=tuple(one for one, _ in self._letters)))
        return results

    def finish(self) -> Sequence[Result]:
        words = tuple(
            Word(letter, place / RATE, (place + 1) / RATE, 0.5) for letter, place in self._letters
        )
        self._letters = []
        return (Result(final=True, words=words),) if words else ()


class ScriptedEngine:
    def __init__(self, slow_s: float) -> None:
        self._slow_s = slow_s

    def open(self) -> EngineStream:
        return ScriptedStream(self._slow_s)


class Unloadable(HotlineError):
    pass


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()

    def load() -> ScriptedEngine:
        os.write(1, b"whatever a library prints\n")
        if options.broken:
            raise Unloadable("装不上这个模型")
        return ScriptedEngine(options.slow)

    return serve(load)


if __name__ == "__main__":
    sys.exit(main())
