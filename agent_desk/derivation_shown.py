"""What the section 为什么是这一天 shows: the strip, and the clocks with their own strips."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_desk.days import Stretch, folded, span_said, strip_of
from agent_desk.handling_views import DateTurn, HandlingNow, SideClock
from agent_desk.ticket_views import DueDate

_ONE_ROW: Final = 28


@dataclass(frozen=True, slots=True)
class Strip:
    """A strip of days; ``long``: it stands in rows of fourteen at every width."""

    stretches: tuple[Stretch, ...]
    said: str
    long: bool


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A short clock with its strip; ``over``: its last moment is past."""

    clock: SideClock
    strip: Strip
    over: bool


@dataclass(frozen=True, slots=True)
class DerivationShown:
    """The whole section."""

    strip: Strip
    clocks: tuple[ClockShown, ...]


def derivation_of(due: DueDate, handling: HandlingNow, now: dt.datetime) -> DerivationShown:
    """The due date and the clocks beside it at ``now``, in the city's zone."""
    today = now.date()
    return DerivationShown(
        _strip(due, today, handling.turns),
        tuple(
            ClockShown(one, _strip(one.due, today), _over(one.due, now)) for one in handling.clocks
        ),
    )


def _over(due: DueDate, now: dt.datetime) -> bool:
    return due.due_at is not None and due.due_at < now


def _strip(due: DueDate, today: dt.date, turns: Sequence[DateTurn] = ()) -> Strip:
    cells = strip_of(due, today, turns)
    return Strip(tuple(folded(cells)), span_said(cells), len(cells) > _ONE_ROW)
