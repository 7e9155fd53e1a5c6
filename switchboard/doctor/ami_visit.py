"""A log-in of our own at the exchange, for as long as a doctor is there."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from hotline.errors import ExchangeRefused
from ivr.ami import Ami
from ivr.ami_frames import Message
from ivr.ami_link import AmiAccess, AmiTiming, LinkState
from ivr.ami_reading import IGNORED
from ivr.phone import Acts
from switchboard.exchange_plan import AMI_USER
from switchboard.refusals import Refusal
from switchboard.running import NotRunning, running_system
from switchboard.secrets_file import load_secrets
from switchboard.settings import Settings

_TIMING: Final = AmiTiming(connect_within=3.0, refused_within=0.0)
_LOOK_S: Final = 0.02
_COMING: Final = (LinkState.OFF, LinkState.CONNECTING, LinkState.BOOTING)


class AmiVisit:
    """Logs in when it is first asked for something; all checks of a round share the log-in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ami: Ami | None = None
        self._task: asyncio.Task[None] | None = None

    async def act(self, action: Message, timeout: float = 3.0) -> Sequence[Message]:
        """Raises ExchangeRefused as :meth:`ivr.ami.Ami.act`, also when there is nobody to log in
        at."""
        ami = self._ami or self._knock()
        while ami.state in _COMING:  # noqa: ASYNC110 - the link tells its state, and nobody of it
            await asyncio.sleep(_LOOK_S)
        return await ami.act(action, timeout)

    def _knock(self) -> Ami:
        try:
            port = int(running_system(self._settings.run).places["ami_port"])
            secret = load_secrets(self._settings.secrets_file).ami
        except (NotRunning, KeyError) as nowhere:
            raise ExchangeRefused("Login", "there is no link", retryable=True) from nowhere
        except Refusal as unreadable:
            raise ExchangeRefused("Login", str(unreadable), retryable=False) from unreadable
        access = AmiAccess("127.0.0.1", port, AMI_USER, secret)
        self._ami = ami = Ami(access, ignored=IGNORED, timing=_TIMING)
        self._task = asyncio.create_task(ami.run(_unheard, _nothing, lambda _: None))
        return ami

    async def leave(self) -> None:
        """Log off."""
        if self._ami is not None and self._task is not None:
            self._ami.close()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self._task, 2.0)


def _unheard(_message: Message, _at: dt.datetime) -> None:
    """Only answers are wanted."""


async def _nothing() -> None:
    """No picture is read."""


@asynccontextmanager
async def visiting(settings: Settings) -> AsyncIterator[Acts]:
    """What asks the exchange, for as long as the block lasts."""
    visit = AmiVisit(settings)
    try:
        yield visit.act
    finally:
        await visit.leave()
