"""知识库 for those logged in: what is found, what is shown, as it is and as it was."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from agent_desk.knowledge_reading_views import Narrowed, lit
from agent_desk.knowledge_views import reader_of
from agent_desk.web import plug_in
from hotline.knowledge import Content, Ground, Reach, Standing, may_see
from hotline.words import Role
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town, settings
from tests.agent_desk.knowledge_states import every_state
from tests.agent_desk.real_knowledge import Library, library
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

WHOLE = Content(
    title="高温津贴怎么领",
    words="每月发给在高温天气下露天作业的劳动者。",
    category="劳动用工",
    asked=("高温费有多少",),
    scope="本市用人单位",
    subjects="露天作业的劳动者",
    conditions="六月到十月",
    grounds=(Ground("防暑降温措施管理办法", "第十七条"),),
    related=("sb-card-lost", "nb-self-harm"),
    unit="人力资源和社会保障局",
    contact="12333",
    hours="工作日",
    source="演示数据",
)


@pytest.fixture
async def reader(built: FastAPI, shelves: Library) -> AsyncIterator[Visit]:
    """A browser before the demonstration's articles, nobody logged in."""
    plug_in(built, shelves.ports(), settings())
    transport = httpx.ASGITransport(built, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Visit(client)


async def as_(reader: Visit, role: Role) -> Visit:
    reader.client.cookies.clear()
    await reader.log_in(PEOPLE[role])
    return reader


def found_in(page: str) -> list[str]:
    return re.findall(r'<h3>.*?href="/knowledge/([^"?]+)', page)


# -------------------------------------------------------------------------------------- searching


@pytest.mark.clause("HB-17")
async def test_what_sounds_like_the_words_is_found_and_lit_up(reader: Visit) -> None:
    page = (await (await as_(reader, Role.AGENT)).get("/knowledge", q="公鸡金租房能提多少")).text
    assert "<mark>公积金</mark>" in page
    assert "第 1–10 条" in page


@pytest.mark.clause("HB-17")
async def test_the_page_says_why_something_was_found(reader: Visit) -> None:
    agent = await as_(reader, Role.AGENT)
    exact = (await agent.get("/knowledge", q="住房公积金管理条例第二十四条")).text
    assert "精准定位</span>" in exact
    assert '<span class="cite">《住房公积金管理条例》第二十四条</span>' in exact
    assert "拼音</span>" in (await agent.get("/knowledge", q="gjj")).text
    meant = (await agent.get("/knowledge", q="娃娃上学")).text
    assert "同义词</span>" in meant
    assert "娃娃 → 孩子" in meant
    assert "<mark>孩子</mark>" in meant


async def test_a_document_without_that_article_says_so(reader: Visit, shelves: Library) -> None:
    agent = await as_(reader, Role.AGENT)
    page = (await agent.get("/knowledge", q="住房公积金管理条例第四十九条")).text
    assert "没有知识写到“住房公积金管理条例”的这一条" in page
    await shelves.put("law", replace(WHOLE, title="《绿化条例》", words="第一条 为了绿化。"))
    law = (await agent.get("/knowledge", q="绿化条例第四十九条")).text
    assert "没有写到那一条，只找到这部文件" in law


async def test_results_come_in_pages_of_ten_fifty_at_most(reader: Visit) -> None:
    agent = await as_(reader, Role.AGENT)
    seen: list[str] = []
    for number in range(1, 7):
        seen += found_in((await agent.get("/knowledge", q="怎么办理", page=str(number))).text)
    assert len(seen) == len(set(seen))
    assert 20 < len(seen) <= 50


@pytest.mark.clause("ZQ-22¶2")
async def test_the_conditions_narrow_what_is_found(reader: Visit) -> None:
    agent = await as_(reader, Role.AGENT)
    inner = (await agent.get("/knowledge", q="来电人的应答", reach="内部")).text
    ids = found_in(inner)
    assert ids
    assert inner.count("内部 勿读给来电人") == len(ids)
    unit = (await agent.get("/knowledge", q="怎么办", unit="住房公积金管理中心")).text
    assert all(one.startswith("gjj") for one in found_in(unit))
    kind = (await agent.get("/knowledge", q="怎么办", category="供水")).text
    assert found_in(kind)
    assert all("供水" in piece for piece in kind.split("<h3>")[1:])


@pytest.mark.clause("ZQ-22¶2")
async def test_internal_knowledge_is_found_by_the_hotline_and_nobody_else(reader: Visit) -> None:
    for role in Role:
        page = await (await as_(reader, role)).get("/knowledge", q="来电人有轻生言语的应答")
        at_home = role in (Role.AGENT, Role.SUPERVISOR, Role.EDITOR)
        assert ("nb-self-harm" in found_in(page.text)) == at_home, role
        assert ('class="inner"' in page.text) == at_home, role


async def test_a_question_without_answer_offers_what_to_try_and_is_told_to_the_editors(
    reader: Visit, shelves: Library
) -> None:
    """By itself, once, and without whose it was."""
    agent = await as_(reader, Role.AGENT)
    for _ in range(2):
        page = (await agent.get("/knowledge", q="鹦鹉螺 13800006027 粤H8K2Z1 li@a.cn")).text
        assert "没有找到" in page
        assert "已记给知识编辑" in page
    await agent.get("/knowledge", q="社保卡丢了怎么挂失")
    (missed,) = await shelves.ledger.knowledge.counts.not_found(dt.date(2026, 1, 1))
    assert (missed.words, missed.asked, missed.missed) == ("鹦鹉螺 …", 1, 1)


async def test_while_the_index_is_made_the_page_says_why_and_how_to_go_on(
    agent: Visit, town: Town
) -> None:
    town.reading.trouble = "索引正在建立，通常几秒钟"
    page = await agent.get("/knowledge", q="社保卡")
    assert page.status_code == 503
    assert "索引正在建立" in page.text
    assert "按分类看" in page.text


async def test_an_empty_knowledge_base_says_what_will_come(agent: Visit) -> None:
    assert "知识库还是空的" in (await agent.get("/knowledge")).text


async def test_odd_conditions_are_left_out_and_said(reader: Visit) -> None:
    agent = await as_(reader, Role.AGENT)
    page = await agent.get("/knowledge", q="社保卡", on="昨天", reach="绝密", page="x", view="no")
    assert page.status_code == 200
    assert "日期看不懂，请写成 2026-10-01" in page.text
    long = await agent.get("/knowledge", q="社" * 300)
    assert "一次最多查120个字" in long.text
    assert "<script>alert" not in (await agent.get("/knowledge", q="<script>alert(1)")).text


# --------------------------------------------------------------------------------------- browsing


async def test_without_words_there_are_categories_with_their_numbers(
    reader: Visit, shelves: Library
) -> None:
    agent = await as_(reader, Role.AGENT)
    page = (await agent.get("/knowledge")).text
    counts = dict(re.findall(r"<span>([^<]+)</span><span class=\"num\">(\d+)</span>", page))
    shelf = (await agent.get("/knowledge", category="供电")).text
    assert f"共 {counts['供电']} 篇" in shelf
    assert len(found_in(shelf)) == int(counts["供电"])


async def test_what_is_valid_on_a_day_is_listed_with_what_is_over_today(
    reader: Visit, shelves: Library
) -> None:
    over = replace(WHOLE, title="去年的高温津贴", valid_to=dt.date(2026, 8, 31), category="高温")
    await shelves.put("day-over", over)
    agent = await as_(reader, Role.AGENT)
    assert found_in((await agent.get("/knowledge", category="高温")).text) == []
    then = (await agent.get("/knowledge", category="高温", on="2026-08-31")).text
    assert found_in(then) == ["day-over"]
    assert "已过期" in then
    assert found_in((await agent.get("/knowledge", category="高温", on="2026-09-01")).text) == []
    asked = await agent.get("/knowledge", q="去年的高温津贴", on="2026-08-31")
    assert "day-over" in found_in(asked.text)
    assert "day-over" in (await agent.get("/knowledge", view="over")).text


@pytest.mark.clause("ZQ-22¶2", "ZQ-21(二)")
async def test_of_all_states_each_role_finds_what_may_be_told_and_only_that(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    town = Town()
    now = town.time.now()
    kept = tuple(every_state(now))
    async with library(tmp_path_factory.mktemp("roles"), town, ()) as shelf:
        await shelf.keep(kept)
        await shelf.search.refresh()
        reading = shelf.ports().knowledge_reading
        for who in (*PEOPLE.values(), None):
            reader = reader_of(who)
            told: set[str] = set()
            for number in range(1, 7):
                page = await reading.shelf(Narrowed(), who, now, page=number)
                assert all(card.answers for card in page.cards)
                told |= {str(card.id) for card in page.cards}
            may = {str(one[0].article) for one in kept if any(may_see(v, reader, now) for v in one)}
            assert told <= may
            assert len(told) > 5
            hits = await reading.seek("甲乙试样", Narrowed(), who, now)
            assert {str(one.card.id) for one in hits.hits} <= told


# ------------------------------------------------------------------------------------ one article


@pytest.mark.clause("ZQ-22¶1", "ZQ-21(一)")
async def test_an_article_shows_every_field_of_it(reader: Visit, shelves: Library) -> None:
    await shelves.put("whole", WHOLE, owner="cg")
    page = (await (await as_(reader, Role.AGENT)).get("/knowledge/whole")).text
    for text in (
        WHOLE.words, WHOLE.scope, WHOLE.subjects, WHOLE.conditions, WHOLE.asked[0], WHOLE.unit,
        WHOLE.contact, WHOLE.hours, WHOLE.source, "第 1 版", "长期有效", "现行",
    ):  # fmt: skip
        assert text in page, text
    assert '<span class="cite">《防暑降温措施管理办法》第十七条</span>' in page
    assert 'href="/knowledge/sb-card-lost"' in page
    assert 'href="/knowledge/nb-self-harm"' in page
    officer = (await (await as_(reader, Role.OFFICER)).get("/knowledge/whole")).text
    assert 'href="/knowledge/sb-card-lost"' in officer
    assert "nb-self-harm" not in officer


@pytest.mark.clause("ZQ-22¶1")
async def test_a_version_that_was_shown_can_be_seen_as_it_was_and_compared(
    reader: Visit, shelves: Library
) -> None:
    await shelves.put("twice", WHOLE)
    await shelves.changed(
        "twice", words="每月发给露天作业的劳动者，标准看当年公布数。", hours="每天"
    )
    agent = await as_(reader, Role.AGENT)
    old = (await agent.get("/knowledge/twice", v="1")).text
    assert WHOLE.words in old
    assert "这是旧的一版，照当时的样子显示" in old
    now = (await agent.get("/knowledge/twice")).text
    assert "标准看当年公布数" in now
    assert WHOLE.words not in now
    both = (await agent.get("/knowledge/twice/compare")).text
    assert "第 1 版 → 第 2 版" in both
    assert '<del><span class="kb-mark">〔删〕</span>' in both
    assert '<ins><span class="kb-mark">〔增〕</span>每天</ins>' in both
    assert (await agent.get("/knowledge/twice", v="3")).status_code == 404
    assert (await agent.get("/knowledge/twice/compare", old="1", new="9")).status_code == 404


@pytest.mark.clause("ZQ-21(二)", "ZQ-22¶2")
async def test_what_cannot_be_told_now_says_so_to_those_who_may_look(
    reader: Visit, shelves: Library
) -> None:
    now = shelves.town.time.now()
    day = dt.timedelta(days=1)
    await shelves.put("soon", replace(WHOLE, valid_to=now.date() + 9 * day))
    await shelves.put("gone", replace(WHOLE, valid_to=now.date() - day))
    await shelves.put("early", replace(WHOLE, embargo_until=now + 9 * day))
    await shelves.put("draft", WHOLE, Standing.DRAFT)
    await shelves.put("inner", replace(WHOLE, reach=Reach.INTERNAL), owner="cg")
    said = {
        "soon": "即将到期：还有 9 天",
        "gone": "已过期，不再作为答案显示",
        "early": "尚未公布，不能用来答复",
        "draft": "草稿，还没有发布",
        "inner": "内部 勿读给来电人",
    }
    editor = await as_(reader, Role.EDITOR)
    for id_, text in said.items():
        assert text in (await editor.get(f"/knowledge/{id_}")).text, id_
    agent = await as_(reader, Role.AGENT)
    open_ = {id_ for id_ in said if (await agent.get(f"/knowledge/{id_}")).status_code == 200}
    assert open_ == {"soon", "gone", "inner"}
    officer = await as_(reader, Role.OFFICER)
    own = await officer.get("/knowledge/inner")
    assert "热线内部适用，不能用来答复" in own.text
    assert (await officer.get("/knowledge/nb-self-harm")).status_code == 404
    assert (await officer.get("/knowledge/gone")).status_code == 404


@pytest.mark.clause("ZQ-21(四)")
async def test_a_mistake_is_reported_where_it_is_seen_and_once(
    reader: Visit, shelves: Library
) -> None:
    await shelves.put("wrong", WHOLE)
    agent = await as_(reader, Role.AGENT)
    key = re.search(r'name="key" value="([^"]+)"', (await agent.get("/knowledge/wrong")).text)
    assert key
    fields = {"number": "1", "key": key[1]}
    refused = await agent.post_form("/knowledge/wrong/report", **fields, what="  ")
    assert refused.status_code == 422
    assert "请写明哪里有错" in refused.text
    for _ in range(2):
        sent = await agent.post_form("/knowledge/wrong/report", **fields, what="电话已经换了")
        assert sent.status_code == 303
    assert "已报错" in (await agent.get(sent.headers["location"])).text
    editor = (await (await as_(reader, Role.EDITOR)).get("/knowledge/wrong")).text
    assert editor.count("第 1 版：电话已经换了") == 1


async def test_opening_a_hit_counts_as_used_and_looking_back_does_not(
    reader: Visit, shelves: Library
) -> None:
    agent = await as_(reader, Role.AGENT)
    await agent.get("/knowledge/gas-smell", q="煤气味")
    uses = shelves.ledger.knowledge.counts.uses
    before = await uses(dt.date(2026, 1, 1))
    await shelves.put("counted", WHOLE)
    await agent.get("/knowledge/counted", q="高温")
    await agent.get("/knowledge/counted", v="1")
    after = await uses(dt.date(2026, 1, 1))
    assert after["counted"].shown == 1
    assert "counted" not in before


def test_a_text_is_lit_up_where_the_spans_say_even_when_they_overlap() -> None:
    pieces = list(lit("住房公积金提取", ((2, 5), (0, 4), (5, 5))))
    assert pieces == [("住房公积", True), ("金", True), ("提取", False)]
