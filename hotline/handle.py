"""What an act makes of a ticket, what could be done to it now, what the clock does. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Final

from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw
from hotline.errors import HotlineError, ImpossibleMove, NotAllowed, Objected
from hotline.handling import MOVES, Handling, follow
from hotline.handling_clock import Course, course
from hotline.handling_gates import UNRATED, Asked, Ground, move_of
from hotline.handling_time import Due, next_look
from hotline.handling_words import Act, Part, TicketActed
from hotline.policy import Policy
from hotline.words import UnitId


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was decided: its fact, the ticket after it, and the date with its story."""

    fact: TicketActed
    handling: Handling
    course: Course
    look_at: dt.datetime | None = None
    """When time may first bring something to the ticket as it stands now."""
    policy: Policy = field(kw_only=True, repr=False)
    calendar: Calendar = field(kw_only=True, repr=False)
    by_law: SetByLaw | None = field(kw_only=True, repr=False)
    """By which it was decided."""


def act_on(
    handling: Handling,
    ticket: str,
    asked: Asked,
    at: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> Done:
    """Decide one act at ``at`` (aware). ``policy`` is the version the ticket was opened under.

    Raises ImpossibleMove, NotAllowed or Objected, each one sentence for the person who asked.
    """
    move = move_of(Ground(handling, asked, at, policy, calendar, by_law))
    fact = TicketActed(
        at=at,
        ticket=ticket,
        act=asked.act,
        by=asked.by,
        part=asked.part,
        body=asked.body,
        stage=move.to,
        unit=asked.unit,
        helpers=asked.helpers,
        code=UNRATED if asked.act is Act.LAPSE else asked.code,
        days=asked.days,
    )
    after = follow(handling, fact)
    look_at = next_look(after, policy, calendar, by_law)
    story = course(after, policy, calendar, by_law)
    return Done(fact, after, story, look_at, policy=policy, calendar=calendar, by_law=by_law)


@dataclass(frozen=True, slots=True)
class Choice:
    """An act of the table at this stage: possible now, or ``why`` it is not, with the article."""

    act: Act
    why: str = ""

    @property
    def possible(self) -> bool:
        return not self.why


def choices(
    handling: Handling,
    part: Part,
    at: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> tuple[Choice, ...]:
    """What somebody in this part could do now, each with the reason where it is not possible.

    What only the form of an act will bring (reasons, sections, a unit) is taken as given.
    """
    found = []
    for act, move in MOVES[handling.stage].items():
        if part not in move.by:
            continue
        asked = _filled_in(act, part, policy)
        try:
            move_of(Ground(handling, asked, at, policy, calendar, by_law))
        except (ImpossibleMove, NotAllowed):
            continue
        except HotlineError as objection:
            found.append(Choice(act, str(objection)))
        else:
            found.append(Choice(act))
    return tuple(found)


def _filled_in(act: Act, part: Part, policy: Policy) -> Asked:
    """An act with a form in which nothing is missing."""
    asked = Asked(act=act, part=part, by="", body="", unit=UnitId("any"), days=1)
    every = {
        *(policy.returns.needs.value or ()),
        *(policy.extensions.needs.value or ()),
        *(policy.close.sections.value or ()),
        "核实",
        "负责人批准",
    }
    code = ""
    if act is Act.ARCHIVE and policy.rating.redo_exceptions.value:
        code = policy.rating.redo_exceptions.value[0].code
    if act is Act.REFUSE and policy.intake.refusals.value:
        code = policy.intake.refusals.value[0].code
    if act in (Act.RATE, Act.CORRECT) and policy.rating.options.value:
        code = policy.rating.options.value[0]
    return replace(asked, given=frozenset(every), code=code)


# ----------------------------------------------------------------------------- what the clock does

CLOCK: Final = "system"
"""Who acts when nobody does: ``by`` of an act of the clock."""


def clock_acts(
    handling: Handling,
    ticket: str,
    due: Due,
    at: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> Done | None:
    """What the clock does about something that has come due; None where the table of moves or the
    city's rules leave it to people."""
    if due.act is None:
        return None
    asked = Asked(act=due.act, part=Part.CLOCK, by=CLOCK, body=Part.CLOCK, code=due.kind)
    try:
        return act_on(handling, ticket, asked, at, policy, calendar, by_law)
    except (ImpossibleMove, NotAllowed, Objected):
        return None
