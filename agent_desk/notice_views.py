"""What goes to the desks at once: urgent wordings (口径) and notices of outages and works. The
frames of the desk's socket, and who keeps them, as a Protocol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from agent_desk.views import Person
from hotline.knowledge_notices import Concern, Notice, NoticeKind, UrgentWords
from hotline.words import AgentId, CallId, Phone, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentShown:
    """One wording on an agent's screen."""

    id: str
    title: str
    words: str
    made_at: dt.datetime
    until: dt.datetime
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgents:
    """Every urgent wording in force for this agent, newest first; replaces those shown."""

    type: ClassVar[str] = "urgent"
    items: tuple[UrgentShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeShown:
    """One notice that concerns a call. ``place`` is what made it so, ``now`` tells if it began."""

    id: str
    kind: str
    title: str
    words: str
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesShown:
    """The notices beside a call, the nearest first; replaces those shown. ``known_place`` is true
    where they go by the caller's earlier address, false where this call named it."""

    type: ClassVar[str] = "notices"
    call: CallId
    items: tuple[NoticeShown, ...]
    known_place: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentStatus:
    """For supervisors: who has read a wording, and who has not yet, by number and name."""

    words: UrgentWords
    read: tuple[tuple[AgentId, str, dt.datetime], ...]
    waiting: tuple[tuple[AgentId, str], ...]


def shown_notice(concern: Concern, at: dt.datetime) -> NoticeShown:
    """A notice as the desk shows it."""
    one = concern.notice
    return NoticeShown(
        id=one.id,
        kind=one.kind.value,
        title=one.title,
        words=one.words,
        place=concern.place,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        now=one.starts_at <= at,
    )


class DeskNotices(Protocol):
    """Urgent wordings and notices. What is in force is held in memory: the two plain methods never
    wait and never fail."""

    def urgent_for(self, agent: AgentId) -> Urgents:
        """What this agent's screen shows now."""

    def at_place(self, address: str) -> tuple[NoticeShown, ...]:
        """The notices that concern an address."""

    async def of_caller(self, caller: Phone) -> tuple[NoticeShown, ...]:
        """Those that concern the places this caller named before."""

    async def post_urgent(
        self, title: str, words: str, until: dt.datetime, *, by: Person, key: str, article: str = ""
    ) -> UrgentWords:
        """On every agent's screen when it returns. The same ``key`` again is the same wording."""

    async def withdraw_urgent(self, id: str, *, by: Person) -> UrgentWords:
        """Off every screen."""

    async def acknowledge(self, id: str, *, by: Person) -> UrgentWords:
        """This person's seat has read it. Raises NotAllowed for who has no seat, NoSuch."""

    async def urgent_status(self, limit: int = 50) -> Sequence[UrgentStatus]:
        """Every wording, newest first, with who has read it."""

    async def notices(self, limit: int = 100) -> Sequence[Notice]:
        """Every notice, the newest first."""

    async def post_notice(
        self,
        kind: NoticeKind,
        title: str,
        words: str,
        places: str,
        *,
        starts_at: dt.datetime,
        ends_at: dt.datetime,
        by: Person,
        key: str,
        district: str = "",
        unit: UnitId | None = None,
    ) -> Notice:
        """Told beside calls from now on. ``places`` as the company writes them, with 、 between."""

    async def withdraw_notice(self, id: str, *, by: Person) -> Notice:
        """It is over, or was wrong."""
