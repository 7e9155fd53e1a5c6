"""Who sits where and what the units are called, as the pages of people and units last left it.

What this process changes is known when the change is; what another one changed (a command, a second
server) a few seconds later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from hotline.errors import HotlineError
from hotline.words import AgentId
from ledger.accounts import User
from ledger.store import Ledger
from switchboard.live import Roster

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0


class LiveNames:
    """One per process. :meth:`keep` must be running; ``changed`` is told whose name is another."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wake = asyncio.Event()
        self._roster = Roster()
        self._units: tuple[str, ...] = ()
        self.changed: Callable[[AgentId], None] | None = None
        ledger.accounts.on_change = self._wake.set

    def roster(self) -> Roster:
        """The agents, by the numbers of their seats."""
        return self._roster

    def units(self) -> Sequence[str]:
        """The names of the units that are not closed."""
        return self._units

    async def look_again(self) -> None:
        """Read them anew. Raises LedgerFailing."""
        self._units = tuple(u.name for u in await self._ledger.units.all() if not u.closed)
        before, after = self._roster.names, _names(await self._ledger.accounts.users())
        if after == before:
            return
        self._roster = Roster(names=after)
        if self.changed is not None:
            for agent in sorted(after.keys() | before.keys()):
                if after.get(agent) != before.get(agent):
                    self.changed(agent)

    async def keep(self) -> None:
        """Until cancelled. What fails is tried again."""
        while True:
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self.look_again()
            except HotlineError as failed:
                log.warning("names not read", extra={"kind": type(failed).__name__})


def _names(users: Sequence[User]) -> dict[AgentId, str]:
    """By seat; who was shut out has the name only where nobody else has the seat."""
    out_first = sorted(users, key=lambda user: not user.disabled)
    return {user.agent: user.display_name for user in out_first if user.agent}
