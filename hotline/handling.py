"""The loop of a ticket (工单闭环): who may do what where, and what the acts so far come to.

The table holds what is common to the five cities; what one city's regulation adds or forbids is
said, with its article, by :mod:`hotline.handling_gates`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from hotline.handling_words import DESIGNATED, Act, Part, Stage, TicketActed
from hotline.words import TicketType, UnitId


@dataclass(frozen=True, slots=True)
class Move:
    """Where an act leads and whose act it is."""

    to: Stage
    by: frozenset[Part]


def _move(to: Stage, *by: Part) -> Move:
    return Move(to, frozenset(by))


_DESK: Final = (Part.AGENT, Part.REVIEWER, Part.CENTRE)
_OFFICE: Final = (Part.REVIEWER, Part.CENTRE)


def _beside(stage: Stage) -> dict[Act, Move]:
    """What can be done to every ticket that a unit has, and leaves it where it is."""
    return {
        Act.REMIND: _move(stage, Part.CENTRE, Part.CLOCK),
        # To the unit that leads, which answers for all (首接、牵头单位统一答复).
        Act.ASSIST: _move(stage, Part.HELPER),
        Act.SUPERVISE: _move(stage, Part.CENTRE, Part.MANAGER, Part.CLOCK),
    }


def _early() -> dict[Act, Move]:
    """Before a unit has it: answered, refused, taken back, joined to another, sent elsewhere."""
    return {
        Act.ANSWER: _move(Stage.ANSWERED, *_DESK),
        Act.REFUSE: _move(Stage.REFUSED, *_DESK),
        Act.WITHDRAW: _move(Stage.WITHDRAWN, *_DESK, Part.CALLER),
        Act.MERGE: _move(Stage.MERGED, *_DESK),
        Act.MOVE: _move(Stage.MOVED, *_OFFICE),
        Act.SEND_UP: _move(Stage.AWAITING_ORDER, *_OFFICE),
        Act.DISPATCH: _move(Stage.DISPATCHED, *_OFFICE),
    }


def _with_the_unit(stage: Stage) -> dict[Act, Move]:
    """A unit has it. Where a city knows no signing (签收), the unit may act at once."""
    return _beside(stage) | {
        Act.CONTACT: _move(Stage.HANDLING, Part.UNIT),
        Act.REPORT: _move(Stage.HANDLING, Part.UNIT),
        Act.ASK_RETURN: _move(Stage.RETURN_ASKED, Part.UNIT),
        Act.ASK_EXTENSION: _move(Stage.EXTENSION_ASKED, Part.UNIT),
        Act.ASK_CLOSE: _move(Stage.CLOSE_ASKED, Part.UNIT),
        Act.SHELVE: _move(Stage.SHELVED, Part.UNIT),
        Act.WITHDRAW: _move(Stage.WITHDRAWN, *_DESK, Part.CALLER),
        Act.MERGE: _move(Stage.MERGED, *_OFFICE),
    }


_CALLED: Final = (Part.AGENT, Part.CITY, Part.CENTRE)

_ENDED: Final = {
    Act.FOLLOW_UP: _move(Stage.CLOSED, Part.AGENT, Part.CITY, Part.CENTRE),
    Act.RATE: _move(Stage.RATED, Part.CALLER, Part.AGENT, Part.CITY),
    Act.LAPSE: _move(Stage.RATED, Part.CLOCK),
}

MOVES: Final[Mapping[Stage | None, Mapping[Act, Move]]] = MappingProxyType(
    {
        None: {Act.REGISTER: _move(Stage.REGISTERED, *_DESK, Part.CITY)},
        Stage.REGISTERED: _early() | {Act.REVIEW: _move(Stage.TO_DISPATCH, *_OFFICE)},
        Stage.AWAITING_ORDER: {
            Act.ORDER: _move(Stage.TO_DISPATCH, Part.LEADER),
            Act.WITHDRAW: _move(Stage.WITHDRAWN, *_DESK, Part.CALLER),
        },
        Stage.TO_DISPATCH: _early() | {Act.DISPUTE: _move(Stage.DISPUTED, *_OFFICE)},
        Stage.DISPATCHED: _with_the_unit(Stage.DISPATCHED)
        | {Act.SIGN: _move(Stage.HANDLING, Part.UNIT)},
        Stage.HANDLING: _with_the_unit(Stage.HANDLING),
        Stage.RETURN_ASKED: _beside(Stage.RETURN_ASKED)
        | {
            Act.GRANT_RETURN: _move(Stage.TO_DISPATCH, *_OFFICE),
            Act.DENY_RETURN: _move(Stage.HANDLING, *_OFFICE, Part.CLOCK),
            Act.DISPUTE: _move(Stage.DISPUTED, *_OFFICE),
            Act.WITHDRAW: _move(Stage.WITHDRAWN, *_DESK, Part.CALLER),
        },
        Stage.DISPUTED: _beside(Stage.DISPUTED)
        | {
            Act.DISPUTE: _move(Stage.DISPUTED, Part.CENTRE, Part.MANAGER),
            Act.SETTLE: _move(Stage.DISPATCHED, Part.CENTRE, Part.MANAGER),
        },
        Stage.EXTENSION_ASKED: _beside(Stage.EXTENSION_ASKED)
        | {
            Act.GRANT_EXTENSION: _move(Stage.HANDLING, *_OFFICE),
            Act.DENY_EXTENSION: _move(Stage.HANDLING, *_OFFICE),
            Act.WITHDRAW: _move(Stage.WITHDRAWN, *_DESK, Part.CALLER),
        },
        Stage.CLOSE_ASKED: _beside(Stage.CLOSE_ASKED)
        | {
            Act.CLOSE: _move(Stage.CLOSED, *_OFFICE),
            Act.DENY_CLOSE: _move(Stage.HANDLING, *_OFFICE, Part.CLOCK),
            # The result is verified, or followed up within its time, before it is accepted.
            Act.FOLLOW_UP: _move(Stage.CLOSE_ASKED, *_CALLED),
        },
        Stage.CLOSED: _ENDED
        | {
            Act.INVITE: _move(Stage.CLOSED, Part.CLOCK),
            Act.REDO: _move(Stage.HANDLING, Part.CITY, Part.CENTRE),
            Act.ARCHIVE: _move(Stage.ARCHIVED, Part.CENTRE, Part.CITY, Part.CLOCK),
        },
        Stage.RATED: {
            # By message only: a valid one may still follow an invalid one within the time.
            Act.RATE: _move(Stage.RATED, Part.CITY),
            Act.FOLLOW_UP: _move(Stage.RATED, Part.AGENT, Part.CITY, Part.CENTRE),
            Act.CORRECT: _move(Stage.RATED, Part.CITY, Part.CENTRE),
            Act.REDO: _move(Stage.HANDLING, Part.CITY, Part.CENTRE),
            Act.ARCHIVE: _move(Stage.ARCHIVED, Part.CENTRE, Part.CITY, Part.CLOCK),
        },
        Stage.ANSWERED: _ENDED
        | {
            Act.INVITE: _move(Stage.ANSWERED, Part.CLOCK),
            Act.ARCHIVE: _move(Stage.ARCHIVED, *_DESK, Part.CLOCK),
        },
        Stage.SHELVED: _beside(Stage.SHELVED)
        | {
            Act.FOLLOW_UP: _move(Stage.SHELVED, Part.AGENT, Part.CENTRE),
            Act.DENY_CLOSE: _move(Stage.HANDLING, *_OFFICE),
            Act.ARCHIVE: _move(Stage.ARCHIVED, *_OFFICE),
        },
        Stage.MOVED: {Act.ARCHIVE: _move(Stage.ARCHIVED, *_OFFICE)},
        Stage.WITHDRAWN: {Act.ARCHIVE: _move(Stage.ARCHIVED, *_OFFICE, Part.CLOCK)},
        Stage.REFUSED: {},
        Stage.MERGED: {},
        Stage.ARCHIVED: {},
    }
)
"""From which stage (None: not yet a ticket) which act leads where, and whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What the acts so far come to. Times are aware; None where it has not happened."""

    type: TicketType
    stage: Stage
    opened_at: dt.datetime
    acts: tuple[TicketActed, ...] = ()
    unit: UnitId | None = None
    helpers: tuple[UnitId, ...] = ()
    received_at: dt.datetime | None = None
    """When the unit that has it now first received it."""
    closed_at: dt.datetime | None = None
    settled: bool = False
    """A unit was determined by coordination: it may not return the ticket (ZQ 9四, ZS 17)."""
    extensions: int = 0
    redone: int = 0
    ratings: tuple[str, ...] = ()
    refused_closings: int = 0

    def times(self, act: Act) -> int:
        """How often something was done."""
        return sum(one.act is act for one in self.acts)

    @property
    def to_sign_since(self) -> dt.datetime | None:
        """Since when the unit has something to sign for: the ticket, or what was settled about it
        in a dispute. None where it has nothing."""
        sent = self.last(Act.DISPATCH, Act.SETTLE)
        return sent.at if sent is not None and self.stage is Stage.DISPATCHED else None

    def last(self, *acts: Act) -> TicketActed | None:
        """The latest of these acts."""
        return next((one for one in reversed(self.acts) if one.act in acts), None)


def follow(handling: Handling, fact: TicketActed) -> Handling:
    """The handling after one more act."""
    after = replace(handling, stage=fact.stage, acts=(*handling.acts, fact))
    match fact.act:
        case Act.DISPATCH | Act.SETTLE:
            same = fact.unit == handling.unit and handling.received_at is not None
            return replace(
                after,
                unit=fact.unit,
                helpers=fact.helpers,
                received_at=handling.received_at if same else fact.at,
                settled=handling.settled or fact.act is Act.SETTLE or fact.code == DESIGNATED,
            )
        case Act.GRANT_RETURN:
            return replace(after, unit=None, helpers=(), received_at=None)
        case Act.GRANT_EXTENSION:
            return replace(after, extensions=handling.extensions + 1)
        case Act.DENY_CLOSE:
            return replace(after, refused_closings=handling.refused_closings + 1)
        case Act.CLOSE | Act.ANSWER | Act.SHELVE:
            return replace(after, closed_at=fact.at)
        case Act.REDO:
            return replace(after, redone=handling.redone + 1, closed_at=None)
        case Act.RATE | Act.LAPSE:
            return replace(after, ratings=(*handling.ratings, fact.code))
        case Act.CORRECT:
            return replace(after, ratings=(*handling.ratings[:-1], fact.code))
        case _:
            return after


def handling_of(
    ticket_type: TicketType, opened_at: dt.datetime, acts: Iterable[TicketActed]
) -> Handling:
    """The handling of a ticket from its stream, oldest act first."""
    now = Handling(type=ticket_type, stage=Stage.REGISTERED, opened_at=opened_at)
    for fact in acts:
        now = follow(now, fact)
    return now
