"""The numbers: who counts as lost, and that no rate is ever 0/0."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import metrics
from hotline.metrics import Ending, Record
from hotline.words import CallId, Outcome
from tests.hotline.play import START, Scene


def record(outcome: Outcome, wait_s: float | None = None, minutes: int = 0) -> Record:
    return Record(
        call=CallId(f"{outcome}-{minutes}-{wait_s}"),
        arrived_at=START + dt.timedelta(minutes=minutes),
        outcome=outcome,
        wait_s=wait_s,
    )


def test_a_rate_without_a_denominator_is_none() -> None:
    empty = metrics.count([], short_s=5)
    assert (empty.loss_rate, empty.connect_rate, empty.in_time_rate) == (None, None, None)


def test_the_in_time_rate_divides_by_the_offered_not_by_the_answered() -> None:
    calls = [
        record(Outcome.ANSWERED, 15.0),
        record(Outcome.ANSWERED, 15.1),
        record(Outcome.ABANDONED, 3.0),
        record(Outcome.TIMED_OUT, 300.0),
    ]
    tally = metrics.count(calls, short_s=5)
    assert tally.in_time_rate == pytest.approx(1 / 4)
    assert tally.connect_rate == pytest.approx(2 / 4)
    assert (tally.short, tally.lost) == (1, 2)


@given(st.lists(st.sampled_from(list(Outcome)), max_size=60))
@pytest.mark.clause("HB-16")
def test_offered_is_answered_and_lost_and_nothing_else(outcomes: list[Outcome]) -> None:
    tally = metrics.count([record(o, 1.0, i) for i, o in enumerate(outcomes)], short_s=5)
    assert tally.offered == tally.answered + tally.lost
    apart = tally.greeting_hang_ups + tally.emergencies + tally.return_calls
    assert tally.offered + apart == len(outcomes)


@given(
    answered=st.booleans(),
    emergency=st.booleans(),
    queued=st.booleans(),
    status=st.sampled_from(["", "TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "CONTINUE"]),
)
def test_an_answer_outranks_an_emergency_and_both_outrank_a_loss(
    answered: bool, emergency: bool, queued: bool, status: str
) -> None:
    outcome = metrics.outcome_of(
        Ending(answered=answered, emergency=emergency, queued=queued, queue_status=status)
    )
    if answered:
        assert outcome is Outcome.ANSWERED
    elif emergency:
        assert outcome is Outcome.EMERGENCY
    else:
        assert outcome in metrics.LOST | {Outcome.GREETING_HANG_UP}


def test_a_call_counts_for_the_day_it_arrived_in_the_citys_own_zone() -> None:
    zone = dt.timezone(dt.timedelta(hours=8))
    midnight = dt.datetime(2026, 9, 28, 16, 0, tzinfo=dt.UTC)
    assert metrics.day_start(midnight, zone) == midnight
    assert metrics.day_start(midnight - dt.timedelta(seconds=1), zone) == (
        midnight - dt.timedelta(days=1)
    )


def test_old_calls_leave_the_board_and_live_ones_stay() -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("old")
    scene.ends("old", stage="greeting")
    scene.arrives("long")
    scene.queues("long")
    scene.answers("long", "1001")
    scene.wait(50 * 3600)
    scene.arrives("new")
    scene.ends("new", stage="greeting")
    assert set(scene.world.board.records) == {"long", "new"}


def test_the_chart_puts_each_call_into_its_half_hour() -> None:
    start = metrics.day_start(START, dt.UTC)
    bins = metrics.half_hours(
        [record(Outcome.ANSWERED, 1.0, 0), record(Outcome.ABANDONED, 1.0, 29)], start
    )
    assert bins[4] == (1, 1)
    assert sum(answered + lost for answered, lost in bins) == 2


@given(
    st.lists(st.tuples(st.sampled_from(list(Outcome)), st.integers(0, 3000)), max_size=60),
    st.lists(st.integers(-100, 3100), max_size=10),
)
def test_rates_of_many_windows_are_those_of_each_window_by_itself(
    calls: list[tuple[Outcome, int]], ends: list[int]
) -> None:
    records = [record(outcome, minutes=minutes) for outcome, minutes in calls]
    window = dt.timedelta(hours=24)
    moments = [START + dt.timedelta(minutes=one) for one in ends]
    alone = tuple(
        metrics.count(
            [one for one in records if end - window <= one.arrived_at < end], short_s=5.0
        ).connect_rate
        for end in moments
    )
    assert metrics.connect_rates(records, moments, window) == alone
