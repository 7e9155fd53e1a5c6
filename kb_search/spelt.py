"""Titles by their spelling: gjj, gongjijin and gongjij all lead to 公积金. Pure.

Two long strings, one of initials and one of whole syllables, are scanned as they are: some
milliseconds for a hundred thousand titles, and nothing to keep in step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pypinyin.constants import PINYIN_DICT

from kb_search.terms import plain, sound_of, split

SHORTEST: Final = 2
"""One letter is the beginning of half the titles."""
_QUERY: Final = re.compile(rf"[a-z0-9]{{{SHORTEST},}}")
_GAPS: Final = re.compile(r"[\s'’·-]+")
_END: Final = "\n"
_TWO_READINGS: Final = frozenset("长重行乐都调还降卡率省朝参传处单弹当倒恶分会假间见教角解量")
"""What is read in two ways in the words of citizens; each way is looked for."""


@dataclass(frozen=True, slots=True)
class _Spelt:
    """One title: for each way of reading it the initials, the syllables, and where in the
    syllables one begins."""

    initials: tuple[str, ...]
    whole: tuple[tuple[str, tuple[int, ...]], ...]


class Spellings:
    """The titles of articles and how they are asked for, by id."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[_Spelt, ...]] = {}
        self._joined: _Joined | None = None

    def put(self, id: str, names: Iterable[str]) -> None:
        """The title first, then other names of it; replaces what was known of this id."""
        self._of[id] = tuple(_spelt(name) for name in names)
        self._joined = None

    def drop(self, id: str) -> None:
        """Forget it; an unknown id is no error."""
        self._of.pop(id, None)
        self._joined = None

    def find(self, query: str) -> tuple[str, ...]:
        """Ids whose titles are spelt so, in whole or in part: those that begin with it first, then
        the shorter ones. Empty where the query is not letters alone."""
        letters = _GAPS.sub("", plain(query))
        if not _QUERY.fullmatch(letters) or letters.isdigit():
            return ()
        joined = self._joined
        if joined is None:
            joined = self._joined = _join(self._of)
        best: dict[str, tuple[int, int, int]] = {}
        for id, key in joined.found(letters):
            best[id] = min(key, best.get(id, key))
        return tuple(sorted(best, key=lambda id: (best[id], id)))


@dataclass(frozen=True, slots=True)
class _Joined:
    """All titles end to end; ``rows`` says for each line of which article and which name of it."""

    initials: str
    initial_rows: tuple[tuple[str, int], ...]
    whole: str
    whole_rows: tuple[tuple[str, int], ...]
    begins: frozenset[int]

    def found(self, letters: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
        """Ids with what to sort by: the title before other names, how far in, how long."""
        for text, rows, begins in (
            (self.initials, self.initial_rows, None),
            (self.whole, self.whole_rows, self.begins),
        ):
            row, counted, at = 0, 0, text.find(letters)
            while at >= 0:
                if begins is None or at in begins:
                    row += text.count(_END, counted, at)
                    counted = at
                    start = text.rfind(_END, 0, at) + 1
                    id, name = rows[row]
                    yield id, (name, at - start, text.find(_END, at) - start)
                at = text.find(letters, at + 1)


def _join(of: dict[str, tuple[_Spelt, ...]]) -> _Joined:
    initials, initial_rows = [], []
    whole, whole_rows, begins, offset = [], [], [], 0
    for id, names in of.items():
        for number, spelt in enumerate(names):
            for letters in spelt.initials:
                initials.append(letters)
                initial_rows.append((id, min(number, 1)))
            for letters, starts in spelt.whole:
                whole.append(letters)
                whole_rows.append((id, min(number, 1)))
                begins += [offset + one for one in starts]
                offset += len(letters) + len(_END)
    return _Joined(
        "".join(one + _END for one in initials),
        tuple(initial_rows),
        "".join(one + _END for one in whole),
        tuple(whole_rows),
        frozenset(begins),
    )


def _spelt(name: str) -> _Spelt:
    units = [unit for stretch in split(name) for unit in stretch]
    first = [unit.sound for unit in units]
    readings = [first]
    for at, unit in enumerate(units):
        if unit.text in _TWO_READINGS:
            readings += [[*first[:at], other, *first[at + 1 :]] for other in _others(unit.text)]
    whole = []
    for sounds in readings:
        starts, at = [], 0
        for sound in sounds:
            starts.append(at)
            at += len(sound)
        whole.append(("".join(sounds), tuple(starts)))
    initials = dict.fromkeys(
        "".join(
            sound if unit.text.isascii() else sound[:1]
            for unit, sound in zip(units, sounds, strict=True)
        )
        for sounds in readings
    )
    return _Spelt(tuple(initials), tuple(whole))


def _others(char: str) -> tuple[str, ...]:
    """The other common reading of a character, without tone; none where both sound alike."""
    usual = sound_of(char)
    other = [sound_of(char, nth) for nth in range(1, PINYIN_DICT.get(ord(char), "").count(",") + 1)]
    return tuple(dict.fromkeys(one for one in other[:2] if one and one != usual))
