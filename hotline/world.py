"""The World: what is live now, and how a fact changes it.

Frozen; replaced, never edited. Replay uses :func:`evolve` only, so new rules never change the
past. Tickets are not in it: a city has millions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import assert_never

from hotline.agents import Seat, evolve_seat
from hotline.calls import EMERGENCY_QUEUE, Call, CallFact, evolve_call
from hotline.facts import (
    AgentChanged,
    AgentReleased,
    AlarmDismissed,
    AlarmRaised,
    CallAnswered,
    CallClosed,
    CallMoved,
    CallOffered,
    CallOpened,
    CallRated,
    CallTaken,
    CallWaiting,
    DeviceChanged,
    EmergencyStepped,
    Fact,
    GapClosed,
    GapOpened,
    HoldChanged,
    NoteTaken,
    OfferEnded,
    PauseChanged,
    ReturnCallPlaced,
    WrapUpEnded,
)
from hotline.metrics import Board, evolve_board
from hotline.words import AgentId, CallId, Stage


@dataclass(frozen=True, slots=True)
class World:
    """What is live: calls, seats, the board's window, and whether we hear the exchange."""

    calls: Mapping[CallId, Call] = field(default_factory=lambda: MappingProxyType({}))
    seats: Mapping[AgentId, Seat] = field(default_factory=lambda: MappingProxyType({}))
    board: Board = field(default_factory=Board)
    gap_since: dt.datetime | None = None
    heard_at: dt.datetime | None = None
    """The latest fact's time: where a gap begins if we die now."""

    def seat(self, agent: AgentId) -> Seat:
        return self.seats.get(agent) or Seat(agent=agent)


def evolve(world: World, fact: Fact) -> World:
    """The world after a fact. Raises ImpossibleMove for a fact the table of moves forbids."""
    heard = max(world.heard_at, fact.at) if world.heard_at else fact.at
    world = replace(world, heard_at=heard)
    match fact:
        case CallOpened():
            return _with_call(world, _opened(fact))
        case ReturnCallPlaced():
            return _with_call(world, _placed(fact))
        case CallClosed():
            return _closed(world, fact)
        case CallWaiting() | CallMoved() | EmergencyStepped() | AlarmRaised() | AlarmDismissed():
            return _call_evolved(world, fact)
        case CallAnswered():
            call = world.calls[fact.call]
            apart = call.queue == EMERGENCY_QUEUE or call.returns is not None
            board = evolve_board(world.board, fact, call.arrived_at, apart=apart)
            return _seat_evolved(_call_evolved(replace(world, board=board), fact), fact.agent, fact)
        case CallOffered() | OfferEnded() | CallTaken() | AgentReleased():
            return _seat_evolved(_call_evolved(world, fact), fact.agent, fact)
        case HoldChanged():
            world = _call_evolved(world, fact)
            agent = world.calls[fact.call].agent
            return world if agent is None else _seat_evolved(world, agent, fact)
        case AgentChanged() | PauseChanged() | WrapUpEnded() | DeviceChanged():
            return _seat_evolved(world, fact.agent, fact)
        case GapOpened():
            return replace(world, gap_since=world.gap_since or fact.at)
        case GapClosed():
            return replace(world, gap_since=None)
        case CallRated() | NoteTaken():
            return world
        case _:
            assert_never(fact)


def _opened(fact: CallOpened) -> Call:
    return Call(
        id=fact.call,
        stage=Stage.GREETING,
        dialled=fact.dialled,
        arrived_at=fact.at,
        channel=fact.channel,
        known_person=fact.known_person,
    )


def _placed(fact: ReturnCallPlaced) -> Call:
    return Call(
        id=fact.call,
        stage=Stage.DIALLING,
        dialled="",
        arrived_at=fact.at,
        channel="",
        known_person=True,
        returns=fact.task,
    )


def _closed(world: World, fact: CallClosed) -> World:
    calls = dict(world.calls)
    calls.pop(fact.call, None)
    board = evolve_board(world.board, fact, fact.arrived_at)
    return replace(world, calls=MappingProxyType(calls), board=board)


def _with_call(world: World, call: Call) -> World:
    return replace(world, calls=MappingProxyType({**world.calls, call.id: call}))


def _call_evolved(world: World, fact: CallFact) -> World:
    call = world.calls.get(fact.call)
    return world if call is None else _with_call(world, evolve_call(call, fact))


def _seat_evolved(
    world: World,
    agent: AgentId,
    fact: AgentChanged
    | AgentReleased
    | CallAnswered
    | CallOffered
    | CallTaken
    | DeviceChanged
    | HoldChanged
    | OfferEnded
    | PauseChanged
    | WrapUpEnded,
) -> World:
    seat = evolve_seat(world.seat(agent), fact)
    return replace(world, seats=MappingProxyType({**world.seats, agent: seat}))
