"""Entries of a unit's own base come once each, wait for review, and say where they came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hotline.errors import BadInput, ImpossibleMove, NotAllowed, Objected
from hotline.knowledge import Standing
from hotline.words import Role, UnitId, UserId
from ledger.store import Ledger, open_ledger
from ledger.units import Unit
from switchboard.demo_knowledge import seed_articles
from switchboard.desk_knowledge import DeskKnowledge
from switchboard.desk_knowledge_work import DeskKnowledgeWork
from switchboard.knowledge_door import MOST_A_MINUTE, UnitsDoor
from switchboard.knowledge_feed import LedgerArticles
from tests.agent_desk.fakes import PEOPLE
from tests.hotline.shipped import calendar, policy
from tests.ledger.laid import lay

pytestmark = [pytest.mark.anyio, pytest.mark.clause("HB-10(四)")]
NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
TOKEN = "a-token-of-the-unit"
ENTRY = {"title": "社保卡补办", "words": "带身份证到网点。", "unit": "人社局", "asked": ["卡丢了"]}


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: NOW, code_version="test", city="zhaoqing"
    ) as ledger:
        await ledger.units.put([Unit(UnitId("renshe"), "人社局")], by="test")
        await ledger.knowledge.sources.add("renshe-kb", UnitId("renshe"), TOKEN, by="test")
        yield ledger


def knowledge(ledger: Ledger) -> DeskKnowledge:
    return DeskKnowledge(ledger, policy=lambda _: policy("zhaoqing"), calendar=calendar())


async def test_the_same_entry_again_changes_nothing_and_another_one_is_the_next_version(
    ledger: Ledger,
) -> None:
    door = UnitsDoor(ledger)
    first = await door.take(TOKEN, "A-1", ENTRY, NOW)
    assert (first.number, first.change) == (1, "new")
    again = await door.take(TOKEN, "A-1", ENTRY, NOW)
    assert (again.article, again.number, again.change) == (first.article, 1, "same")
    newer = await door.take(TOKEN, "A-1", {**ENTRY, "words": "网上也能办。"}, NOW)
    assert (newer.article, newer.number, newer.change) == (first.article, 2, "changed")
    full = await knowledge(ledger).one(first.article, PEOPLE[Role.EDITOR], NOW)
    assert [one.standing for one in full.versions] == [Standing.RETURNED, Standing.REVIEW]
    assert [(one.source, one.external, one.number) for one in full.origins] == [
        ("renshe-kb", "A-1", 2)
    ]
    assert full.latest.owner == "renshe"


async def test_what_comes_by_a_door_is_seen_by_nobody_before_it_was_reviewed(
    ledger: Ledger,
) -> None:
    taken = await UnitsDoor(ledger).take(TOKEN, "A-1", ENTRY, NOW)
    assert await knowledge(ledger).answer(taken.article, PEOPLE[Role.AGENT], NOW) is None
    assert await LedgerArticles(ledger, lambda: NOW).articles() == ()


async def test_a_door_opens_for_its_token_alone_and_not_for_ever_so_many(ledger: Ledger) -> None:
    door = UnitsDoor(ledger)
    with pytest.raises(NotAllowed):
        await door.take("another-token-of-16", "A-1", ENTRY, NOW)
    for _ in range(MOST_A_MINUTE):
        await door.take(TOKEN, "A-1", ENTRY, NOW)
    with pytest.raises(Objected, match="一分钟最多"):
        await door.take(TOKEN, "A-1", ENTRY, NOW)
    later = NOW + dt.timedelta(minutes=1)
    assert (await door.take(TOKEN, "A-1", ENTRY, later)).change == "same"
    await ledger.knowledge.sources.revoke("renshe-kb", by=UserId("u"))
    with pytest.raises(NotAllowed):
        await door.take(TOKEN, "A-1", ENTRY, later)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("text", "应是一个对象"),
        ({**ENTRY, "id": "x"}, "编号写在 external 里"),
        ({**ENTRY, "price": 3}, "不认识的字段 price"),
        ({**ENTRY, "words": " "}, "请填写答复口径"),
        ({"title": "甲"}, "字段的形式不对"),
    ],
)
async def test_an_entry_that_is_none_is_refused_in_one_sentence(
    ledger: Ledger, entry: object, why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        await UnitsDoor(ledger).take(TOKEN, "A-1", entry, NOW)


async def test_while_an_editor_works_on_it_the_unit_is_told_to_wait(ledger: Ledger) -> None:
    door, desk, editor = UnitsDoor(ledger), knowledge(ledger), PEOPLE[Role.EDITOR]
    taken = await door.take(TOKEN, "A-1", ENTRY, NOW)
    full = await desk.one(taken.article, editor, NOW)
    for act in ("return",):
        await desk.act(
            taken.article, 1, next(one for one in full.acts if one == act),
            expected=full.expected, by=editor, at=NOW, note="请补充",
        )  # fmt: skip
    full = await desk.one(taken.article, editor, NOW)
    await desk.save(taken.article, full.latest.content, expected=full.expected, by=editor, at=NOW)
    with pytest.raises(ImpossibleMove, match="正在修改"):
        await door.take(TOKEN, "A-1", {**ENTRY, "words": "别的"}, NOW)


async def test_the_demonstrations_articles_are_published_once_and_answer(ledger: Ledger) -> None:
    made = await seed_articles(ledger, NOW)
    assert made >= 60
    assert await seed_articles(ledger, NOW) == 0
    source = LedgerArticles(ledger, lambda: NOW)
    assert len(await source.articles()) == made
    answer = await knowledge(ledger).answer("sb-card-lost", None, NOW)
    assert answer is not None
    assert "挂失" in answer.content.words


async def test_a_mistake_becomes_a_task_of_two_working_days_and_closes_with_a_newer_version(
    ledger: Ledger,
) -> None:
    await seed_articles(ledger, NOW)
    desk, editor = knowledge(ledger), PEOPLE[Role.EDITOR]
    work = DeskKnowledgeWork(ledger, desk, policy=lambda _: policy("zhaoqing"), calendar=calendar())
    told = await work.report(
        "sb-card-lost", 1, "电话不对", by=PEOPLE[Role.AGENT], key="form-1", at=NOW
    )
    one = await work.confirm(told.id, UnitId("renshe"), by=editor, at=NOW)
    assert one.deadline is not None
    assert one.deadline.article.number == "第二十一条（四）"
    with pytest.raises(Objected, match="还没有发布改正后的一版"):
        await work.close(one.id, fixed=True, note="", by=editor, at=NOW)
    with pytest.raises(NotAllowed):
        await work.corrections((), PEOPLE[Role.AGENT], NOW)
    full = await desk.one("sb-card-lost", editor, NOW)
    await desk.act(
        "sb-card-lost", 1, next(act for act in full.acts if act == "withdraw"),
        expected=full.expected, by=editor, at=NOW, note="电话有误",
    )  # fmt: skip
    done = await work.close(one.id, fixed=True, note="已召回", by=editor, at=NOW)
    assert (done.state, done.note) == ("fixed", "已召回")
    page = await work.corrections((), editor, NOW)
    assert (page.total, page.titles["sb-card-lost"], page.silence) == (
        1,
        "社保卡丢失怎么挂失、补办",
        "",
    )
