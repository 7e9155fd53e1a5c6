"""What a caller's reply says, which matter it means, and from when the time to rate runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import Objected
from hotline.handle import act_on
from hotline.handling import Handling
from hotline.handling_gates import INVALID, Asked
from hotline.handling_time import coming, time_brought
from hotline.handling_words import Act, Part, Stage
from hotline.messages import asks_by_message, survey_key, survey_text
from hotline.ratings import (
    OPTIONS,
    Invited,
    OpenSurvey,
    counts_instead,
    meant,
    read_reply,
    runs_from,
)
from hotline.words import TicketType, UnitId
from tests.hotline import shipped

ZONE = dt.timezone(dt.timedelta(hours=8))


def at(text: str) -> dt.datetime:
    return dt.datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("1", "非常满意"),
        ("５", "非常不满意"),
        ("回复1", "非常满意"),
        ("满意。", "满意"),
        ("非常不满意！！", "非常不满意"),
        ("我选择 3 号", "基本满意"),
        ("【4】", "不满意"),
        ("②", "满意"),
        ("二", "满意"),
        ("2 满意", "满意"),
        ("满意，谢谢", "满意"),
        (" 基本 满意", None),
    ],
)
@pytest.mark.clause("ZQ-15¶1")
def test_a_reply_chooses_by_digit_or_in_words(text: str, option: str | None) -> None:
    assert read_reply(text) == option


@pytest.mark.parametrize(
    "text",
    ["", "6", "12", "1 2", "满意 不满意", "1 不满意", "不是满意", "还行", "一般", "5分", "0",
     "满意吗？不满意", "http://x.cn/1", "1.5", "-1a"],
)  # fmt: skip
@pytest.mark.clause("ZQ-15¶2")
def test_several_or_wrong_options_are_invalid(text: str) -> None:
    assert read_reply(text) is None


@given(
    st.sampled_from(OPTIONS),
    st.booleans(),
    st.sampled_from(["", "回复", "我选", "评价：", "【", "  ", "您好，"]),
    st.sampled_from(["", "。", "！", "谢谢", " ", "】", "\n"]),
)
def test_what_people_write_around_an_option_does_not_change_it(
    option: str, digit: bool, before: str, after: str
) -> None:
    chosen = str(OPTIONS.index(option) + 1) if digit else option
    assert read_reply(before + chosen + after) == option


@given(st.lists(st.sampled_from(OPTIONS), min_size=2, max_size=4))
def test_two_different_options_are_never_a_rating(chosen: list[str]) -> None:
    wanted = chosen[0] if len(set(chosen)) == 1 else None
    assert read_reply("，".join(chosen)) == wanted


@given(st.text(max_size=300))
def test_whatever_comes_is_an_option_or_nothing(text: str) -> None:
    assert read_reply(text) in (*OPTIONS, None)


FIRST = OpenSurvey("20261102-000123.survey.1", "20261102-000123", at("11-10 10:00"))
SECOND = OpenSurvey("20261103-000007.survey.1", "20261103-000007", at("11-11 10:00"))


@pytest.mark.parametrize(
    ("text", "ref", "survey", "rest"),
    [
        ("4", "", SECOND, "4"),
        ("4", FIRST.key, FIRST, "4"),
        ("20261102-000123 4", "", FIRST, "  4"),
        ("000123：4", "", FIRST, " :4"),
        ("4", "unknown", SECOND, "4"),
        ("123", "", SECOND, "123"),
    ],
)
def test_of_several_matters_a_reply_means_the_one_it_names_else_the_last(
    text: str, ref: str, survey: OpenSurvey, rest: str
) -> None:
    found, left = meant(text, [SECOND, FIRST], ref=ref)
    assert (found, left) == (survey, rest)


def closed(city: str = "zhaoqing") -> Handling:
    """A complaint a unit had, closed at ten on the thirteenth of November, a Friday."""
    policy, calendar = shipped.policy(city), shipped.calendar()
    opened = at("11-02 09:00")
    here = Handling(type=TicketType.COMPLAINT, stage=Stage.REGISTERED, opened_at=opened)
    every = frozenset({*(policy.close.sections.value or ()), "核实"})
    for act, part, when in (
        (Act.REVIEW, Part.CENTRE, "11-02 09:10"),
        (Act.DISPATCH, Part.CENTRE, "11-02 09:20"),
        (Act.SIGN, Part.UNIT, "11-02 09:30"),
        (Act.ASK_CLOSE, Part.UNIT, "11-13 09:00"),
        (Act.CLOSE, Part.CENTRE, "11-13 10:00"),
    ):
        asked = Asked(act=act, part=part, by="u", body="b", unit=UnitId("u"), given=every)
        here = act_on(here, "T", asked, at(when), policy, calendar).handling
    return here


def done(here: Handling, act: Act, part: Part, when: str, code: str = "") -> Handling:
    asked = Asked(act=act, part=part, by="u", body="b", code=code)
    return act_on(
        here, "T", asked, at(when), shipped.policy("zhaoqing"), shipped.calendar()
    ).handling


def lapses_at(here: Handling) -> list[dt.datetime]:
    clocks = coming(here, shipped.policy("zhaoqing"), shipped.calendar())
    return [one.at - dt.timedelta(seconds=1) for one in clocks if one.due.act is Act.LAPSE]


@pytest.mark.clause("ZQ-15¶2")
def test_the_day_to_rate_runs_from_the_message_and_through_a_weekend() -> None:
    here = closed()
    assert lapses_at(here) == [at("11-14 10:00")]
    waiting = done(here, Act.INVITE, Part.CLOCK, "11-13 10:00", Invited.WAITING)
    assert runs_from(waiting) is None
    assert lapses_at(waiting) == []
    sent = done(waiting, Act.INVITE, Part.CLOCK, "11-13 18:00", Invited.SENT)
    assert lapses_at(sent) == [at("11-14 18:00")]
    rated = done(sent, Act.RATE, Part.CITY, "11-14 17:59", "不满意")
    assert rated.ratings == ("不满意",)
    with pytest.raises(Objected, match="逾期视为未评价"):
        done(sent, Act.RATE, Part.CITY, "11-14 18:01", "满意")


@pytest.mark.clause("ZQ-15(一)")
@pytest.mark.parametrize("code", OPTIONS[:3])
def test_the_first_three_options_archive_it_by_their_article(code: str) -> None:
    here = done(closed(), Act.RATE, Part.CITY, "11-13 12:00", code)
    [due] = time_brought(here, at("11-13 12:00"), shipped.policy("zhaoqing"), shipped.calendar())
    assert (due.act, due.what) == (Act.ARCHIVE, f"评价为{code}，自动归档")
    assert due.article is not None
    assert due.article.number == "第十五条（一）"


@pytest.mark.clause("ZQ-15¶2")
def test_a_valid_reply_may_follow_an_invalid_one_and_a_second_valid_one_changes_nothing() -> None:
    here = done(closed(), Act.RATE, Part.CITY, "11-13 12:00", INVALID)
    here = done(here, Act.RATE, Part.CITY, "11-13 12:05", "不满意")
    assert here.ratings == (INVALID, "不满意")
    with pytest.raises(Objected, match="已经评价为不满意，评错了的请回访后核改"):
        done(here, Act.RATE, Part.CITY, "11-13 12:06", "满意")


@pytest.mark.clause("ZQ-16")
def test_a_first_low_rating_is_redone_or_archived_by_an_exception_and_a_second_one_archived() -> (
    None
):
    here = done(closed(), Act.RATE, Part.CITY, "11-13 12:00", "不满意")
    here = done(here, Act.FOLLOW_UP, Part.AGENT, "11-14 09:00")
    with pytest.raises(Objected, match="应发回重办"):
        done(here, Act.ARCHIVE, Part.CITY, "11-14 09:10")
    reasons = shipped.policy("zhaoqing").rating.redo_exceptions.value or ()
    assert len(reasons) == 7
    for reason in reasons:
        archived = done(here, Act.ARCHIVE, Part.CITY, "11-14 09:10", reason.code)
        assert archived.stage is Stage.ARCHIVED
        with pytest.raises(Objected, match="不重办"):
            done(here, Act.REDO, Part.CITY, "11-14 09:10", reason.code)
    again = done(here, Act.REDO, Part.CITY, "11-14 09:10")
    assert (again.redone, again.closed_at) == (1, None)
    second = replace(again, stage=Stage.RATED, ratings=(*again.ratings, "不满意"))
    second = done(second, Act.FOLLOW_UP, Part.AGENT, "11-20 09:00")
    assert done(second, Act.ARCHIVE, Part.CITY, "11-20 09:10").stage is Stage.ARCHIVED


@pytest.mark.clause("ZQ-15(四)")
def test_the_rating_after_a_redo_counts_by_its_article_and_the_one_before_does_not() -> None:
    first = done(closed(), Act.RATE, Part.CITY, "11-13 12:00", "不满意")
    again = done(first, Act.REDO, Part.CITY, "11-14 09:10")
    fact = replace(first.acts[-1], code="满意")
    second = replace(again, acts=(*again.acts, fact))
    policy = shipped.policy("zhaoqing")
    last = len(second.acts)
    assert [counts_instead(second, n, policy) is None for n in range(1, last)] == [True] * (
        last - 1
    )
    article = counts_instead(second, last, policy)
    assert article is not None
    assert article.number == "第十五条（四）"
    assert counts_instead(second, last, shipped.policy("zhongshan")) is None


def test_each_closing_has_a_survey_of_its_own() -> None:
    here = closed()
    policy = shipped.policy("zhaoqing")
    assert asks_by_message(policy, here)
    assert survey_key("T", here) == "T.survey.1"
    text = survey_text("12345热线", "T", policy)
    assert text == (
        "【12345热线】您反映的事项（编号T）已办结。请在收到本短信24个小时内回复一个数字作出评价："
        "1非常满意，2满意，3基本满意，4不满意，5非常不满意。"
    )


@pytest.mark.clause("ZS-23")
def test_in_zhongshan_a_message_goes_to_those_who_chose_it() -> None:
    here, policy = closed("zhongshan"), shipped.policy("zhongshan")
    assert not asks_by_message(policy, here)
    assert asks_by_message(policy, here, "短信")
    assert "特此回访" in survey_text("12345", "T", policy)
