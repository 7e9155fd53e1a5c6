"""The life of an article: who may do what, who may see what, and what is due when."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import BadInput, HotlineError, ImpossibleMove, NotAllowed, Objected
from hotline.knowledge import (
    DESK_ROLES,
    PUBLIC,
    ArticleId,
    Content,
    Ground,
    Reach,
    Reader,
    Sight,
    Standing,
    Version,
    answering,
    in_force,
    may_see,
    next_turn,
    sight,
)
from hotline.knowledge_clock import (
    Correction,
    CorrectionState,
    correction_deadline,
    correction_silence,
    expiring,
    policy_window,
    same_day_missing,
)
from hotline.knowledge_rules import BY, MOVES, KnowledgeAct, acted, check_save, choices, lacks
from hotline.policy import ZONE
from hotline.words import Role, UnitId, UserId
from tests.hotline.shipped import calendar, policy

NOW = dt.datetime(2026, 9, 25, 10, 0, tzinfo=ZONE)
TODAY = NOW.date()
DAY = dt.timedelta(days=1)
OWN, OTHER = UnitId("chengguan"), UnitId("jiaoyu")
AUTHOR, SECOND, THIRD = UserId("u1"), UserId("u2"), UserId("u3")


def content(**more: Any) -> Content:
    given: dict[str, Any] = {"title": "社保卡丢失", "words": "先挂失。", "unit": "人社局", **more}
    return Content(**given)


def version(standing: Standing = Standing.PUBLISHED, number: int = 1, **more: Any) -> Version:
    """Of a unit's article; fields of its content come with ``c_``."""
    of_content = {key[2:]: value for key, value in more.items() if key.startswith("c_")}
    rest = {key: value for key, value in more.items() if not key.startswith("c_")}
    published = standing in (Standing.PUBLISHED, Standing.WITHDRAWN)
    given: dict[str, Any] = {
        "article": ArticleId("card"),
        "number": number,
        "content": content(**of_content),
        "standing": standing,
        "author": AUTHOR,
        "made_at": NOW - 10 * DAY,
        "owner": OWN,
        "published_at": NOW - DAY if published else None,
        "withdrawn_at": NOW if standing is Standing.WITHDRAWN else None,
        **rest,
    }
    return Version(**given)


def reader(*roles: Role, id: UserId = SECOND, unit: UnitId | None = None) -> Reader:
    return Reader(roles=frozenset(roles), unit=unit, id=id)


EDITOR = reader(Role.EDITOR)
_READERS = st.builds(
    Reader,
    roles=st.frozensets(st.sampled_from(Role), max_size=3),
    unit=st.sampled_from([None, OWN, OTHER]),
    id=st.sampled_from([None, AUTHOR, SECOND]),
)
_DAYS = st.one_of(st.none(), st.integers(-3, 3).map(lambda days: TODAY + days * DAY))
_VERSIONS = st.builds(
    lambda standing, reach, first, last, embargo: version(
        standing, c_reach=reach, c_valid_from=first, c_valid_to=last, c_embargo_until=embargo
    ),
    st.sampled_from(Standing),
    st.sampled_from(Reach),
    _DAYS,
    _DAYS,
    st.one_of(st.none(), st.integers(-50, 50).map(lambda hours: NOW + hours * DAY / 24)),
)
_MOMENTS = st.integers(-80, 80).map(lambda hours: NOW + hours * DAY / 24)


@pytest.mark.clause("ZQ-22¶2", "ZQ-21(二)", "ZS-34")
@given(one=_VERSIONS, who=_READERS, at=_MOMENTS)
@settings(max_examples=400, deadline=None)
def test_nothing_expired_embargoed_internal_or_unpublished_is_ever_an_answer(
    one: Version, who: Reader, at: dt.datetime
) -> None:
    body, day = one.content, at.astimezone(ZONE).date()
    shown = may_see(one, who, at)
    outsider_reads_internal = body.reach is Reach.INTERNAL and not who.roles & DESK_ROLES
    too_early = bool(body.valid_from and day < body.valid_from)
    embargoed = bool(body.embargo_until and at < body.embargo_until)
    too_late = bool(body.valid_to and day > body.valid_to)
    unpublished = one.standing is not Standing.PUBLISHED
    assert shown != (outsider_reads_internal or too_early or embargoed or too_late or unpublished)
    if not who.roles:
        assert sight(one, who, at) is (Sight.ANSWER if shown else Sight.HIDDEN)


