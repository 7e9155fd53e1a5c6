"""One matter, several tickets: what may be joined, who is answered, how often it was told."""

from __future__ import annotations

import datetime as dt

import pytest

from hotline.errors import BadInput
from hotline.handling_words import Stage
from hotline.matters import Standing, Telling, Tie, callers_of, check_joining, repeated
from hotline.words import Phone, TicketId

NOW = dt.datetime(2026, 9, 28, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
OWN, MAIN, THIRD = (TicketId(f"20260928-00000{n}") for n in (1, 2, 3))
ANN, BEN = Phone("13800006027"), Phone("13800006028")


def standing(stage: Stage = Stage.HANDLING, **more: object) -> Standing:
    return Standing(number=MAIN, stage=stage, **more)  # type: ignore[arg-type]


def test_an_open_ticket_takes_another_one() -> None:
    check_joining(OWN, standing(), NOW)


def test_a_ticket_is_not_joined_to_itself() -> None:
    with pytest.raises(BadInput, match="不能并入自己"):
        check_joining(MAIN, standing(), NOW)


def test_what_was_joined_to_a_third_names_the_third() -> None:
    with pytest.raises(BadInput, match=f"请并入{THIRD}"):
        check_joining(OWN, standing(Stage.MERGED, joined_to=THIRD), NOW)


def test_two_tickets_are_never_joined_in_a_ring() -> None:
    with pytest.raises(BadInput, match="不能再反过来并"):
        check_joining(OWN, standing(Stage.MERGED, joined_to=OWN), NOW)


@pytest.mark.parametrize(
    "stage", [Stage.REFUSED, Stage.WITHDRAWN, Stage.MOVED, Stage.ANSWERED, Stage.ARCHIVED]
)
def test_what_nobody_handles_any_more_takes_no_other(stage: Stage) -> None:
    with pytest.raises(BadInput, match="不再办理"):
        check_joining(OWN, standing(stage), NOW)


def test_one_that_ended_lately_still_takes_another_and_an_old_one_does_not() -> None:
    check_joining(OWN, standing(Stage.CLOSED, over_at=NOW - dt.timedelta(days=30)), NOW)
    with pytest.raises(BadInput, match="超过30天"):
        check_joining(OWN, standing(Stage.CLOSED, over_at=NOW - dt.timedelta(days=31)), NOW)


def told(ticket: TicketId, phone: Phone, days: int, contact: str = "") -> Telling:
    at = NOW - dt.timedelta(days=days)
    return Telling(ticket=ticket, at=at, phone=phone, contact=contact, tie=Tie.JOINED)


def test_each_caller_of_a_matter_is_answered_once_however_often_they_called() -> None:
    found = callers_of(
        [told(THIRD, ANN, 1, "欧阳慧敏"), told(OWN, BEN, 2), told(MAIN, ANN, 3, "欧阳")]
    )
    assert [(one.phone, one.tickets) for one in found] == [(ANN, (MAIN, THIRD)), (BEN, (OWN,))]
    assert found[0].contact == "欧阳慧敏"


def test_callers_without_a_number_are_never_taken_for_one_person() -> None:
    nobody = Phone("")
    assert len(callers_of([told(OWN, nobody, 1), told(MAIN, nobody, 2)])) == 2


def test_a_matter_is_counted_by_times_and_by_callers_within_the_window() -> None:
    every = [told(MAIN, ANN, 40), told(OWN, ANN, 3), told(THIRD, BEN, 2)]
    count = repeated(every, NOW - dt.timedelta(days=30))
    assert (count.times, count.callers) == (2, 2)
    assert repeated(every, NOW - dt.timedelta(days=60)).times == 3
