"""Draft and answers of a call joined, and the note of what was shown."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast

import pytest

from agent_desk.aids import AnswerCard, Answers, DraftShown
from agent_desk.said import Said
from agent_desk.screens import DeskScreens
from hotline.words import AgentId, CallId
from kb_search.articles import Article, BadArticle
from kb_search.index import IndexBroken
from kb_search.search import Found, Search
from ledger.shown import ShownArticle, ShownArticles
from switchboard import opened_search as answering
from switchboard.aids import Aid, RecordedDesks, helping
from switchboard.opened_search import OpenedSearch
from tests.kb_search.shelves import NOON

pytestmark = pytest.mark.anyio
CALL, AGENT = CallId("call-1"), AgentId("1001")
CARD = AnswerCard(
    "gjj", 1, 1, "公积金提取", (), "带身份证。", (), False, "公积金中心", (), "演示数据"
)


def said(text: str, leg: Literal["caller", "agent"] = "caller", *, final: bool = True) -> Said:
    return Said(call=CALL, leg=leg, text=text, final=final, from_s=1.0, at=NOON)


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.002)


@dataclass
class Books:
    """A ledger of shown articles that can fail, and screens."""

    kept: list[ShownArticle] = field(default_factory=list)
    sent: list[tuple[AgentId, Said | Aid]] = field(default_factory=list)
    fails: int = 0

    async def add(self, shown: Sequence[ShownArticle]) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("公积金")
        self.kept += shown

    def said(self, agent: AgentId, said: Said) -> None:
        self.sent.append((agent, said))

    def aid(self, agent: AgentId, aid: Aid) -> None:
        self.sent.append((agent, aid))

    def desks(self) -> RecordedDesks:
        screens, shown = cast("DeskScreens", self), cast("ShownArticles", self)
        return RecordedDesks(screens, shown, lambda: NOON, retry_s=0.001)


async def test_with_the_words_of_a_call_come_its_draft_and_its_cards(tmp_path: Path) -> None:
    shown: list[Aid] = []
    search = OpenedSearch(None)
    async with helping(
        tmp_path, search, Books().desks(), lambda: ["公积金中心"], shown.append
    ) as aids:
        await until(lambda: search.articles)
        assert aids.of(CALL) == ()
        aids.heard(said("您好请讲", "agent"))
        aids.heard(said("我想问公积金怎么提", final=False))
        aids.heard(said("我想问公积金怎么提取"))
        await until(lambda: {type(aid) for aid in shown} == {DraftShown, Answers})
        draft, cards = aids.of(CALL)
        assert isinstance(draft, DraftShown)
        assert isinstance(cards, Answers)
        assert "gjj-withdraw" in {card.article for card in cards.cards}
        await aids.finish(CALL)
        assert aids.of(CALL) == ()
        aids.heard(said("我想问公积金怎么提取"))
        aids.drop(CALL)
        assert aids.of(CALL) == ()


async def test_what_an_agent_says_is_no_question(tmp_path: Path) -> None:
    shown: list[Aid] = []
    search = OpenedSearch(None)
    async with helping(tmp_path, search, Books().desks(), tuple, shown.append) as aids:
        await until(lambda: search.articles)
        aids.heard(said("公积金怎么提取是这样的", "agent"))
        await aids.finish(CALL)
    assert not [aid for aid in shown if isinstance(aid, Answers)]


async def test_each_version_of_an_article_that_stood_on_a_desk_is_noted_once() -> None:
    books = Books(fails=2)
    desks = books.desks()
    keeping = asyncio.create_task(desks.keep())
    desks.aid(AGENT, Answers(call=CALL, cards=(CARD,)))
    desks.aid(AGENT, Answers(call=CALL, cards=(CARD, replace(CARD, version=2))))
    desks.aid(AGENT, DraftShown(call=CALL))
    desks.said(AGENT, said("好"))
    await until(lambda: len(books.kept) == 2)
    desks.aid(AgentId("1002"), Answers(call=CALL, cards=(CARD,)))
    desks.aid(AGENT, Answers(call=CallId("call-2"), cards=(CARD,)))
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert [(one.call, one.article, one.version) for one in books.kept] == [
        (CALL, "gjj", 1),
        (CALL, "gjj", 2),
        ("call-2", "gjj", 1),
    ]
    assert books.kept[0].at == NOON
    assert len(books.sent) == 6


async def test_a_ledger_that_fails_is_noted_without_what_was_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = Books(fails=1)
    desks = books.desks()
    with caplog.at_level(logging.DEBUG):
        keeping = asyncio.create_task(desks.keep())
        desks.aid(AGENT, Answers(call=CALL, cards=(CARD,)))
        await until(lambda: books.kept)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert "shown articles not written" in caplog.text
    assert "公积金" not in caplog.text


async def test_a_knowledge_base_that_cannot_be_opened_costs_the_cards_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[Exception] = [BadArticle("01.toml", "gjj", "没有标题"), RuntimeError("disk")]
    real = answering.open_search

    def opened(folder: Path | None, articles: Sequence[Article] | None) -> Search:
        if tries:
            raise tries.pop(0)
        return real(folder, articles)

    monkeypatch.setattr(answering, "open_search", opened)
    search = OpenedSearch(None, retry_s=0.01)
    seen = []
    opening = asyncio.create_task(search.open())
    while not opening.done():
        seen.append(search.trouble)
        assert await search.ask("公积金怎么提取", NOON) == () or search.articles
        await asyncio.sleep(0.001)
    assert {"01.toml：gjj：没有标题", "知识库打不开（RuntimeError）"} <= set(seen)
    assert search.trouble == ""
    assert search.articles
    assert await search.ask("公积金怎么提取", NOON)
    search.close()


async def test_a_search_that_breaks_says_so_until_it_works_again() -> None:
    class Broken:
        size = 3
        fault: Exception | None = IndexBroken("检索索引读不出来")

        async def ask(self, _question: str, _at: dt.datetime) -> tuple[Found, ...]:
            if self.fault:
                raise self.fault
            return ()

    search, broken = OpenedSearch(None), Broken()
    search._search = cast("Search", broken)
    with pytest.raises(IndexBroken):
        await search.ask("公积金", NOON)
    assert search.trouble == "检索出错（IndexBroken）"
    broken.fault = None
    assert await search.ask("公积金", NOON) == ()
    assert search.trouble == ""