@given(one=_VERSIONS, who=_READERS, at=_MOMENTS)
@settings(max_examples=200, deadline=None)
def test_drafts_and_embargoed_policies_are_for_those_who_make_them_alone(
    one: Version, who: Reader, at: dt.datetime
) -> None:
    secret = bool(one.content.embargo_until and at < one.content.embargo_until)
    if not secret and one.standing in (Standing.PUBLISHED, Standing.WITHDRAWN):
        return
    makes = bool(who.roles & {Role.EDITOR, Role.SUPERVISOR, Role.AUDITOR})
    owns = Role.OFFICER in who.roles and who.unit == OWN
    author = bool(who.roles) and who.id == AUTHOR
    expected = Sight.WORK if makes or owns or author else Sight.HIDDEN
    assert sight(one, who, at) is expected


@given(
    versions=st.lists(_VERSIONS, max_size=4).map(
        lambda found: [replace(one, number=n) for n, one in enumerate(found, start=1)]
    ),
    who=_READERS,
    at=_MOMENTS,
)
@settings(max_examples=200, deadline=None)
def test_of_all_versions_at_most_one_answers_and_it_may_be_seen(
    versions: list[Version], who: Reader, at: dt.datetime
) -> None:
    found = answering(versions, who, at)
    if found is not None:
        assert may_see(found, who, at)
        later = [one for one in versions if one.number > found.number and may_see(one, who, at)]
        assert not later


def test_a_new_version_under_embargo_leaves_the_old_one_in_force_until_its_hour() -> None:
    old, new = version(number=1), version(number=2, c_embargo_until=NOW + DAY)
    assert in_force([old, new], NOW) == old
    assert in_force([old, new], NOW + DAY) == new
    assert next_turn([old.content, new.content], NOW) == NOW + DAY
    assert next_turn([new.content], NOW + DAY) is None


def test_the_old_version_does_not_come_back_when_the_new_one_expires_or_is_withdrawn() -> None:
    old, new = version(number=1), version(number=2, c_valid_to=TODAY)
    assert answering([old, new], EDITOR, NOW) == new
    assert answering([old, new], EDITOR, NOW + DAY) is None
    assert answering([old, version(Standing.WITHDRAWN, number=2)], EDITOR, NOW + DAY) is None


def test_a_version_withdrawn_before_its_day_never_replaced_the_one_before() -> None:
    gone = version(Standing.WITHDRAWN, number=2, c_valid_from=TODAY + DAY)
    assert answering([version(number=1), gone], PUBLIC, NOW + 2 * DAY) == version(number=1)


# ------------------------------------------------------------------------------------------- acts


def test_every_act_of_the_table_has_the_roles_that_may_do_it() -> None:
    assert {act for moves in MOVES.values() for act in moves} == set(BY)
    assert not MOVES[Standing.WITHDRAWN]


@pytest.mark.clause("HB-18", "ZQ-5")
def test_a_unit_writes_and_submits_its_own_articles_and_the_hotline_reviews_and_publishes() -> None:
    officer, zq = reader(Role.OFFICER, id=AUTHOR, unit=OWN), policy("zhaoqing")
    one = acted(version(Standing.DRAFT), KnowledgeAct.SUBMIT, officer, NOW, zq)
    assert (one.standing, one.submitted_at) == (Standing.REVIEW, NOW)
    with pytest.raises(NotAllowed):
        acted(one, KnowledgeAct.PASS, officer, NOW, zq)
    with pytest.raises(Objected, match="另一人审核通过"):
        acted(one, KnowledgeAct.PUBLISH, EDITOR, NOW, zq)
    one = acted(one, KnowledgeAct.PASS, EDITOR, NOW, zq)
    one = acted(one, KnowledgeAct.PUBLISH, EDITOR, NOW, zq)
    assert (one.standing, one.published_at, one.approvals) == (Standing.PUBLISHED, NOW, 1)


