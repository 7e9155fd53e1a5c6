"""Given these events in, what is true and what must be done: a scene for the rules.

``Scene`` keeps a clock of its own, names calls and agents in one letter or number, and remembers
every fact and effect, so that a test reads as the story of a call.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from hotline.decide import CallRules, World, decide, evolve
from hotline.effects import Effect
from hotline.events import (
    AgentActAsked,
    AgentAnswered,
    AgentLegEnded,
    AgentRang,
    AgentReachable,
    CallArrived,
    CallEnded,
    CallQueued,
    EmergencyStep,
    Event,
)
from hotline.facts import CallClosed, Fact
from hotline.words import AgentId, CallId, EmergencyAction, Phone, Service, UserId

START = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
RULES = CallRules(
    policy_version="test",
    spoken={
        "greeting": EmergencyAction.CONFIRM,
        "queue": EmergencyAction.CONFIRM,
        "agent": EmergencyAction.TELL,
    },
    wrap_up_s=30,
)


@dataclass
class Scene:
    world: World = field(default_factory=World)
    now: dt.datetime = START
    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    rules: CallRules = RULES

    def play(self, event: Event) -> tuple[Effect, ...]:
        facts, effects = decide(self.world, event, self.rules)
        for fact in facts:
            self.world = evolve(self.world, fact)
        self.facts.extend(facts)
        self.effects.extend(effects)
        return effects

    def tell(self, kind: type[Any], **fields: Any) -> tuple[Effect, ...]:
        return self.play(kind(at=self.now, received_at=self.now, **fields))

    def wait(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)

    def arrives(self, call: str, caller: str = "13800138000") -> None:
        self.tell(
            CallArrived,
            call=CallId(call),
            caller=Phone.parse(caller),
            dialled="12345",
            channel=f"PJSIP/carrier-{call}",
        )

    def queues(self, call: str, queue: str = "hotline") -> None:
        self.tell(CallQueued, call=CallId(call), queue=queue, position=1)

    def rings(self, call: str, agent: str) -> tuple[Effect, ...]:
        return self.tell(AgentRang, call=CallId(call), agent=AgentId(agent))

    def answers(self, call: str, agent: str) -> tuple[Effect, ...]:
        return self.tell(
            AgentAnswered,
            call=CallId(call),
            agent=AgentId(agent),
            hold_s=0.0,
            ring_s=0.0,
            caller_channel=f"PJSIP/carrier-{call}",
            agent_channel=f"PJSIP/{agent}-{call}",
        )

    def agent_hangs_up(self, call: str, agent: str) -> None:
        self.tell(AgentLegEnded, call=CallId(call), agent=AgentId(agent))

    def ends(self, call: str, *, stage: str = "queue", status: str = "", **more: Any) -> None:
        fields: dict[str, Any] = {
            "abandoned": False,
            "member": "",
            "service": None,
            "linked": False,
            "cause": 16,
        }
        self.tell(CallEnded, call=CallId(call), stage=stage, queue_status=status, **(fields | more))

    def seated(self, *agents: str) -> None:
        for agent in agents:
            self.tell(AgentReachable, agent=AgentId(agent), device="web", reachable=True)

    def acts(self, agent: str, act: str, **more: Any) -> tuple[Effect, ...]:
        return self.tell(AgentActAsked, agent=AgentId(agent), by=UserId("u1"), act=act, **more)

    def steps(self, call: str, phase: str, service: str | None = None, **more: Any) -> None:
        fields: dict[str, Any] = {"trunk": None, "reason": "key"}
        self.tell(
            EmergencyStep,
            call=CallId(call),
            phase=phase,
            service=Service(service) if service else None,
            **(fields | more),
        )

    def closing(self, call: str) -> CallClosed:
        [fact] = [f for f in self.facts if isinstance(f, CallClosed) and f.call == call]
        return fact
