"""Events: what a room observed. Past tense, frozen; ``at`` is the source's own time.

``received_at`` is when we got it. Each docstring is the public catalogue entry. The union
:data:`Event` is closed: a new member must be handled in :mod:`hotline.decide`, or mypy fails.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from hotline.rating_events import CallerRated
from hotline.return_events import ReturnCallAnswered, ReturnCallAsked, ReturnCallFailed
from hotline.words import (
    AgentId,
    CallId,
    EmergencyPhase,
    EmergencyReason,
    Phone,
    Service,
    UserId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived:
    """A call came in on the trunk (UserEvent HotlineArrived)."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    caller: Phone
    dialled: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued:
    """A caller joined a queue (QueueCallerJoin); ``position`` counts from 1."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRang:
    """A queue began to ring an agent's telephone for a call (AgentCalled)."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDidNotAnswer:
    """The ring ended without this agent answering (AgentRingNoAnswer): timeout, refusal, or
    another agent was quicker."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    agent: AgentId
    ring_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswered:
    """An agent and the caller are connected (AgentConnect). Seconds as app_queue counted them;
    ``agent_channel`` is the leg the acts of the desk steer."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    agent: AgentId
    hold_s: float
    ring_s: float
    caller_channel: str
    agent_channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLegEnded:
    """The agent's own leg hung up. AgentComplete may come much later (when the caller was moved
    on), so talk time is taken from this."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld:
    """One side put the other on hold (Hold) or took it back (Unhold)."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred:
    """A transfer succeeded (BlindTransfer, AttendedTransfer); ``to`` is the extension dialled:
    an agent's number or an emergency number."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    by: AgentId
    to: str
    attended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAnswered:
    """The agent a call was transferred to picked up."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    agent: AgentId
    caller_channel: str
    agent_channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyStep:
    """The dialplan took a step on the way to an emergency service (UserEvent HotlineEmergency).

    ``elapsed_ms`` counts from the moment the ladder began, by the exchange's clock; None where
    the step is not on the ladder.
    """

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    phase: EmergencyPhase
    service: Service | None
    trunk: int | None
    reason: EmergencyReason
    status: str = ""
    elapsed_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencySpoken:
    """The ears concluded that words meant an emergency; level red acts, amber only tells."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    service: Service
    level: Literal["amber", "red"]
    reason: str
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The hang-up handler reported the end of a call: exactly one per call (HotlineEnd).

    ``stage`` and ``queue_status`` are the dialplan's own words; ``member`` is the interface that
    answered, empty when nobody did.
    """

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    stage: str
    queue_status: str
    abandoned: bool
    member: str
    service: Service | None
    linked: bool
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFoundInLog:
    """A call whose end was missed on AMI and was read from queue_log afterwards.

    Times are to the second, as queue_log has them. ``queued_at`` and ``answered_at`` are None
    where it never got there. ``at`` is the end of the call. ``queue`` is the one an agent took it
    from, or the last one it joined; ``steps`` are all of its steps towards an emergency service,
    ``rated`` the key its caller rated by.
    """

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    arrived_at: dt.datetime
    queued_at: dt.datetime | None
    answered_at: dt.datetime | None
    wait_s: float | None
    agent: AgentId | None
    stage: str
    queue_status: str
    abandoned: bool
    service: Service | None
    linked: bool
    queue: str = "hotline"
    steps: tuple[EmergencyStep, ...] = ()
    rated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReachable:
    """A telephone of an agent registered, or no longer answers (ContactStatus, device state)."""

    at: dt.datetime
    received_at: dt.datetime
    agent: AgentId
    device: str
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPaused:
    """The queue paused an agent (with its reason) or took the pause away (QueueMemberPause)."""

    at: dt.datetime
    received_at: dt.datetime
    agent: AgentId
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOnExchange:
    """One caller's leg as found on the exchange after a reconnect. Not an event itself.

    ``logged`` is what queue_log tells of the call so far; its ``at`` is the time of reading.
    """

    call: CallId
    channel: str
    stage: str
    caller: Phone
    queue: str | None
    position: int | None
    agent: AgentId | None
    agent_channel: str
    since: dt.datetime
    logged: CallFoundInLog | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatOnExchange:
    """One agent's seat as found on the exchange after a reconnect. Not an event itself."""

    agent: AgentId
    device: str
    reachable: bool
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeBack:
    """The link to Asterisk stands (again) and the whole picture was read: everything in the
    World that is not in it is gone. ``gap_from`` is the last moment before the gap, None at the
    first connect of a run without an earlier one."""

    at: dt.datetime
    received_at: dt.datetime
    gap_from: dt.datetime | None
    calls: tuple[CallOnExchange, ...]
    seats: tuple[SeatOnExchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLost:
    """The link to Asterisk broke or went silent; ``why`` in English for the log."""

    at: dt.datetime
    received_at: dt.datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentActAsked:
    """An agent pressed something at the desk that concerns the queue.

    ``pause`` carries a reason; ``hand_over`` carries a service; ``wrap_up_done`` ends 整理.
    """

    at: dt.datetime
    received_at: dt.datetime
    agent: AgentId
    by: UserId
    act: Literal["ready", "pause", "wrap_up_done", "hand_over", "not_an_emergency"]
    reason: str = ""
    call: CallId | None = None
    service: Service | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPassed:
    """The ticker: once a second, for what ends by time alone (整理)."""

    at: dt.datetime
    received_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something came over a wire that we do not understand; the telephone keeps ringing."""

    at: dt.datetime
    received_at: dt.datetime
    source: str
    what: str


Event = (
    CallArrived
    | CallQueued
    | AgentRang
    | AgentDidNotAnswer
    | AgentAnswered
    | AgentLegEnded
    | CallHeld
    | CallTransferred
    | TransferAnswered
    | EmergencyStep
    | EmergencySpoken
    | CallEnded
    | CallFoundInLog
    | AgentReachable
    | AgentPaused
    | ExchangeBack
    | ExchangeLost
    | AgentActAsked
    | ReturnCallAsked
    | ReturnCallAnswered
    | ReturnCallFailed
    | CallerRated
    | SecondPassed
    | Noted
)
"""Everything the exchange's stream can be told."""
