"""The live World as the desk sees it: seats, cards, strip and board, computed when asked.

Pure reading of one frozen World per call: nothing here waits, fails or changes anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agent_desk import views
from hotline import metrics
from hotline.agents import Seat as LiveSeat
from hotline.calls import EMERGENCY_QUEUE, Call
from hotline.facts import AlarmRaised, EmergencyStepped
from hotline.follow_ups import TASK
from hotline.metrics import Count, Record
from hotline.policy import Policy
from hotline.reconcile import ORDINARY_QUEUE
from hotline.words import AgentId, AgentState, CallId, Outcome, Phone, Stage
from hotline.world import World

QUEUE_TITLES = {ORDINARY_QUEUE: "综合", EMERGENCY_QUEUE: "紧急"}
_FORMULAS = {
    "loss": "呼损 ÷ 进线。呼损 = 排队放弃 + 排队超时 + 无人可接或队列已满；"
    "开场语中挂断、转紧急的不在进线内",
    "connect": "接通 ÷ 进线",
    "in-time": "15 秒内接通 ÷ 进线（不是 ÷ 接通）；等待 = 排队 + 振铃",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who sits where: the agents of this city, by number."""

    names: Mapping[AgentId, str] = field(default_factory=dict)

    def name(self, agent: AgentId) -> str:
        return self.names.get(agent, agent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Reads the World for the desk. ``world`` and ``policy`` give the present ones.

    ``caller`` knows the numbers of live calls; ``ring_s`` is how long one seat rings.
    """

    world: Callable[[], World]
    policy: Callable[[], Policy]
    roster: Callable[[], Roster]
    caller: Callable[[CallId], Phone | None]
    now: Callable[[], dt.datetime]
    ring_s: int = 15
    short_s: float = 5.0

    # ------------------------------------------------------------------------------- seats
    def seat(self, agent: AgentId) -> views.Seat | None:
        """This agent's seat; None where nobody has that number."""
        if agent not in self.roster().names:
            return None
        world = self.world()
        return self._seat(world, world.seat(agent), self._answered(self._today(world)))

    def seats(self) -> Sequence[views.Seat]:
        """Every agent of the roster, by number."""
        world = self.world()
        answered = self._answered(self._today(world))
        return [self._seat(world, world.seat(agent), answered) for agent in self._agents()]

    def _agents(self) -> list[AgentId]:
        return sorted(self.roster().names)

    def _seat(self, world: World, seat: LiveSeat, answered: Mapping[AgentId, int]) -> views.Seat:
        return views.Seat(
            agent=seat.agent,
            name=self.roster().name(seat.agent),
            state=seat.state,
            since=seat.since or world.heard_at or self.now(),
            reason=seat.reason if seat.state is AgentState.PAUSED else "",
            until=seat.wrap_until,
            call=seat.call or seat.ringing,
            devices=tuple(
                views.Device(name=name, reachable=f"PJSIP/{name}" in seat.devices)
                for name in (f"{seat.agent}-web", str(seat.agent))
            ),
            answered_today=answered.get(seat.agent, 0),
        )

    @staticmethod
    def _answered(records: Sequence[Record]) -> Mapping[AgentId, int]:
        counts: dict[AgentId, int] = {}
        for record in records:
            if record.counts_as is Outcome.ANSWERED and record.agent is not None:
                counts[record.agent] = counts.get(record.agent, 0) + 1
        return counts

    # ------------------------------------------------------------------------------- cards
    def card(self, call: CallId, agent: AgentId) -> views.CallCard | None:
        """The call for this agent's screen; None when it is gone or not theirs."""
        world = self.world()
        live = world.calls.get(call)
        seat = world.seat(agent)
        if live is None or call not in (seat.call, seat.ringing):
            return None
        talking = seat.call == call
        return views.CallCard(
            call=call,
            agent=agent,
            stage="talking" if talking else "ringing",
            caller=self.caller(call) or Phone(""),
            queue=_line_of(live),
            waited_s=live.wait_s if live.wait_s is not None else self._waited(live),
            since=(seat.answered_at if talking else seat.since) or live.arrived_at,
            ring_s=self.ring_s,
            emergency=linkage_of(live),
        )

    def cards(self, agent: AgentId) -> Sequence[views.CallCard]:
        """The calls that ring at this agent, or that they talk in."""
        seat = self.world().seat(agent)
        found = [self.card(call, agent) for call in (seat.call, seat.ringing) if call]
        return [card for card in found if card is not None]

    def linkage(self, call: CallId) -> views.Linkage | None:
        """The emergency of a live call, None where there is none."""
        live = self.world().calls.get(call)
        return None if live is None else linkage_of(live)

    def gap_since(self) -> dt.datetime | None:
        """Since when the exchange is out of reach, None while it is heard."""
        return self.world().gap_since

    def _waited(self, call: Call) -> float | None:
        since = call.waiting_since
        return None if since is None else max((self.now() - since).total_seconds(), 0.0)

    # ------------------------------------------------------------------------------ numbers
    def strip(self) -> views.StripNow:
        """The line at the foot of the desk."""
        world = self.world()
        states = [world.seat(agent).state for agent in self._agents()]
        today, day = self._count(self._today(world)), self._count(self._last_day(world))
        return views.StripNow(
            waiting=len(waiting(world)),
            longest_wait_s=self._longest(waiting(world)),
            talking=sum(s in (AgentState.TALKING, AgentState.HELD) for s in states),
            ready=states.count(AgentState.READY),
            wrap_up=states.count(AgentState.WRAP_UP),
            paused=states.count(AgentState.PAUSED),
            offered_today=today.offered,
            loss_rate=today.loss_rate,
            connect_rate_24h=day.connect_rate,
        )

    def board_now(self, lost: Sequence[views.CallRow]) -> views.BoardNow:
        """Everything on the supervisor's board; ``lost`` are the latest lost calls."""
        world, now = self.world(), self.now()
        today = self._today(world)
        return views.BoardNow(
            at=now,
            strip=self.strip(),
            today=self._figures(self._count(today)),
            day=self._figures(self._count(self._last_day(world))),
            seats=tuple(self.seats()),
            queues=self._queues(world),
            lost_calls=tuple(lost),
            emergencies=tuple(
                found for call in world.calls.values() if (found := linkage_of(call)) is not None
            ),
            gap_since=world.gap_since,
            halves=self._halves(world, today, now),
        )

    def _queues(self, world: World) -> tuple[views.QueueNow, ...]:
        ready = [world.seat(a).state for a in self._agents()].count(AgentState.READY)
        rows = []
        for name in (EMERGENCY_QUEUE, ORDINARY_QUEUE):
            here = [call for call in waiting(world) if call.queue == name]
            rows.append(
                views.QueueNow(
                    name=name,
                    title=QUEUE_TITLES[name],
                    waiting=len(here),
                    longest_wait_s=self._longest(here),
                    ready=ready,
                )
            )
        return tuple(rows)

    def _halves(
        self, world: World, today: Sequence[Record], now: dt.datetime
    ) -> tuple[views.HalfHour, ...]:
        first, half = self._midnight(), dt.timedelta(minutes=30)
        begun = [at for at in (first + slot * half for slot in range(48)) if at <= now]
        ends = [min(at + half, now) for at in begun]
        records = world.board.records.values()
        rates = metrics.connect_rates(records, ends, dt.timedelta(hours=24))
        counts = metrics.half_hours(today, first)
        return tuple(
            views.HalfHour(
                start=at,
                offered=answered + lost,
                answered=answered,
                lost=lost,
                connect_rate_24h=rate,
            )
            for at, rate, (answered, lost) in zip(begun, rates, counts, strict=False)
        )

    def _midnight(self) -> dt.datetime:
        return metrics.day_start(self.now(), self.policy().zone)

    def records(self, world: World, window: Literal["today", "24h"]) -> tuple[Record, ...]:
        """The board's calls of a window, in order of arrival."""
        return self._today(world) if window == "today" else self._last_day(world)

    def _today(self, world: World) -> tuple[Record, ...]:
        start = self._midnight()
        return metrics.between(world.board, start, start + dt.timedelta(days=1))

    def _last_day(self, world: World) -> tuple[Record, ...]:
        now = self.now()
        return metrics.between(
            world.board, now - dt.timedelta(hours=24), now + dt.timedelta(seconds=1)
        )

    def _count(self, records: Sequence[Record]) -> Count:
        return metrics.count(records, short_s=self.short_s)

    def _longest(self, calls: Sequence[Call]) -> float | None:
        waits = [w for call in calls if (w := self._waited(call)) is not None]
        return max(waits, default=None)

    def _figures(self, count: Count) -> views.Figures:
        standard = self.policy().line.connect_rate_min
        article = str(standard.article) if standard.article else ""
        floor = standard.value
        connect = count.connect_rate
        return views.Figures(
            offered=count.offered,
            answered=count.answered,
            lost=count.lost,
            abandoned=count.abandoned,
            timed_out=count.timed_out,
            turned_away=count.turned_away,
            greeting_hang_up=count.greeting_hang_ups,
            emergency=count.emergencies,
            loss_rate=views.Rate(
                value=count.loss_rate,
                numerator=count.lost,
                denominator=count.offered,
                formula=_FORMULAS["loss"],
            ),
            connect_rate=views.Rate(
                value=connect,
                numerator=count.answered,
                denominator=count.offered,
                formula=_FORMULAS["connect"],
                article=article,
                standard=floor,
                breach=floor is not None and connect is not None and connect < floor,
            ),
            within_15s_rate=views.Rate(
                value=count.in_time_rate,
                numerator=count.answered_in_time,
                denominator=count.offered,
                formula=_FORMULAS["in-time"],
            ),
        )


def _line_of(call: Call) -> str:
    """The queue a call came by; 回拨 or 回访 for one of ours."""
    if call.returns is not None:
        return "回访" if call.returns.startswith(TASK) else "回拨"
    return QUEUE_TITLES.get(call.queue or "", call.queue or "")


def waiting(world: World) -> list[Call]:
    """The calls that wait for an agent now, longest first."""
    here = [call for call in world.calls.values() if call.waiting_since is not None]
    return sorted(here, key=lambda call: call.waiting_since or call.arrived_at)


def talking(world: World) -> list[Call]:
    """The calls an agent has now."""
    return [call for call in world.calls.values() if call.stage is Stage.TALKING]


def linkage_of(call: Call, ended_at: dt.datetime | None = None) -> views.Linkage | None:
    """The linkage record of a live call: the fold of its steps; before the first step, an alarm
    that waits for the agent's decision."""
    if not call.steps:
        return None if call.alarm is None else _alarm_of(call, call.alarm)
    return fold_linkage(call.id, call.steps, agent=call.agent, ended_at=ended_at)


def _alarm_of(call: Call, alarm: AlarmRaised) -> views.Linkage:
    return views.Linkage(
        call=call.id,
        service=alarm.service,
        phase="confirming",
        trunk=None,
        status=alarm.level,
        reason="words",
        elapsed_ms=None,
        started_at=alarm.at,
        ended_at=None,
        linked=False,
        agent=call.agent,
        steps=(),
    )


def fold_linkage(
    call: CallId,
    steps: Sequence[EmergencyStepped],
    *,
    agent: AgentId | None,
    ended_at: dt.datetime | None,
) -> views.Linkage:
    """At least one step, in order."""
    last = steps[-1]
    return views.Linkage(
        call=call,
        service=next((s.service for s in reversed(steps) if s.service is not None), None),
        phase=last.phase,
        trunk=last.trunk,
        status=last.status,
        reason=next((s.reason for s in steps if s.reason), ""),
        elapsed_ms=last.elapsed_ms,
        started_at=steps[0].at,
        ended_at=ended_at,
        linked=any(s.phase == "answered" for s in steps),
        agent=agent,
        steps=tuple(
            views.LinkageStep(
                at=s.at,
                phase=s.phase,
                service=s.service,
                trunk=s.trunk,
                status=s.status,
                elapsed_ms=s.elapsed_ms,
            )
            for s in steps
        ),
    )
