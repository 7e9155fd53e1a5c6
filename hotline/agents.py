"""The agents: what a seat is doing, derived from what is known of it.

An agent's state is not set but *follows*: from the telephone, the call, the pause and the
after-call work. So no order of events can leave a seat in a state that nothing supports.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from hotline.facts import (
    AgentChanged,
    AgentReleased,
    CallAnswered,
    CallOffered,
    CallTaken,
    DeviceChanged,
    HoldChanged,
    OfferEnded,
    PauseChanged,
    WrapUpEnded,
)
from hotline.words import AgentId, AgentState, CallId

WRAP_UP = "wrap-up"
"""The queue's pause reason during 整理; every other reason is a person's own."""
RETURNING = "return-call"
"""The queue's pause reason while this agent calls somebody back; ours, like 整理."""
OUR_PAUSES = frozenset({WRAP_UP, RETURNING})
"""Pauses by the rules: they are no 小休 of the agent, and end by themselves."""
AUTO_PAUSE = "Auto-Pause"
"""app_queue's own reason when a telephone it rang did not answer (autopause=yes)."""
NOT_ANSWERING = "无人接听"
"""The pause that follows for the whole seat, as people read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One agent, live. ``state`` and ``since`` are as last announced by an AgentChanged fact."""

    agent: AgentId
    state: AgentState = AgentState.OFFLINE
    since: dt.datetime | None = None
    devices: frozenset[str] = frozenset()
    ringing: CallId | None = None
    call: CallId | None = None
    held: bool = False
    answered_at: dt.datetime | None = None
    paused: bool = False
    reason: str = ""
    wrap_until: dt.datetime | None = None
    last_call: CallId | None = None


def state_of(seat: Seat) -> AgentState:
    """What the seat is doing, from its parts; what concerns a caller comes first."""
    if seat.call is not None:
        return AgentState.HELD if seat.held else AgentState.TALKING
    if seat.ringing is not None:
        return AgentState.RINGING
    if not seat.devices:
        return AgentState.OFFLINE
    if seat.paused:
        return AgentState.PAUSED
    if seat.wrap_until is not None:
        return AgentState.WRAP_UP
    return AgentState.READY


SeatFact = (
    AgentChanged
    | AgentReleased
    | CallAnswered
    | CallOffered
    | CallTaken
    | DeviceChanged
    | HoldChanged
    | OfferEnded
    | PauseChanged
    | WrapUpEnded
)


def evolve_seat(seat: Seat, fact: SeatFact) -> Seat:
    """The seat after a fact that concerns it."""
    match fact:
        case AgentChanged():
            return replace(seat, state=fact.state, since=fact.at)
        case CallOffered():
            return replace(seat, ringing=fact.call)
        case OfferEnded():
            return replace(seat, ringing=None) if seat.ringing == fact.call else seat
        case CallAnswered() | CallTaken():
            return replace(
                seat,
                ringing=None,
                call=fact.call,
                held=False,
                answered_at=fact.at,
                wrap_until=None,
                last_call=fact.call,
            )
        case HoldChanged():
            return replace(seat, held=fact.held)
        case AgentReleased():
            return replace(
                seat, call=None, held=False, answered_at=None, wrap_until=fact.wrap_until
            )
        case PauseChanged():
            return replace(seat, paused=fact.paused, reason=fact.reason)
        case WrapUpEnded():
            return replace(seat, wrap_until=None)
        case DeviceChanged():
            devices = seat.devices - {fact.device}
            return replace(seat, devices=devices | {fact.device} if fact.reachable else devices)
