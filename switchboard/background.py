"""The parts that run beside the calls for as long as the process does.

One that fails is written down and begun anew; it ends nobody else. A fault in the clock of tickets
must not close the desks, and a full disk that takes no snapshot must not end the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

AGAIN_S: Final = 5.0


async def kept_up(
    name: str, work: Callable[[], Awaitable[object]], *, again_s: float = AGAIN_S
) -> None:
    """Run ``work`` until it returns or this is cancelled; after a fault once more, in a moment."""
    while True:
        try:
            await work()
        except Exception:  # whatever it was: nobody would notice that it stays down
            log.exception("part begun anew", extra={"part": name})
            await asyncio.sleep(again_s)
        else:
            return
