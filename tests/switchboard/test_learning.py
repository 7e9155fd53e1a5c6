"""Marks of agents from the card to the ranking, lead times, and what nothing answered."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_desk.aids import Answers
from agent_desk.views import Person
from hotline.errors import NoSuch, NotAllowed, Objected
from hotline.words import AgentId, CallId, Role, UserId
from kb_search import shelf
from ledger.shown import ShownArticle
from ledger.store import Ledger, open_ledger
from switchboard.answers import Finder
from switchboard.demo_knowledge import seed_articles
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_live import LiveNotices
from switchboard.lead_time import Standing, in_a_line, median_of, slowest_tenth
from switchboard.learning import DeskLearning
from switchboard.opened_search import OpenedSearch
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 9, 28)
CALL, CARD = CallId("call-1"), "sb-card-lost"
QUESTION = "社保卡丢了怎么挂失"


def person(name: str, role: Role) -> Person:
    seat = AgentId("1001") if role is Role.AGENT else None
    return Person(id=UserId(name), login=name, name=name, roles=frozenset({role}), agent=seat)


AGENT, EDITOR = person("a", Role.AGENT), person("e", Role.EDITOR)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: NOW, code_version="test", city="zhaoqing"
    ) as ledger:
        await seed_articles(ledger, NOW, shelf.read()[:20])
        yield ledger


def seconds(count: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=count)


# ------------------------------------------------------------------------------------ lead times


def test_the_card_that_stood_before_the_last_final_is_ahead_by_that_much() -> None:
    call = Standing()
    call.heard(seconds(1), final=False, words=True)
    call.shows(["a", "b"], "社保卡丢了", seconds(2))
    call.shows(["b"], "社保卡丢了", seconds(3))
    call.shows(["b", "a"], "社保卡丢了怎么办", seconds(4))
    call.heard(seconds(6), final=True, words=True)
    call.heard(seconds(7), final=True, words=False)
    adopted = call.of("b", seconds(20))
    assert (adopted.since, adopted.asked_at, adopted.asked_by) == (seconds(2), seconds(6), "final")
    assert adopted.question == "社保卡丢了怎么办"
    assert call.of("a", seconds(20)).since == seconds(4), "it had left, and came back"
    assert call.of("never", seconds(20)).since is None


def test_who_is_still_speaking_has_not_asked_to_the_end_when_the_card_is_adopted() -> None:
    call = Standing()
    call.heard(seconds(1), final=True, words=True)
    call.shows(["a"], "社保卡", seconds(2))
    call.heard(seconds(3), final=False, words=True)
    adopted = call.of("a", seconds(4))
    assert (adopted.asked_at, adopted.asked_by) == (seconds(4), "adoption")


def test_of_no_lead_times_there_is_no_median() -> None:
    assert median_of([]) is None
    assert slowest_tenth([]) is None
    assert slowest_tenth([float(n) for n in range(20)]) == 1.0
    assert in_a_line([]) == ""


def test_the_lead_times_of_a_week_are_one_line_of_the_status_page() -> None:
    said = "采用的卡片75%（3÷4）在来电人说完之前已显示，提前量中位数1.5秒"
    assert in_a_line([2.0, -0.5, 1.0, 3.0]) == said


async def test_the_lead_time_of_every_adopted_card_is_kept_and_told(ledger: Ledger) -> None:
    at = [NOW]
    search = OpenedSearch(None, LedgerArticles(ledger, lambda: NOW))
    await search.open()
    came = asyncio.Event()

    def show(answers: Answers) -> None:
        if answers.cards:
            came.set()

    finder = Finder(search, show, lambda: at[0], pause_s=0.001)
    learning = DeskLearning(ledger, lambda: at[0])
    learning.stood = finder.stood
    try:
        async with asyncio.timeout(20):
            finder.heard(CALL, QUESTION, final=False)
            finder.heard(CALL, QUESTION, final=False)
            await came.wait()
        at[0] = seconds(2.5)
        finder.heard(CALL, QUESTION, final=True)
        finder.ended(CALL)
        await learning.mark(CALL, CARD, 1, "adopted", by=AGENT, at=seconds(9))
    finally:
        await finder.close()
        search.close()
    found = await learning.lead_times(TODAY)
    assert (found.adopted, found.measured, found.ahead) == (1, 1, 1)
    assert (found.median_s, found.slowest_tenth_s) == (2.5, 2.5)
    assert [(one.article, one.median_s) for one in found.articles] == [(CARD, 2.5)]
    kept = (await ledger.knowledge.marks.counting(NOW))[0]
    assert (kept.call, kept.article, kept.number) == (CALL, CARD, 1)
    await learning.mark(CALL, CARD, 1, None, by=AGENT, at=seconds(10))
    assert (await learning.lead_times(TODAY)).measured == 0


async def test_after_a_restart_an_adoption_counts_though_nobody_knows_since_when(
    ledger: Ledger,
) -> None:
    await ledger.shown.add([ShownArticle(CALL, CARD, 1, "社保卡", False, NOW)])
    learning = DeskLearning(ledger, lambda: NOW)
    await learning.mark(CALL, CARD, 1, "adopted", by=AGENT, at=NOW)
    found = await learning.lead_times(TODAY)
    assert (found.with_cards, found.adopted, found.measured, found.median_s) == (1, 1, 0, None)


# ---------------------------------------------------------------------------------------- marks


async def test_only_a_version_that_stood_beside_the_call_is_marked(ledger: Ledger) -> None:
    learning = DeskLearning(ledger, lambda: NOW)
    with pytest.raises(Objected, match="没有显示在这通电话旁"):
        await learning.mark(CALL, CARD, 1, "wrong", by=AGENT, at=NOW)
    await ledger.shown.add([ShownArticle(CALL, "unknown", 1, "?", False, NOW)])
    with pytest.raises(Objected, match="没有这一版"):
        await learning.mark(CALL, "unknown", 1, "wrong", by=AGENT, at=NOW)
    await learning.mark(CALL, CARD, 1, None, by=AGENT, at=NOW)


@pytest.mark.clause("ZQ-22¶2")
async def test_internal_knowledge_is_never_adopted(ledger: Ledger) -> None:
    internal = next(one for one in shelf.read() if one.visibility.value == "内部")
    await seed_articles(ledger, NOW, [internal])
    await ledger.shown.add([ShownArticle(CALL, internal.id, 1, "内部", True, NOW)])
    learning = DeskLearning(ledger, lambda: NOW)
    with pytest.raises(Objected, match="内部知识不能采用"):
        await learning.mark(CALL, internal.id, 1, "adopted", by=AGENT, at=NOW)
    await learning.mark(CALL, internal.id, 1, "wrong", by=AGENT, at=NOW)


async def test_three_agents_teach_the_search_and_an_editor_takes_it_back(ledger: Ledger) -> None:
    source = LedgerArticles(ledger, lambda: NOW)
    search = OpenedSearch(None, source)
    learning = DeskLearning(ledger, lambda: NOW)
    learning.stood = lambda *_: Standing(since={CARD: NOW}, questions={CARD: QUESTION}).of(
        CARD, NOW
    )
    feed = KnowledgeFeed(ledger, source, search, LiveNotices(ledger, lambda: NOW, str), lambda: NOW)
    await search.open()
    following = asyncio.create_task(feed.run())

    async def found() -> set[str]:
        async with asyncio.timeout(20):
            while await ledger.outbox.depth():  # noqa: ASYNC110 - a database gives no event
                await asyncio.sleep(0.01)
        return {one.article.id for one in await search.ask("社保卡丢了要怎么挂失", NOW)}

    try:
        assert CARD in await found()
        for number in range(3):
            agent = person(f"a{number}", Role.AGENT)
            await learning.mark(CallId(f"c{number}"), CARD, 1, "wrong", by=agent, at=NOW)
        assert CARD not in await found()
        rows = await learning.marked_wrong(TODAY, EDITOR, NOW)
        assert {row.question for row in rows} == {QUESTION}
        assert "暂不显示" in rows[0].effect
        await learning.undo(rows[0].id, by=EDITOR, at=NOW)
        assert CARD in await found()
        effects = [row.effect for row in await learning.marked_wrong(TODAY, EDITOR, NOW)]
        assert sum("已撤销" in one for one in effects) == 1
        assert sum("2 名坐席标不对" in one for one in effects) == 2
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        search.close()


async def test_marks_are_for_the_hotlines_makers_to_read_and_to_undo(ledger: Ledger) -> None:
    learning = DeskLearning(ledger, lambda: NOW)
    with pytest.raises(NotAllowed):
        await learning.marked_wrong(TODAY, AGENT, NOW)
    with pytest.raises(NotAllowed):
        await learning.undo("x", by=AGENT, at=NOW)
    with pytest.raises(NoSuch):
        await learning.undo("x", by=EDITOR, at=NOW)


# ---------------------------------------------------------------------------- what is not found


async def test_a_callers_question_that_nothing_answers_is_kept_once_without_name_and_number(
    ledger: Ledger,
) -> None:
    search = OpenedSearch(None, LedgerArticles(ledger, lambda: NOW))
    await search.open()
    learning = DeskLearning(ledger, lambda: NOW)
    finder = Finder(search, lambda _: None, lambda: NOW, pause_s=0.001, missed=learning.asked)
    keeping = asyncio.create_task(learning.keep())
    try:
        for call, words in (
            ("c1", "喂你好听得见吗"),
            ("c1", "我叫张伟电话一三八零零零零一二三四，请问泡泡车位怎么申请"),
            ("c2", "请问炮炮车位怎么申请"),
        ):
            finder.heard(CallId(call), words, final=True)
            await asyncio.sleep(0.3)
        finder.ended(CallId("c1"))
        finder.ended(CallId("c2"))
    finally:
        await finder.close()
        search.close()
        await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    missed = await ledger.knowledge.counts.not_found(TODAY)
    assert [(one.asked, one.missed) for one in missed] == [(2, 2)]
    assert missed[0].words == "我叫…电话…请问泡泡车位怎么申请"
