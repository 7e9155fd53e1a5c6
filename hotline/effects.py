"""Effects: something to be done. Imperative, plain data; each goes to one room.

Urgent ones come first in the list ``decide`` returns. Telephone effects never wait for the disk;
effects that promise something to a person wait for the commit of the facts beside them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from hotline.words import AgentId, CallId, EmergencyAction, Phone, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Take a caller to an emergency service: at once, after a chance to refuse, or only tell.

    ``channel`` is the caller's. Done by AMI Setvar + Redirect into the dialplan's own ladder.
    """

    call: CallId
    channel: str
    service: Service
    how: EmergencyAction
    reason: Literal["words", "agent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSeat:
    """Keep the queue from offering calls to this agent, on all of their telephones."""

    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpauseSeat:
    """Let the queue offer calls to this agent again."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReturnCall:
    """Ring this telephone of the agent, and once it is answered the citizen, whose number goes to
    the exchange and nowhere else. ``rates``: after it the citizen is asked to rate by key, where
    the city does so."""

    call: CallId
    agent: AgentId
    device: str
    to: Phone
    rates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberCaller:
    """Keep the number of a call in the encrypted table; the journal has the call's id only."""

    call: CallId
    caller: Phone
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PopScreen:
    """Show this call on this agent's screen: it rings, or it is theirs now."""

    agent: AgentId
    call: CallId
    stage: Literal["ringing", "talking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawPop:
    """Take the call off this agent's screen; the words to show where it was."""

    agent: AgentId
    call: CallId
    why: Literal["no-answer", "answered-elsewhere", "call-gone", "not-reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPop:
    """The conversation is over; the screen keeps the form until it is saved or left."""

    agent: AgentId
    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAgent:
    """An agent's state changed: on their own screen and on the board."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowEmergency:
    """A step of an emergency, or its end: on the screen of the agent who has the call or handed it
    over, on every screen that shows it already, on the board, and on the page 紧急联动."""

    call: CallId
    agent: AgentId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowBoard:
    """Numbers changed; boards repaint at most once a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowGap:
    """Tell every screen that the exchange is out of reach, or back."""

    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileLog:
    """Read queue_log from the last offset for ends of calls that AMI did not bring."""

    since: dt.datetime | None


Effect = (
    HandOver
    | PauseSeat
    | UnpauseSeat
    | PlaceReturnCall
    | RememberCaller
    | PopScreen
    | WithdrawPop
    | EndPop
    | ShowAgent
    | ShowEmergency
    | ShowBoard
    | ShowGap
    | ReconcileLog
)
"""Everything the rules can ask a room to do."""
