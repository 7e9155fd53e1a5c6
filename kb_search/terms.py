"""Words of search: character bigrams and toneless pinyin bigrams of one table, and highlights.

Pure. Articles and questions pass through the same functions, so that what a recogniser wrote for
公积金 (公鸡金) still meets it: the characters differ, the sounds do not.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pypinyin.constants import PINYIN_DICT

TERMS_VERSION: Final = 1
"""Raise it whenever the same text gives other terms: an index made before is then made anew."""

_TONES: Final = str.maketrans(
    "āáǎàēéěèếềīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeeeiiiioooouuuuvvvvvnnnm", "̄̌"
)
Span = tuple[int, int]
"""Half-open, in characters of the text it belongs to."""


class Unit(NamedTuple):
    """A Chinese character, or a run of Latin letters and digits, where it stands in the text.

    A tuple, because an index is made of millions of them.
    """

    text: str
    sound: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text is found by; in order, repeated as often as it occurs."""

    chars: tuple[str, ...]
    sounds: tuple[str, ...]

    def __add__(self, other: Terms) -> Terms:
        return Terms(self.chars + other.chars, self.sounds + other.sounds)


def split(text: str) -> Iterator[list[Unit]]:
    """The text as stretches of units between punctuation; blanks do not part Chinese characters,
    because recognisers put them between all words."""
    stretch: list[Unit] = []
    word_from = -1
    folded = [_fold(char) for char in text]
    for at, char in enumerate([*folded, "。"]):
        latin = char.isascii() and char.isalnum()
        if word_from >= 0 and not latin:
            word = "".join(folded[word_from:at])
            stretch.append(Unit(word, word, word_from, at))
            word_from = -1
        if latin:
            word_from = at if word_from < 0 else word_from
        elif sound := sound_of(char):
            stretch.append(Unit(char, sound, at, at + 1))
        elif not char.isspace() and stretch:
            yield stretch
            stretch = []


def terms(text: str) -> Terms:
    """The terms of one text."""
    chars: list[str] = []
    sounds: list[str] = []
    for stretch in split(text):
        for first, second in itertools.pairwise(stretch):
            chars.append(first.text + second.text)
            sounds.append(_pair(first, second))
        lone = stretch if len(stretch) == 1 else [one for one in stretch if _is_word(one)]
        chars.extend(one.text for one in lone)
        sounds.extend(one.sound for one in lone)
    return Terms(tuple(chars), tuple(sounds))


def highlights(text: str, sounds: Iterable[str]) -> tuple[Span, ...]:
    """Where the text sounds like the question: ordered spans that neither meet nor overlap.

    Same characters have the same sound, so that a match by sound is the wider of the two.
    """
    wanted = frozenset(sounds)
    found: list[Span] = []
    for stretch in split(text):
        spans = [
            (first.start, second.end)
            for first, second in itertools.pairwise(stretch)
            if _pair(first, second) in wanted
        ]
        spans += [(one.start, one.end) for one in stretch if _is_word(one) and one.sound in wanted]
        for start, end in sorted(spans):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
    return tuple(found)


@functools.lru_cache(maxsize=30_000)
def sound_of(char: str, nth: int = 0) -> str:
    """The commonest reading of a Chinese character without its tone, or the ``nth`` after it;
    empty for what is none."""
    readings = PINYIN_DICT.get(ord(char), "").split(",")
    return readings[nth].translate(_TONES) if nth < len(readings) else ""


def plain(text: str) -> str:
    """Full-width and upper case made plain, as many characters as before."""
    return "".join(_fold(char) for char in text)


def _pair(first: Unit, second: Unit) -> str:
    return f"{first.sound}-{second.sound}"


def _is_word(unit: Unit) -> bool:
    """Letters and digits mean something alone; a single digit hardly does."""
    return unit.end - unit.start > 1


@functools.lru_cache(maxsize=30_000)
def _fold(char: str) -> str:
    """Full-width and upper case made plain, one character for one, so that spans stay true."""
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char
