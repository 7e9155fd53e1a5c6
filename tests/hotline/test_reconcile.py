"""After a gap: what the log and the exchange tell is counted once, and nothing lives on as a
ghost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from hotline.effects import PopScreen, RememberCaller
from hotline.events import (
    CallFoundInLog,
    CallOnExchange,
    EmergencyStep,
    ExchangeBack,
    ExchangeLost,
)
from hotline.facts import CallClosed, CallRated
from hotline.words import AgentId, AgentState, CallId, Outcome, Phone, Service, Stage
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


def logged(scene: Scene, call: str, *phases: str, **more: Any) -> CallFoundInLog:
    """What the log tells of a call with these steps towards 119."""
    fields: dict[str, Any] = {
        "arrived_at": scene.now - dt.timedelta(seconds=60),
        "queued_at": scene.now - dt.timedelta(seconds=50),
        "answered_at": None,
        "wait_s": None,
        "agent": None,
        "stage": "queue",
        "queue_status": "",
        "abandoned": False,
        "service": None,
        "linked": False,
    }
    steps = tuple(
        EmergencyStep(
            at=scene.now - dt.timedelta(seconds=40 - nth),
            received_at=scene.now,
            call=CallId(call),
            phase=phase,  # type: ignore[arg-type]  # a phase by its name
            service=Service.FIRE,
            trunk=None,
            reason="key",
        )
        for nth, phase in enumerate(phases)
    )
    return CallFoundInLog(
        at=scene.now, received_at=scene.now, call=CallId(call), steps=steps, **(fields | more)
    )


def test_who_an_agent_answered_out_of_the_emergency_queue_is_an_emergency_in_the_log_too() -> None:
    scene = Scene()
    scene.play(
        logged(
            scene,
            "a",
            "menu",
            "queued",
            stage="agent",
            queue="hotline-emergency",
            answered_at=scene.now - dt.timedelta(seconds=30),
            agent=AgentId("1001"),
        )
    )
    closed = scene.closing("a")
    assert (closed.outcome, closed.agent) == (Outcome.EMERGENCY, "1001")


def test_who_answered_first_counts_though_the_call_went_to_119_afterwards() -> None:
    scene = Scene()
    answered = scene.now - dt.timedelta(seconds=45)
    scene.play(
        logged(
            scene,
            "a",
            "chosen",
            "trying",
            "answered",
            stage="emergency",
            service=Service.FIRE,
            linked=True,
            answered_at=answered,
            wait_s=5.0,
            agent=AgentId("1001"),
        )
    )
    closed = scene.closing("a")
    assert (closed.outcome, closed.agent, closed.wait_s) == (Outcome.ANSWERED, "1001", 5.0)
    assert (closed.service, closed.linked) == ("119", True)


def test_who_hung_up_in_the_emergency_menu_was_handed_to_nobody() -> None:
    scene = Scene()
    scene.play(logged(scene, "a", "menu", stage="emergency-menu", queued_at=None))
    assert scene.closing("a").outcome is Outcome.GREETING_HANG_UP


def test_a_call_that_speaks_with_119_when_we_return_is_shown_and_counted_so() -> None:
    scene = Scene()
    told = logged(scene, "a", "menu", "chosen", "trying", "answered", queued_at=None)
    back(scene, replace(seen(scene, "a"), logged=told))
    assert scene.world.calls[CallId("a")].stage is Stage.EMERGENCY_LINKED
    scene.ends("a", stage="emergency", service=Service.FIRE, linked=True)
    assert scene.closing("a").outcome is Outcome.EMERGENCY


def test_an_end_that_tells_of_an_emergency_nobody_saw_is_an_emergency() -> None:
    scene = Scene()
    back(scene, seen(scene, "a"))
    scene.ends("a", stage="emergency", service=Service.FIRE, linked=True)
    assert scene.closing("a").outcome is Outcome.EMERGENCY


def test_a_call_answered_during_the_gap_waited_as_long_as_the_log_says() -> None:
    scene = Scene()
    scene.seated("1001")
    told = logged(
        scene,
        "a",
        answered_at=scene.now - dt.timedelta(seconds=46),
        wait_s=4.0,
        agent=AgentId("1001"),
    )
    back(scene, replace(seen(scene, "a", agent="1001"), logged=told))
    call = scene.world.calls[CallId("a")]
    assert (call.wait_s, call.agent, call.agent_channel) == (4.0, "1001", "PJSIP/1001-1")
    assert scene.world.seat(AgentId("1001")).state is AgentState.TALKING
    scene.ends("a", stage="agent", member="PJSIP/1001")
    assert scene.closing("a").wait_s == 4.0


def test_a_rating_by_key_that_nobody_heard_is_read_from_the_log() -> None:
    scene = Scene()
    in_log(scene, "a", rated="2")
    [rating] = [fact for fact in scene.facts if isinstance(fact, CallRated)]
    assert (rating.call, rating.key) == (CallId("a"), "2")
    in_log(scene, "a", rated="2")
    in_log(scene, "b")
    assert sum(isinstance(fact, CallRated) for fact in scene.facts) == 1
