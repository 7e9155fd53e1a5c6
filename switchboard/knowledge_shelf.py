"""What somebody may see of the knowledge base in lists: worked out once for all who may see the
same, and kept until an article or the day changes.

Ten thousand articles are judged in a fifth of a second; a page that is turned must not do it anew.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_desk.knowledge_reading_views import (
    SHELF_PAGE,
    Card,
    ExpiringRow,
    Narrowed,
    Shelf,
    Validity,
)
from hotline.knowledge import (
    PUBLIC,
    Reach,
    Reader,
    Sight,
    Version,
    answering,
    begun,
    expired,
    in_force,
    may_see,
    next_turn,
    sight,
)
from hotline.knowledge_clock import EXPIRY_WARNED
from hotline.policy import ZONE
from hotline.words import Role
from switchboard.knowledge_expiring import expiring_of

MOST_KEPT: Final = 6
"""Lists at once: agents, editors, supervisors, a few units."""
NOON: Final = dt.time(12)
_Versions = Sequence[Sequence[Version]]
_Expiring = tuple[list[ExpiringRow], list[ExpiringRow]]


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything one kind of reader sees, by category and title; ``answering`` of it may be told to
    a caller now."""

    cards: tuple[Card, ...]
    answering: tuple[Card, ...]
    states: Mapping[Validity, int]


class Shelves:
    """For one event loop. What is kept is of one revision and one stretch of time in which nothing
    begins or ends by itself, midnight at the latest."""

    def __init__(self) -> None:
        self._of: _Versions | None = None
        self._span: tuple[dt.datetime, dt.datetime] | None = None
        self._seen: OrderedDict[Reader, Seen] = OrderedDict()
        self._expiring: _Expiring | None = None

    def seen(self, kept: _Versions, reader: Reader, at: dt.datetime) -> Seen:
        """What this reader sees now of what was ever published."""
        self._turn(kept, at)
        kind = _kind(reader)
        found = self._seen.pop(kind, None) or seen_of(kept, kind, None, at)
        self._seen[kind] = found
        while len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)
        return found

    def expiring(self, kept: _Versions, at: dt.datetime) -> _Expiring:
        """(soon, over) of all units."""
        self._turn(kept, at)
        if self._expiring is None:
            self._expiring = expiring_of(kept, None, at)
        return self._expiring

    def _turn(self, kept: _Versions, at: dt.datetime) -> None:
        """Begin anew where the articles or the day are others."""
        known = self._span
        if self._of is kept and known is not None and known[0] <= at < known[1]:
            return
        self._of, self._span = kept, (at, _until(kept, at))
        self._seen.clear()
        self._expiring = None


def _until(kept: _Versions, at: dt.datetime) -> dt.datetime:
    turn = next_turn((one.content for versions in kept for one in versions), at)
    tomorrow = at.astimezone(ZONE).date() + dt.timedelta(days=1)
    midnight = dt.datetime.combine(tomorrow, dt.time(), ZONE)
    return min(turn or midnight, midnight)


def _kind(reader: Reader) -> Reader:
    """The same for all who see the same of what was ever published. Of their own before its day
    nobody but a unit sees more, and a list may show less."""
    if reader.outsider:
        return PUBLIC
    unit = reader.unit if Role.OFFICER in reader.roles else None
    return replace(reader, id=None, unit=unit)


def seen_of(kept: _Versions, reader: Reader, on: dt.date | None, at: dt.datetime) -> Seen:
    """Of each article the version that answers this reader now, else the newest they may look at;
    with a day, the one that is valid on it."""
    cards = sorted(_cards(kept, reader, on, at), key=lambda one: (one.category, one.title, one.id))
    return Seen(
        tuple(cards),
        tuple(one for one in cards if one.answers),
        Counter(one.validity for one in cards),
    )


def _cards(kept: _Versions, reader: Reader, on: dt.date | None, at: dt.datetime) -> Iterator[Card]:
    for versions in kept:
        version = standing(versions, reader, on, at)
        if version is None and on is None:
            version = newest(versions, reader, at)
        if version is not None:
            yield card_of(version, reader, at)


def standing(
    versions: Sequence[Version], reader: Reader, on: dt.date | None, at: dt.datetime
) -> Version | None:
    """The version that answers this reader now; with a day, the one in force that was or will be
    valid on it, as far as this reader may look at it."""
    if on is None:
        return answering(versions, reader, at)
    version = in_force(versions, at)
    if version is None or sight(version, reader, at) is Sight.HIDDEN:
        return None
    noon = dt.datetime.combine(on, NOON, ZONE)
    return version if begun(version.content, noon) and not expired(version.content, noon) else None


def newest(versions: Sequence[Version], reader: Reader, at: dt.datetime) -> Version | None:
    """What a reader with a log-in may look back at, or forward to: the newest such version."""
    if reader.outsider:
        return None
    seen = [one for one in versions if sight(one, reader, at) is not Sight.HIDDEN]
    return seen[-1] if seen else None


def shelf_of(seen: Seen, narrowed: Narrowed, validity: Validity | None, page: int) -> Shelf:
    """A page of it, and how many there would be with each condition left out."""
    if validity is not None:
        cards: Sequence[Card] = [one for one in seen.cards if one.validity == validity]
    else:
        cards = seen.cards if narrowed.on else seen.answering
    found: list[Card] = []
    categories, units = Counter[str](), Counter[str]()
    reaches = Counter[Reach]()
    for card in cards:
        kind = narrowed.category in ("", card.category)
        unit = narrowed.unit in ("", card.unit)
        reach = narrowed.reach in (None, card.reach)
        if kind and unit and reach:
            found.append(card)
        if unit and reach:
            categories[card.category] += 1
        if kind and reach:
            units[card.unit] += 1
        if kind and unit:
            reaches[card.reach] += 1
    return Shelf(
        cards=tuple(found[(page - 1) * SHELF_PAGE : page * SHELF_PAGE]),
        total=len(found),
        page=page,
        everything=len(cards),
        categories=_named(categories),
        units=_named(units),
        reaches=reaches,
        validities=seen.states,
    )


def _named(counts: Mapping[str, int]) -> dict[str, int]:
    """The most first, the unnamed left out."""
    known: Iterable[tuple[str, int]] = (one for one in counts.items() if one[0])
    return dict(sorted(known, key=lambda one: (-one[1], one[0])))


def card_of(version: Version, reader: Reader, at: dt.datetime) -> Card:
    """A version as lists show it."""
    content = version.content
    changed = version.published_at or version.made_at
    return Card(
        id=version.article,
        number=version.number,
        title=content.title,
        category=content.category,
        unit=content.unit,
        reach=content.reach,
        validity=_validity(version, at),
        answers=may_see(version, reader, at),
        valid_from=content.valid_from,
        valid_to=content.valid_to,
        changed_on=changed.astimezone(ZONE).date(),
        words=content.words,
        grounds=tuple(str(one) for one in content.grounds),
        source=content.source,
    )


def _validity(version: Version, at: dt.datetime) -> Validity:
    content = version.content
    if expired(content, at):
        return "over"
    if not begun(content, at):
        return "early"
    today = at.astimezone(ZONE).date()
    near = content.valid_to is not None and (content.valid_to - today).days <= EXPIRY_WARNED
    return "soon" if near else "valid"
