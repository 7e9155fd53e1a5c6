"""Calls: the one outcome, the pop to the right agent, the way to an emergency service."""

from __future__ import annotations

import datetime as dt
import typing

import pytest

from hotline import calls, metrics
from hotline.effects import (
    EndPop,
    HandOver,
    PauseSeat,
    PopScreen,
    ReconcileLog,
    RememberCaller,
    ShowEmergency,
    WithdrawPop,
)
from hotline.errors import ImpossibleMove
from hotline.events import (
    AgentDidNotAnswer,
    CallTransferred,
    EmergencySpoken,
    EmergencyStep,
    TransferAnswered,
)
from hotline.facts import CallOpened, Fact, NoteTaken
from hotline.words import AgentId, AgentState, CallId, EmergencyAction, Outcome, Service, Stage
from tests.hotline.play import Scene


def of(effects: object, kind: type) -> list[typing.Any]:
    return [effect for effect in typing.cast("list[object]", effects) if isinstance(effect, kind)]


def test_every_fact_about_a_call_is_in_the_table_or_declared_to_keep_the_stage() -> None:
    moving = {fact for fact in typing.get_args(calls.CallFact) if fact not in calls.KEEPS_STAGE}
    assert moving == {
        kind
        for kind in typing.get_args(calls.CallFact)
        if kind.__name__
        in {"CallWaiting", "CallAnswered", "CallTaken", "CallClosed", "EmergencyStepped"}
    }
    assert set(typing.get_args(Fact)) >= calls.KEEPS_STAGE


def test_every_stage_but_the_last_can_end() -> None:
    for stage, moves in calls.MOVES.items():
        assert (calls.Move.END in moves) == (stage is not Stage.ENDED)


def test_an_ordinary_call_is_answered_and_counted_once() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.wait(4)
    assert of(scene.rings("a", "1001"), PopScreen) == [
        PopScreen(agent=AgentId("1001"), call=CallId("a"), stage="ringing")
    ]
    scene.wait(3)
    effects = scene.answers("a", "1001")
    assert of(effects, PopScreen)[0].stage == "talking"
    scene.wait(60)
    scene.agent_hangs_up("a", "1001")
    scene.ends("a", member="PJSIP/1001-web")
    closed = scene.closing("a")
    assert (closed.outcome, closed.wait_s, closed.agent) == (Outcome.ANSWERED, 7.0, "1001")
    assert scene.world.calls == {}
    tally = metrics.count(scene.world.board.records.values(), short_s=5)
    assert (tally.offered, tally.answered, tally.lost, tally.answered_in_time) == (1, 1, 0, 1)


def test_the_number_of_a_caller_is_remembered_but_never_a_fact() -> None:
    scene = Scene()
    scene.arrives("a", "13912345678")
    [effect] = of(scene.effects, RememberCaller)
    assert effect.caller.digits == "13912345678"
    assert "13912345678" not in repr(scene.facts)
    assert "13912345678" not in repr(effect)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("", Outcome.ABANDONED),
        ("TIMEOUT", Outcome.TIMED_OUT),
        ("JOINEMPTY", Outcome.TURNED_AWAY),
        ("FULL", Outcome.TURNED_AWAY),
        ("LEAVEEMPTY", Outcome.TURNED_AWAY),
    ],
)
def test_a_caller_nobody_answered_is_counted_lost(status: str, outcome: Outcome) -> None:
    scene = Scene()
    scene.arrives("a")
    if status not in {"JOINEMPTY", "FULL"}:
        scene.queues("a")
    scene.wait(20)
    scene.ends("a", status=status)
    assert scene.closing("a").outcome is outcome
    tally = metrics.count(scene.world.board.records.values(), short_s=5)
    assert (tally.offered, tally.lost, tally.loss_rate) == (1, 1, 1.0)


def test_a_hang_up_in_the_greeting_is_shown_apart() -> None:
    scene = Scene()
    scene.arrives("a")
    scene.ends("a", stage="greeting")
    tally = metrics.count(scene.world.board.records.values(), short_s=5)
    assert (tally.offered, tally.greeting_hang_ups, tally.loss_rate) == (0, 1, None)


def test_a_call_handed_to_119_by_key_is_shown_apart() -> None:
    scene = Scene()
    scene.arrives("a")
    scene.steps("a", "menu")
    scene.steps("a", "chosen", "119")
    scene.steps("a", "trying", "119", trunk=1)
    scene.steps("a", "answered", "119", trunk=1)
    assert scene.world.calls[CallId("a")].stage is Stage.EMERGENCY_LINKED
    scene.ends("a", stage="emergency", service=Service.FIRE, linked=True)
    closed = scene.closing("a")
    assert (closed.outcome, closed.service, closed.linked) == (Outcome.EMERGENCY, "119", True)


def test_a_call_an_agent_hands_to_120_counts_as_answered_and_is_linked() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    [effect] = of(
        scene.acts("1001", "hand_over", call=CallId("a"), service=Service.MEDICAL), HandOver
    )
    assert (effect.service, effect.how) == ("120", EmergencyAction.TRANSFER)
    scene.steps("a", "trying", "120", trunk=1, reason="agent")
    scene.agent_hangs_up("a", "1001")
    scene.steps("a", "answered", "120", trunk=1, reason="agent")
    scene.ends("a", stage="emergency", member="PJSIP/1001", service=Service.MEDICAL, linked=True)
    closed = scene.closing("a")
    assert (closed.outcome, closed.service, closed.linked) == (Outcome.ANSWERED, "120", True)


