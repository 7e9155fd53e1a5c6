"""How the date of a ticket came about, the clocks beside it, its notices: for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent_desk.handling_views import DateTurn, SideClock
from agent_desk.ticket_views import DueDate
from hotline.calendar import Calendar
from hotline.handling_clock import Course, DueTurn, counted
from hotline.words import Deadline
from ledger.ticket_rows import RECOUNTED, TicketDue


def all_turns(story: Course, dues: Sequence[TicketDue]) -> tuple[DueTurn, ...]:
    """Everything that bore on the date, oldest first: the acts, and among them where the days were
    counted again by a new notice. Every date is as the calendar of now gives it."""
    turns = sorted(
        [*story.turns, *(_recount(one) for one in dues if one.key.startswith(RECOUNTED))],
        key=lambda turn: turn.at,
    )
    for place, turn in enumerate(turns):
        if turn.due_at is None and place and turn.effect == "kept":
            turns[place] = replace(turn, due_at=turns[place - 1].due_at)
    return tuple(turns)


def _recount(due: TicketDue) -> DueTurn:
    return DueTurn(due.at, due.what, None, None, due.document, "kept")


def turn_views(story: Course, dues: Sequence[TicketDue]) -> tuple[DateTurn, ...]:
    """The same for the page."""
    return tuple(
        DateTurn(
            at=one.at,
            what=one.what,
            due_at=one.due_at,
            article=one.article,
            note=one.note,
            effect=one.effect,
        )
        for one in all_turns(story, dues)
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
