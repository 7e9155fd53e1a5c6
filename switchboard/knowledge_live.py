"""What the desks are told at once: urgent wordings and notices, held in memory beside the ledger.

Implements :class:`agent_desk.notice_views.DeskNotices`. What this process changes is on the screens
when the call returns; what another process changed (a command, a second server) comes with the
outbox message, a second later at most.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from agent_desk.notice_views import (
    NoticeShown,
    Urgents,
    UrgentShown,
    UrgentStatus,
    shown_notice,
)
from agent_desk.views import Person
from hotline.errors import HotlineError, NotAllowed
from hotline.knowledge import MAKERS
from hotline.knowledge_notices import (
    Notice,
    NoticeKind,
    UrgentWords,
    check_notice,
    check_urgent,
    matching,
    places_of,
)
from hotline.words import AgentId, Phone, Role, UnitId
from ledger.store import Ledger

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0
"""How often it is looked whether a wording or a notice has run out, at least."""
KNOWN_PLACES: Final = 5
"""Of how many earlier tickets of a caller the address is compared."""


class UrgentScreens(Protocol):
    """The desks."""

    def urgent_changed(self) -> None:
        """Show every agent what is urgent now."""


class LiveNotices:
    """One per process. :meth:`follow` must be running."""

    def __init__(
        self, ledger: Ledger, now: Callable[[], dt.datetime], names: Callable[[AgentId], str]
    ) -> None:
        """``names`` gives an agent's name."""
        self._ledger = ledger
        self._base = ledger.knowledge
        self._now = now
        self._names = names
        self._urgent: tuple[UrgentWords, ...] = ()
        self._notices: tuple[Notice, ...] = ()
        self.screens: UrgentScreens | None = None
        self._shown: tuple[str, ...] = ()

    # -------------------------------------------------------------------------------- in memory
    def urgent_for(self, agent: AgentId) -> Urgents:
        now = self._now()
        return Urgents(
            items=tuple(
                UrgentShown(
                    id=one.id,
                    title=one.title,
                    words=one.words,
                    made_at=one.made_at,
                    until=one.until,
                    acknowledged=any(who == agent for who, _ in one.acknowledged),
                )
                for one in self._urgent
                if one.active(now)
            )
        )

    def at_place(self, address: str) -> tuple[NoticeShown, ...]:
        return self._matching([address])

    async def of_caller(self, caller: Phone) -> tuple[NoticeShown, ...]:
        if caller.withheld or not self._notices:
            return ()
        earlier = await self._ledger.tickets.of_caller(caller, limit=KNOWN_PLACES)
        addresses = [
            (await self._ledger.tickets.load(one.id)).texts.get("address", "") for one in earlier
        ]
        return self._matching([one for one in addresses if one])

    def _matching(self, addresses: Sequence[str]) -> tuple[NoticeShown, ...]:
        now = self._now()
        found = matching(self._notices, addresses, now)
        return tuple(shown_notice(one, now) for one in found)

    # -------------------------------------------------------------------------------- following
    async def refresh(self) -> None:
        """Read what is in force, and show what changed."""
        now = self._now()
        self._urgent = tuple(await self._base.urgent.active(now))
        self._notices = tuple(await self._base.notices.current(now))
        self._tell()

    async def follow(self) -> None:
        """Look again now and then, until cancelled: wordings run out by the clock."""
        while True:
            try:
                await self.refresh()
            except HotlineError as failed:
                log.warning("notices not read", extra={"kind": type(failed).__name__})
            await asyncio.sleep(EVERY_S)

    def _tell(self) -> None:
        now = self._now()
        shown = tuple(
            f"{one.id} {one.version} {sorted(who for who, _ in one.acknowledged)}"
            for one in self._urgent
            if one.active(now)
        )
        if shown != self._shown:
            self._shown = shown
            if self.screens is not None:
                self.screens.urgent_changed()

    # ------------------------------------------------------------------------------ what is done
    async def post_urgent(
        self, title: str, words: str, until: dt.datetime, *, by: Person, key: str, article: str = ""
    ) -> UrgentWords:
        _only(by, MAKERS, "发布紧急口径")
        wanted = UrgentWords(
            id=_key("urgent", by, key),
            title=title.strip(),
            words=words.strip(),
            made_by=by.id,
            made_at=self._now(),
            until=until,
            article=article,
        )
        check_urgent(wanted)
        made = await self._base.urgent.add(wanted)
        await self.refresh()
        return made

    async def withdraw_urgent(self, id: str, *, by: Person) -> UrgentWords:
        _only(by, MAKERS, "撤下紧急口径")
        one = await self._base.urgent.one(id)
        if one.withdrawn_at is None:
            one = await self._base.urgent.withdraw(one, by=by.id)
        await self.refresh()
        return one

    async def acknowledge(self, id: str, *, by: Person) -> UrgentWords:
        if by.agent is None:
            raise NotAllowed(f"{by.name}没有席位，", "确认口径")
        one = await self._base.urgent.acknowledge(id, by.agent, by=by.id)
        await self.refresh()
        return one

    async def urgent_status(self, limit: int = 50) -> Sequence[UrgentStatus]:
        users = await self._ledger.accounts.users()
        seats = sorted({AgentId(user.agent) for user in users if user.agent and not user.disabled})
        return [self._status(one, seats) for one in await self._base.urgent.latest(limit)]

    def _status(self, one: UrgentWords, seats: Sequence[AgentId]) -> UrgentStatus:
        done = {agent for agent, _ in one.acknowledged}
        return UrgentStatus(
            words=one,
            read=tuple((agent, self._names(agent), at) for agent, at in one.acknowledged),
            waiting=tuple((agent, self._names(agent)) for agent in seats if agent not in done),
        )

    async def notices(self, limit: int = 100) -> Sequence[Notice]:
        return await self._base.notices.latest(limit)

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
        _only(by, MAKERS | {Role.OFFICER}, "发布通知")
        own = unit if by.roles & MAKERS else by.unit
        wanted = Notice(
            id=_key("notice", by, key),
            kind=kind,
            title=title.strip(),
            words=words.strip(),
            places=places_of(places),
            starts_at=starts_at,
            ends_at=ends_at,
            made_by=by.id,
            made_at=self._now(),
            district=district.strip(),
            unit=own,
        )
        check_notice(wanted)
        made = await self._base.notices.add(wanted, by=by.id)
        await self.refresh()
        return made

    async def withdraw_notice(self, id: str, *, by: Person) -> Notice:
        one = await self._base.notices.one(id)
        if not by.roles & MAKERS and not (Role.OFFICER in by.roles and one.unit == by.unit):
            raise NotAllowed("您的角色", "撤下其他单位的通知")
        if one.withdrawn_at is None:
            gone = replace(one, withdrawn_at=self._now())
            one = await self._base.notices.save(gone, by=by.id)
        await self.refresh()
        return one


def _only(by: Person, roles: frozenset[Role], what: str) -> None:
    if not by.roles & roles:
        raise NotAllowed("您的角色", what)


def _key(kind: str, by: Person, key: str) -> str:
    """The id of what a form makes: the same form sent twice makes it once."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {by.id} {key}"))
