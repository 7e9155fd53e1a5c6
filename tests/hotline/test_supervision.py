"""Supervision: what calls for it in each city, who may do what with it, how it goes up."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadInput, HotlineError, ImpossibleMove, NotAllowed, Objected
from hotline.handling_clock import course
from hotline.handling_words import Part
from hotline.policy import ZONE
from hotline.supervision import (
    ENDED,
    STEPS,
    Matter,
    State,
    Step,
    Wanted,
    cases_here,
    cases_up,
    follow,
    possible,
    proposed,
    rungs,
    take,
)
from hotline.supervision_forms import answer_day, filled_in, forms_at, shape_of
from hotline.supervision_triggers import triggered
from hotline.words import UnitId
from tests.hotline import shipped
from tests.hotline.test_handling import law, moment, walk

CASES = Path(__file__).parent.parent / "cases" / "supervision"
NOW = dt.datetime(2026, 11, 9, 10, 0, tzinfo=ZONE)
UNIT = UnitId("城管局")


def all_cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        city = table["city"]
        found += [pytest.param(city, one, id=f"{city}-{one['name']}") for one in table["case"]]
    return found


@pytest.mark.clause("ZQ-17", "ZS-38", "GZ-17¶1", "HB-28¶2", "GY-解读五-2")
@pytest.mark.parametrize(("city", "case"), all_cases())
def test_what_is_raised_in_the_cases_of_the_cities(city: str, case: dict[str, Any]) -> None:
    policy, calendar = shipped.policy(city), shipped.calendar()
    here = walk(city, case)
    deadline = course(here, policy, calendar, law(case)).deadline
    now = moment(case["now"])
    told = [
        f"{one.unit} {one.what}〔{one.article.number}〕 证据：{'、'.join(map(str, one.acts))}"
        for one in triggered(here, policy, deadline.due_at if deadline else None)
        if one.at <= now
    ]
    assert told == case["raised"]


def wanted(step: Step, part: Part, **more: Any) -> Wanted:
    return Wanted(step=step, part=part, by="某人", body=part.value, **{"told": True, **more})


def went(city: str, *steps: Wanted, matter: Matter | None = None) -> Matter:
    """A matter on which these steps were taken, one an hour."""
    here = matter or Matter(state=State.RAISED, unit=UNIT)
    policy = shipped.policy(city)
    for number, one in enumerate(steps):
        here = follow(here, take(here, one, NOW + dt.timedelta(hours=number), policy))
    return here


def issued(city: str, form: str, **more: Any) -> Wanted:
    return wanted(Step.ISSUE, Part.CENTRE, form=form, form_number=f"{form}〔2026〕1号", **more)


@pytest.mark.clause("ZQ-17", "GZ-17¶1", "ZS-38", "HB-28¶1")
@pytest.mark.parametrize(
    ("city", "form"),
    [("zhaoqing", "督办"), ("guizhou", "督办单"), ("hebei", "书面督办"), ("guangyuan", "督促")],
)
def test_a_written_demand_goes_out_is_received_answered_and_closed(city: str, form: str) -> None:
    here = went(
        city,
        issued(city, form, answer_by=dt.date(2026, 11, 16)),
        wanted(Step.RECEIVE, Part.UNIT),
        wanted(Step.ANSWER, Part.UNIT),
        wanted(Step.CLOSE, Part.CENTRE),
    )
    assert here.state is State.CLOSED
    assert here.form_number == f"{form}〔2026〕1号"
    assert [one.step for one in here.steps] == [Step.ISSUE, Step.RECEIVE, Step.ANSWER, Step.CLOSE]


def test_an_answer_that_does_not_meet_the_demand_goes_back_with_a_new_day() -> None:
    here = went(
        "guizhou",
        issued("guizhou", "督办单", answer_by=dt.date(2026, 11, 16)),
        wanted(Step.ANSWER, Part.UNIT),
        wanted(Step.REJECT, Part.CENTRE, answer_by=dt.date(2026, 11, 20)),
    )
    assert (here.state, here.answer_by) == (State.ISSUED, dt.date(2026, 11, 20))


@pytest.mark.clause("ZS-38", "GZ-17¶1")
@pytest.mark.parametrize("form", ["专题协调", "约谈提醒"])
@pytest.mark.parametrize("city", ["zhongshan", "guizhou"])
def test_what_a_meeting_came_to_is_written_down_by_who_held_it(city: str, form: str) -> None:
    here = went(city, issued(city, form))
    with pytest.raises(Objected, match="由发出的机构登记"):
        went(city, wanted(Step.ANSWER, Part.UNIT), matter=here)
    assert went(city, wanted(Step.RECORD, Part.CENTRE), matter=here).state is State.ANSWERED


def test_only_the_unit_answers_and_only_the_hotline_or_the_managing_body_supervises() -> None:
    fresh = Matter(state=State.RAISED, unit=UNIT)
    policy = shipped.policy("guizhou")
    for part in (Part.UNIT, Part.AGENT, Part.CALLER, Part.CLOCK):
        with pytest.raises(NotAllowed):
            take(fresh, wanted(Step.ISSUE, part, form="督办单"), NOW, policy)
    out = went("guizhou", issued("guizhou", "督办单"))
    with pytest.raises(NotAllowed):
        take(out, wanted(Step.ANSWER, Part.CENTRE), NOW, policy)


def test_a_form_that_the_city_does_not_have_is_refused_with_its_list() -> None:
    with pytest.raises(Objected) as refusal:
        went("hebei", issued("hebei", "约谈提醒"))
    assert str(refusal.value) == (
        "本市的督办方式是系统提醒、书面督办、通报、考核扣分，请从中选〔第二十八条、第二十九条〕"
    )


def test_without_a_unit_nothing_can_go_out() -> None:
    with pytest.raises(Objected, match="还没有承办单位"):
        went("guizhou", issued("guizhou", "督办单"), matter=Matter(state=State.RAISED))


@pytest.mark.clause("HB-29")
def test_the_circular_of_hebei_comes_after_supervision_alone() -> None:
    with pytest.raises(Objected, match="通报由更高一级作出"):
        went("hebei", issued("hebei", "通报"))
    up = wanted(Step.ESCALATE, Part.CENTRE, case="level2_persistent")
    with pytest.raises(Objected, match="还没有督办过") as refusal:
        went("hebei", up)
    assert "〔第二十九条〕" in str(refusal.value)
    here = went("hebei", issued("hebei", "书面督办"), up, issued("hebei", "通报"))
    assert (here.level, here.form) == (1, "通报")


@pytest.mark.clause("GZ-17¶2", "GZ-17¶3")
def test_the_ladder_of_guizhou_goes_to_the_managing_body_and_to_the_government() -> None:
    assert rungs(shipped.policy("guizhou")) == (
        "12345热线工作机构",
        "热线管理机构或者行业主管部门",
        "本级人民政府",
    )
    second = wanted(Step.ESCALATE, Part.CENTRE, case="level2_persistent")
    with pytest.raises(Objected, match=r"还没有督办过.*〔第十七条〕"):
        went("guizhou", second)
    here = went("guizhou", issued("guizhou", "督办单"), second)
    assert (here.state, here.level, here.steps[-1].article) == (State.RAISED, 1, "第十七条")
    # 集中、责任不清的热点难点由工作机构汇总上报本级人民政府，不以督办过为前提。
    third = wanted(Step.ESCALATE, Part.CENTRE, case="level3_hotspot")
    assert went("guizhou", third).level == 2
    assert went("guizhou", third, matter=here).level == 2


@pytest.mark.clause("GY-解读五-3", "GY-解读五-4")
def test_the_ladder_of_guangyuan_ends_with_who_holds_people_accountable() -> None:
    here = went(
        "guangyuan",
        wanted(Step.ESCALATE, Part.CENTRE, case="level2_public_opinion"),
        wanted(Step.ISSUE, Part.MANAGER, form="同级人民政府督办", form_number="1"),
        wanted(Step.ESCALATE, Part.MANAGER, case="level3_grave"),
    )
    assert rungs(shipped.policy("guangyuan"))[here.level] == "市纪律监察机关和组织人事部门"
    with pytest.raises(Objected, match="没有再上一级，本市办法未规定"):
        went("guangyuan", wanted(Step.ESCALATE, Part.MANAGER, case="level3_grave"), matter=here)


@pytest.mark.clause("ZQ-19")
def test_misconduct_in_zhaoqing_is_reported_to_discipline_inspection() -> None:
    up = wanted(Step.ESCALATE, Part.CENTRE, case="level2_misconduct")
    paper = issued("zhaoqing", "报区纪检监察机关处理")
    with pytest.raises(Objected, match="由更高一级作出"):
        went("zhaoqing", paper)
    here = went("zhaoqing", up, paper)
    assert here.steps[0].article == "第十九条"


def test_in_zhongshan_there_is_no_rung_above() -> None:
    with pytest.raises(Objected) as refusal:
        went("zhongshan", wanted(Step.ESCALATE, Part.CENTRE))
    assert str(refusal.value) == (
        "市政务服务数据主管部门会同有关部门之上没有再上一级，本市办法未规定〔第三十八条〕"
    )


@pytest.mark.clause("ZS-8")
def test_a_meeting_in_zhongshan_says_at_which_of_the_two_levels_it_is_held() -> None:
    policy = shipped.policy("zhongshan")
    tier = shape_of("专题协调", policy).items[0]
    assert (tier.label, tier.options) == ("协商层级", ("市级协商", "镇街协商"))
    assert shape_of("专题协调", shipped.policy("guizhou")).items[0].name == "matter"
    meeting = {"matter": "甲", "place": "乙", "attending": "丙", "demand": "丁", "signer": "戊"}
    with pytest.raises(BadInput, match="请填写协商层级"):
        filled_in("专题协调", meeting, policy)
    assert filled_in("专题协调", {**meeting, "tier": "镇街协商"}, policy)["协商层级"] == "镇街协商"


def test_the_next_rung_is_proposed_when_the_day_is_past_and_never_taken_by_itself() -> None:
    policy = shipped.policy("guizhou")
    out = went("guizhou", issued("guizhou", "督办单", answer_by=dt.date(2026, 11, 16)))
    assert proposed(out, dt.date(2026, 11, 16), policy) is None
    case = proposed(out, dt.date(2026, 11, 17), policy)
    assert case is not None
    assert case.words.startswith("经12345热线工作机构督办，承办单位仍无理由拖延")
    assert out.level == 0
    without = went("guizhou", issued("guizhou", "督办单"))
    assert proposed(without, dt.date(2027, 11, 17), policy) is None


@pytest.mark.parametrize("city", shipped.CITIES)
def test_every_form_of_a_city_can_be_filled_in_and_each_lack_is_named(city: str) -> None:
    policy = shipped.policy(city)
    every = forms_at(policy, 9)
    assert every == policy.supervision.forms.value
    for form in every:
        items = shape_of(form, policy).items
        whole = {one.name: one.options[0] if one.options else "写明" for one in items}
        assert set(filled_in(form, whole, policy)) == {one.label for one in items}
        for one in items:
            if one.needed:
                with pytest.raises(BadInput, match=f"请填写{one.label}"):
                    filled_in(form, {**whole, one.name: " "}, policy)
        with pytest.raises(BadInput, match="最多4000字"):
            filled_in(form, {**whole, "matter": "长" * 4001}, policy)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("11月9日", "请写成 2026-09-28"),
        ("2026-11-08", "已经过去"),
        ("2028-01-01", "超过一年"),
    ],
)
def test_a_day_for_the_answer_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        answer_day(text, NOW.date())


def test_a_day_for_the_answer_may_be_left_open_because_no_city_sets_one() -> None:
    assert answer_day(" ", NOW.date()) is None
    assert answer_day("2026-11-09", NOW.date()) == NOW.date()


@pytest.mark.parametrize("city", shipped.CITIES)
def test_by_hand_only_the_cases_of_the_first_rung_are_raised(city: str) -> None:
    policy = shipped.policy(city)
    here = {one.code for one in cases_here(policy)}
    up = {one.code for one in cases_up(policy, 0)}
    assert here
    assert not here & up
    assert all(code.startswith("level") for code in up)


@given(
    city=st.sampled_from(shipped.CITIES),
    picks=st.lists(
        st.tuples(st.sampled_from(Step), st.sampled_from(Part), st.integers(0, 9)), max_size=12
    ),
)
def test_a_matter_never_moves_but_by_the_table_and_never_down(
    city: str, picks: list[tuple[Step, Part, int]]
) -> None:
    policy = shipped.policy(city)
    here = Matter(state=State.RAISED, unit=UNIT)
    forms = policy.supervision.forms.value or ("督办",)
    cases = [one.code for one in policy.supervision.triggers.value or ()]
    for step, part, pick in picks:
        form, case = forms[pick % len(forms)], cases[pick % len(cases)]
        one = Wanted(step=step, part=part, by="甲", body="乙", form=form, case=case, told=True)
        before = here
        try:
            here = follow(here, take(here, one, NOW, policy))
        except HotlineError:
            continue
        assert step in STEPS[before.state]
        assert before.level <= here.level < len(rungs(policy))
        if here.state in ENDED:
            assert not possible(here, Part, NOW, policy)


def test_what_is_over_stays_over() -> None:
    dropped = went("guizhou", wanted(Step.DROP, Part.CENTRE))
    with pytest.raises(ImpossibleMove, match="不予督办时不能发出"):
        went("guizhou", issued("guizhou", "督办单"), matter=dropped)


def test_a_step_without_a_word_of_reason_is_refused() -> None:
    with pytest.raises(Objected, match="不予督办要写明理由"):
        went("guizhou", wanted(Step.DROP, Part.CENTRE, told=False))


def test_what_a_unit_could_do_is_shown_with_the_reason_where_it_cannot() -> None:
    policy = shipped.policy("guizhou")
    out = went("guizhou", issued("guizhou", "约谈提醒"), wanted(Step.RECEIVE, Part.UNIT))
    shown = {one.step: one.why for one in possible(out, [Part.UNIT], NOW, policy)}
    assert shown == {
        Step.RECEIVE: "这一份已经签收",
        Step.ANSWER: "约谈提醒的结果由发出的机构登记，不由承办单位书面反馈",
    }
