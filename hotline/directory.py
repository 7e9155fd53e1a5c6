"""The dispatch directory (派单目录, 中山 第十五条): which matter is whose, within what limit.

A version is a whole directory. It is never changed: a newer one takes its place from a day on, and
a ticket keeps to the version that was known at the moment it was dispatched.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from hotline.deadlines import SetByLaw
from hotline.handling import Handling
from hotline.handling_words import Act
from hotline.policy import Policy
from hotline.rulings import Elsewhere, Span
from hotline.words import Article, TicketType, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One matter (诉求事项) of the directory.

    ``basis`` is the legal basis as the city wrote it. Without ``limit`` the directory says only
    whose it is. ``sub_office`` is 建议承办的镇街所属工作机构. The two days are the entry's own,
    both included; None: as long as its version.
    """

    item: str
    basis: str
    unit: UnitId
    limit: Span | None = None
    sub_office: str = ""
    keywords: tuple[str, ...] = ()
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None

    def runs_on(self, day: dt.date) -> bool:
        """Whether the entry's own days include this one."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A directory as it was imported. ``stored_at`` (aware) is when it became known."""

    number: int
    effective_from: dt.date
    stored_at: dt.datetime
    origin: str
    """The file it came from, or 演示数据."""
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        mark = f"，{DEMO}" if self.origin == DEMO else ""
        return f"派单目录（第{self.number}版{mark}）"

    def find(self, words: str, on: dt.date) -> tuple[Entry, ...]:
        """The entries of a matter on a day: the one of that name, else those with that keyword."""
        wanted = plain(words)
        running = [entry for entry in self.entries if wanted and entry.runs_on(on)]
        named = [entry for entry in running if plain(entry.item) == wanted]
        return tuple(named or [one for one in running if wanted in map(plain, one.keywords)])


DEMO: Final = "演示数据"


def plain(words: str) -> str:
    """A name for comparing: no spaces, small letters."""
    return re.sub(r"\s+", "", words).casefold()


def in_force(versions: Iterable[Version], at: dt.datetime, zone: dt.tzinfo) -> Version | None:
    """The version that governs a dispatch at ``at``: of those known by then and begun, the one that
    began last, of two that began on one day the later."""
    day = at.astimezone(zone).date()
    begun = [one for one in versions if one.stored_at <= at and one.effective_from <= day]
    return max(begun, key=lambda one: (one.effective_from, one.number), default=None)


# ------------------------------------------------------------------------------------ for a ticket


def governs(policy: Policy, ticket_type: TicketType) -> bool:
    """Whether a limit of the directory may be used here: only where the city's regulation leaves
    the limit of this type to another book. Where it rules one itself, that one stands."""
    return isinstance(policy.limit_of(ticket_type).value, Elsewhere)


def by_law(version: Version, entry: Entry) -> SetByLaw | None:
    """The limit of an entry, with the version and basis it stands on; None where it has none."""
    if entry.limit is None:
        return None
    return SetByLaw(entry.limit, Article(version.title, entry.basis))


def dispatched_at(
    handling: Handling, now: dt.datetime, unit: UnitId | None = None
) -> dt.datetime | None:
    """The moment whose directory governs: when the unit that has the ticket received it, or was
    given it last; ``now`` where it goes now to another ``unit``. None before the first dispatch."""
    if unit is not None and unit != handling.unit:
        return now
    if handling.received_at is not None:
        return handling.received_at
    last = handling.last(Act.DISPATCH, Act.SETTLE)
    return last.at if last else None


# ------------------------------------------------------------------------------- what would change


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry of the same matter whose ``names`` (fields) differ."""

    before: Entry
    after: Entry
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version would change. Matters are the same by their name."""

    new: tuple[Entry, ...]
    changed: tuple[Changed, ...]
    removed: tuple[Entry, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.removed)


def diff(before: Sequence[Entry], after: Sequence[Entry]) -> Difference:
    """Two versions side by side. Entries of one matter that follow each other in time are paired in
    the order of their days."""
    old, new = _by_item(before), _by_item(after)
    added: list[Entry] = []
    changed: list[Changed] = []
    removed: list[Entry] = []
    for item, mine in new.items():
        theirs = old.get(item, [])
        for was, now in zip(theirs, mine, strict=False):
            names = tuple(
                one.name
                for one in fields(Entry)
                if getattr(was, one.name) != getattr(now, one.name)
            )
            if names:
                changed.append(Changed(was, now, names))
        added += mine[len(theirs) :]
    for item, theirs in old.items():
        removed += theirs[len(new.get(item, [])) :]
    return Difference(tuple(added), tuple(changed), tuple(removed))


def _by_item(entries: Sequence[Entry]) -> Mapping[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.effective_from or dt.date.min):
        found.setdefault(plain(entry.item), []).append(entry)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """An open ticket, as far as the directory bears on it. ``dispatched``: a unit has it."""

    ticket: str
    type: TicketType
    item: str
    unit: UnitId | None
    dispatched: bool


@dataclass(frozen=True, slots=True)
class Affected:
    """An open ticket for which the directory says something else from the day on.

    A ticket that a unit has keeps its date; the new version bears on it only if it is dispatched
    anew (``case.dispatched``)."""

    case: OpenCase
    before: Entry | None
    after: Entry | None

    @property
    def other_unit(self) -> bool:
        return _unit(self.before) != _unit(self.after)

    @property
    def other_limit(self) -> bool:
        return _limit(self.before) != _limit(self.after)


def affected(
    cases: Iterable[OpenCase],
    before: Version | None,
    entries: Sequence[Entry],
    on: dt.date,
    policy: Policy,
) -> tuple[Affected, ...]:
    """The open tickets whose unit or limit by the directory would change on the day ``on``."""
    after = Version(
        number=0,
        effective_from=on,
        stored_at=dt.datetime.min.replace(tzinfo=dt.UTC),
        origin="",
        entries=tuple(entries),
    )
    found = []
    for case in cases:
        one = Affected(case, _only(before, case, on), _only(after, case, on))
        if one.other_unit or (one.other_limit and governs(policy, case.type)):
            found.append(one)
    return tuple(found)


def _only(version: Version | None, case: OpenCase, on: dt.date) -> Entry | None:
    matches = version.find(case.item, on) if version else ()
    return matches[0] if len(matches) == 1 else None


def _unit(entry: Entry | None) -> UnitId | None:
    return entry.unit if entry else None


def _limit(entry: Entry | None) -> Span | None:
    return entry.limit if entry else None
