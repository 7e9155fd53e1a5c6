"""Answers while the caller speaks: asked after a pause, given up when overtaken, kept in place."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from functools import partial

import pytest

from agent_desk.aids import AnswerCard, Answers
from hotline.words import CallId
from kb_search.articles import Visibility
from kb_search.index import IndexBroken
from kb_search.search import Found
from switchboard.answers import (
    LONGEST,
    PATIENCE,
    SURE,
    TOGETHER,
    Finder,
    card_of,
    keep_places,
)
from switchboard.opened_search import OpenedSearch
from tests.kb_search.shelves import NOON, article

pytestmark = pytest.mark.anyio
CALL, OTHER = CallId("call-1"), CallId("call-2")
PAUSE_S = 0.02


def found(name: str, rank: int = 1, evidence: float = 9.0) -> Found:
    return Found(article(name, name), rank, 1.5, evidence, ((0, 1),), ())


@dataclass
class Library:
    """Answers by what is written here; can be held up."""

    answers: dict[str, tuple[Found, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: int = 0
    fault: Exception | None = None

    why_none = ""
    withdrawn: frozenset[str] = frozenset()

    async def standing(
        self, cards: Collection[tuple[str, int]], at: dt.datetime
    ) -> frozenset[tuple[str, int]]:
        return frozenset(card for card in cards if card[0] not in self.withdrawn)

    async def ask(self, question: str, at: dt.datetime) -> tuple[Found, ...]:
        assert at.tzinfo is not None
        self.asked.append(question)
        self.begun.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.fault:
            raise self.fault
        return self.answers.get(question, ())


@dataclass
class Desk:
    """A screen beside the calls, the finder, and what is asked."""

    library: Library = field(default_factory=Library)
    pages: list[Answers] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.library.open.set()
        self.finder = Finder(self.library, self.pages.append, lambda: NOON, pause_s=PAUSE_S)

    def cards(self) -> list[str]:
        return [card.article for card in self.pages[-1].cards] if self.pages else []


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    there = Desk()
    yield there
    await there.finder.close()


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.002)


def more_asked(desk: Desk, than: int) -> bool:
    return len(desk.library.asked) > than


async def quiet() -> None:
    """Long enough for anything still to come."""
    await asyncio.sleep(PAUSE_S * 5)


async def test_a_final_is_asked_and_its_answers_shown(desk: Desk) -> None:
    desk.library.answers["停水了"] = (found("water"), found("pipe", 2))
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.pages)
    assert desk.pages[0].call == CALL
    assert desk.cards() == ["water", "pipe"]
    assert [card.article for card in desk.finder.shown(CALL)] == ["water", "pipe"]


async def test_partials_of_one_breath_are_asked_once_with_the_newest_words(desk: Desk) -> None:
    for text in ("我", "我家", "我家停", "我家停水", "我家停水了"):
        desk.finder.heard(CALL, text, final=False)
    await quiet()
    assert desk.library.asked == ["我家停水"]


async def test_the_newest_word_of_a_partial_is_not_asked_before_another_one_agrees(
    desk: Desk,
) -> None:
    for text in ("喂您好", "喂您好停电", "喂您好听到吗"):
        desk.finder.heard(CALL, text, final=False)
        await quiet()
    desk.finder.heard(CALL, "喂您好听到吗", final=True)
    await quiet()
    assert desk.library.asked == ["喂您好", "喂您好听到吗"]


@pytest.mark.parametrize("final", ["听到吗", ""])
async def test_cards_of_a_partial_that_was_taken_back_go_and_those_of_finals_stay(
    desk: Desk, final: str
) -> None:
    desk.library.answers = {"停水了": (found("water"),), "停电": (found("power"),)}
    desk.library.answers |= {"停水了。停电": (found("power"),), "停水了。听到吗": (found("water"),)}
    for _ in range(2):
        desk.finder.heard(CALL, "停电", final=False)
    await until(lambda: desk.cards() == ["power"])
    desk.finder.heard(CALL, final, final=True)
    await until(lambda: desk.pages[-1].cards == ())
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.cards() == ["water"])
    desk.finder.heard(CALL, "谢谢", final=True)
    await quiet()
    assert desk.cards() == ["water"]


async def test_the_same_partial_again_and_empty_words_ask_nothing(desk: Desk) -> None:
    for _ in range(2):
        desk.finder.heard(CALL, "我家停水", final=False)
    await quiet()
    desk.finder.heard(CALL, "我家停水 ", final=False)
    desk.finder.heard(CALL, "", final=False)
    desk.finder.heard(CALL, " ", final=True)
    await quiet()
    assert desk.library.asked == ["我家停水"]


async def test_a_question_overtaken_by_newer_words_is_given_up_and_never_shown(desk: Desk) -> None:
    desk.library.answers = {"公积金": (found("fund"),), "公园": (found("park"),)}
    desk.library.open.clear()
    desk.finder.heard(CALL, "公积金", final=False)
    desk.finder.heard(CALL, "公积金", final=False)
    await desk.library.begun.wait()
    desk.finder.heard(CALL, "公园", final=False)
    desk.finder.heard(CALL, "公园", final=False)
    await until(lambda: len(desk.library.asked) == 2)
    desk.library.open.set()
    await until(lambda: desk.pages)
    assert desk.library.given_up == 1
    assert [page.cards[0].article for page in desk.pages] == ["park"]


async def test_a_caller_who_never_pauses_is_answered_all_the_same(desk: Desk) -> None:
    desk.library.open.clear()
    for number in range(PATIENCE + 1):
        asked = len(desk.library.asked)
        desk.library.answers[f"停水{number}"] = (found(f"water{number}"),)
        for _ in range(2):
            desk.finder.heard(CALL, f"停水{number}", final=False)
        await until(partial(more_asked, desk, asked))
    for _ in range(2):
        desk.finder.heard(CALL, "停水了还在说", final=False)
    desk.library.open.set()
    await until(lambda: desk.pages)
    assert desk.cards() == [f"water{PATIENCE}"]
    assert desk.library.given_up == PATIENCE


async def test_small_talk_brings_no_card_and_takes_none_away(desk: Desk) -> None:
    desk.finder.heard(CALL, "你好", final=True)
    await quiet()
    assert desk.pages == []
    desk.library.answers["停水了"] = (found("water"),)
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.pages)
    desk.finder.heard(CALL, "谢谢", final=True)
    await quiet()
    assert len(desk.pages) == 1
    assert desk.cards() == ["water"]


async def test_half_a_sentence_is_asked_together_with_what_was_said_before(desk: Desk) -> None:
    desk.library.answers = {
        "我家停水了": (found("water"),),
        "什么时候来": (found("bus", evidence=SURE - 0.1),),
        "我家停水了。什么时候来": (found("water"),),
    }
    desk.finder.heard(CALL, "我家停水了", final=True)
    await until(lambda: desk.pages)
    for _ in range(2):
        desk.finder.heard(CALL, "什么时候来", final=False)
    await until(lambda: "我家停水了。什么时候来" in desk.library.asked)
    await quiet()
    assert len(desk.pages) == 1


async def test_small_talk_does_not_add_up_to_a_question(desk: Desk) -> None:
    desk.library.answers = {"有人敲门。我把门关上": (found("door", evidence=TOGETHER - 0.1),)}
    desk.finder.heard(CALL, "有人敲门", final=True)
    await until(lambda: desk.library.asked == ["有人敲门"])
    desk.finder.heard(CALL, "我把门关上", final=True)
    await until(lambda: "有人敲门。我把门关上" in desk.library.asked)
    await quiet()
    assert desk.pages == []


async def test_a_question_in_two_halves_that_is_clear_together_is_answered(desk: Desk) -> None:
    desk.library.answers = {"我那个公。积金怎么取": (found("fund", evidence=TOGETHER),)}
    desk.finder.heard(CALL, "我那个公", final=True)
    await until(lambda: desk.library.asked == ["我那个公"])
    desk.finder.heard(CALL, "积金怎么取", final=True)
    await until(lambda: desk.cards() == ["fund"])


async def test_the_old_matter_stays_through_one_sentence_about_another_and_then_goes(
    desk: Desk,
) -> None:
    desk.library.answers = {
        "停水了": (found("water"),),
        "还有公积金提取": (found("fund"),),
        "公积金要本人去吗": (found("fund"),),
    }
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.cards() == ["water"])
    desk.finder.heard(CALL, "还有公积金提取", final=True)
    await until(lambda: desk.cards() == ["water", "fund"])
    assert [card.rank for card in desk.pages[-1].cards] == [2, 1]
    desk.finder.heard(CALL, "公积金要本人去吗", final=True)
    await until(lambda: desk.cards() == ["fund"])


async def test_half_a_sentence_about_something_else_does_not_take_the_best_card(
    desk: Desk,
) -> None:
    three = tuple(found(name, rank) for rank, name in enumerate(("bus", "taxi", "rail"), start=1))
    desk.library.answers = {"停水了": (found("water"),), "公交": three}
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.cards() == ["water"])
    desk.finder.heard(CALL, "公交", final=False)
    desk.finder.heard(CALL, "公交", final=False)
    await until(lambda: desk.cards() == ["water", "bus", "taxi"])


async def test_what_may_not_be_shown_any_more_goes_and_what_was_said_is_asked_anew(
    desk: Desk,
) -> None:
    desk.library.answers = {"停水了": (found("water"), found("pipe", 2))}
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.cards() == ["water", "pipe"])
    desk.library.withdrawn = frozenset({"water"})
    desk.library.answers = {"停水了": (found("pipe"), found("tank", 2))}
    await desk.finder.recheck()
    assert desk.pages[-1].gone == ("water",)
    assert desk.cards() == ["pipe"]
    await until(lambda: desk.cards() == ["pipe", "tank"])
    desk.finder.ended(CALL)
    desk.library.withdrawn = frozenset({"tank"})
    await desk.finder.recheck()
    assert desk.cards() == ["pipe"]
    assert list(desk.pages[-1].gone) == ["water", "tank"]


async def test_a_search_that_fails_says_why_beside_what_stands(desk: Desk) -> None:
    desk.library.fault = OSError("disk")
    desk.library.why_none = "检索出错（OSError）"
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.pages)
    assert (desk.pages[-1].trouble, desk.pages[-1].cards) == ("检索出错（OSError）", ())
    desk.library.fault, desk.library.why_none = None, ""
    desk.library.answers["停水了"] = (found("water"),)
    desk.finder.heard(CALL, "停水了", final=True)
    await until(lambda: desk.cards() == ["water"])
    assert desk.pages[-1].trouble == ""


async def test_only_so_much_is_asked_however_long_the_tale(desk: Desk) -> None:
    for _ in range(5):
        desk.finder.heard(CALL, "说" * 300, final=True)
        await quiet()
    assert max(map(len, desk.library.asked)) == LONGEST


async def test_nothing_is_shown_after_the_end_of_the_call(desk: Desk) -> None:
    desk.library.answers["停水了"] = (found("water"),)
    desk.library.open.clear()
    desk.finder.heard(CALL, "停水了", final=True)
    await desk.library.begun.wait()
    desk.finder.ended(CALL)
    desk.finder.ended(CALL)
    desk.library.open.set()
    await quiet()
    assert desk.pages == []
    assert desk.finder.shown(CALL) == ()


async def test_two_calls_do_not_hear_each_other(desk: Desk) -> None:
    desk.library.answers = {"停水了": (found("water"),), "公积金": (found("fund"),)}
    desk.finder.heard(CALL, "停水了", final=True)
    desk.finder.heard(OTHER, "公积金", final=True)
    await until(lambda: len(desk.pages) == 2)
    assert {page.call: page.cards[0].article for page in desk.pages} == {
        CALL: "water",
        OTHER: "fund",
    }


@pytest.mark.parametrize("fault", [IndexBroken("停水了"), RuntimeError("停水了")])
async def test_a_fault_is_noted_without_a_word_of_the_caller_and_the_next_words_are_asked(
    desk: Desk, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    desk.library.answers["停水了吗"] = (found("water"),)
    desk.library.fault = fault
    with caplog.at_level(logging.WARNING):
        desk.finder.heard(CALL, "停水了", final=True)
        await until(lambda: caplog.records)
    assert "停水" not in caplog.text
    desk.library.fault = None
    desk.finder.heard(CALL, "停水了吗", final=True)
    await until(lambda: desk.cards() == ["water"])


# ------------------------------------------------------------------------------- places and cards


def cards(*names: str) -> tuple[AnswerCard, ...]:
    return tuple(card_of(found(name, rank)) for rank, name in enumerate(names, start=1))


@pytest.mark.parametrize(
    ("shown", "now", "places"),
    [
        ("", "abc", "abc"),
        ("abc", "cab", "abc"),
        ("abc", "dab", "abd"),
        ("abc", "dca", "adc"),
        ("abc", "def", "def"),
        ("abc", "b", "b"),
        ("a", "bca", "abc"),
        ("ab", "", ""),
    ],
)
async def test_a_card_keeps_its_place_while_it_is_among_the_three(
    shown: str, now: str, places: str
) -> None:
    kept = keep_places(cards(*shown), cards(*now))
    assert "".join(card.article for card in kept) == places
    assert {card.article: card.rank for card in kept} == {
        name: rank for rank, name in enumerate(now, start=1)
    }


async def test_a_card_says_what_the_page_shows() -> None:
    kept_in = article("in", "内部口径", "不外传。", visibility=Visibility.INTERNAL, unit="热线中心")
    card = card_of(Found(kept_in, 2, 1.0, 5.0, ((0, 2),), ()))
    assert (card.internal, card.unit, card.source, card.rank) == (True, "热线中心", "演示数据", 2)
    assert (card.article, card.version, card.words) == ("in", 1, "不外传。")


async def test_with_the_demonstration_the_right_card_stands_before_the_caller_has_finished() -> (
    None
):
    library = OpenedSearch(None)
    await library.open()
    pages: list[Answers] = []
    finder = Finder(library, pages.append, lambda: NOON, pause_s=PAUSE_S)
    finder.heard(CALL, "喂 你好", final=True)
    await quiet()
    assert pages == []
    for text in (
        "我 想 问",
        "我 想 问 公鸡金",
        "我 想 问 公鸡金 怎么",
        "我 想 问 公鸡金 怎么 提取",
        "我 想 问 公鸡金 怎么 提取 呢",
    ):
        finder.heard(CALL, text, final=False)
        await quiet()
    await until(lambda: pages)
    best = next(card for card in pages[-1].cards if card.rank == 1)
    assert best.article == "gjj-withdraw"
    lit = [best.title[start:end] for start, end in best.title_spans]
    assert any("公积金" in one for one in lit)
    assert len(pages[-1].cards) <= 3
    await finder.close()
    library.close()
