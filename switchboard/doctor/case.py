"""What is examined: one DATA, cold or running, and the eyes to look at it with."""

from __future__ import annotations

import ctypes
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from ivr.phone import Acts
from switchboard.running import NotRunning, Place, State, running_system
from switchboard.settings import Settings
from switchboard.site import BadSite, Site, Speech, load_site

_TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronised."""


class Clock(Protocol):
    """Where the time of a case comes from."""

    def now(self) -> dt.datetime:
        """Aware."""

    def synchronised(self) -> bool | None:
        """Whether somebody keeps the clock right; None when that cannot be known."""


class HostClock:
    """The machine's own clock. The kernel knows whether it is kept right, and tells everybody."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def synchronised(self) -> bool | None:
        try:
            # All zero asks and sets nothing; 512 bytes hold every platform's struct timex.
            answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
        except (OSError, AttributeError):
            return None
        return None if answer < 0 else answer != _TIME_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One installation as it is examined. ``site`` is site.toml, the defaults where that cannot be
    read; ``state`` what `up` wrote, None when nothing runs; ``act`` asks the exchange by AMI;
    ``failing`` says why the running process cannot write, empty when it can or is not asked."""

    settings: Settings
    site: Site
    state: State | None
    act: Acts
    clock: Clock
    failing: str = ""

    @property
    def running(self) -> bool:
        return self.state is not None

    @property
    def places(self) -> Mapping[str, Place]:
        """Ports and addresses of what runs; empty when nothing does."""
        return self.state.places if self.state else {}

    @property
    def speech(self) -> Speech:
        """With the model that `up` was started with."""
        speech = self.site.speech
        return replace(speech, model=str(self.places.get("speech_model", speech.model)))

    @property
    def model(self) -> Path | None:
        """The folder of the speech model; None is the small one."""
        return Path(self.speech.model) if self.speech.model else None

    @property
    def database_url(self) -> str:
        return self.settings.database_url(self.site.database.url)

    def alive(self, child: str) -> bool:
        """Whether a process of the running system lives."""
        one = self.state.children.get(child) if self.state else None
        return one is not None and one.alive()


def read_case(settings: Settings, act: Acts, clock: Clock | None = None) -> Case:
    """The case as it lies on the disk now."""
    try:
        site = load_site(settings.site_file)
    except BadSite:
        site = Site()
    try:
        state = running_system(settings.run)
    except NotRunning:
        state = None
    return Case(settings=settings, site=site, state=state, act=act, clock=clock or HostClock())
