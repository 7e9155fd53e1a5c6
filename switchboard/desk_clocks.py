"""How the date of a ticket came about, the clocks beside it, its notices: for the page."""

from __future__ import annotations

from collections.abc import Sequence

from agent_desk.handling_views import DateTurn, SideClock
from agent_desk.ticket_views import DueDate
from hotline.calendar import Calendar
from hotline.handling_clock import Course, counted
from hotline.words import Deadline


def turn_views(story: Course) -> tuple[DateTurn, ...]:
    """Everything that bore on the date, oldest first."""
    return tuple(
        DateTurn(
            at=one.at,
            what=one.what,
            due_at=one.due_at,
            article=one.article,
            note=one.note,
            effect=one.effect,
        )
        for one in story.turns
    )


def clock_views(clocks: Sequence[Deadline]) -> tuple[SideClock, ...]:
    """Each clock with every day of it."""
    return tuple(
        SideClock(
            duty=one.duty,
            due=DueDate(
                due_at=one.due_at,
                start_at=one.start_at,
                provisional=one.provisional,
                article=one.article,
                days=counted(one) if one.derivation else None,
                derivation=one.derivation,
            ),
        )
        for one in clocks
    )


def notice_names(deadline: Deadline | None, calendar: Calendar) -> tuple[str, ...]:
    """The notices of the years that the days of a date lie in, oldest first."""
    if deadline is None:
        return ()
    years = sorted({day.date.year for day in deadline.derivation})
    return tuple(calendar.notices[year].document for year in years if year in calendar.notices)
