"""Words that mean the same (同义词), as the editors keep them. Pure.

A word is looked for by its characters; one of three or more characters also by its sounds, so that
what a recogniser wrote for it is understood as well. Two characters sound like too much else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kb_search.terms import Terms, Unit, split, terms

SYNONYM_WEIGHT: Final = 0.8
"""What a word that nobody said counts, against 1 for one that was said."""
BY_SOUND: Final = 3
"""From how many characters on a word is also known by its sounds."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A word of the question with what else it is called; the span is in its characters."""

    said: str
    start: int
    end: int
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Terms nobody said, and how much each counts: as many weights as chars and as sounds."""

    terms: Terms = Terms((), ())
    weights: tuple[float, ...] = ()


NOTHING_UNSAID: Final = Unsaid()


class Synonyms:
    """Groups of words that mean the same, ready to be looked up. Never changes."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        """A word in several groups means what all of them say."""
        self._others: dict[tuple[str, ...], tuple[str, ...]] = {}
        for group in groups:
            words = tuple(dict.fromkeys(word.strip() for word in group if word.strip()))
            for word in words:
                units = [unit for stretch in split(word) for unit in stretch]
                others = tuple(one for one in words if one != word)
                if units and others:
                    for key in _keys(units):
                        known = self._others.get(key, ())
                        self._others[key] = tuple(dict.fromkeys((*known, *others)))
        self._longest = max((len(key) - 1 for key in self._others), default=0)

    def in_question(self, text: str) -> tuple[Meant, ...]:
        """What of the text has other names: the longest words, from the left, none twice."""
        found: list[Meant] = []
        for stretch in split(text) if self._others else ():
            at = 0
            while at < len(stretch):
                meant = self._from(stretch[at : at + self._longest], text)
                if meant:
                    found.append(meant[0])
                at += meant[1] if meant else 1
        return tuple(found)

    def unsaid(self, text: str) -> Unsaid:
        """The terms of every other name of what the text says. A longer name has more of them and
        each counts for less: all together they count no more than the word that was said."""
        said = set(terms(text).sounds)
        found: dict[tuple[str, str], float] = {}
        for meant in self.in_question(text):
            spoken = len(terms(meant.said).sounds)
            for name in meant.others:
                other = terms(name)
                weight = SYNONYM_WEIGHT * min(1.0, spoken / (len(other.sounds) or 1))
                for pair in zip(other.chars, other.sounds, strict=True):
                    if pair[1] not in said:
                        found[pair] = max(weight, found.get(pair, 0.0))
        return Unsaid(
            Terms(tuple(char for char, _ in found), tuple(sound for _, sound in found)),
            tuple(found.values()),
        )

    def _from(self, units: Sequence[Unit], text: str) -> tuple[Meant, int] | None:
        for length in range(len(units), 0, -1):
            taken = units[:length]
            for key in _keys(taken):
                if others := self._others.get(key):
                    start, end = taken[0].start, taken[-1].end
                    return Meant(text[start:end], start, end, others), length
        return None


def _keys(units: Sequence[Unit]) -> tuple[tuple[str, ...], ...]:
    """Under what a word is kept: its characters and, of a longer one, its sounds."""
    chars = ("字", *(unit.text for unit in units))
    if len(units) < BY_SOUND:
        return (chars,)
    return (chars, ("音", *(unit.sound for unit in units)))
