"""Which class a sentence belongs to: logistic regression over what was said and how it sounds.

Inference only, in plain Python. Weights are data (``hotline/training``), made by
``python -m switchboard.learn``. Features are all runs of one to three characters, the same of
toneless syllables (a recogniser's homophones look alike there), and named cues; each block has
length one, so that a long sentence shouts no louder than a short one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hotline.errors import BadInput

LONGEST_RUN: Final = 3
CUE_VALUE: Final = 0.5
_SPOKEN = re.compile(r"[0-9A-Za-z一-鿿]+")
# What recognisers and dialects do not keep apart: 平翘舌, 前后鼻音, n/l.
_FOLDS: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"))


def spoken_part(text: str) -> str:
    """The characters that are spoken: no spaces, no punctuation; Latin letters small."""
    return "".join(_SPOKEN.findall(text)).lower()


def fold(syllable: str) -> str:
    """A toneless syllable without the differences that ears confuse."""
    for sharp, flat in _FOLDS:
        if syllable.startswith(sharp):
            syllable = flat + syllable[len(sharp) :]
    if syllable.startswith("l"):
        syllable = "n" + syllable[1:]
    return syllable[:-1] if syllable.endswith("ng") else syllable


@dataclass(frozen=True, slots=True)
class Sounds:
    """Each character's folded toneless syllable; an unknown character sounds like itself."""

    syllables: Mapping[str, str]

    @staticmethod
    def parse(table: Mapping[str, str]) -> Sounds:
        """From ``{"syllable": "characters…"}``, as the weights carry it."""
        return Sounds({char: fold(name) for name, chars in table.items() for char in chars})

    def of(self, text: str) -> list[str]:
        known = self.syllables
        return [known.get(char, char) for char in text]


def runs(text: str) -> set[str]:
    """All runs of one to three characters."""
    size = len(text)
    return {
        text[start : start + length]
        for length in range(1, LONGEST_RUN + 1)
        for start in range(size - length + 1)
    }


def sound_runs(syllables: list[str]) -> set[str]:
    """All runs of one to three syllables, marked so that they never meet a written run."""
    size = len(syllables)
    return {
        "~" + " ".join(syllables[start : start + length])
        for length in range(1, LONGEST_RUN + 1)
        for start in range(size - length + 1)
    }


def features(
    text: str, sounds: Sounds, cues: Iterable[str] = (), least: int = 1
) -> dict[str, float]:
    """What the model looks at, with values; ``text`` is a :func:`spoken_part`.

    Fewer than ``least`` runs count as that many: a single 有 is no loud word.
    """
    written, heard = runs(text), sound_runs(sounds.of(text))
    found: dict[str, float] = {}
    if written:
        found = dict.fromkeys(written, 1 / math.sqrt(max(least, len(written))))
        found |= dict.fromkeys(heard, 1 / math.sqrt(max(least, len(heard))))
    found |= {f"#{cue}": CUE_VALUE for cue in cues}
    return found


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights of a multinomial logistic regression, by feature, one per class in their order."""

    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    @staticmethod
    def parse(body: Mapping[str, Any]) -> Classifier:
        """From the ``classes``, ``scale``, ``bias`` and ``weights`` of a weights file.

        Raises BadInput where a row does not fit the classes.
        """
        try:
            classes = tuple(str(name) for name in body["classes"])
            scale = float(body["scale"])
            bias = tuple(float(value) / scale for value in body["bias"])
            weights = {
                str(name): tuple(value / scale for value in row)
                for name, row in body["weights"].items()
            }
        except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as wrong:
            raise BadInput("weights", f"权重文件读不懂（{wrong}），请重新训练") from wrong
        rows = [bias, *weights.values()]
        if any(len(row) != len(classes) for row in rows):
            raise BadInput("weights", "权重文件中有一行与类别数不符，请重新训练")
        return Classifier(classes, bias, weights)

    def probabilities(self, found: Mapping[str, float]) -> dict[str, float]:
        """How likely each class is; the values sum to one."""
        scores = list(self.bias)
        span = range(len(scores))
        for name, value in found.items():
            row = self.weights.get(name)
            if row is not None:
                for index in span:
                    scores[index] += value * row[index]
        top = max(scores)
        raised = [math.exp(score - top) for score in scores]
        total = sum(raised)
        return {name: part / total for name, part in zip(self.classes, raised, strict=True)}

    def push(self, name: str, towards: str, away_from: str) -> float:
        """How much a feature speaks for one class against another."""
        row = self.weights.get(name)
        if row is None:
            return 0.0
        return row[self.classes.index(towards)] - row[self.classes.index(away_from)]
