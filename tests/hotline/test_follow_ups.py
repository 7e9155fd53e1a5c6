"""Whom to follow up, why and by when, in each of the five cities."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.follow_ups import Owed, Why, chooses, owed
from hotline.handle import act_on
from hotline.handling import Handling, handling_of
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.ratings import Invited
from tests.hotline import shipped
from tests.hotline.test_ratings import at, closed


def done(city: str, here: Handling, act: Act, part: Part, when: str, code: str = "") -> Handling:
    asked = Asked(act=act, part=part, by="u", body="b", code=code)
    return act_on(here, "T", asked, at(when), shipped.policy(city), shipped.calendar()).handling


def owing(city: str, here: Handling, chosen: str = "") -> Owed | None:
    return owed(here, shipped.policy(city), shipped.calendar(), chosen)


@pytest.mark.clause("ZQ-15(二)(三)")
def test_zhaoqing_calls_only_after_one_of_the_last_two_ratings() -> None:
    here = closed()
    assert owing("zhaoqing", here) is None
    good = done("zhaoqing", here, Act.RATE, Part.CITY, "11-13 12:00", "基本满意")
    assert owing("zhaoqing", good) is None
    low = done("zhaoqing", here, Act.RATE, Part.CITY, "11-13 12:00", "非常不满意")
    one = owing("zhaoqing", low)
    assert one is not None
    assert (one.why, one.rating, one.due_at) == (Why.LOW, "非常不满意", None)
    assert one.article is not None
    assert one.article.number == "第十五条（二）"
    called = done("zhaoqing", low, Act.FOLLOW_UP, Part.AGENT, "11-14 09:00")
    assert owing("zhaoqing", called) is None


def test_whom_no_message_reached_is_asked_by_telephone() -> None:
    here = done("zhaoqing", closed(), Act.INVITE, Part.CLOCK, "11-13 10:05", Invited.UNSENT)
    one = owing("zhaoqing", here)
    assert one is not None
    assert one.why is Why.UNSENT
    called = done("zhaoqing", here, Act.FOLLOW_UP, Part.AGENT, "11-14 09:00")
    assert owing("zhaoqing", called) is None


@pytest.mark.clause("HB-30¶2")
def test_hebei_calls_about_every_result_within_a_day_of_its_receipt_weekends_included() -> None:
    here = closed("hebei")
    one = owing("hebei", here)
    assert one is not None
    assert (one.why, one.since, one.due_at) == (
        Why.RESULT,
        at("11-13 09:00"),
        at("11-14 09:00"),
    )
    assert one.article is not None
    assert one.article.number == "第三十条"
    assert owing("hebei", done("hebei", here, Act.FOLLOW_UP, Part.AGENT, "11-13 11:00")) is None


@pytest.mark.clause("ZS-23")
def test_zhongshan_calls_by_the_channel_its_caller_chose() -> None:
    here = closed("zhongshan")
    assert chooses(shipped.policy("zhongshan")) == ("电话", "短信", "网络")
    assert chooses(shipped.policy("zhaoqing")) == ()
    for chosen, channel in (("", "电话"), ("网络", "网络"), ("短信", "短信"), ("鸽子", "电话")):
        one = owing("zhongshan", here, chosen)
        assert one is not None
        assert (one.why, one.channel, one.due_at) == (Why.RESULT, channel, None)
    sent = done("zhongshan", here, Act.INVITE, Part.CLOCK, "11-13 10:01", Invited.SENT)
    assert owing("zhongshan", sent, "短信") is None
    lost = done("zhongshan", here, Act.INVITE, Part.CLOCK, "11-13 10:01", Invited.UNSENT)
    one = owing("zhongshan", lost, "短信")
    assert one is not None
    assert one.channel == "电话"


@pytest.mark.clause("GY-解读四-1")
def test_guangyuan_calls_whoever_is_not_content() -> None:
    here = closed("guangyuan")
    assert owing("guangyuan", here) is None
    low = done("guangyuan", here, Act.RATE, Part.CITY, "11-13 12:00", "不满意")
    one = owing("guangyuan", low)
    assert one is not None
    assert one.why is Why.LOW
    redone = done("guangyuan", low, Act.REDO, Part.CITY, "11-14 12:00")
    assert redone.stage is Stage.HANDLING


@pytest.mark.clause("GZ-16¶2")
def test_guizhou_verifies_a_result_before_it_accepts_it() -> None:
    here = closed("guizhou")
    assert owing("guizhou", here) is None
    before = done_until_asked(here)
    one = owing("guizhou", before)
    assert one is not None
    assert one.why is Why.VERIFY
    called = done("guizhou", before, Act.FOLLOW_UP, Part.AGENT, "11-13 09:30")
    assert (called.stage, owing("guizhou", called)) == (Stage.CLOSE_ASKED, None)


def done_until_asked(here: Handling) -> Handling:
    """The same ticket as it stood when its unit asked to close it."""
    upto = next(n for n, fact in enumerate(here.acts) if fact.act is Act.CLOSE)
    return handling_of(here.type, here.opened_at, here.acts[:upto])


def test_a_merged_ticket_owes_no_call_of_its_own() -> None:
    for city in shipped.CITIES:
        here = replace(closed(city), stage=Stage.MERGED)
        assert owing(city, here) is None
