"""办事问答: what anybody may read, and that it is nothing else."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import NoReturn
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from agent_desk.public_gate import AT_ONCE, MOST_ADDRESSES, Turnstile, neighbourhood
from agent_desk.shield import PUBLIC, roles_by_route
from agent_desk.web import plug_in
from hotline.knowledge import PUBLIC as OUTSIDER
from hotline.knowledge import Version, answering
from hotline.words import Role
from kb_search.articles import Visibility
from kb_search.engine import Scope
from kb_search.search import LookedUp
from switchboard.knowledge_feed import article_of
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town, settings
from tests.agent_desk.knowledge_states import every_state
from tests.agent_desk.real_knowledge import Library, library
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outside(built: FastAPI, shelves: Library) -> AsyncIterator[Visit]:
    """A browser nobody has logged in with, before the demonstration's articles."""
    plug_in(built, shelves.ports(), settings())
    async with browser(built) as visit:
        yield visit


def browser(app: FastAPI, address: str = "127.0.0.1") -> VisitOnce:
    return VisitOnce(app, address)


class VisitOnce:
    """A browser at an address, for as long as it is open."""

    def __init__(self, app: FastAPI, address: str) -> None:
        transport = httpx.ASGITransport(app, client=(address, 50000))
        self._client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def __aenter__(self) -> Visit:
        return Visit(await self._client.__aenter__())

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


def found_in(page: str) -> list[str]:
    return re.findall(r'href="/public/articles/([^"?]+)', page)


# --------------------------------------------------------------------------------------- reading


@pytest.mark.clause("GZ-22", "HB-17")
async def test_anybody_searches_by_the_sound_and_opens_the_article(outside: Visit) -> None:
    page = await outside.get("/public", q="公鸡金租房能提多少")
    assert page.status_code == 200
    assert "<mark>公积金</mark>" in page.text
    first = found_in(page.text)[0]
    article = await outside.get(f"/public/articles/{first}")
    assert article.status_code == 200
    assert "租房" in article.text
    assert "《住房公积金管理条例》" in article.text


@pytest.mark.clause("HB-17")
async def test_a_synonym_and_the_article_of_a_law_are_found_too(outside: Visit) -> None:
    assert "孩子" in (await outside.get("/public", q="娃娃上学")).text
    page = await outside.get("/public", q="住房公积金管理条例第二十四条")
    assert "gjj" in found_in(page.text)[0]


@pytest.mark.clause("GZ-22")
async def test_a_public_page_needs_no_script_and_keeps_no_cookie(outside: Visit) -> None:
    for path in ("/public", "/public?q=社保卡", "/public/articles/sb-card-lost", "/public/suggest"):
        page = await outside.get(path)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "set-cookie" not in page.headers
        assert page.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.text.count("<h1") == 1
        assert '<html lang="zh-CN"' in page.text
        assert '<main id="main">' in page.text
        assert 'href="#main">跳到正文' in page.text
    assert not outside.client.cookies


async def test_larger_letters_stay_from_page_to_page_without_a_cookie(outside: Visit) -> None:
    page = (await outside.get("/public", q="社保卡", big="1")).text
    assert 'class="public large"' in page
    assert all("big=1" in href for href in re.findall(r'href="(/public/articles/[^"]+)"', page))
    assert '<input type="hidden" name="big" value="1">' in page
    assert 'class="public"' in (await outside.get("/public", q="社保卡")).text


async def test_search_engines_may_list_articles_and_nothing_inside(outside: Visit) -> None:
    robots = (await outside.get("/robots.txt")).text
    assert "Allow: /public\n" in robots
    assert robots.strip().endswith("Disallow: /")
    assert 'content="index' in (await outside.get("/public/articles/sb-card-lost")).text
    assert 'content="noindex' in (await outside.get("/public", q="社保卡")).text


async def test_an_odd_address_is_answered_with_a_page(outside: Visit) -> None:
    for query in (
        {"q": "问" * 500},
        {"q": "<script>alert(1)</script>"},
        {"q": "%00\u202e", "page": "-3"},
        {"category": "没有这一类", "page": "99999999"},
        {"q": "社保卡", "page": "9999", "reach": "内部", "on": "2026-01-01", "view": "early"},
    ):
        page = await outside.get(f"/public?{urlencode(query)}")
        assert page.status_code == 200
        assert "<script" not in page.text
    assert (await outside.get("/public/articles/no-such-article")).status_code == 404
    assert (await outside.get(f"/public/articles/{'x' * 300}")).status_code == 404


