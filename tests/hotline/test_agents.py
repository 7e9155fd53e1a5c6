"""Seats: what an agent is doing follows from the telephone, the call, the pause and 整理."""

from __future__ import annotations

import pytest

from hotline.effects import PauseSeat, UnpauseSeat
from hotline.errors import ImpossibleMove
from hotline.events import (
    AgentPaused,
    AgentReachable,
    CallHeld,
    ExchangeBack,
    SeatOnExchange,
    SecondPassed,
)
from hotline.words import AgentId, AgentState, CallId
from tests.hotline.play import Scene

SEAT = AgentId("1001")


def in_a_call() -> Scene:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    return scene


def state(scene: Scene) -> AgentState:
    return scene.world.seat(SEAT).state


def test_a_seat_is_ready_when_its_telephone_is_there_and_offline_when_it_goes() -> None:
    scene = Scene()
    scene.seated("1001")
    assert state(scene) is AgentState.READY
    scene.tell(AgentReachable, agent=SEAT, device="web", reachable=False)
    assert state(scene) is AgentState.OFFLINE


def test_a_pause_asked_in_a_call_begins_when_the_call_is_over() -> None:
    scene = in_a_call()
    assert PauseSeat(agent=SEAT, reason="用餐") in scene.acts("1001", "pause", reason="用餐")
    scene.tell(AgentPaused, agent=SEAT, paused=True, reason="用餐")
    assert state(scene) is AgentState.TALKING
    scene.agent_hangs_up("a", "1001")
    assert state(scene) is AgentState.PAUSED
    assert scene.world.seat(SEAT).reason == "用餐"


def test_hold_is_seen_and_taken_back() -> None:
    scene = in_a_call()
    scene.tell(CallHeld, call=CallId("a"), held=True)
    assert state(scene) is AgentState.HELD
    scene.tell(CallHeld, call=CallId("a"), held=False)
    assert state(scene) is AgentState.TALKING


def test_after_call_work_ends_by_time_and_the_queue_may_ring_again() -> None:
    scene = in_a_call()
    scene.agent_hangs_up("a", "1001")
    assert state(scene) is AgentState.WRAP_UP
    scene.wait(29)
    assert scene.tell(SecondPassed) == ()
    scene.wait(1)
    assert UnpauseSeat(agent=SEAT) in scene.tell(SecondPassed)
    assert state(scene) is AgentState.READY


def test_after_call_work_ends_by_key_but_only_while_it_runs() -> None:
    scene = in_a_call()
    scene.agent_hangs_up("a", "1001")
    assert UnpauseSeat(agent=SEAT) in scene.acts("1001", "wrap_up_done")
    with pytest.raises(ImpossibleMove, match="结束整理"):
        scene.acts("1001", "wrap_up_done")


def test_the_queues_own_pause_for_after_call_work_is_not_a_persons_pause() -> None:
    scene = in_a_call()
    scene.agent_hangs_up("a", "1001")
    scene.tell(AgentPaused, agent=SEAT, paused=True, reason="wrap-up")
    assert state(scene) is AgentState.WRAP_UP
    assert not scene.world.seat(SEAT).paused


def test_after_call_work_that_a_restart_forgot_is_ended_at_the_next_picture() -> None:
    scene = Scene()
    effects = scene.tell(
        ExchangeBack,
        gap_from=None,
        calls=(),
        seats=(
            SeatOnExchange(
                agent=SEAT, device="PJSIP/1001", reachable=True, paused=True, reason="wrap-up"
            ),
        ),
    )
    assert UnpauseSeat(agent=SEAT) in effects
    assert state(scene) is AgentState.READY


def test_a_telephone_that_did_not_answer_pauses_the_whole_seat_in_words() -> None:
    scene = Scene()
    scene.seated("1001")
    effects = scene.tell(AgentPaused, agent=SEAT, paused=True, reason="Auto-Pause")
    assert effects == (PauseSeat(agent=SEAT, reason="无人接听"),)
    scene.tell(AgentPaused, agent=SEAT, paused=True, reason="无人接听")
    assert (state(scene), scene.world.seat(SEAT).reason) == (AgentState.PAUSED, "无人接听")
