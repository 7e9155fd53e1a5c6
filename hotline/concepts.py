"""Words of one meaning under one name: 起火, 走水 and 引着了 are all ``fire``.

A sentence's words are read leftmost longest, so that 火车站 is no 火; where no word is written, one
that sounds the same is taken (煤器罐 is 煤气罐). The lexicon is data, part of the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import sqrt
from typing import Final

from hotline.classifier import Sounds

SINGLE_VALUE: Final = 0.35
PAIRS_VALUE: Final = 0.7
"""The length of all pairs together, so that a long story shouts no louder than a short cry."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A word found in a text: its concepts, its range, and whether it was only heard."""

    names: tuple[str, ...]
    start: int
    end: int
    heard: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words with their concepts, by their characters and by their folded syllables."""

    written: Mapping[str, tuple[str, ...]]
    heard: Mapping[tuple[str, ...], tuple[str, ...]]
    longest: int

    @staticmethod
    def parse(concepts: Mapping[str, str], sounds: Sounds) -> Lexicon:
        """From ``{"concept": "word word …"}``; a word may stand under several."""
        written: dict[str, tuple[str, ...]] = {}
        heard: dict[tuple[str, ...], tuple[str, ...]] = {}
        for name, words in concepts.items():
            for word in words.split():
                written[word] = _with(written.get(word, ()), name)
                if len(word) > 1:
                    spoken = tuple(sounds.of(word))
                    heard[spoken] = _with(heard.get(spoken, ()), name)
        return Lexicon(written, heard, max(map(len, written), default=0))

    def read(self, text: str, syllables: Sequence[str]) -> list[Meant]:
        """The words of a text from left to right, the longest at each place."""
        found: list[Meant] = []
        start = 0
        while start < len(text):
            word = self._word_at(text, syllables, start)
            if word is None:
                start += 1
            else:
                found.append(word)
                start = word.end
        return found

    def _word_at(self, text: str, syllables: Sequence[str], start: int) -> Meant | None:
        for end in range(min(len(text), start + self.longest), start, -1):
            names = self.written.get(text[start:end])
            if names:
                return Meant(names, start, end, heard=False)
            names = self.heard.get(tuple(syllables[start:end])) if end - start > 1 else None
            if names:
                return Meant(names, start, end, heard=True)
        return None


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def concept_features(words: Iterable[Meant]) -> dict[str, float]:
    """Concepts alone, any two of a text together, and any two that follow each other."""
    said = list(words)
    found: dict[str, float] = {}
    for word in said:
        for name in word.names:
            found[f"={'~' if word.heard else ''}{name}"] = SINGLE_VALUE
    names = sorted({name for word in said for name in word.names})
    pairs = {f"={one}&{other}" for one, other in combinations(names, 2)}
    pairs |= {
        f"={one}>{other}"
        for first, second in pairwise(said)
        for one in first.names
        for other in second.names
    }
    return found | dict.fromkeys(pairs, PAIRS_VALUE / sqrt(len(pairs) or 1))
