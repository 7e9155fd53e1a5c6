"""What is known of the form in the browser, looked up beside the reading of its socket."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent_desk import wire
from agent_desk.desk import Desk
from agent_desk.intake_views import FormTold
from agent_desk.lines import Browser
from agent_desk.views import Person

log = logging.getLogger(__name__)

_LOOK_S: Final = 5.0


class Looks:
    """One per socket: the newest form wins, an older look that still runs is given up."""

    def __init__(self, desk: Desk, who: Person, browser: Browser) -> None:
        self._desk = desk
        self._who = who
        self._browser = browser
        self._task: asyncio.Task[None] | None = None

    def start(self, told: FormTold) -> None:
        """Look; what is known is sent as one frame of state."""
        self.stop()
        self._task = asyncio.get_running_loop().create_task(self._look(told))

    def stop(self) -> None:
        """Nobody waits for it any more."""
        if self._task is not None:
            self._task.cancel()

    async def _look(self, told: FormTold) -> None:
        ports = self._desk.ports
        try:
            async with asyncio.timeout(_LOOK_S):
                known = await ports.intakes.look(told, self._who, ports.now())
        except Exception as error:  # noqa: BLE001 - what is not found costs a hint, never the call
            # The text of the error may hold words of the caller.
            log.warning("intake not looked up", extra={"error": type(error).__name__})
            return
        self._browser.send_latest(f"known {told.call}", wire.to_json(known))
