"""After a gap: what the log and the exchange tell is counted once, and nothing lives on as a
ghost."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hotline.effects import PopScreen, RememberCaller
from hotline.events import CallFoundInLog, CallOnExchange, ExchangeBack, ExchangeLost
from hotline.facts import CallClosed
from hotline.words import AgentId, AgentState, CallId, Outcome, Phone, Service
from tests.hotline.play import Scene


def in_log(scene: Scene, call: str, **more: Any) -> None:
    fields: dict[str, Any] = {
        "arrived_at": scene.now - dt.timedelta(seconds=60),
        "queued_at": scene.now - dt.timedelta(seconds=50),
        "answered_at": None,
        "wait_s": None,
        "agent": None,
        "stage": "queue",
        "queue_status": "",
        "abandoned": True,
        "service": None,
        "linked": False,
    }
    scene.tell(CallFoundInLog, call=CallId(call), **(fields | more))


def back(scene: Scene, *calls: CallOnExchange) -> None:
    scene.tell(ExchangeBack, gap_from=None, calls=calls, seats=())


def seen(scene: Scene, call: str, agent: str | None = None, queue: str | None = None) -> Any:
    return CallOnExchange(
        call=CallId(call),
        channel=f"PJSIP/carrier-{call}",
        stage="queue",
        caller=Phone("13800138000"),
        queue=queue,
        position=None,
        agent=AgentId(agent) if agent else None,
        agent_channel="PJSIP/1001-1",
        since=scene.now - dt.timedelta(seconds=30),
    )


def test_a_call_lost_while_we_were_away_is_counted_from_the_log() -> None:
    scene = Scene()
    in_log(scene, "a")
    closed = scene.closing("a")
    assert (closed.outcome, closed.reconciled) == (Outcome.ABANDONED, True)
    assert closed.wait_s == 50.0


def test_a_call_answered_while_we_were_away_is_counted_with_its_agent_and_wait() -> None:
    scene = Scene()
    scene.seated("1001")
    in_log(
        scene,
        "a",
        answered_at=scene.now - dt.timedelta(seconds=42),
        wait_s=8.0,
        agent=AgentId("1001"),
        abandoned=False,
    )
    closed = scene.closing("a")
    assert (closed.outcome, closed.wait_s, closed.agent) == (Outcome.ANSWERED, 8.0, "1001")
    assert scene.world.seat(AgentId("1001")).state is AgentState.READY
    assert not [effect for effect in scene.effects if isinstance(effect, PopScreen)]


def test_an_emergency_while_we_were_away_is_counted_and_linked() -> None:
    scene = Scene()
    in_log(scene, "a", stage="emergency", service=Service.FIRE, linked=True, queued_at=None)
    closed = scene.closing("a")
    assert (closed.outcome, closed.service, closed.linked) == (Outcome.EMERGENCY, "119", True)


def test_the_same_end_told_twice_counts_once() -> None:
    scene = Scene()
    scene.arrives("a")
    scene.queues("a")
    scene.ends("a", status="TIMEOUT")
    in_log(scene, "a", queue_status="TIMEOUT")
    assert len([fact for fact in scene.facts if isinstance(fact, CallClosed)]) == 1


def test_a_call_that_is_gone_from_the_exchange_is_no_ghost() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    scene.tell(ExchangeLost, why="test")
    assert scene.world.gap_since is not None
    back(scene)
    assert scene.world.calls == {}
    assert scene.closing("a").outcome is Outcome.ANSWERED
    assert scene.world.gap_since is None


def test_a_call_still_alive_is_taken_up_with_agent_and_caller() -> None:
    scene = Scene()
    scene.seated("1001")
    back(scene, seen(scene, "a", agent="1001"))
    call = scene.world.calls[CallId("a")]
    assert call.agent == "1001"
    assert RememberCaller in {type(effect) for effect in scene.effects}
    assert scene.world.seat(AgentId("1001")).state is AgentState.TALKING


def test_a_conversation_that_went_on_through_the_gap_stays_as_it_was() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    before = scene.world.calls[CallId("a")]
    scene.tell(ExchangeLost, why="test")
    back(scene, seen(scene, "a", agent="1001"))
    after = scene.world.calls[CallId("a")]
    assert (after.agent, after.wait_s, after.arrived_at) == (
        before.agent,
        before.wait_s,
        before.arrived_at,
    )
