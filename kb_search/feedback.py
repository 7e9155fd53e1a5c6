"""What agents' marks do to the cards of like-sounding questions. Pure.

A mark says of one version of an article: adopted for this question, or wrong for it. It speaks
only where the next question sounds alike: the sounds they share, by how much they tell, are at
least half of those of both. It fades day by day and is over after ``LASTS``; one agent has one
voice. 不对 is about a version: a corrected one begins anew. By hand everything is still found.

In sum an article keeps between half and 1.1 of its score; it is left out of the cards only where
three agents at least and 2.5 faded voices more say 不对 than adopted it, so never for ever.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kb_search.everyday import weights
from kb_search.terms import Terms, terms

LASTS: Final = dt.timedelta(days=180)
ALIKE: Final = 0.5
RAISED: Final = 0.05
LOWERED: Final = 0.2
HIGHEST: Final = 1.1
LOWEST: Final = 0.5
SILENCED_BY: Final = 3
SILENCED_AT: Final = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One agent's opinion of a version for a question."""

    id: str
    article: str
    version: int
    question: str
    by: str
    at: dt.datetime
    wrong: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What is done to an article for a question: its score times ``factor``; ``left_out`` of the
    cards altogether. ``wrong`` and ``adopted`` count the agents who say so."""

    factor: float = 1.0
    left_out: bool = False
    wrong: int = 0
    adopted: int = 0

    @property
    def words(self) -> str:
        """For editors."""
        said = "、".join(
            f"{count} 名坐席{what}"
            for count, what in ((self.wrong, "标不对"), (self.adopted, "采用"))
            if count
        )
        if self.left_out:
            return f"{said}：相近的问法暂不显示这一版，手工检索仍可查到"
        if self.factor == 1.0:
            return f"{said}：排序不变" if said else "不再影响排序"
        return f"{said}：相近的问法排序分乘 {self.factor:.2f}"


NONE: Final = Effect()


class Taught:
    """The marks in force. Not changed while it is asked: :meth:`with_` makes another."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._marks = {one.id: (one, weights(terms(one.question))) for one in marks}
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for id, (_, sounds) in self._marks.items():
            for sound in sounds:
                self._by_sound[sound].append(id)

    def with_(self, marks: Iterable[Mark], gone: Iterable[str] = ()) -> Taught:
        """These besides or in place of those of the same id, without those ``gone``."""
        kept = {id: mark for id, (mark, _) in self._marks.items()} | {one.id: one for one in marks}
        for id in gone:
            kept.pop(id, None)
        return Taught(kept.values())

    def __len__(self) -> int:
        return len(self._marks)

    def of(self, asked: Terms, at: dt.datetime) -> Mapping[tuple[str, int], Effect]:
        """By article and version, what is done to it for this question. An adopted version speaks
        for those after it as well: version 0 stands for any other."""
        if not self._marks:
            return {}
        sounds = weights(asked)
        near = {id for sound in sounds for id in self._by_sound.get(sound, ())}
        heard = [
            (mark, voice)
            for mark, theirs in (self._marks[id] for id in near)
            if (voice := _faded(mark, at)) > 0 and alike(sounds, theirs) >= ALIKE
        ]
        versions = {(mark.article, mark.version) for mark, _ in heard}
        versions |= {(mark.article, 0) for mark, _ in heard}
        found = {one: _effect(one, heard) for one in versions}
        return {one: effect for one, effect in found.items() if effect != NONE}


def effect_on(effects: Mapping[tuple[str, int], Effect], article: str, version: int) -> Effect:
    """Of one article as it is now."""
    return effects.get((article, version)) or effects.get((article, 0), NONE)


def alike(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How alike two questions sound, 0 to 1: what the shared sounds tell against what all tell."""
    shared = sum(min(weight, other.get(sound, 0.0)) for sound, weight in one.items())
    every = sum(one.values()) + sum(other.values()) - shared
    return shared / every if every else 0.0


def _faded(mark: Mark, at: dt.datetime) -> float:
    return min(1.0, max(0.0, 1 - (at - mark.at) / LASTS))


def _effect(about: tuple[str, int], heard: Iterable[tuple[Mark, float]]) -> Effect:
    """One voice for each agent: the newest of the marks that are about this."""
    article, version = about
    newest: dict[str, tuple[Mark, float]] = {}
    for mark, voice in heard:
        counts = mark.article == article and (not mark.wrong or mark.version == version)
        if counts and (mark.by not in newest or newest[mark.by][0].at < mark.at):
            newest[mark.by] = mark, voice
    wrong = [voice for mark, voice in newest.values() if mark.wrong]
    adopted = [voice for mark, voice in newest.values() if not mark.wrong]
    balance = sum(adopted) - sum(wrong)
    step = RAISED if balance > 0 else LOWERED
    return Effect(
        factor=min(HIGHEST, max(LOWEST, 1 + step * balance)),
        left_out=len(wrong) >= SILENCED_BY and -balance >= SILENCED_AT,
        wrong=len(wrong),
        adopted=len(adopted),
    )