def test_a_unit_touches_nothing_of_another_unit_or_of_the_hotline() -> None:
    other = reader(Role.OFFICER, unit=OTHER)
    for owner in (OWN, None):
        with pytest.raises(NotAllowed):
            check_save(None, other, owner)
        one = replace(version(Standing.DRAFT), owner=owner)
        with pytest.raises(NotAllowed):
            acted(one, KnowledgeAct.SUBMIT, other, NOW, policy("zhaoqing"))


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_only_uses_the_base_changes_nothing_of_it(role: Role) -> None:
    for standing, act in product(Standing, KnowledgeAct):
        with pytest.raises(NotAllowed):
            acted(version(standing), act, reader(role), NOW, policy("zhaoqing"), "x")
    assert choices(version(Standing.DRAFT), reader(role), policy("zhaoqing")) == ()


def test_nobody_reviews_what_they_wrote_nor_twice() -> None:
    zq, one = policy("zhaoqing"), version(Standing.REVIEW)
    with pytest.raises(NotAllowed, match="自己写的"):
        acted(one, KnowledgeAct.PASS, reader(Role.EDITOR, id=AUTHOR), NOW, zq)
    once = acted(one, KnowledgeAct.PASS, EDITOR, NOW, zq)
    with pytest.raises(ImpossibleMove, match="已经审核过"):
        acted(once, KnowledgeAct.PASS, EDITOR, NOW, zq)


@pytest.mark.clause("GY-主要内容·知识库")
def test_where_the_city_has_several_check_two_must_have_passed_it() -> None:
    gy = policy("guangyuan")
    one = acted(version(Standing.REVIEW), KnowledgeAct.PASS, EDITOR, NOW, gy)
    with pytest.raises(Objected, match="须有2人审核通过，现有1人〔主要内容〕"):
        acted(one, KnowledgeAct.PUBLISH, EDITOR, NOW, gy)
    one = acted(one, KnowledgeAct.PASS, reader(Role.SUPERVISOR, id=THIRD), NOW, gy)
    published = acted(one, KnowledgeAct.PUBLISH, EDITOR, NOW, gy)
    assert published.standing is Standing.PUBLISHED


def test_returning_and_withdrawing_need_their_reason() -> None:
    zq = policy("zhaoqing")
    with pytest.raises(BadInput, match="哪里要改"):
        acted(version(Standing.REVIEW), KnowledgeAct.RETURN, EDITOR, NOW, zq, " ")
    with pytest.raises(BadInput, match="为什么召回"):
        acted(version(), KnowledgeAct.WITHDRAW, EDITOR, NOW, zq)
    gone = acted(version(), KnowledgeAct.WITHDRAW, EDITOR, NOW, zq, "金额写错")
    assert (gone.reason, may_see(gone, EDITOR, NOW)) == ("金额写错", False)


@given(standing=st.sampled_from(Standing), who=_READERS, passed=st.booleans())
@settings(deadline=None)
def test_the_buttons_are_exactly_the_acts_that_succeed(
    standing: Standing, who: Reader, passed: bool
) -> None:
    zq, one = policy("zhaoqing"), version(standing)
    if passed and standing is Standing.REVIEW:
        one = acted(one, KnowledgeAct.PASS, reader(Role.EDITOR, id=THIRD), NOW, zq)
    possible = []
    for act in MOVES[standing]:
        if act is KnowledgeAct.SAVE:
            continue
        try:
            acted(one, act, who, NOW, zq, "x")
        except HotlineError:
            continue
        possible.append(act)
    assert [act for act in choices(one, who, zq) if act is not KnowledgeAct.SAVE] == possible


@pytest.mark.clause("ZQ-22¶1", "ZQ-21(一)")
def test_what_an_article_lacks_is_told_and_only_the_needed_blocks() -> None:
    found = lacks(content(unit=""))
    assert [(one.field, one.blocks) for one in found][:1] == [("unit", True)]
    warned = {one.field for one in found if not one.blocks}
    assert warned == {"scope", "subjects", "conditions", "asked", "grounds", "contact", "hours"}
    whole = content(
        scope="全区", subjects="参保人", conditions="已参保", asked=("卡丢了",), contact="12333",
        hours="工作日", grounds=(Ground("办法"),),
    )  # fmt: skip
    assert lacks(whole) == ()
    assert not any(one.blocks for one in lacks(content(unit="", reach=Reach.INTERNAL)))
    one = version(Standing.DRAFT, c_valid_from=TODAY, c_valid_to=TODAY - DAY)
    with pytest.raises(BadInput, match="有效期止早于有效期起"):
        acted(one, KnowledgeAct.SUBMIT, EDITOR, NOW, policy("zhaoqing"))


