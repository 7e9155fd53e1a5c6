"""The calls: a table of moves, and what a live call knows.

Rule 1: everything that moves a call from one stage to another is in :data:`MOVES`.
Rule 2: a fact that moves no call is in :data:`KEEPS_STAGE`; a test compares both with the union.

::

    greeting ─wait→ queued ─answer→ talking
       │ menu/dial ↓ ↑ wait (star: the old place)      │ dial (F9, transfer to 11x)
       └──→ emergency-menu ─dial→ emergency-dialling ←─┘
                   │ emergency-wait    │ link → emergency-linked
                   └──→ emergency-queued ←─ emergency-wait (both trunks failed)
    every stage ─end→ ended;  a return call of ours: dialling ─answer→ talking
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hotline.errors import ImpossibleMove
from hotline.facts import (
    AgentReleased,
    AlarmDismissed,
    AlarmRaised,
    CallAnswered,
    CallClosed,
    CallMoved,
    CallOffered,
    CallTaken,
    CallWaiting,
    EmergencyStepped,
    HoldChanged,
    OfferEnded,
)
from hotline.words import AgentId, CallId, ReturnCallId, Service, Stage

EMERGENCY_QUEUE: Final = "hotline-emergency"


class Move(StrEnum):
    """What can move a call."""

    WAIT = "wait"
    ANSWER = "answer"
    MENU = "menu"
    DIAL = "dial"
    LINK = "link"
    EMERGENCY_WAIT = "emergency-wait"
    END = "end"


_S, _M = Stage, Move
_TO_EMERGENCY = {
    _M.MENU: _S.EMERGENCY_MENU,
    _M.DIAL: _S.EMERGENCY_DIALLING,
    _M.EMERGENCY_WAIT: _S.EMERGENCY_QUEUED,
    _M.END: _S.ENDED,
}

MOVES: Final[Mapping[Stage, Mapping[Move, Stage]]] = MappingProxyType(
    {
        _S.GREETING: {**_TO_EMERGENCY, _M.WAIT: _S.QUEUED},
        _S.QUEUED: {**_TO_EMERGENCY, _M.WAIT: _S.QUEUED, _M.ANSWER: _S.TALKING},
        _S.TALKING: {**_TO_EMERGENCY, _M.WAIT: _S.QUEUED, _M.ANSWER: _S.TALKING},
        _S.EMERGENCY_MENU: {**_TO_EMERGENCY, _M.WAIT: _S.QUEUED},
        _S.EMERGENCY_DIALLING: {
            **_TO_EMERGENCY,
            _M.LINK: _S.EMERGENCY_LINKED,
            _M.WAIT: _S.QUEUED,
        },
        _S.EMERGENCY_LINKED: {_M.END: _S.ENDED, _M.EMERGENCY_WAIT: _S.EMERGENCY_QUEUED},
        _S.EMERGENCY_QUEUED: {**_TO_EMERGENCY, _M.ANSWER: _S.TALKING},
        _S.DIALLING: {_M.ANSWER: _S.TALKING, _M.END: _S.ENDED},
        _S.ENDED: {},
    }
)

CallFact = (
    CallWaiting
    | CallOffered
    | OfferEnded
    | CallAnswered
    | CallMoved
    | CallTaken
    | HoldChanged
    | AgentReleased
    | EmergencyStepped
    | AlarmRaised
    | AlarmDismissed
    | CallClosed
)

KEEPS_STAGE: Final = frozenset(
    {CallOffered, OfferEnded, CallMoved, HoldChanged, AgentReleased, AlarmRaised, AlarmDismissed}
)
"""Facts about a call that never move it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A live call. Times aware UTC; ``wait_s`` and ``queued_at`` count from the first joining."""

    id: CallId
    stage: Stage
    dialled: str
    arrived_at: dt.datetime
    channel: str
    known_person: bool
    queue: str | None = None
    position: int | None = None
    queued_at: dt.datetime | None = None
    ringing: frozenset[AgentId] = frozenset()
    agent: AgentId | None = None
    agent_channel: str = ""
    answered_at: dt.datetime | None = None
    answered_by: AgentId | None = None
    """Who answered first: the call counts for this seat, whoever it was passed on to."""
    last_agent: AgentId | None = None
    """Who has the caller, or had them last: a seat that handed over follows what comes of it."""
    answered_in_emergency: bool = False
    wait_s: float | None = None
    held: bool = False
    service: Service | None = None
    steps: tuple[EmergencyStepped, ...] = ()
    alarm: AlarmRaised | None = None
    returns: ReturnCallId | None = None
    """The task this call of ours is for; None for every call that came in."""

    @property
    def waiting_since(self) -> dt.datetime | None:
        """Since when the caller waits for an agent; None while nobody is waited for."""
        if self.stage is Stage.QUEUED or self.stage is Stage.EMERGENCY_QUEUED:
            return self.queued_at or self.arrived_at
        return None


def move_of(fact: CallFact) -> Move | None:
    """The move a fact makes, None where it keeps the stage."""
    match fact:
        case CallWaiting():
            return Move.EMERGENCY_WAIT if fact.queue == EMERGENCY_QUEUE else Move.WAIT
        case CallAnswered() | CallTaken():
            return Move.ANSWER
        case CallClosed():
            return Move.END
        case EmergencyStepped():
            return _PHASE_MOVES.get(fact.phase)
        case _:
            return None


_PHASE_MOVES: Final = {
    "menu": Move.MENU,
    "chosen": Move.DIAL,
    "trying": Move.DIAL,
    "answered": Move.LINK,
    "queued": Move.EMERGENCY_WAIT,
}


def can(call: Call, move: Move) -> bool:
    """Whether the table has this move from where the call is."""
    return move in MOVES[call.stage]


def next_stage(call: Call, fact: CallFact) -> Stage:
    """Where the fact takes the call. Raises ImpossibleMove where the table has no such move."""
    move = move_of(fact)
    if move is None:
        return call.stage
    try:
        return MOVES[call.stage][move]
    except KeyError:
        raise ImpossibleMove(f"来电 {call.id}", call.stage, move) from None


def evolve_call(call: Call, fact: CallFact) -> Call:
    """The call after the fact."""
    moved = replace(call, stage=next_stage(call, fact))
    match fact:
        case CallWaiting():
            return replace(
                moved,
                queue=fact.queue,
                position=fact.position,
                queued_at=call.queued_at or fact.at,
                agent=None,
                agent_channel="",
            )
        case CallOffered():
            return replace(moved, ringing=call.ringing | {fact.agent})
        case OfferEnded():
            return replace(moved, ringing=call.ringing - {fact.agent})
        case CallAnswered() | CallTaken():
            return _connected(moved, call, fact)
        case HoldChanged():
            return replace(moved, held=fact.held)
        case AgentReleased():
            gone = call.agent == fact.agent
            return replace(moved, agent=None, agent_channel="", held=False) if gone else moved
        case EmergencyStepped():
            return replace(moved, steps=(*call.steps, fact), service=fact.service or call.service)
        case AlarmRaised():
            return replace(moved, alarm=fact)
        case AlarmDismissed():
            return replace(moved, alarm=None)
        case CallMoved() | CallClosed():
            return moved


def _connected(moved: Call, before: Call, fact: CallAnswered | CallTaken) -> Call:
    """An agent has the caller. Only the first answer counts for the wait and for the rates."""
    connected = replace(
        moved,
        ringing=frozenset(),
        agent=fact.agent,
        last_agent=fact.agent,
        agent_channel=fact.agent_channel,
        channel=fact.caller_channel or before.channel,
        held=False,
    )
    if isinstance(fact, CallTaken) or before.answered_at is not None:
        return connected
    return replace(
        connected,
        answered_at=fact.at,
        answered_by=fact.agent,
        answered_in_emergency=before.queue == EMERGENCY_QUEUE,
        wait_s=fact.wait_s,
    )
