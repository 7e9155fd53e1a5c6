"""The World as desk and board see it."""

from __future__ import annotations

import datetime as dt

import pytest

from hotline.words import AgentId, CallId, Phone
from switchboard import policies
from switchboard.live import Live, Roster
from tests.hotline.play import START, Scene

POLICY = policies.load().policy("zhaoqing", START.date())
NAMES = {AgentId("1001"): "林晓岚", AgentId("1002"): "冼伟杰"}


def seen(scene: Scene) -> Live:
    return Live(
        world=lambda: scene.world,
        policy=lambda: POLICY,
        roster=lambda: Roster(names=NAMES),
        caller=lambda call: Phone("13800138000"),
        now=lambda: scene.now,
    )


def test_before_the_first_call_every_rate_is_unknown_and_every_seat_listed() -> None:
    live = seen(Scene())
    board = live.board_now(())
    assert board.today.loss_rate.value is None
    assert board.strip.loss_rate is None
    assert board.strip.longest_wait_s is None
    assert [seat.name for seat in board.seats] == ["林晓岚", "冼伟杰"]


def test_the_longest_wait_grows_while_nobody_answers() -> None:
    scene = Scene()
    scene.arrives("a")
    scene.queues("a")
    scene.wait(7)
    scene.arrives("b")
    scene.queues("b")
    scene.wait(3)
    strip = seen(scene).strip()
    assert (strip.waiting, strip.longest_wait_s) == (2, 10.0)
    ordinary = next(q for q in seen(scene).board_now(()).queues if q.name == "hotline")
    assert (ordinary.waiting, ordinary.longest_wait_s) == (2, 10.0)


def test_a_card_is_for_the_agent_who_has_the_call_and_for_nobody_else() -> None:
    scene = Scene()
    scene.seated("1001", "1002")
    scene.arrives("a")
    scene.queues("a")
    scene.wait(4)
    scene.rings("a", "1001")
    live = seen(scene)
    card = live.card(CallId("a"), AgentId("1001"))
    assert card is not None
    assert (card.stage, card.waited_s, card.caller.digits) == ("ringing", 4.0, "13800138000")
    assert live.card(CallId("a"), AgentId("1002")) is None
    scene.answers("a", "1001")
    [card] = live.cards(AgentId("1001"))
    assert card.stage == "talking"


def test_every_rate_shows_its_division_and_its_standard() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    scene.ends("a", member="PJSIP/1001")
    scene.arrives("b")
    scene.queues("b")
    scene.wait(9)
    scene.ends("b")
    today = seen(scene).board_now(()).today
    assert (today.loss_rate.numerator, today.loss_rate.denominator) == (1, 2)
    assert today.connect_rate.value == 0.5
    assert today.connect_rate.standard == 0.95
    assert today.connect_rate.breach
    assert "33358" in today.connect_rate.article


def test_the_chart_ends_at_the_half_hour_that_runs() -> None:
    scene = Scene()
    scene.arrives("a")
    scene.queues("a")
    scene.ends("a")
    halves = seen(scene).board_now(()).halves
    assert len(halves) == 21, "10:00 in Shanghai is the 21st half hour"
    assert (halves[-1].offered, halves[-1].lost) == (1, 1)


@pytest.mark.parametrize("agent", ["1001", "9999"])
def test_a_seat_nobody_has_is_no_seat(agent: str) -> None:
    found = seen(Scene()).seat(AgentId(agent))
    assert (found is None) == (agent == "9999")


def test_an_emergency_shows_its_whole_ladder() -> None:
    scene = Scene()
    scene.arrives("a")
    scene.steps("a", "chosen", "119")
    scene.steps("a", "trying", "119", trunk=1, elapsed_ms=3)
    scene.steps("a", "failed", "119", trunk=1, status="BUSY", elapsed_ms=40)
    scene.steps("a", "trying", "119", trunk=2, elapsed_ms=41)
    [linkage] = seen(scene).board_now(()).emergencies
    assert (linkage.service, linkage.phase, linkage.trunk) == ("119", "trying", 2)
    assert [step.status for step in linkage.steps] == ["", "", "BUSY", ""]
    assert not linkage.linked


def test_a_day_in_shanghai_begins_at_four_in_the_afternoon_utc() -> None:
    scene = Scene()
    scene.now = dt.datetime(2026, 9, 28, 15, 59, 59, tzinfo=dt.UTC)
    scene.arrives("late")
    scene.ends("late", stage="greeting")
    scene.wait(2)
    assert seen(scene).board_now(()).today.greeting_hang_up == 0
    assert seen(scene).board_now(()).day.greeting_hang_up == 1
