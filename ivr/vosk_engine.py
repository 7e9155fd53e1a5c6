"""vosk 0.3.45, spoken to here alone and only inside a worker process: `python -m ivr.vosk_engine`.

What it does not forgive is kept away here: no grammar, no change in mid-sound, one thread; whole
samples as `bytes`; sound at the rate we declare, brought to the model's where the model takes no
other; models by their folder only (by name or language vosk goes online, and may end the process);
no lasting tones, over which it broods.
"""

from __future__ import annotations

import argparse
import json
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from hotline.errors import BadFrame
from ivr.recognizer_wire import RATE, Engine, EngineStream, Result, Word
from ivr.recognizer_worker import serve
from ivr.speech_model import NoModel, SpeechModel, read_model
from ivr.tone_gate import ToneGate

_NO_WORDS: Final = frozenset({"[unk]", "<unk>", "<UNK>", "<eps>", "[laughter]", "[noise]", "!SIL"})
_HALVES: Final = (-1, 9, 9, -1)  # cubic interpolation, in sixteenths


def _vosk() -> Any:
    """The library, without the three packages it imports for downloads and subtitles: nothing of
    that is ever used here, and a model can then not be fetched even by mistake."""
    for name in ("requests", "srt", "tqdm"):
        if name not in sys.modules:
            sys.modules[name] = stand_in = ModuleType(name)
            stand_in.__dict__["tqdm"] = None
    import vosk

    vosk.SetLogLevel(-1)
    return vosk


class VoskEngine:
    """A loaded model: :class:`ivr.recognizer_wire.Engine`. NoModel when vosk refuses it."""

    def __init__(self, model: SpeechModel) -> None:
        self._facts = model
        self._vosk = _vosk()
        try:
            self._model = self._vosk.Model(str(model.folder))
        except Exception as fault:  # vosk raises nothing narrower
            raise NoModel(f"vosk 不能加载语音模型 {model.folder}，请换一个模型目录") from fault

    def open(self) -> EngineStream:
        """A new stream."""
        rate = self._facts.rate if self._facts.resample else RATE
        recognizer = self._vosk.KaldiRecognizer(self._model, rate)
        recognizer.SetWords(True)
        return VoskStream(recognizer, Doubler() if self._facts.resample else None)


class VoskStream:
    """One recogniser: :class:`ivr.recognizer_wire.EngineStream`."""

    def __init__(self, recognizer: Any, doubler: Doubler | None) -> None:
        self._recognizer = recognizer
        self._doubler = doubler
        self._gate = ToneGate()
        self._shown: tuple[str, ...] = ()

    def accept(self, pcm: bytes, *, partial: bool) -> Sequence[Result]:
        """See the port. BadFrame for half a sample, which vosk would drop without a word."""
        if len(pcm) % 2:
            raise BadFrame("sound with half a sample")
        sound = self._gate.feed(bytes(pcm))
        if self._doubler is not None:
            sound = self._doubler.feed(sound)
        if self._recognizer.AcceptWaveform(sound):
            return self._final(self._recognizer.Result())
        if not partial:
            return ()
        guess = guessed(self._recognizer.PartialResult())
        if guess == self._shown:
            return ()
        self._shown = guess
        return (Result(final=False, guess=guess),)

    def finish(self) -> Sequence[Result]:
        """See the port."""
        return self._final(self._recognizer.FinalResult())

    def _final(self, raw: str) -> Sequence[Result]:
        words = heard(raw)
        # An empty end is worth telling only to take back a guess.
        told = (Result(final=True, words=words),) if words or self._shown else ()
        self._shown = ()
        return told


def heard(raw: str) -> tuple[Word, ...]:
    """The words of a final result; vosk leaves `result` out when there are none."""
    return tuple(
        Word(
            str(one["word"]),
            round(float(one["start"]), 3),
            round(float(one["end"]), 3),
            round(min(1.0, max(0.0, float(one.get("conf", 1.0)))), 4),
        )
        for one in json.loads(raw).get("result", ())
        if one["word"] not in _NO_WORDS
    )


def guessed(raw: str) -> tuple[str, ...]:
    """The words of a partial result; there may be no `partial` at all."""
    text = str(json.loads(raw).get("partial", ""))
    return tuple(word for word in text.split() if word not in _NO_WORDS)


class Doubler:
    """Sound of 8 kHz to 16 kHz, piece by piece as if in one: each sample, then the one between.

    Two samples late (a quarter of a millisecond).
    """

    def __init__(self) -> None:
        self._last = array("h", (0, 0, 0))

    def feed(self, pcm: bytes) -> bytes:
        """Twice as many samples as came."""
        samples = array("h", pcm)
        if sys.byteorder == "big":
            samples.byteswap()
        line = self._last + samples
        a, b, c, d = _HALVES
        out = array("h", bytes(4 * len(samples)))
        out[0::2] = line[1 : len(samples) + 1]
        out[1::2] = array(
            "h",
            (
                max(-32768, min(32767, (a * p + b * q + c * r + d * s) >> 4))
                for p, q, r, s in zip(line, line[1:], line[2:], line[3:], strict=False)
            ),
        )
        self._last = line[-3:]
        if sys.byteorder == "big":
            out.byteswap()
        return out.tobytes()


def load(folder: Path) -> Engine:
    """The engine on a model's folder. NoModel."""
    return VoskEngine(read_model(folder))


def main() -> int:
    """The worker's own command line."""
    parser = argparse.ArgumentParser(prog="jiesu recogniser worker")
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args()
    return serve(lambda: load(options.model))


if __name__ == "__main__":
    sys.exit(main())
