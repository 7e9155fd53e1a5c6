"""Whether what a caller tells is known already (重复): same caller, same place, same matter.

Only ranks: whether it is the same fact and the same reason without news (肇庆高新区 第七条（五）,
中山 第十三条（三）, 贵州 第十条（三）) is asked by a person (有无新情况), never decided here. Few
and right: a telephone number alone brings nothing, nor does a house alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

from hotline.classifier import Sounds, spoken_part
from hotline.slots_address import Part, parts_of
from hotline.words import TicketId

MOST: Final = 3
OWN_FOR_D: Final = 365
"""Days for which a caller's own ended matter is still shown; Jiesu's own default (系统默认)."""
OTHERS_FOR_D: Final = 30
"""The same for other callers' matters."""
_LIKE: Final = 0.4
"""From this share of common sounds on two summaries are about the same, whatever their class."""
_HINT: Final = 0.2
"""The same where class and place say so too, or the caller's own house does."""
_TRACE: Final = 0.1
"""The same where the caller's own matter has this class; at least two pairs of sounds."""
_FEWEST: Final = 6
"""A summary with fewer pairs counts as having these: 噪声 alone is like nothing."""
_STOCK: Final = re.compile(
    r"诉求人|来电人|市民|反映|投诉|举报|咨询|求助|建议|希望|要求|请问|麻烦|相关部门|有关部门|尽快|处理"
    r"|核实|解决|答复|回复|问题|情况|现在|一直|已经|仍然|还是|你好|您好|我要|我想|我们|这个|那个|一下"
    r"|上次|昨天|今天|前天|每天|打过电话|又来|再次|没人管|没有人"
)
_NAMES: Final = frozenset({"village", "road", "place", "inner"})
_HOUSES: Final = frozenset({"building", "compound", "number"})


class Place(IntEnum):
    """How two places stand to each other."""

    ELSEWHERE = -1
    UNKNOWN = 0
    NEAR = 1
    """The same estate, village or road; another house of it, or the house is not said."""
    SAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is told, as far as the form has it."""

    summary: str = ""
    category: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A ticket that is known. ``own``: of the caller on the line. ``over_at``: when its handling
    ended, None while it goes on."""

    number: TicketId
    own: bool
    matter: Matter
    opened_at: dt.datetime
    over_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A ticket that may be about the same, with the reasons in the words of the desk."""

    past: Past
    score: float
    why: tuple[str, ...]


def rank(now: Matter, known: Iterable[Past], sounds: Sounds, at: dt.datetime) -> tuple[Match, ...]:
    """The likeliest, at most MOST, the likelier first; nothing where nothing is likely."""
    told = _Told.of(now, sounds)
    if not told.words and not told.category:
        return ()
    found = [
        match
        for past in known
        if _recent(past, at) and (match := _judged(told, past, sounds)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.score, one.past.number))[:MOST])


def _recent(past: Past, at: dt.datetime) -> bool:
    days = OWN_FOR_D if past.own else OTHERS_FOR_D
    return past.over_at is None or at - past.over_at <= dt.timedelta(days=days)


@dataclass(frozen=True, slots=True)
class _Told:
    """A matter taken apart. ``words`` are pairs of sounds, without names of places."""

    words: frozenset[tuple[str, str]]
    category: str
    names: frozenset[str]
    houses: frozenset[str]

    @staticmethod
    def of(matter: Matter, sounds: Sounds) -> _Told:
        placed = matter.address or matter.summary
        parts = parts_of(placed, 0, ())
        within = parts if placed is matter.summary else parts_of(matter.summary, 0, ())
        bare = _STOCK.sub(" ", _without(matter.summary, within))
        pairs: set[tuple[str, str]] = set()
        for stretch in re.split(r"[^0-9A-Za-z一-鿿]+", bare):
            heard = sounds.of(spoken_part(stretch))
            pairs.update(pairwise(heard))
        return _Told(
            words=frozenset(pairs),
            category=_class(matter.category),
            names=frozenset(_sound(one, sounds) for one in parts if one.kind in _NAMES),
            houses=frozenset(one.value for one in parts if one.kind in _HOUSES),
        )


def _without(text: str, parts: Sequence[Part]) -> str:
    chars = list(text)
    for part in parts:
        for index in range(part.span.start, part.span.end):
            chars[index] = " "
    return "".join(chars)


def _sound(part: Part, sounds: Sounds) -> str:
    return " ".join(sounds.of(part.value))


def _class(category: str) -> str:
    return re.sub(r"\s+", "", category)


def _judged(told: _Told, past: Past, sounds: Sounds) -> Match | None:
    then = _Told.of(past.matter, sounds)
    words = _alike(told, then)
    kind = _same_class(told.category, then.category)
    place = _places(told, then)
    if not _likely(words, kind, place, own=past.own):
        return None
    said = (
        ("同一来电人", past.own),
        ("同一地点", place is Place.SAME),
        ("同一片", place is Place.NEAR),
        ("同一事由", kind is True),
        ("说法相近", words >= _HINT),
    )
    score = words + 0.4 * (kind is True) + 0.3 * place + 0.6 * past.own + 0.2 * (not past.over_at)
    return Match(past, round(score, 4), tuple(text for text, true in said if true))


def _likely(words: float, kind: bool | None, place: Place, *, own: bool) -> bool:
    if place is Place.ELSEWHERE:
        return False
    if own:
        if kind is False:
            return words >= _LIKE
        if kind:
            return words >= _TRACE
        return words >= (_HINT if place is Place.SAME else _LIKE)
    if place is Place.UNKNOWN:
        return False
    return words >= _LIKE or bool(kind and words >= _HINT)


def _alike(one: _Told, other: _Told) -> float:
    """The share of the shorter one's pairs of sounds that the other has too."""
    fewer = max(min(len(one.words), len(other.words)), _FEWEST)
    common = len(one.words & other.words)
    return common / fewer if common > 1 else 0.0


def _same_class(one: str, other: str) -> bool | None:
    """None where one of them is not known. 噪声扰民 and 噪声扰民/建筑施工噪声 are the same."""
    if not one or not other:
        return None
    return one.startswith(other) or other.startswith(one)


def _places(one: _Told, other: _Told) -> Place:
    if not one.names or not other.names:
        return Place.UNKNOWN
    if not one.names & other.names:
        return Place.ELSEWHERE
    if one.houses and other.houses:
        return Place.SAME if one.houses & other.houses else Place.NEAR
    return Place.NEAR if one.houses or other.houses else Place.SAME