def test_who_handed_a_caller_over_sees_what_comes_of_it() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    scene.agent_hangs_up("a", "1001")
    for phase in ("chosen", "trying", "answered"):
        step = {"phase": phase, "service": Service.FIRE, "trunk": 1, "reason": "agent"}
        shown = of(scene.tell(EmergencyStep, call=CallId("a"), **step), ShowEmergency)
        assert [one.agent for one in shown] == ["1001"]


def test_star_gives_back_the_wait_from_the_first_joining() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.wait(10)
    scene.steps("a", "menu")
    scene.steps("a", "cancelled")
    scene.wait(2)
    scene.queues("a")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    scene.ends("a", member="PJSIP/1001")
    assert scene.closing("a").outcome is Outcome.ANSWERED
    assert scene.closing("a").wait_s == 12.0


def test_an_answer_in_the_emergency_queue_is_not_an_answer_for_the_rates() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.steps("a", "menu")
    scene.steps("a", "queued", reason="nothing-pressed")
    scene.queues("a", "hotline-emergency")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    assert scene.world.seat(AgentId("1001")).state is AgentState.TALKING
    scene.ends("a", stage="emergency-queue", member="PJSIP/1001")
    assert scene.closing("a").outcome is Outcome.EMERGENCY


def test_a_pop_is_withdrawn_when_the_ring_times_out_and_when_another_answers() -> None:
    scene = Scene()
    scene.seated("1001", "1002", "1003")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    effects = scene.tell(AgentDidNotAnswer, call=CallId("a"), agent=AgentId("1001"), ring_s=15.0)
    assert of(effects, WithdrawPop)[0].why == "no-answer"
    scene.rings("a", "1002")
    scene.rings("a", "1003")
    effects = scene.answers("a", "1003")
    assert [(e.agent, e.why) for e in of(effects, WithdrawPop)] == [("1002", "answered-elsewhere")]


def test_a_caller_who_gives_up_while_it_rings_frees_the_screen() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    scene.ends("a")
    assert of(scene.effects, WithdrawPop)[0].why == "call-gone"
    assert scene.world.seat(AgentId("1001")).state is AgentState.READY


def test_a_transfer_moves_the_call_and_frees_the_first_agent() -> None:
    scene = Scene()
    scene.seated("1001", "1002")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    scene.tell(CallTransferred, call=CallId("a"), by=AgentId("1001"), to="1002", attended=False)
    scene.agent_hangs_up("a", "1001")
    assert scene.world.seat(AgentId("1001")).state is AgentState.WRAP_UP
    scene.rings("a", "1002")
    effects = scene.tell(
        TransferAnswered,
        call=CallId("a"),
        agent=AgentId("1002"),
        caller_channel="PJSIP/carrier-a",
        agent_channel="PJSIP/1002-a",
    )
    assert of(effects, PopScreen)[-1] == PopScreen(
        agent=AgentId("1002"), call=CallId("a"), stage="talking"
    )
    scene.ends("a", member="PJSIP/1001")
    assert [e.agent for e in of(scene.effects, EndPop)] == ["1001", "1002"]


@pytest.mark.parametrize(
    ("where", "level", "how"),
    [
        ("greeting", "red", EmergencyAction.CONFIRM),
        ("queue", "red", EmergencyAction.CONFIRM),
        ("agent", "red", None),
        ("greeting", "amber", None),
    ],
)
def test_spoken_words_act_as_the_pack_says_for_where_the_call_is(
    where: str, level: str, how: EmergencyAction | None
) -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    if where != "greeting":
        scene.queues("a")
    if where == "agent":
        scene.answers("a", "1001")
    effects = scene.tell(
        EmergencySpoken,
        call=CallId("a"),
        service=Service.FIRE,
        level=level,
        reason="着火",
        model_version="t",
    )
    assert [e.how for e in of(effects, HandOver)] == ([how] if how else [])


def test_an_agent_cannot_hand_over_a_call_they_do_not_have() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    with pytest.raises(ImpossibleMove, match="不在这通电话中"):
        scene.acts("1001", "hand_over", call=CallId("a"), service=Service.FIRE)


def test_what_the_wire_brings_out_of_order_leaves_a_note_and_changes_nothing() -> None:
    scene = Scene()
    before = scene.world
    scene.answers("ghost", "1001")
    scene.rings("ghost", "1001")
    assert all(isinstance(fact, NoteTaken) for fact in scene.facts)
    assert scene.world.calls == before.calls


def test_the_end_of_a_call_we_never_saw_is_looked_up_in_the_log() -> None:
    scene = Scene()
    scene.ends("ghost")
    assert of(scene.effects, ReconcileLog)
    assert not of(scene.facts, CallOpened)


def test_after_a_call_the_agent_has_time_to_write_and_the_queue_waits() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.rings("a", "1001")
    scene.answers("a", "1001")
    scene.agent_hangs_up("a", "1001")
    assert PauseSeat(agent=AgentId("1001"), reason="wrap-up") in scene.effects
    seat = scene.world.seat(AgentId("1001"))
    assert (seat.state, seat.wrap_until) == (
        AgentState.WRAP_UP,
        scene.now + dt.timedelta(seconds=30),
    )
