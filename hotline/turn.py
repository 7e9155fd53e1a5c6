"""One turn of the rules: facts gathered in order, each already folded into the world.

A Turn lives inside one call of :func:`hotline.decide.decide` and never leaves it. What it does to a
seat ends with :meth:`Turn.announce`, which keeps the promise of :mod:`hotline.agents`: whenever a
seat's derived state changes, a fact says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hotline.agents import WRAP_UP, state_of
from hotline.calls import Call, CallFact, Move, can, move_of
from hotline.effects import (
    Effect,
    EndPop,
    PauseSeat,
    PopScreen,
    ShowAgent,
    ShowBoard,
    ShowEmergency,
    UnpauseSeat,
    WithdrawPop,
)
from hotline.events import EmergencyStep
from hotline.facts import (
    AgentChanged,
    AgentReleased,
    CallAnswered,
    CallClosed,
    CallOffered,
    CallTaken,
    EmergencyStepped,
    Fact,
    NoteTaken,
    OfferEnded,
    WrapUpEnded,
)
from hotline.metrics import Ending, outcome_of
from hotline.words import AgentId, AgentState, CallId, EmergencyAction, Outcome, Service, Stage
from hotline.world import World, evolve


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """What the live rules need of a city's pack and of the site.

    ``spoken`` says what to do with an emergency heard in the greeting, in the queue, and with an
    agent on the line; a pressed key never asks it. ``wrap_up_s`` 0 means no 整理.
    """

    policy_version: str
    spoken: Mapping[Literal["greeting", "queue", "agent"], EmergencyAction]
    wrap_up_s: int = 30


@dataclass(slots=True)
class Turn:
    """The facts and effects of one event, and the world as they have made it so far."""

    world: World
    at: dt.datetime
    rules: CallRules
    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def take(self, fact: Fact) -> None:
        """Add a fact; the world moves on. Raises ImpossibleMove for one the table forbids."""
        self.world = evolve(self.world, fact)
        self.facts.append(fact)

    def do(self, *effects: Effect) -> None:
        self.effects.extend(effects)

    def note(self, source: str, what: str) -> None:
        self.take(NoteTaken(at=self.at, source=source, what=what))

    def take_from_wire(self, fact: CallFact) -> bool:
        """Take a fact about a call if there is such a call and the table has the move; else leave
        a note. Returns whether it was taken."""
        call = self.world.calls.get(fact.call)
        if call is None:
            self.note("exchange", f"{type(fact).__name__} for a call we do not know")
            return False
        move = move_of(fact)
        if move is not None and not can(call, move):
            self.note("exchange", f"{type(fact).__name__} while {call.stage}")
            return False
        self.take(fact)
        return True

    def call(self, call: CallId) -> Call | None:
        return self.world.calls.get(call)

    def announce(self, *agents: AgentId) -> None:
        """Say what these seats are doing now, where that has changed."""
        for agent in agents:
            seat = self.world.seat(agent)
            state = state_of(seat)
            if state is seat.state and seat.since is not None:
                continue
            self.take(
                AgentChanged(
                    at=self.at,
                    agent=agent,
                    state=state,
                    reason=seat.reason if state is AgentState.PAUSED else "",
                    call=seat.call or seat.ringing,
                    until=seat.wrap_until if state is AgentState.WRAP_UP else None,
                )
            )
            self.do(ShowAgent(agent=agent), ShowBoard())

    def offer(self, call: Call, agent: AgentId) -> None:
        """An agent's telephone rings: on their screen, and off any earlier call's ring."""
        earlier = self.world.seat(agent).ringing
        if earlier is not None and earlier != call.id:
            self.withdraw(earlier, agent, "call-gone")
        self.take(CallOffered(at=self.at, call=call.id, agent=agent))
        self.do(PopScreen(agent=agent, call=call.id, stage="ringing"))
        self.announce(agent)

    def withdraw(
        self,
        call: CallId,
        agent: AgentId,
        why: Literal["no-answer", "answered-elsewhere", "call-gone", "not-reached"],
    ) -> None:
        self.take(OfferEnded(at=self.at, call=call, agent=agent, why=why))
        self.do(WithdrawPop(agent=agent, call=call, why=why))
        self.announce(agent)

    def withdraw_all(
        self,
        call: Call,
        why: Literal["answered-elsewhere", "call-gone", "not-reached"],
        *,
        but: AgentId | None = None,
    ) -> None:
        """Take a call off every screen where it rings."""
        for agent in sorted(call.ringing - {but}):
            self.withdraw(call.id, agent, why)

    def connect(self, fact: CallAnswered | CallTaken) -> bool:
        """An agent has the caller: off every other screen, out of any call they had before."""
        call = self.call(fact.call)
        if call is None or not can(call, Move.ANSWER):
            return self.take_from_wire(fact)
        if call.agent is not None and call.agent != fact.agent:
            self.release(call, call.agent)
        before = self.world.seat(fact.agent)
        earlier = self.call(before.call) if before.call is not None else None
        if earlier is not None and earlier.id != call.id:
            self.release(earlier, fact.agent)
        if before.ringing is not None and before.ringing != call.id:
            self.withdraw(before.ringing, fact.agent, "call-gone")
        self.withdraw_all(self.world.calls[call.id], "answered-elsewhere", but=fact.agent)
        self.take(fact)
        self.do(PopScreen(agent=fact.agent, call=fact.call, stage="talking"), ShowBoard())
        self.announce(fact.agent)
        return True

    def release(self, call: Call, agent: AgentId, *, wrap_up: bool = True) -> None:
        """The agent's part is over: talk time from the answer to now, then 整理."""
        seat = self.world.seat(agent)
        if seat.call != call.id:
            return
        since = seat.answered_at or self.at
        wrap = dt.timedelta(seconds=self.rules.wrap_up_s if wrap_up else 0)
        self.take(
            AgentReleased(
                at=self.at,
                call=call.id,
                agent=agent,
                talk_s=max((self.at - since).total_seconds(), 0.0),
                wrap_until=self.at + wrap if wrap else None,
            )
        )
        if wrap and not seat.paused:
            self.do(PauseSeat(agent=agent, reason=WRAP_UP))
        elif call.returns is not None and not seat.paused:
            self.do(UnpauseSeat(agent=agent))
        self.do(EndPop(agent=agent, call=call.id))
        self.announce(agent)

    def end_wrap_up(self, agent: AgentId) -> None:
        """整理 is over; the queue may ring this seat again unless its agent paused it."""
        self.take(WrapUpEnded(at=self.at, agent=agent))
        if not self.world.seat(agent).paused:
            self.do(UnpauseSeat(agent=agent))
        self.announce(agent)

    def close(
        self,
        call: Call,
        *,
        stage: str,
        queue_status: str,
        answered: bool,
        service: Service | None,
        linked: bool,
        reconciled: bool = False,
    ) -> None:
        """End a call with its one outcome, and free everybody who had it."""
        self.withdraw_all(call, "call-gone" if call.returns is None else "not-reached")
        if call.returns is not None and call.answered_at is None:
            free = (a for a in sorted(call.ringing) if not self.world.seat(a).paused)
            self.do(*(UnpauseSeat(agent=a) for a in free))
        agent = call.agent
        if agent is not None:
            self.release(call, agent, wrap_up=not reconciled)
        emergency = _was_emergency(call)
        ending = Ending(
            answered=answered and not call.answered_in_emergency,
            emergency=emergency,
            queued=call.queued_at is not None,
            queue_status=queue_status,
        )
        outcome = outcome_of(ending) if call.returns is None else Outcome.RETURN_CALL
        waited = call.wait_s
        if waited is None and call.queued_at is not None:
            waited = max((self.at - call.queued_at).total_seconds(), 0.0)
        self.take(
            CallClosed(
                at=self.at,
                call=call.id,
                outcome=outcome,
                stage=stage,
                arrived_at=call.arrived_at,
                queued_at=call.queued_at,
                wait_s=waited,
                agent=call.answered_by,
                service=service or call.service,
                linked=linked,
                reconciled=reconciled,
            )
        )
        if call.steps:
            self.do(ShowEmergency(call=call.id, agent=None))
        self.do(ShowBoard())


def stepped(event: EmergencyStep) -> EmergencyStepped:
    """The fact of a step that was observed, now or in the log."""
    return EmergencyStepped(
        at=event.at,
        call=event.call,
        phase=event.phase,
        service=event.service,
        trunk=event.trunk,
        reason=event.reason,
        status=event.status,
        elapsed_ms=event.elapsed_ms,
    )


def handed_over(call: Call) -> bool:
    """Whether the call was on its way to a service, or in the emergency queue. The menu alone is
    not: who hangs up there has hung up in the greeting, or given up waiting."""
    return any(step.phase in {"chosen", "trying", "answered", "queued"} for step in call.steps)


def _was_emergency(call: Call) -> bool:
    """Whether the call was handed to a service, or put in the emergency queue."""
    return handed_over(call) or call.stage in {
        Stage.EMERGENCY_DIALLING,
        Stage.EMERGENCY_LINKED,
        Stage.EMERGENCY_QUEUED,
    }
