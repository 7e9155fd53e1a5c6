"""What is known already of what a caller tells: few, right, whatever the recogniser made of it."""

from __future__ import annotations

import datetime as dt

import pytest

from hotline.repeats import Match, Matter, Past, rank
from hotline.words import TicketId
from switchboard.models import draft_model

NOW = dt.datetime(2026, 9, 28, 10, 42, tzinfo=dt.timezone(dt.timedelta(hours=8)))
SOUNDS = draft_model().sounds
NOISE = Matter(
    summary="诉求人反映恒裕花园南侧在建工地每晚23:30至次日3:00打桩，影响睡眠，要求停止夜间施工",
    category="噪声扰民",
    address="迎宾大道恒裕花园5栋2单元",
)


def past(
    number: int, matter: Matter = NOISE, *, own: bool = True, over_d: int | None = None
) -> Past:
    over = None if over_d is None else NOW - dt.timedelta(days=over_d)
    opened = NOW - dt.timedelta(days=(over_d or 0) + 7)
    return Past(
        number=TicketId(f"20260921-{number:06d}"),
        own=own,
        matter=matter,
        opened_at=opened,
        over_at=over,
    )


def found(now: Matter, *known: Past) -> list[str]:
    return [one.past.number[-1] for one in rank(now, known, SOUNDS, NOW)]


def only(now: Matter, known: Past) -> Match:
    (match,) = rank(now, [known], SOUNDS, NOW)
    return match


AGAIN = Matter(summary="我上次反映过，工地半夜还在打桩，吵得睡不着", category="噪声扰民")


@pytest.mark.clause("ZQ-7(五)", "ZS-13(三)", "GZ-10(三)")
def test_the_same_caller_with_the_same_matter_is_recognised() -> None:
    match = only(AGAIN, past(1))
    assert match.why[0] == "同一来电人"
    assert "同一事由" in match.why


def test_the_same_telephone_with_another_matter_brings_nothing() -> None:
    lift = Matter(summary="小区电梯坏了三天没有人修，老人下不了楼", category="物业管理")
    assert found(lift, past(1)) == []


def test_the_same_house_with_another_matter_brings_nothing() -> None:
    water = Matter(summary="从早上起就没有自来水", category="供水供电供气", address=NOISE.address)
    assert found(water, past(1), past(2, own=False)) == []


def test_a_caller_who_has_said_nothing_yet_brings_nothing() -> None:
    assert found(Matter(summary="您好，我想咨询一下", address="恒裕花园"), past(1)) == []


def test_the_same_words_about_another_place_are_another_matter() -> None:
    elsewhere = Matter(summary=NOISE.summary.replace("恒裕花园", "紫荆小区"), address="紫荆小区")
    assert found(elsewhere, past(1)) == []


def test_another_caller_of_the_same_place_and_matter_is_found_and_said_to_be_another() -> None:
    neighbour = Matter(
        summary="在建工地夜间打桩施工，吵得孩子没法睡", category="噪声扰民", address="恒裕花园3栋"
    )
    match = only(neighbour, past(1, own=False))
    assert match.why == ("同一片", "同一事由", "说法相近")


def test_another_caller_without_a_place_brings_nothing() -> None:
    assert found(AGAIN, past(1, own=False)) == []


def test_homophones_of_the_recogniser_do_not_hide_it() -> None:
    misheard = Matter(summary="公地半夜还在大庄施功，影响水眠", address="横裕花园")
    assert found(misheard, past(1)) == ["1"]


def test_an_open_one_stands_before_one_that_is_over_and_own_before_others() -> None:
    assert found(AGAIN, past(1, over_d=20), past(2)) == ["2", "1"]
    told = Matter(summary=NOISE.summary, category="噪声扰民", address=NOISE.address)
    assert found(told, past(1, own=False), past(2)) == ["2", "1"]


def test_what_ended_long_ago_is_history_not_a_repeat() -> None:
    assert found(AGAIN, past(1, over_d=364)) == ["1"]
    assert found(AGAIN, past(1, over_d=366)) == []
    told = Matter(summary=NOISE.summary, category="噪声扰民", address=NOISE.address)
    assert found(told, past(1, own=False, over_d=31)) == []


def test_never_more_than_three_however_many_called() -> None:
    assert len(found(NOISE, *(past(n, own=False) for n in range(1, 9)))) == 3
