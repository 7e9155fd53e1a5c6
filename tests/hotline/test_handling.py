"""The loop of a ticket: cases that officials can read, and laws that hold for every course."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.deadlines import SetByLaw
from hotline.errors import HotlineError
from hotline.handle import act_on, choices
from hotline.handling import MOVES, Handling, handling_of
from hotline.handling_clock import course
from hotline.handling_gates import Asked
from hotline.handling_time import time_brought
from hotline.handling_words import FINAL, Act, Part, Stage
from hotline.policy import ZONE, Policy
from hotline.rulings import Elsewhere, span
from hotline.words import Article, TicketType, UnitId
from tests.hotline import shipped

CASES = Path(__file__).parent.parent / "cases" / "handling"
KINDS = ("居民委员会", "村民委员会")
BOOK = Article("派单目录", "所列事项")
# hypothesis wants them naive and puts no zone on them.
FIRST, LAST = (dt.datetime.fromisoformat(day) for day in ("2026-01-01", "2026-11-30"))


def all_cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        city = table["city"]
        found += [pytest.param(city, one, id=f"{city}-{one['name']}") for one in table["case"]]
    return found


def moment(text: str) -> dt.datetime:
    """A time as a case writes it; 24:00 is the last second of the day."""
    if text.endswith(" 24:00"):
        return moment(text.replace("24:00", "23:59")) + dt.timedelta(seconds=59)
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def asked(line: str) -> tuple[dt.datetime, Asked]:
    """One line of a case: when, who, what, with what."""
    day, hour, who, rest = line.split(" ", 3)
    what, _, more = rest.partition("：")
    act, things = Act(what), [one for one in more.split("、") if one]
    unit: UnitId | None = None
    helpers: tuple[UnitId, ...] = ()
    kind, code, days = "", "", None
    if act in (Act.DISPATCH, Act.SETTLE):
        found = re.fullmatch(r"(.+)（(.+)）", things[0])
        unit = UnitId(found[1] if found else things[0])
        kind = found[2] if found else ""
        helpers = tuple(UnitId(one) for one in things[1:])
    elif act is Act.GRANT_EXTENSION:
        days = int(more) if more else None
    elif len(things) == 1:
        code = things[0]
    return moment(f"{day} {hour}"), Asked(
        act=act,
        part=Part(who),
        by="某人",
        body=who,
        unit=unit,
        unit_kind=kind,
        helpers=helpers,
        code=code,
        days=days,
        given=frozenset(things),
    )


def law(case: dict[str, Any]) -> SetByLaw | None:
    return SetByLaw(span(case["limit"]), BOOK) if "limit" in case else None


def walk(city: str, case: dict[str, Any]) -> Handling:
    policy, calendar = shipped.policy(city), shipped.calendar()
    here = Handling(
        type=TicketType(case["type"]), stage=Stage.REGISTERED, opened_at=moment(case["opened"])
    )
    for line in case["acts"]:
        at, one = asked(line)
        here = act_on(here, "T-1", one, at, policy, calendar, law(case)).handling
    return here


@pytest.mark.parametrize(("city", "case"), all_cases())
def test_the_cases_of_the_cities_go_as_written(city: str, case: dict[str, Any]) -> None:
    policy, calendar = shipped.policy(city), shipped.calendar()
    if "refused" in case:
        before = walk(city, {**case, "acts": case["acts"][:-1]})
        at, one = asked(case["acts"][-1])
        with pytest.raises(HotlineError) as refusal:
            act_on(before, "T-1", one, at, policy, calendar, law(case))
        assert str(refusal.value) == case["refused"]
        return
    here = walk(city, case)
    if "stage" in case:
        assert here.stage == case["stage"]
    deadline = course(here, policy, calendar, law(case)).deadline
    if case.get("due") == "未规定":
        assert deadline is None
    elif "due" in case:
        assert deadline is not None
        assert deadline.due_at == moment(case["due"])
        assert deadline.provisional == case.get("provisional", False)
    if "now" in case:
        brought = time_brought(here, moment(case["now"]), policy, calendar, law(case))
        told = [f"{one.what}〔{one.article.number if one.article else ''}〕" for one in brought]
        assert told == case["brought"]


# ------------------------------------------------------------------------------ laws of the table


@pytest.mark.clause("ZS-3", "ZS-7", "GZ-7", "HB-9(三)", "HB-3")
def test_every_stage_has_its_moves_and_every_way_can_end() -> None:
    assert set(MOVES) == {None, *Stage}
    ends = set(FINAL)
    while (
        more := {
            stage
            for stage, acts in MOVES.items()
            if stage and any(m.to in ends for m in acts.values())
        }
        - ends
    ):
        ends |= more
    assert ends == set(Stage)
    assert all(not MOVES[stage] for stage in FINAL)


def test_every_stage_can_be_reached() -> None:
    reached = {move.to for acts in MOVES.values() for move in acts.values()}
    assert reached == set(Stage)


# --------------------------------------------------------------------- laws of the clock, at random


@functools.cache
def limits(city: str, kind: TicketType) -> SetByLaw | None:
    """A limit of the dispatch directory where the pack leaves it to one."""
    elsewhere = isinstance(shipped.policy(city).limit_of(kind).value, Elsewhere)
    return SetByLaw(span("10个工作日"), BOOK) if elsewhere else None


def chosen(here: Handling, at: dt.datetime, policy: Policy, pick: int, city: str) -> Asked | None:
    """Something that somebody could do now, with nothing missing in its form."""
    open_ = [
        (part, one.act)
        for part in Part
        for one in choices(here, part, at, policy, shipped.calendar(), limits(city, here.type))
        if one.possible
    ]
    if not open_:
        return None
    part, act = open_[pick % len(open_)]
    given = {
        *(policy.returns.needs.value or ()),
        *(policy.extensions.needs.value or ()),
        *(policy.close.sections.value or ()),
        "核实",
        "负责人批准",
    }
    code = ""
    if act is Act.REFUSE and policy.intake.refusals.value:
        code = policy.intake.refusals.value[0].code
    if act in (Act.RATE, Act.CORRECT):
        code = (policy.rating.options.value or ("满意", "不满意"))[pick % 2]
    unit = UnitId(f"单位{pick % 3}") if act in (Act.DISPATCH, Act.SETTLE) else None
    return Asked(
        act=act,
        part=part,
        by="某人",
        body=part,
        unit=unit,
        code=code,
        days=3 if act is Act.GRANT_EXTENSION else None,
        given=frozenset(given),
    )


@given(
    city=st.sampled_from(shipped.CITIES),
    kind=st.sampled_from(list(TicketType)),
    start=st.datetimes(FIRST, LAST),
    steps=st.lists(st.tuples(st.integers(0, 99), st.integers(1, 4000)), max_size=14),
)
def test_whatever_is_done_the_story_of_the_date_holds(
    city: str, kind: TicketType, start: dt.datetime, steps: list[tuple[int, int]]
) -> None:
    policy, calendar, by_law = shipped.policy(city), shipped.calendar(), limits(city, kind)
    at = start.replace(tzinfo=ZONE)
    here = Handling(type=kind, stage=Stage.REGISTERED, opened_at=at)
    for pick, minutes in steps:
        at += dt.timedelta(minutes=minutes)
        one = chosen(here, at, policy, pick, city)
        if one is None:
            break
        done = act_on(here, "T-1", one, at, policy, calendar, by_law)
        story = done.course
        # Replay is live: from the facts alone comes the same.
        assert handling_of(kind, here.opened_at, done.handling.acts) == done.handling
        if story.deadline is not None:
            holds_together(story.deadline.derivation)
            assert story.deadline.due_at >= story.deadline.start_at
            assert story.turns[-1].due_at == story.deadline.due_at
            silent = course(here, policy, calendar, by_law).deadline
            shorter = silent is not None and story.deadline.due_at < silent.due_at
            # A date never becomes earlier without a turn that says so.
            assert not shorter or len(story.turns) > len(
                course(here, policy, calendar, by_law).turns
            )
        here = done.handling


def holds_together(days: tuple[Any, ...]) -> None:
    """Every day once, in order, counted one by one."""
    assert all(b.date - a.date == dt.timedelta(days=1) for a, b in itertools.pairwise(days))
    running = [day.running for day in days if day.counted]
    assert running == list(range(1, len(running) + 1))


def test_an_impossible_act_is_shown_with_its_reason() -> None:
    policy, calendar = shipped.policy("zhaoqing"), shipped.calendar()
    here = walk(
        "zhaoqing",
        {
            "type": "投诉",
            "opened": "2026-11-02 09:00",
            "acts": ["2026-11-02 10:00 热线机构 派单：住建局"],
        },
    )
    late = moment("2026-11-05 09:00")
    shown = {one.act: one.why for one in choices(here, Part.UNIT, late, policy, calendar)}
    assert shown[Act.ASK_RETURN] == (
        "退回申请须自收到之日起2个工作日内提出，已于11月4日届满〔第九条（二）〕"
    )
    assert shown[Act.ASK_CLOSE] == ""
    assert Act.CLOSE not in shown