async def test_more_than_a_page_is_turned_without_repeating(outside: Visit) -> None:
    first = found_in((await outside.get("/public", q="怎么办理")).text)
    second = found_in((await outside.get("/public", q="怎么办理", page="2")).text)
    assert len(first) == 10
    assert second
    assert not set(first) & set(second)


# ------------------------------------------------------------------- nothing but what is for all


class Liar:
    """An index that says of everything that it is external and valid."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.articles = [
            replace(
                article_of(one),
                visibility=Visibility.EXTERNAL,
                valid_from=None,
                valid_to=None,
                embargo_until=None,
            )
            for one in versions
        ]


@pytest.mark.clause("ZQ-22¶2", "GZ-22", "ZQ-21(二)")
async def test_of_all_states_only_the_external_in_force_is_ever_shown(
    built: FastAPI, tmp_path_factory: pytest.TempPathFactory
) -> None:
    town = Town()
    now = town.time.now()
    kept = tuple(every_state(now))
    open_to_all = {str(one[0].article) for one in kept if answering(one, OUTSIDER, now)}
    assert 0 < len(open_to_all) < len(kept) / 4
    async with library(tmp_path_factory.mktemp("states"), town, ()) as shelf:
        await shelf.keep(kept)
        # The newest version of each, whatever it is: the ledger has to refuse.
        shelf.search.search.replace(Liar([one[-1] for one in kept]).articles)
        plug_in(built, shelf.ports(), settings())
        async with browser(built) as visit:
            for some in [kept[at : at + 4] for at in range(0, len(kept), 4)]:
                town.time.passes(10)
                await only_what_answers(visit, some, open_to_all, now)
            town.time.passes(1000)
            listed: set[str] = set()
            for page in range(1, 5):
                text = (await visit.get("/public", category="试样", page=str(page))).text
                listed |= set(found_in(text))
            assert listed == open_to_all


async def only_what_answers(
    visit: Visit, some: Sequence[Sequence[Version]], open_to_all: set[str], now: dt.datetime
) -> None:
    """The pages of these articles, and what a search for their titles says."""
    titles = " ".join(versions[0].content.title for versions in some)
    text = (await visit.get("/public", q=titles)).text
    for versions in some:
        id_, answer = versions[0].article, answering(versions, OUTSIDER, now)
        page = await visit.get(f"/public/articles/{id_}")
        assert page.status_code == (200 if id_ in open_to_all else 404), versions
        assert id_ in open_to_all or id_ not in found_in(text), versions
        for one in versions:
            shown = one is answer
            assert (one.content.words in page.text) == shown, versions
            assert shown or one.content.words not in text, versions


async def test_who_is_logged_in_sees_no_more_here(outside: Visit, shelves: Library) -> None:
    before = (await outside.get("/public", q="轻生言语的应答")).text
    await outside.log_in(PEOPLE[Role.EDITOR])
    after = await outside.get("/public", q="轻生言语的应答")
    assert found_in(after.text) == found_in(before)
    assert "nb-self-harm" not in after.text
    assert (await outside.get("/public/articles/nb-self-harm")).status_code == 404


def test_these_addresses_and_no_others_ask_for_no_role(built: FastAPI) -> None:
    without = {path for path, roles in roles_by_route(built) if not roles}
    assert without <= PUBLIC
    assert {path for path in PUBLIC if path.startswith("/public")} == {
        "/public",
        "/public/articles/{article}",
        "/public/suggest",
    }


# ------------------------------------------------------------------------------ how often, and log


async def test_who_asks_too_often_is_told_how_long_to_wait(
    built: FastAPI, outside: Visit, shelves: Library
) -> None:
    for _ in range(AT_ONCE):
        assert (await outside.get("/public", q="社保卡")).status_code == 200
    refused = await outside.get("/public", q="社保卡")
    assert refused.status_code == 429
    seconds = int(refused.headers["retry-after"])
    assert f"请等 {seconds} 秒再查" in refused.text
    assert 'href="/public?q=%E7%A4%BE%E4%BF%9D%E5%8D%A1"' in refused.text, "on to what was asked"
    assert (await outside.get("/public/articles/sb-card-lost")).status_code == 429
    typed = {"question": "充电桩怎么装", "answer": "先找物业", "key": "k" * 16}
    offered = await outside.client.post("/public/suggest", data=typed, headers=OURS)
    assert offered.status_code == 429
    assert "充电桩怎么装" in offered.text
    assert "先找物业" in offered.text
    async with browser(built, "192.0.2.7") as other:
        assert (await other.get("/public")).status_code == 200
    shelves.town.time.passes(seconds)
    assert (await outside.get("/public", q="社保卡")).status_code == 200


def test_a_network_of_a_household_counts_as_one_address() -> None:
    assert neighbourhood("2001:db8:1:2::7") == neighbourhood("2001:db8:1:2:ffff::1")
    assert neighbourhood("2001:db8:1:2::7") != neighbourhood("2001:db8:1:3::7")
    assert neighbourhood("::ffff:192.0.2.7") == "192.0.2.7"
    assert neighbourhood("") == ""


def test_many_addresses_are_not_remembered_for_ever_and_share_one_measure() -> None:
    gate = Turnstile()
    waits = [gate.wait(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", 0.0) for n in range(12_000)]
    assert len(gate._addresses) == MOST_ADDRESSES
    assert 0 < waits.count(0) < 200


async def test_a_searched_word_is_written_into_no_log(
    outside: Visit, shelves: Library, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await outside.get("/public", q="邻居老王家暴")
    kept = await shelves.ledger.knowledge.counts.not_found(dt.date(2026, 1, 1))
    assert not any("老王" in str(one) for one in kept)
    ours = [one for one in caplog.records if not one.name.startswith("httpx")]
    said = "".join(one.getMessage() + str(one.__dict__) for one in ours)
    assert "老王" not in said
    assert "%E8%80%81%E7%8E%8B" not in said


async def test_while_the_index_is_made_the_page_says_so_and_lists_categories(
    built: FastAPI, town: Town
) -> None:
    town.reading.trouble = "索引正在建立，通常几秒钟"
    plug_in(built, town.ports(), settings())
    async with browser(built) as visit:
        page = await visit.get("/public", q="社保卡")
    assert page.status_code == 503
    assert "现在查不了" in page.text


async def test_a_fault_of_the_search_says_no_word_of_it(
    built: FastAPI, shelves: Library, caplog: pytest.LogCaptureFixture
) -> None:
    from switchboard.desk_knowledge_reading import DeskKnowledgeReading

    class Broken:
        async def seek(self, words: str, scope: Scope) -> LookedUp:
            raise OSError(5, words)

        async def passages(self, words: str, found: object) -> NoReturn:
            raise AssertionError

    ports = shelves.ports()
    reading = DeskKnowledgeReading(shelves.ledger, Broken())
    plug_in(built, replace(ports, knowledge_reading=reading), settings())
    async with browser(built) as visit:
        page = await visit.get("/public", q="邻居老王家暴")
    assert page.status_code == 503
    assert "老王" not in caplog.text


# ----------------------------------------------------------------------------- what citizens offer


@pytest.mark.clause("HB-19")
async def test_a_citizen_offers_a_question_with_its_answer_once(built: FastAPI, town: Town) -> None:
    plug_in(built, town.ports(), settings())
    async with browser(built) as visit:
        form = (await visit.get("/public/suggest")).text
        found = re.search(r'name="key" value="([^"]+)"', form)
        assert found
        offered = {"key": found[1], "question": "夜市几点收摊", "answer": "十一点", "contact": ""}
        answer = await visit.client.post("/public/suggest", data=offered, headers=OURS)
        assert answer.status_code == 200
        assert "收到了" in answer.text
    (one,) = town.knowledge.work.offered
    assert (one.question, one.answer, one.id) == ("夜市几点收摊", "十一点", found[1])


OURS = {"origin": ORIGIN}


async def test_another_site_cannot_offer_anything_in_somebodys_name(outside: Visit) -> None:
    body = {"key": "k" * 16, "question": "夜市几点收摊"}
    foreign = {"origin": "https://example.org"}
    assert (await outside.client.post("/public/suggest", data=body)).status_code == 403
    answer = await outside.client.post("/public/suggest", data=body, headers=foreign)
    assert answer.status_code == 403


async def test_what_is_refused_comes_back_as_it_was_typed(outside: Visit) -> None:
    body = {"key": "k" * 16, "question": "   ", "answer": "十一点收摊", "contact": "老李"}
    answer = await outside.client.post("/public/suggest", data=body, headers=OURS)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "十一点收摊" in answer.text
    assert 'value="老李"' in answer.text
