"""Which notices of outages and works stand beside a call: by the caller's earlier addresses when it
comes up, by the address of the draft as soon as the words name one."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent_desk.aids import Answers, DraftShown
from agent_desk.notice_views import NoticeShown, NoticesShown
from agent_desk.one_desk import OneDesk
from agent_desk.ports import DeskPorts
from agent_desk.views import CallCard
from hotline.words import CallId

log = logging.getLogger(__name__)

LOOK_UP_S: Final = 5.0
KEPT: Final = 500


class NoticesBeside:
    """For every desk. A fault in here costs a notice and is logged without a word of the caller."""

    def __init__(self, ports: DeskPorts) -> None:
        self._ports = ports
        self._addresses: dict[CallId, str] = {}

    async def at_pop(self, desk: OneDesk, card: CallCard) -> None:
        """The notices at the places this caller named before, unless this call named one by now."""
        try:
            async with asyncio.timeout(LOOK_UP_S):
                found = await self._ports.notices.of_caller(card.caller)
        except Exception:
            log.exception("notices not found", extra={"call": card.call})
            return
        if found and not self._addresses.get(card.call) and card.call in desk.pops:
            desk.aid(NoticesShown(call=card.call, items=found, known_place=True))

    def follow(self, desk: OneDesk, aid: DraftShown | Answers) -> None:
        """The draft of a call is other than it was: another address brings other notices."""
        if not isinstance(aid, DraftShown):
            return
        address = next((one.value for one in aid.slots if one.slot == "address"), "")
        if not address or self._addresses.get(aid.call) == address:
            return
        self._addresses[aid.call] = address
        while len(self._addresses) > KEPT:
            self._addresses.pop(next(iter(self._addresses)))
        found: tuple[NoticeShown, ...] = self._ports.notices.at_place(address)
        shown = desk.notices.get(aid.call)
        if found or shown is not None:
            desk.aid(NoticesShown(call=aid.call, items=found, known_place=False))
