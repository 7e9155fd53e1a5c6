"""A killed writer, a deleted index, a full disk, two processes: found again, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ledger.store import Ledger, now, open_ledger
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_live import LiveNotices
from switchboard.opened_search import OpenedSearch
from tests.ledger.laid import lay
from tests.switchboard.knowledge_process import publish

pytestmark = pytest.mark.anyio
QUESTION = "泡泡车位怎么申请"


@asynccontextmanager
async def at_work(url: str, index: Path) -> AsyncIterator[tuple[Ledger, OpenedSearch]]:
    """Ledger, search and the feed between them, as the server has them."""
    async with open_ledger(
        url, field_key=bytes(32), clock=now, code_version="test", city="zhaoqing"
    ) as ledger:
        source = LedgerArticles(ledger, now)
        search = OpenedSearch(index, source)
        notices = LiveNotices(ledger, now, str)
        feed = asyncio.create_task(KnowledgeFeed(ledger, source, search, notices, now).run())
        await search.open()
        try:
            yield ledger, search
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)
            search.close()


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    return url


async def quiet(ledger: Ledger) -> None:
    async with asyncio.timeout(30):
        while await ledger.outbox.depth():  # noqa: ASYNC110 - a database gives no event
            await asyncio.sleep(0.005)


def process(url: str, index: Path, *more: str) -> asyncio.Future[asyncio.subprocess.Process]:
    return asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.switchboard.knowledge_process",
            url,
            str(index),
            *more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    )


@pytest.mark.slow
async def test_killed_between_ledger_and_index_everything_is_found_after_the_restart(
    url: str, tmp_path: Path
) -> None:
    """kill -9 the moment the ledger has committed: the index never heard of it, or half."""
    told: list[str] = []
    running = await process(url, tmp_path / "search")
    assert running.stdout
    async with asyncio.timeout(60):
        told += [(await running.stdout.readline()).decode().strip() for _ in range(4)]
    running.kill()
    told += (await running.stdout.read()).decode().split()
    await running.wait()
    async with at_work(url, tmp_path / "search") as (ledger, search):
        await quiet(ledger)
        assert search._search is not None
        assert set(told) <= set(search._search.known())
        found = search._search.ranked(QUESTION, now(), limit=50)
        assert set(told) <= set(found)


async def test_with_its_index_deleted_under_it_search_answers_and_makes_it_anew(
    url: str, tmp_path: Path
) -> None:
    index = tmp_path / "search"
    async with at_work(url, index) as (ledger, search):
        await publish(ledger, 1)
        await quiet(ledger)
        shutil.rmtree(index)
        assert [one.article.id for one in await search.ask(QUESTION, now())] == ["n1"]
        await publish(ledger, 2)
        await quiet(ledger)
        found = {one.article.id for one in await search.ask(QUESTION, now())}
        assert found == {"n1", "n2"}
        assert (index / "current.json").exists()


@pytest.mark.slow
async def test_on_a_full_disk_search_answers_from_memory_and_the_ledger_has_everything(
    url: str, tmp_path: Path
) -> None:
    running = await process(url, tmp_path / "search", "60")
    out, _ = await asyncio.wait_for(running.communicate(), 60)
    told = json.loads(out.decode().splitlines()[-1])
    assert len(told["found"]) == 3
    assert told["why"] == ""
    async with at_work(url, tmp_path / "search") as (ledger, search):
        await quiet(ledger)
        assert search.articles == 5
        assert len(await search.ask(QUESTION, now())) == 3


async def test_two_processes_on_one_index_both_find_what_either_published(
    url: str, tmp_path: Path
) -> None:
    async with at_work(url, tmp_path / "search") as (ledger, one):
        other = OpenedSearch(tmp_path / "search", LedgerArticles(ledger, now))
        await other.open()
        try:
            for number in (1, 2, 3):
                article = await publish(ledger, number)
                await asyncio.gather(quiet(ledger), other.follow([article]))
                for search in (one, other):
                    assert search.articles == number
                    assert len(await search.ask(QUESTION, now())) == number
        finally:
            other.close()


async def test_what_is_published_is_found_without_the_rest_being_read_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the message alone: the ledger's other articles are not read, the index not made anew."""
    async with at_work(url, tmp_path / "search") as (ledger, search):

        async def never() -> None:
            raise AssertionError("all articles were read")

        assert search._source is not None
        monkeypatch.setattr(search._source, "articles", never)
        article = await publish(ledger, 1)
        await quiet(ledger)
        assert [one.article.id for one in await search.ask(QUESTION, now())] == [article]
