"""Draft and answers on the desk: the last one counts, and a page that comes back gets it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_desk.aids import AnswerCard, Answers, DraftShown, DraftSlot
from agent_desk.lines import Browser
from agent_desk.one_desk import KEPT_FORMS
from agent_desk.said import Said
from agent_desk.screens import DeskScreens
from hotline.effects import EndPop, PopScreen
from hotline.words import CallId
from tests.agent_desk.fakes import CALL, MORNING, Town, settings
from tests.agent_desk.test_screens import MINE, OTHER, Tab, rings

pytestmark = pytest.mark.anyio

SLOT = DraftSlot(
    slot="type", value="投诉", words="我要投诉", leg="caller", from_s=1.5, start=0, end=4
)
DRAFT = DraftShown(call=CALL, slots=(SLOT,), keywords=("噪声",))
CARD = AnswerCard(
    "noise", 1, 1, "夜间施工", ((0, 2),), "须有证明。", (), False, "城管", (), "演示数据"
)
ANSWERS = Answers(call=CALL, cards=(CARD,))


@pytest.fixture
def screens(town: Town) -> DeskScreens:
    return DeskScreens(town.ports(), settings())


def latest(tab: Tab) -> list[dict[str, Any]]:
    """What of the state is still to be sent, oldest first; taken."""
    frames = [json.loads(frame) for frame in tab.browser._latest.values()]
    tab.browser._latest.clear()
    return [frame for frame in frames if frame["type"] in ("draft", "answers")]


async def test_draft_and_answers_go_to_the_agent_who_has_the_call(
    screens: DeskScreens, town: Town
) -> None:
    mine, other = Tab(screens).opens(), Tab(screens, OTHER).opens()
    await rings(screens, town)
    screens.aid(MINE, DRAFT)
    screens.aid(MINE, ANSWERS)
    draft, answers = latest(mine)
    assert (draft["seq"], draft["call"]) == (0, CALL)
    assert draft["slots"][0] == {
        "slot": "type",
        "value": "投诉",
        "others": [],
        "words": "我要投诉",
        "leg": "caller",
        "from_s": 1.5,
        "start": 0,
        "end": 4,
        "sure": True,
    }
    assert answers["cards"][0]["title_spans"] == [[0, 2]]
    assert latest(other) == []


async def test_a_newer_draft_replaces_one_that_was_not_sent_yet(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    screens.aid(MINE, DRAFT)
    screens.aid(MINE, DraftShown(call=CALL))
    screens.aid(MINE, DraftShown(call=CallId("another")))
    assert [(frame["call"], frame["slots"]) for frame in latest(tab)] == [
        (CALL, []),
        ("another", []),
    ]


async def test_a_page_that_comes_back_gets_them_again_replayed_or_painted_anew(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens().acks()
    await rings(screens, town)
    screens.aid(MINE, DRAFT)
    screens.aid(MINE, ANSWERS)
    tab.acks()
    for epoch, last_seq, first in ((screens.epoch, tab.last_seq, None), ("gone", 0, "picture")):
        tab.browser = Browser()
        tab.frames.clear()
        tab.opens(epoch, last_seq)
        assert tab.types()[:1] == ([first] if first else [])
        assert [frame["type"] for frame in latest(tab)] == ["draft", "answers"]


async def test_they_wait_for_a_page_that_is_not_there_yet(screens: DeskScreens, town: Town) -> None:
    await rings(screens, town)
    screens.aid(MINE, DRAFT)
    assert [frame["type"] for frame in latest(Tab(screens).opens())] == ["draft"]


async def test_they_stay_with_the_form_of_an_ended_call_and_go_with_it(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="talking"))
    screens.aid(MINE, DRAFT)
    screens.aid(MINE, ANSWERS)
    town.live.ringing.clear()
    screens.show(EndPop(agent=MINE, call=CALL))
    assert latest(tab.opens())
    screens.leave(MINE, CALL)
    latest(tab)
    assert latest(tab.opens()) == []


async def test_what_comes_for_forms_that_are_gone_does_not_pile_up(screens: DeskScreens) -> None:
    for number in range(50):
        screens.aid(MINE, DraftShown(call=CallId(f"call-{number}")))
    assert len(screens._desk(MINE).drafts) == KEPT_FORMS + 1


async def test_words_that_are_on_the_desk_already_are_not_told_again(screens: DeskScreens) -> None:
    tab = Tab(screens).opens()
    words = Said(call=CALL, leg="caller", text="我要投诉", final=True, from_s=1.5, at=MORNING)
    screens.said(MINE, words)
    screens.said(MINE, words)
    assert len(tab.of("said")) == 1
