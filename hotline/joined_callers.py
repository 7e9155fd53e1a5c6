"""Whoever told a matter that was joined to another (并单) is answered for themselves: their own
message, call and rating, after the ticket that is handled for all.

Pure. A joined ticket stays joined: what its caller is asked and answers is decided as the main
ticket stands, and written on their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from hotline.calendar import Calendar
from hotline.handle import Done
from hotline.handling import Handling, follow, handling_of
from hotline.handling_clock import course
from hotline.handling_time import Coming, coming
from hotline.handling_words import Act, Stage, TicketActed
from hotline.policy import Policy
from hotline.ratings import invited

TOPIC: Final = "matter"
"""Of the outbox: a ticket with others joined to it changed, or another was joined to it."""

_ONE_CALLERS: Final = frozenset(
    {Act.INVITE, Act.FOLLOW_UP, Act.RATE, Act.LAPSE, Act.CORRECT, Act.ARCHIVE}
)
"""What concerns only the caller of the ticket that it stands on."""


def for_caller(own: Handling, main: Handling) -> Handling:
    """The matter as it stands for the caller of ``own``, which is joined to ``main``: handled as
    the main one is, asked and rated as their own acts say."""
    acts = sorted(_both(own, main), key=lambda one: one.at)
    here = handling_of(main.type, main.opened_at, ())
    for one in acts:
        here = follow(here, one if one.stage is not Stage.MERGED else _where(one, here.stage))
    return here


def _both(own: Handling, main: Handling) -> Iterator[TicketActed]:
    yield from (one for one in main.acts if one.act not in _ONE_CALLERS)
    joined = False
    for one in own.acts:
        if joined and one.act in _ONE_CALLERS:
            yield one
        joined = joined or one.act is Act.MERGE


def _where(fact: TicketActed, stage: Stage) -> TicketActed:
    return replace(fact, stage=Stage.RATED if fact.act in (Act.RATE, Act.LAPSE) else stage)


def lapsing(here: Handling, policy: Policy, calendar: Calendar) -> Coming | None:
    """When what the caller of a joined ticket was asked lapses to 未评价; None where they were not
    asked themselves, or nothing is open. ``here`` is the matter as it stands for them."""
    called = here.last(Act.FOLLOW_UP)
    since_closed = called is not None and (here.closed_at is None or called.at >= here.closed_at)
    if invited(here) is None and not since_closed:
        return None
    found = coming(here, policy, calendar)
    return next((one for one in found if one.due.act is Act.LAPSE), None)


def written_on(own: Handling, done: Done) -> Done:
    """An act decided for the caller, as it is written on their own ticket: it stays joined, and the
    one clock that looks at it is that of their own rating."""
    fact = replace(done.fact, stage=Stage.MERGED)
    after = follow(own, fact)
    story = course(after, done.policy, done.calendar, done.by_law)
    open_ = lapsing(done.handling, done.policy, done.calendar)
    look_at = open_.at if open_ else None
    return replace(done, fact=fact, handling=after, course=story, look_at=look_at)
