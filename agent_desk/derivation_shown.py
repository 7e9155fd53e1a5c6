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
    """A short clock with its strip."""

    clock: SideClock
    strip: Strip


@dataclass(frozen=True, slots=True)
class DerivationShown:
    """The whole section."""

    strip: Strip
    clocks: tuple[ClockShown, ...]


def derivation_of(due: DueDate, handling: HandlingNow, today: dt.date) -> DerivationShown:
    """The due date and the clocks beside it, as of today."""
    return DerivationShown(
        _strip(due, today, handling.turns),
        tuple(ClockShown(one, _strip(one.due, today)) for one in handling.clocks),
    )


def _strip(due: DueDate, today: dt.date, turns: Sequence[DateTurn] = ()) -> Strip:
    cells = strip_of(due, today, turns)
    return Strip(tuple(folded(cells)), span_said(cells), len(cells) > _ONE_ROW)
