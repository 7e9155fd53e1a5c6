"""Titles by their spelling: gjj, gongjijin and gongjij all lead to 公积金. Pure.

Two long strings, one of initials and one of whole syllables, are scanned as they are: some
milliseconds for a hundred thousand titles, and nothing to keep in step.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pypinyin.constants import PINYIN_DICT

from kb_search.terms import plain, sound_of, split

BESIDE: Final = 500
"""As many changed titles are kept beside those that were joined."""
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
    """The titles of articles and how they are asked for, by id. Safe to be asked and changed from
    several threads."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[_Spelt, ...]] = {}
        self._joined: _Joined | None = None
        self._beside: _Joined | None = None
        # Since all were joined: joining a hundred thousand for one that changed takes a second.
        self._changed: set[str] = set()
        self._alone = threading.Lock()

    def put(self, id: str, names: Iterable[str]) -> None:
        """The title first, then other names of it; replaces what was known of this id."""
        spelt = tuple(_spelt(name) for name in names)
        with self._alone:
            self._of[id] = spelt
            self._touched(id)

    def drop(self, id: str) -> None:
        """Forget it; an unknown id is no error."""
        with self._alone:
            if self._of.pop(id, None) is not None:
                self._touched(id)

    def copied(self) -> Spellings:
        """Another one that knows the same."""
        other = Spellings()
        with self._alone:
            other._of, other._changed = dict(self._of), set(self._changed)
            other._joined, other._beside = self._joined, self._beside
        return other

    def find(self, query: str) -> tuple[str, ...]:
        """Ids whose titles are spelt so, in whole or in part: those that begin with it first, then
        the shorter ones. Empty where the query is not letters alone."""
        letters = _GAPS.sub("", plain(query))
        if not _QUERY.fullmatch(letters) or letters.isdigit():
            return ()
        joined, changed, beside = self._ready()
        best: dict[str, tuple[int, int, int]] = {}
        for id, key in joined.found(letters):
            if id not in changed:
                best[id] = min(key, best.get(id, key))
        for id, key in beside.found(letters):
            best[id] = min(key, best.get(id, key))
        return tuple(sorted(best, key=lambda id: (best[id], id)))

    def _touched(self, id: str) -> None:
        self._changed.add(id)
        self._beside = None

    def _ready(self) -> tuple[_Joined, frozenset[str], _Joined]:
        """All as they were, which of them changed, and those as they are now."""
        with self._alone:
            if self._joined is None or len(self._changed) > BESIDE:
                self._joined, self._changed, self._beside = _join(self._of), set(), None
            if self._beside is None:
                now = {id: self._of[id] for id in sorted(self._changed) if id in self._of}
                self._beside = _join(now)
            return self._joined, frozenset(self._changed), self._beside


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
