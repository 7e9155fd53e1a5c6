"""What a check says of one part."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from switchboard.doctor.case import Case


class State(StrEnum):
    """Only a fault stands in the way of work; a warning wants to be known."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"


WORDS = {State.OK: "正常", State.WARN: "注意", State.FAULT: "故障"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one part is now (``found``) and what to do, both Chinese. ``life``: a way to 110, 119,
    120 or 122 is impaired."""

    state: State
    found: str
    do: str = ""
    life: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part of the house: its name for programs, its title for people, how it is looked at,
    and for how many seconds a page that stays open may show what was found."""

    name: str
    title: str
    look: Callable[[Case], Awaitable[Finding]]
    fresh_s: float = 60.0


def well(found: str, do: str = "") -> Finding:
    return Finding(state=State.OK, found=found, do=do)


def warn(found: str, do: str, *, life: bool = False) -> Finding:
    """Nobody is told of a fault without being told what to do: ``do`` is never empty."""
    return Finding(state=State.WARN, found=found, do=do, life=life)


def fault(found: str, do: str, *, life: bool = False) -> Finding:
    """See :func:`warn`."""
    return Finding(state=State.FAULT, found=found, do=do, life=life)


LIVE: Final = 0.0
WHEN_ASKED: Final = math.inf
"""Takes a moment or a processor: nobody's page does it by itself."""
NOT_RUNNING: Final = "未运行"
