"""Saves each form once, however often its browser asks.

An answer can be lost on its way while the ticket is committed; the browser then asks again with
the same key. The ledger knows the key for good; this remembers it for the requests that cross.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from agent_desk.ticket_views import TicketSaved

_REMEMBERED = 1000


class Saves:
    """One per application."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, TicketSaved] = OrderedDict()
        self._busy: dict[str, asyncio.Lock] = {}

    async def once(
        self, key: str, save: Callable[[], Awaitable[TicketSaved]]
    ) -> tuple[TicketSaved, bool]:
        """The ticket of this key, and whether it was saved just now. A save that failed may be
        tried again."""
        lock = self._busy.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if (done := self._done.get(key)) is not None:
                    return done, False
                self._done[key] = saved = await save()
                while len(self._done) > _REMEMBERED:
                    self._done.popitem(last=False)
                return saved, True
        finally:
            if not lock.locked():
                self._busy.pop(key, None)