# ------------------------------------------------------------------------------------------ clocks


@pytest.mark.clause("ZQ-21(四)")
def test_a_mistake_is_put_right_two_working_days_after_the_check_reached_the_unit() -> None:
    friday = dt.datetime(2026, 9, 18, 16, 0, tzinfo=ZONE)
    due = correction_deadline(policy("zhaoqing"), calendar(), friday)
    assert due is not None
    # 20 September 2026 is a make-up day: Sunday is the first working day, Monday the second.
    assert (due.due_at.date(), due.article.number) == (dt.date(2026, 9, 21), "第二十一条（四）")


@pytest.mark.parametrize("code", ["guangyuan", "guizhou", "hebei", "zhongshan"])
def test_where_the_city_is_silent_a_correction_has_no_date_and_the_page_says_so(code: str) -> None:
    assert correction_deadline(policy(code), calendar(), NOW) is None
    sentence, searched = correction_silence(policy(code))
    assert sentence.startswith("本市办法未规定错漏补正时限")
    assert searched


def test_a_correction_is_overdue_when_its_date_is_over_and_stays_so_when_fixed_too_late() -> None:
    due = correction_deadline(policy("zhaoqing"), calendar(), NOW)
    assert due is not None
    one = Correction(
        id="c", article="card", number=1, state=CorrectionState.CONFIRMED, what="错",
        reported_by=AUTHOR, reported_at=NOW, confirmed_at=NOW, deadline=due,
    )  # fmt: skip
    late = due.due_at + DAY
    assert not one.overdue(due.due_at)
    assert one.overdue(late)
    assert replace(one, state=CorrectionState.FIXED, closed_at=late).overdue(late)
    assert not replace(one, state=CorrectionState.FIXED, closed_at=NOW).overdue(late)


@pytest.mark.clause("ZQ-21(二)", "ZS-34")
def test_a_new_policy_is_handed_in_ten_to_three_working_days_before_it_is_public() -> None:
    zq, public = policy("zhaoqing"), dt.date(2026, 9, 18)  # a Friday, no holiday before it
    told = [
        policy_window(zq, calendar(), public, dt.datetime(2026, 9, day, 9, 0, tzinfo=ZONE))
        for day in (3, 4, 15, 16, 18)
    ]
    assert (told[0].first, told[0].last) == (dt.date(2026, 9, 4), dt.date(2026, 9, 15))
    assert [one.sentence[:4] for one in told] == [
        "报送期从",
        "在报送期",
        "在报送期",
        "已过报送",
        "已到公开",
    ]
    assert told[3].left == 2
    assert told[0].article is not None


def test_a_city_without_that_rule_says_so() -> None:
    told = policy_window(policy("guizhou"), calendar(), TODAY + 5 * DAY, NOW)
    assert (told.article, told.first) == (None, None)
    assert "未规定" in told.sentence


def test_on_the_day_a_policy_is_public_what_is_missing_is_told() -> None:
    due = content(embargo_until=NOW.replace(hour=9))
    assert "还没有发布" in same_day_missing(due, Standing.REVIEW, NOW)
    assert "政策原文" in same_day_missing(due, Standing.PUBLISHED, NOW)
    whole = replace(due, grounds=(Ground("办法"),))
    assert same_day_missing(whole, Standing.PUBLISHED, NOW) == ""
    assert same_day_missing(due, Standing.REVIEW, NOW - DAY) == ""


def test_an_article_warns_thirty_days_before_it_is_hidden() -> None:
    assert expiring(version(c_valid_to=TODAY + 31 * DAY), NOW) is None
    assert expiring(version(c_valid_to=TODAY + 30 * DAY), NOW) == 30
    assert expiring(version(c_valid_to=TODAY), NOW) == 0
    assert expiring(version(c_valid_to=TODAY - DAY), NOW) is None
